"""What metadata state of how an image looks: ranges, significant bits, colours; reads no pixel.

OMIO's model has a colour for a channel, and no range. Ranges, and the colours of ImageJ, stand in the annotations, each
under the public name that its reader gives it.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Any

import numpy as np

from omio_core.metadata.display import saved_limits
from omio_core.metadata.model import Metadata

Range = tuple[float, float]
Color = tuple[int, int, int]

WHITE: Color = (255, 255, 255)
USUAL: tuple[Color, ...] = (
    (0, 255, 0), (255, 0, 255), (0, 255, 255), (255, 255, 0), (255, 60, 60), (90, 120, 255),
)  # fmt: skip
"""Colours of several channels that state none. A pure red or blue is too dark to see structure in it."""

_SIGNED_16 = 32768
"""ImageJ stores signed pixels of 16 bits with this added to them, and the range of what it shows in the same way."""


def stated_range(metadata: Metadata, channel: int) -> Range | None:
    """Return the range of values that the file says a channel is to be shown with; None if it states none.

    A range that is empty or not finite states nothing. Neither does the whole range of an integer of more than 8 bits:
    programs write it where nobody has looked at the pixels.

    Parameters
    ----------
    metadata
        The metadata of the image.
    channel
        Index of a channel, not of a sample.
    """
    if (saved := saved_limits(metadata, channel)) is not None:  # somebody chose it, a whole range too
        return saved
    dtype = np.dtype(metadata.dtype)
    for low, high in _candidates(metadata, channel):
        if not (math.isfinite(low) and math.isfinite(high) and low < high):
            continue
        if dtype.kind in "iu":
            least, most = whole_range(dtype)
            if high <= least or low >= most or (dtype.itemsize > 1 and low <= least and high >= most):
                continue
        return float(low), float(high)
    return None


def whole_range(dtype: np.dtype[Any], bits: int | None = None) -> Range:
    """Return the smallest and the largest value of an integer type, or of one with so many significant bits."""
    bits = min(bits or 64, 8 * dtype.itemsize)
    return (0, 2**bits - 1) if dtype.kind == "u" else (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1)


def _candidates(metadata: Metadata, channel: int) -> Iterator[Range]:
    annotations, count, samples = metadata.facts.annotations, metadata.channel_count, metadata.samples
    if (shown := _omero(annotations.get("ome-zarr/omero", {}), channel, count, samples)) is not None:
        yield shown
    imagej = annotations.get("imagej", {})
    offset = _SIGNED_16 if metadata.dtype == "int16" else 0
    numbers = _numbers(imagej.get("Ranges"))
    if numbers:
        if len(numbers) == 2 * count:
            yield numbers[2 * channel] - offset, numbers[2 * channel + 1] - offset
        return  # "min" and "max" are then those of the channel that was selected
    limits = _numbers([imagej.get("min"), imagej.get("max")])
    if len(limits) == 2:
        yield limits[0] - offset, limits[1] - offset


def _omero(display: Mapping[str, Any], channel: int, count: int, samples: int) -> Range | None:
    """Return the window of a channel in the "omero" metadata of OME-Zarr (https://ngff.openmicroscopy.org/0.4)."""
    described = sum(bool(re.fullmatch(r"Channel \d+", key)) for key in display)
    if described not in (count, count * samples):
        return None
    index = channel * (described // count)
    try:
        window = json.loads(display.get(f"Channel {index}", "{}")).get("window", {})
        numbers = _numbers([window.get("start"), window.get("end")])
    except (ValueError, AttributeError, TypeError):  # a text from a file, of any form
        return None
    return (numbers[0], numbers[1]) if len(numbers) == 2 else None


def _numbers(values: Any) -> list[float]:
    """Return numbers as floats; an empty list if any value is no number."""
    if not isinstance(values, Sequence) or isinstance(values, str):
        return []
    if any(isinstance(value, bool) or not isinstance(value, int | float) for value in values):
        return []
    return [float(value) for value in values]


def significant_bits(metadata: Metadata) -> int | None:
    """Return how many bits of a pixel the file says have a meaning; None if it does not say so.

    Pixels/@SignificantBits of OME-XML, which is kept beside OMIO's model.
    """
    kept = metadata.facts.annotations.get("ome/xml", {}).get("Remainder", "")
    found = re.findall(r'\bSignificantBits="(\d{1,3})"', kept) if isinstance(kept, str) else []
    return int(found[0]) if len(set(found)) == 1 and int(found[0]) > 0 else None


def colors(metadata: Metadata) -> tuple[Color, ...]:
    """Return the colour of each channel, red, green, blue from 0 to 255: the stated one, else a usual one.

    A single channel without a colour is white. A stated black is no colour, for nothing could be seen in it.
    """
    tables = _tables(metadata)
    found: list[Color] = []
    for index, channel in enumerate(metadata.channels):
        usual = USUAL[index % len(USUAL)] if metadata.channel_count > 1 else WHITE
        color: Color | None = None
        if channel.color is not None:
            rgba = channel.color.value % 2**32  # a signed RGBA integer: ome.xsd, type Color
            color = rgba >> 24 & 255, rgba >> 16 & 255, rgba >> 8 & 255
        elif tables:
            color = tables[index]
        found.append(color if color is not None and any(color) else usual)
    return tuple(found)


def _tables(metadata: Metadata) -> tuple[Color, ...]:
    """Return the brightest colours of ImageJ's look-up tables; empty if there is not a ramp for every channel."""
    tables = metadata.facts.annotations.get("imagej", {}).get("LUTs")
    if not isinstance(tables, Sequence) or len(tables) != metadata.channel_count:
        return ()
    brightest = []
    for table in tables:
        ramps = [_numbers(ramp) for ramp in table] if isinstance(table, Sequence) else []
        if len(ramps) != 3 or any(len(ramp) != 256 or any(a > b for a, b in pairwise(ramp)) for ramp in ramps):
            return ()  # not from black to one colour: a colour alone would not show it
        brightest.append((int(ramps[0][-1]) & 255, int(ramps[1][-1]) & 255, int(ramps[2][-1]) & 255))
    return tuple(brightest)


__all__ = ["USUAL", "WHITE", "Color", "Range", "colors", "significant_bits", "stated_range", "whole_range"]
