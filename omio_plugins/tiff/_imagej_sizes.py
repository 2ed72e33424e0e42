"""Sizes of pixels in ImageJ's TIFF: which number has which unit, and whether two units contradict; it reads no file.

`XResolution` and `YResolution` are pixels per unit. ResolutionUnit 2 (inch) or 3 (cm) is their unit. If it is 1 (none),
as ImageJ writes it, their unit is `unit=` of the description, for Y `yunit=` if present. `spacing=` has no tag: its
unit is `zunit=`, else `unit=`. Sources: TIFF 6.0, section 8; ImageJ's
https://github.com/imagej/ImageJ/blob/master/ij/io/FileSaver.java (getDescriptionString), which writes `yunit=` and
`zunit=` if they differ from `unit=`.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from fractions import Fraction
from typing import Any

from omio_core.contract import Aside, Fact, micrometres, worded

from ._resolution import writer_of_default
from ._tags import RESOLUTION_UNITS, RawTags, sizes_by_resolution, spacing

_INCH, _CENTIMETRE = 25_400.0, 10_000.0  # micrometres
_SMALLEST, _LARGEST = 1e-3, 100.0  # micrometres: the range of pixel sizes of light microscopes


def number(keys: Mapping[str, Any], key: str) -> float | None:
    """The value of a key if it is a number, else None."""
    value = keys.get(key)
    return None if isinstance(value, bool) or not isinstance(value, int | float) else float(value)


def sizes(raw: RawTags, keys: Mapping[str, Any]) -> dict[str, Any]:
    """The facts `physical_size_x`, `_y` and `_z` in micrometres, if known, and `default_sizes`; `keys` are those of the
    description.

    A negative `spacing` is that of a stack from the bottom upwards.
    """
    tag = RESOLUTION_UNITS.get(raw.unit or 0)
    units = {axis: tag or _unit(keys, axis) for axis in "xy"}
    facts = sizes_by_resolution(raw, units, f"ResolutionUnit {tag}" if tag else "")
    unit, step = _unit(keys, "z"), number(keys, "spacing")
    size = None if step is None or unit is None else micrometres(abs(step), unit)
    if size is not None:
        facts["physical_size_z"] = Fact(size, "file", "ImageJ description: spacing", unit=str(unit))
    return facts


def contradiction(raw: RawTags, keys: Mapping[str, Any]) -> str:
    """A sentence with both sizes if the units of the tag and of the description give different ones; else "".

    Some programs write `unit=` for `spacing=` alone, beside a true ResolutionUnit in cm (Micro-Manager, tifffile). So a
    size by the description outside the range of light microscopes does not contradict a size by the tag inside it.
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
            values = (
                f"{by_tag:.6g} µm by ResolutionUnit {tag} and {by_description:.6g} µm by unit {unit} of the ImageJ "
                "description"
            )
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
    """The size of a pixel in micrometres; None if unknown, or a default of a program."""
    size = None if step is None or unit is None else micrometres(step, unit)
    if not size or (micrometres(1.0, unit or "") in (_INCH, _CENTIMETRE) and writer_of_default(size)):
        return None
    return size
