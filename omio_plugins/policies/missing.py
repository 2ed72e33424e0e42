"""Policies for required facts that are unknown."""

from __future__ import annotations

from ._constant import always

POLICIES = (
    always("missing", "unknown", "accept", "Unknown stays unknown (None)."),
    always(
        "missing",
        "raise",
        "raise",
        "A pixel size, or a time increment of a series, that is unknown is an error.",
    ),
)
