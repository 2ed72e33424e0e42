"""A small writer of CZI: segments laid out by hand, so that a test can say exactly what is in a file.

Offsets and codes are those of ZEISS' "CZI file format description" (DS_ZISRAW, 1.2.2).
"""

from __future__ import annotations

import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import imagecodecs
import numpy as np

RAW, JPEG, JPEGXR, ZSTD0, ZSTD1 = 0, 1, 4, 5, 6
TYPES = {("u1", 1): 0, ("u2", 1): 1, ("f4", 1): 2, ("u1", 3): 3, ("u2", 3): 4, ("f4", 3): 8, ("u1", 4): 9,
         ("c8", 1): 10, ("i4", 1): 12, ("f8", 1): 13}  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Block:
    """A sub-block.

    Attributes
    ----------
    pixels
        (rows, columns) or (rows, columns, samples), red first.
    at
        Starts by dimension, such as ``{"X": 5, "C": 1}``; X and Y are 0 where they are not named.
    covers
        Rows and columns of the full resolution; those of `pixels` where None.
    data
        The stored bytes, where they are to be others than those of `pixels`.
    entry
        Changes of the entry in the directory: pixel_type, file_part, stored, sizes.
    """

    pixels: np.ndarray
    at: Mapping[str, int] = field(default_factory=dict)
    compression: int = RAW
    covers: tuple[int, int] | None = None
    pyramid_type: int = 0
    metadata: bytes = b""
    data: bytes | None = None
    entry: Mapping[str, Any] = field(default_factory=dict)


def segment(name: bytes, content: bytes) -> bytes:
    size = -(-len(content) // 32) * 32
    return struct.pack("<16sqq", name, size, len(content)) + content.ljust(size, b"\0")


def blue_first(pixels: np.ndarray) -> np.ndarray:
    if pixels.ndim == 2:
        return np.ascontiguousarray(pixels)
    order = {3: [2, 1, 0], 4: [2, 1, 0, 3]}[pixels.shape[2]]
    return np.ascontiguousarray(pixels[..., order])


def hi_lo(data: bytes) -> bytes:
    """Low bytes of all samples, then the high ones."""
    return data[0::2] + data[1::2]


def stored(block: Block) -> bytes:
    if block.data is not None:
        return block.data
    data = blue_first(block.pixels).tobytes()
    if block.compression == ZSTD0:
        return imagecodecs.zstd_encode(data)
    if block.compression == ZSTD1 and block.pixels.dtype.itemsize == 2:
        return b"\3\1\1" + imagecodecs.zstd_encode(hi_lo(data))
    if block.compression == ZSTD1:
        return b"\1" + imagecodecs.zstd_encode(data)
    if block.compression == JPEGXR:
        return imagecodecs.jpegxr_encode(block.pixels)
    if block.compression == JPEG:
        return imagecodecs.jpeg_encode(block.pixels, level=95)
    return data


def entry(block: Block, position: int) -> bytes:
    rows, columns = block.pixels.shape[:2]
    high, wide = block.covers or (rows, columns)
    samples = block.pixels.shape[2] if block.pixels.ndim == 3 else 1
    sizes = {"X": (wide, columns), "Y": (high, rows), **block.entry.get("sizes", {})}
    starts = {"X": 0, "Y": 0, **block.at}
    dimensions = b"".join(
        struct.pack(
            "<4siifi", letter.encode(), start, sizes.get(letter, (1, 1))[0], start, sizes.get(letter, (1, 1))[1]
        )
        for letter, start in starts.items()
    )
    code = block.entry.get("pixel_type", TYPES[block.pixels.dtype.str[1:], samples])
    part = block.entry.get("file_part", 0)
    fixed = struct.pack("<2siqiiB5xi", b"DV", code, position, part, block.compression, block.pyramid_type, len(starts))
    return fixed + dimensions


def write(path: Path, blocks: Sequence[Block], *, xml: bytes | None = None, **header: int) -> Path:
    """Write a CZI: header, sub-blocks, directory, and metadata unless `xml` is None; `header` may have file_part."""
    out = bytearray(544)
    entries = b""
    for block in blocks:
        one, data = entry(block, len(out)), stored(block)
        entries += one
        fixed = struct.pack("<iiq", len(block.metadata), 0, len(data)) + one
        out += segment(b"ZISRAWSUBBLOCK", fixed.ljust(256, b"\0") + block.metadata + data)
    directory = len(out)
    out += segment(b"ZISRAWDIRECTORY", struct.pack("<i124x", len(blocks)) + entries)
    metadata = 0
    if xml is not None:
        metadata = len(out)
        out += segment(b"ZISRAWMETADATA", struct.pack("<ii248x", len(xml), 0) + xml)
    fields = struct.pack(
        "<iiii16s16siqqiq", 1, 0, 0, 0, bytes(16), bytes(16), header.get("file_part", 0), directory, metadata,
        header.get("pending", 0), 0,
    )  # fmt: skip
    out[:544] = segment(b"ZISRAWFILE", fields.ljust(512, b"\0"))
    path.write_bytes(out)
    return path


def ramp(*shape: int, dtype: str = "u2", start: int = 0) -> np.ndarray:
    """Pixels that are not all alike."""
    return ((np.arange(np.prod(shape)) * 7 + start) % 251).astype(dtype).reshape(shape)


def attach(path: Path, *attached: tuple[bytes, bytes] | tuple[bytes, bytes, bytes], **odd: Any) -> Path:
    """Append attachments and their directory, and say so in the file header.

    An attachment is its type, its data, and its name if that is not TimeStamps.
    `odd` may have count (of the directory), offset (of all attachments) and size (of the data of each).
    """
    out = bytearray(path.read_bytes())
    entries = b""
    for kind, data, *name in attached:
        at = odd.get("offset", len(out))
        entry = struct.pack("<2s10xqi16x8s80s", b"A1", at, 0, kind, *(name or [b"TimeStamps"]))
        entries += entry
        content = struct.pack("<i12x", odd.get("size", len(data))) + entry
        out += segment(b"ZISRAWATTACH", content.ljust(256, b"\0") + data)
    directory = len(out)
    content = struct.pack("<i252x", odd.get("count", len(attached))) + entries
    out += segment(b"ZISRAWATTDIR", content)
    out[104:112] = struct.pack("<q", odd.get("directory", directory))
    path.write_bytes(out)
    return path
