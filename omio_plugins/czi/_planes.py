"""The metadata of the sub-blocks: time, exposure, stage and focus of each plane; it reads no pixel.

A sub-block has its own XML, METADATA/Tags, before its pixels (ZEISS, CZI file format description, sub-block segment).
Lengths are micrometres (FocusPosition rises by the Z distance, StageXPosition lies at the scene's CenterPosition),
AcquisitionTime is a date, and ExposureTime, in nanoseconds, is in the escaped text of DetectorState.

Ten thousand planes are ten thousand places in the file, and parsing each would take seconds. Therefore a few are read
first, and the others only if those have any of the values, each with one read in the order of the file. Writers format
all values alike (``+000000016977.1530``), so texts of one length are parsed together.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import numpy as np
from numpy.typing import NDArray

from omio_core.contract import CorruptFileError, PositionedFile, convert_each, seconds

from ._directory import Directory, Scene
from ._segments import FIXED, HEADER
from ._texts import Texts, moments, numbers

FEW = 16  # planes to read first, to see whether sub-blocks have any of the values
_BATCH = 4096  # planes whose XML is in memory at once
_MOST = 1 << 20  # bytes of a sub-block's XML; real files have some hundred
_LEAST = HEADER + FIXED

_Floats = NDArray[np.float64]

_TAGS: dict[str, tuple[bytes, bytes]] = {
    "ExposureTime": (b"&lt;ExposureTime&gt;", b"&"),
    "PositionX": (b"<StageXPosition>", b"<"),
    "PositionY": (b"<StageYPosition>", b"<"),
    "PositionZ": (b"<FocusPosition>", b"<"),
}
_MOMENT = (b"<AcquisitionTime>", b"<")


def columns(file: PositionedFile, directory: Directory, scene: Scene, began: datetime | None) -> dict[str, _Floats]:
    """Facts per plane from the sub-blocks; for a mosaic, from the first tile of each plane.

    Parameters
    ----------
    began
        When the acquisition began. Times are relative to it, or to the first time where it is unknown or later.

    Returns
    -------
    dict
        Columns of `omio_core.contract.PLANE_COLUMNS` that have a value, each over (T, Z, channels); NaN is unknown.
    """
    exists = scene.planes >= 0
    positions = directory.entries["file_position"][scene.planes[exists]]
    order = np.argsort(positions, kind="stable")
    sorted_columns = _columns_in_file_order(file, positions[order])
    if "DeltaT" in sorted_columns:
        sorted_columns["DeltaT"] -= _start_time(sorted_columns["DeltaT"], began)
    out = {}
    for name, values in sorted_columns.items():
        unsorted = np.empty(len(values))
        unsorted[order] = values
        out[name] = np.full(scene.planes.shape, np.nan)
        out[name][exists] = unsorted
    return out


def _columns_in_file_order(file: PositionedFile, positions: NDArray[np.int64]) -> dict[str, _Floats]:
    """The columns that have a value, over sub-blocks in the order of the file; times in seconds since the epoch."""
    read_size = _bytes_to_read(file, positions[:: max(1, len(positions) // FEW)])
    if not read_size:
        return {}
    values_by_name = {name: np.full(len(positions), np.nan) for name in ("DeltaT", *_TAGS)}
    for start in range(0, len(positions), _BATCH):
        for texts in _texts(file, positions[start : start + _BATCH], read_size):
            rows = texts.rows + start
            values_by_name["DeltaT"][rows] = moments(texts, *_MOMENT)
            for name, (tag, stop) in _TAGS.items():
                values_by_name[name][rows] = numbers(texts, tag, stop)
    values_by_name["ExposureTime"] = convert_each(values_by_name["ExposureTime"], "ns", seconds)
    values_by_name["ExposureTime"][values_by_name["ExposureTime"] <= 0] = np.nan
    return {name: values for name, values in values_by_name.items() if not np.isnan(values).all()}


def _start_time(seconds: _Floats, began: datetime | None) -> float:
    """The time that others are relative to, in seconds since the epoch."""
    first = float(np.nanmin(seconds))
    if began is None:
        return first
    # a time without a zone is taken as UTC, as ZEN writes it
    return min(first, (began if began.tzinfo else began.replace(tzinfo=UTC)).timestamp())


# --- reading


def _bytes_to_read(file: PositionedFile, positions: NDArray[np.int64]) -> int:
    """Bytes from the start of most sub-blocks to the end of their XML; 0 if these few have none of the values."""
    wanted = [_MOMENT[0], *(tag for tag, _ in _TAGS.values())]
    longest, any_value = 0, False
    for texts in _texts(file, positions, _LEAST):
        longest = max(longest, texts.end)
        any_value = any_value or any(tag in texts.text(k) for k in range(len(texts.rows)) for tag in wanted)
    return longest + 64 if any_value else 0


def _texts(file: PositionedFile, positions: NDArray[np.int64], read_size: int) -> Iterator[Texts]:
    """Yield the XML of sub-blocks, those of one layout together; damaged sub-blocks are left out.

    An XML that ends within `read_size` bytes costs one read.
    """
    sizes = [min(read_size, file.size - at) for at in positions.tolist()]
    data = b"".join(file.read(at, n).ljust(read_size, b"\0") for at, n in zip(positions.tolist(), sizes, strict=True))
    table = np.frombuffer(data, np.uint8).reshape(-1, read_size)
    start, size = _extents(table)
    end = np.where(size > 0, start + size, 0)
    long = np.flatnonzero(end > read_size)
    for k in long.tolist():
        try:
            text = file.read(int(positions[k] + start[k]), int(size[k]))
        except CorruptFileError:  # its XML goes beyond the file: reading pixels raises, a fact is only unknown
            continue
        yield Texts(np.array([k]), np.frombuffer(text, np.uint8)[None], int(end[k]))
    short = np.flatnonzero((end > 0) & (end <= read_size))
    span = start[short] << 32 | end[short]
    for extent in sorted(set(span.tolist())):
        begin, stop = extent >> 32, extent & 0xFFFFFFFF
        rows = short[span == extent]
        yield Texts(rows, table[rows, begin:stop], stop)


def _extents(table: NDArray[np.uint8]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The start and the length of the XML of each sub-block, 0 where there is none, from the segments' first bytes.

    After the segment's header: MetadataSize at 0, DirectoryEntryDV at 16, whose DimensionCount is at 28.
    """

    def integers(offset: int) -> NDArray[np.int64]:
        return np.ascontiguousarray(table[:, offset : offset + 4]).view("<i4")[:, 0].astype(np.int64)

    valid = (table[:, :15] == np.frombuffer(b"ZISRAWSUBBLOCK\0", np.uint8)).all(axis=1)
    size, dimensions = integers(HEADER), integers(HEADER + 44)
    valid &= (size > 0) & (size <= _MOST) & (dimensions >= 0) & (dimensions < 1000)
    return HEADER + np.maximum(FIXED, 48 + 20 * dimensions), np.where(valid, size, 0)
