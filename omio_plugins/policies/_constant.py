"""A policy with the same answer for every case; it knows no kind."""

from __future__ import annotations

from dataclasses import dataclass

from omio_core.contract import Case, Policy


@dataclass(frozen=True, slots=True)
class _Constant:
    action: str

    def __call__(self, case: Case) -> str:
        return self.action


def always(kind: str, name: str, action: str, summary: str) -> Policy:
    """The policy `name` of `kind` that answers `action` in every case."""
    return Policy(kind=kind, name=name, decide=_Constant(action), summary=summary)
