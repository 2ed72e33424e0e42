"""The positions of the sub-blocks of one resolution of one image, plane by plane; it reads nothing and knows no axes.

Tiles are in drawing order: by plane, then by M (none first), then as in the directory, so that later
tiles lie on top. libCZI composes so (``SingleChannelAccessorBase``, options sortByM).
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from omio_core.contract import Box, LimitExceededError, advise, runs

from ._runs import runs_of, unique_values

Rectangle = tuple[int, int, int, int]
"""Row, column, row after the last, column after the last."""

_MOST_WORK = 20_000_000  # rectangles to look at while computing the boxes of a mosaic


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Tiles:
    """The tiles of one resolution.

    Attributes
    ----------
    shape
        Rows and columns of a plane.
    planes
        The flat index of the plane of each tile, ascending.
    entries
        Indices into the directory.
    spots
        (n, 4): row, column, row after the last, column after the last; inside `shape`.
    begins
        (n, 2): row and column at which the stored pixels begin, which may lie outside `shape`.
    """

    shape: tuple[int, int]
    planes: NDArray[np.int64]
    entries: NDArray[np.int64]
    spots: NDArray[np.int64]
    begins: NDArray[np.int64]

    def of(self, plane: int) -> slice:
        """The tiles of a plane, lowest first."""
        start, stop = np.searchsorted(self.planes, (plane, plane + 1))
        return slice(int(start), int(stop))

    def whole(self) -> bool:
        """Whether every tile covers its whole plane."""
        return bool((self.spots == (0, 0, *self.shape)).all())


def tiles(
    entries: NDArray[Any], which: NDArray[np.int64], planes: NDArray[np.int64], origin: Any, factor: int
) -> Tiles:
    """Put the entries `which` in the order of drawing.

    Parameters
    ----------
    planes
        Flat index of the plane of each.
    origin
        Column and row of the full resolution at which the image begins.
    factor
        Pixels of the full resolution per stored pixel.
    """
    # one field at a time: a row of the directory is long, and few of its fields are needed
    tile = np.where(entries["M_size"][which] > 0, entries["M"][which].astype(np.int64), -1)
    order = np.lexsort((which, tile, planes))
    which, planes = which[order], planes[order]
    column = (entries["X"][which].astype(np.int64) - origin[0]) // factor
    row = (entries["Y"][which].astype(np.int64) - origin[1]) // factor
    height, width = entries["stored_y"][which], entries["stored_x"][which]
    spots = np.stack([row, column, row + height, column + width], axis=1)
    return Tiles(
        shape=(int(spots[:, 2].max()), int(spots[:, 3].max())),
        planes=planes,
        entries=which,
        spots=spots,
        begins=spots[:, :2],
    )


def clip(level: Tiles, shape: tuple[int, int]) -> Tiles:
    """The same tiles in a picture of another size; parts outside it are cut off."""
    spots = np.clip(level.spots, 0, (*shape, *shape))
    inside = (spots[:, 0] < spots[:, 2]) & (spots[:, 1] < spots[:, 3])
    return Tiles(
        shape=shape,
        planes=level.planes[inside],
        entries=level.entries[inside],
        spots=spots[inside],
        begins=level.begins[inside],
    )


def present_boxes(level: Tiles, lead: tuple[int, ...]) -> tuple[Box, ...] | None:
    """The boxes of (lead axes, rows, columns) that tiles cover; None where they cover everything.

    Raises
    ------
    LimitExceededError
        The tiles overlap in so many ways that computing the boxes would take too long.
    """
    boxes: list[Box] = []
    total = math.prod(lead)
    for planes, spots in _layouts(level):
        leads: tuple[Box, ...] = (Box.whole(lead),)
        if len(planes) < total:
            indices = (along.tolist() for along in np.unravel_index(planes, lead))
            leads = runs(zip(*indices, strict=True), lead)
        rectangles = [((top, bottom), (left, right)) for top, left, bottom, right in _disjoint_rectangles(spots)]
        boxes += [Box((*box.spans, *rectangle)) for box in leads for rectangle in rectangles]
    if len(boxes) == 1 and boxes[0].shape == (*lead, *level.shape):
        return None
    return tuple(boxes)


def _layouts(level: Tiles) -> Iterator[tuple[NDArray[np.int64], NDArray[np.int64]]]:
    """Yield groups of planes with the same tile positions: their flat indices, and the positions."""
    starts = runs_of(level.planes)
    first, counts = starts[:-1], np.diff(starts)
    planes = level.planes[first]
    if level.whole():
        yield planes, level.spots[:1]
        return
    if (counts == counts[0]).all():
        per_plane = level.spots.reshape(len(planes), -1)
        if (per_plane == per_plane[0]).all():
            yield planes, level.spots[: counts[0]]
            return
    groups: dict[bytes, list[int]] = {}
    for k, (start, n) in enumerate(zip(first.tolist(), counts.tolist(), strict=True)):
        groups.setdefault(level.spots[start : start + n].tobytes(), []).append(k)
    for members in groups.values():
        start, n = int(first[members[0]]), int(counts[members[0]])
        yield planes[members], level.spots[start : start + n]


def _disjoint_rectangles(spots: NDArray[np.int64]) -> list[Rectangle]:
    """Rectangles that do not overlap and cover what the tiles cover: bands of rows, equal ones joined."""
    edges = unique_values(spots[:, (0, 2)])
    if len(edges) == 2 and len(spots) == 1:
        top, left, bottom, right = spots[0].tolist()
        return [(top, left, bottom, right)]
    by_top = spots[np.argsort(spots[:, 0], kind="stable")]
    begun = np.searchsorted(by_top[:, 0], edges[:-1], side="right")
    tallest = int((spots[:, 2] - spots[:, 0]).max())
    early = np.searchsorted(by_top[:, 0], edges[:-1] - tallest)  # tiles that begin before have ended
    if int((begun - early).sum()) > _MOST_WORK:
        raise LimitExceededError(
            "the tiles of the mosaic lie too confusedly to be composed",
            evidence=f"{len(spots)} tiles with {len(edges)} different edges",
            remedy=advise("read the tiles themselves: {tiles}", tiles=True),
        )
    rectangles: list[Rectangle] = []
    growing: dict[tuple[int, int], int] = {}  # columns of a rectangle that still grows, and its first row
    for k, (top, bottom) in enumerate(zip(edges[:-1].tolist(), edges[1:].tolist(), strict=True)):
        band = by_top[early[k] : begun[k]]
        spans = _column_runs(band[band[:, 2] >= bottom])
        finished = [span for span in growing if span not in spans]
        rectangles += [(growing.pop(span), span[0], top, span[1]) for span in finished]
        for span in spans:
            growing.setdefault(span, top)
    rectangles += [(top, left, int(edges[-1]), right) for (left, right), top in growing.items()]
    return sorted(rectangles)


def _column_runs(spots: NDArray[np.int64]) -> set[tuple[int, int]]:
    """The runs of columns that the tiles of one band cover."""
    if not len(spots):
        return set()
    order = np.argsort(spots[:, 1], kind="stable")
    left, right = spots[order, 1], np.maximum.accumulate(spots[order, 3])
    starts = np.concatenate(([0], np.flatnonzero(left[1:] > right[:-1]) + 1))
    stops = np.concatenate((starts[1:], [len(left)])) - 1
    return set(zip(left[starts].tolist(), right[stops].tolist(), strict=True))
