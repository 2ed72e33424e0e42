"""A toy merge, arrays as pictures, and a picture read whole."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from omio_core.geometry.axes import CANONICAL, layout
from omio_core.geometry.box import Box, Present
from omio_core.pixels.array import ArrayPicture
from omio_core.pixels.picture import PictureBase, read
from omio_core.pixels.protocol import Picture


@dataclass(frozen=True)
class Placed(PictureBase):
    """A toy merge: pictures at offsets in a larger one; what none of them covers is absent."""

    parts: tuple[Picture, ...]
    offsets: tuple[tuple[int, ...], ...]
    shape: tuple[int, ...]
    dtype: np.dtype[Any]

    @property
    def blocks(self):
        return tuple(max(b) for b in zip(*(part.blocks for part in self.parts), strict=True))

    @property
    def present(self):
        return Present(
            box.shift(offset)
            for part, offset in zip(self.parts, self.offsets, strict=True)
            for box in (part.present or [Box.whole(part.shape)])
        )

    def read_into(self, out, box):
        for part, offset in zip(self.parts, self.offsets, strict=True):
            hit = Box.whole(part.shape).shift(offset) & box
            if hit is not None:
                read(part, out[hit.within(box)], hit.shift([-n for n in offset]))


def of_array(array, axes=CANONICAL):
    return ArrayPicture(array, layout(axes, array.shape, caller=axes))


def whole(picture, dtype=None):
    out = np.full(picture.shape, 77, dtype or picture.dtype)
    read(picture, out, Box.whole(picture.shape))
    return out
