"""The blocks that CZ_LSMINFO points at: read at once with a size limit, parsed later; it knows no picture.

Layout: "Image File Format Description LSM 5/7, Release 6.0 (ZEN 2010)" of Carl Zeiss. A block that cannot be read or
parsed only leaves its values unknown; the picture is not affected.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Mapping
from typing import Any

from omio_core.contract import CorruptFileError, PositionedFile

from ._info import Info, dimension
from ._scan import length_of

Blocks = Mapping[str, bytes]
"""The bytes of each block, by the name of its field without ``Offset``."""

_MOST = 4 << 20  # bytes of a block
_MOST_CHANNELS = 1 << 12
_FIRST = 1 << 14
_EMPTY_OVERLAY = 194  # bytes of an overlay without a shape
_OVERLAYS = {
    "VectorOverlay": "an overlay of {}", "Roi": "regions of interest (ROI): {}", "BleachRoi": "bleached regions: {}",
    "MeanOfRoisOverlay": "regions of means: {}", "TopoIsolineOverlay": "isolines: {}",
    "TopoProfileOverlay": "profiles: {}", "LinescanOverlay": "scanned lines: {}",
}  # fmt: skip


def read(file: PositionedFile, info: Info) -> dict[str, bytes]:
    """Read the known blocks that are complete."""
    blocks: dict[str, bytes] = {}
    for name, size in _SIZES.items():
        offset = int(info.get(f"Offset{name}", 0))
        if not 8 <= offset < file.size:  # 0 means no block; a TIFF header has 8 bytes
            continue
        head = file.read(offset, min(_FIRST, file.size - offset))
        try:
            length = size(head, info)
        except struct.error:
            continue
        if length < 0:  # of unknown length: read up to the limit
            length = length_of(file.read(offset, min(_MOST, file.size - offset)))
        if 0 < length <= _MOST:
            try:
                blocks[name] = file.read(offset, length)
            except CorruptFileError:
                continue
    return blocks


def overlays(file: PositionedFile, info: Info) -> tuple[str, ...]:
    """What overlays hold that OMIO does not read, in words; those without a shape are not named.

    A block begins with the number of its shapes and its size; if that is not above 194, no shape follows
    (Bio-Formats, `ZeissLSMReader.parseOverlays`).
    """
    words = []
    for name, noun in _OVERLAYS.items():
        offset = int(info.get(f"Offset{name}", 0))
        if 8 <= offset <= file.size - 8:
            shapes, size = struct.unpack("<ii", file.read(offset, 8))
            if size > _EMPTY_OVERLAY and 0 < shapes < size:
                words.append(noun.format(f"{shapes} shape{'s' if shapes > 1 else ''}"))
    return tuple(words)


def _size_by_count(entry_size: int) -> Callable[[bytes, Info], int]:
    """The size of a block that begins with the number of its entries of `entry_size` bytes."""
    return lambda head, info: 4 + entry_size * int(struct.unpack_from("<I", head)[0])


def _size_at_start(head: bytes, info: Info) -> int:
    """The size of a block that begins with its size."""
    return int(struct.unpack_from("<I", head)[0])


def _types_size(head: bytes, info: Info) -> int:
    return 4 * min(dimension(info, "C"), _MOST_CHANNELS)


def _scan_size(head: bytes, info: Info) -> int:
    return length_of(head) or -1


_SIZES: Mapping[str, Callable[[bytes, Info], int]] = {
    "ChannelColors": _size_at_start,
    "ChannelDataTypes": _types_size,  # one number per channel, without their count
    "ChannelWavelength": _size_by_count(16),
    "EventList": _size_at_start,
    "Positions": _size_by_count(24),
    "ScanInformation": _scan_size,
    "TilePositions": _size_by_count(24),
    "TimeStamps": _size_at_start,
}


def parse_blocks(blocks: Blocks) -> dict[str, Any]:
    """Parse the blocks to plain values; blocks that cannot be parsed are left out."""
    values: dict[str, Any] = {}
    for name, parse in _PARSERS.items():
        if name in blocks:
            try:
                values[name] = parse(blocks[name])
            except (struct.error, ValueError):
                continue
    return values


def _time_stamps(data: bytes) -> list[float]:
    """The time of each time point, in seconds since the start of the program."""
    size, number = struct.unpack_from("<ii", data)
    if number < 0 or size < 8 + 8 * number:
        raise ValueError("it is shorter than its number of stamps")
    return list(struct.unpack_from(f"<{number}d", data, 8))


def _channel_colors(data: bytes) -> dict[str, Any]:
    """Red, green and blue of each channel, and their names."""
    _, colors, names, colors_at, names_at, mono = struct.unpack_from("<6I", data)
    if max(colors, names) > _MOST_CHANNELS:
        raise ValueError("too many channels")
    flat = struct.unpack_from(f"<{4 * colors}B", data, colors_at)
    color_names: list[str] = []
    at = names_at
    while len(color_names) < names and at + 4 <= len(data):
        length = struct.unpack_from("<I", data, at)[0]
        if at + 4 + length > len(data):
            break
        color_names.append(text(data[at + 4 : at + 4 + length]))
        at += 4 + length
    return {
        "Mono": bool(mono),
        "Colors": [list(flat[k : k + 3]) for k in range(0, len(flat), 4)],
        "ColorNames": color_names,
    }


def _events(data: bytes) -> list[dict[str, Any]]:
    """The events of a time series: seconds, kind, and description."""
    _, number = struct.unpack_from("<II", data)
    events: list[dict[str, Any]] = []
    at = 8
    while len(events) < number and at + 16 <= len(data):
        size, seconds, kind = struct.unpack_from("<IdI", data, at)
        if size < 16:
            break
        events.append({"Time": seconds, "EventType": kind, "Description": text(data[at + 16 : at + size])})
        at += size
    return events


def _tuples(data: bytes, length: int) -> list[list[float]]:
    number = struct.unpack_from("<I", data)[0]
    flat = struct.unpack_from(f"<{length * number}d", data, 4)
    return [list(flat[k : k + length]) for k in range(0, len(flat), length)]


def text(data: bytes) -> str:
    """Decode a text up to its first NUL, in the code page of western Windows."""
    return data.partition(b"\0")[0].decode("cp1252", "replace").strip()


_PARSERS: Mapping[str, Callable[[bytes], Any]] = {
    "ChannelColors": _channel_colors,
    "ChannelDataTypes": lambda data: list(struct.unpack(f"<{len(data) // 4}I", data)),
    "ChannelWavelength": lambda data: _tuples(data, 2),
    "EventList": _events,
    "Positions": lambda data: _tuples(data, 3),
    "TilePositions": lambda data: _tuples(data, 3),
    "TimeStamps": _time_stamps,
}
