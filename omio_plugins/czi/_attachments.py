"""The attachments of a CZI: their list, and the time stamps in one of them; it knows no plane and no XML.

ZEISS, CZI file format description (DS_ZISRAW, 1.2.2): the attachment directory is EntryCount, 252 bytes to spare, then
entries of 128 bytes (AttachmentEntryA1: SchemaType 2, 10 to spare, FilePosition 8, FilePart 4, ContentGuid 16,
ContentFileType 8, Name 80); an attachment's data begin 256 bytes after the segment's header. CZTIMS is Size, Count and
that many float64: seconds from the start of the acquisition. Files of different makers have the Size 12 and 16 for the
same content, so only Count is used.
"""

from __future__ import annotations

import struct

import numpy as np
from numpy.typing import NDArray

from omio_core.contract import CorruptFileError, PositionedFile

from ._segments import HEADER, segment

_BEFORE, _ENTRY = 256, 128  # bytes before the entries or the data, and bytes of an entry
_MOST = 100_000  # entries; real files have a handful


def time_stamps(file: PositionedFile, position: int | None) -> NDArray[np.float64] | None:
    """The seconds in the attachment of the type CZTIMS; None if there is none, or it is damaged.

    A damaged attachment only leaves its facts unknown: nothing else depends on it.
    """
    if position is None:
        return None
    try:
        for kind, offset in _list(file, position):
            if kind == b"CZTIMS":
                return _stamps(file, offset)
    except CorruptFileError:
        return None
    return None


def _list(file: PositionedFile, position: int) -> list[tuple[bytes, int]]:
    """Type and offset of every attachment."""
    size = segment(file, position, "ZISRAWATTDIR")
    (count,) = struct.unpack("<i", file.read(position + HEADER, 4))
    count = max(0, min(count, _MOST, (size - _BEFORE) // _ENTRY))
    data = file.read(position + HEADER + _BEFORE, count * _ENTRY)
    entries = struct.iter_unpack("<2s10xq4x16x8s80x", data)
    return [(kind.partition(b"\0")[0], offset) for schema, offset, kind in entries if schema == b"A1"]


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
