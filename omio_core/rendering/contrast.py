"""The window of contrast: which values are shown black and which at full brightness; reads a small sample at most."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from omio_core.geometry.box import Box
from omio_core.pixels.protocol import Picture
from omio_core.pixels.stream import fill, unit
from omio_core.plugins.descriptions import ImageLike
from omio_core.settings import MIB

from .stated import Range, significant_bits, stated_range, whole_range

SAMPLE_BLOCKS = 3
"""How many blocks of a channel are read at most."""

_WHERE = (0.5, 0.25, 0.75)  # of every axis: a drift along T or Z is seen, and the middle of a plane
_MOST_BYTES = 4 * MIB  # of a block; of a larger one the middle is read
_MOST_HITS = 16  # existing parts of a block that are read
_MOST_VALUES = 1 << 16
_MOST_VALUE = 1e300  # so that differences are finite
_RGB = 3
_LOW = 0.1  # percentile: a few dead pixels do not decide
_HIGH = (99.9, 99.5, 99.0, 98.0, 97.0)  # the first that makes the picture bright enough, so that few pixels are clipped
_DARK = 0.11  # mean of what is shown, of 1: thin structures on a black ground are invisible below
_EDGE = 32  # pixels; a lower or narrower block is read with others
_SMALLEST = 1024  # pixels; a level with fewer says little of the values


def limits(image: ImageLike, channel: int = 0) -> Range:
    """Return the values of a channel that are shown black and at full brightness.

    They are the range that the file states. Without one, they are percentiles of at most 3 blocks of the coarsest
    level, where rows and strips count as blocks of 1 MiB; of integers never beyond the significant bits. RGB of
    8 bits is shown as it is.

    Parameters
    ----------
    image
        The image; nothing is read if it states a range.
    channel
        Index of a channel; the samples of RGB are one channel with one window.

    Returns
    -------
    tuple of float
        ``(low, high)``, finite, `low` below `high`.

    Raises
    ------
    IndexError
        There is no such channel.
    OmioError
        The pixels cannot be read, or a policy forbids that they are absent.

    Examples
    --------
    >>> from omio_core import Image
    >>> limits(Image.of_array(np.arange(4096, dtype="uint16").reshape(64, 64), axes="YX"))
    (4.0, 4091.0)
    """
    if not 0 <= channel < image.metadata.channel_count:
        raise IndexError(f"there is no channel {channel}; the image has {image.metadata.channel_count}")
    known = known_limits(image, channel)
    return known or window(sample(image.picture, channel), image.dtype, significant_bits(image.metadata))


def known_limits(image: ImageLike, channel: int) -> Range | None:
    """Return the limits if no pixel is needed for them: stated, or those of RGB of 8 bits and of true and false."""
    if image.dtype.kind == "b":
        return 0.0, 1.0
    if image.metadata.samples > 1 and image.dtype == np.uint8:
        return 0.0, 255.0
    return stated_range(image.metadata, channel)


def window(values: NDArray[Any], dtype: np.dtype[Any], bits: int | None = None) -> Range:
    """Return the limits for a sample of values; whole numbers for integers.

    Parameters
    ----------
    values
        Any shape; values that are not finite are left out, and of complex ones the magnitude counts.
    dtype
        The type of the pixels.
    bits
        How many bits of an integer have a meaning; None for all.

    A constant above 0 is shown in the middle of the window, so that it is neither black nor white.
    """
    values = values.reshape(-1)[:: max(1, values.size // _MOST_VALUES)]
    values = (np.abs(values) if values.dtype.kind == "c" else values).astype(np.float64)
    values = values[np.isfinite(values)].clip(-_MOST_VALUE, _MOST_VALUE)
    bounds = whole_range(dtype, bits) if dtype.kind in "iu" else (-np.inf, np.inf)
    if not values.size:
        return 0.0, 1.0
    low, high = _tails(values)
    if not low < high:
        low, high = float(values.min()), float(values.max())
    if not low < high:
        low, high = sorted((0.0, 2 * low)) if low else (0.0, 1.0)
    if low >= bounds[1] or high <= bounds[0]:  # the statement is wrong: there are values beyond it
        bounds = whole_range(dtype)
    if dtype.kind in "iu":
        low, high = np.floor(low), np.ceil(high)
    low, high = float(max(low, bounds[0])), float(min(high, bounds[1]))
    return (low, high) if low < high else (low, low + max(1.0, abs(low)))


def _tails(values: NDArray[Any]) -> Range:
    """The percentiles that are shown black and at full brightness."""
    low, *highs = (float(value) for value in np.percentile(values, (_LOW, *_HIGH)))
    for high in highs:
        if not low < high:
            break
        if ((values - low) / (high - low)).clip(0, 1).mean() >= _DARK:
            return low, high
    rest = [high for high in highs if low < high]
    return low, rest[-1] if rest else highs[0]


def sample(picture: Picture, channel: int) -> NDArray[Any]:
    """Return values of a channel, in one axis: at most 3 blocks of the coarsest level, without absent pixels."""
    level = coarsest(picture)
    parts = []
    for box in _boxes(level, channel):
        pixels = np.empty(box.shape, level.dtype)
        fill(level, pixels, box)
        parts.append(pixels.reshape(-1))
    return np.concatenate(parts) if parts else np.empty(0, level.dtype)


def coarsest(picture: Picture) -> Picture:
    """Return the smallest level whose planes still hold enough pixels for a sample."""
    enough = [i for i, shape in enumerate(picture.levels) if shape[3] * shape[4] >= _SMALLEST]
    return picture.at_level(enough[-1]) if enough else picture


def _boxes(level: Picture, channel: int) -> Iterator[Box]:
    """The existing parts of the blocks that are sampled."""
    native = tuple(min(block, length) for block, length in zip(level.blocks, level.shape, strict=True))
    # a block of an area says enough; rows and strips are read together
    cell = native if min(native[3:]) >= _EDGE else unit(level.shape, level.blocks, level.dtype.itemsize)
    chosen: list[Box] = []
    for where in _WHERE:
        middle = tuple(int(n * where) for n in level.shape)
        box = _block(level, cell, middle, channel)
        if box not in chosen:
            chosen.append(box)
    if level.present is None:
        yield from chosen
        return
    hits = [hit for box in chosen for hit in level.present.hits(box)[:_MOST_HITS]]
    if not hits:  # a sparse picture: look where something is
        of_channel = level.present.hits(_channel(level, channel, Box.whole(level.shape)))
        there = of_channel[:: max(1, len(of_channel) // SAMPLE_BLOCKS)][:SAMPLE_BLOCKS]
        for box in there:
            middle = tuple((start + stop) // 2 for start, stop in box.spans)
            hits += [hit for hit in (_block(level, cell, middle, channel) & box,) if hit is not None]
    yield from hits


def _block(level: Picture, cell: tuple[int, ...], at: tuple[int, ...], channel: int) -> Box:
    """Return the block around a position, of one channel; its middle if it is very large."""
    spans = tuple((i // n * n, min(i // n * n + n, length)) for i, n, length in zip(at, cell, level.shape, strict=True))
    box = _channel(level, channel, Box(spans))
    for axis in (0, 1, 3, 4):
        excess = box.size * level.dtype.itemsize / _MOST_BYTES
        if excess > 1:
            start, stop = box.spans[axis]
            keep = max(1, int((stop - start) / excess))
            start += (stop - start - keep) // 2
            box = Box((*box.spans[:axis], (start, start + keep), *box.spans[axis + 1 :]))
    return box


def _channel(level: Picture, channel: int, box: Box) -> Box:
    first = channel * level.samples
    shown = min(level.samples, _RGB)  # not the fourth sample, which is no colour
    return Box((*box.spans[:2], (first, first + shown), *box.spans[3:]))


__all__ = ["coarsest", "known_limits", "limits", "sample", "window"]
