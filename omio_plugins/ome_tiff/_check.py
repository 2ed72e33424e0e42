"""A written OME-TIFF looked at before it is landed: its directories and its OME-XML; it reads no pixel.

It shares nothing with the code that wrote the file but the numbers of the tags.
"""

from __future__ import annotations

import os
import struct
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, BinaryIO

from omio_core.errors import CorruptFileError
from omio_core.ome import read, write
from omio_core.parsing.xml import named, parse

if TYPE_CHECKING:
    from omio_core.contract import ImageLike

WORD = 2  # bytes; where directories and values begin (TIFF 6.0, section 2)
_FORMATS = {1: "B", 2: "B", 3: "H", 4: "L", 5: "Q", 16: "Q"}  # a RATIONAL is taken whole
_SIZES = {kind: struct.calcsize(f"<{letter}") for kind, letter in _FORMATS.items()}


def check(path: str, images: Sequence[ImageLike]) -> None:
    """Refuse a file that does not hold `images` soundly.

    Raises
    ------
    CorruptFileError
        A directory, a value or a segment lies outside the file, or a directory or a value at an odd offset; a plane is
        missing, has another size, or is not where the OME-XML says.
    MetadataError
        The OME-XML does not fit the schema.
    """
    pages = -1
    described = read.OmeDocument()
    with open(path, "rb") as file:
        for pages, page in enumerate(_pages(file, os.fstat(file.fileno()).st_size)):
            if pages == 0:
                xml = page.text(270)
                write.check(xml)
                described = read.parse(xml)
                shapes = list(_planes(described, images))
                _check_order(xml, described)
            if pages >= len(shapes) or (page.one(257), page.one(256)) != shapes[pages]:
                raise _wrong(f"page {pages} is not the plane that the OME-XML describes")
            page.refuse_segments_outside()
            _check_levels(page)
    if pages + 1 != sum(i.size_t * i.size_z * len(i.samples) for i in described.images) or pages < 0:
        raise _wrong(f"it has {pages + 1} pages, which are not the planes that the OME-XML describes")


def _planes(described: read.OmeDocument, images: Sequence[ImageLike]) -> Iterator[tuple[int, int]]:
    """Height and width of every plane, in the order of the pages."""
    if len(described.images) != len(images):
        raise _wrong(f"the OME-XML describes {len(described.images)} images instead of {len(images)}")
    ifd = 0
    for one, image in zip(described.images, images, strict=True):
        sizes = (one.size_t, one.size_z, one.size_c, one.size_y, one.size_x)
        planes = one.size_t * one.size_z * len(one.samples)
        if sizes != tuple(image.shape) or sum(one.samples) != one.size_c:
            raise _wrong(f"the OME-XML gives image {one.index} the shape {sizes} instead of {tuple(image.shape)}")
        if not _in_order(one, ifd, planes):
            raise _wrong(f"the OME-XML does not say where the planes of image {one.index} are")
        ifd += planes
        yield from [(one.size_y, one.size_x)] * planes


def _in_order(one: read.OmeImage, ifd: int, planes: int) -> bool:
    """Whether the planes of an image follow `ifd` in its DimensionOrder, by a TiffData each or by one for all."""
    if len(one.tiff_data) == 1:
        data = one.tiff_data[0]
        return (data.ifd, data.count, data.first_z, data.first_c, data.first_t) == (ifd, planes, 0, 0, 0)
    number = _numbering(one)
    found = [(d.ifd, d.count, number({"Z": d.first_z, "C": d.first_c, "T": d.first_t})) for d in one.tiff_data]
    return found == [(ifd + k, 1, k) for k in range(planes)]


def _numbering(one: read.OmeImage) -> Callable[[Mapping[str, int]], int]:
    """From the indices of a plane along Z, C and T to its number in DimensionOrder; -1 where there is none."""
    lengths = {"Z": one.size_z, "C": len(one.samples), "T": one.size_t}
    slowest = one.order[:1:-1]

    def number(at: Mapping[str, int]) -> int:
        found = 0
        for axis in slowest:
            if not 0 <= at[axis] < lengths[axis]:
                return -1
            found = found * lengths[axis] + at[axis]
        return found

    return number


def _check_order(xml: bytes, described: read.OmeDocument) -> None:
    """The Plane elements follow the directories: programs that take them by position take the right ones."""
    if b"<Plane " not in xml:
        return
    for one, image in zip(described.images, named(parse(xml, "OME-XML"), "Image"), strict=True):
        number = _numbering(one)
        elements = [e for pixels in named(image, "Pixels") for e in named(pixels, "Plane")]
        found = [number({axis: int(e.get(f"The{axis}", -1)) for axis in "ZCT"}) for e in elements]
        every = one.size_z * len(one.samples) * one.size_t
        each = len(one.tiff_data) == every
        if -1 in found or any(a >= b for a, b in pairwise(found)) or (found and each and len(found) != every):
            raise _wrong(f"the Plane elements of image {one.index} do not follow its pages")


def _check_levels(page: _Page) -> None:
    """Each level of a pyramid is half as large as the one before, and inside the file."""
    before = page
    for level in page.levels():
        halves = [max(1, before.one(code) // 2) for code in (257, 256)]
        if [level.one(257), level.one(256)] != halves or level.one(254) != 1:
            raise _wrong("a level of a pyramid is not half of the one before")
        level.refuse_segments_outside()
        before = level


def _wrong(evidence: str) -> CorruptFileError:
    return CorruptFileError(
        "what was written is not what was asked for",
        evidence=evidence,
        remedy="this is a fault of the writer or of the disk; try again, and report it if it comes back",
    )


@dataclass(frozen=True, slots=True)
class _Page:
    file: BinaryIO
    size: int
    form: _Structs
    entries: dict[int, tuple[int, int, bytes]]

    def raw(self, code: int) -> tuple[str, bytes]:
        """The struct format and the bytes of a tag."""
        if code not in self.entries:
            raise _wrong(f"a page has no tag {code}")
        kind, count, inline = self.entries[code]
        if kind not in _FORMATS:
            raise _wrong(f"tag {code} of a page has the type {kind}")
        form = f"<{count}{_FORMATS[kind]}"
        length = struct.calcsize(form)
        if length > len(inline):
            return form, _read(self.file, self.form.offset(inline), length, self.size)
        return form, inline[:length]

    def values(self, code: int) -> tuple[int, ...]:
        """The numbers of a tag."""
        return struct.unpack(*self.raw(code))

    def one(self, code: int) -> int:
        """The only number of a tag."""
        return self.values(code)[0]

    def text(self, code: int) -> bytes:
        """The bytes of an ASCII tag."""
        return self.raw(code)[1].rstrip(b"\0")

    def levels(self) -> Iterator[_Page]:
        """The smaller versions of the plane, in its SubIFDs."""
        for offset in self.values(330) if 330 in self.entries else ():
            yield _page(self.file, self.size, self.form, offset)[0]

    def refuse_segments_outside(self) -> None:
        """Every strip or tile lies inside the file, and there are as many as the plane needs."""
        height, width = self.one(257), self.one(256)
        if 324 in self.entries:
            offsets, counts = self.values(324), self.values(325)
            needed = -(-height // self.one(323)) * -(-width // self.one(322))
        else:
            offsets, counts = self.values(273), self.values(279)
            needed = -(-height // self.one(278))
        if len(offsets) != needed or len(counts) != needed:
            raise _wrong(f"a page has {len(offsets)} segments instead of {needed}")
        if any(a < 8 or n < 1 or a + n > self.size for a, n in zip(offsets, counts, strict=True)):
            raise _wrong("a segment lies outside the file")


@dataclass(frozen=True, slots=True)
class _Structs:
    """How a directory is laid out: the number of its entries, an entry, a pointer."""

    number: str
    entry: str
    pointer: str

    def offset(self, inline: bytes) -> int:
        """Where the value of an entry lies that does not fit it."""
        offset: int
        (offset,) = struct.unpack(self.pointer, inline)
        return offset


def _pages(file: BinaryIO, size: int) -> Iterator[_Page]:
    """The directories, in order; they lie one behind the other, so a chain cannot loop."""
    head = _read(file, 0, 16, size)
    if head[:4] == b"II*\0":
        form, (offset,) = _Structs("<H", "<HHL4s", "<L"), struct.unpack("<L", head[4:8])
    elif head[:8] == b"II+\0\x08\0\0\0":
        form, (offset,) = _Structs("<Q", "<HHQ8s", "<Q"), struct.unpack("<Q", head[8:])
    else:
        raise _wrong("it does not begin as a TIFF")
    before = 0
    while offset:
        if offset <= before:
            raise _wrong(f"the directory at {offset} lies before the one at {before}")
        before = offset
        page, offset = _page(file, size, form, offset)
        yield page


def _page(file: BinaryIO, size: int, form: _Structs, offset: int) -> tuple[_Page, int]:
    """A directory, and where the next one is."""
    if offset % WORD:
        raise _wrong(f"the directory at {offset} is at no word boundary")
    head = struct.calcsize(form.number)
    (count,) = struct.unpack(form.number, _read(file, offset, head, size))
    length = count * struct.calcsize(form.entry)
    body = _read(file, offset + head, length + struct.calcsize(form.pointer), size)
    entries: dict[int, tuple[int, int, bytes]] = {}
    for code, kind, n, inline in struct.iter_unpack(form.entry, body[:length]):
        entries.setdefault(code, (kind, n, inline))  # of a tag that stands twice, the first counts
        if n * _SIZES.get(kind, 0) > len(inline) and form.offset(inline) % WORD:
            raise _wrong(f"the value of tag {code} at {form.offset(inline)} is at no word boundary")
    (following,) = struct.unpack(form.pointer, body[length:])
    return _Page(file, size, form, entries), following


def _read(file: BinaryIO, offset: int, length: int, size: int) -> bytes:
    if offset + length > size:
        raise _wrong(f"{length} bytes at {offset} lie outside the file, which has {size}")
    file.seek(offset)
    return file.read(length)
