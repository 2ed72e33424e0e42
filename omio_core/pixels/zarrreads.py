"""How a store of pixels is read from zarr's event loop: in threads of its own, a few at a time; knows no picture.

A read must not wait for a thread that waits for it. It therefore takes no thread of OMIO's pool and none of zarr's:
the picture may itself be of a zarr or dask array, whose reads need those (see `omio_core.threads.apart`).
"""

from __future__ import annotations

import asyncio
from abc import abstractmethod
from collections.abc import Iterable
from weakref import WeakKeyDictionary

from zarr.abc.store import ByteRequest, OffsetByteRequest, RangeByteRequest, Store, SuffixByteRequest
from zarr.core.buffer import Buffer, BufferPrototype

from omio_core.settings import current_settings
from omio_core.threads import apart


class ReadStore(Store):
    """A zarr store whose `get_sync` takes long; everything else that zarr reads with stands on it."""

    def __init__(self, *, read_only: bool):
        super().__init__(read_only=read_only)
        self._turns: WeakKeyDictionary[asyncio.AbstractEventLoop, asyncio.Semaphore] = WeakKeyDictionary()
        self._is_open = True  # there is nothing to open

    async def _open(self) -> None:
        self._is_open = True

    @abstractmethod
    def is_ready(self, key: str) -> bool:
        """Whether `get_sync` answers at once."""

    @abstractmethod
    def get_sync(
        self, key: str, *, prototype: BufferPrototype | None = None, byte_range: ByteRequest | None = None
    ) -> Buffer | None:
        """Return what a key names, read in the calling thread; None if it names nothing."""

    async def get(
        self, key: str, prototype: BufferPrototype | None = None, byte_range: ByteRequest | None = None
    ) -> Buffer | None:
        """Return what a key names, read in a thread of its own; None if it names nothing."""
        if self.is_ready(key):
            return self.get_sync(key, prototype=prototype, byte_range=byte_range)
        async with self._turn():
            return await asyncio.wrap_future(
                apart(lambda: self.get_sync(key, prototype=prototype, byte_range=byte_range))
            )

    def _turn(self) -> asyncio.Semaphore:
        """As many reads at once as there are workers: zarr asks for 10 chunks, and each takes its memory.

        A store never waits for its own turn: a picture of a zarr array is of another store.
        """
        loop = asyncio.get_running_loop()
        if loop not in self._turns:
            self._turns[loop] = asyncio.Semaphore(current_settings().workers)
        return self._turns[loop]

    async def get_partial_values(
        self, prototype: BufferPrototype, key_ranges: Iterable[tuple[str, ByteRequest | None]]
    ) -> list[Buffer | None]:
        """Return parts of what several keys name, in their order."""
        return list(await asyncio.gather(*(self.get(key, prototype, part) for key, part in key_ranges)))


def span(asked: ByteRequest | None, size: int) -> tuple[int, int]:
    """Return the first byte and the end of what zarr asks for, in a content of `size` bytes."""
    match asked:
        case None:
            return 0, size
        case RangeByteRequest(start, end):
            return start, end
        case OffsetByteRequest(offset):
            return offset, size
        case SuffixByteRequest(suffix):
            return max(0, size - suffix), size
    raise TypeError(f"unexpected byte range {asked!r}")  # zarr asks in these three ways, and in no other
