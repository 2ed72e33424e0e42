"""Reads TEN: ``TEN1``, then Z, C, Y, X as little-endian 32-bit integers, then the pixels, uint16 in that order."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from omio_core.contract import (
    Box,
    Channel,
    CorruptFileError,
    Fact,
    Facts,
    ImageDescription,
    Level,
    Location,
    Opened,
    PositionedFile,
)

HEAD = struct.Struct("<4s4I")


class Ten(Opened):
    """An open TEN file."""

    def __init__(self, location: Location) -> None:
        self._location = location
        self._file: PositionedFile = location.open()
        magic, z, c, y, x = HEAD.unpack(self._file.read(0, HEAD.size))
        if magic != b"TEN1" or self._file.size != HEAD.size + 2 * z * c * y * x:
            raise CorruptFileError(f"{location} is no TEN", path=str(location))
        self._shape = (z, c, y, x)

    @property
    def images(self) -> Sequence[ImageDescription]:
        level = Level(shape=self._shape, blocks=(1, 1, *self._shape[2:]))
        return (ImageDescription(name=None, axes="ZCYX", dtype=np.dtype("<u2"), levels=(level,), facts=self._facts),)

    def _facts(self) -> Facts:
        channels = tuple(Channel(name=Fact(f"C{c}", "file")) for c in range(self._shape[1]))
        return Facts(physical_size_x=Fact(0.5, "file"), channels=channels)

    @property
    def members(self) -> Sequence[Location]:
        return (self._location,)

    def read_into(self, out: NDArray[Any], image: int, box: Box, level: int) -> None:
        (z0, _), (c0, _), (y0, _), (x0, _) = box.spans
        for z in range(out.shape[0]):
            for c in range(out.shape[1]):
                for y in range(out.shape[2]):
                    at = (((z0 + z) * self._shape[1] + c0 + c) * self._shape[2] + y0 + y) * self._shape[3] + x0
                    row = self._file.read(HEAD.size + 2 * at, 2 * out.shape[3])
                    out[z, c, y] = np.frombuffer(row, "<u2")

    def close(self) -> None:
        self._file.close()


def open_ten(location: Location) -> Opened:
    """Open a TEN file."""
    return Ten(location)
