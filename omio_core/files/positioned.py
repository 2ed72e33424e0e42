"""Positioned reads of one file, from many threads at once: the base class, and local files; knows no format.

It reads and does not map: if a mapped file is truncated, the process is killed. Each call looks up whether the system
has `os.preadv` and `os.pread` (Windows has neither) and works without them if needed.
"""

from __future__ import annotations

import os
import stat
import threading
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

from omio_core.errors import CorruptFileError, ReadError

F = TypeVar("F", bound="PositionedFile")


@dataclass(frozen=True, slots=True)
class Stamp:
    """What changes when a file changes; its content is not read.

    Parameters
    ----------
    size
        Size in bytes; 0 for a folder.
    mtime_ns
        Time of the last modification in nanoseconds; None where there is none.
    tag
        What a server calls this version of the file (an ETag); empty for local files.
    """

    size: int
    mtime_ns: int | None = None
    tag: str = ""


_BATCH = 256  # small reads joined at a time, so that their memory is reused for the next ones
_CALL_LIMIT = 1 << 30  # Linux reads at most 0x7ffff000 bytes per call, macOS INT_MAX


class PositionedFile(ABC):
    """An open file whose reads return exactly the requested bytes or raise an error, from many threads at once.

    Attributes
    ----------
    path
        The path or address it was opened with, for messages.
    size
        Size in bytes when it was opened; every read is held against it.
    """

    path: str
    size: int

    def __enter__(self: F) -> F:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @abstractmethod
    def close(self) -> None:
        """Close the file; allowed twice."""

    @abstractmethod
    def stamp(self) -> Stamp:
        """Return the stamp of the file that is open; it changes if something is written into it."""

    @abstractmethod
    def read(self, offset: int, n: int) -> bytes:
        """Return the `n` bytes at `offset`.

        Raises
        ------
        CorruptFileError
            The range is not entirely inside the file; checked before memory is allocated.
        ReadError
            The bytes cannot be read.
        """

    @abstractmethod
    def read_into(self, view: memoryview, offset: int) -> None:
        """Fill `view`, a writable buffer of bytes, from `offset` on; raises the errors of `read`."""

    def read_each(self, offsets: Sequence[int], n: int) -> bytearray:
        """Return the `n` bytes at each of `offsets`, concatenated, with as little overhead per read as possible.

        Raises the errors of `read`.
        """
        return bytearray().join([self.read(offset, n) for offset in offsets])

    def prefetch(self, ranges: Sequence[tuple[int, int]]) -> None:  # noqa: B027 - a hint, which may be ignored
        """Hint that these ranges, each an offset and a number of bytes, will be read next; a local file ignores it."""


class LocalFile(PositionedFile):
    """An open local file; see `PositionedFile`.

    Raises
    ------
    ReadError
        The path is not a regular file (a FIFO would block), or cannot be opened.
    """

    def __init__(self, path: str):
        self.path = path
        self._lock = threading.Lock()
        try:
            if not stat.S_ISREG(os.stat(path).st_mode):
                raise ReadError(f"{path} is not a regular file", path=path)
            self._file = open(path, "rb", buffering=0)  # noqa: SIM115 - `close` closes it
        except (FileNotFoundError, ReadError):
            raise
        except OSError as error:
            raise ReadError(f"{path} cannot be opened", evidence=str(error), path=path) from error
        self.size = self.stamp().size

    def stamp(self) -> Stamp:
        """Return size and modification time as they are now: a program may write into a file that is open."""
        status = os.fstat(self._file.fileno())
        return Stamp(status.st_size, status.st_mtime_ns)

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def read(self, offset: int, n: int) -> bytes:
        """Return the `n` bytes at `offset`.

        Raises
        ------
        CorruptFileError
            The range is not entirely inside the file; checked before memory is allocated.
        ReadError
            The system fails to read.
        """
        self._check_range(offset, n)
        pread = getattr(os, "pread", None)
        if pread is not None and n <= _CALL_LIMIT:
            try:
                data: bytes = pread(self._file.fileno(), n, offset)
            except OSError as error:
                raise self._read_error(error) from error
            if len(data) == n:
                return data
        buffer = bytearray(n)
        self.read_into(memoryview(buffer), offset)
        return bytes(buffer)

    def read_each(self, offsets: Sequence[int], n: int) -> bytearray:
        """Return the `n` bytes at each of `offsets`, concatenated, with as little overhead per read as possible.

        Raises the errors of `read`.
        """
        data = bytearray()
        pread = getattr(os, "pread", None)
        ends: Sequence[int] = (0, 0)
        if offsets:  # the ends of a range are its extremes
            ends = (offsets[0], offsets[-1]) if isinstance(offsets, range) else (min(offsets), max(offsets))
        if pread is not None and min(ends) >= 0 and max(ends) + n <= self.size:
            descriptor = self._file.fileno()
            try:
                for first in range(0, len(offsets), _BATCH):
                    data += b"".join([pread(descriptor, n, offset) for offset in offsets[first : first + _BATCH]])
            except OSError as error:
                raise self._read_error(error) from error
            if len(data) == n * len(offsets):
                return data
        return super().read_each(offsets, n)

    def read_into(self, view: memoryview, offset: int) -> None:
        """Fill `view`, a writable buffer of bytes, from `offset` on; raises the errors of `read`."""
        self._check_range(offset, len(view))
        done = 0
        while done < len(view):
            try:
                count = self._read_some(view[done : done + _CALL_LIMIT], offset + done)
            except OSError as error:
                raise self._read_error(error) from error
            if not count:
                raise self._truncated_error(offset, len(view), offset + done)
            done += count

    def _read_some(self, view: memoryview, offset: int) -> int:
        preadv, pread = getattr(os, "preadv", None), getattr(os, "pread", None)
        if preadv is not None:
            return int(preadv(self._file.fileno(), [view], offset))
        if pread is not None:
            data = pread(self._file.fileno(), min(len(view), 1 << 24), offset)
            view[: len(data)] = data
            return len(data)
        with self._lock:
            self._file.seek(offset)
            return self._file.readinto(view) or 0

    def _check_range(self, offset: int, n: int) -> None:
        if offset < 0 or n < 0 or offset + n > self.size:
            raise self._truncated_error(offset, n, self.size)

    def _truncated_error(self, offset: int, n: int, end: int) -> CorruptFileError:
        return CorruptFileError(
            f"{self.path} ends too soon",
            evidence=f"{n} bytes at {offset} are needed, the file ends at {end}",
            remedy="the file is incomplete or damaged: copy it again from where it came from",
            path=self.path,
        )

    def _read_error(self, error: OSError) -> ReadError:
        return ReadError(f"{self.path} cannot be read", evidence=str(error), path=self.path)
