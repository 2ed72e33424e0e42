"""Check a written OME-TIFF before it gets its final name: its directories and its OME-XML; it reads no pixel.

It shares only the codes of the tags with the code that wrote the file.
"""

from __future__ import annotations

import os
import struct
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, BinaryIO

from omio_core.contract import (
    CorruptFileError,
    OmeDocument,
    OmeImage,
    check_ome,
    children_named,
    parse_ome,
    parse_xml,
)

if TYPE_CHECKING:
    from omio_core.contract import ImageLike

WORD = 2  # bytes; directories and values begin at multiples of it (TIFF 6.0, section 2)
_FORMATS = {1: "B", 2: "B", 3: "H", 4: "L", 5: "Q", 16: "Q"}  # a RATIONAL is read as one number
_SIZES = {kind: struct.calcsize(f"<{letter}") for kind, letter in _FORMATS.items()}


def check(path: str, images: Sequence[ImageLike]) -> None:
    """Refuse a file that does not contain `images` correctly.

    Raises
    ------
    CorruptFileError
        A directory, a value or a segment lies outside the file, or a directory or a value at an odd offset; a plane is
        missing, has another size, or is not where the OME-XML says.
    MetadataError
        The OME-XML does not fit the schema.
    """
    pages = -1
    document = OmeDocument()
    with open(path, "rb") as file:
        for pages, page in enumerate(_pages(file, os.fstat(file.fileno()).st_size)):
            if pages == 0:
                xml = page.text(270)
                check_ome(xml)
                document = parse_ome(xml)
                shapes = list(_planes(document, images))
                _check_order(xml, document)
            if pages >= len(shapes) or (page.number(257), page.number(256)) != shapes[pages]:
                raise _wrong(f"page {pages} is not the plane that the OME-XML describes")
            page.refuse_segments_outside()
            _check_levels(page)
    if pages + 1 != sum(image.size_t * image.size_z * len(image.samples) for image in document.images) or pages < 0:
        raise _wrong(f"it has {pages + 1} pages, which are not the planes that the OME-XML describes")


def _planes(document: OmeDocument, images: Sequence[ImageLike]) -> Iterator[tuple[int, int]]:
    """Yield the height and width of every plane, in the order of the pages."""
    if len(document.images) != len(images):
        raise _wrong(f"the OME-XML describes {len(document.images)} images instead of {len(images)}")
    ifd = 0
    for described, image in zip(document.images, images, strict=True):
        sizes = (described.size_t, described.size_z, described.size_c, described.size_y, described.size_x)
        planes = described.size_t * described.size_z * len(described.samples)
        if sizes != tuple(image.shape) or sum(described.samples) != described.size_c:
            raise _wrong(f"the OME-XML gives image {described.index} the shape {sizes} instead of {tuple(image.shape)}")
        if not _in_order(described, ifd, planes):
            raise _wrong(f"the OME-XML does not say where the planes of image {described.index} are")
        ifd += planes
        yield from [(described.size_y, described.size_x)] * planes


def _in_order(image: OmeImage, ifd: int, planes: int) -> bool:
    """Whether the planes of an image follow `ifd` in its DimensionOrder, by one TiffData for each or for all."""
    if len(image.tiff_data) == 1:
        data = image.tiff_data[0]
        return (data.ifd, data.count, data.first_z, data.first_c, data.first_t) == (ifd, planes, 0, 0, 0)
    number = _numbering(image)
    places = [(d.ifd, d.count, number({"Z": d.first_z, "C": d.first_c, "T": d.first_t})) for d in image.tiff_data]
    return places == [(ifd + k, 1, k) for k in range(planes)]


def _numbering(image: OmeImage) -> Callable[[Mapping[str, int]], int]:
    """A function from the indices of a plane along Z, C and T to its number in DimensionOrder; -1 if out of range."""
    lengths = {"Z": image.size_z, "C": len(image.samples), "T": image.size_t}
    slowest = image.order[:1:-1]

    def number(at: Mapping[str, int]) -> int:
        result = 0
        for axis in slowest:
            if not 0 <= at[axis] < lengths[axis]:
                return -1
            result = result * lengths[axis] + at[axis]
        return result

    return number


def _check_order(xml: bytes, document: OmeDocument) -> None:
    """Check that Plane elements follow the directories, for programs that match them by position."""
    if b"<Plane " not in xml:
        return
    for described, element in zip(document.images, children_named(parse_xml(xml, "OME-XML"), "Image"), strict=True):
        number = _numbering(described)
        elements = [e for pixels in children_named(element, "Pixels") for e in children_named(pixels, "Plane")]
        numbers = [number({axis: int(e.get(f"The{axis}", -1)) for axis in "ZCT"}) for e in elements]
        total = described.size_z * len(described.samples) * described.size_t
        has_all = len(described.tiff_data) == total
        if (
            -1 in numbers
            or any(a >= b for a, b in pairwise(numbers))
            or (numbers and has_all and len(numbers) != total)
        ):
            raise _wrong(f"the Plane elements of image {described.index} do not follow its pages")


def _check_levels(page: _Page) -> None:
    """Check that each level of a pyramid is half as large as the one before, and inside the file."""
    larger = page
    for level in page.levels():
        halves = [max(1, larger.number(code) // 2) for code in (257, 256)]
        if [level.number(257), level.number(256)] != halves or level.number(254) != 1:
            raise _wrong("a level of a pyramid is not half of the one before")
        level.refuse_segments_outside()
        larger = level


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

    def number(self, code: int) -> int:
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
        """Check that every strip or tile lies inside the file, and that the plane has as many as it needs."""
        height, width = self.number(257), self.number(256)
        if 324 in self.entries:
            offsets, counts = self.values(324), self.values(325)
            needed = -(-height // self.number(323)) * -(-width // self.number(322))
        else:
            offsets, counts = self.values(273), self.values(279)
            needed = -(-height // self.number(278))
        if len(offsets) != needed or len(counts) != needed:
            raise _wrong(f"a page has {len(offsets)} segments instead of {needed}")
        if any(a < 8 or n < 1 or a + n > self.size for a, n in zip(offsets, counts, strict=True)):
            raise _wrong("a segment lies outside the file")


@dataclass(frozen=True, slots=True)
class _Structs:
    """The struct formats of a directory: its number of entries, one entry, a pointer."""

    number: str
    entry: str
    pointer: str

    def offset(self, inline: bytes) -> int:
        """The offset of a value that does not fit its entry."""
        offset: int
        (offset,) = struct.unpack(self.pointer, inline)
        return offset


def first_page(file: BinaryIO, size: int) -> _Page:
    """Return the first directory of a file of `size` bytes.

    Raises
    ------
    CorruptFileError
        It is no little-endian TIFF, or the directory is malformed.
    """
    form, offset = _start(file, size)
    return _page(file, size, form, offset)[0]


def _pages(file: BinaryIO, size: int) -> Iterator[_Page]:
    """Yield the directories in order; each lies behind the one before, so the chain cannot loop."""
    form, offset = _start(file, size)
    previous = 0
    while offset:
        if offset <= previous:
            raise _wrong(f"the directory at {offset} lies before the one at {previous}")
        previous = offset
        page, offset = _page(file, size, form, offset)
        yield page


def _start(file: BinaryIO, size: int) -> tuple[_Structs, int]:
    """The structs of a file, and the offset of its first directory."""
    head = _read(file, 0, 16, size)
    if head[:4] == b"II*\0":
        form, (offset,) = _Structs("<H", "<HHL4s", "<L"), struct.unpack("<L", head[4:8])
    elif head[:8] == b"II+\0\x08\0\0\0":
        form, (offset,) = _Structs("<Q", "<HHQ8s", "<Q"), struct.unpack("<Q", head[8:])
    else:
        raise _wrong("it does not begin as a TIFF")
    return form, offset


def _page(file: BinaryIO, size: int, form: _Structs, offset: int) -> tuple[_Page, int]:
    """A directory, and the offset of the next one."""
    if offset % WORD:
        raise _wrong(f"the directory at {offset} is at no word boundary")
    head = struct.calcsize(form.number)
    (count,) = struct.unpack(form.number, _read(file, offset, head, size))
    length = count * struct.calcsize(form.entry)
    body = _read(file, offset + head, length + struct.calcsize(form.pointer), size)
    entries: dict[int, tuple[int, int, bytes]] = {}
    for code, kind, n, inline in struct.iter_unpack(form.entry, body[:length]):
        entries.setdefault(code, (kind, n, inline))  # if a tag occurs twice, the first counts
        if n * _SIZES.get(kind, 0) > len(inline) and form.offset(inline) % WORD:
            raise _wrong(f"the value of tag {code} at {form.offset(inline)} is at no word boundary")
    (following,) = struct.unpack(form.pointer, body[length:])
    return _Page(file, size, form, entries), following


def _read(file: BinaryIO, offset: int, length: int, size: int) -> bytes:
    if offset + length > size:
        raise _wrong(f"{length} bytes at {offset} lie outside the file, which has {size}")
    file.seek(offset)
    return file.read(length)
