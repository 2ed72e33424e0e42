"""Pictures side by side as one: which part a box touches, what of it exists; it decides nothing and knows no metadata.

The parts are leaves: pictures of files, arrays and regions, never joined pictures themselves. What no part covers is
absent, which is how padding is told.
"""

from __future__ import annotations

import itertools
import math
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from omio_core.geometry.box import Box, Present

from .picture import PictureBase, read
from .protocol import Picture

LARGEST_BLOCK = 64 << 20
"""Bytes of a block that is made larger than the parts' own only so that none of theirs is cut."""


@dataclass(frozen=True, kw_only=True)  # no slots: what is asked for at every read is computed once and kept
class JoinedPicture(PictureBase):
    """Pictures at their places in a larger one.

    Parameters
    ----------
    parts
        In order. Each is read with `omio_core.pixels.picture.read`, which fills what of it is absent and casts.
    places
        The TZCYX box of each part; they do not overlap.
    shape, dtype
        Of the whole; every dtype of the parts is cast to it.
    samples
        Samples of a pixel, the same in all parts.
    name
        What all parts are called; None where they are not called the same.
    """

    parts: tuple[Picture, ...]
    places: tuple[Box, ...]
    shape: tuple[int, ...]
    dtype: np.dtype[Any]
    samples: int = 1
    name: str | None = None

    def __reduce__(self) -> tuple[Any, ...]:
        return _joined, (self.parts, self.places, self.shape, self.dtype, self.samples, self.name)

    @cached_property
    def blocks(self) -> tuple[int, ...]:
        """A unit whose grid cuts no block of any part, so that none is decoded twice.

        Where only much of the whole would be such a unit (parts of unequal length with blocks of several planes along
        the axis they stand on), it is the largest of the parts' blocks, and one that lies across a seam is read twice.
        """
        native = [part.blocks for part in self.parts]
        found, most = [], [max(1, *(blocks[k] for blocks in native)) for k in range(5)]
        for axis, length in enumerate(self.shape):
            stands = {(*place.spans[axis], blocks[axis]) for place, blocks in zip(self.places, native, strict=True)}
            found.append(_grain(stands, length))
        for axis in (0, 1, 2):
            if math.prod(found) * self.dtype.itemsize > LARGEST_BLOCK:
                found[axis] = min(found[axis], max(most[axis], self.samples if axis == 2 else 1))
        return tuple(found)

    @cached_property
    def present(self) -> Present | None:
        """What exists; None where the parts do, and cover the whole."""
        boxes: list[Box] = []
        for part, place in zip(self.parts, self.places, strict=True):
            there = part.present
            if there is None:
                boxes.append(place)
            else:
                by = [start for start, _ in place.spans]
                boxes += [box.shift(by) for box in there]
        together = _together(boxes)
        return None if together == [Box.whole(self.shape)] else Present(together)

    @cached_property
    def _index(self) -> tuple[int, list[int], list[int], list[int]]:
        """The axis that tells the parts apart best; along it their order, where they start, how far they reach."""
        axis = max(range(5), key=lambda k: len({place.spans[k] for place in self.places}))
        order = sorted(range(len(self.places)), key=lambda i: self.places[i].spans[axis])
        starts = [self.places[i].spans[axis][0] for i in order]
        reach = list(itertools.accumulate((self.places[i].spans[axis][1] for i in order), max))
        return axis, order, starts, reach

    @cached_property
    def leaves(self) -> Sequence[Picture]:
        """Those of all parts, in order."""
        return tuple(leaf for part in self.parts for leaf in part.leaves)

    @property
    def files(self) -> Sequence[str]:
        """Those of all parts, in order."""
        return tuple(path for part in self.parts for path in part.files)

    def label(self, *, folder: bool = True) -> str:
        """Its first part, and how many more there are."""
        return f"{self.parts[0].label(folder=folder)} merged with {len(self.parts) - 1} more"

    def touched(self, box: Box) -> Iterator[tuple[Picture, Box, Box]]:
        """Each part that a box touches, with the part's place and what of it is asked for; found by bisection."""
        axis, order, starts, reach = self._index
        start, stop = box.spans[axis]
        for i in order[bisect_right(reach, start) : bisect_left(starts, stop)]:
            hit = self.places[i] & box
            if hit is not None:
                yield self.parts[i], self.places[i], hit

    def only(self, box: Box) -> JoinedPicture:
        """The same picture with none but the parts that a box touches: what a task needs that travels alone."""
        touched = [(part, place) for part, place, _ in self.touched(box)]
        parts, places = tuple(part for part, _ in touched), tuple(place for _, place in touched)
        return _joined(parts, places, self.shape, self.dtype, self.samples, self.name)

    def read_into(self, out: NDArray[Any], box: Box) -> None:
        """Read from each part what of the box is its own."""
        for part, place, hit in self.touched(box):
            read(part, out[hit.within(box)], hit.shift([-start for start, _ in place.spans]))


def _joined(*values: Any) -> JoinedPicture:
    names = ("parts", "places", "shape", "dtype", "samples", "name")
    return JoinedPicture(**dict(zip(names, values, strict=True)))


def _grain(stands: Iterable[tuple[int, int, int]], length: int) -> int:
    """The smallest step along an axis, of a few likely ones, whose grid cuts no block of (start, stop, block)."""
    stands = list(stands)
    common = math.lcm(*(block for start, stop, block in stands if block < stop - start))
    longest = max((stop - start for start, stop, block in stands if block > 1), default=1)
    likely = {common, -(-longest // common) * common, math.gcd(*(start for start, *_ in stands)), length}
    fitting = (step for step in sorted(likely) if 0 < step <= length and all(_whole(step, *one) for one in stands))
    return next(fitting, length)


def _whole(step: int, start: int, stop: int, block: int) -> bool:
    """Whether a grid of `step` that starts at 0 cuts no block of a part that lies from `start` to `stop`."""
    first_cut = (start // step + 1) * step
    return block <= 1 or first_cut >= stop or (start % block == 0 and step % block == 0)


def _together(boxes: Iterable[Box]) -> list[Box]:
    """Disjoint boxes, neighbours put together along each axis in turn: a few boxes for thousands of equal parts."""
    all_spans = [box.spans for box in boxes]
    for axis in range(5):
        all_spans.sort(key=lambda spans: (spans[:axis], spans[axis + 1 :], spans[axis]))
        merged = all_spans[:1]
        for spans in all_spans[1:]:
            last = merged[-1]
            alike = last[:axis] == spans[:axis] and last[axis + 1 :] == spans[axis + 1 :]
            if alike and last[axis][1] == spans[axis][0]:
                merged[-1] = (*last[:axis], (last[axis][0], spans[axis][1]), *last[axis + 1 :])
            else:
                merged.append(spans)
        all_spans = merged
    return [Box(spans) for spans in sorted(all_spans)]
