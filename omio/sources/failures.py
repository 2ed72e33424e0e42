"""Paths of a source that cannot be read or converted, and one error for several of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from omio_core.errors import OmioError, first_few

from .walk import OnFailure, natural

_FEW = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """A path that cannot be read, and why."""

    path: str
    error: OmioError | OSError


def adder(failures: list[Failure]) -> OnFailure:
    """Return a function that adds a failure to a list."""
    return lambda path, error: failures.append(Failure(path=path, error=error))


def in_order(failures: Iterable[Failure]) -> tuple[Failure, ...]:
    """Return failures in natural order of their paths."""
    return tuple(sorted(failures, key=lambda failure: natural(failure.path)))


def error_of(failed: Mapping[str, OmioError | OSError], what: str, written: Sequence[Path] = ()) -> OmioError:
    """Return one error for several sources; its attributes `failed` and `written` say what became of each.

    It has the class that all of them have, so that a mistake in a call is the same error for one file and for many.

    Parameters
    ----------
    failed
        From each source to its error.
    what
        What could not be done with them.
    written
        The files written.
    """
    kinds = {type(error) for error in failed.values()}
    kind = next(iter(kinds)) if len(kinds) == 1 else OmioError
    messages = [f"{path}: {getattr(error, 'what', error)}" for path, error in failed.items()]
    if evidence := getattr(next(iter(failed.values())), "evidence", None):
        messages[0] += f" ({evidence})"
    names = first_few([str(path) for path in written], _FEW)
    error = OmioError(
        f"{len(failed)} of the source files could not be {what}",
        evidence=f"{first_few(messages, _FEW, joint='; ')}; written and whole: {names or 'nothing'}",
        remedy="each error is in the attribute failed, by its file; what was written, in written",
        failed=dict(failed),
        written=tuple(written),
    )
    if not issubclass(kind, OmioError):
        return error
    return kind(error.what, evidence=error.evidence, remedy=error.remedy, **error.facts)
