"""Sizes of pixels in ImageJ's TIFF: which number has which unit, and where two units contradict; it reads no file.

`XResolution` and `YResolution` are pixels a unit. Where ResolutionUnit names that unit (2 inch, 3 cm) it belongs to
them; where it says none (1), as ImageJ writes it, `unit=` of the description does, for Y `yunit=` where that is
written. `spacing=` has no tag: its unit is `zunit=`, else `unit=`. Sources: TIFF 6.0, section 8; ImageJ's
https://github.com/imagej/ImageJ/blob/master/ij/io/FileSaver.java (getDescriptionString), which writes `yunit=` and
`zunit=` where they differ from `unit=`.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from fractions import Fraction
from typing import Any

from omio_core.contract import Fact
from omio_core.metadata.units import micrometres
from omio_core.wording import Aside, worded

from ._tags import RESOLUTION_UNITS, RawTags, is_display_or_print, spacing

_INCH, _CENTIMETRE = 25_400.0, 10_000.0  # micrometres
_SMALLEST, _LARGEST = 1e-3, 100.0  # micrometres: pixels of microscopes that work with light lie between them


def number(keys: Mapping[str, Any], key: str) -> float | None:
    """The value of a key where it is a number."""
    value = keys.get(key)
    return None if isinstance(value, bool) or not isinstance(value, int | float) else float(value)


def sizes(raw: RawTags, keys: Mapping[str, Any]) -> dict[str, Fact[float]]:
    """The facts `physical_size_x`, `_y` and `_z` in micrometres, as far as known; `keys` are the description's."""
    facts: dict[str, Fact[float]] = {}
    tag = RESOLUTION_UNITS.get(raw.unit or 0)
    for axis, resolution in (("x", raw.x), ("y", raw.y)):
        unit = tag or _unit(keys, axis)
        size = _pixel_size(spacing(resolution), unit)
        if size is not None:
            where = f"{axis.upper()}Resolution tag" + (f", ResolutionUnit {tag}" if tag else "")
            facts[f"physical_size_{axis}"] = Fact(size, "file", where, unit="" if tag else str(unit))
    unit, step = _unit(keys, "z"), number(keys, "spacing")
    size = None if step is None or unit is None else micrometres(step, unit)
    if size is not None:
        facts["physical_size_z"] = Fact(size, "file", "ImageJ description: spacing", unit=str(unit))
    return facts


def contradiction(raw: RawTags, keys: Mapping[str, Any]) -> str:
    """Both sizes where the unit of the tag and that of the description give different ones, in a sentence; else "".

    Programs write `unit=` for `spacing=` alone, beside a true ResolutionUnit in cm (Micro-Manager, tifffile). So a size
    by the description that is no size of a light microscope says nothing against one by the tag that is.
    """
    tag = RESOLUTION_UNITS.get(raw.unit or 0)
    if tag is None:
        return ""
    conflicts: dict[str, list[str]] = {}
    for axis, resolution in (("x", raw.x), ("y", raw.y)):
        unit, step = _unit(keys, axis), spacing(resolution)
        by_tag, by_description = _pixel_size(step, tag), _pixel_size(step, unit)
        if by_tag is None or by_description is None or math.isclose(by_tag, by_description, rel_tol=1e-6):
            continue
        if by_description >= _SMALLEST or not _SMALLEST <= by_tag <= _LARGEST:
            values = f"{by_tag:.6g} µm by ResolutionUnit {tag} and {by_description:.6g} µm by unit {unit} of the ImageJ description"
            conflicts.setdefault(values, []).append(axis.upper())
    if not conflicts:
        return ""
    text = "; ".join(f"along {' and '.join(axes)} {values}" for values, axes in conflicts.items())
    return worded(
        "the size of a pixel is {}: that of the tag is taken; {pixel_size}{} states another",
        text, Aside(" (--pixel-size on the command line)"), pixel_size=None,
    )  # fmt: skip


def _unit(keys: Mapping[str, Any], axis: str) -> str | None:
    unit = keys.get(f"{axis}unit", keys.get("unit"))
    return None if unit is None else str(unit)


def _pixel_size(step: float | Fraction | None, unit: str | None) -> float | None:
    """The size of a pixel in micrometres; None where unknown, or of a screen or print."""
    size = None if step is None or unit is None else micrometres(step, unit)
    if not size or (micrometres(1.0, unit or "") in (_INCH, _CENTIMETRE) and is_display_or_print(_INCH / size)):
        return None
    return size
