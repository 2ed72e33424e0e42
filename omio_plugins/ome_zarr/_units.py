"""Unit names of OME-Zarr, which are those of UDUNITS-2, as OME spells them; it knows no metadata.

The names are listed in https://ngff.openmicroscopy.org/0.5, "axes" metadata.
"""

from __future__ import annotations

from omio_core.contract import micrometres, seconds

_PREFIXES = {
    "yotta": "Y", "zetta": "Z", "exa": "E", "peta": "P", "tera": "T", "giga": "G", "mega": "M", "kilo": "k",
    "hecto": "h", "deca": "da", "deci": "d", "centi": "c", "milli": "m", "micro": "µ", "nano": "n", "pico": "p",
    "femto": "f", "atto": "a", "zepto": "z", "yocto": "y", "": "",
}  # fmt: skip
_LENGTHS = {
    **{f"{word}{metre}": f"{symbol}m" for word, symbol in _PREFIXES.items() for metre in ("meter", "metre")},
    "angstrom": "Å", "foot": "ft", "inch": "in", "mile": "mi", "yard": "yd",
}  # fmt: skip
_TIMES = {
    **{f"{word}second": f"{symbol}s" for word, symbol in _PREFIXES.items()},
    "minute": "min", "hour": "h", "day": "d",
}  # fmt: skip
_PARSEC = 3.0856775814913673e22  # micrometres (IAU 2015 Resolution B2)


def length(value: float, unit: str) -> float | None:
    """A length in micrometres; None if the unit is not one.

    Examples
    --------
    >>> length(4, "nanometer"), length(1, "pixel")
    (0.004, None)
    """
    if unit == "parsec":
        return value * _PARSEC
    return micrometres(value, _LENGTHS.get(unit.lower(), unit))


def time(value: float, unit: str) -> float | None:
    """A time in seconds; None if the unit is not one.

    Examples
    --------
    >>> time(20, "millisecond")
    0.02
    """
    return seconds(value, _TIMES.get(unit.lower(), unit))
