"""Policies of a laboratory: pure functions from a case to one of the actions of its kind."""

from __future__ import annotations

import re

from omio_core.contract import CollisionCase, ConflictCase, Policy, hookimpl

OMIO_API = 1

TOLERANCE = 0.005  # two calibrations of one microscope differ by less


def calibrated(case: ConflictCase) -> str:
    """Take the first of two sizes that differ as calibrations do; anything else that differs is unknown."""
    if case.about != "size":
        return "null"
    first, other = case.values
    return "first" if abs(first - other) <= TOLERANCE * min(first, other) else "raise"


def previews(case: CollisionCase) -> str:
    """Replace what lies in a folder named previews, and nothing else."""
    folders = re.split(r"[/\\]", case.path)[:-1]
    return "overwrite" if "previews" in folders else "raise"


POLICIES = (
    Policy(
        kind="conflict",
        name="calibrated",
        decide=calibrated,
        summary="Sizes may differ by half a percent; other facts that differ are unknown.",
    ),
    Policy(
        kind="collision",
        name="previews",
        decide=previews,
        summary="Only files in a folder named previews are replaced.",
    ),
)


@hookimpl
def omio_policies() -> tuple[Policy, ...]:
    """Return the policies; the caller chooses them by name."""
    return POLICIES
