"""The keys that every report of a verb has as JSON: what was done, what failed and why, what was left out and why."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from omio_core.errors import OmioError
from omio_core.metadata.namespaces import omio_version

from .sources.walk import Skipped

SCHEMA = 1
"""Version of the keys of `head`: as long as it is the same, these keys stay and keep their meaning."""


def head(
    verb: str,
    *,
    ok: bool,
    counts: Mapping[str, int],
    failed: Mapping[str, Exception] | Iterable[Mapping[str, Any]] = (),
    left_out: Iterable[Skipped] = (),
) -> dict[str, Any]:
    """Return the keys that the reports of all verbs have, JSON-able.

    Parameters
    ----------
    verb
        The verb, such as ``"convert"``.
    ok
        Whether the exit code is 0.
    counts
        How many there are of what.
    failed
        The error of each path, or what `failure` returns.
    left_out
        The paths that were found and left out.
    """
    errors = [failure(path, error) for path, error in failed.items()] if isinstance(failed, Mapping) else failed
    return {
        "omio_report": SCHEMA,
        "verb": verb,
        "omio": omio_version(),
        "ok": ok,
        "counts": {name.replace(" ", "_").lower(): count for name, count in counts.items()},
        "failed": [dict(one) for one in errors],
        "left_out": [{"path": skip.path, "why": skip.why} for skip in left_out],
    }


def failure(path: str, error: Exception) -> dict[str, Any]:
    """Return what is known of a failure: the path, the class of the error, and its parts."""
    parts = {name: getattr(error, name) for name in ("what", "evidence", "remedy")} if _is_ours(error) else {}
    plain = {name: None if part is None else str(part) for name, part in parts.items()}
    return {"path": path, "error": type(error).__name__, "what": str(error), "evidence": None, "remedy": None} | plain


def _is_ours(error: Exception) -> bool:
    return isinstance(error, OmioError)
