"""Which boxes of an array exist, from the names of its files; asked once, at the first read. It reads no chunk."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

from omio_core.contract import Box, Location, runs

from ._keys import Keys
from ._store import open_store


class Names:
    """Names of files that are not pickled: another process lists the store again."""

    __slots__ = ("names",)

    def __init__(self, names: Sequence[str] | None = None):
        self.names = names

    def __reduce__(self) -> tuple[type[Names], tuple[()]]:
        return Names, ()


@dataclass(frozen=True, slots=True)
class Presence:
    """The boxes that exist of an array, as `omio_core.contract.Level.present`.

    Parameters
    ----------
    location
        The store.
    keys
        How the files of the array are named.
    names
        The names in its folder.
    split
        The axis of the array that the image has as two, and the length of the second; None if there is none.
    """

    location: Location
    keys: Keys
    names: Names = field(compare=False)
    split: tuple[int, int] | None = None

    def __call__(self) -> tuple[Box, ...] | None:
        """Return the boxes of all files that exist; None if no file is missing."""
        names = self.names.names
        if names is None:
            store = open_store(self.location)
            try:
                names = store.below(self.keys.path)
            finally:
                store.close()
        if names is None:
            return None
        indices = set(self.keys.indices(names))
        if len(indices) == math.prod(self.keys.grid):
            return None
        return tuple(self._pixels(box) for box in runs(indices, self.keys.grid))

    def _pixels(self, cells: Box) -> Box:
        spans = [
            (start * c, min(stop * c, n))
            for (start, stop), c, n in zip(cells.spans, self.keys.chunks, self.keys.shape, strict=True)
        ]
        if self.split is not None:
            axis, length = self.split
            start, stop = spans[axis]
            spans[axis : axis + 1] = [(start // length, -(-stop // length)), (0, length)]
        return Box(tuple(spans))
