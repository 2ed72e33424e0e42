"""Boxes: the pure algebra of regions; it knows no axes by name and no file.

A box is half-open, with one ``(start, stop)`` per axis. Sparse planes, mosaic gaps and padding are all described by the
boxes that are present: merging shifts them, slicing intersects them, and what they do not cover is absent.
"""

from __future__ import annotations

import itertools
import math
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

Span = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Box:
    """A half-open region, one ``(start, stop)`` per axis.

    Examples
    --------
    >>> Box(((0, 4), (2, 6))) & Box(((3, 9), (0, 3)))
    Box(spans=((3, 4), (2, 3)))
    """

    spans: tuple[Span, ...]

    @classmethod
    def whole(cls, shape: Sequence[int]) -> Box:
        """The box that covers an array of `shape`."""
        return cls(tuple((0, n) for n in shape))

    @property
    def shape(self) -> tuple[int, ...]:
        """Length along each axis."""
        return tuple(stop - start for start, stop in self.spans)

    @property
    def size(self) -> int:
        """Number of elements."""
        return math.prod(stop - start for start, stop in self.spans)

    def __and__(self, other: Box) -> Box | None:
        """The overlap, or None if there is none."""
        spans = []
        for (a, b), (c, d) in zip(self.spans, other.spans, strict=True):
            start, stop = max(a, c), min(b, d)
            if start >= stop:
                return None
            spans.append((start, stop))
        return Box(tuple(spans))

    def shift(self, by: Sequence[int]) -> Box:
        """Move the box by one offset per axis."""
        return Box(tuple((a + n, b + n) for (a, b), n in zip(self.spans, by, strict=True)))

    def within(self, outer: Box) -> tuple[slice, ...]:
        """The slices that select this box in an array of `outer`."""
        return tuple(slice(a - start, b - start) for (a, b), (start, _) in zip(self.spans, outer.spans, strict=True))

    def hull(self, other: Box) -> Box:
        """The smallest box around both."""
        return Box(tuple((min(a, c), max(b, d)) for (a, b), (c, d) in zip(self.spans, other.spans, strict=True)))

    def aligned(self, unit: Sequence[int], shape: Sequence[int]) -> Box:
        """Grow the box to whole cells of a grid of `unit` that starts at 0 and ends at `shape`."""
        return Box(
            tuple((a // u * u, min(n, -(-b // u) * u)) for (a, b), u, n in zip(self.spans, unit, shape, strict=True))
        )

    def inside_one(self, unit: Sequence[int]) -> bool:
        """Whether the box lies in one cell of a grid of `unit` that starts at 0; an empty box does not."""
        return all(a < b <= a // u * u + u for (a, b), u in zip(self.spans, unit, strict=True))


def grid(box: Box, unit: Sequence[int]) -> Iterator[Box]:
    """Cut `box` along a grid of `unit` that starts at 0, not at the box; in C order.

    Examples
    --------
    >>> [b.spans for b in grid(Box(((3, 9),)), (4,))]
    [((3, 4),), ((4, 8),), ((8, 9),)]
    """
    cuts = [
        [(max(a, k), min(b, k + u)) for k in range(a // u * u, b, u)] for (a, b), u in zip(box.spans, unit, strict=True)
    ]
    return (Box(spans) for spans in itertools.product(*cuts))


def runs(indices: Iterable[tuple[int, ...]], shape: Sequence[int]) -> tuple[Box, ...]:
    """The boxes that contain exactly these index tuples: run-length encoded along the last axis, then outward.

    `shape` is the shape of the index space. Readers use it to state which planes exist.

    Examples
    --------
    >>> [b.spans for b in runs([(0, 0), (0, 1), (1, 0), (1, 1), (2, 1)], (3, 2))]
    [((0, 2), (0, 2)), ((2, 3), (1, 2))]
    """
    boxes = [tuple((i, i + 1) for i in index) for index in sorted(set(indices))]
    for axis in range(len(shape) - 1, -1, -1):
        merged: list[tuple[Span, ...]] = []
        # sorted with `axis` last, neighbours along it follow each other
        boxes.sort(key=lambda spans: (spans[:axis], spans[axis + 1 :], spans[axis]))
        for spans in boxes:
            last = merged[-1] if merged else None
            if (
                last is not None
                and last[axis][1] == spans[axis][0]
                and last[:axis] == spans[:axis]
                and last[axis + 1 :] == spans[axis + 1 :]
            ):
                merged[-1] = (*last[:axis], (last[axis][0], spans[axis][1]), *last[axis + 1 :])
            else:
                merged.append(spans)
        boxes = merged
    return tuple(Box(spans) for spans in sorted(boxes))


class Present:
    """Disjoint boxes that exist, looked up by bisection along the axis that separates them best.

    Two instances are equal if their boxes are. A lookup costs the logarithm of the number of boxes plus the number of
    hits, as long as the boxes do not nest along that axis.
    """

    __slots__ = ("_axis", "_order", "_reach", "_starts", "boxes")

    def __init__(self, boxes: Iterable[Box]):
        self.boxes = tuple(boxes)
        axes = range(len(self.boxes[0].spans)) if self.boxes else range(0)
        self._axis = max(axes, key=lambda k: len({b.spans[k] for b in self.boxes}), default=0)
        self._order = sorted(self.boxes, key=lambda b: b.spans[self._axis])
        self._starts = [b.spans[self._axis][0] for b in self._order]
        self._reach = list(itertools.accumulate((b.spans[self._axis][1] for b in self._order), max))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Present) and set(self.boxes) == set(other.boxes)

    def __hash__(self) -> int:
        return hash(frozenset(self.boxes))

    def __reduce__(self) -> tuple[type[Present], tuple[tuple[Box, ...]]]:
        return Present, (self.boxes,)

    def __iter__(self) -> Iterator[Box]:
        return iter(self.boxes)

    def __len__(self) -> int:
        return len(self.boxes)

    def __repr__(self) -> str:
        return f"Present({len(self.boxes)} boxes)"

    def hits(self, box: Box) -> list[Box]:
        """The parts of `box` that exist, as disjoint boxes."""
        if not self.boxes:
            return []
        start, stop = box.spans[self._axis]
        first = bisect_right(self._reach, start)  # every box before it ends at or before `start`
        last = bisect_left(self._starts, stop)
        return [hit for candidate in self._order[first:last] if (hit := candidate & box) is not None]

    def covers(self, box: Box) -> bool:
        """Whether all of `box` exists."""
        return sum(hit.size for hit in self.hits(box)) == box.size
