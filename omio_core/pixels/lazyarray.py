"""Any picture as a dask array: each task reads one chunk in its own thread; knows no format."""

from __future__ import annotations

import itertools
import uuid
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from omio_core.geometry.box import Box

from .picture import read
from .protocol import Picture
from .stream import unit

if TYPE_CHECKING:
    import dask.array


def dask_array(picture: Picture, chunks: Sequence[int] | None = None) -> dask.array.Array:
    """Return a dask array of a picture; each task holds only the parts of the picture that it reads.

    Parameters
    ----------
    picture
        The picture.
    chunks
        TZCYX shape of a chunk; if None, whole blocks of the file of at least 1 MiB.
    """
    import dask.array as da

    size = tuple(chunks or unit(picture.shape, picture.blocks, picture.dtype.itemsize))
    lengths = tuple(
        tuple(min(step, length - start) for start in range(0, length, step))
        for length, step in zip(picture.shape, size, strict=True)
    )
    name = f"omio-{uuid.uuid4().hex}"
    boxes = {index: _box(index, size, picture.shape) for index in itertools.product(*(range(len(n)) for n in lengths))}
    graph = {(name, *index): (_chunk, picture.only(box), box) for index, box in boxes.items()}
    return da.Array(graph, name, lengths, dtype=picture.dtype)  # type: ignore[no-untyped-call]


def _box(index: Sequence[int], size: Sequence[int], shape: Sequence[int]) -> Box:
    return Box(tuple((i * step, min(n, (i + 1) * step)) for i, step, n in zip(index, size, shape, strict=True)))


def _chunk(picture: Picture, box: Box) -> NDArray[Any]:
    out = np.empty(box.shape, picture.dtype)
    read(picture, out, box)
    return out
