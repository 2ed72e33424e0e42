"""The levels of a picture as zarr arrays: their documents, their keys, and the bytes of a chunk; knows no zarr library.

The documents are those of zarr v3 (https://zarr-specs.readthedocs.io/en/latest/v3/core/index.html). The axes are T, C,
Z, Y, X, as OME-Zarr orders them, or T, Z, C, Y, X; a chunk consists of whole blocks of the file, uncompressed.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from omio_core.errors import LimitExceededError, UnsupportedFeatureError
from omio_core.geometry.box import Box
from omio_core.ome.ngff import ngff_order
from omio_core.settings import MIB, current_settings

from .absence import check_present
from .cropped import CroppedPicture
from .joined import JoinedPicture
from .picture import read
from .protocol import Picture
from .stream import unit

ORDER = ngff_order(range(5))
"""The order of axes in an OME-Zarr, as indices of TZCYX; also the way back."""

STRAIGHT = (0, 1, 2, 3, 4)
"""The order of axes TZCYX."""

LARGEST_UNIT = 4 * MIB
"""Chunks of large pictures are extended to this size: zarr needs about 0.2 ms of CPU for each chunk."""

_TYPES = {
    "bool", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64", "float16", "float32", "float64",
    "complex64", "complex128",
}  # fmt: skip


@dataclass(frozen=True)  # no slots: what every read needs is cached
class LevelArray:
    """One level of a picture as a zarr array.

    Parameters
    ----------
    picture
        The picture.
    order
        The order of the axes: `ORDER` (TCZYX) or `STRAIGHT` (TZCYX). All lengths and indices are in this order.
    largest
        The largest size of a chunk in bytes; a larger block of the file is divided. None: blocks are never divided.
    """

    picture: Picture
    order: tuple[int, ...] = ORDER
    largest: int | None = None

    def ordered(self, lengths: Sequence[int]) -> tuple[int, ...]:
        """Bring five lengths from TZCYX into the order of the array, or back."""
        return tuple(lengths[axis] for axis in self.order)

    @cached_property
    def shape(self) -> tuple[int, ...]:
        """The lengths of the array."""
        return self.ordered(self.picture.shape)

    @cached_property
    def chunks(self) -> tuple[int, ...]:
        """The lengths of a chunk: whole blocks of the file, of 1 to 4 MiB where the blocks are smaller.

        The grid of zarr begins at the corner of a region, which may lie within a block; then chunks share blocks.
        """
        picture = self.picture
        itemsize = picture.dtype.itemsize
        floor = max(MIB, min(LARGEST_UNIT, math.prod(picture.shape) * itemsize // 16))
        lengths = _grown(picture.shape, picture.blocks, itemsize, floor)
        return self.ordered(lengths if self.largest is None else _divided(lengths, itemsize, self.largest))

    @cached_property
    def counts(self) -> tuple[int, ...]:
        """The number of chunks along each axis."""
        return tuple(-(-n // chunk) for n, chunk in zip(self.shape, self.chunks, strict=True))

    @property
    def nbytes(self) -> int:
        """The bytes of a chunk; those at the ends have as many as all others."""
        return math.prod(self.chunks) * self.picture.dtype.itemsize

    def document(self) -> dict[str, Any]:
        """The metadata of the array, as zarr v3 defines them."""
        dtype = self.picture.dtype
        if dtype.name not in _TYPES:
            raise UnsupportedFeatureError(
                f"zarr has no type for pixels of {dtype}",
                evidence=self.picture.label(),
                remedy="read it with image.to_numpy(), and convert the array to a type that zarr has",
            )
        zero: Any = {"b": False, "f": 0.0, "c": [0.0, 0.0]}.get(dtype.kind, 0)
        endian = {"configuration": {"endian": sys.byteorder}} if dtype.itemsize > 1 else {}
        return {
            "zarr_format": 3,
            "node_type": "array",
            "shape": self.shape,
            "data_type": dtype.name,
            "chunk_grid": {"name": "regular", "configuration": {"chunk_shape": self.chunks}},
            "chunk_key_encoding": {"name": "default", "configuration": {"separator": "/"}},
            "fill_value": zero,
            "codecs": [{"name": "bytes", **endian}],
            "dimension_names": ["tzcyx"[axis] for axis in self.order],
            "attributes": {},
        }

    def pixels(self, index: tuple[int, ...]) -> NDArray[np.uint8]:
        """Read a chunk; what is outside of the array is filled with zeros, as the fill value says.

        Raises LimitExceededError for a chunk that does not fit into memory or is nearly all absent: a small file can
        declare blocks of terabytes.
        """
        spans = zip(self.ordered(index), self.ordered(self.chunks), self.picture.shape, strict=True)
        box = Box(tuple((i * chunk, min(n, (i + 1) * chunk)) for i, chunk, n in spans))
        is_whole = self.ordered(box.shape) == self.chunks
        seen = self.picture.view(box) if is_whole else None
        if seen is None:
            self._check_size(box)
            out = (np.empty if is_whole else np.zeros)(self.chunks, self.picture.dtype)
            inside = tuple(slice(0, n) for n in box.shape)
            read(self.picture, out.transpose(self.order)[inside], box)
        else:
            out = np.ascontiguousarray(seen.transpose(self.order))
        return out.reshape(-1).view(np.uint8)

    def _check_size(self, box: Box) -> None:
        check_present(self.picture, box)
        if self.nbytes > (allowed := current_settings().max_memory):
            raise LimitExceededError(
                f"{self.nbytes:,} bytes of pixels do not fit into memory",
                evidence=f"a block of {self.picture.label()}; at most {allowed:,} are allowed",
                remedy="raise OMIO_MAX_MEMORY, if the machine has more",
                needed=self.nbytes,
            )

    def keys(self, start: str, prefix: str = "") -> Iterator[str]:
        """Yield the keys of all chunks that begin with `prefix`, in order; the array stands under `start`."""
        return _below(f"{start}/c" if start else "c", self.counts, prefix)


def _below(start: str, counts: tuple[int, ...], prefix: str) -> Iterator[str]:
    """Yield the keys of chunks that start with a text; whole branches that do not are left out."""
    if not start.startswith(prefix) and not prefix.startswith(start):
        return
    if not counts:
        if start.startswith(prefix):
            yield start
        return
    for number in range(counts[0]):
        yield from _below(f"{start}/{number}", counts[1:], prefix)


def _grown(shape: Sequence[int], blocks: Sequence[int], itemsize: int, floor: int) -> tuple[int, ...]:
    """Extend blocks to at least `floor` bytes: the shorter of Y and X first, as viewers show square regions."""
    lengths = [min(b, n) for b, n in zip(blocks, shape, strict=True)]
    while math.prod(lengths) * itemsize < floor:
        axis = min((axis for axis in (3, 4) if lengths[axis] < shape[axis]), key=lengths.__getitem__, default=None)
        if axis is None:
            return unit(shape, lengths, itemsize, floor)  # whole planes
        lengths[axis] = min(shape[axis], 2 * lengths[axis])
    return tuple(lengths)


def _divided(lengths: Sequence[int], itemsize: int, most: int) -> tuple[int, ...]:
    """Halve a chunk until it has at most `most` bytes: first into planes, then the longer of Y and X."""
    divided = list(lengths)
    while math.prod(divided) * itemsize > most and max(divided) > 1:
        planes = (axis for axis in (0, 1, 2) if divided[axis] > 1)
        axis = next(planes, max((3, 4), key=divided.__getitem__))
        divided[axis] = -(-divided[axis] // 2)
    return tuple(divided)


def levels(picture: Picture) -> Iterator[Picture]:
    """The picture, and its smaller levels."""
    own = picture.stored.level if picture.stored else 0
    yield picture
    for number in range(own + 1, len(picture.levels)):
        yield picture.at_level(number)


def identity(picture: Picture) -> Hashable:
    """What two pictures of the same pixels share; an array in memory is equal only to itself."""
    if isinstance(picture, CroppedPicture):
        return "crop", identity(picture.picture), picture.box
    if isinstance(picture, JoinedPicture):
        return "join", tuple(map(identity, picture.parts)), picture.places, picture.shape, picture.dtype.str
    if (stored := picture.stored) is not None:
        return "file", stored.key, stored.index, stored.level
    return "array", id(getattr(picture, "array", picture))
