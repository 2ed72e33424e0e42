"""What sub-blocks say of themselves: moment, exposure, stage and focus of each plane; it reads no pixel.

A sub-block has an XML of its own, METADATA/Tags, before its pixels (ZEISS, CZI file format description, sub-block
segment). Lengths are micrometres (FocusPosition rises by the Z distance, StageXPosition lies at the scene's
CenterPosition), AcquisitionTime is a date, and ExposureTime, nanoseconds, stands in the escaped text of DetectorState.

Ten thousand planes are ten thousand places in the file, and parsing each would take seconds. So a few are looked at
first, the others only where those say anything, each with one read in the order of the file; and as writers spell
all alike (``+000000016977.1530``), texts of one length are taken apart together.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import numpy as np
from numpy.typing import NDArray

from omio_core.errors import CorruptFileError
from omio_core.files.positioned import PositionedFile
from omio_core.metadata import units

from ._directory import Directory, Scene
from ._segments import FIXED, HEADER
from ._spelled import Texts, moments, numbers

FEW = 16  # planes that are looked at to see whether sub-blocks say anything
_BATCH = 4096  # planes whose XML is in memory at once
_MOST = 1 << 20  # bytes of a sub-block's XML, of which files have some hundred
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
    """Facts a plane from the sub-blocks, of a mosaic from the first tile of each plane.

    Parameters
    ----------
    began
        When the acquisition began; moments are counted from there, or from the first where it is unknown or later.

    Returns
    -------
    dict
        Columns of `omio_core.contract.PLANE_COLUMNS` that have a value, each over (T, Z, channels); NaN is unknown.
    """
    there = scene.planes >= 0
    positions = directory.entries["file_position"][scene.planes[there]]
    order = np.argsort(positions, kind="stable")
    found = _sorted_columns(file, positions[order])
    if "DeltaT" in found:
        found["DeltaT"] -= _zero(found["DeltaT"], began)
    out = {}
    for name, values in found.items():
        unsorted = np.empty(len(values))
        unsorted[order] = values
        out[name] = np.full(scene.planes.shape, np.nan)
        out[name][there] = unsorted
    return out


def _sorted_columns(file: PositionedFile, positions: NDArray[np.int64]) -> dict[str, _Floats]:
    """Columns that have a value, over sub-blocks in the order of the file; moments in seconds of the epoch."""
    likely = _likely(file, positions[:: max(1, len(positions) // FEW)])
    if not likely:
        return {}
    found = {name: np.full(len(positions), np.nan) for name in ("DeltaT", *_TAGS)}
    for start in range(0, len(positions), _BATCH):
        for texts in _texts(file, positions[start : start + _BATCH], likely):
            rows = texts.rows + start
            found["DeltaT"][rows] = moments(texts, *_MOMENT)
            for name, (tag, stop) in _TAGS.items():
                found[name][rows] = numbers(texts, tag, stop)
    found["ExposureTime"] = units.each(found["ExposureTime"], "ns", units.seconds)
    found["ExposureTime"][found["ExposureTime"] <= 0] = np.nan
    return {name: values for name, values in found.items() if not np.isnan(values).all()}


def _zero(seconds: _Floats, began: datetime | None) -> float:
    """The moment that others are counted from, in seconds of the epoch."""
    first = float(np.nanmin(seconds))
    if began is None:
        return first
    # what names no zone is taken for UTC, as ZEN writes it
    return min(first, (began if began.tzinfo else began.replace(tzinfo=UTC)).timestamp())


# --- reading


def _likely(file: PositionedFile, few: NDArray[np.int64]) -> int:
    """Bytes from the beginning of a sub-block to the end of its XML, mostly; 0 where a few say nothing wanted."""
    wanted = [_MOMENT[0], *(tag for tag, _ in _TAGS.values())]
    longest, said = 0, False
    for texts in _texts(file, few, _LEAST):
        longest = max(longest, texts.end)
        said = said or any(tag in texts.text(k) for k in range(len(texts.rows)) for tag in wanted)
    return longest + 64 if said else 0


def _texts(file: PositionedFile, positions: NDArray[np.int64], likely: int) -> Iterator[Texts]:
    """The XML of sub-blocks, those together whose texts lie alike; not of one that is damaged.

    Each is read at once where it ends within `likely` bytes.
    """
    room = [min(likely, file.size - at) for at in positions.tolist()]
    data = b"".join(file.read(at, n).ljust(likely, b"\0") for at, n in zip(positions.tolist(), room, strict=True))
    table = np.frombuffer(data, np.uint8).reshape(-1, likely)
    start, size = _extents(table)
    end = np.where(size > 0, start + size, 0)
    apart = np.flatnonzero(end > likely)
    for k in apart.tolist():
        try:
            text = file.read(int(positions[k] + start[k]), int(size[k]))
        except CorruptFileError:  # it says more than the file holds: its pixels will say so, a fact is only unknown
            continue
        yield Texts(np.array([k]), np.frombuffer(text, np.uint8)[None], int(end[k]))
    together = np.flatnonzero((end > 0) & (end <= likely))
    span = start[together] << 32 | end[together]
    for one in sorted(set(span.tolist())):
        begin, stop = one >> 32, one & 0xFFFFFFFF
        rows = together[span == one]
        yield Texts(rows, table[rows, begin:stop], stop)


def _extents(table: NDArray[np.uint8]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Where the XML of each sub-block begins and how long it is, 0 where there is none; from the segments' first bytes.

    After the segment's header: MetadataSize at 0, DirectoryEntryDV at 16, whose DimensionCount is at 28.
    """

    def integers(offset: int) -> NDArray[np.int64]:
        return np.ascontiguousarray(table[:, offset : offset + 4]).view("<i4")[:, 0].astype(np.int64)

    sound = (table[:, :15] == np.frombuffer(b"ZISRAWSUBBLOCK\0", np.uint8)).all(axis=1)
    size, dimensions = integers(HEADER), integers(HEADER + 44)
    sound &= (size > 0) & (size <= _MOST) & (dimensions >= 0) & (dimensions < 1000)
    return HEADER + np.maximum(FIXED, 48 + 20 * dimensions), np.where(sound, size, 0)
