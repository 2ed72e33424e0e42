"""The attachments of a CZI: which there are, and the time stamps in one of them; it knows no plane and no XML.

ZEISS, CZI file format description (DS_ZISRAW, 1.2.2): the attachment directory is EntryCount, 252 bytes to spare, then
entries of 128 bytes (AttachmentEntryA1: SchemaType 2, 10 to spare, FilePosition 8, FilePart 4, ContentGuid 16,
ContentFileType 8, Name 80); an attachment's data begin 256 bytes after the segment's header. CZTIMS is Size, Count and
that many float64: seconds from the start of the acquisition. Files of different makers have the Size 12 and 16 for the
same content, so only Count is used. CZEVL (events) is Size and Count, and Count is 0 in most files.
"""

from __future__ import annotations

import struct
from collections import Counter
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from omio_core.contract import CorruptFileError, PositionedFile

from ._segments import HEADER, segment

_BEFORE, _ENTRY = 256, 128  # bytes before the entries or the data, and bytes of an entry
_MOST = 100_000  # entries; real files have a handful
_WORDS = {
    "Label": "the picture of the slide's label",
    "SlidePreview": "the overview picture of the slide",
    "Preview": "a preview picture",
    "Prescan": "the pictures of the prescan",
    "Thumbnail": "a thumbnail",
    "EventList": "the list of events during the acquisition",
    "LookupTables": "the lookup tables of the display",
}
"""What usual attachments hold, by their names (libCZI, doc; files of ZEN blue and ZEN black)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Attachment:
    """An entry of the attachment directory: ContentFileType, Name, and where its segment begins."""

    kind: bytes
    name: str
    offset: int


def not_kept(file: PositionedFile, position: int | None) -> tuple[str, ...]:
    """The attachments that neither pixels nor facts hold, in words; empty where their list is damaged."""
    if position is None:
        return ()
    try:
        others = [each for each in _list(file, position) if each.kind != b"CZTIMS" and not _has_no_events(file, each)]
    except CorruptFileError:
        return ()
    counts = Counter(_WORDS.get(each.name) or f"the attachment {each.name or 'without a name'}" for each in others)
    return tuple(words if n == 1 else f"{words} ({n} of them)" for words, n in counts.items())


def _has_no_events(file: PositionedFile, attachment: _Attachment) -> bool:
    start = attachment.offset + HEADER + _BEFORE
    if attachment.kind != b"CZEVL" or not 0 <= start <= file.size - 8:
        return False
    return bool(struct.unpack("<ii", file.read(start, 8))[1] == 0)


def time_stamps(file: PositionedFile, position: int | None) -> NDArray[np.float64] | None:
    """The seconds in the attachment of the type CZTIMS; None if there is none, or it is damaged.

    A damaged attachment only leaves its facts unknown: nothing else depends on it.
    """
    if position is None:
        return None
    try:
        for attachment in _list(file, position):
            if attachment.kind == b"CZTIMS":
                return _stamps(file, attachment.offset)
    except CorruptFileError:
        return None
    return None


def _list(file: PositionedFile, position: int) -> list[_Attachment]:
    size = segment(file, position, "ZISRAWATTDIR")
    (count,) = struct.unpack("<i", file.read(position + HEADER, 4))
    count = max(0, min(count, _MOST, (size - _BEFORE) // _ENTRY))
    data = file.read(position + HEADER + _BEFORE, count * _ENTRY)
    return [
        _Attachment(kind=_text(kind), name=_printable(_text(name)), offset=offset)
        for schema, offset, kind, name in struct.iter_unpack("<2s10xq4x16x8s80s", data)
        if schema == b"A1"
    ]


def _text(field: bytes) -> bytes:
    return field.partition(b"\0")[0]


def _printable(name: bytes) -> str:
    return "".join(c if c.isprintable() else "?" for c in name.decode("utf-8", "replace")).strip()


def _stamps(file: PositionedFile, offset: int) -> NDArray[np.float64] | None:
    # in some files UsedSize excludes the 256 bytes before the data, so DataSize is checked against the file
    segment(file, offset, "ZISRAWATTACH")
    (size,) = struct.unpack("<i", file.read(offset + HEADER, 4))
    start = offset + HEADER + _BEFORE
    if not 8 <= size <= file.size - start:
        return None
    _, count = struct.unpack("<ii", file.read(start, 8))
    if not 1 <= count <= (size - 8) // 8:
        return None
    stamps = np.frombuffer(file.read(start + 8, 8 * count), "<f8").astype(np.float64)
    return stamps if np.isfinite(stamps).all() else None
