"""The structure of a page's picture from its tags: size, type and storage; it reads no file and knows no flavour.

Tags and their defaults: TIFF 6.0, sections 8 (baseline), 13 to 15 (LZW, predictor, tiles), 19 (sample formats),
21 (YCbCr). Every size is checked against the file's size here, before anything of that size is allocated.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any

import numpy as np

from omio_core.contract import OmioError, UnsupportedFeatureError

STRIP_OFFSETS, STRIP_COUNTS, TILE_OFFSETS, TILE_COUNTS = 273, 279, 324, 325
OFFSETS = (TILE_OFFSETS, STRIP_OFFSETS)
SUB_IFDS = 330  # Adobe PageMaker 6.0 TIFF Technical Notes, note 1: TIFF trees
TABLES = frozenset((STRIP_OFFSETS, STRIP_COUNTS, TILE_OFFSETS, TILE_COUNTS))
"""Tags of which the number of values belongs to the structure, but not the values."""

STRUCTURAL = frozenset(
    (254, 255, 256, 257, 258, 259, 262, 266, 277, 278, 284, 292, 317, 322, 323, 338, 339, 530, 32997, 32998)
)
"""Tags whose values belong to the structure."""

NONE, PACKBITS = 1, 32773
DEFLATE = (8, 32946, 50013)
JPEG = (6, 7, 33007, 34892)
CCITT = (2, 3, 4)
RGB, PALETTE, MASK, YCBCR = 2, 3, 4, 6

# The number of bytes that one stored byte can decode to: PackBits makes 128 of 2; deflate's limit is 1032
# (https://zlib.net/zlib_tech.html); an LZW code of 9 to 12 bits stands for a string of at most 4096 bytes.
_CAPS = {NONE: 1, 5: 4096, PACKBITS: 64, **dict.fromkeys(DEFLATE, 1032)}

_KINDS = {1: "u", 2: "i", 3: "f", 4: "u", 5: "ci", 6: "c"}  # SampleFormat; 4 is "undefined", 5 complex integer


@dataclass(frozen=True, kw_only=True)  # no slots: the cached properties are used at every read
class Structure:
    """Size, type and storage of a page's picture; pages with equal structures decode alike.

    Attributes
    ----------
    width, length, samples
        Pixels per row, rows, samples per pixel.
    bits
        Bits per sample, the same for all samples.
    kind
        SampleFormat; None if the tag is absent, which means unsigned.
    planar
        Whether each sample has a separate picture (PlanarConfiguration 2).
    tile
        Rows and columns of a tile; None for strips.
    rows
        Rows of a strip (of a tile: its rows).
    subfile
        NewSubfileType: bit 0 a reduced resolution, bit 2 a mask.
    """

    width: int
    length: int
    samples: int
    bits: int
    kind: int | None
    dtype: np.dtype[Any]
    photometric: int
    compression: int
    predictor: int
    planar: bool
    fill_order: int
    extra_samples: tuple[int, ...]
    tile: tuple[int, int] | None
    rows: int
    subfile: int
    subsampling: tuple[int, ...]
    t4_options: int | None

    @cached_property
    def axes(self) -> str:
        """Native axes of one page; samples are an axis if there is more than one."""
        if self.samples == 1:
            return "YX"
        return "SYX" if self.planar else "YXS"

    @cached_property
    def shape(self) -> tuple[int, ...]:
        """Lengths along `axes`."""
        if self.samples == 1:
            return (self.length, self.width)
        return (self.samples, self.length, self.width) if self.planar else (self.length, self.width, self.samples)

    @cached_property
    def picture(self) -> tuple[Any, ...]:
        """The properties that pages of one image share; the cut into strips may differ."""
        return (self.axes, self.shape, self.dtype.str, self.bits, self.photometric, self.compression)

    @cached_property
    def contig(self) -> int:
        """Samples per pixel that are stored side by side."""
        return 1 if self.planar else self.samples

    @cached_property
    def planes(self) -> int:
        """The number of pictures that are stored one after the other."""
        return self.samples if self.planar else 1

    @cached_property
    def columns(self) -> int:
        """Columns of a strip or tile."""
        return self.tile[1] if self.tile else self.width

    @cached_property
    def grid(self) -> tuple[int, int]:
        """The number of strips or tiles along Y and X, in one plane."""
        return -(-self.length // self.rows), -(-self.width // self.columns)

    @cached_property
    def segments(self) -> int:
        """The number of strips or tiles of the page."""
        down, across = self.grid
        return self.planes * down * across

    @cached_property
    def row_bytes(self) -> int:
        """Stored bytes of an uncompressed row of a strip or tile; rows begin at whole bytes."""
        return (self.columns * self.contig * self.bits + 7) // 8

    @cached_property
    def nbytes(self) -> int:
        """Bytes of the picture in memory."""
        return self.length * self.width * self.samples * self.dtype.itemsize

    @cached_property
    def plain(self) -> bool:
        """Whether decompressed bytes are pixels except for the byte order."""
        is_whole = self.bits == 8 * self.dtype.itemsize and self.dtype.kind != "b" and self.kind != 5
        subsampled = self.photometric == YCBCR and self.subsampling != (1, 1)
        return is_whole and self.fill_order == 1 and self.predictor == 1 and not subsampled

    @cached_property
    def direct(self) -> bool:
        """Whether stored bytes are pixels except for the byte order."""
        return self.compression == NONE and self.plain


Values = Callable[[int], tuple[Any, ...]]
MakeError = Callable[[str], OmioError]


def structure_of(values: Values, *, counts: Mapping[int, int], size: int, make_error: MakeError) -> Structure:
    """Derive the structure of a page from its tags.

    Parameters
    ----------
    values
        From the code of a tag to its values, empty if it is absent.
    counts
        From those tags of `OFFSETS` that the page has to their numbers of values.
    size
        Size of the file in bytes.
    make_error
        From evidence to an error about this page.

    Raises
    ------
    CorruptFileError
        A size is missing or invalid, strips or tiles are missing, or the picture cannot lie in the file.
    UnsupportedFeatureError
        The page has a type of sample or a volume that OMIO does not read.
    """

    def integer(code: int, default: int, least: int = 0) -> int:
        numbers = values(code)
        if not numbers:
            return default
        if not isinstance(numbers[0], int) or numbers[0] < least:
            raise make_error(f"tag {code} is {numbers[0]}")
        return numbers[0]

    width, length = integer(256, 0, 1), integer(257, 0, 1)
    if not width or not length:
        raise make_error("ImageWidth or ImageLength is missing")
    compression, photometric = integer(259, NONE), integer(262, 1)
    samples = integer(277, 1, 1)
    if max(integer(32997, 1), integer(32998, 1)) > 1:
        raise UnsupportedFeatureError("volumes inside one page (ImageDepth) are not read", evidence="tag 32997")
    bits, kind = _bits(values(258), samples), _sample_format(values(339), samples)
    tile, rows = _cut(integer, values, length, counts, make_error)
    fill_order = integer(266, 1)
    structure = Structure(
        width=width, length=length, samples=samples, bits=bits, kind=kind, dtype=_dtype(bits, kind or 1),
        photometric=photometric, compression=compression, predictor=integer(317, 1),
        planar=integer(284, 1) == 2 and samples > 1, fill_order=2 if fill_order == 2 else 1,
        extra_samples=tuple(values(338)), tile=tile, rows=rows,
        subfile=integer(254, 0) or {2: 1}.get(integer(255, 0), 0), subsampling=tuple(values(530)),
        t4_options=integer(292, 0) if values(292) else None,
    )  # fmt: skip
    _check_segments(structure, counts, size, make_error)
    return structure


def _cut(
    integer: Callable[..., int], values: Values, length: int, counts: Mapping[int, int], make_error: MakeError
) -> tuple[tuple[int, int] | None, int]:
    """Rows and columns of a tile, or None for strips, and the rows of a strip or tile."""
    if TILE_OFFSETS in counts or values(322):
        tile = (integer(323, 0, 1), integer(322, 0, 1))
        if 0 in tile:
            raise make_error("TileWidth or TileLength is missing")
        return tile, tile[0]
    rows = integer(278, length)
    if rows == 0 and counts.get(STRIP_OFFSETS, 0) > 1:
        raise make_error("RowsPerStrip is 0")
    return None, min(rows or length, length)


def _bits(values: tuple[Any, ...], samples: int) -> int:
    numbers = values[:samples] or (1,)
    if any(v != numbers[0] for v in numbers) or not isinstance(numbers[0], int):
        raise UnsupportedFeatureError(
            "samples of different depth are not read", evidence=f"BitsPerSample is {numbers[:8]}"
        )
    return numbers[0]


def _sample_format(values: tuple[Any, ...], samples: int) -> int | None:
    numbers = values[:samples]
    if any(v != numbers[0] for v in numbers):
        raise UnsupportedFeatureError(
            "samples of different types are not read", evidence=f"SampleFormat is {numbers[:8]}"
        )
    return int(numbers[0]) if numbers else None


@lru_cache
def _dtype(bits: int, kind: int) -> np.dtype[Any]:
    """The smallest type that holds a sample; the next larger one if numpy has none of its size."""
    letter = _KINDS.get(kind, "")
    if letter == "u" and bits == 1:
        return np.dtype(bool)
    bytes_of = next((n for n in (1, 2, 4) if bits <= 8 * n), 8 if bits == 64 else 0) if bits > 0 else 0
    names = {"u": f"u{bytes_of}", "i": f"i{bytes_of}" if bits in (8, 16, 32, 64) else ""}
    names["f"] = {16: "f2", 24: "f4", 32: "f4", 64: "f8"}.get(bits, "")
    names["c"] = {64: "c8", 128: "c16"}.get(bits, "")
    names["ci"] = {32: "c8", 64: "c16"}.get(bits, "")
    name = names.get(letter, "")
    if not name or name.endswith("0"):
        raise UnsupportedFeatureError("this type of sample is not read", evidence=f"{bits} bits, SampleFormat {kind}")
    return np.dtype(name)


def _check_segments(structure: Structure, counts: Mapping[int, int], size: int, make_error: MakeError) -> None:
    """Check the declared strips or tiles against the offsets and the size of the file."""
    number = next((counts[code] for code in OFFSETS if code in counts), 0)
    if number < structure.segments:
        what = "tiles" if structure.tile else "strips"
        raise make_error(
            f"{structure.length} rows of {structure.width} pixels need {structure.segments} {what}, "
            f"offsets of {number} are there"
        )
    if structure.segments * 2 > size:  # an offset takes 2 bytes at least
        raise make_error(f"{structure.segments} strips or tiles in a file of {size} bytes")


def expansion_limit(structure: Structure, size: int) -> int:
    """The largest number of bytes of pixels to which `size` stored bytes can decode in this compression."""
    if structure.compression in CCITT:  # a row takes a bit at least
        return size * 8 * structure.row_bytes
    return size * _CAPS.get(structure.compression, 1 << 20)


def can_fit(structure: Structure, size: int) -> bool:
    """Whether a page whose strips or tiles all exist can lie in a file of `size` bytes."""
    return structure.length * -(-structure.width * structure.samples * structure.bits // 8) <= expansion_limit(
        structure, size
    )
