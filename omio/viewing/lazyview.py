"""Pixels for a viewer: the axes that are shown, as arrays that read a plane when it is asked for; knows no viewer."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from omio_core.geometry.axes import CANONICAL
from omio_core.geometry.box import Box, Span
from omio_core.pixels.array import ArrayPicture
from omio_core.pixels.picture import read
from omio_core.pixels.protocol import Picture
from omio_core.pixels.stream import unit


def view(picture: Picture, channels: Span, axes: str, *, samples: bool) -> Any:
    """Return some C indices of a picture with the axes that are shown; no pixel is read.

    Pixels in memory and dask arrays are viewed as they are. All else is a dask array: its graph grows with the blocks
    that are shown, not with those of the picture, and a task reads whole blocks of the file.

    Parameters
    ----------
    picture
        The picture, at the resolution to be shown.
    channels
        The C indices, ``(start, stop)``; a single one unless `samples`.
    axes
        Which of TZYX the array has, in this order. Every other axis has the length 1.
    samples
        Whether the C indices are the samples of a pixel, and the last axis of the array.
    """
    dropped = tuple(a for a in "TZ" if a not in axes)
    if isinstance(picture, ArrayPicture) and picture.dtype.kind != "c":
        array = _in_memory(picture)
        if array is not None:
            return _arrange(array[:, :, channels[0] : channels[1]], dropped, samples=samples)
    start, stop = channels
    lengths = (*picture.shape[:2], stop - start, *picture.shape[3:])
    cell = unit(lengths, picture.blocks, picture.dtype.itemsize)
    cell = (*cell[:2], stop - start, *cell[3:])  # the samples of a pixel are in one block
    kept = [CANONICAL.index(a) for a in axes]
    chunks = [_cut(lengths[axis], cell[axis]) for axis in kept] + ([(stop - start,)] if samples else [])
    dtype = np.empty(0, picture.dtype).real.dtype  # of a complex number its magnitude is shown

    import uuid

    import dask.array as da

    return da.map_blocks(  # type: ignore[no-untyped-call]
        partial(_block, picture, (start, stop), cell, kept, dropped, samples),
        chunks=tuple(chunks),
        dtype=dtype,
        meta=np.empty((0,) * len(chunks), dtype),
        name=f"omio-view-{uuid.uuid4().hex}",
    )


def _in_memory(picture: ArrayPicture) -> Any:
    """The pixels as a TZCYX array that is no copy: numpy, or the caller's dask array; None for all others."""
    if isinstance(picture.array, np.ndarray):
        return picture.view(Box.whole(picture.shape))
    if not hasattr(picture.array, "dask"):
        return None
    array = picture.layout.seen(picture.array)
    return array if array.dtype.isnative else array.astype(picture.dtype)


def _cut(length: int, step: int) -> tuple[int, ...]:
    return tuple(min(step, length - start) for start in range(0, length, step))


def _block(
    picture: Picture,
    channels: Span,
    cell: Sequence[int],
    kept: Sequence[int],
    dropped: Sequence[str],
    samples: bool,
    block_id: Sequence[int] = (),
) -> NDArray[Any]:
    """Read one chunk; `block_id` has an index for each axis that is kept."""
    spans = [(0, 1), (0, 1), channels, (0, 1), (0, 1)]
    for axis, index in zip(kept, block_id, strict=False):
        start = index * cell[axis]
        spans[axis] = (start, min(start + cell[axis], picture.shape[axis]))
    box = Box(tuple(spans))
    pixels = np.empty(box.shape, picture.dtype)
    read(picture, pixels, box)
    arranged: NDArray[Any] = _arrange(pixels, dropped, samples=samples)
    return np.abs(arranged) if arranged.dtype.kind == "c" else arranged


def _arrange(array: Any, dropped: Sequence[str], *, samples: bool) -> Any:
    """The axes that are shown, of a TZCYX array: without those dropped, and the samples last or without C."""
    rest = [index for index in (0, 1, 3, 4) if CANONICAL[index] not in dropped]
    picked = array[tuple(0 if a in dropped else slice(None) for a in CANONICAL)]
    left = [index for index in range(5) if CANONICAL[index] not in dropped]
    order = [left.index(index) for index in rest]
    if samples:
        return picked.transpose([*order, left.index(2)])
    return picked[tuple(0 if index == 2 else slice(None) for index in left)]
