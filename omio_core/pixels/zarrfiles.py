"""Writes a picture into a folder as one zarr array TZCYX: a file a chunk, compressed, with a checksum; knows no cache.

A chunk is written whatever its values are, so that a missing one is a loss, and never zeros. The metadata of the array
come last: what an interrupted write leaves is no array.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from omio_core.geometry.box import Box, grid
from omio_core.settings import MIB

from .absence import check_present
from .protocol import Picture
from .stream import pull
from .zarrlevels import STRAIGHT, LevelArray

DOCUMENT = "zarr.json"

LARGEST_CHUNK = 16 * MIB
"""Larger blocks of a file, such as a slide in one strip, are divided: Blosc takes at most 2 GiB."""

SUM = 4  # bytes of the checksum at the end of a chunk


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """What was written: the number of chunks, and their bytes together."""

    chunks: int
    nbytes: int


def array_of(picture: Picture) -> LevelArray:
    """Return the zarr array that a picture becomes: whole blocks, planes or stacks of planes, of at most 16 MiB."""
    return LevelArray(picture, STRAIGHT, LARGEST_CHUNK)


def document(picture: Picture, attributes: Mapping[str, Any]) -> dict[str, Any]:
    """Return the metadata of the array, as zarr v3 defines them.

    All chunks are in one folder. Blosc has no checksum of its own, so the CRC-32C comes behind it
    (https://zarr-specs.readthedocs.io/en/latest/v3/codecs/crc32c/index.html).

    Raises
    ------
    UnsupportedFeatureError
        zarr has no such type of pixels.
    """
    plain = array_of(picture).document()
    blosc = {
        "typesize": picture.dtype.itemsize, "cname": "zstd", "clevel": 1, "shuffle": "bitshuffle", "blocksize": 0,
    }  # fmt: skip
    return plain | {
        "chunk_key_encoding": {"name": "default", "configuration": {"separator": "."}},
        "codecs": [*plain["codecs"], {"name": "blosc", "configuration": blosc}, {"name": "crc32c"}],
        "attributes": dict(attributes),
    }


def write_array(picture: Picture, folder: Path, attributes: Callable[[Written], Mapping[str, Any]]) -> None:
    """Write a picture into an empty folder.

    Parameters
    ----------
    picture
        The picture. At most a few chunks of it are in memory at once.
    folder
        The folder.
    attributes
        Called when all chunks are written; returns the attributes of the array, as plain values.

    Raises
    ------
    LimitExceededError
        The picture is large, and nearly all of it is absent: a small file can declare more than a disk holds.
    ReadError
        The picture cannot be read, or has changed.
    OSError
        The system refuses to write.
    """
    check_present(picture, Box.whole(picture.shape))
    array = array_of(picture)
    chunks = array.ordered(array.chunks)
    total = Written(chunks=0, nbytes=0)

    def write(box: Box, pixels: NDArray[Any]) -> int:
        name = ".".join(str(start // n) for (start, _), n in zip(box.spans, chunks, strict=True))
        data = _encoded(_filled_up(pixels, chunks))
        (folder / f"c.{name}").write_bytes(data)
        return len(data)

    for _, size in pull(picture, grid(Box.whole(picture.shape), chunks), write):
        total = Written(chunks=total.chunks + 1, nbytes=total.nbytes + size)
    text = json.dumps(document(picture, attributes(total)), indent=1, allow_nan=False)
    (folder / DOCUMENT).write_text(text, encoding="utf-8")


def is_sound(data: bytes) -> bool:
    """Whether the bytes of a chunk fit the checksum at their end."""
    return len(data) > SUM and _checksum(data[:-SUM]) == data[-SUM:]


def _filled_up(pixels: NDArray[Any], shape: tuple[int, ...]) -> NDArray[Any]:
    """A contiguous chunk; those at the edges have the full size, too (zarr v3, "chunk grids")."""
    if pixels.shape == shape:
        return np.ascontiguousarray(pixels)
    chunk = np.zeros(shape, pixels.dtype)
    chunk[tuple(slice(n) for n in pixels.shape)] = pixels
    return chunk


def _encoded(chunk: NDArray[Any]) -> bytes:
    import imagecodecs

    blosc: Any = imagecodecs.blosc_encode
    packed: bytes = blosc(
        chunk.reshape(-1).view(np.uint8), level=1, compressor="zstd", shuffle="bitshuffle",
        typesize=chunk.dtype.itemsize, numthreads=1,
    )  # fmt: skip
    return packed + _checksum(packed)


def _checksum(data: bytes) -> bytes:
    import google_crc32c

    return int(google_crc32c.value(data)).to_bytes(SUM, "little")
