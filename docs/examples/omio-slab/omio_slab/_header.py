"""The header of a SLAB file, between bytes and values; it knows no OMIO and imports no array library.

Source of every fact about the format: the tables in README.md.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

MAGIC = b"SLAB\x01\x00"  # with version 1
FILE = struct.Struct("<6sH")
IMAGE = struct.Struct("<6I4d2Q")
PIXEL_TYPES = {1: "uint8", 2: "uint16", 3: "uint32", 4: "int16", 5: "float32", 6: "float64"}
ITEM_SIZES = {"uint8": 1, "uint16": 2, "uint32": 4, "int16": 2, "float32": 4, "float64": 8}
DIGEST = 16  # characters for each plane


@dataclass(frozen=True, slots=True, kw_only=True)
class Header:
    """The header of one image; a size of 0 is unknown.

    Parameters
    ----------
    shape
        Lengths of T, Z, C, Y, X.
    dtype
        The type of the pixels, as numpy names it.
    nanometres
        Pixel size in X, Y and Z.
    milliseconds
        Time from one time point to the next.
    pixels, digests
        Where they begin in the file; 0 if there are no digests.
    """

    shape: tuple[int, ...]
    dtype: str
    nanometres: tuple[float, ...] = (0.0, 0.0, 0.0)
    milliseconds: float = 0.0
    pixels: int = 0
    digests: int = 0

    @property
    def row(self) -> int:
        """Bytes of one row."""
        return self.shape[4] * ITEM_SIZES[self.dtype]

    @property
    def planes(self) -> int:
        """Number of planes."""
        return math.prod(self.shape[:3])

    @property
    def end(self) -> int:
        """Where the pixels end."""
        return self.pixels + self.planes * self.shape[3] * self.row


def image_count(data: bytes) -> int:
    """Return the number of images from the first bytes of a file."""
    magic, count = FILE.unpack(data)
    if magic != MAGIC or count < 1:
        raise ValueError(f"it begins with {data!r}")
    return int(count)


def parse(data: bytes) -> Iterator[Header]:
    """Yield the headers of all images from their bytes; a ValueError says what is impossible in them."""
    for *lengths, code, x, y, z, step, pixels, digests in IMAGE.iter_unpack(data):
        if min(lengths) < 1 or code not in PIXEL_TYPES:
            raise ValueError(f"lengths {lengths}, type of pixels {code}")
        yield Header(
            shape=tuple(lengths),
            dtype=PIXEL_TYPES[code],
            nanometres=(x, y, z),
            milliseconds=step,
            pixels=pixels,
            digests=digests,
        )


def pack(headers: Sequence[Header]) -> bytes:
    """Return the bytes of all headers."""
    codes = {name: code for code, name in PIXEL_TYPES.items()}
    images = [IMAGE.pack(*h.shape, codes[h.dtype], *h.nanometres, h.milliseconds, h.pixels, h.digests) for h in headers]
    return b"".join([FILE.pack(MAGIC, len(headers)), *images])
