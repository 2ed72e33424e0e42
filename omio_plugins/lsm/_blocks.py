"""The blocks that CZ_LSMINFO points at: read at once, bounded, and understood later; it knows no picture.

Layout: "Image File Format Description LSM 5/7, Release 6.0 (ZEN 2010)" of Carl Zeiss. A block that cannot be read, or
makes no sense, costs what it tells and not the picture.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Mapping
from typing import Any

from omio_core.errors import CorruptFileError
from omio_core.files.positioned import PositionedFile

from ._info import Info, dimension
from ._scan import length_of

Blocks = Mapping[str, bytes]
"""From the name of a block (of its field without ``Offset``) to its bytes."""

_MOST = 4 << 20  # bytes of a block
_MOST_CHANNELS = 1 << 12
_FIRST = 1 << 14


def read(file: PositionedFile, info: Info) -> dict[str, bytes]:
    """The blocks that are read, those of them that are there and whole."""
    found: dict[str, bytes] = {}
    for name, size in _SIZES.items():
        offset = int(info.get(f"Offset{name}", 0))
        if not 8 <= offset < file.size:  # 0 is none; a header has 8 bytes
            continue
        head = file.read(offset, min(_FIRST, file.size - offset))
        try:
            n = size(head, info)
        except struct.error:
            continue
        if n < 0:  # of unknown length: as much as may be
            n = length_of(file.read(offset, min(_MOST, file.size - offset)))
        if 0 < n <= _MOST:
            try:
                found[name] = file.read(offset, n)
            except CorruptFileError:
                continue
    return found


def _counted(each: int) -> Callable[[bytes, Info], int]:
    """The size of a block that begins with the number of its entries of `each` bytes."""
    return lambda head, info: 4 + each * int(struct.unpack_from("<I", head)[0])


def _stated(head: bytes, info: Info) -> int:
    """The size of a block that begins with it."""
    return int(struct.unpack_from("<I", head)[0])


def _types_size(head: bytes, info: Info) -> int:
    return 4 * min(dimension(info, "C"), _MOST_CHANNELS)


def _scan_size(head: bytes, info: Info) -> int:
    return length_of(head) or -1


_SIZES: Mapping[str, Callable[[bytes, Info], int]] = {
    "ChannelColors": _stated,
    "ChannelDataTypes": _types_size,  # a number a channel, and not how many there are
    "ChannelWavelength": _counted(16),
    "EventList": _stated,
    "Positions": _counted(24),
    "ScanInformation": _scan_size,
    "TilePositions": _counted(24),
    "TimeStamps": _stated,
}


def parsed(blocks: Blocks) -> dict[str, Any]:
    """What the blocks say, in plain values; one that makes no sense is left out."""
    found: dict[str, Any] = {}
    for name, parse in _PARSERS.items():
        if name in blocks:
            try:
                found[name] = parse(blocks[name])
            except (struct.error, ValueError):
                continue
    return found


def _time_stamps(data: bytes) -> list[float]:
    """Seconds of each time point since the program was started."""
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
    found: list[str] = []
    at = names_at
    while len(found) < names and at + 4 <= len(data):
        length = struct.unpack_from("<I", data, at)[0]
        if at + 4 + length > len(data):
            break
        found.append(text(data[at + 4 : at + 4 + length]))
        at += 4 + length
    return {"Mono": bool(mono), "Colors": [list(flat[k : k + 3]) for k in range(0, len(flat), 4)], "ColorNames": found}


def _events(data: bytes) -> list[dict[str, Any]]:
    """Marks set during a time series: seconds, kind, and what was written to them."""
    _, number = struct.unpack_from("<II", data)
    found: list[dict[str, Any]] = []
    at = 8
    while len(found) < number and at + 16 <= len(data):
        size, seconds, kind = struct.unpack_from("<IdI", data, at)
        if size < 16:
            break
        found.append({"Time": seconds, "EventType": kind, "Description": text(data[at + 16 : at + size])})
        at += size
    return found


def _tuples(data: bytes, each: int) -> list[list[float]]:
    number = struct.unpack_from("<I", data)[0]
    flat = struct.unpack_from(f"<{each * number}d", data, 4)
    return [list(flat[k : k + each]) for k in range(0, len(flat), each)]


def text(data: bytes) -> str:
    """A text up to its first NUL, in the code page of western Windows."""
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
