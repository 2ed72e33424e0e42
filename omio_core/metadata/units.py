"""Unit spellings: from the numbers and units in files to micrometres and seconds; it knows no file.

The symbols are those of OME's UnitsLength and UnitsTime (https://www.openmicroscopy.org/Schemas/OME/2016-06/ome.xsd)
and the spellings of ImageJ and vendors. Symbols are case-sensitive (``Mm`` is not ``mm``), words are not.

A number is converted in its decimal spelling and rounded once: 1.6e-6 m are 1.6 µm, not the 1.5999999999999999 that the
product of two doubles gives. A `Fraction`, such as a resolution tag of TIFF, is exact.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction
from numbers import Rational
from typing import TYPE_CHECKING

from omio_core.errors import MetadataError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

MICROMETRE = "µm"  # U+00B5, the only spelling that Bio-Formats accepts
SECOND = "s"

_PREFIXES = {
    "Y": 24, "Z": 21, "E": 18, "P": 15, "T": 12, "G": 9, "M": 6, "k": 3, "h": 2, "da": 1, "": 0,
    "d": -1, "c": -2, "m": -3, "µ": -6, "n": -9, "p": -12, "f": -15, "a": -18, "z": -21, "y": -24,
}  # fmt: skip

_Ratio = tuple[int, Fraction]  # one unit in micrometres or seconds: a power of ten, and a factor
_ONE = Fraction(1)

_LENGTHS: dict[str, _Ratio] = {
    **{f"{prefix}m": (exponent + 6, _ONE) for prefix, exponent in _PREFIXES.items()},
    "Å": (-4, _ONE),
    "thou": (-1, Fraction(254)), "li": (2, Fraction(254, 12)), "in": (2, Fraction(254)), "ft": (2, Fraction(3048)),
    "yd": (2, Fraction(9144)), "mi": (3, Fraction(1609344)), "pt": (2, Fraction(254, 72)),
}  # fmt: skip
_LENGTH_WORDS = {
    "um": "µm", "micron": "µm", "microns": "µm", "micrometer": "µm", "micrometers": "µm", "micrometre": "µm",
    "micrometres": "µm", "nanometer": "nm", "nanometers": "nm", "nanometre": "nm", "nanometres": "nm",
    "millimeter": "mm", "millimeters": "mm", "millimetre": "mm", "millimetres": "mm", "centimeter": "cm",
    "centimeters": "cm", "centimetre": "cm", "centimetres": "cm", "meter": "m", "meters": "m", "metre": "m",
    "metres": "m", "inch": "in", "inches": "in", '"': "in", "angstrom": "Å",
}  # fmt: skip
_TIMES: dict[str, _Ratio] = {
    **{f"{prefix}s": (exponent, _ONE) for prefix, exponent in _PREFIXES.items()},
    "min": (0, Fraction(60)), "h": (0, Fraction(3600)), "d": (0, Fraction(86400)),
}  # fmt: skip
_TIME_WORDS = {
    "sec": "s", "secs": "s", "second": "s", "seconds": "s", "msec": "ms", "millisecond": "ms", "milliseconds": "ms",
    "usec": "µs", "us": "µs", "microsecond": "µs", "microseconds": "µs", "minute": "min", "minutes": "min",
    "mins": "min", "hour": "h", "hours": "h", "hr": "h", "day": "d", "days": "d",
}  # fmt: skip


def _symbol(spelling: str) -> str:
    """Resolve the escapes of a spelling, and replace the Greek mu by the micro sign."""
    text = re.sub(r"\\u([0-9A-Fa-f]{4})", lambda m: chr(int(m[1], 16)), spelling.strip().strip("\0"))
    # U+03BC is the Greek letter, U+212B the angstrom sign: equal in print, refused by Bio-Formats
    return text.replace("μ", "µ").replace("\u212b", "Å").strip()


def decimal(value: float | Fraction) -> Fraction:
    """The exact number; for a float, the shortest decimal that is read as this float, which is how it was written.

    Raises
    ------
    MetadataError
        The number is not finite.

    Examples
    --------
    >>> decimal(0.1) + decimal(0.2)
    Fraction(3, 10)
    """
    if isinstance(value, Rational):  # also numpy's integers, whose products would overflow
        return Fraction(int(value.numerator), int(value.denominator))
    if not math.isfinite(value):
        raise MetadataError(f"{value!r} is no finite number", remedy="leave it out where it is unknown")
    return Fraction(Decimal(repr(float(value))))


def _scale(value: float | Fraction, power: int, factor: Fraction) -> float:
    """`value` times 10 to `power` times `factor`, rounded once; infinite if it is too large for a float."""
    if factor is _ONE and isinstance(value, float):  # five times as fast, for tables with thousands of values
        digits, _, exponent = repr(float(value)).partition("e")
        return float(f"{digits}e{int(exponent or 0) + power}")
    try:
        return float(decimal(value) * factor * Fraction(10) ** power)
    except OverflowError:
        return math.inf


def _convert(
    value: float | Fraction, spelling: str, symbols: dict[str, _Ratio], words: dict[str, str], power: int = 0
) -> float | None:
    """`value` in the base unit of `symbols` divided by 10 to `power`; None if the unit is unknown."""
    symbol = _symbol(spelling)
    ratio = symbols.get(symbol) or symbols.get(words.get(symbol.lower(), ""))
    if ratio is None or (isinstance(value, float) and not math.isfinite(value)):
        return None
    converted = _scale(value, ratio[0] + power, ratio[1])
    return converted if math.isfinite(converted) else None


def micrometres(value: float | Fraction, unit: str) -> float | None:
    """`value` in micrometres, or None if the unit is not a length (``pixel``, ``reference frame``, unknown).

    Examples
    --------
    >>> micrometres(1.6e-6, "m"), micrometres(1, "\\u00B5m"), micrometres(2, "pixel")
    (1.6, 1.0, None)
    """
    return _convert(value, unit, _LENGTHS, _LENGTH_WORDS)


def nanometres(value: float | Fraction, unit: str) -> float | None:
    """`value` in nanometres (wavelengths), or None if the unit is not a length.

    Examples
    --------
    >>> nanometres(509, "nm"), nanometres(0.5, "um")
    (509.0, 500.0)
    """
    return _convert(value, unit, _LENGTHS, _LENGTH_WORDS, power=3)


def seconds(value: float | Fraction, unit: str) -> float | None:
    """`value` in seconds, or None if the unit is not a time.

    Examples
    --------
    >>> seconds(20, "ms"), seconds(2, "min"), seconds(1, "frames")
    (0.02, 120.0, None)
    """
    return _convert(value, unit, _TIMES, _TIME_WORDS)


def convert_each(
    values: NDArray[np.float64], unit: str, convert: Callable[[float, str], float | None]
) -> NDArray[np.float64]:
    """Convert a table to another unit, each value as `convert` (`micrometres`, `seconds`) converts it; NaN is unknown.

    Parameters
    ----------
    values
        A table of any shape, which the result has too. A value that is not finite is unknown.
    """
    import numpy as np

    distinct, places = np.unique(values, return_inverse=True)
    converted = [convert(value, unit) for value in distinct.tolist()]
    table = np.array([math.nan if value is None else value for value in converted], np.float64)
    return table[places].reshape(values.shape)
