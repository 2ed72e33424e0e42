"""The policies that OMIO provides: one module per kind, each rule a pure function; it knows no file and no picture."""

from __future__ import annotations

from omio_core.contract import Policy, hookimpl

from . import absence, axes, collision, merging, missing

OMIO_API = 1


@hookimpl
def omio_policies() -> list[Policy]:
    """All policies of this package."""
    return [*missing.POLICIES, *axes.POLICIES, *absence.POLICIES, *collision.POLICIES, *merging.POLICIES]
