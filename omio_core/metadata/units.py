"""Unit spellings: from what files write to micrometres and seconds; it knows no file.

Symbols are those of OME's UnitsLength and UnitsTime (https://www.openmicroscopy.org/Schemas/OME/2016-06/ome.xsd), and
the spellings that ImageJ and vendors use. A symbol is matched as it stands (``Mm`` is no ``mm``), a word in any case.
"""

from __future__ import annotations

import math
import re

MICROMETRE = "µm"  # U+00B5, the only spelling Bio-Formats accepts
SECOND = "s"

_PREFIXES = {
    "Y": 24, "Z": 21, "E": 18, "P": 15, "T": 12, "G": 9, "M": 6, "k": 3, "h": 2, "da": 1, "": 0,
    "d": -1, "c": -2, "m": -3, "µ": -6, "n": -9, "p": -12, "f": -15, "a": -18, "z": -21, "y": -24,
}  # fmt: skip

# (numerator, denominator) of one unit in micrometres and in seconds: two exact numbers round once, not twice
_Ratio = tuple[float, float]


def _ratio(exponent: int) -> _Ratio:
    return (10.0**exponent, 1.0) if exponent >= 0 else (1.0, 10.0**-exponent)


_LENGTHS: dict[str, _Ratio] = {
    **{f"{prefix}m": _ratio(exponent + 6) for prefix, exponent in _PREFIXES.items()},
    "Å": _ratio(-4),
    "thou": (25.4, 1.0), "li": (25400.0 / 12, 1.0), "in": (25400.0, 1.0), "ft": (304800.0, 1.0),
    "yd": (914400.0, 1.0), "mi": (1609344000.0, 1.0), "pt": (25400.0, 72.0),
}  # fmt: skip
_LENGTH_WORDS = {
    "um": "µm", "micron": "µm", "microns": "µm", "micrometer": "µm", "micrometers": "µm", "micrometre": "µm",
    "micrometres": "µm", "nanometer": "nm", "nanometers": "nm", "nanometre": "nm", "nanometres": "nm",
    "millimeter": "mm", "millimeters": "mm", "millimetre": "mm", "millimetres": "mm", "centimeter": "cm",
    "centimeters": "cm", "centimetre": "cm", "centimetres": "cm", "meter": "m", "meters": "m", "metre": "m",
    "metres": "m", "inch": "in", "inches": "in", '"': "in", "angstrom": "Å",
}  # fmt: skip
_TIMES: dict[str, _Ratio] = {
    **{f"{prefix}s": _ratio(exponent) for prefix, exponent in _PREFIXES.items()},
    "min": (60.0, 1.0), "h": (3600.0, 1.0), "d": (86400.0, 1.0),
}  # fmt: skip
_TIME_WORDS = {
    "sec": "s", "secs": "s", "second": "s", "seconds": "s", "msec": "ms", "millisecond": "ms", "milliseconds": "ms",
    "usec": "µs", "us": "µs", "microsecond": "µs", "microseconds": "µs", "minute": "min", "minutes": "min",
    "mins": "min", "hour": "h", "hours": "h", "hr": "h", "day": "d", "days": "d",
}  # fmt: skip


def _symbol(spelling: str) -> str:
    """The spelling with escapes resolved and both mu characters made the micro sign."""
    text = re.sub(r"\\u([0-9A-Fa-f]{4})", lambda m: chr(int(m[1], 16)), spelling.strip().strip("\0"))
    # U+03BC is the Greek letter, U+212B the angstrom sign: equal in print, refused by Bio-Formats
    return text.replace("μ", "µ").replace("\u212b", "Å").strip()


def _convert(value: float, spelling: str, symbols: dict[str, _Ratio], words: dict[str, str]) -> float | None:
    symbol = _symbol(spelling)
    ratio = symbols.get(symbol) or symbols.get(words.get(symbol.lower(), ""))
    if ratio is None or not math.isfinite(value):
        return None
    converted = value * ratio[0] / ratio[1]
    return converted if math.isfinite(converted) else None


def micrometres(value: float, unit: str) -> float | None:
    """`value` in micrometres, or None where the unit is no length (``pixel``, ``reference frame``, unknown).

    Examples
    --------
    >>> micrometres(250, "nm"), micrometres(1, "\\\\u00B5m"), micrometres(2, "pixel")
    (0.25, 1.0, None)
    """
    return _convert(value, unit, _LENGTHS, _LENGTH_WORDS)


def nanometres(value: float, unit: str) -> float | None:
    """`value` in nanometres (wavelengths), or None where the unit is no length.

    Examples
    --------
    >>> nanometres(509, "nm"), nanometres(0.5, "um")
    (509.0, 500.0)
    """
    if _symbol(unit) == "nm":  # the way of nearly every file, free of rounding
        return float(value) if math.isfinite(value) else None
    length = micrometres(value, unit)
    return None if length is None else length * 1000


def seconds(value: float, unit: str) -> float | None:
    """`value` in seconds, or None where the unit is no time.

    Examples
    --------
    >>> seconds(20, "ms"), seconds(2, "min"), seconds(1, "frames")
    (0.02, 120.0, None)
    """
    return _convert(value, unit, _TIMES, _TIME_WORDS)
