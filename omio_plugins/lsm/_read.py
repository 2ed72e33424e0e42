"""The open LSM file: the TIFF reader reads the regions of its images; it knows no tag and decodes nothing."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from omio_core.contract import Box, ImageDescription, Location, Opened
from omio_plugins.tiff.family import Members, Picture, TiffImages

from ._pictures import CompositeImage, describe


def open_lsm(location: Location) -> LsmImages:
    """Open an LSM file.

    Raises
    ------
    CorruptFileError
        The file is damaged, or no LSM file.
    LimitExceededError
        The file has more pages than the settings allow.
    UnsupportedFeatureError
        The file is big-endian, or stores its pixels as no LSM file does.
    ReadError
        The file cannot be read.
    FileNotFoundError
        There is no such file.
    """
    return LsmImages(location)


class LsmImages(Opened):
    """The images of an open LSM file."""

    def __init__(self, location: Location):
        self._composites: list[CompositeImage] = []
        self._tiff = TiffImages(location, self._describe)
        counts = [len(composite.parts) for composite in self._composites]
        self._firsts = [sum(counts[:k]) for k in range(len(counts))]

    def _describe(self, members: Members) -> list[Picture]:
        self._composites = describe(members.first, members.location)
        return [part for composite in self._composites for part in composite.parts]

    @property
    def images(self) -> tuple[ImageDescription, ...]:
        """The images in file order: positions and tiles."""
        return tuple(composite.described for composite in self._composites)

    @property
    def members(self) -> tuple[Location, ...]:
        """The location of the file."""
        return self._tiff.members

    def close(self) -> None:
        """Close the file."""
        self._tiff.close()

    def read_into(self, out: NDArray[Any], image: int, box: Box, level: int) -> None:
        """Fill `out` with `box`; see `omio_core.contract.Opened`.

        Raises
        ------
        CorruptFileError
            The file ends too soon, or a strip cannot be decoded.
        UnsupportedFeatureError
            The compression is not supported.
        """
        composite, first = self._composites[image], self._firsts[image]
        if len(composite.parts) == 1:
            self._tiff.read_into(out, first, box, level)
            return
        at = composite.described.axes.index("C")
        start, stop = box.spans[at]
        inner = Box((*box.spans[:at], *box.spans[at + 1 :]))
        for channel in range(start, stop):
            part = np.empty(inner.shape, composite.parts[channel].description.dtype)
            self._tiff.read_into(part, first + channel, inner, level)
            out[(slice(None),) * at + (channel - start,)] = part
