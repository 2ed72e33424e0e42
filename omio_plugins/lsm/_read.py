"""The open LSM file: regions of its images, read by the TIFF reader; it knows no tag and decodes nothing."""

from __future__ import annotations

import os
from typing import Any

import numpy as np
from numpy.typing import NDArray

from omio_core.contract import Box, ImageDescription
from omio_plugins.tiff._members import Members
from omio_plugins.tiff._picture import Picture
from omio_plugins.tiff._read import TiffImages

from ._pictures import Composed, describe


def open_lsm(path: str) -> LsmImages:
    """Open an LSM file.

    Raises
    ------
    CorruptFileError, LimitExceededError, UnsupportedFeatureError, ReadError, FileNotFoundError
    """
    return LsmImages(os.fspath(path))


class LsmImages:
    """The images of an open LSM file; an `omio_core.contract.Opened`."""

    def __init__(self, path: str):
        self._composed: list[Composed] = []
        self._tiff = TiffImages(path, self._describe)
        counts = [len(one.parts) for one in self._composed]
        self._firsts = [sum(counts[:k]) for k in range(len(counts))]

    def _describe(self, members: Members) -> list[Picture]:
        self._composed = describe(members.first)
        return [part for one in self._composed for part in one.parts]

    @property
    def images(self) -> tuple[ImageDescription, ...]:
        """The images in file order: positions and tiles."""
        return tuple(one.described for one in self._composed)

    @property
    def members(self) -> tuple[str, ...]:
        """The file."""
        return self._tiff.members

    def close(self) -> None:
        """Let go of the file."""
        self._tiff.close()

    def read_into(self, out: NDArray[Any], image: int, box: Box, level: int) -> None:
        """Fill `out` with `box`; see `omio_core.contract.Opened`.

        Raises
        ------
        CorruptFileError
            The file ends too soon, or a strip cannot be decoded.
        UnsupportedFeatureError
            Nothing here decodes its compression.
        """
        one, first = self._composed[image], self._firsts[image]
        if len(one.parts) == 1:
            self._tiff.read_into(out, first, box, level)
            return
        at = one.described.axes.index("C")
        start, stop = box.spans[at]
        inner = Box((*box.spans[:at], *box.spans[at + 1 :]))
        for channel in range(start, stop):
            part = np.empty(inner.shape, one.parts[channel].description.dtype)
            self._tiff.read_into(part, first + channel, inner, level)
            out[(slice(None),) * at + (channel - start,)] = part
