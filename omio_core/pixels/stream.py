"""Streams of pixels through the thread pool: `pull` and `fill`; knows no format.

`pull` reads and transforms boxes on all cores and yields the results in the requested order, within a memory limit;
`fill` reads into one array.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing
from typing import Any

import numpy as np
from numpy.typing import NDArray

from omio_core.geometry.box import Box, grid
from omio_core.settings import MIB, current_settings
from omio_core.threads import R, ordered

from .cropped import uncropped
from .picture import read
from .protocol import Picture

UNIT = MIB  # bytes; handing over a smaller task costs more than doing it


def pull(
    picture: Picture,
    boxes: Iterable[Box],
    then: Callable[[Box, NDArray[Any]], R] | None = None,
    *,
    workers: int | None = None,
    max_bytes: int | None = None,
) -> Iterator[tuple[Box, R]]:
    """Yield ``(box, then(box, pixels))`` for each box, in the requested order.

    Parameters
    ----------
    picture
        The picture to read.
    boxes
        TZCYX boxes; the results come in the same order, which thus determines the axis order of a writer.
    then
        A function that runs in the worker that read the box. `pixels` has the shape of the box and must not be
        modified: for an array in memory, it is a view of that array. If None, the pixels are yielded as new arrays.
    workers, max_bytes
        As for `ordered`.

    Neighbouring boxes that share native blocks are read together if they fit the budget, so that a shared block is
    decoded once.
    """
    budget = max_bytes or current_settings().max_bytes
    itemsize = picture.dtype.itemsize
    picture, offset = uncropped(picture)
    _ = picture.present  # a reader that must be asked is asked once, here, before anything is read
    negative_offset = [-n for n in offset]

    def work(hull: Box, group: Sequence[Box]) -> list[tuple[Box, Any]]:
        pixels = None if then is None else picture.view(hull)
        if pixels is None:
            pixels = np.empty(hull.shape, picture.dtype)
            read(picture, pixels, hull)
        pairs = []
        for requested in group:
            part, box = pixels[requested.within(hull)], requested.shift(negative_offset)
            pairs.append((box, part if then is None else then(box, part)))
        return pairs

    def tasks() -> Iterator[tuple[int, Callable[[], list[tuple[Box, Any]]]]]:
        for hull, group in groups(
            (box.shift(offset) for box in boxes), picture.blocks, picture.shape, budget // 4 // itemsize
        ):
            # the memory of the pixels and of the result of `then`
            yield 2 * hull.size * itemsize, lambda hull=hull, group=group: work(hull, group)  # type: ignore[misc]

    with closing(ordered(tasks(), workers=workers, max_bytes=budget)) as results:
        for pairs in results:
            yield from pairs


def groups(
    boxes: Iterable[Box], blocks: Sequence[int], shape: Sequence[int], most: int
) -> Iterator[tuple[Box, list[Box]]]:
    """Group consecutive boxes that touch the same native blocks; yields (hull, boxes).

    Parameters
    ----------
    boxes
        The boxes, in the requested order.
    blocks, shape
        Those of the picture.
    most
        Largest number of elements in a hull of several boxes.
    """
    group: list[Box] = []
    hull: Box | None = None
    touched: Box | None = None
    for box in boxes:
        native = box.aligned(blocks, shape)
        if hull is not None and touched is not None:
            larger = hull.hull(box)
            shares = native != box and (native & touched) is not None
            if shares and larger.size <= most:
                group.append(box)
                hull, touched = larger, touched.hull(native)
                continue
            yield hull, group
        group, hull, touched = [box], box, native
    if hull is not None:
        yield hull, group


def unit(shape: Sequence[int], blocks: Sequence[int], itemsize: int, floor: int = UNIT) -> tuple[int, ...]:
    """Return the shape of one task: whole native blocks, extended along X, Y, C, Z, T to at least `floor` bytes.

    Examples
    --------
    >>> unit((10, 1, 1, 512, 512), (1, 1, 1, 512, 512), 2)
    (2, 1, 1, 512, 512)
    """
    lengths = [min(b, n) for b, n in zip(blocks, shape, strict=True)]
    for axis in (4, 3, 2, 1, 0):
        factor = floor / max(1, math.prod(lengths) * itemsize)
        if factor > 1 and lengths[axis] < shape[axis]:
            lengths[axis] = min(shape[axis], lengths[axis] * math.ceil(factor))
    return tuple(lengths)


def fill(picture: Picture, out: NDArray[Any], box: Box | None = None, *, workers: int | None = None) -> None:
    """Read a box of a picture into `out` on all cores, straight into its memory.

    Parameters
    ----------
    picture
        The picture to read.
    out
        An array with the shape of `box` and any strides; pixels are cast to its dtype.
    box
        A TZCYX box; the whole picture if None.
    """
    box = box or Box.whole(picture.shape)
    picture, offset = uncropped(picture)
    box = box.shift(offset)
    _ = picture.present  # a reader that must be asked is asked once, here, before anything is read
    if box.inside_one(picture.blocks):  # a task is never smaller than a block, so there is nothing to divide
        read(picture, out, box)
        return
    itemsize = picture.dtype.itemsize
    # divide large pictures into larger tasks, as long as every worker gets several
    share = box.size * itemsize // (4 * (workers or current_settings().workers))
    floor = max(UNIT, min(4 * UNIT, share))

    def task(part: Box) -> Callable[[], None]:
        return lambda: read(picture, out[part.within(box)], part)

    def tasks() -> Iterator[tuple[int, Callable[[], None]]]:
        for part in grid(box, unit(picture.shape, picture.blocks, itemsize, floor)):
            yield part.size * itemsize, task(part)

    for _ in ordered(tasks(), workers=workers):
        pass
