"""The document of a .tiles folder: its values, from text and to text; it reads no tile."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from omio_core.contract import Box, Channel, CorruptFileError, Fact, Facts, LimitExceededError, grid

MOST_BYTES = 1 << 28  # of the document: 256 MiB list some millions of tiles
SIZES = ("physical_size_x", "physical_size_y", "physical_size_z", "time_increment")
"""Micrometres and seconds; names of the fields of Facts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """What picture.json states.

    Parameters
    ----------
    shape
        TZCYX.
    dtype
        Type of a pixel in the tiles, little-endian, such as ``"<u2"``.
    tile
        Rows and columns of a whole tile.
    samples
        Samples per pixel: 3 for RGB, whose samples are in C.
    name, channels
        Names, None where one is unknown.
    sizes
        From the names in `SIZES` to their values; unknown ones are left out.
    sums
        From the name of every tile to the CRC-32 of its bytes.
    """

    shape: tuple[int, int, int, int, int]
    dtype: str
    tile: tuple[int, int]
    samples: int = 1
    name: str | None = None
    channels: tuple[str | None, ...] = ()
    sizes: Mapping[str, float] = field(default_factory=dict)
    sums: Mapping[str, int] = field(default_factory=dict)

    def boxes(self, within: Box | None = None) -> Iterator[tuple[str, Box]]:
        """Yield the name and the TZCYX box of every tile that touches `within`."""
        unit = (1, 1, 1, *self.tile)
        asked = within or Box.whole(self.shape)
        for box in grid(asked.aligned(unit, self.shape), unit):
            (t, _), (z, _), (c, _), (y, _), (x, _) = box.spans
            yield f"tiles/{t}/{z}/{c}/{y // self.tile[0]}/{x // self.tile[1]}.raw", box

    def facts(self) -> Facts:
        """Return what the document states, with where it states it."""
        return Facts(
            name=_stated(self.name, "name"),
            channels=tuple(Channel(name=_stated(name, "channels")) for name in self.channels),
            physical_size_x=_stated(self.sizes.get("physical_size_x"), "sizes"),
            physical_size_y=_stated(self.sizes.get("physical_size_y"), "sizes"),
            physical_size_z=_stated(self.sizes.get("physical_size_z"), "sizes"),
            time_increment=_stated(self.sizes.get("time_increment"), "sizes"),
        )


def _stated(value: Any, where: str) -> Fact[Any] | None:
    return None if value is None else Fact(value, "file", f"picture.json: {where}")


def dump(document: Document) -> str:
    """Return the text of a document; the format stands first, where a reader looks for it."""
    values: dict[str, Any] = {
        "format": "tiles",
        "version": 1,
        "axes": "TZCYX",
        "shape": document.shape,
        "dtype": document.dtype,
        "tile": document.tile,
        "samples": document.samples,
        "name": document.name,
        "channels": document.channels,
        "sizes": dict(document.sizes),
        "crc32": dict(document.sums),
    }
    return json.dumps(values, indent=1, ensure_ascii=False)


def load(text: bytes, path: str) -> Document:
    """Return the document of a text; what cannot be true is refused here, before anything is allocated.

    Raises
    ------
    CorruptFileError
        It is no document of this format, or contradicts itself.
    LimitExceededError
        It declares more pixels than a file system holds.
    """
    try:
        values = json.loads(text)
        if values["format"] != "tiles" or values["version"] != 1 or values["axes"] != "TZCYX":
            raise ValueError("it is of another format or version")
        document = Document(
            shape=_lengths(values["shape"], 5),
            dtype=_pixel_type(values["dtype"]),
            tile=_lengths(values["tile"], 2),
            samples=_lengths([values["samples"]], 1)[0],
            name=_text(values["name"]),
            channels=tuple(_text(name) for name in values["channels"]),
            sizes={size: float(values["sizes"][size]) for size in SIZES if size in values["sizes"]},
            sums={str(name): int(value) for name, value in values["crc32"].items()},
        )
        channels, rest = divmod(document.shape[2], document.samples)
        if rest or (document.channels and len(document.channels) != channels):
            raise ValueError(f"C is {document.shape[2]}, with {document.samples} samples")
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise CorruptFileError(
            f"{path} is no document of a .tiles folder",
            evidence=f"{type(error).__name__}: {error}",
            remedy="copy the folder again from where it came from",
            path=path,
        ) from error
    if math.prod(document.shape) >= 1 << 62:
        raise LimitExceededError(f"{path} declares {document.shape} pixels", path=path)
    return document


def _lengths(values: Any, count: int) -> Any:
    if len(values) != count or not all(type(value) is int and 0 < value < 1 << 31 for value in values):
        raise ValueError(f"{values!r} are no {count} lengths")
    return tuple(values)


def _pixel_type(value: Any) -> str:
    dtype = np.dtype(str(value))
    if dtype.kind not in "buif" or dtype.str != value or dtype.newbyteorder("<") != dtype:
        raise ValueError(f"{value!r} is no type of pixels")
    return str(value)


def _text(value: Any) -> str | None:
    if value is not None and not isinstance(value, str):
        raise TypeError(f"{value!r} is no text")
    return value
