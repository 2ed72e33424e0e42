"""Check single values of the public dict against what OME-XML can store; it knows no picture and no format.

A value that is refused here would be lost when the file is written, or would make the file unreadable.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from numbers import Integral, Real
from typing import Any

from omio_core.errors import MetadataError

# the schema's xsd:float and PositiveFloat are 32-bit
MOST_FLOAT = 3.4028234663852886e38
LEAST_FLOAT = 1.1754943508222875e-38


def shown(value: Any) -> str:
    """A value as a text for a message: not too long, and without raising."""
    try:
        text = repr(value)
    except (ValueError, RecursionError):  # an integer of thousands of digits, a list that nests too deep
        text = f"a {type(value).__name__}"
    return text if len(text) <= 300 else f"{text[:300]}..."


def text(value: Any) -> str | None:
    """The value if it is a text, else None."""
    return str(value) if isinstance(value, str) else None


def real(value: Real) -> float:
    """The number as a float; infinite if it is too large for one."""
    try:
        return float(value)
    except OverflowError:
        return math.inf


def number(value: Any) -> float | None:
    """The value as a float that fits the schema's 32-bit floats; None if it is no number or too large."""
    if isinstance(value, bool) or not isinstance(value, Real):
        return None
    converted = real(value)
    return converted if abs(converted) <= MOST_FLOAT else None  # NaN is not <= anything


def positive(value: Any) -> float | None:
    """The value as a float that fits the schema's PositiveFloat, else None."""
    converted = number(value)
    return converted if converted is not None and converted >= LEAST_FLOAT else None


def color(value: Any) -> int | None:
    """The value as a signed 32-bit RGBA colour, also from an unsigned one such as 0xFF0000FF; else None."""
    if isinstance(value, bool) or not isinstance(value, Integral):
        return None
    rgba = int(value)
    if not -(2**31) <= rgba < 2**32:
        return None
    return rgba - 2**32 if rgba >= 2**31 else rgba


def count(public: Mapping[str, Any], key: str) -> int:
    """The whole number above 0 under `key`; 1 if there is none.

    Raises
    ------
    MetadataError
        The value is not a whole number above 0.
    """
    value = public.get(key)
    if value is None:
        return 1
    if isinstance(value, bool) or not isinstance(value, Integral) or int(value) < 1:
        raise MetadataError(f"{key} must be a whole number above 0", evidence=f"it is {shown(value)}", key=key)
    return int(value)


def shape(value: Any) -> tuple[Any, ...] | None:
    """The lengths of a shape; None if `value` is None.

    Raises
    ------
    MetadataError
        The value is not a list of numbers.
    """
    if value is None:
        return None
    lengths = value.tolist() if hasattr(value, "tolist") else value
    if isinstance(lengths, Sequence) and all(isinstance(n, Real) and not isinstance(n, bool) for n in lengths):
        return tuple(lengths)
    raise MetadataError(
        "the metadata describe another array",
        evidence=f"shape is {shown(value)}, no list of lengths",
        remedy="give one length an axis, or leave shape out",
        key="shape",
    )
