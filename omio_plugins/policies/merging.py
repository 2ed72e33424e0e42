"""Policies for images that are merged and differ: in shape, in type, in what they state."""

from __future__ import annotations

from omio_core.contract import ConflictCase, Policy

from ._constant import always

_CAREFUL = {"size": "raise", "time": "null"}  # by what a fact is about; all others use the first value


def careful(case: ConflictCase) -> str:
    """Decide by what a fact is about.

    A wrong size spoils every measurement, and the time increment of a part is not that of the whole.
    """
    return _CAREFUL.get(case.about, "first")


POLICIES = (
    always("shapes", "strict", "raise", "Images of unequal size are an error."),
    always("shapes", "pad", "pad", "Zeros at the ends of the axes that are not merged; they are not present."),
    always("dtypes", "strict", "raise", "Images of unequal type are an error."),
    always("dtypes", "promote", "promote", "The type that holds all values exactly; an error where there is none."),
    Policy(
        kind="conflict",
        name="careful",
        decide=careful,
        summary="Different pixel sizes are an error, different time increments unknown; else the first is taken.",
    ),
    always("conflict", "raise", "raise", "Any fact that is stated differently is an error."),
    always("conflict", "first", "first", "The first that is stated is taken."),
    always("conflict", "null", "null", "A fact that is stated differently is unknown."),
)
