"""Small sound CZIs of each kind, made in code, and where their structure lies; it damages nothing."""

from __future__ import annotations

import importlib.util
import struct
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from tests.plugins.czi.made import JPEG, JPEGXR, RAW, ZSTD0, ZSTD1, Block, write

from .flavours import Sound, Spans, steps

_XML = b"""<?xml version="1.0" encoding="utf-8"?><ImageDocument><Metadata><Information><Image><SizeX>24</SizeX>
<Dimensions><Channels><Channel Id="Channel:0" Name="a"><Color>#FF00FF00</Color></Channel></Channels><S><Scenes>
<Scene Index="0" Name="P1"/><Scene Index="1" Name="P2"/></Scenes></S></Dimensions></Image></Information><Scaling><Items>
<Distance Id="X"><Value>1.5e-07</Value></Distance></Items></Scaling></Metadata></ImageDocument>"""


def _planes(
    compression: int, dtype: str = "u2", letters: str = "TCZ", lengths: Sequence[int] = (2, 2, 2)
) -> list[Block]:
    return [
        Block(
            pixels=steps(12, 14, dtype=dtype) + np.dtype(dtype).type(k),
            at=dict(zip(letters, at, strict=True)),
            compression=compression,
        )
        for k, at in enumerate(np.ndindex(*lengths))
    ]


def _mosaic() -> list[Block]:
    found = []
    for m, (x, y) in enumerate([(-20, 3), (10, 3), (-20, 30), (60, 9)]):
        pixels, at = steps(32, 32) + np.uint16(m), {"X": x, "Y": y, "M": m, "S": 0}
        found.append(Block(pixels=pixels, at=at, compression=(RAW, ZSTD1)[m % 2]))
        found.append(Block(pixels=pixels[::2, ::2], at=at, covers=(32, 32), pyramid_type=2))
    return found


def _kinds() -> Mapping[str, list[Block]]:
    rgb = steps(20, 24, 3, dtype="u1")
    found = {
        "raw": _planes(RAW),
        "zstd0": _planes(ZSTD0),
        "zstd1": _planes(ZSTD1),
        "folded": _planes(RAW, "u1", "VRIH", (2, 1, 2, 2)),
        "sparse": _planes(RAW, "f4")[::3],
        "scenes": [
            Block(pixels=one.pixels, at={**one.at, "S": k % 2, "X": 50 * (k % 2)}) for k, one in enumerate(_planes(RAW))
        ],
        "mosaic": _mosaic(),
        "rgb": [Block(pixels=rgb, at={"C": 0}), Block(pixels=rgb[..., 0], at={"C": 1}, compression=ZSTD0)],
        "jpeg": [Block(pixels=rgb, compression=JPEG)],
        "linescan": [Block(pixels=steps(1, 40), at={"T": t}) for t in range(6)],
    }
    if importlib.util.find_spec("aicspylibczi") is not None:
        found["jpegxr"] = _planes(JPEGXR, "u1")
        found["jpegxr16"] = _planes(JPEGXR, "u2", "H", (3,))
    return found


def sound(folder: Path) -> tuple[Sound, ...]:
    """Every kind, the same bytes each time."""
    found = []
    for name, blocks in _kinds().items():
        path = write(folder / f"{name}.czi", blocks, xml=None if name == "raw" else _XML)
        data = path.read_bytes()
        path.unlink()
        structure, entries = _structure(data)
        found.append(Sound(name=name, stands_as="case.czi", data=data, structure=structure, entries=entries))
    return tuple(found)


def _structure(data: bytes) -> tuple[Spans, Spans]:
    """Where headers, directory and XML lie; offsets are those of DS_ZISRAW."""
    directory, metadata = struct.unpack_from("<qq", data, 32 + 52)
    (count,) = struct.unpack_from("<i", data, directory + 32)
    structure, entries = [(0, 32 + 80), (directory, directory + 36)], []
    if metadata:
        structure.append((metadata, metadata + 32 + 256 + len(_XML)))
    at = directory + 32 + 128
    for _ in range(count):
        (position,) = struct.unpack_from("<q", data, at + 6)
        (dimensions,) = struct.unpack_from("<i", data, at + 28)
        size = 32 + 20 * dimensions
        entries.append((at, at + size))
        structure.append((position, position + 48 + size))
        at += size
    return tuple(structure), tuple(entries)
