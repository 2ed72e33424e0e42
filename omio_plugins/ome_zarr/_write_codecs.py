"""How the writer compresses a chunk, and how the metadata of an array say so; it knows no picture and no file.

Every chunk has a checksum, so that a damaged one is found. Zarr 3: the CRC-32C behind the compressed bytes, because
Blosc has none (https://zarr-specs.readthedocs.io/en/latest/v3/codecs/crc32c/index.html). Zarr 2: that of the zstd
frame (RFC 8878, 3.1.1), because readers in Java know zstd, but no filter with a checksum.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from omio_core.contract import WriteError, WriteRequest, advise, worded

from ._decompress import crc32c

NAMES = ("blosc", "zstd", "none")
_ZSTD = (0, 1, 1, 1, 2, 3, 5, 7, 9, 12)
"""The level of zstd for each compression level: up to 3 the fastest, which is within 3 % of the size of the next."""
_BLOSC = (0, 1, 1, 1, 2, 3, 4, 5, 6, 7)
"""The same for Blosc, whose levels 1, 2, 3, ... are 1, 3, 5, ... of zstd (blosc.c, zstd_wrap_compress)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Codec:
    """How chunks are compressed.

    Parameters
    ----------
    name
        ``"blosc"``, ``"zstd"`` or ``"none"``.
    strength
        The level of the codec itself.
    dtype
        The type of a pixel.
    zarr
        2 or 3, the format of the Zarr.
    """

    name: str
    strength: int
    dtype: np.dtype[Any]
    zarr: int

    def document(self) -> Any:
        """The metadata: a list of codecs for Zarr 3, the compressor for Zarr 2."""
        if self.zarr == 2:
            # each frame says itself that it has a checksum; tensorstore refuses metadata that say it too
            return {"id": "zstd", "level": self.strength}
        pixels: dict[str, Any] = {"name": "bytes"}
        if self.dtype.itemsize > 1:
            pixels["configuration"] = {"endian": "little"}
        steps = [pixels]
        if self.name == "blosc":
            configuration = {
                "typesize": self.dtype.itemsize, "cname": "zstd", "clevel": self.strength, "shuffle": "bitshuffle",
                "blocksize": 0,
            }  # fmt: skip
            steps.append({"name": "blosc", "configuration": configuration})
        elif self.name == "zstd":
            steps.append({"name": "zstd", "configuration": {"level": self.strength, "checksum": False}})
        return [*steps, {"name": "crc32c"}]

    def encoder(self) -> Callable[[NDArray[Any]], bytes]:
        """Return the function that makes the bytes of a contiguous chunk."""
        if self.zarr == 2:
            from numcodecs.zstd import Zstd

            zstd = Zstd(level=self.strength, checksum=True)
            return lambda chunk: bytes(zstd.encode(_bytes_of(chunk)))
        all_of_them: dict[str, Callable[[Any], bytes]] = {"blosc": self._blosc, "zstd": self._zstd, "none": bytes}
        compress = all_of_them[self.name]

        def encode(chunk: NDArray[Any]) -> bytes:
            data = compress(_bytes_of(chunk))
            return data + crc32c(data).to_bytes(4, "little")

        return encode

    def _blosc(self, data: Any) -> bytes:
        import imagecodecs

        blosc: Any = imagecodecs.blosc_encode
        packed: bytes = blosc(
            data, level=self.strength, compressor="zstd", shuffle="bitshuffle", typesize=self.dtype.itemsize,
            numthreads=1,
        )  # fmt: skip
        return packed

    def _zstd(self, data: Any) -> bytes:
        import imagecodecs

        zstd: Any = imagecodecs.zstd_encode
        packed: bytes = zstd(data, level=self.strength)
        return packed


def _bytes_of(chunk: NDArray[Any]) -> Any:
    little = chunk.astype(chunk.dtype.newbyteorder("<"), copy=False)
    return little.reshape(-1).view(np.uint8)


def choose_codec(request: WriteRequest, dtype: np.dtype[Any], zarr: int) -> Codec:
    """Return the codec of an image.

    Raises
    ------
    WriteError
        There is no such compression, or the version of OME-Zarr does not allow it.
    """
    level = request.compression_level
    name = request.options.get("compression")
    if name is not None and name not in NAMES:
        raise WriteError(f"there is no compression {name!r}", remedy=f"choose one of {', '.join(NAMES)}")
    if level == 0 or name == "none":
        if zarr == 2:
            raise WriteError(
                "OME-Zarr 0.4 is not written without compression",
                evidence="the checksum of a chunk is that of zstd",
                remedy=advise("choose {compression_level}, or {version}", compression_level=1, version="0.5"),
            )
        return Codec(name="none", strength=0, dtype=dtype, zarr=zarr)
    if zarr == 2 and name == "blosc":
        raise WriteError(
            worded("OME-Zarr 0.4 is not written with {compression}", compression="blosc"),
            evidence="Blosc has no checksum, and Zarr 2 has no other that all readers know",
            remedy=advise("choose {compression}, or {version}", compression="zstd", version="0.5"),
        )
    fastest = level == "auto"
    if zarr == 3 and name != "zstd":  # also of 8 bits: measured, bit planes are up to a sixth smaller, and no slower
        return Codec(name="blosc", strength=1 if fastest else _BLOSC[int(level)], dtype=dtype, zarr=zarr)
    return Codec(name="zstd", strength=1 if fastest else _ZSTD[int(level)], dtype=dtype, zarr=zarr)
