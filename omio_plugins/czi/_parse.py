"""Parse the bytes of the sub-block directory to an array of `ENTRY`; it knows no scene and no plane.

The length of an entry depends on its number of dimensions, so runs of entries of equal length are parsed at once.
"""

from __future__ import annotations

import struct
from typing import Any

import numpy as np
from numpy.typing import NDArray

from omio_core.contract import (
    CorruptFileError,
    LimitExceededError,
    PositionedFile,
    UnsupportedFeatureError,
    current_settings,
)

from ._pixeltypes import RAW, pixel_bytes
from ._runs import unique_values
from ._segments import HEADER, LEAST_SUBBLOCK, MOST_DIMENSIONS, segment
from ._split import count_planes

LETTERS = "XYZCTRSIHVBM"
"""The dimensions of a sub-block: S is the scene, M the tile; R rotation, I illumination, H phase, V view, B block."""

ENTRY = np.dtype(
    [
        ("file_position", "i8"), ("file_part", "i4"), ("pixel_type", "i4"), ("compression", "i4"),
        ("pyramid_type", "u1"), ("stored_x", "i4"), ("stored_y", "i4"), ("part", "i4"), ("parts", "i4"),
        *((name, "i4") for letter in LETTERS for name in (letter, f"{letter}_size")),
    ],
    align=True,
)  # fmt: skip
"""One row per sub-block: ``entries["T"]`` is its start along T, ``entries["T_size"]`` its size, 0 where it has no T.

`file_position` is the offset of the sub-block's segment header. X and Y are in pixels of the full resolution, whatever
the resolution that is stored (`stored_x`, `stored_y`). `part` and `parts` are of `_split.as_planes`; `parts` is 0 where
a sub-block has one plane.
"""

_FIRST = 128  # bytes of the directory before its entries: EntryCount, and reserved
_ROW, _DIMENSION = 32, 20
_ALWAYS_ALLOWED = 256 << 20  # bytes that even a small file may expand to: blank pictures compress beyond any ratio
_CODES = {int.from_bytes(letter.encode().ljust(4, b"\0"), "little"): letter for letter in LETTERS}


def directory_bytes(file: PositionedFile, offset: int) -> tuple[bytes, int]:
    """Read the entries as bytes, and their number.

    Raises
    ------
    CorruptFileError
        The directory does not lie in the file, or is shorter than its number of entries.
    LimitExceededError
        There are more entries than the settings allow.
    """
    size = segment(file, offset, "ZISRAWDIRECTORY")
    if size < _FIRST:
        raise CorruptFileError("the directory is too short", evidence=f"{size} bytes at {offset + HEADER}")
    count = int(struct.unpack("<i", file.read(offset + HEADER, 4))[0])
    size = min(size - _FIRST, max(count, 0) * (_ROW + _DIMENSION * MOST_DIMENSIONS))
    if count < 1 or count * _ROW > size:
        raise CorruptFileError(
            "the directory does not hold what it says", evidence=f"{count} sub-blocks in {size} bytes"
        )
    if count > (most := current_settings().max_pages):
        raise LimitExceededError(
            "the file has too many sub-blocks",
            evidence=f"{count:,}; at most {most:,} are allowed",
            remedy="set OMIO_MAX_PAGES higher, if you trust the file",
        )
    return file.read(offset + HEADER + _FIRST, size), count


def parse_entries(data: bytes, count: int) -> NDArray[Any]:
    """The entries as one array of `ENTRY`, in the order of the directory.

    Raises
    ------
    CorruptFileError
        The entries end too soon or are damaged.
    UnsupportedFeatureError
        The entries are of an early kind, or have an unknown dimension of several indices.
    """
    entries = np.zeros(count, ENTRY)
    raw = np.frombuffer(data, np.uint8)
    unknown: dict[bytes, tuple[int, int]] = {}
    done, offset, window = 0, 0, 16
    while done < count:
        dimensions = _dimensions(data, offset)
        size = _ROW + _DIMENSION * dimensions
        most = min(count - done, (len(data) - offset) // size, window)
        if most < 1:
            raise CorruptFileError("the directory ends too soon", evidence=f"entry {done} of {count} at byte {offset}")
        rows = raw[offset : offset + most * size].view(_row(dimensions))
        alike = (rows["dimensions"] == dimensions) & (rows["schema"] == b"DV")
        n = most if alike.all() else int(np.argmin(alike))
        _copy_rows(entries[done : done + n], rows[:n], unknown)
        done, offset = done + n, offset + n * size
        window = 4 * window if n == most else 16
    _refuse_unknown(unknown)
    return entries


def _dimensions(data: bytes, at: int) -> int:
    """The number of dimensions of the entry at `at`."""
    if at + _ROW > len(data):
        raise CorruptFileError("the directory ends too soon", evidence=f"{len(data)} bytes")
    schema, dimensions = struct.unpack_from("<2s26xi", data, at)
    if schema == b"DE":
        raise UnsupportedFeatureError(
            "the file is of an early kind of CZI, which is not read",
            evidence="its directory has entries of the schema DE",
            remedy="save it again with ZEISS ZEN",
        )
    if schema != b"DV" or not 0 < dimensions <= MOST_DIMENSIONS:
        raise CorruptFileError(
            "the directory is damaged", evidence=f"an entry has the schema {schema!r} and {dimensions} dimensions"
        )
    return int(dimensions)


def _row(dimensions: int) -> np.dtype[Any]:
    """The type of a DirectoryEntryDV; the six bytes after Compression begin with PyramidType."""
    dimension = np.dtype([("name", "<u4"), ("start", "<i4"), ("size", "<i4"), ("coordinate", "<f4"), ("stored", "<i4")])
    return np.dtype(
        [
            ("schema", "S2"), ("pixel_type", "<i4"), ("file_position", "<i8"), ("file_part", "<i4"),
            ("compression", "<i4"), ("pyramid_type", "u1"), ("spare", "V5"), ("dimensions", "<i4"),
            ("each", dimension, (dimensions,)),
        ]
    )  # fmt: skip


def _copy_rows(out: NDArray[Any], rows: NDArray[Any], unknown: dict[bytes, tuple[int, int]]) -> None:
    for name in ("pixel_type", "file_position", "file_part", "compression", "pyramid_type"):
        out[name] = rows[name]
    for k in range(rows["each"].shape[1]):
        column = rows["each"][:, k]
        names = column["name"]
        same = bool((names == names[0]).all())
        for code in names[:1].tolist() if same else unique_values(names).tolist():
            which: Any = slice(None) if same else names == code
            start, size, stored = (column[field][which] for field in ("start", "size", "stored"))
            letter = _CODES.get(code)
            if letter is None:
                name = code.to_bytes(4, "little")
                low, high = unknown.get(name, (int(start[0]), int(start[0])))
                unknown[name] = min(low, int(start.min())), max(high, int((start + np.maximum(size, 1) - 1).max()))
                continue
            out[letter][which] = start
            out[f"{letter}_size"][which] = size
            if letter in "XY":
                out[f"stored_{letter.lower()}"][which] = np.where(stored == 0, size, stored)


def _refuse_unknown(unknown: dict[bytes, tuple[int, int]]) -> None:
    for name, (low, high) in unknown.items():
        if low != high:
            raise UnsupportedFeatureError(
                "the file has a dimension that is not known",
                evidence=f"{name!r} from {low} to {high}",
                remedy="save it without that dimension",
            )


def check_entries(entries: NDArray[Any], size: int) -> None:
    """Check all that the entries state against the size of the file and the settings.

    Raises
    ------
    CorruptFileError
        A sub-block has no pixels, or does not lie in the file.
    UnsupportedFeatureError
        The CZI is spread over several files, or a sub-block has several planes.
    LimitExceededError
        The entries declare more bytes of pixels than the settings allow.
    """
    if (entries["file_part"] != 0).any():
        raise UnsupportedFeatureError(
            "the file is one of several that make up a CZI, which is not read",
            evidence=f"sub-blocks of the file parts {sorted(set(entries['file_part'].tolist()))[:8]}",
            remedy="save it as one file with ZEISS ZEN",
        )
    shortest = min(int(entries[name].min()) for name in ("X_size", "Y_size", "stored_x", "stored_y"))
    if shortest < 1:
        raise CorruptFileError("a sub-block has no pixels", evidence=f"a width or height of {shortest}")
    planes = count_planes(entries)
    position = entries["file_position"]
    # as float64, because a product of hostile sizes does not fit 64 bits
    nbytes = pixel_bytes(entries["pixel_type"]) * entries["stored_x"] * entries["stored_y"].astype(np.float64) * planes
    end = position + LEAST_SUBBLOCK + np.where(entries["compression"] == RAW, nbytes, 0)
    wrong = (position < 0) | (end > size)
    if wrong.any():
        k = int(np.argmax(wrong))
        raise CorruptFileError(
            "a sub-block does not lie in the file",
            evidence=f"sub-block {k} at {position[k]}, {nbytes[k]:.0f} bytes of pixels; the file ends at {size}",
            remedy="the file is incomplete or damaged: copy it again from where it came from",
        )
    settings = current_settings()
    if (number := int(planes.sum())) > settings.max_pages:
        raise LimitExceededError(
            "the file declares too many planes",
            evidence=f"{number:,} in {len(entries):,} sub-blocks; at most {settings.max_pages:,} are allowed",
            remedy="set OMIO_MAX_PAGES higher, if you trust the file",
        )
    if nbytes.sum() > max(float(size) * settings.max_expansion, _ALWAYS_ALLOWED) or nbytes.max() > settings.max_memory:
        raise LimitExceededError(
            "the file declares far more pixels than it can hold",
            evidence=f"{nbytes.sum():,.0f} bytes, {nbytes.max():,.0f} in one sub-block, in a file of {size:,}",
            remedy="raise OMIO_MAX_EXPANSION or OMIO_MAX_MEMORY, if you trust the file",
        )
