"""What the tests of the TIFF reader share: whole reads through the contract, and TIFFs made by hand."""

from __future__ import annotations

import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from omio_core.contract import Box
from omio_core.files.local import locate
from omio_core.geometry.axes import layout
from omio_plugins.tiff._read import TiffImages, open_tiff

Tags = dict[int, tuple[int, Any]]


def _whole(opened: TiffImages, image: int = 0) -> np.ndarray:
    """All of an image as TZCYX; what is absent is 0, as core has it."""
    described = opened.images[image]
    level = described.levels[0]
    lay = layout(described.axes, level.shape)
    out = np.zeros(lay.shape, described.dtype)
    for canonical, native in lay.unfold(Box.whole(lay.shape)):
        view = lay.view(out[canonical.within(Box.whole(lay.shape))], native)
        for box in [native] if level.present is None else level.present:
            view[box.within(native)] = 1  # so that an element left alone shows
            opened.read_into(view[box.within(native)], image, box, 0)
    return out


@pytest.fixture(scope="session")
def whole() -> Callable[..., np.ndarray]:
    """From an open TIFF and the index of an image to its TZCYX array."""
    return _whole


@pytest.fixture
def read() -> Callable[[Path], list[np.ndarray]]:
    """From a path to the TZCYX arrays of all its images."""

    def arrays(path: Path) -> list[np.ndarray]:
        opened = open_tiff(locate(path))
        try:
            return [_whole(opened, k) for k in range(len(opened.images))]
        finally:
            opened.close()

    return arrays


@pytest.fixture
def describe() -> Callable[[Path], list[Any]]:
    """From a path to the descriptions of its images; the file is closed."""

    def descriptions(path: Path) -> list[Any]:
        opened = open_tiff(locate(path))
        opened.close()
        return list(opened.images)

    return descriptions


_CODES = {1: "B", 2: "s", 3: "H", 4: "I", 5: "I", 8: "h", 9: "i", 16: "Q"}


def _make(path: Path, pages: list[Tags], *, data: bytes = b"", order: str = "<", next_of_last: int = 0) -> Path:
    """Write a classic TIFF: header, `data` from byte 8 on, then one IFD a page, values that do not fit behind it."""
    out = bytearray((b"II" if order == "<" else b"MM") + struct.pack(order + "HI", 42, 8 + len(data)) + data)
    for k, tags in enumerate(pages):
        start = len(out)
        end = start + 2 + 12 * len(tags) + 4
        table, beyond = b"", b""
        for code, (kind, values) in sorted(tags.items()):
            values = values if isinstance(values, tuple | bytes) else (values,)
            if isinstance(values, bytes):
                value, count = values, len(values)
            else:
                value, count = struct.pack(f"{order}{len(values)}{_CODES[kind]}", *values), len(values)
                count = count // 2 if kind == 5 else count
            if len(value) > 4:
                beyond, value = beyond + value, struct.pack(order + "I", end + len(beyond))
            table += struct.pack(order + "HHI", code, kind, count) + value.ljust(4, b"\0")
        following = end + len(beyond) if k + 1 < len(pages) else next_of_last
        out += struct.pack(order + "H", len(tags)) + table + struct.pack(order + "I", following) + beyond
    path.write_bytes(bytes(out))
    return path


@pytest.fixture
def make(tmp_path: Path) -> Callable[..., Path]:
    """Write a TIFF of exactly these tags; see `_make`."""

    def write(pages: list[Tags], name: str = "made.tif", **options: Any) -> Path:
        return _make(tmp_path / name, pages, **options)

    return write


def _page(width: int = 4, length: int = 3, **other: Any) -> Tags:
    tags: Tags = {
        256: (3, width), 257: (3, length), 258: (3, 8), 259: (3, 1), 262: (3, 1), 273: (4, 8), 277: (3, 1),
        278: (3, length), 279: (4, width * length),
    }  # fmt: skip
    for name, value in other.items():
        tags[int(name.removeprefix("t"))] = value
    return tags


@pytest.fixture(scope="session")
def page() -> Callable[..., Tags]:
    """Tags of an uncompressed 8-bit page with data at byte 8; `t259=(3, 5)` sets another tag."""
    return _page
