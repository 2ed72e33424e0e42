"""Single values of the public dict held against what OME-XML can hold; it knows no picture and no format.

What is refused here would be lost, or would cost the whole file, when it is written.
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
    """A value for a message: not too long, and never an error itself."""
    try:
        text = repr(value)
    except (ValueError, RecursionError):  # an integer of thousands of digits, a list that is too deep
        text = f"a {type(value).__name__}"
    return text if len(text) <= 300 else f"{text[:300]}..."


def text(value: Any) -> str | None:
    """The text; None where it is none."""
    return str(value) if isinstance(value, str) else None


def real(value: Real) -> float:
    """The number as a float, infinite where it is beyond all of them."""
    try:
        return float(value)
    except OverflowError:
        return math.inf


def number(value: Any) -> float | None:
    """The number as one that the schema's 32-bit floats hold; None where it is none, or beyond them."""
    if isinstance(value, bool) or not isinstance(value, Real):
        return None
    found = real(value)
    return found if abs(found) <= MOST_FLOAT else None  # NaN is not


def positive(value: Any) -> float | None:
    """The number as one that the schema's PositiveFloat holds; None where it is none."""
    found = number(value)
    return found if found is not None and found >= LEAST_FLOAT else None


def color(value: Any) -> int | None:
    """A colour as signed 32-bit RGBA, also of unsigned ones such as 0xFF0000FF; None where it is none."""
    if isinstance(value, bool) or not isinstance(value, Integral):
        return None
    found = int(value)
    if not -(2**31) <= found < 2**32:
        return None
    return found - 2**32 if found >= 2**31 else found


def count(public: Mapping[str, Any], key: str) -> int:
    """A whole number above 0; 1 where it is not said.

    Raises
    ------
    MetadataError
    """
    value = public.get(key)
    if value is None:
        return 1
    if isinstance(value, bool) or not isinstance(value, Integral) or int(value) < 1:
        raise MetadataError(f"{key} must be a whole number above 0", evidence=f"it is {shown(value)}", key=key)
    return int(value)


def shape(value: Any) -> tuple[Any, ...] | None:
    """Lengths; None where they are not said.

    Raises
    ------
    MetadataError
    """
    if value is None:
        return None
    found = value.tolist() if hasattr(value, "tolist") else value
    if isinstance(found, Sequence) and all(isinstance(n, Real) and not isinstance(n, bool) for n in found):
        return tuple(found)
    raise MetadataError(
        "the metadata describe another array",
        evidence=f"shape is {shown(value)}, no list of lengths",
        remedy="give one length an axis, or leave shape out",
        key="shape",
    )
