"""Where the sub-blocks of one resolution of one image lie, plane by plane; it reads nothing and knows no axes.

Tiles are kept in the order in which they are drawn: by plane, then by M (none first), then as they stand in the
directory, so that what comes later lies on top. libCZI composes so (``SingleChannelAccessorBase``, options sortByM).
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from omio_core.contract import Box, runs
from omio_core.errors import LimitExceededError
from omio_core.wording import Aside, advise

from ._sorted import different, runs_of

Rectangle = tuple[int, int, int, int]
"""Row, column, row after the last, column after the last."""

_MOST_WORK = 20_000_000  # rectangles looked at while the boxes of a mosaic are found


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Tiles:
    """The tiles of one resolution.

    Attributes
    ----------
    shape
        Rows and columns of a plane.
    planes
        The flat index of the plane that each tile is of, ascending.
    entries
        Indices into the directory.
    spots
        (n, 4): row, column, row after the last, column after the last; inside of `shape`.
    begins
        (n, 2): row and column at which the stored pixels begin, which may lie outside.
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
        """Whether each plane that exists is one tile, or some that each cover it all."""
        return bool((self.spots == (0, 0, *self.shape)).all())


def tiles(
    entries: NDArray[Any], which: NDArray[np.int64], planes: NDArray[np.int64], origin: Any, factor: int
) -> Tiles:
    """Put the entries `which` in order.

    Parameters
    ----------
    planes
        Flat index of the plane of each.
    origin
        Column and row of the full resolution at which the image begins.
    factor
        Of the resolution.
    """
    # a field at a time: a row of the directory is long, and little of it is wanted
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


def clipped(found: Tiles, shape: tuple[int, int]) -> Tiles:
    """The same tiles in a picture of another size; what lies outside is cut off."""
    spots = np.clip(found.spots, 0, (*shape, *shape))
    kept = (spots[:, 0] < spots[:, 2]) & (spots[:, 1] < spots[:, 3])
    return Tiles(
        shape=shape,
        planes=found.planes[kept],
        entries=found.entries[kept],
        spots=spots[kept],
        begins=found.begins[kept],
    )


def present(found: Tiles, lead: tuple[int, ...]) -> tuple[Box, ...] | None:
    """The boxes of (lead axes, rows, columns) that tiles lie on; None where they are all there is.

    Raises
    ------
    LimitExceededError
        The tiles lie so confusedly that it would take too long to say.
    """
    boxes: list[Box] = []
    every = math.prod(lead)
    for planes, spots in _layouts(found):
        leads: tuple[Box, ...] = (Box.whole(lead),)
        if len(planes) < every:
            indices = (along.tolist() for along in np.unravel_index(planes, lead))
            leads = runs(zip(*indices, strict=True), lead)
        rectangles = [((top, bottom), (left, right)) for top, left, bottom, right in _disjoint(spots)]
        boxes += [Box((*box.spans, *rectangle)) for box in leads for rectangle in rectangles]
    if len(boxes) == 1 and boxes[0].shape == (*lead, *found.shape):
        return None
    return tuple(boxes)


def _layouts(found: Tiles) -> Iterator[tuple[NDArray[np.int64], NDArray[np.int64]]]:
    """Planes whose tiles lie alike: their flat indices, and where the tiles lie."""
    starts = runs_of(found.planes)
    first, counts = starts[:-1], np.diff(starts)
    planes = found.planes[first]
    if found.whole():
        yield planes, found.spots[:1]
        return
    if (counts == counts[0]).all():
        each = found.spots.reshape(len(planes), -1)
        if (each == each[0]).all():
            yield planes, found.spots[: counts[0]]
            return
    groups: dict[bytes, list[int]] = {}
    for k, (start, n) in enumerate(zip(first.tolist(), counts.tolist(), strict=True)):
        groups.setdefault(found.spots[start : start + n].tobytes(), []).append(k)
    for members in groups.values():
        start, n = int(first[members[0]]), int(counts[members[0]])
        yield planes[members], found.spots[start : start + n]


def _disjoint(spots: NDArray[np.int64]) -> list[Rectangle]:
    """Rectangles that do not overlap and cover what the tiles cover: bands of rows, equal ones joined."""
    edges = different(spots[:, (0, 2)])
    if len(edges) == 2 and len(spots) == 1:
        top, left, bottom, right = spots[0].tolist()
        return [(top, left, bottom, right)]
    by_top = spots[np.argsort(spots[:, 0], kind="stable")]
    begun = np.searchsorted(by_top[:, 0], edges[:-1], side="right")
    tallest = int((spots[:, 2] - spots[:, 0]).max())
    early = np.searchsorted(by_top[:, 0], edges[:-1] - tallest)  # what begins before is over
    if int((begun - early).sum()) > _MOST_WORK:
        raise LimitExceededError(
            "the tiles of the mosaic lie too confusedly to be composed",
            evidence=f"{len(spots)} tiles with {len(edges)} different edges",
            remedy=advise("read the tiles themselves{}", Aside(", with the option tiles=True")),
        )
    done: list[Rectangle] = []
    open_: dict[tuple[int, int], int] = {}  # columns of a rectangle that still grows, and where it began
    for k, (top, bottom) in enumerate(zip(edges[:-1].tolist(), edges[1:].tolist(), strict=True)):
        some = by_top[early[k] : begun[k]]
        spans = _joined(some[some[:, 2] >= bottom])
        over = [span for span in open_ if span not in spans]
        done += [(open_.pop(span), span[0], top, span[1]) for span in over]
        for span in spans:
            open_.setdefault(span, top)
    done += [(top, left, int(edges[-1]), right) for (left, right), top in open_.items()]
    return sorted(done)


def _joined(spots: NDArray[np.int64]) -> set[tuple[int, int]]:
    """The columns that tiles of one band cover, as runs."""
    if not len(spots):
        return set()
    order = np.argsort(spots[:, 1], kind="stable")
    left, right = spots[order, 1], np.maximum.accumulate(spots[order, 3])
    starts = np.concatenate(([0], np.flatnonzero(left[1:] > right[:-1]) + 1))
    stops = np.concatenate((starts[1:], [len(left)])) - 1
    return set(zip(left[starts].tolist(), right[stops].tolist(), strict=True))
