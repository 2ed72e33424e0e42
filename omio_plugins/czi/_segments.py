"""The segments of a CZI: file header, directory, sub-block; it knows offsets and ids, and no plane.

Facts are from ZEISS' "CZI file format description" (DS_ZISRAW, 1.2.2): everything is little-endian; a segment has a
header of 32 bytes (id of 16, allocated and used size of 8 each), then its data.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass

from omio_core.errors import CorruptFileError, UnsupportedFeatureError
from omio_core.files.positioned import PositionedFile

HEADER = 32  # bytes of a segment's header
FIXED = 256  # bytes of a sub-block's data before its metadata, at least
LEAST_SUBBLOCK = HEADER + FIXED
_ENTRY, _DIMENSION = 32, 20  # bytes of DirectoryEntryDV without its dimensions, of DimensionEntryDV1
MOST_DIMENSIONS = 40  # libCZI's MAXDIMENSIONS


@dataclass(frozen=True, slots=True, kw_only=True)
class FileHeader:
    """What the first segment says; positions are None where they are 0."""

    directory: int
    metadata: int | None
    attachments: int | None
    pending: bool  # a writer says it is not done


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
    """Bytes of the data of a segment, which must be of that id and lie in the file.

    Raises
    ------
    CorruptFileError
    """
    data = file.read(offset, HEADER)
    found, allocated, used = struct.unpack("<16sqq", data)
    if found.rstrip(b"\0") != name.encode():
        raise CorruptFileError(f"a segment {name} is missing", evidence=f"at {offset} stands {found!r}")
    size = int(used or allocated)  # early writers left UsedSize 0 (libCZI, CziParse.cpp)
    if not 0 <= size <= file.size - offset - HEADER:
        raise CorruptFileError(
            f"the segment {name} does not fit the file",
            evidence=f"{size} bytes of data at {offset + HEADER}, the file ends at {file.size}",
            remedy="the file is incomplete or damaged: copy it again from where it came from",
        )
    return size


def xml_of(file: PositionedFile, offset: int | None) -> tuple[int, int] | None:
    """Offset and size of the XML in the metadata segment at `offset`; None where there is none.

    Raises
    ------
    CorruptFileError
    """
    if offset is None:
        return None
    size = segment(file, offset, "ZISRAWMETADATA")
    if size < 256:  # XmlSize, AttachmentSize, and 248 bytes to spare
        return None
    xml = int(struct.unpack("<i", file.read(offset + HEADER, 4))[0])
    if not 0 <= xml <= file.size - offset - HEADER - 256:
        raise CorruptFileError("the metadata do not fit the file", evidence=f"{xml} bytes at {offset + HEADER + 256}")
    return (offset + HEADER + 256, xml) if xml else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Stored:
    """What decides how the bytes of a sub-block are understood; the directory and the sub-block both say it."""

    pixel_type: int
    compression: int
    width: int
    height: int


def subblock(file: PositionedFile, offset: int, due: Stored) -> tuple[int, int]:
    """Offset and size of the pixels of the sub-block whose segment begins at `offset`; they lie in the file.

    Parameters
    ----------
    due
        As the directory has it. Where the sub-block says otherwise one of them is damaged.

    Raises
    ------
    CorruptFileError
    """
    data = file.read(offset, LEAST_SUBBLOCK)
    found, metadata, attachment, size = struct.unpack_from("<16s16xiiq", data)
    schema, pixel_type, compression, dimensions = struct.unpack_from("<2si12xi6xi", data, HEADER + 16)
    if found.rstrip(b"\0") != b"ZISRAWSUBBLOCK" or schema != b"DV":
        raise CorruptFileError("a sub-block is missing", evidence=f"at {offset} stands {found!r}, schema {schema!r}")
    if not 0 <= dimensions <= MOST_DIMENSIONS or metadata < 0 or attachment < 0:
        raise CorruptFileError(
            "a sub-block contradicts itself",
            evidence=f"at {offset}: {dimensions} dimensions, {metadata} bytes of metadata, {attachment} of attachment",
        )
    width, height = _size(data, dimensions, due)
    said = Stored(pixel_type=pixel_type, compression=compression, width=width, height=height)
    if said != due:
        raise CorruptFileError(
            "a sub-block contradicts the directory", evidence=f"at {offset}: {said}; the directory has {due}"
        )
    start = offset + HEADER + max(FIXED, 16 + _ENTRY + _DIMENSION * dimensions) + metadata
    if not 0 <= size <= file.size - start:
        raise CorruptFileError(
            "a sub-block does not fit the file",
            evidence=f"{size} bytes of pixels at {start}, the file ends at {file.size}",
            remedy="the file is incomplete or damaged: copy it again from where it came from",
        )
    return start, int(size)


def _size(data: bytes, dimensions: int, due: Stored) -> tuple[int, int]:
    """Stored width and height as the sub-block has them; those due where they lie beyond what was read."""
    found = {b"X": due.width, b"Y": due.height}
    at = HEADER + 16 + _ENTRY
    for k in range(min(dimensions, (LEAST_SUBBLOCK - at) // _DIMENSION)):
        name, size, stored = struct.unpack_from("<4s4xi4xi", data, at + k * _DIMENSION)
        if name[:1] in found and not name[1:].strip(b"\0"):
            found[name[:1]] = stored or size
    return found[b"X"], found[b"Y"]
