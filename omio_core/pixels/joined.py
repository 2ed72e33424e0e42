"""Joined pictures: several pictures side by side as one; makes no decision and knows no metadata.

The parts are leaves: pictures of files, arrays and regions, never joined pictures. Pixels that no part covers are
absent; padding is recorded that way.
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

from .absence import Plane
from .picture import PictureBase, read
from .protocol import Picture

LARGEST_BLOCK = 64 << 20
"""Largest size in bytes of a block that is enlarged so that it cuts no block of a part."""


@dataclass(frozen=True, kw_only=True)  # no slots: properties that every read needs are cached
class JoinedPicture(PictureBase):
    """Several pictures at their places in a larger one.

    Parameters
    ----------
    parts
        The pictures, in order. Each is read with `omio_core.pixels.picture.read`, which fills absent pixels and casts.
    places
        The TZCYX box of each part; the boxes do not overlap.
    shape, dtype
        Shape and type of the joined picture; pixels of the parts are cast to this type.
    samples
        Samples per pixel, the same in all parts.
    name
        The name of all parts; None if their names differ.
    """

    parts: tuple[Picture, ...]
    places: tuple[Box, ...]
    shape: tuple[int, ...]
    dtype: np.dtype[Any]
    samples: int = 1
    name: str | None = None

    def __reduce__(self) -> tuple[Any, ...]:
        return _joined_picture, (self.parts, self.places, self.shape, self.dtype, self.samples, self.name)

    @cached_property
    def blocks(self) -> tuple[int, ...]:
        """A unit whose grid cuts no block of any part, so that no block is decoded twice.

        If such a unit would be larger than `LARGEST_BLOCK` (parts of unequal length whose blocks contain several
        planes along the axis of the merge), it is the largest of the parts' blocks; a block across a seam is then
        read twice.
        """
        native = [part.blocks for part in self.parts]
        unit, largest = [], [max(1, *(blocks[index] for blocks in native)) for index in range(5)]
        for axis, length in enumerate(self.shape):
            extents = {(*place.spans[axis], blocks[axis]) for place, blocks in zip(self.places, native, strict=True)}
            unit.append(_grid_step(extents, length))
        for axis in (0, 1, 2):
            if math.prod(unit) * self.dtype.itemsize > LARGEST_BLOCK:
                unit[axis] = min(unit[axis], max(largest[axis], self.samples if axis == 2 else 1))
        return tuple(unit)

    @cached_property
    def present(self) -> Present | None:
        """The boxes that exist; None if the parts exist completely and cover the whole picture."""
        boxes: list[Box] = []
        for part, place in zip(self.parts, self.places, strict=True):
            existing = part.present
            if existing is None:
                boxes.append(place)
            else:
                offset = [start for start, _ in place.spans]
                boxes += [box.shift(offset) for box in existing]
        merged = _merge_neighbours(boxes)
        return None if merged == [Box.whole(self.shape)] else Present(merged)

    @cached_property
    def _index(self) -> tuple[int, list[int], list[int], list[int]]:
        """The axis that separates the parts best; along it their order, starts, and the running maximum of ends."""
        axis = max(range(5), key=lambda candidate: len({place.spans[candidate] for place in self.places}))
        order = sorted(range(len(self.places)), key=lambda i: self.places[i].spans[axis])
        starts = [self.places[i].spans[axis][0] for i in order]
        ends = list(itertools.accumulate((self.places[i].spans[axis][1] for i in order), max))
        return axis, order, starts, ends

    @cached_property
    def leaves(self) -> Sequence[Picture]:
        """Those of all parts, in order of the parts."""
        return tuple(leaf for part in self.parts for leaf in part.leaves)

    @property
    def files(self) -> Sequence[str]:
        """Those of all parts, in order of the parts."""
        return tuple(path for part in self.parts for path in part.files)

    def label(self, *, folder: bool = True) -> str:
        """The label of the first part, and the number of further parts."""
        return f"{self.parts[0].label(folder=folder)} merged with {len(self.parts) - 1} more"

    def touched(self, box: Box) -> Iterator[tuple[Picture, Box, Box]]:
        """Yield each part that a box touches, its place, and their intersection; finds them by bisection."""
        axis, order, starts, ends = self._index
        start, stop = box.spans[axis]
        for i in order[bisect_right(ends, start) : bisect_left(starts, stop)]:
            hit = self.places[i] & box
            if hit is not None:
                yield self.parts[i], self.places[i], hit

    def only(self, box: Box) -> JoinedPicture:
        """Return the same picture with only the parts that a box touches: all that a task in another process needs."""
        touched = [(part, place) for part, place, _ in self.touched(box)]
        parts, places = tuple(part for part, _ in touched), tuple(place for _, place in touched)
        return _joined_picture(parts, places, self.shape, self.dtype, self.samples, self.name)

    def fill_absent(self, out: NDArray[Any], box: Box) -> None:
        """Fill `out` as each part does, and what no part covers with 0."""
        out[...] = 0
        for part, place, hit in self.touched(box):
            part.fill_absent(out[hit.within(box)], hit.shift([-start for start, _ in place.spans]))

    def found_absent(self) -> Sequence[Plane]:
        """Return those of all parts, with the indices of the whole."""
        return sorted(
            (t + place.spans[0][0], z + place.spans[1][0], c + place.spans[2][0])
            for part, place in zip(self.parts, self.places, strict=True)
            for t, z, c in part.found_absent()
        )

    def read_into(self, out: NDArray[Any], box: Box) -> None:
        """Read the intersection of the box with each part."""
        for part, place, hit in self.touched(box):
            read(part, out[hit.within(box)], hit.shift([-start for start, _ in place.spans]))


def _joined_picture(*values: Any) -> JoinedPicture:
    names = ("parts", "places", "shape", "dtype", "samples", "name")
    return JoinedPicture(**dict(zip(names, values, strict=True)))


def _grid_step(extents: Iterable[tuple[int, int, int]], length: int) -> int:
    """Return the smallest of a few candidate steps along an axis whose grid cuts no block of (start, stop, block)."""
    extents = list(extents)
    multiple = math.lcm(*(block for start, stop, block in extents if block < stop - start))
    longest = max((stop - start for start, stop, block in extents if block > 1), default=1)
    candidates = {multiple, -(-longest // multiple) * multiple, math.gcd(*(start for start, *_ in extents)), length}
    steps = (
        step
        for step in sorted(candidates)
        if 0 < step <= length and all(_cuts_no_block(step, *extent) for extent in extents)
    )
    return next(steps, length)


def _cuts_no_block(step: int, start: int, stop: int, block: int) -> bool:
    """Whether a grid of `step` that starts at 0 cuts no block of a part that extends from `start` to `stop`."""
    first_cut = (start // step + 1) * step
    return block <= 1 or first_cut >= stop or (start % block == 0 and step % block == 0)


def _merge_neighbours(boxes: Iterable[Box]) -> list[Box]:
    """Merge neighbouring disjoint boxes along each axis in turn: thousands of equal parts become a few boxes."""
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
