"""Positioned reads of one file, from many threads at once; it knows no format.

Reads, not a map: a mapped file that someone truncates kills the process. What the system lacks (`os.preadv`,
`os.pread`: Windows) is looked up at each call and done without.
"""

from __future__ import annotations

import os
import stat
import threading

from omio_core.errors import CorruptFileError, ReadError

__all__ = ["PositionedFile"]

_JOINED = 256  # small reads whose results are joined at once, so that the memory of each serves the next as well
_MOST_A_CALL = 1 << 30  # Linux reads at most 0x7ffff000 bytes a call, macOS INT_MAX


class PositionedFile:
    """An open file whose reads give exactly what they were asked for, or an error.

    Attributes
    ----------
    path
        As it was opened.
    size
        Bytes when it was opened.

    Raises
    ------
    ReadError
        It is no regular file (a FIFO would block), or cannot be opened.
    """

    def __init__(self, path: str):
        self.path = path
        self._lock = threading.Lock()
        try:
            if not stat.S_ISREG(os.stat(path).st_mode):
                raise ReadError(f"{path} is not a regular file", path=path)
            self._file = open(path, "rb", buffering=0)  # noqa: SIM115 - it is closed by `close`
        except (FileNotFoundError, ReadError):
            raise
        except OSError as error:
            raise ReadError(f"{path} cannot be opened", evidence=str(error), path=path) from error
        self.size = os.fstat(self._file.fileno()).st_size

    def close(self) -> None:
        """Let go of the file."""
        self._file.close()

    def read(self, offset: int, n: int) -> bytes:
        """The `n` bytes at `offset`.

        Raises
        ------
        CorruptFileError
            They do not all lie in the file; found out before anything is allocated.
        """
        self._hold(offset, n)
        pread = getattr(os, "pread", None)
        if pread is not None and n <= _MOST_A_CALL:
            try:
                data: bytes = pread(self._file.fileno(), n, offset)
            except OSError as error:
                raise self._failed(error) from error
            if len(data) == n:
                return data
        buffer = bytearray(n)
        self.read_into(memoryview(buffer), offset)
        return bytes(buffer)

    def read_each(self, offsets: range, n: int) -> bytearray:
        """The `n` bytes at each of `offsets`, one after the other, as little around each call as can be.

        Errors as `read`.
        """
        found = bytearray()
        pread = getattr(os, "pread", None)
        ends = (offsets[0], offsets[-1]) if offsets else (0, 0)
        if pread is not None and min(ends) >= 0 and max(ends) + n <= self.size:
            number = self._file.fileno()
            try:
                for k in range(0, len(offsets), _JOINED):
                    found += b"".join([pread(number, n, offset) for offset in offsets[k : k + _JOINED]])
            except OSError as error:
                raise self._failed(error) from error
            if len(found) == n * len(offsets):
                return found
        return bytearray().join([self.read(offset, n) for offset in offsets])

    def read_into(self, view: memoryview, offset: int) -> None:
        """Fill `view`, a writable run of bytes, with what is at `offset`; errors as `read`."""
        self._hold(offset, len(view))
        done = 0
        while done < len(view):
            try:
                got = self._some(view[done : done + _MOST_A_CALL], offset + done)
            except OSError as error:
                raise self._failed(error) from error
            if not got:
                raise self._ends_too_soon(offset, len(view), offset + done)
            done += got

    def _some(self, view: memoryview, offset: int) -> int:
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

    def _hold(self, offset: int, n: int) -> None:
        if offset < 0 or n < 0 or offset + n > self.size:
            raise self._ends_too_soon(offset, n, self.size)

    def _ends_too_soon(self, offset: int, n: int, end: int) -> CorruptFileError:
        return CorruptFileError(
            f"{self.path} ends too soon",
            evidence=f"{n} bytes at {offset} are needed, the file ends at {end}",
            remedy="the file is incomplete or damaged: copy it again from where it came from",
            path=self.path,
        )

    def _failed(self, error: OSError) -> ReadError:
        return ReadError(f"{self.path} cannot be read", evidence=str(error), path=self.path)
