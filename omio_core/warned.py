"""Warnings placed where a user can act on them: at the line that called OMIO; it knows no warning and no format."""

from __future__ import annotations

import sys
import warnings
from types import FrameType

_OURS = frozenset(("omio", "omio_core", "omio_plugins"))


def warn(message: str, category: type[Warning]) -> None:
    """Warn at the innermost line that is neither OMIO's nor the standard library's.

    The standard library lies between where OMIO uses `functools` or `contextlib`. In a thread of OMIO's own there is
    no line of the caller; then it is the innermost that is not OMIO's. ``skip_file_prefixes`` of `warnings.warn` does
    a part of this, and is not in Python 3.11.
    """
    frame: FrameType | None = sys._getframe()
    foreign: list[FrameType] = []
    while frame is not None:
        if _package(frame) not in _OURS:
            foreign.append(frame)
        frame = frame.f_back
    known = (one for one in foreign if _package(one) not in sys.stdlib_module_names)
    at = next(known, foreign[0] if foreign else sys._getframe(1))
    warnings.warn_explicit(
        message,
        category,
        at.f_code.co_filename,
        at.f_lineno,
        module=at.f_globals.get("__name__", "<unknown>"),
        registry=at.f_globals.setdefault("__warningregistry__", {}),
    )


def _package(frame: FrameType) -> str:
    return str(frame.f_globals.get("__name__", "")).partition(".")[0]
