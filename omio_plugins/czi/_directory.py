"""The sub-block directory of a CZI as an array, and its images as values; it reads no pixel and no XML.

Offsets, field names and codes are those of ZEISS' "CZI file format description" (DS_ZISRAW, 1.2.2): file header,
directory segment, `DirectoryEntryDV`, `DimensionEntryDV1`.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from omio_core.contract import FileChangedError, Location, PositionedFile

from ._parse import check_entries, directory_bytes, parse_entries
from ._segments import file_header, xml_of
from ._split import as_planes


@dataclass(frozen=True, kw_only=True)  # no slots: `entries` is kept, and is not pickled
class Directory:
    """The file header and the sub-block directory of one CZI; small, picklable, without a file handle.

    Attributes
    ----------
    location
        Where the file is.
    size
        Its size in bytes when it was opened.
    position
        Offset of the segment of the sub-block directory.
    digest
        CRC-32 of the entries, to notice when the file has changed.
    metadata
        Offset and size in bytes of the XML; None where there is none.
    attachments
        Offset of the segment of the attachment directory; None where there is none.
    pending
        Whether the header says that the writer has not finished the file.
    flaw
        What is wrong with the segment of the XML, in words; empty if nothing is.
    texts
        Whether the XML and the texts of the sub-blocks are read at all.
    """

    location: Location
    size: int
    position: int
    digest: int
    metadata: tuple[int, int] | None = None
    attachments: int | None = None
    pending: bool = False
    flaw: str = ""
    texts: bool = True

    @cached_property
    def entries(self) -> NDArray[Any]:
        """The sub-blocks in the order of the directory, dtype `ENTRY`; a pickle has none and reads them again.

        Raises
        ------
        FileChangedError
            The file is not the one that was described.
        """

        return reread_entries(self)

    def __reduce__(self) -> Any:
        return _restore, tuple(getattr(self, name) for name in _STATE)


_STATE = ("location", "size", "position", "digest", "metadata", "attachments", "pending", "flaw", "texts")


def _restore(*state: Any) -> Directory:
    return Directory(**dict(zip(_STATE, state, strict=True)))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Scene:
    """One image of the file, and the sub-blocks of its planes at full resolution.

    Attributes
    ----------
    scene
        The S index in the file; None where its sub-blocks have none.
    tile
        The M index, where each tile is an image (option ``tiles``); else None.
    channels
        The C index in the file of each index along C (before folding). A missing channel counts, too.
    t, z
        The first T and Z index in the file, and the length along each.
    folded
        Letter, first index in the file and length of each axis besides C that folds into C, outermost first, such as
        ``(("H", 0, 32),)``; axes of length 1 are left out. The channels of the described image are
        ``(folded..., C)`` in C order: index ``h * len(channels) + c``.
    samples
        Samples of a pixel: 1, 3 (RGB) or 4 (RGBA).
    x, y
        The first column and row in the file's pixels, and the width and height.
    planes
        (T, Z, folded... times C) of indices into `Directory.entries`: the first tile of each plane, -1 where the
        plane is missing; int32.
    """

    scene: int | None
    tile: int | None = None
    channels: tuple[int, ...]
    t: tuple[int, int]
    z: tuple[int, int]
    folded: tuple[tuple[str, int, int], ...]
    samples: int
    x: tuple[int, int]
    y: tuple[int, int]
    planes: NDArray[np.int32]


def read_directory(file: PositionedFile, location: Location, *, texts: bool = True) -> Directory:
    """Read header and directory of an open file; every offset and size is checked against the file and the settings.

    Parameters
    ----------
    texts
        Whether the XML and the texts of the sub-blocks are to be read.

    Raises
    ------
    CorruptFileError
        The file is no CZI, is damaged, or ends too soon.
    UnsupportedFeatureError
        The CZI is of a kind that is not read: early, of several files, or with sub-blocks of several planes.
    LimitExceededError
        The directory declares more sub-blocks or pixels than the settings allow.
    """
    header = file_header(file)
    data, count = directory_bytes(file, header.directory)
    entries = parse_entries(data, count)
    check_entries(entries, file.size)
    entries = as_planes(entries)
    metadata, flaw = xml_of(file, header.metadata) if texts else (None, "")
    directory = Directory(
        location=location,
        size=file.size,
        position=header.directory,
        digest=zlib.crc32(data),
        metadata=metadata,
        attachments=header.attachments,
        pending=header.pending,
        flaw=flaw,
        texts=texts,
    )
    directory.__dict__["entries"] = entries  # where `cached_property` keeps it
    return directory


def reread_entries(directory: Directory) -> NDArray[Any]:
    """Read the entries of an unpickled directory from its file.

    Raises
    ------
    FileChangedError
        The size of the file or its directory has changed.
    """
    with directory.location.open() as file:
        if file.size == directory.size:
            data, count = directory_bytes(file, directory.position)
            if zlib.crc32(data) == directory.digest:
                return as_planes(parse_entries(data, count))
    raise FileChangedError(
        f"{directory.location} is not the file that was described",
        evidence="its size or its directory is another",
        remedy="open it again",
        path=str(directory.location),
    )
