"""From the codecs in the metadata of an array to what decodes its chunks; it knows no file and no group.

Zarr 2: https://zarr-specs.readthedocs.io/en/latest/v2/v2.0.html (compressor, filters). Zarr 3: its core specification
(codecs) with bytes, transpose, gzip, zstd, blosc, crc32c; and those of numcodecs under ``numcodecs.*``.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from omio_core.contract import CorruptFileError, UnsupportedFeatureError

from ._decompress import FILTERS, PLAIN, SUMS, Decompress, by_numcodecs, sum32, xz
from ._json import mapping, text

_KNOWN = ("blosc", "zstd", "gzip", "zlib", "bz2", "lzma", "lz4", "crc32", "crc32c", "adler32", *FILTERS)
_MOST_CODECS = 32


@dataclass(frozen=True, slots=True, kw_only=True)
class Chain:
    """What turns the bytes of a chunk into its pixels.

    Parameters
    ----------
    steps
        Decompressors in the order in which they decode, each with the size of what it gives, None if not known.
    stored
        The type of a pixel in the decoded bytes, with its byte order.
    order
        The axes of the decoded bytes, slowest first, as indices of the array's axes.
    name
        The codecs that compress, for people; "none" where nothing does.
    """

    steps: tuple[tuple[Decompress, int | None], ...]
    stored: np.dtype[Any]
    order: tuple[int, ...]
    name: str = ""

    @property
    def _is_native(self) -> bool:
        """Whether the decoded bytes are the pixels as they are in memory, in C order."""
        return self.stored.isnative and self.stored.kind != "b" and self.order == tuple(range(len(self.order)))

    def decode(self, data: Any, shape: Sequence[int], out: NDArray[Any] | None = None) -> NDArray[Any]:
        """Return the pixels of a chunk of `shape`; they may be in the memory of `out`.

        Parameters
        ----------
        data
            The bytes of the chunk.
        shape
            Of its pixels.
        out
            An array of that shape whose memory may be written.

        Raises
        ------
        ValueError
            The bytes do not decode, or are not those of as many pixels.
        """
        wanted = math.prod(shape) * self.stored.itemsize
        most = 2 * wanted + (1 << 16)
        room = None
        if out is not None and out.flags.c_contiguous and self._is_native:
            room = out.reshape(-1).view(np.uint8)
        for k, (step, size) in enumerate(self.steps, 1):
            data = step(data, size, most, room if k == len(self.steps) else None)
        if len(data) != wanted:
            raise ValueError(f"it has {len(data):,} bytes; its {math.prod(shape):,} pixels need {wanted:,}")
        pixels = np.frombuffer(data, self.stored).reshape([shape[axis] for axis in self.order])
        if self.stored.kind == "b":  # a byte that is neither 0 nor 1 is no bool
            pixels = pixels.view(np.uint8) != 0
        return pixels.transpose(np.argsort(self.order))


def chain_of_v2(document: Any, dtype: np.dtype[Any], size: int, where: str) -> Chain:
    """The codecs of a Zarr 2 array: its compressor, its filters, its order.

    Parameters
    ----------
    document
        The content of ``.zarray``.
    dtype
        The type of a pixel in the file.
    size
        Bytes of a decoded chunk.
    where
        The path of the document.

    Raises
    ------
    UnsupportedFeatureError
        A codec is not supported.
    CorruptFileError
        The metadata is not valid.
    """
    rank, order = len(document["chunks"]), document.get("order", "C")
    if order not in ("C", "F"):
        raise CorruptFileError(f"{where} is no valid metadata", evidence=f"order is {order!r}", path=where)
    filters = document.get("filters") or []
    compressor = document.get("compressor")
    names = [*(filters if isinstance(filters, list) else [filters]), *([] if compressor is None else [compressor])]
    encoders = [(text(mapping(one).get("id")), {k: v for k, v in mapping(one).items() if k != "id"}) for one in names]
    axes = tuple(range(rank))
    return _chain(encoders, dtype, axes if order == "C" else axes[::-1], size, where)


def chain_of_v3(codecs: Any, dtype: np.dtype[Any], rank: int, size: int, where: str) -> Chain:
    """The codecs of a Zarr 3 array or of the inner chunks of a shard, but not sharding itself.

    Raises
    ------
    UnsupportedFeatureError
        A codec is not supported.
    CorruptFileError
        The metadata is not valid.
    """
    order = tuple(range(rank))
    stored: np.dtype[Any] | None = None
    encoders: list[tuple[str, Any]] = []
    before = 0
    for codec in codecs:
        name, configuration = name_of(codec), mapping(mapping(codec).get("configuration"))
        if name == "transpose" and stored is None:
            order = _transposed(order, configuration.get("order"), where)
        elif name == "bytes" and stored is None:
            stored = _byte_order(dtype, configuration.get("endian"), where)
        else:
            before += stored is None
            encoders.append((name.removeprefix("numcodecs."), configuration))
    if stored is None:
        raise UnsupportedFeatureError(
            f"{where} has no codec 'bytes'",
            evidence=f"its codecs are {', '.join(name_of(codec) for codec in codecs)}"[:200],
            path=where,
        )
    if before and not stored.isnative:
        raise UnsupportedFeatureError(f"{where} has filters before big-endian bytes", path=where)
    return _chain(encoders, stored, order, size, where)


def name_of(codec: Any) -> str:
    """The name of a codec of Zarr 3, which may stand alone."""
    return text(codec) or text(mapping(codec).get("name"))


def _transposed(order: tuple[int, ...], by: Any, where: str) -> tuple[int, ...]:
    names = {"C": list(range(len(order))), "F": list(range(len(order)))[::-1]}
    by = names.get(by, by) if isinstance(by, str) else by
    if not isinstance(by, list) or any(type(k) is not int for k in by) or sorted(by) != list(range(len(order))):
        raise CorruptFileError(f"{where} is no valid metadata", evidence=f"transpose has the order {by!r}", path=where)
    return tuple(order[k] for k in by)


def _byte_order(dtype: np.dtype[Any], endian: Any, where: str) -> np.dtype[Any]:
    if endian not in ("little", "big") and not (endian is None and dtype.itemsize == 1):
        raise CorruptFileError(f"{where} is no valid metadata", evidence=f"endian is {endian!r}", path=where)
    return dtype.newbyteorder(">" if endian == "big" else "<")


def _chain(
    encoders: Sequence[tuple[str, Any]], stored: np.dtype[Any], order: tuple[int, ...], size: int, where: str
) -> Chain:
    """The chain of codecs in the order in which they encode."""
    if len(encoders) > _MOST_CODECS:
        raise CorruptFileError(f"{where} is no valid metadata", evidence=f"{len(encoders)} codecs", path=where)
    steps: list[tuple[Decompress, int | None]] = []
    known: int | None = size
    for name, configuration in encoders:
        steps.append((_step(name, configuration, where), known))
        known = known + 4 if known is not None and name in SUMS else None
    compressors = [_name(name, configuration) for name, configuration in encoders if name in PLAIN or name == "lzma"]
    return Chain(steps=tuple(reversed(steps)), stored=stored, order=order, name=" and ".join(compressors) or "none")


def _name(name: str, configuration: Any) -> str:
    """The name of a codec for people; of blosc also what it uses inside."""
    inside = mapping(configuration).get("cname")
    return f"{name} ({inside[:20]})" if name == "blosc" and isinstance(inside, str) else name


def _step(name: str, configuration: Any, where: str) -> Decompress:
    if name in PLAIN:
        return PLAIN[name]
    if name in SUMS:
        # numcodecs puts these checksums before the data, except crc32c, or where "location" says
        location = configuration.get("location", "end" if name == "crc32c" else "start")
        return sum32(SUMS[name], name, at_start=location == "start")
    if name == "lzma":
        return xz(configuration)
    if name in FILTERS:
        return by_numcodecs(name, configuration, where)
    raise UnsupportedFeatureError(
        f"{where} needs the codec {name[:80]!r}",
        evidence=f"the codecs that are read: {', '.join(sorted(_KNOWN))}",
        remedy="write the store again with one of these",
        path=where,
    )
