"""Policies for axes that a file does not name."""

from __future__ import annotations

from ._constant import always

POLICIES = (
    always("axes", "warn", "warn", "Use the rule, warn once a file, record the assumption."),
    always("axes", "raise", "raise", "An axis that must be assumed is an error; name it with axes=."),
)
