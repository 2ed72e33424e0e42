"""The files of the arrays: a chunk each, or shards to which chunks are appended; it knows no picture.

Shards: https://zarr-specs.readthedocs.io/en/latest/v3/codecs/sharding-indexed/index.html. The chunks stand in the
order in which they come, so that none waits in memory; the index behind them says where.
"""

from __future__ import annotations

import math
from collections import OrderedDict
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from ._decompress import crc32c
from ._write_plan import ArrayPlan, Plan

_MOST_OPEN = 16
_MISSING = (1 << 64) - 1


class _Shard:
    """A shard that is being written: its index, and how many of its chunks are to come."""

    __slots__ = ("index", "missing", "size")

    def __init__(self, slots: tuple[int, ...], chunks: int):
        self.index: NDArray[np.uint64] = np.full((math.prod(slots), 2), _MISSING, "<u8")
        self.missing, self.size = chunks, 0


class Files:
    """The files of the levels of one image; use it in a ``with`` block.

    Parameters
    ----------
    folder
        The folder of the store.
    plan
        How the image is written.
    """

    def __init__(self, folder: Path, plan: Plan):
        self._plan = plan
        self._folder = folder
        start = f"{plan.path}/" if plan.path else ""
        self._keys = [level.keys(f"{start}{k}", plan.zarr) for k, level in enumerate(plan.levels)]
        self._shards: dict[tuple[int, tuple[int, ...]], _Shard] = {}
        self._open: OrderedDict[Path, IO[bytes]] = OrderedDict()
        self._made: set[Path] = set()

    def __enter__(self) -> Files:
        return self

    def __exit__(self, *_: object) -> None:
        while self._open:
            self._open.popitem()[1].close()

    def put(self, level: int, plane: tuple[int, int, int], y: int, x: int, data: bytes) -> None:
        """Write a chunk: its level, the T, Z and C of its plane, its place there in whole chunks, its bytes."""
        array = self._plan.levels[level]
        index = (plane[0], plane[2], plane[1], y, x)
        if not self._plan.sharded:
            path = self._path(level, index)
            path.write_bytes(data)
            return
        per = _per_shard(array)
        which = tuple(i // n for i, n in zip(index, per, strict=True))
        shard = self._shards.get((level, which))
        path = self._path(level, which)
        if shard is None:
            shard = self._shards[level, which] = _Shard(per, _chunks_in(array, which))
        slot = np.ravel_multi_index([i % n for i, n in zip(index, per, strict=True)], per)
        shard.index[slot] = shard.size, len(data)
        shard.size, shard.missing = shard.size + len(data), shard.missing - 1
        file = self._file(path)
        file.write(data)
        if not shard.missing:
            end = shard.index.tobytes()
            file.write(end + crc32c(end).to_bytes(4, "little"))
            self._open.pop(path).close()
            del self._shards[level, which]

    def finish(self) -> None:
        """Confirm that every chunk was written."""
        assert not self._shards, f"{len(self._shards)} shards lack chunks"

    def _path(self, level: int, index: tuple[int, ...]) -> Path:
        path = self._folder / self._keys[level].key(index)
        if path.parent not in self._made:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._made.add(path.parent)
        return path

    def _file(self, path: Path) -> IO[bytes]:
        file = self._open.get(path)
        if file is None:
            if len(self._open) >= _MOST_OPEN:
                self._open.popitem(last=False)[1].close()
            file = self._open[path] = open(path, "ab")  # noqa: SIM115 - closed in __exit__
        self._open.move_to_end(path)
        return file


def _per_shard(array: ArrayPlan) -> tuple[int, ...]:
    chunk = (1, 1, 1, *array.chunk)
    return tuple(n // k for n, k in zip(array.shard, chunk, strict=True))


def _chunks_in(array: ArrayPlan, which: tuple[int, ...]) -> int:
    """How many chunks of a shard have pixels of the array; at its edges some do not."""
    chunk = (1, 1, 1, *array.chunk)
    lengths: Any = (
        -(-min(shard, full - i * shard) // k)
        for i, shard, full, k in zip(which, array.shard, array.shape, chunk, strict=True)
    )
    return math.prod(lengths)
