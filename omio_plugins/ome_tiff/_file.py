"""Write TIFF as a stream: segments as they arrive, the directories last; it knows neither OME nor what pixels mean.

Tags, types and their order are those of TIFF 6.0 (https://www.itu.int/itudoc/itu-t/com16/tiff-fx/docs/tiff6.pdf) and of
BigTIFF (https://www.awaresystems.be/imaging/tiff/bigtiff.html). Pixels are written once, without padding between
segments, so that the uncompressed planes of a file without a pyramid are one run of bytes. Because the directories
follow the pixels, the writer chooses between classic TIFF and BigTIFF when every size is known, and a description can
contain the digests of the pixels.

Directories, and the values that do not fit them, begin at multiples of 8 bytes: "The value is expected to begin on a
word boundary" (TIFF 6.0, section 2). Strips and tiles need no such alignment, so there is no padding between them.
"""

from __future__ import annotations

import struct
from array import array
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import BinaryIO

from omio_core.contract import WriteError, advise

WORD = 8  # bytes; TIFF 6.0 wants 2, offsets of BigTIFF have 8
HEADER = 16  # bytes of a BigTIFF header; a classic header takes 8, the other 8 stay empty
MOST_CLASSIC = 2**32 - 2**25
"""A file that would be longer becomes BigTIFF; the margin is for programs that add a tag later."""

_SIZES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 16: 8}  # of the types BYTE, ASCII, SHORT, LONG, RATIONAL, LONG8
CENTIMETRE = 3  # ResolutionUnit
_SAMPLE_FORMATS = {"u": 1, "i": 2, "f": 3, "c": 6}


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """How the planes of an image are stored.

    Parameters
    ----------
    height, width, samples
        Rows and columns in pixels, and samples per pixel; the samples of a pixel lie beside each other.
    kind, bits
        The letter of the numpy dtype's kind (``u``, ``i``, ``f``, ``c``) and the bits of a sample.
    compression, predictor
        The values of the tags of these names; see `_codecs`.
    tile
        Edge of square tiles, or None for strips.
    rows
        Rows of a strip.
    resolution, unit
        Pixels per unit along X and Y, None where unknown; the unit's code in the tag ResolutionUnit, 3 for centimetres.
    """

    height: int
    width: int
    samples: int
    kind: str
    bits: int
    compression: int
    predictor: int = 1
    tile: int | None
    rows: int
    resolution: tuple[Fraction, Fraction] | None = None
    unit: int = CENTIMETRE

    def halve(self) -> Form:
        """The form of the next level of a pyramid: half as many rows and columns, without an odd last one."""
        height, width = max(1, self.height // 2), max(1, self.width // 2)
        scale = [Fraction(after, before) for after, before in ((width, self.width), (height, self.height))]
        resolution = self.resolution
        scaled = [value * factor for value, factor in zip(resolution, scale, strict=True)] if resolution else []
        fits = scaled and all(max(value.numerator, value.denominator) < 2**32 for value in scaled)
        return replace(
            self,
            height=height,
            width=width,
            rows=min(self.rows, height),
            resolution=(scaled[0], scaled[1]) if fits else None,
        )

    @property
    def segments(self) -> int:
        """Strips or tiles of a plane."""
        if self.tile:
            return -(-self.height // self.tile) * -(-self.width // self.tile)
        return -(-self.height // self.rows)


@dataclass(slots=True)
class _Page:
    form: Form
    reduced: list[_Page] = field(default_factory=list)  # the levels of a pyramid, largest first
    offsets: array[int] = field(default_factory=lambda: array("Q"))
    counts: array[int] = field(default_factory=lambda: array("Q"))


class Stream:
    """A TIFF that is being written.

    Parameters
    ----------
    file
        Open for writing, empty.
    """

    def __init__(self, file: BinaryIO):
        self._file = file
        self._pages: list[_Page] = []
        self._end = HEADER
        file.write(bytes(HEADER))  # no signature yet: a process killed here leaves no TIFF, rather than a wrong one

    @property
    def pages(self) -> int:
        """The number of planes begun so far."""
        return len(self._pages)

    @property
    def end(self) -> int:
        """The offset behind the last segment written."""
        return self._end

    def begin(self, form: Form, reduced: Sequence[Form] = ()) -> None:
        """Begin the next plane; its segments and those of its levels follow, those of each level in order."""
        self._pages.append(_Page(form, [_Page(level_form) for level_form in reduced]))

    def segment(self, data: bytes | memoryview, counts: Sequence[int], level: int = 0) -> None:
        """Write one or more whole segments of the current plane, one after another; `counts` are their bytes."""
        page = self._pages[-1] if level == 0 else self._pages[-1].reduced[level - 1]
        for count in counts:
            page.offsets.append(self._end)
            page.counts.append(count)
            self._end += count
        self._file.write(data)

    def finish(
        self, description: bytes, software: bytes, *, second: bytes | None = None, bigtiff: bool | None = None
    ) -> bool:
        """Write the description, the directories and the header.

        Parameters
        ----------
        description, software
            Tags of the first page; UTF-8, which OME-TIFF stores in its ASCII tag.
        second
            Another description of the first page, for readers that take the last; see `_fiji`.
        bigtiff
            Whether to write BigTIFF; None where the size decides.

        Returns
        -------
        bool
            Whether it is BigTIFF.

        Raises
        ------
        WriteError
            `bigtiff` is False and the file is too long for classic TIFF.
        """
        texts = [(270, description), *([] if second is None else [(270, second)]), (305, software)]
        length = sum(len(text) + 1 + WORD for _, text in texts)
        # the entries of a page take less than 500 bytes in BigTIFF; the offset and size of a segment take 16
        pages = [page for plane in self._pages for page in (plane, *plane.reduced)]
        size = self._end + length + sum(500 + 16 * len(page.offsets) for page in pages)
        if bigtiff is None:
            bigtiff = size > MOST_CLASSIC
        if not bigtiff and size > MOST_CLASSIC:
            raise too_long_for_classic(size)
        text_entries: list[tuple[int, int, int]] = []
        self._align()
        for code, text in texts:
            text_entries.append((code, len(text) + 1, self._put(text + b"\0")))
            self._align()
        # the directories of levels come first, so that those of the planes are one run
        levels = [
            [self._put(_directory(level, self._end, bigtiff, reduced=True)) for level in page.reduced]
            for page in self._pages
        ]
        start = self._end
        for index, page in enumerate(self._pages):
            last = index == len(self._pages) - 1
            texts_of = text_entries if index == 0 else ()
            self._put(_directory(page, self._end, bigtiff, texts=texts_of, levels=levels[index], last=last))
        self._file.seek(0)
        if bigtiff:
            self._file.write(struct.pack("<2sHHHQ", b"II", 43, 8, 0, start))
        else:
            self._file.write(struct.pack("<2sHL", b"II", 42, start))
        return bigtiff

    def _align(self) -> None:
        """Pad up to the next word boundary."""
        self._put(bytes(-self._end % WORD))

    def _put(self, block: bytes) -> int:
        """Write a block and return its offset."""
        at = self._end
        self._file.write(block)
        self._end += len(block)
        return at


def too_long_for_classic(size: int) -> WriteError:
    """The error for a file of `size` bytes that was to be classic TIFF."""
    return WriteError(
        "the pixels do not fit a classic TIFF",
        evidence=f"{size} bytes",
        remedy=advise("leave out {bigtiff}", bigtiff=False),
    )


def _directory(
    page: _Page,
    at: int,
    bigtiff: bool,
    *,
    texts: Sequence[tuple[int, int, int]] = (),
    levels: Sequence[int] = (),
    reduced: bool = False,
    last: bool = True,
) -> bytes:
    """One directory, followed by the values that do not fit its entries; its length is a multiple of a word."""
    offset_type, entry, inline = (16, struct.Struct("<HHQ"), 8) if bigtiff else (4, struct.Struct("<HHL"), 4)
    tags = _tags(page, offset_type)
    if reduced:
        tags[254] = 4, struct.pack("<L", 1)  # NewSubfileType: a reduced-resolution version of another image
    if levels:  # SubIFDs (TIFF Technical Note 1), where OME-TIFF keeps its pyramids
        tags[330] = offset_type, struct.pack(f"<{len(levels)}{'Q' if bigtiff else 'L'}", *levels)
    pointer = "<Q" if bigtiff else "<L"
    number = len(tags) + len(texts)
    head = struct.pack("<Q" if bigtiff else "<H", number)
    behind = at + len(head) + number * (entry.size + inline) + struct.calcsize(pointer)
    begin = behind + -behind % WORD
    entries = [(code, entry.pack(code, 2, count) + struct.pack(pointer, where)) for code, count, where in texts]
    values = bytearray()
    for code, (kind, data) in tags.items():
        value = data.ljust(inline, b"\0")
        if len(data) > inline:
            value = struct.pack(pointer, begin + len(values))
            values += data.ljust(-(-len(data) // WORD) * WORD, b"\0")
        entries.append((code, entry.pack(code, kind, len(data) // _SIZES[kind]) + value))
    entries.sort(key=lambda pair: pair[0])  # stable: two texts of one tag keep their order
    following = 0 if last else begin + len(values)
    block = head + b"".join(pair for _, pair in entries) + struct.pack(pointer, following)
    return block.ljust(begin - at, b"\0") + bytes(values)


def _tags(page: _Page, offset_type: int) -> dict[int, tuple[int, bytes]]:
    """The type and the little-endian value of each tag."""
    form = page.form
    rgb = form.samples in (3, 4)
    wide = "Q" if offset_type == 16 else "L"

    def short(*values: int) -> tuple[int, bytes]:
        return 3, struct.pack(f"<{len(values)}H", *values)

    def long(value: int) -> tuple[int, bytes]:
        return 4, struct.pack("<L", value)

    tags = {
        256: long(form.width),
        257: long(form.height),
        258: short(*(form.bits,) * form.samples),
        259: short(form.compression),
        262: short(2 if rgb else 1),  # PhotometricInterpretation: RGB, or black is zero
        277: short(form.samples),
        284: short(1),  # PlanarConfiguration: samples beside each other
        339: short(*(_SAMPLE_FORMATS[form.kind],) * form.samples),
    }
    # without XResolution and YResolution no size is stated; 1/1 would be read as a pixel of one unit
    tags[296] = short(form.unit if form.resolution else 1)  # ResolutionUnit: centimetre, or none
    if form.resolution:
        for code, value in zip((282, 283), form.resolution, strict=True):
            tags[code] = 5, struct.pack("<LL", value.numerator, value.denominator)
    if form.predictor != 1:
        tags[317] = short(form.predictor)
    if form.samples == 4:
        tags[338] = short(2)  # ExtraSamples: unassociated alpha
    offsets, counts = (
        (offset_type, struct.pack(f"<{len(values)}{wide}", *values)) for values in (page.offsets, page.counts)
    )
    if form.tile:
        tags |= {322: long(form.tile), 323: long(form.tile), 324: offsets, 325: counts}
    else:
        tags |= {273: offsets, 278: long(form.rows), 279: counts}
    return tags


def resolution(micrometres: float) -> Fraction | None:
    """Pixels per centimetre as a TIFF RATIONAL; None where two 32-bit numbers cannot express it to six digits."""
    exact = Fraction(10_000) / Fraction(micrometres)
    most = 2**32 - 1
    if exact > most or exact < Fraction(1, most):
        return None
    ratio = exact.limit_denominator(min(most, max(1, int(most / exact))))
    if not ratio or ratio.numerator > most or abs(ratio / exact - 1) > Fraction(1, 10**6):
        return None
    return ratio
