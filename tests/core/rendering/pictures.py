"""Pictures that count what is read of them, for the tests of rendering."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from omio_core import Image
from omio_core.geometry.box import Box, Present
from omio_core.metadata.facts import Facts
from omio_core.metadata.model import Metadata
from omio_core.pixels.picture import PictureBase


class Counted(PictureBase):
    """Pixels of uint16 with the value 100 times C plus T; counts what is read."""

    def __init__(
        self,
        shape: tuple[int, ...],
        blocks: tuple[int, ...],
        *,
        boxes: tuple[Box, ...] | None = None,
        smaller: Sequence[Counted] = (),
    ):
        self.shape, self.blocks, self.dtype, self.smaller = shape, blocks, np.dtype("uint16"), smaller
        self.present = None if boxes is None else Present(boxes)
        self.read: list[Box] = []

    @property
    def levels(self) -> tuple[tuple[int, ...], ...]:
        """The shapes of all resolutions."""
        return (self.shape, *(picture.shape for picture in self.smaller))

    def at_level(self, level: int) -> Counted:
        """One of the resolutions."""
        return (self, *self.smaller)[level]

    def read_into(self, out: np.ndarray, box: Box) -> None:
        """Remember the box."""
        self.read.append(box)
        t, c = (np.arange(*box.spans[axis]) for axis in (0, 2))
        out[...] = 100 * c[None, None, :, None, None] + t[:, None, None, None, None]

    @property
    def bytes_read(self) -> int:
        """How much was asked for."""
        return sum(box.size for box in self.read) * self.dtype.itemsize


def image_of(picture: Any, **facts: Any) -> Image:
    """An image of a picture, with facts."""
    metadata = Metadata(shape=picture.shape, dtype=str(picture.dtype), samples=picture.samples, facts=Facts(**facts))
    return Image(picture, metadata)


def image_of_array(array: np.ndarray, axes: str, **facts: Any) -> Image:
    """An image of an array, with facts."""
    return image_of(Image.of_array(array, axes=axes).picture, **facts)
