"""Decide how to write each image as OME-Zarr, before a pixel is read: levels, chunks, shards, codec, boxes."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from omio_core.contract import Box, ImageLike, WriteError, WriteRequest, advise, either, grid

from ._keys import Keys
from ._write_codecs import Codec, choose_codec

BOX = 1 << 20  # bytes of a box; several smaller planes are read at once
WHOLE = 1 << 23  # bytes; a plane that is larger is read in parts
PART = 1 << 22  # approximate bytes of a part
SMALLEST = 512  # levels are added until no edge is longer
TILE = 512  # of a plane that is read in parts
NARROW = 256  # the same, where a row of such chunks would be large
SHARD = 1 << 24  # least bytes of pixels in a shard, if there are as many
MOST_SHARD = 1 << 28
FILES = 64  # a larger image has larger shards, so that its level 0 has about so many
MOST_CHUNK = 1 << 30
VERSIONS = ("0.5", "0.4")


@dataclass(frozen=True, slots=True, kw_only=True)
class ArrayPlan:
    """One array: a level of an image.

    Parameters
    ----------
    shape
        Lengths along T, C, Z, Y, X.
    chunk
        Rows and columns of a chunk, which is a part of one plane.
    shard
        Lengths of what is in one file; without shards, those of a chunk.
    scale
        How much larger a pixel is than one of level 0, along Y and X.
    """

    shape: tuple[int, int, int, int, int]
    chunk: tuple[int, int]
    shard: tuple[int, int, int, int, int]
    scale: tuple[int, int]

    def keys(self, path: str, zarr: int) -> Keys:
        """The names of its files."""
        return Keys(path=path, shape=self.shape, chunks=self.shard, prefix="c" if zarr == 3 else "", separator="/")


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """How to write one image.

    Parameters
    ----------
    image
        The image.
    version
        Of OME-Zarr: ``"0.5"`` or ``"0.4"``.
    path
        The path of its group in the store; "" for the root.
    dtype
        The type of a pixel, little-endian.
    levels
        The largest first.
    sharded
        Whether the chunks are in shards.
    method
        How a level is made of the one before: ``"mean"`` or ``"nearest"``.
    codec
        How chunks are compressed.
    notes
        What is lost or converted, in sentences.
    """

    image: ImageLike
    version: str
    path: str
    dtype: np.dtype[Any]
    levels: tuple[ArrayPlan, ...]
    sharded: bool
    method: str
    codec: Codec
    notes: tuple[str, ...]

    @property
    def zarr(self) -> int:
        """The format of the Zarr: 2 or 3."""
        return 2 if self.version == "0.4" else 3


def plan(image: ImageLike, path: str, request: WriteRequest) -> Plan:
    """Decide how to write an image.

    Raises
    ------
    WriteError
        An option is not valid, or does not suit the image.
    """
    version = _choose(request, "version", VERSIONS)
    zarr = 2 if version == "0.4" else 3
    sharded = _flag(request, "shards", zarr == 3)
    if sharded and zarr == 2:
        raise WriteError(
            "OME-Zarr 0.4 has no shards",
            remedy=advise("leave out {shards}, or choose {version}", shards=None, version="0.5"),
        )
    method = _choose(request, "pyramid_method", ("mean", "nearest"))
    notes = []
    if image.dtype.kind in "ui" and image.dtype.itemsize == 8:
        notes.append(f"OME-XML has no {image.dtype}: it states another type, and the arrays are {image.dtype}")
    return Plan(
        image=image,
        version=version,
        path=path,
        dtype=image.dtype.newbyteorder("<"),
        levels=_levels(image, request, sharded),
        sharded=sharded,
        method="nearest" if image.dtype.kind == "b" else method,
        codec=choose_codec(request, image.dtype, zarr),
        notes=tuple(notes),
    )


def _choose(request: WriteRequest, name: str, known: tuple[str, ...]) -> str:
    value = request.options.get(name)
    if value is None:
        return known[0]
    if str(value) not in known:
        raise WriteError(f"{name} cannot be {value!r}", remedy=f"choose {' or '.join(known)}")
    return str(value)


def _flag(request: WriteRequest, name: str, default: bool) -> bool:
    value = request.options.get(name)
    if value not in (None, True, False):
        raise WriteError(f"{name} cannot be {value!r}", remedy="give True or False")
    return default if value is None else bool(value)


# --- levels, chunks, shards


def _levels(image: ImageLike, request: WriteRequest, sharded: bool) -> tuple[ArrayPlan, ...]:
    t, z, c, y, x = image.shape
    itemsize = image.dtype.itemsize
    tile = _tile(request, y, x, itemsize)
    if tile[0] * tile[1] * itemsize > MOST_CHUNK:
        raise WriteError(
            f"a chunk of {tile[0]} x {tile[1]} pixels is too large",
            evidence=f"{tile[0] * tile[1] * itemsize:,} bytes; at most {MOST_CHUNK:,}",
            remedy=advise("choose {tile}", tile=TILE),
        )
    least = min(MOST_SHARD, max(SHARD, image.nbytes // FILES)) if sharded else 0
    levels = []
    for (rows, columns), scale in _halved(y, x, request):
        shape, chunk = (t, c, z, rows, columns), (min(tile[0], rows), min(tile[1], columns))
        levels.append(ArrayPlan(shape=shape, chunk=chunk, scale=scale, shard=_shard(shape, chunk, itemsize, least)))
    return tuple(levels)


def _tile(request: WriteRequest, y: int, x: int, itemsize: int) -> tuple[int, int]:
    tile = request.tile
    if tile is not None and (tile < 0 or tile % 16):
        raise WriteError(
            f"chunks cannot be {tile} pixels wide",
            evidence="they are multiples of 16, so that each level halves them",
            remedy="choose 256 or 512, or 0 for whole planes",
        )
    if tile:
        return tile, tile
    if tile == 0:
        return y, x
    if y * x * itemsize > WHOLE:
        tile = TILE if TILE * x * itemsize <= 2 * PART else NARROW
        return tile, tile
    edge = 1024 if itemsize <= 2 else 512
    return _even(y, edge), _even(x, edge)


def _even(length: int, most: int) -> int:
    """The length of chunks that divide a length into equal parts, in multiples of 16; all of it if it is short."""
    count = math.ceil(length / most)
    return length if count == 1 else math.ceil(length / count / 16) * 16


def _halved(y: int, x: int, request: WriteRequest) -> Iterator[tuple[tuple[int, int], tuple[int, int]]]:
    """Rows and columns of the levels, and how much larger their pixels are."""
    value = request.options.get("pyramid")
    value = True if value is None else value
    if not isinstance(value, int) or value < 0:
        raise WriteError(
            f"pyramid cannot be {value!r}", remedy="give True, False, or how many smaller levels there are"
        )
    height, width, scale, count = y, x, (1, 1), 0
    yield (height, width), scale
    while max(height, width) > SMALLEST if value is True else count < value:
        if max(height, width) == 1:
            raise WriteError(
                f"there are no {value} levels below {x} x {y} pixels",
                evidence=f"level {count} is a single pixel",
                remedy=either("choose fewer", advise("{pyramid}", pyramid=True)),
            )
        scale = (scale[0] * (2 if height > 1 else 1), scale[1] * (2 if width > 1 else 1))
        height, width, count = max(1, height // 2), max(1, width // 2), count + 1
        yield (height, width), scale


def _shard(
    shape: tuple[int, int, int, int, int], chunk: tuple[int, int], itemsize: int, least: int
) -> tuple[int, int, int, int, int]:
    """The lengths of a shard: rows of chunks, whole planes, all Z, all C, then T, until it has `least` bytes."""
    if not least:
        return (1, 1, 1, *chunk)
    t, c, z, y, x = shape
    high, wide = chunk
    width = -(-x // wide) * wide
    rows = _share(-(-y // high), least, high * width * itemsize)
    size = rows * high * width * itemsize
    planes: list[int] = []
    for length in (z, c, t):
        whole = rows * high >= y and all(n == full for n, full in zip(planes, (z, c, t), strict=False))
        planes.append(_share(length, least, size) if whole else 1)
        size *= planes[-1]
    return (planes[2], planes[1], planes[0], rows * high, width)


def _share(count: int, least: int, size: int) -> int:
    """How many of `count` parts of `size` bytes are together, so that all such groups have about `least` bytes."""
    wanted = min(count, -(-least // size))
    return -(-count // (count // wanted))


# --- what is read at once


def boxes(plan: Plan) -> Iterator[Box]:
    """Yield the TZCYX boxes to read: several small planes at once, or parts of a large plane, row by row."""
    t, z, c, y, x = plan.image.shape
    blocks = plan.image.picture.blocks
    plane = y * x * plan.dtype.itemsize
    # where a block of the source has several channels, they are read together, so that no block is read twice
    together = min(c, max(plan.image.metadata.samples, blocks[2] if blocks[2] <= 8 else 1))
    if plane <= WHOLE:
        wanted = -(-BOX // plane)
        if blocks[2] > 1:
            steps = (1, 1, min(c, max(together, wanted)))
        else:
            steps = (1, min(z, wanted), 1 if wanted < z else min(c, -(-wanted // z)))
        yield from (Box((*box.spans, (0, y), (0, x))) for box in _planes(t, z, c, steps, c_first=blocks[2] > 1))
        return
    rows, columns = _part(plan, together)
    for box in _planes(t, z, c, (1, 1, together), c_first=blocks[2] > 1):
        for top in range(0, y, rows):
            for left in range(0, x, columns):
                yield Box((*box.spans, (top, min(y, top + rows)), (left, min(x, left + columns))))


def _planes(t: int, z: int, c: int, steps: tuple[int, int, int], *, c_first: bool) -> Iterator[Box]:
    """Yield boxes of T, Z and C, with C or Z as the fastest axis."""
    if c_first:
        yield from grid(Box.whole((t, z, c)), steps)
        return
    for box in grid(Box.whole((t, c, z)), (steps[0], steps[2], steps[1])):
        along_t, along_c, along_z = box.spans
        yield Box((along_t, along_z, along_c))


def _part(plan: Plan, together: int) -> tuple[int, int]:
    """Rows and columns of a part of a plane: whole rows of chunks, or less where even one such row is large."""
    (high, wide), (y, x) = plan.levels[0].chunk, plan.levels[0].shape[3:]
    row = x * plan.dtype.itemsize * together
    block_high, block_wide = plan.image.picture.blocks[3:]
    if (high, wide) == (y, x):
        return y, x
    if high * row <= 2 * PART:
        unit = math.lcm(high, block_high)
        unit = unit if unit * row <= 4 * PART else high
        count = max(1, PART // (unit * row))
        return unit * (count // 2 * 2 or 1), x
    if block_wide >= x:  # a narrower part would read rows of the source more than once
        unit = block_high if block_high * row <= 4 * PART else 1
        return min(y, max(1, PART // (row * unit)) * unit), x
    both = math.lcm(high, block_high)
    rows = both if both <= 2 * high else high
    unit = math.lcm(wide, block_wide) if math.lcm(wide, block_wide) <= 4 * wide else wide
    return rows, max(1, PART // (rows * row // x * unit)) * unit
