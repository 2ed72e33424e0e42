"""Maps of pixels that lie in a file as they are: no copy, no handle, read only; it knows no format.

A reader says where they lie (`MappedLayout`); here that is checked against the file and mapped to TZCYX.
"""

from __future__ import annotations

import itertools
import math
import os
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
    """A read-only map of a picture, TZCYX, in the byte order of the file.

    Raises
    ------
    UnsupportedFeatureError
        The pixels do not lie in one file as they are, or part of them is absent.
    FileChangedError
        The file is not the one that was described.
    CorruptFileError
        They do not all lie in it.
    """
    whole, begin = uncropped(picture)
    box, stored = Box.whole(picture.shape).shift(begin), whole.stored
    if stored is None:
        raise _cannot("it is not the image of one file")
    level = stored.description.levels[stored.level]
    raw = level.raw
    if raw is None:
        unsaid = f"the reader {stored.key.reader} does not find them stored as they are, at regular distances"
        raise _cannot(level.unmapped or unsaid)
    if stored.present is not None and not stored.present.covers(box):
        raise _cannot("part of them is absent from the file")
    stored.key.verify()
    strides = _strides(stored, raw)
    offset = raw.offset + sum(start * step for (start, _), step in zip(box.spans, strides, strict=True))
    return _map(raw, offset, box.shape, strides)


def _map(raw: MappedLayout, offset: int, shape: tuple[int, ...], strides: tuple[int, ...]) -> NDArray[Any]:
    """The map itself, once all of it is known to lie in the file."""
    dtype = np.dtype(raw.dtype)
    steps = [step for step, n in zip(strides, shape, strict=True) if n > 1]
    if any(step < 0 or step % dtype.itemsize for step in steps):
        raise _cannot(f"their distances are {strides} bytes")
    extent = sum((n - 1) * step for n, step in zip(shape, strides, strict=True)) + dtype.itemsize
    size = os.path.getsize(raw.path)
    if offset < 0 or offset + extent > size:
        raise CorruptFileError(
            f"{raw.path} ends too soon",
            evidence=f"{extent} bytes at {offset} are needed, the file has {size}",
            path=raw.path,
        )
    flat = np.memmap(raw.path, dtype, "r", offset=offset, shape=(extent // dtype.itemsize,))
    seen: NDArray[Any] = np.lib.stride_tricks.as_strided(flat, shape, strides, subok=True, writeable=False)
    return seen


def _strides(picture: StoredPicture, raw: MappedLayout) -> tuple[int, ...]:
    """Bytes from one index to the next along T, Z, C, Y, X."""
    layout = picture.layout
    along = dict(zip(layout.native, zip(layout.lengths, raw.strides, strict=True), strict=True))
    # axes of one index have no distance; the others that make up C must follow one another like digits
    folded = [along[axis] for axis in layout.folded if along[axis][0] > 1]
    for (_, outer), (n, inner) in itertools.pairwise(folded):
        if outer != n * inner:
            raise _cannot(f"the axes {layout.folded} that make up C do not follow one another in the file")
    along["C"] = (math.prod(n for n, _ in folded), folded[-1][1] if folded else 0)
    return tuple(along[axis][1] if axis in along else 0 for axis in CANONICAL)


def _cannot(why: str) -> UnsupportedFeatureError:
    return UnsupportedFeatureError(
        "the pixels of this image cannot be mapped",
        evidence=why,
        remedy="take to_numpy() for an array in memory, or to_dask() for one that reads as it is computed",
    )
