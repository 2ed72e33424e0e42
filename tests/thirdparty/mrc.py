"""A reader of MRC2014, the format of electron microscopy, written from the page for authors; facts have their source.

Source: Cheng et al. 2015, "MRC2014: extensions to the MRC format header for electron cryo-microscopy and tomography",
Journal of Structural Biology 192, 146-150, doi:10.1016/j.jsb.2015.04.002, table 1.
"""

from __future__ import annotations

import struct
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from omio_core.contract import (
    Box,
    CorruptFileError,
    Fact,
    Facts,
    ImageDescription,
    Level,
    Location,
    Match,
    Opened,
    PositionedFile,
    Probe,
    Reader,
    UnsupportedFeatureError,
    Verdict,
    micrometres,
)

HEADER = 1024
TYPES = {0: "i1", 1: "i2", 2: "f4", 4: "c8", 6: "u2", 12: "f2"}  # by the word MODE


def sniff(probe: Probe) -> Verdict:
    """Recognise MRC2014 by the word MAP at byte 208 and the machine stamp behind it (MRC2014, words 53 and 54)."""
    if probe.head[208:211] == b"MAP" and probe.head[212:213] in (b"\x44", b"\x11"):
        return Verdict(Match.EXACT, "MAP and a machine stamp at byte 208, as in MRC2014")
    return Verdict(Match.NO, "no MAP with a machine stamp at byte 208")


def open_mrc(location: Location) -> Mrc:
    """Open an MRC file."""
    file = location.open()
    try:
        return Mrc(location, file)
    except BaseException:
        file.close()
        raise


def facts(size: tuple[float | None, ...]) -> Facts:
    """Return the size of a voxel; MRC states it in angstrom."""
    x, y, z = (
        None if value is None else Fact(value, "file", f"header: CELLA.{axis} / M{axis}", unit="Å")
        for axis, value in zip("XYZ", size, strict=True)
    )
    return Facts(physical_size_x=x, physical_size_y=y, physical_size_z=z)


class Mrc(Opened):
    """An open MRC file."""

    def __init__(self, location: Location, file: PositionedFile):
        self._location, self._file = location, file
        header = file.read(0, HEADER)
        order = ">" if header[212] == 0x11 else "<"
        nx, ny, nz, mode = struct.unpack_from(f"{order}4i", header, 0)
        sampling, cell = struct.unpack_from(f"{order}3i", header, 28), struct.unpack_from(f"{order}3f", header, 40)
        space_group, extended = struct.unpack_from(f"{order}2i", header, 88)
        if mode not in TYPES:
            raise UnsupportedFeatureError(f"MRC mode {mode} is not read", path=file.path)
        self._stored = np.dtype(order + TYPES[mode])
        if min(nx, ny, nz) < 1 or extended < 0 or HEADER + extended + nx * ny * nz * self._stored.itemsize > file.size:
            raise CorruptFileError(
                f"{file.path} ends too soon",
                evidence=f"{nx} x {ny} x {nz} pixels of {self._stored} declared, the file has {file.size} bytes",
                remedy="copy it again",
                path=file.path,
            )
        self._shape, self._begin = (nz, ny, nx), HEADER + extended
        size = [micrometres(c / m, "Å") if m > 0 else None for c, m in zip(cell, sampling, strict=True)]
        if space_group == 0:  # a stack of images: the slices are not sections of a volume
            size[2] = None
        self._images = (
            ImageDescription(
                axes="QYX" if space_group == 0 else "ZYX",
                dtype=self._stored.newbyteorder("="),
                levels=(Level(shape=self._shape, blocks=(1, 1, nx)),),
                facts=partial(facts, tuple(size)),
                kind="MRC2014",
                not_kept=(f"{extended} bytes of extended header",) if extended else (),
            ),
        )

    @property
    def images(self) -> tuple[ImageDescription, ...]:
        """The only image."""
        return self._images

    @property
    def members(self) -> tuple[Location, ...]:
        """The file itself."""
        return (self._location,)

    def read_into(self, out: NDArray[Any], image: int, box: Box, level: int) -> None:
        """Fill `out`, one read a section."""
        (first, last), (top, bottom), (left, right) = box.spans
        _, height, width = self._shape
        row = width * self._stored.itemsize
        for z in range(first, last):
            data = self._file.read(self._begin + (z * height + top) * row, (bottom - top) * row)
            out[z - first] = np.frombuffer(data, self._stored).reshape(-1, width)[:, left:right]

    def close(self) -> None:
        """Close the file."""
        self._file.close()


READER = Reader(
    name="mrc",
    title="MRC2014 images and volumes of electron microscopy",
    suffixes=(".mrc", ".mrcs"),
    sniff=sniff,
    open=f"{__name__}:open_mrc",
)
