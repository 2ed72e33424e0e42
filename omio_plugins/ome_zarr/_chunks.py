"""Read boxes of an array: find its chunks and shards, decode them, and say what is absent; it knows no image."""

from __future__ import annotations

import math
import threading
from collections import OrderedDict
from typing import Any

import numpy as np
from numpy.typing import NDArray

from omio_core.contract import Box, CorruptFileError, LimitExceededError, current_settings, grid

from ._array import Array, Shards
from ._codecs import Chain
from ._decompress import DamagedChunkError, crc32c
from ._store import Blob, Store

_ALWAYS = 256 << 20  # bytes that a chunk may have, however small it is in the file
_MISSING = (1 << 64) - 1
_INDEXES = 64 << 20  # bytes of indices of shards that are kept
_KEPT = 32 << 20  # bytes of decoded chunks that are kept, of those of which only a part was asked for


class Chunks:
    """The chunks of the arrays of one store; read from several threads at once."""

    def __init__(self, store: Store):
        self._store = store
        self._indexes = _Kept(_INDEXES)
        self._decoded = _Kept(_KEPT)

    def read_into(self, out: NDArray[Any], array: Array, box: Box) -> list[Box]:
        """Fill `out` with `box` of an array; what is absent gets the fill value.

        Returns
        -------
        list of Box
            The parts of `box` that are absent.

        Raises
        ------
        CorruptFileError
            A chunk does not decode, or is not where the index of its shard says.
        LimitExceededError
            A chunk declares far more pixels than its file can hold.
        FileChangedError
            A file is not the one that was listed.
        """
        absent: list[Box] = []
        chunks = array.keys.chunks
        for part in grid(box, chunks):
            index = tuple(start // c for (start, _), c in zip(part.spans, chunks, strict=True))
            origin = tuple(i * c for i, c in zip(index, chunks, strict=True))
            target, local = out[part.within(box)], part.shift([-n for n in origin])
            absent += [found.shift(origin) for found in self._read_file(target, array, index, local)]
        return absent

    def _read_file(self, out: NDArray[Any], array: Array, index: tuple[int, ...], box: Box) -> list[Box]:
        """Fill `out` with `box`, relative to the chunk or shard with this index."""
        name = array.keys.key(index)
        if array.chain is not None and (kept := self._decoded.get(name)) is not None:
            out[...] = kept[box.within(Box.whole(kept.shape))]
            return []
        try:
            blob = self._store.open(name)
        except FileNotFoundError:
            out[...] = array.fill
            return [box]
        try:
            return self._read_part(out, _Part(array, name, blob, 0, blob.size), array.keys.chunks, array.shards, box)
        except DamagedChunkError as error:
            raise CorruptFileError(
                f"{self._store.where(name)} is damaged",
                evidence=str(error)[:300],
                remedy="copy the store again from where it came from",
                path=str(self._store.location),
                chunk=name,
            ) from error
        finally:
            blob.close()

    def _read_part(
        self, out: NDArray[Any], part: _Part, shape: tuple[int, ...], shards: Shards | None, box: Box
    ) -> list[Box]:
        if shards is not None:
            return self._read_shard(out, part, shape, shards, box)
        chain = part.array.chain
        assert chain is not None  # an array has one of the two
        self._read_chunk(out, part, chain, shape, box)
        return []

    def _read_shard(
        self, out: NDArray[Any], part: _Part, shape: tuple[int, ...], shards: Shards, box: Box
    ) -> list[Box]:
        slots = tuple(n // k for n, k in zip(shape, shards.shape, strict=True))
        index = self._index(part, shards, math.prod(slots))
        absent: list[Box] = []
        for cell in grid(box, shards.shape):
            at = tuple(start // k for (start, _), k in zip(cell.spans, shards.shape, strict=True))
            start, size = (int(n) for n in index[np.ravel_multi_index(at, slots)])
            target = out[cell.within(box)]
            if start == size == _MISSING:
                target[...] = part.array.fill
                absent.append(cell)
                continue
            if start + size > part.size:
                raise DamagedChunkError(f"the index of the shard states {size} bytes at {start}, of {part.size}")
            inner = _Part(part.array, f"{part.name}:{start}", part.blob, part.start + start, size)
            origin = tuple(i * k for i, k in zip(at, shards.shape, strict=True))
            local = cell.shift([-n for n in origin])
            if shards.inner is not None:
                deeper = self._read_shard(target, inner, shards.shape, shards.inner, local)
                absent += [found.shift(origin) for found in deeper]
            elif shards.chain is not None:
                self._read_chunk(target, inner, shards.chain, shards.shape, local)
        return [box] if sum(found.size for found in absent) == box.size else absent

    def _index(self, part: _Part, shards: Shards, slots: int) -> NDArray[np.uint64]:
        """Offset and size of each inner chunk, in C order."""
        kept: NDArray[np.uint64] | None = self._indexes.get(part.name)
        if kept is not None:
            return kept
        size = 16 * slots + (4 if shards.index_summed else 0)
        if size > part.size:
            raise DamagedChunkError(f"a shard of {part.size} bytes has no index of {size}")
        data = part.read(0 if shards.at_start else part.size - size, size)
        if shards.index_summed and crc32c(data[:-4]) != int.from_bytes(data[-4:], "little"):
            raise DamagedChunkError("the CRC-32C of the index of the shard is not that of its bytes")
        index = np.frombuffer(data, shards.index, 2 * slots).reshape(slots, 2)
        self._indexes.keep(part.name, index, index.nbytes)
        return index

    def _read_chunk(self, out: NDArray[Any], part: _Part, chain: Chain, shape: tuple[int, ...], box: Box) -> None:
        if (kept := self._decoded.get(part.name)) is not None:
            out[...] = kept[box.within(Box.whole(shape))]
            return
        nbytes = math.prod(shape) * part.array.dtype.itemsize
        if nbytes > max(_ALWAYS, part.size * current_settings().max_expansion):
            raise LimitExceededError(
                f"{self._store.where(part.name)} is far smaller than its pixels",
                evidence=f"{nbytes:,} bytes of pixels in {part.size:,} bytes of the file",
                remedy="raise OMIO_MAX_EXPANSION, if you trust the file",
                path=str(self._store.location),
            )
        pixels = chain.decode(part.read(0, part.size), shape)
        out[...] = pixels[box.within(Box.whole(shape))]
        if 2 * box.size < pixels.size and nbytes <= _KEPT // 4:
            self._decoded.keep(part.name, pixels, nbytes)


class _Part:
    """A range of a file that holds a chunk, or a shard, or a shard in a shard."""

    __slots__ = ("array", "blob", "name", "size", "start")

    def __init__(self, array: Array, name: str, blob: Blob, start: int, size: int):
        self.array, self.name, self.blob, self.start, self.size = array, name, blob, start, size

    def read(self, offset: int, n: int) -> bytes:
        """Bytes of the range; the caller holds them against its size."""
        return self.blob.read(self.start + offset, n)


class _Kept:
    """Arrays by name, as many bytes of them as a limit allows; the one that was not used for longest goes first."""

    def __init__(self, most: int):
        self._most, self._size = most, 0
        self._arrays: OrderedDict[str, tuple[NDArray[Any], int]] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, name: str) -> NDArray[Any] | None:
        """The array of this name, if it is kept."""
        if not self._arrays:  # the usual case costs nothing
            return None
        with self._lock:
            found = self._arrays.get(name)
            if found is None:
                return None
            self._arrays.move_to_end(name)
            return found[0]

    def keep(self, name: str, array: NDArray[Any], size: int) -> None:
        """Keep an array, and forget others."""
        with self._lock:
            if name in self._arrays:
                return
            self._arrays[name] = (array, size)
            self._size += size
            while self._size > self._most:
                _, (_, freed) = self._arrays.popitem(last=False)
                self._size -= freed
