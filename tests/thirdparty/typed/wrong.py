"""Mistakes that a type checker finds: each line is wrong, and a comment that ignores no error is an error itself."""

from __future__ import annotations

from omio_core import open_source
from omio_core.contract import CollisionCase, Match, MissingCase, Opened, Policy, Probe, Reader, Verdict


def of_a_mapping(case: dict[str, object]) -> str:
    return "raise"


def without_text(case: MissingCase) -> int:
    return 1


def without_reason(probe: Probe) -> bool:
    return True


class Bare(Opened):
    pass


Policy(kind="missing", name="a", decide=of_a_mapping, summary="")  # type: ignore[arg-type]
Policy(kind="missing", name="a", decide=without_text, summary="")  # type: ignore[arg-type]
Policy(kind="missing", name="a", decide="raise", summary="")  # type: ignore[arg-type]
Reader(name="a", title="", suffixes=(".a",), sniff=without_reason, open="x:y")  # type: ignore[arg-type]
Reader(name="a", title="", suffixes=(".a",), sniff=lambda probe: Verdict(Match.NO, ""), opens="x:y")  # type: ignore[call-arg]
MissingCase(path="a")  # type: ignore[call-arg]
_ = CollisionCase(path="a").paht  # type: ignore[attr-defined]
Bare()  # type: ignore[abstract]
_ = open_source("a").image  # type: ignore[attr-defined]
