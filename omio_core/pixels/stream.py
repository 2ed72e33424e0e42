"""`pull`, the only way in which pixels flow through the pool, and `fill`; it knows no format.

`pull` reads and transforms boxes on all cores and yields in the order asked, bounded in bytes; `fill` reads into one
array.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing
from typing import Any

import numpy as np
from numpy.typing import NDArray

from omio_core.geometry.box import Box, grid
from omio_core.settings import MIB, current
from omio_core.threads import R, ordered

from .cropped import uncropped
from .picture import read
from .protocol import Picture

UNIT = MIB  # bytes; a smaller task costs more to hand over than to do


def pull(
    picture: Picture,
    boxes: Iterable[Box],
    then: Callable[[Box, NDArray[Any]], R] | None = None,
    *,
    workers: int | None = None,
    max_bytes: int | None = None,
) -> Iterator[tuple[Box, R]]:
    """Yield ``(box, then(box, pixels))`` for each box in the order asked.

    Parameters
    ----------
    picture
        What to read.
    boxes
        TZCYX boxes; their order is the order of the results, and so the axis order of a writer.
    then
        Runs in the worker that read the box; `pixels` has the shape of the box and is not to be written to: of an
        array in memory it is the array itself. None gives the pixels, which are always new.
    workers, max_bytes
        As for `ordered`.

    Neighbouring boxes that cut through the same native blocks are read as one, if that fits the budget, so that no
    block is decoded for each of them.
    """
    budget = max_bytes or current().max_bytes
    itemsize = picture.dtype.itemsize
    picture, offset = uncropped(picture)
    back = [-n for n in offset]

    def work(hull: Box, group: Sequence[Box]) -> list[tuple[Box, Any]]:
        pixels = None if then is None else picture.view(hull)
        if pixels is None:
            pixels = np.empty(hull.shape, picture.dtype)
            read(picture, pixels, hull)
        done = []
        for one in group:
            part, box = pixels[one.within(hull)], one.shift(back)
            done.append((box, part if then is None else then(box, part)))
        return done

    def tasks() -> Iterator[tuple[int, Callable[[], list[tuple[Box, Any]]]]]:
        for hull, group in groups(
            (box.shift(offset) for box in boxes), picture.blocks, picture.shape, budget // 4 // itemsize
        ):
            # the pixels, and what `then` makes of them
            yield 2 * hull.size * itemsize, lambda hull=hull, group=group: work(hull, group)  # type: ignore[misc]

    with closing(ordered(tasks(), workers=workers, max_bytes=budget)) as results:
        for done in results:
            yield from done


def groups(
    boxes: Iterable[Box], blocks: Sequence[int], shape: Sequence[int], most: int
) -> Iterator[tuple[Box, list[Box]]]:
    """Put neighbouring boxes together while they touch the same native blocks; gives (hull, boxes).

    Parameters
    ----------
    boxes
        In the order asked.
    blocks, shape
        Of the picture.
    most
        Elements a hull of several boxes may have.
    """
    group: list[Box] = []
    hull: Box | None = None
    touched: Box | None = None
    for box in boxes:
        native = box.aligned(blocks, shape)
        if hull is not None and touched is not None:
            joined = hull.hull(box)
            shares = native != box and (native & touched) is not None
            if shares and joined.size <= most:
                group.append(box)
                hull, touched = joined, touched.hull(native)
                continue
            yield hull, group
        group, hull, touched = [box], box, native
    if hull is not None:
        yield hull, group


def unit(shape: Sequence[int], blocks: Sequence[int], itemsize: int, floor: int = UNIT) -> tuple[int, ...]:
    """The shape of one task: whole native blocks of at least `floor` bytes, grown along X, Y, C, Z, T.

    Examples
    --------
    >>> unit((10, 1, 1, 512, 512), (1, 1, 1, 512, 512), 2)
    (2, 1, 1, 512, 512)
    """
    grown = [min(b, n) for b, n in zip(blocks, shape, strict=True)]
    for axis in (4, 3, 2, 1, 0):
        short = floor / max(1, math.prod(grown) * itemsize)
        if short > 1 and grown[axis] < shape[axis]:
            grown[axis] = min(shape[axis], grown[axis] * math.ceil(short))
    return tuple(grown)


def fill(picture: Picture, out: NDArray[Any], box: Box | None = None, *, workers: int | None = None) -> None:
    """Read a box of a picture into `out` on all cores, straight into its memory.

    Parameters
    ----------
    picture
        What to read.
    out
        Of the shape of `box`, any strides; pixels are cast to its dtype.
    box
        TZCYX; the whole picture where None.
    """
    box = box or Box.whole(picture.shape)
    picture, offset = uncropped(picture)
    box = box.shift(offset)
    if box.inside_one(picture.blocks):  # no task is smaller than a block: there is nothing to share out
        read(picture, out, box)
        return
    itemsize = picture.dtype.itemsize
    # large pictures in larger tasks, as long as every worker has several
    share = box.size * itemsize // (4 * (workers or current().workers))
    floor = max(UNIT, min(4 * UNIT, share))

    def task(part: Box) -> Callable[[], None]:
        return lambda: read(picture, out[part.within(box)], part)

    def tasks() -> Iterator[tuple[int, Callable[[], None]]]:
        for part in grid(box, unit(picture.shape, picture.blocks, itemsize, floor)):
            yield part.size * itemsize, task(part)

    for _ in ordered(tasks(), workers=workers):
        pass
