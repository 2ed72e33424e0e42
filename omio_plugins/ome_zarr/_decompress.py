"""Decompressors of chunks, each bounded by what the chunk may have; they know no metadata and no array.

Each takes the bytes, how many come out (None if not known) and the most that may, and returns bytes. A checksum in the
format is checked: zstd, gzip, zlib and bzip2 have one (zstd only if the writer asked for it), blosc and lz4 have none.
"""

from __future__ import annotations

import bz2
import lzma
import struct
import zlib
from collections.abc import Callable, Mapping
from typing import Any

from omio_core.contract import CorruptFileError, UnsupportedFeatureError

Decompress = Callable[[bytes, int | None, int], Any]
"""From bytes, their size afterwards if it is known, and the most that they may become, to bytes."""


class DamagedChunkError(Exception):
    """A chunk that does not decompress; whoever knows its name makes a CorruptFileError of it."""


def _bounded(decompressor: Any, data: bytes, most: int) -> bytes:
    try:
        out: bytes = decompressor.decompress(data, most + 1)
    except (zlib.error, OSError, EOFError, lzma.LZMAError) as error:
        raise DamagedChunkError(str(error)) from error
    if not decompressor.eof:
        raise DamagedChunkError(f"it is cut off, or has more than the {most:,} bytes of its chunk")
    if decompressor.unused_data:
        raise DamagedChunkError(f"{len(decompressor.unused_data)} bytes follow its end")
    return out


def gzip(data: bytes, size: int | None, most: int) -> Any:
    """Gzip (RFC 1952), with its CRC-32."""
    if size is not None:
        import imagecodecs

        try:
            return imagecodecs.gzip_decode(data, out=size)
        except (RuntimeError, ValueError):
            pass  # several members, which the fast one does not know; or damage, which the other one names
    return _bounded(zlib.decompressobj(31), data, most)


def zlib_(data: bytes, size: int | None, most: int) -> bytes:
    """Zlib (RFC 1950), with its Adler-32."""
    return _bounded(zlib.decompressobj(15), data, most)


def bzip2(data: bytes, size: int | None, most: int) -> bytes:
    """Bzip2, with its CRC-32."""
    return _bounded(bz2.BZ2Decompressor(), data, most)


def zstd(data: bytes, size: int | None, most: int) -> Any:
    """Zstandard (RFC 8878), with the checksum of its frame where it has one."""
    import imagecodecs

    try:
        return imagecodecs.zstd_decode(data, out=most if size is None else size)
    except (RuntimeError, ValueError) as error:
        raise DamagedChunkError(str(error)) from error


def blosc(data: bytes, size: int | None, most: int) -> Any:
    """Blosc 1; its header states the sizes (https://github.com/Blosc/c-blosc/blob/main/README_CHUNK_FORMAT.rst)."""
    import imagecodecs

    if len(data) < 16:
        raise DamagedChunkError(f"{len(data)} bytes are no chunk of blosc")
    length, packed = struct.unpack("<I4xI", data[4:16])
    if packed != len(data) or length > most or (size is not None and length != size):
        wanted = f"at most {most}" if size is None else str(size)
        raise DamagedChunkError(f"its header states {length} bytes in {packed}; {wanted} in {len(data)} are expected")
    try:
        return imagecodecs.blosc_decode(data, out=length, numthreads=1)
    except (RuntimeError, ValueError) as error:
        raise DamagedChunkError(str(error)) from error


def lz4(data: bytes, size: int | None, most: int) -> Any:
    """An lz4 block after its size in four bytes, as numcodecs writes it."""
    import imagecodecs

    length = int.from_bytes(data[:4], "little") if len(data) > 4 else -1
    if not 0 <= length <= most:
        raise DamagedChunkError(f"it states {length} bytes; at most {most} are expected")
    try:
        return imagecodecs.lz4_decode(data, header=True, out=length)
    except (RuntimeError, ValueError) as error:
        raise DamagedChunkError(str(error)) from error


def xz(configuration: Mapping[str, Any]) -> Decompress:
    """LZMA in the form that the configuration of numcodecs states."""
    form, filters = configuration.get("format", 1), configuration.get("filters")
    # in numcodecs 1 is xz and 2 the older form, as in the module lzma; 3 is raw, and needs its filters
    if form not in (1, 2, 3) or not (filters is None or isinstance(filters, list)):
        raise CorruptFileError("the configuration of lzma is not valid", evidence=str(dict(configuration))[:200])

    def decode(data: bytes, size: int | None, most: int) -> bytes:
        try:
            decompressor = lzma.LZMADecompressor(format=form, filters=filters if form == 3 else None)
        except (ValueError, TypeError, lzma.LZMAError) as error:
            raise DamagedChunkError(str(error)) from error
        return _bounded(decompressor, data, most)

    return decode


def sum32(checksum: Callable[[bytes], int], name: str, *, at_start: bool) -> Decompress:
    """A checksum of four bytes before or behind the data, which are given without it."""

    def decode(data: bytes, size: int | None, most: int) -> bytes:
        if len(data) < 4:
            raise DamagedChunkError(f"{len(data)} bytes have no {name}")
        stated, rest = (data[:4], data[4:]) if at_start else (data[-4:], data[:-4])
        if checksum(rest) & 0xFFFFFFFF != int.from_bytes(stated, "little"):
            raise DamagedChunkError(f"its {name} is not that of its bytes")
        return rest

    return decode


def crc32c(data: bytes) -> int:
    """The CRC-32C of RFC 3720."""
    import google_crc32c

    return int(google_crc32c.value(bytes(data)))


PLAIN: Mapping[str, Decompress] = {
    "gzip": gzip,
    "zlib": zlib_,
    "bz2": bzip2,
    "zstd": zstd,
    "blosc": blosc,
    "lz4": lz4,
}
"""Those that need no configuration to decompress, by the names of numcodecs."""

SUMS: Mapping[str, Callable[[bytes], int]] = {"crc32": zlib.crc32, "adler32": zlib.adler32, "crc32c": crc32c}
"""Checksums of four bytes, by the names of numcodecs."""

FILTERS = ("shuffle", "delta", "fixedscaleoffset", "quantize", "bitround", "astype", "packbits", "fletcher32",
    "jenkins_lookup3", "pcodec", "zfpy")  # fmt: skip
"""What numcodecs decodes itself; never its pickle, which would run what a file says."""


def by_numcodecs(name: str, configuration: Mapping[str, Any], where: str) -> Decompress:
    """The decoder of numcodecs for a filter.

    Raises
    ------
    UnsupportedFeatureError
        It is not installed, or refuses the configuration.
    """
    import numpy as np
    from numcodecs import get_codec

    try:
        codec = get_codec({**configuration, "id": name})
    except Exception as error:
        raise UnsupportedFeatureError(
            f"{where} needs the codec {name}",
            evidence=f"numcodecs cannot make it: {error}"[:300],
            remedy="install the package that has it, if there is one",
            path=where,
        ) from error

    def decode(data: bytes, size: int | None, most: int) -> Any:
        try:
            return np.ascontiguousarray(codec.decode(data)).reshape(-1).view(np.uint8)
        except Exception as error:
            raise DamagedChunkError(f"{name}: {error}"[:300]) from error

    return decode
