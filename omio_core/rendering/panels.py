"""Panels: the planes of an image as pictures in their colours; knows no text and no scale bar.

The values become brightness by the window of contrast; absent pixels become a pattern that no pixel can look like.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from PIL import Image as Pillow

from omio_core.plugins.descriptions import ImageLike
from omio_core.settings import MIB

from .contrast import known_limits, window
from .planes import View, spread
from .stated import Color, colors, significant_bits

MOST_CHANNELS = 6
MOST_TIMES = 3  # the first, one in the middle, the last
MAXIMUM_BYTES = 64 * MIB
"""How many bytes a maximum along Z reads of one stack; of more planes, some that are evenly spread are taken."""

_ENOUGH = 4  # pixels along an edge for each one of a panel; more make no better mean
_SHORTEST = 16  # pixels; a line of one pixel would not be seen
_RGB = 3
Projection = Literal["middle", "max"]
Bytes = NDArray[np.uint8]


@dataclass(frozen=True, slots=True, kw_only=True)
class Panel:
    """One channel, or all of them, at one time.

    Parameters
    ----------
    pixels
        Rows, columns, and red, green, blue, uint8.
    note
        What there is if nothing else can be seen: ``"absent"``, ``"not a number"``, or ``"all 0"`` for a constant.
    """

    pixels: Bytes
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """Which planes are shown.

    Parameters
    ----------
    times, depths
        Indices along T; along Z those whose maximum is taken, or one.
    channels
        Indices of channels.
    """

    times: Sequence[int]
    depths: Sequence[int]
    channels: Sequence[int]


def select(image: ImageLike, view: View, z: Projection) -> Selection:
    """Choose the planes of a preview."""
    t, length = image.shape[:2]
    most = max(2, MAXIMUM_BYTES // view.nbytes)
    return Selection(
        times=spread(t, MOST_TIMES),
        depths=spread(length, most) if z == "max" else [length // 2],
        channels=range(min(MOST_CHANNELS, image.metadata.channel_count)),
    )


@dataclass(frozen=True, slots=True)
class _Layer:
    """A channel at one time: brightness from 0 to 1, of shape (samples, rows, columns), and what exists."""

    light: NDArray[np.float32]
    exists: NDArray[np.bool_]
    note: str


def panels(image: ImageLike, view: View, selection: Selection, size: tuple[int, int]) -> list[list[Panel]]:
    """Return a row of panels for each time: all channels together if there are several, then each of them.

    Parameters
    ----------
    size
        Rows and columns of a panel.
    """
    palette = colors(image.metadata)
    layers = [_layers(image, view, selection, channel, size) for channel in selection.channels]
    rows = []
    for time in range(len(selection.times)):
        row = [
            _painted(layer[time], palette[channel]) for layer, channel in zip(layers, selection.channels, strict=True)
        ]
        if len(row) > 1 and image.metadata.samples == 1:
            row.insert(0, _together(row, [layer[time].exists for layer in layers]))
        rows.append(row)
    return rows


def _layers(image: ImageLike, view: View, selection: Selection, channel: int, size: tuple[int, int]) -> list[_Layer]:
    """Read a channel at all times, and apply one window to all: a channel that bleaches is seen to bleach."""
    read = [_projected(image, view, t, selection.depths, channel, _ENOUGH * max(size)) for t in selection.times]
    known = known_limits(image, channel)
    if known is None:
        shown = [pixels[:, exists].reshape(-1) for pixels, exists in read]
        share = max(1, sum(part.size for part in shown) >> 18)
        known = window(np.concatenate([part[::share] for part in shown]), image.dtype, significant_bits(image.metadata))
    return [_layer(pixels, exists, known, size) for pixels, exists in read]


def _projected(
    image: ImageLike, view: View, t: int, depths: Sequence[int], channel: int, enough: int
) -> tuple[NDArray[Any], NDArray[np.bool_]]:
    samples = image.metadata.samples
    c = (channel * samples, channel * samples + (samples if samples >= _RGB else 1))
    c = (c[0], min(c[1], c[0] + _RGB))  # a fourth sample is opacity or nothing known; a second one too
    pixels, exists = _thinned(*view.read(t, depths[0], c), enough)
    for z in depths[1:]:
        more, there = _thinned(*view.read(t, z, c), enough)
        higher = np.fmax(pixels, more) if pixels.dtype.kind == "f" else np.maximum(pixels, more)
        pixels = np.where(exists & there, higher, np.where(there, more, pixels))
        exists |= there
    return pixels, exists


def _thinned(pixels: NDArray[Any], exists: NDArray[np.bool_], enough: int) -> tuple[NDArray[Any], NDArray[np.bool_]]:
    """Return every second, third, ... row and column, at least `enough` of them; of complex values the magnitude."""
    step = max(1, max(exists.shape) // enough)
    if step > 1:
        pixels, exists = pixels[:, ::step, ::step].copy(), exists[::step, ::step].copy()
    return (np.abs(pixels) if pixels.dtype.kind == "c" else pixels), exists


def _layer(
    pixels: NDArray[Any], exists: NDArray[np.bool_], limits: tuple[float, float], size: tuple[int, int]
) -> _Layer:
    low, high = limits
    with np.errstate(invalid="ignore", over="ignore"):  # NaN and infinite values
        exact: Any = np.float32 if pixels.dtype.itemsize <= 2 else np.float64
        light = ((pixels.astype(exact) - low) / (high - low)).clip(0, 1)
    light = np.where(np.isnan(light) | ~exists, 0, light).astype(np.float32)
    resized = np.stack([_resized(sample, size) for sample in light])
    there = np.ones(size, bool) if exists.all() else _resized(exists.astype(np.float32), size) > 0.5
    return _Layer(resized, there, _note(pixels[:, exists]))


def _note(existing: NDArray[Any]) -> str:
    if not existing.size:
        return "absent"
    first = existing.flat[0]
    if existing.dtype.kind == "f" and np.isnan(first):
        return "not a number" if np.isnan(existing).all() else ""
    return f"all {first:g}" if (existing == first).all() else ""


def _resized(values: NDArray[np.float32], size: tuple[int, int]) -> NDArray[np.float32]:
    """Return means of the pixels that fall together; a pixel that becomes several stays a square."""
    rows, columns = size
    picture = Pillow.fromarray(np.ascontiguousarray(values))
    for length, axis in ((rows, 0), (columns, 1)):
        wanted = (picture.width, length) if axis == 0 else (length, picture.height)
        smaller = length < values.shape[axis]
        picture = picture.resize(wanted, Pillow.Resampling.BOX if smaller else Pillow.Resampling.NEAREST)
    return np.asarray(picture, np.float32)


def _painted(layer: _Layer, color: Color) -> Panel:
    if len(layer.light) == _RGB:
        pixels = np.moveaxis(layer.light, 0, -1) * 255
    else:
        pixels = layer.light[0][..., None] * np.array(color, np.float32)
    painted = (pixels + 0.5).astype(np.uint8)
    return Panel(pixels=_hatched(painted, layer.exists), note=layer.note)


def _together(row: Sequence[Panel], exists: Sequence[NDArray[np.bool_]]) -> Panel:
    """Add the light of all channels; a pixel is absent if no channel has it."""
    light = np.zeros(row[0].pixels.shape, np.uint16)
    for panel, there in zip(row, exists, strict=True):
        light += np.where(there[..., None], panel.pixels, 0)
    anywhere = np.logical_or.reduce(exists)
    notes = {panel.note for panel in row}
    note = row[0].note if len(notes) == 1 else ""
    return Panel(pixels=_hatched(light.clip(0, 255).astype(np.uint8), anywhere), note=note)


def _hatched(pixels: Bytes, exists: NDArray[np.bool_]) -> Bytes:
    """Return a copy with diagonal stripes where no pixel exists."""
    if exists.all():
        return pixels
    diagonal = np.add.outer(np.arange(exists.shape[0]), np.arange(exists.shape[1]))
    stripes = np.where(diagonal // 6 % 2 > 0, np.uint8(78), np.uint8(48))[..., None]
    return np.where(exists[..., None], pixels, stripes).astype(np.uint8)


def panel_size(field: tuple[float, float], pixel: tuple[float, float], edge: int) -> tuple[int, int]:
    """Return rows and columns of a panel whose longer edge is about `edge`.

    Parameters
    ----------
    field
        Height and width in pixels.
    pixel
        Height and width of a pixel, in any unit.

    A small field is enlarged by a whole number if its pixels are squares. The shorter edge has at least 16 pixels.

    Examples
    --------
    >>> panel_size((96, 128), (1, 1), 256), panel_size((4000, 2000), (1, 1), 256), panel_size((1, 90000), (1, 1), 256)
    ((192, 256), (256, 128), (16, 256))
    """
    height, width = field[0] * pixel[0], field[1] * pixel[1]
    scale = edge / max(height, width)
    if pixel[0] == pixel[1] and max(field) <= edge:
        scale = edge // round(max(field)) / pixel[0]
    rows, columns = (max(_SHORTEST, round(length * scale)) for length in (height, width))
    return rows, columns


__all__ = ["Panel", "Projection", "Selection", "panel_size", "panels", "select"]
