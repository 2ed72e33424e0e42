"""LSM files made by hand: tables and blocks in front, strips behind, wherever they are wanted."""

from __future__ import annotations

import struct
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import imagecodecs
import numpy as np

from omio_plugins.lsm._info import FIELDS

_SIZES = {1: 1, 3: 2, 4: 4}
_CODES = {1: "B", 3: "H", 4: "I"}
LZW = 5

Spans = tuple[tuple[int, int], ...]
Ifd = Sequence[np.ndarray]  # one array (rows, columns) a channel


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """A file that was made: where its structure lies, and where the entries of its tables."""

    path: Path
    structure: Spans
    entries: Spans


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """How a file is written.

    Attributes
    ----------
    compression
        1 or 5 (LZW).
    lies
        Whether StripByteCounts of compressed strips are those before compression, as Zeiss has it.
    thumbnails
        Whether each IFD has one behind it.
    chunky
        Whether the samples of a pixel stand together.
    bits_elsewhere
        Whether two depths stand outside their entry although they fit: tifffile knows no files that have it otherwise.
    extra
        Further tags of the IFDs, or others than usual; None for none.
    place
        From the number of a strip and the offset where it would begin to the offset where it does.
    """

    compression: int = 1
    lies: bool = True
    thumbnails: bool = True
    chunky: bool = False
    strips: int = 1
    bits_elsewhere: bool = True
    extra: Mapping[int, tuple[int, tuple[int, ...]] | None] = field(default_factory=dict)
    place: Callable[[int, int], int] = lambda k, at: at


# --- CZ_LSMINFO and its blocks


def info_block(size: int | None = None, **fields: Any) -> bytes:
    """CZ_LSMINFO with these fields, the others 0; cut to `size` bytes as older programs have it."""
    known = {"MagicNumber": 0x00400494C, "ScanType": 0, "VoxelSizeX": 2.5e-7, "VoxelSizeY": 5e-7, "VoxelSizeZ": 1e-6}
    whole = sum(struct.calcsize("<" + code) for _, code in FIELDS)
    known |= {"StructureSize": size or whole, **fields}
    out = b""
    for name, code in FIELDS:
        n = struct.calcsize("<" + code) // struct.calcsize("<" + code[-1])
        value = known.get(name, 0)
        out += struct.pack("<" + code, *(value if isinstance(value, list) else [value] * n))
    return out[:size]


def colors(names: Sequence[str], rgb: Sequence[Sequence[int]]) -> bytes:
    listed = b"".join(bytes((*one, 0)) for one in rgb)
    texts = [name.encode("cp1252") + b"\0" for name in names]
    named = b"".join(struct.pack("<I", len(one)) + one for one in texts)
    head = 24
    size = head + len(listed) + len(named)
    return struct.pack("<6I", size, len(rgb), len(names), head, head + len(listed), 0) + listed + named


def stamps(*seconds: float) -> bytes:
    return struct.pack(f"<ii{len(seconds)}d", 8 + 8 * len(seconds), len(seconds), *seconds)


def tuples(*rows: Sequence[float]) -> bytes:
    return struct.pack("<I", len(rows)) + b"".join(struct.pack(f"<{len(row)}d", *row) for row in rows)


def numbers(*values: int) -> bytes:
    return struct.pack(f"<{len(values)}I", *values)


def events(*marks: tuple[float, int, str]) -> bytes:
    listed = b""
    for seconds, kind, text in marks:
        said = text.encode("cp1252") + b"\0"
        listed += struct.pack("<IdI", 16 + len(said), seconds, kind) + said
    return struct.pack("<II", 8 + len(listed), len(marks)) + listed


def entry(number: int, value: str | float | int) -> bytes:
    kind, data = {
        str: lambda v: (2, str(v).encode("cp1252") + b"\0"),
        int: lambda v: (4, struct.pack("<i", v)),
        float: lambda v: (5, struct.pack("<d", v)),
    }[type(value)](value)
    return struct.pack("<III", number, kind, len(data)) + data


def block(number: int, *inside: bytes) -> bytes:
    return struct.pack("<III", number, 0, 0) + b"".join(inside) + struct.pack("<III", 0xFFFFFFFF, 0, 0)


def scan(*, objective: str = "", tracks: Sequence[bytes] = (), name: str = "a cell", zero: float = 0.0) -> bytes:
    """ScanInformation of a recording with these tracks."""
    head = (entry(0x10000001, name), entry(0x10000004, objective), entry(0x10000016, 0.8), entry(0x10000036, zero))
    return block(0x10000000, *head, block(0x30000000), block(0x20000000, *tracks))


def track(name: str, detectors: Sequence[tuple[str, str, int]], lines: Sequence[float], used: int = 1) -> bytes:
    """A track with detection channels (name, dye, whether it is used) and laser lines in nanometres."""
    found = [
        block(0x70000000, entry(0x70000014, channel), entry(0x70000026, dye), entry(0x7000000B, on))
        for channel, dye, on in detectors
    ]
    lit = [block(0x90000000, entry(0x90000003, line), entry(0x90000004, 1)) for line in lines]
    return block(
        0x40000000, entry(0x4000000C, name), entry(0x40000006, used), block(0x60000000, *found), block(0x80000000, *lit)
    )


# --- the file


def write(
    path: Path,
    ifds: Sequence[Ifd],
    info: Mapping[str, Any] | None = None,
    blocks: Mapping[str, bytes] | None = None,
    way: Way | None = None,
    size: int | None = None,
) -> Made:
    """Write a file of these IFDs, each of which is its channels.

    Parameters
    ----------
    info
        Fields of CZ_LSMINFO; the dimensions X, Y and C are those of the first IFD where they are not named.
    blocks
        From names of blocks to their bytes.
    size
        Of CZ_LSMINFO in bytes.
    """
    way = way or Way()
    blocks = blocks or {}
    rows, columns = ifds[0][0].shape
    dimensions = {"DimensionX": columns, "DimensionY": rows, "DimensionZ": 1, "DimensionTime": 1}
    fields = {**dimensions, "DimensionChannels": len(ifds[0]), "DataType": 1, **(info or {})}
    at, placed = 8, b""
    for name, data in blocks.items():
        fields[f"Offset{name}"] = at + len(placed)
        placed += data
    described = info_block(size, **fields)
    stored = [part for ifd in ifds for part in _stored(ifd, way)]
    tables, spans = _lay(stored, described, at + len(placed), way)
    behind = max(stop for _, stop in (*spans, (0, at + len(placed))))
    places, end = [], behind
    for k, part in enumerate(strip for _, strips in stored for strip in strips):
        places.append(way.place(k, end))
        end = places[-1] + len(part)
    with path.open("wb") as file:
        file.write(struct.pack("<2sHI", b"II", 42, at + len(placed)) + placed + tables(places))
        for offset, part in zip(places, (strip for _, strips in stored for strip in strips), strict=True):
            file.seek(offset)
            file.write(part)
    return Made(path=path, structure=((0, behind),), entries=tuple(spans))


def _stored(ifd: Ifd, way: Way) -> list[tuple[dict[int, tuple[int, tuple[int, ...]]], list[bytes]]]:
    """Tags without their places, and strips, of an IFD and its thumbnail."""
    found = [_one(ifd, 0, way)]
    if way.thumbnails:
        small = [channel[:2, :3].astype("u1") for channel in ifd]
        found.append(_one(small, 1, Way()))
    return found


def _one(ifd: Ifd, subfile: int, way: Way) -> tuple[dict[int, tuple[int, tuple[int, ...]]], list[bytes]]:
    bits = tuple(8 * channel.dtype.itemsize for channel in ifd)
    rows, columns = ifd[0].shape
    if way.chunky:
        raw = [np.stack(ifd, axis=-1).tobytes()]
    else:
        step = -(-rows // way.strips)
        raw = [channel[k : k + step].tobytes() for channel in ifd for k in range(0, rows, step)]
    coded = [imagecodecs.lzw_encode(one) for one in raw] if way.compression == LZW else raw
    counts = tuple(len(one) for one in (raw if way.lies else coded))
    tags: dict[int, tuple[int, tuple[int, ...]]] = {
        254: (4, (subfile,)), 256: (4, (columns,)), 257: (4, (rows,)), 258: (3, bits), 259: (3, (way.compression,)),
        262: (3, (1,)), 273: (4, (0,) * len(raw)), 277: (3, (len(ifd),)), 279: (4, counts),
        284: (3, (1 if way.chunky else 2,)),
    }  # fmt: skip
    if way.strips > 1:
        tags[278] = (4, (-(-rows // way.strips),))
    if any(channel.dtype.kind == "f" for channel in ifd):
        tags[339] = (3, tuple(3 if channel.dtype.kind == "f" else 1 for channel in ifd))
    tags |= {code: value for code, value in way.extra.items() if value is not None}
    return {code: tags[code] for code in sorted(tags) if way.extra.get(code, ()) is not None}, coded


def _lay(
    stored: Sequence[tuple[dict[int, tuple[int, tuple[int, ...]]], list[bytes]]], info: bytes, start: int, way: Way
) -> tuple[Callable[[list[int]], bytes], list[tuple[int, int]]]:
    """From the places of the strips to all tables, which begin at `start`; and where their entries lie."""
    ifds = [{**tags, 34412: (1, tuple(info))} if k == 0 else tags for k, (tags, _) in enumerate(stored)]
    spans: list[tuple[int, int]] = []
    starts, at = [], start
    for tags in ifds:
        starts.append(at)
        spans += [(at + 2 + 12 * k, at + 14 + 12 * k) for k in range(len(tags))]
        at += 2 + 12 * len(tags)
        outside = sum(_length(code, tag, way) for code, tag in tags.items())
        spans.append((at, at + 4 + outside))  # where the next table lies, and what is longer than its entry
        at += 4 + outside

    def tables(places: list[int]) -> bytes:
        left, out = list(places), b""
        for k, (tags, (_, strips)) in enumerate(zip(ifds, stored, strict=True)):
            own, left = left[: len(strips)], left[len(strips) :]
            tags = {**tags, 273: (4, tuple(one % (1 << 32) for one in own))}
            out += _table(tags, start + len(out), starts[k + 1] if k + 1 < len(starts) else 0, way)
        return out

    return tables, spans


def _length(code: int, tag: tuple[int, tuple[int, ...]], way: Way) -> int:
    n = _SIZES[tag[0]] * len(tag[1])
    return 0 if n <= 4 and not (code == 258 and way.bits_elsewhere and len(tag[1]) == 2) else n


def _table(tags: Mapping[int, tuple[int, tuple[int, ...]]], at: int, following: int, way: Way) -> bytes:
    end = at + 2 + 12 * len(tags) + 4
    table, behind = b"", b""
    for code, (kind, values) in sorted(tags.items()):
        value = struct.pack(f"<{len(values)}{_CODES[kind]}", *values)
        if _length(code, (kind, values), way):
            value, behind = struct.pack("<I", end + len(behind)), behind + value
        table += struct.pack("<HHI", code, kind, len(values)) + value.ljust(4, b"\0")
    return struct.pack("<H", len(tags)) + table + struct.pack("<I", following) + behind


# --- pictures


def ramp(*shape: int, dtype: str = "u1") -> np.ndarray:
    """Pixels that tell one plane from the other."""
    flat = np.arange(int(np.prod(shape)))
    return ((flat * 7 + flat // 11) % 251).astype(dtype).reshape(shape)


def stack(array: np.ndarray) -> list[list[np.ndarray]]:
    """The IFDs of an array whose last three axes are C, rows and X; the axes before them in their order."""
    return [list(one) for one in array.reshape(-1, *array.shape[-3:])]
