"""Pictures that are a region of another picture, with the region's own indices."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from omio_core.geometry.box import Box, Present

from .picture import PictureBase, read
from .protocol import Picture


@dataclass(frozen=True)  # no slots: `present` is asked for at every read and kept
class CroppedPicture(PictureBase):
    """A region of another picture, with the region's own indices."""

    picture: Picture
    box: Box

    @property
    def shape(self) -> tuple[int, ...]:
        """TZCYX of the region."""
        return self.box.shape

    @property
    def dtype(self) -> np.dtype[Any]:
        """The whole picture's."""
        return self.picture.dtype

    @property
    def samples(self) -> int:
        """The whole picture's; 1 where the region cuts through the samples of a pixel."""
        samples, (start, stop) = self.picture.samples, self.box.spans[2]
        return samples if start % samples == 0 and stop % samples == 0 else 1

    @property
    def name(self) -> str | None:
        """The whole picture's."""
        return self.picture.name

    @property
    def leaves(self) -> Sequence[Picture]:
        """The whole picture's."""
        return self.picture.leaves

    @property
    def files(self) -> Sequence[str]:
        """The whole picture's."""
        return self.picture.files

    def label(self, *, folder: bool = True) -> str:
        """A part of the whole picture."""
        return f"a part of {self.picture.label(folder=folder)}"

    @property
    def blocks(self) -> tuple[int, ...]:
        """The whole picture's, no larger than the region."""
        return tuple(min(b, n) for b, n in zip(self.picture.blocks, self.shape, strict=True))

    @cached_property
    def present(self) -> Present | None:
        """What of the region exists."""
        whole = self.picture.present
        if whole is None or whole.covers(self.box):
            return None
        return Present(hit.shift([-a for a, _ in self.box.spans]) for hit in whole.hits(self.box))

    @property
    def offset(self) -> tuple[int, ...]:
        """Where the region begins in the whole."""
        return tuple(start for start, _ in self.box.spans)

    def read_into(self, out: NDArray[Any], box: Box) -> None:
        """Read with the indices of the whole."""
        read(self.picture, out, box.shift(self.offset))


def uncropped(picture: Picture) -> tuple[Picture, tuple[int, ...]]:
    """The picture that a region is of, and where the region begins in it; a picture that is no region begins at 0.

    Whoever cuts a region into tasks cuts along the blocks of the whole: those of the region begin anywhere.
    """
    offset: tuple[int, ...] = (0,) * 5
    while isinstance(picture, CroppedPicture):
        offset = tuple(a + b for a, b in zip(offset, picture.offset, strict=True))
        picture = picture.picture
    return picture, offset
