"""Cropped pictures: regions of other pictures, with indices of their own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from omio_core.geometry.box import Box, Present

from .absence import Plane
from .picture import PictureBase, read
from .protocol import Picture


@dataclass(frozen=True)  # no slots: every read needs `present`, so it is cached
class CroppedPicture(PictureBase):
    """A region of another picture, with indices that start at the region's corner."""

    picture: Picture
    box: Box

    @property
    def shape(self) -> tuple[int, ...]:
        """Lengths of the region along TZCYX."""
        return self.box.shape

    @property
    def dtype(self) -> np.dtype[Any]:
        """The pixel type of the whole picture."""
        return self.picture.dtype

    @property
    def samples(self) -> int:
        """Those of the whole picture; 1 if the region cuts through the samples of a pixel."""
        samples, (start, stop) = self.picture.samples, self.box.spans[2]
        return samples if start % samples == 0 and stop % samples == 0 else 1

    @property
    def name(self) -> str | None:
        """The name of the whole picture."""
        return self.picture.name

    @property
    def leaves(self) -> Sequence[Picture]:
        """The leaves of the whole picture."""
        return self.picture.leaves

    @property
    def files(self) -> Sequence[str]:
        """The files of the whole picture."""
        return self.picture.files

    def label(self, *, folder: bool = True) -> str:
        """The label of the whole picture, marked as a part."""
        return f"a part of {self.picture.label(folder=folder)}"

    @property
    def blocks(self) -> tuple[int, ...]:
        """The blocks of the whole picture, limited to the size of the region."""
        return tuple(min(b, n) for b, n in zip(self.picture.blocks, self.shape, strict=True))

    @cached_property
    def present(self) -> Present | None:
        """The boxes of the region that exist; None if all of it does."""
        existing = self.picture.present
        if existing is None or existing.covers(self.box):
            return None
        return Present(hit.shift([-start for start, _ in self.box.spans]) for hit in existing.hits(self.box))

    @property
    def offset(self) -> tuple[int, ...]:
        """The TZCYX indices in the whole picture at which the region starts."""
        return tuple(start for start, _ in self.box.spans)

    def fill_absent(self, out: NDArray[Any], box: Box) -> None:
        """Fill `out` as the whole picture does."""
        self.picture.fill_absent(out, box.shift(self.offset))

    def found_absent(self) -> Sequence[Plane]:
        """Return those of the whole picture that are in the region, with the region's indices."""
        (t, t1), (z, z1), (c, c1) = self.box.spans[:3]
        return [
            (i - t, j - z, k - c)
            for i, j, k in self.picture.found_absent()
            if t <= i < t1 and z <= j < z1 and c <= k < c1
        ]

    def read_into(self, out: NDArray[Any], box: Box) -> None:
        """Read the box from the whole picture, with its indices."""
        read(self.picture, out, box.shift(self.offset))


def uncropped(picture: Picture) -> tuple[Picture, tuple[int, ...]]:
    """Return the whole picture of a region, and the region's offset in it; the offset is 0 for other pictures.

    Code that divides a region into tasks must divide it along the blocks of the whole picture: a region can start
    anywhere within a block.
    """
    offset: tuple[int, ...] = (0,) * 5
    while isinstance(picture, CroppedPicture):
        offset = tuple(a + b for a, b in zip(offset, picture.offset, strict=True))
        picture = picture.picture
    return picture, offset
