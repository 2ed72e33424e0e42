"""A pool of open files, so that a set of 1,000 files keeps only a few of them open; it knows no format.

It is safe from many threads: a file in use is never closed, and a closed one is opened again at the next read. Every
read checks that the file is still the same: a file that was changed or replaced is refused.
"""

from __future__ import annotations

import contextlib
import threading
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from omio_core.contract import FileChangedError, Location, PositionedFile, Stamp

CAPACITY = 4  # idle open files of one set; many sets may be open at once


class _SharedFile:
    """An open file, and the number of its users."""

    __slots__ = ("file", "users")

    def __init__(self, file: PositionedFile):
        self.file, self.users = file, 0


class Shelf:
    """A few open files, least recently used first."""

    def __init__(self, capacity: int = CAPACITY):
        self._capacity = capacity
        self._open: OrderedDict[Location, _SharedFile] = OrderedDict()
        self._lock = threading.Lock()

    @contextmanager
    def borrow(self, location: Location) -> Iterator[PositionedFile]:
        """Open a file, or share the open one, until the end of the block.

        Raises
        ------
        ReadError
            It is no regular file, or cannot be opened.
        FileNotFoundError
            It does not exist.
        """
        shared = self._acquire(location)
        try:
            yield shared.file
        finally:
            with self._lock:
                shared.users -= 1
                idle = self._pop_surplus()
            for idle_file in idle:
                idle_file.close()

    def close(self) -> None:
        """Close all files, and keep none open from now on; none may be in use."""
        with self._lock:
            self._capacity = 0
            idle = self._pop_surplus()
        for idle_file in idle:
            idle_file.close()

    def __len__(self) -> int:
        with self._lock:
            return len(self._open)

    def _acquire(self, location: Location) -> _SharedFile:
        with self._lock:
            shared = self._open.get(location)
            if shared is not None:
                shared.users += 1
                self._open.move_to_end(location)
                return shared
        fresh = _SharedFile(location.open())
        with self._lock:
            shared = self._open.setdefault(location, fresh)  # another thread may have been first
            shared.users += 1
            idle = self._pop_surplus()
        if shared is not fresh:
            fresh.file.close()
        for idle_file in idle:
            idle_file.close()
        return shared

    def _pop_surplus(self) -> list[PositionedFile]:
        """Remove idle files beyond the capacity; the caller holds the lock."""
        surplus = max(len(self._open) - self._capacity, 0)
        idle = [location for location, shared in self._open.items() if not shared.users][:surplus]
        return [self._open.pop(location).file for location in idle]


class ShelvedFile(PositionedFile):
    """A file that is open only while it is read, or a little longer.

    Raises
    ------
    ReadError
        It is no regular file, or cannot be opened.
    FileNotFoundError
        It does not exist.
    """

    def __init__(self, location: Location, shelf: Shelf):
        self.path, self._location, self._shelf = str(location), location, shelf
        with shelf.borrow(location) as file:
            self.size, self._stamp = file.size, file.stamp()

    def close(self) -> None:
        """Do nothing: the shelf closes the file."""

    def stamp(self) -> Stamp:
        """The stamp of the file when it was first opened: every read is of that version."""
        return self._stamp

    def read(self, offset: int, n: int) -> bytes:
        """As for any file; FileChangedError if the file was changed or replaced."""
        with self._borrow() as file:
            return file.read(offset, n)

    def read_each(self, offsets: Sequence[int], n: int) -> bytearray:
        """As for any file; errors as `read`."""
        with self._borrow() as file:
            return file.read_each(offsets, n)

    def read_into(self, view: memoryview, offset: int) -> None:
        """As for any file; errors as `read`."""
        with self._borrow() as file:
            file.read_into(view, offset)

    def prefetch(self, ranges: Sequence[tuple[int, int]]) -> None:
        """As for any file; it raises nothing: the next read does."""
        with contextlib.suppress(OSError), self._shelf.borrow(self._location) as file:
            file.prefetch(ranges)

    @contextmanager
    def _borrow(self) -> Iterator[PositionedFile]:
        try:
            borrowed = self._shelf.borrow(self._location)
            file = borrowed.__enter__()
        except FileNotFoundError as error:
            raise FileChangedError(
                f"{self.path} can no longer be found", evidence=str(error), path=self.path
            ) from error
        try:
            now = file.stamp()
            if now != self._stamp:
                raise FileChangedError(
                    f"{self.path} has changed since it was opened",
                    evidence=f"{self._stamp.size} bytes then, {now.size} now; its time of change or version is another",
                    remedy="open it again",
                    path=self.path,
                )
            yield file
        finally:
            borrowed.__exit__(None, None, None)
