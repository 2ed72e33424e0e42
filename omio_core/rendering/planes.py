"""Planes for a preview: which level, which pixels of it, read with a bound however large the picture is; draws nothing.

A plane is read whole where it is small; of a larger one a few rows where the file can give them alone, else the middle.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import groupby
from typing import Any

import numpy as np
from numpy.typing import NDArray

from omio_core.geometry.box import Box, Span
from omio_core.pixels.protocol import Picture
from omio_core.pixels.stream import fill
from omio_core.settings import MIB

MOST_BYTES = 16 * MIB
"""How many bytes of pixels are read for one plane; a camera with 2,800 by 2,800 pixels of 16 bits is read whole."""

WINDOW_BYTES = 4 * MIB
"""The size of the middle that is read of a plane that is larger and that cannot be thinned out."""

MOST_BLOCK = 512 * MIB
"""A plane is not read if the smallest piece that the file can give is larger."""


@dataclass(frozen=True)
class View:
    """The pixels of one level that a preview shows, the same of every plane.

    Parameters
    ----------
    level
        The picture at that level.
    full
        Y and X of the full resolution.
    rows, columns
        The region of the level that is shown.
    step
        One row and one column of so many are read.
    """

    level: Picture
    full: tuple[int, int]
    rows: Span
    columns: Span
    step: int = 1

    @property
    def whole(self) -> bool:
        """Whether the whole field is shown."""
        return (self.rows, self.columns) == tuple((0, n) for n in self.level.shape[3:])

    @property
    def field(self) -> tuple[float, float]:
        """Height and width of what is shown, in pixels of the full resolution."""
        spans = zip((self.rows, self.columns), self.full, self.level.shape[3:], strict=True)
        height, width = ((stop - start) * full / length for (start, stop), full, length in spans)
        return height, width

    @property
    def note(self) -> str:
        """What of the field is shown, in words; "" if it is all of it."""
        if self.whole:
            return ""
        height, width = self.field
        return f"middle {width:.0f} x {height:.0f} px"

    @cached_property
    def nbytes(self) -> int:
        """Bytes of one plane that are read, about."""
        height, width = (stop - start for start, stop in (self.rows, self.columns))
        return max(1, height // self.step * width * self.level.dtype.itemsize * self.level.samples)

    @property
    def readable(self) -> bool:
        """Whether the pieces that the file can give fit into memory."""
        shape = (min(a, b) for a, b in zip(self.level.blocks, self.level.shape, strict=True))
        return int(np.prod([*shape], dtype=object)) * self.level.dtype.itemsize <= MOST_BLOCK

    def read(self, t: int, z: int, c: Span) -> tuple[NDArray[Any], NDArray[np.bool_]]:
        """Read a plane; return its pixels, of shape (samples, rows, columns), and which of them exist."""
        if self.step == 1:
            pixels, exists = self._read_box(Box(((t, t + 1), (z, z + 1), c, self.rows, self.columns)))
            return pixels, _anywhere(exists)
        every = range(self.rows[0] + (self.step - 1) // 2, self.rows[1], self.step)
        across = range((self.step - 1) // 2, self.columns[1] - self.columns[0], self.step)
        pixels = np.empty((c[1] - c[0], len(every), len(across)), self.level.dtype)
        exists = np.zeros(pixels.shape, bool)
        high = max(1, self.level.blocks[3])
        done = 0
        for _, group in groupby(every, lambda row: row // high):  # rows of a block are read together
            rows = list(group)
            box = Box(((t, t + 1), (z, z + 1), c, (rows[0], rows[-1] + 1), self.columns))
            part, mask = self._read_box(box)
            taken = np.ix_(range(part.shape[0]), [row - rows[0] for row in rows], across)
            pixels[:, done : done + len(rows)], exists[:, done : done + len(rows)] = part[taken], mask[taken]
            done += len(rows)
        return pixels, _anywhere(exists)

    def _read_box(self, box: Box) -> tuple[NDArray[Any], NDArray[np.bool_]]:
        pixels, exists = np.zeros(box.shape, self.level.dtype), np.ones(box.shape, bool)
        if self.level.present is not None:
            exists[...] = False
            for hit in self.level.present.hits(box):
                exists[hit.within(box)] = True
        if exists.any():
            fill(self.level, pixels, box)
            (t, _), (z, _), (start, stop) = box.spans[:3]
            for found in self.level.found_absent():  # known only now that it has been read
                if found[:2] == (t, z) and start <= found[2] < stop and self.level.present is None:
                    exists[:, :, found[2] - start] = False
        return pixels[0, 0], exists[0, 0]


def _anywhere(exists: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return where any sample exists."""
    anywhere: NDArray[np.bool_] = np.logical_or.reduce(exists)
    return anywhere


def view(picture: Picture, edge: int) -> View:
    """Choose what of every plane is read for a panel with edges of at most `edge` pixels.

    The smallest level with at least that many pixels along its longer axis is taken, if it has the same planes.
    """
    level = picture
    for index, shape in enumerate(picture.levels):
        if shape[:3] == picture.shape[:3] and max(shape[3:]) >= min(edge, max(picture.shape[3:])):
            level = picture.at_level(index)
    full = (picture.shape[3], picture.shape[4])
    height, width = level.shape[3:]
    pixel = level.dtype.itemsize * level.samples
    whole = View(level=level, full=full, rows=(0, height), columns=(0, width))
    if height * width * pixel <= MOST_BYTES:
        return whole
    step = max(1, max(height, width) // (2 * edge))
    high = min(max(1, level.blocks[3]), height)
    rows_read = min(height, -(-height // max(step, high)) * high)
    if rows_read * width * pixel <= MOST_BYTES and level.blocks[4] >= width:
        return View(level=level, full=full, rows=(0, height), columns=(0, width), step=step)
    side = int((WINDOW_BYTES / pixel) ** 0.5)
    rows_shown = min(height, max(side, WINDOW_BYTES // pixel // width))
    columns_shown = min(width, WINDOW_BYTES // pixel // rows_shown)
    return View(level=level, full=full, rows=_middle(height, rows_shown), columns=_middle(width, max(1, columns_shown)))


def _middle(length: int, kept: int) -> Span:
    start = (length - kept) // 2
    return start, start + kept


def spread(length: int, most: int) -> Sequence[int]:
    """Return at most `most` indices, evenly spread over an axis, the first and the last among them.

    Examples
    --------
    >>> spread(9, 3), spread(2, 3), spread(1, 3)
    ([0, 4, 8], [0, 1], [0])
    """
    if length <= most:
        return list(range(length))
    return [index * (length - 1) // (most - 1) for index in range(most)] if most > 1 else [length // 2]


__all__ = ["MOST_BYTES", "View", "spread", "view"]
