"""Read the segments of a CZI: file header, directory, sub-block; it knows offsets and ids, but no plane.

The source is ZEISS' "CZI file format description" (DS_ZISRAW, 1.2.2): everything is little-endian; a segment has a
header of 32 bytes (id of 16, allocated and used size of 8 each), then its data.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass

from omio_core.contract import CorruptFileError, PositionedFile, UnsupportedFeatureError

HEADER = 32  # bytes of a segment's header
FIXED = 256  # least bytes of a sub-block's data before its metadata
LEAST_SUBBLOCK = HEADER + FIXED
_ENTRY, _DIMENSION = 32, 20  # bytes of DirectoryEntryDV without its dimensions, of DimensionEntryDV1
MOST_DIMENSIONS = 40  # libCZI's MAXDIMENSIONS


@dataclass(frozen=True, slots=True, kw_only=True)
class FileHeader:
    """The content of the first segment; positions are None where the file has 0."""

    directory: int
    metadata: int | None
    attachments: int | None
    pending: bool  # the writer has marked the file as unfinished


def file_header(file: PositionedFile) -> FileHeader:
    """Read the first segment.

    Raises
    ------
    CorruptFileError
        It is not a CZI, or has no directory.
    UnsupportedFeatureError
        It is a part of a CZI that is spread over several files.
    """
    data = file.read(0, HEADER + 80)
    if not data.startswith(b"ZISRAWFILE"):
        raise CorruptFileError("the file is no CZI", evidence=f"it begins with {data[:10]!r}")
    # Major, Minor, two reserved, PrimaryFileGuid, FileGuid, FilePart, DirectoryPosition, MetadataPosition,
    # UpdatePending, AttachmentDirectoryPosition
    part, directory, metadata, pending, attachments = struct.unpack_from("<48xiqqiq", data, HEADER)
    if part:
        raise UnsupportedFeatureError(
            "the file is a part of a CZI that is spread over several files, which is not read",
            evidence=f"FilePart is {part}",
            remedy="save it as one file with ZEISS ZEN",
        )
    if directory <= 0:
        raise CorruptFileError(
            "the file has no directory of its sub-blocks",
            evidence=f"DirectoryPosition is {directory}",
            remedy="its recording was cut off; ZEISS ZEN can repair it",
        )
    return FileHeader(
        directory=directory,
        metadata=metadata if metadata > 0 else None,
        attachments=attachments if attachments > 0 else None,
        pending=bool(pending),
    )


def segment(file: PositionedFile, offset: int, name: str) -> int:
    """Bytes of the data of a segment, which must have the id `name` and lie in the file.

    Raises
    ------
    CorruptFileError
        The segment has another id, or does not lie in the file.
    """
    data = file.read(offset, HEADER)
    identifier, allocated, used = struct.unpack("<16sqq", data)
    if identifier.rstrip(b"\0") != name.encode():
        raise CorruptFileError(f"a segment {name} is missing", evidence=f"at {offset} stands {identifier!r}")
    size = int(used or allocated)  # early writers left UsedSize 0 (libCZI, CziParse.cpp)
    if not 0 <= size <= file.size - offset - HEADER:
        raise CorruptFileError(
            f"the segment {name} does not fit the file",
            evidence=f"{size} bytes of data at {offset + HEADER}, the file ends at {file.size}",
            remedy="the file is incomplete or damaged: copy it again from where it came from",
        )
    return size


def xml_of(file: PositionedFile, offset: int | None) -> tuple[tuple[int, int] | None, str]:
    """Offset and size of the XML in the metadata segment at `offset`, None where there is none; and what is wrong.

    The XML describes the pixels and is not needed to read them, so a damaged segment is no error.
    """
    if offset is None:
        return None, ""
    start = offset + HEADER + 256  # XmlSize, AttachmentSize, and 248 bytes to spare
    try:
        identifier, allocated, used = struct.unpack("<16sqq", file.read(offset, HEADER))
        xml = int(struct.unpack("<i", file.read(offset + HEADER, 4))[0])
    except CorruptFileError as error:
        return None, f"the CZI metadata do not lie in the file ({error.evidence or error.what})"
    if identifier.rstrip(b"\0") != b"ZISRAWMETADATA":
        return None, f"the CZI metadata are missing (at {offset} stands {identifier!r})"
    if 0 <= int(used or allocated) < 256:
        return None, ""
    if not 0 <= xml <= file.size - start:
        size = max(file.size - start, 0)
        return (
            start,
            size,
        ) if size and xml > 0 else None, f"the CZI metadata do not fit the file ({xml} bytes at {start})"
    return ((start, xml) if xml else None), ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PixelFormat:
    """How to interpret the bytes of a sub-block; both the directory and the sub-block state it."""

    pixel_type: int
    compression: int
    width: int
    height: int

    def __str__(self) -> str:
        """The text that errors show as evidence."""
        return f"{self.width} x {self.height} pixels of type {self.pixel_type}, compression {self.compression}"


def subblock(file: PositionedFile, offset: int, expected: PixelFormat) -> tuple[int, int]:
    """Offset and size of the pixels of the sub-block whose segment begins at `offset`; they lie in the file.

    Parameters
    ----------
    expected
        The format that the directory states. If the sub-block states another, one of the two is damaged.

    Raises
    ------
    CorruptFileError
        There is no sub-block at `offset`, it contradicts itself or the directory, or it does not lie in the file.
    """
    data = file.read(offset, LEAST_SUBBLOCK)
    identifier, metadata, attachment, size = struct.unpack_from("<16s16xiiq", data)
    schema, pixel_type, compression, dimensions = struct.unpack_from("<2si12xi6xi", data, HEADER + 16)
    if identifier.rstrip(b"\0") != b"ZISRAWSUBBLOCK" or schema != b"DV":
        raise CorruptFileError(
            "a sub-block is missing", evidence=f"at {offset} stands {identifier!r}, schema {schema!r}"
        )
    if not 0 <= dimensions <= MOST_DIMENSIONS or metadata < 0 or attachment < 0:
        raise CorruptFileError(
            "a sub-block contradicts itself",
            evidence=f"at {offset}: {dimensions} dimensions, {metadata} bytes of metadata, {attachment} of attachment",
        )
    width, height = _size(data, dimensions, expected)
    stated = PixelFormat(pixel_type=pixel_type, compression=compression, width=width, height=height)
    if stated != expected:
        raise CorruptFileError(
            "a sub-block contradicts the directory", evidence=f"at {offset}: {stated}; the directory has {expected}"
        )
    start = offset + HEADER + max(FIXED, 16 + _ENTRY + _DIMENSION * dimensions) + metadata
    if not 0 <= size <= file.size - start:
        raise CorruptFileError(
            "a sub-block does not fit the file",
            evidence=f"{size} bytes of pixels at {start}, the file ends at {file.size}",
            remedy="the file is incomplete or damaged: copy it again from where it came from",
        )
    return start, int(size)


def _size(data: bytes, dimensions: int, expected: PixelFormat) -> tuple[int, int]:
    """Stored width and height as the sub-block has them; the expected ones where they lie beyond the bytes read."""
    sizes = {b"X": expected.width, b"Y": expected.height}
    offset = HEADER + 16 + _ENTRY
    for k in range(min(dimensions, (LEAST_SUBBLOCK - offset) // _DIMENSION)):
        name, size, stored = struct.unpack_from("<4s4xi4xi", data, offset + k * _DIMENSION)
        if name[:1] in sizes and not name[1:].strip(b"\0"):
            sizes[name[:1]] = stored or size
    return sizes[b"X"], sizes[b"Y"]
