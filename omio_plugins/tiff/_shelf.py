"""A pool of open files, so that a set of 1,000 files keeps only a few of them open; it knows no format.

It is safe from many threads: a file in use is never closed, and a closed one is opened again at the next read. Every
read checks that the file is still the same: a file that was changed or replaced is refused.
"""

from __future__ import annotations

import os
import threading
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from omio_core.contract import FileChangedError, LocalFile, PositionedFile, Stamp

CAPACITY = 4  # idle open files of one set; many sets may be open at once


class _SharedFile(LocalFile):
    """An open file, and the number of its users."""

    def __init__(self, path: str):
        super().__init__(path)
        self.users = 0

    def identity(self) -> tuple[int, ...]:
        """Identifies the file and its state: device, inode, size and time of change."""
        status = os.fstat(self._file.fileno())
        return status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns


class Shelf:
    """A few open files, least recently used first."""

    def __init__(self, capacity: int = CAPACITY):
        self._capacity = capacity
        self._open: OrderedDict[str, _SharedFile] = OrderedDict()
        self._lock = threading.Lock()

    @contextmanager
    def borrow(self, path: str) -> Iterator[_SharedFile]:
        """Open a file, or share the open one, until the end of the block.

        Raises
        ------
        ReadError
            It is no regular file, or cannot be opened.
        """
        file = self._acquire(path)
        try:
            yield file
        finally:
            with self._lock:
                file.users -= 1
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

    def _acquire(self, path: str) -> _SharedFile:
        with self._lock:
            file = self._open.get(path)
            if file is not None:
                file.users += 1
                self._open.move_to_end(path)
                return file
        fresh = _SharedFile(path)
        with self._lock:
            file = self._open.setdefault(path, fresh)  # another thread may have been first
            file.users += 1
            idle = self._pop_surplus()
        if file is not fresh:
            fresh.close()
        for idle_file in idle:
            idle_file.close()
        return file

    def _pop_surplus(self) -> list[_SharedFile]:
        """Remove idle files beyond the capacity; the caller holds the lock."""
        surplus = max(len(self._open) - self._capacity, 0)
        idle = [path for path, file in self._open.items() if not file.users][:surplus]
        return [self._open.pop(path) for path in idle]


class ShelvedFile(PositionedFile):
    """A file that is open only while it is read, or a little longer.

    Raises
    ------
    ReadError
        It is no regular file, or cannot be opened.
    """

    def __init__(self, path: str, shelf: Shelf):
        self.path, self._shelf = path, shelf
        with shelf.borrow(path) as file:
            self.size, self._stamp = file.size, file.identity()

    def close(self) -> None:
        """Do nothing: the shelf closes the file."""

    def stamp(self) -> Stamp:
        """As for any file; errors as `read`."""
        with self._borrow() as file:
            return file.stamp()

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

    @contextmanager
    def _borrow(self) -> Iterator[_SharedFile]:
        try:
            borrowed = self._shelf.borrow(self.path)
            file = borrowed.__enter__()
        except FileNotFoundError as error:
            raise FileChangedError(
                f"{self.path} can no longer be found", evidence=str(error), path=self.path
            ) from error
        try:
            if file.identity() != self._stamp:
                raise FileChangedError(
                    f"{self.path} has changed since it was opened",
                    evidence="its size, its time of change or the file itself is another",
                    remedy="open it again",
                    path=self.path,
                )
            yield file
        finally:
            borrowed.__exit__(None, None, None)
