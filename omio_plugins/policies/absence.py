"""Policies for planes and files that are expected but missing."""

from __future__ import annotations

from ._constant import always

POLICIES = (
    always("absent_files", "raise", "raise", "A member file that is missing is an error."),
    always("absent_files", "warn", "warn", "What a missing member file holds is absent, with a warning."),
    always("absent_planes", "warn", "warn", "Absent planes get the fill value, are listed, one warning."),
    always("absent_planes", "raise", "raise", "Absent planes are an error."),
)
