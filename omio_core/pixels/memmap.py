"""Memory maps of pixels that a file stores uncompressed: read-only, without copy or handle; knows no format.

A reader states the position of the pixels (`MappedLayout`); this module checks it against the file and maps the pixels
as TZCYX.
"""

from __future__ import annotations

import itertools
import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from omio_core.errors import CorruptFileError, UnsupportedFeatureError
from omio_core.geometry.axes import CANONICAL
from omio_core.geometry.box import Box
from omio_core.pixels.description import MappedLayout

from .cropped import uncropped
from .protocol import Picture, StoredPicture

__all__ = ["mapped"]


def mapped(picture: Picture) -> NDArray[Any]:
    """Return a read-only memory map of a picture, TZCYX, in the byte order of the file.

    Raises
    ------
    UnsupportedFeatureError
        The pixels are not stored uncompressed in one file at regular distances, or part of them is absent.
    FileChangedError
        The file has changed since it was described.
    CorruptFileError
        The file ends before the last pixel.
    """
    source, offset_in_source = uncropped(picture)
    box, stored = Box.whole(picture.shape).shift(offset_in_source), source.stored
    if stored is None:
        raise _not_mappable("it is not the image of one file")
    level = stored.description.levels[stored.level]
    raw = level.raw
    if raw is None:
        default_reason = f"the reader {stored.key.reader} does not find them stored as they are, at regular distances"
        raise _not_mappable(level.unmapped or default_reason)
    if stored.present is not None and not stored.present.covers(box):
        raise _not_mappable("part of them is absent from the file")
    stored.key.verify()
    strides = _strides(stored, raw)
    offset = raw.offset + sum(start * step for (start, _), step in zip(box.spans, strides, strict=True))
    return _map_region(raw, offset, box.shape, strides)


def _map_region(raw: MappedLayout, offset: int, shape: tuple[int, ...], strides: tuple[int, ...]) -> NDArray[Any]:
    """Map a region, after a check that all of it is inside the file."""
    dtype = np.dtype(raw.dtype)
    steps = [step for step, n in zip(strides, shape, strict=True) if n > 1]
    if any(step < 0 or step % dtype.itemsize for step in steps):
        raise _not_mappable(f"their distances are {strides} bytes")
    extent = sum((n - 1) * step for n, step in zip(shape, strides, strict=True)) + dtype.itemsize
    path = raw.location.local_path()
    size = raw.location.stamp().size
    if offset < 0 or offset + extent > size:
        raise CorruptFileError(
            f"{path} ends too soon",
            evidence=f"{extent} bytes at {offset} are needed, the file has {size}",
            path=path,
        )
    flat = np.memmap(path, dtype, "r", offset=offset, shape=(extent // dtype.itemsize,))
    view: NDArray[Any] = np.lib.stride_tricks.as_strided(flat, shape, strides, subok=True, writeable=False)
    return view


def _strides(picture: StoredPicture, raw: MappedLayout) -> tuple[int, ...]:
    """Return the bytes from one index to the next along T, Z, C, Y, X."""
    layout = picture.layout
    along = dict(zip(layout.native, zip(layout.lengths, raw.strides, strict=True), strict=True))
    # an axis of length 1 has no distance; the other axes that make up C must nest without gaps, like digits
    folded = [along[axis] for axis in layout.folded if along[axis][0] > 1]
    for (_, outer), (n, inner) in itertools.pairwise(folded):
        if outer != n * inner:
            raise _not_mappable(f"the axes {layout.folded} that make up C do not follow one another in the file")
    along["C"] = (math.prod(n for n, _ in folded), folded[-1][1] if folded else 0)
    return tuple(along[axis][1] if axis in along else 0 for axis in CANONICAL)


def _not_mappable(why: str) -> UnsupportedFeatureError:
    return UnsupportedFeatureError(
        "the pixels of this image cannot be mapped",
        evidence=why,
        remedy="take to_numpy() for an array in memory, or to_dask() for one that reads as it is computed",
    )
