"""A bounded look at a path; knows no format.

A reader's `sniff` receives a probe: name, suffix, size, the first bytes, more bytes at an offset, and the names of
the files beside it. A probe reads little, never more than its budget, and uses only the standard library.
"""

from __future__ import annotations

import itertools
import os
import stat
from pathlib import Path

from omio_core.errors import LimitExceededError, ReadError

HEAD = 4096  # bytes in `head`
MOST_A_READ = 1 << 16
MOST_IN_ALL = 1 << 20
MOST_NAMES = 10_000


class Probe:
    """A bounded look at one path.

    Parameters
    ----------
    path
        A file or a folder.

    Attributes
    ----------
    path
        The path as text, absolute.
    name, suffix
        The last part of the path; its suffix from the last dot on, in lower case with the dot, or "".
    is_dir
        Whether the path is a folder.
    size
        Size in bytes; 0 for a folder.

    Raises
    ------
    FileNotFoundError
        Nothing exists at the path.
    ReadError
        The path is neither a regular file nor a folder (a FIFO or a device would block), or may not be read.

    Examples
    --------
    >>> Probe.of_bytes(b"II*\\0", "a.TIF").suffix
    '.tif'
    """

    def __init__(self, path: str | os.PathLike[str]):
        self.path = os.path.abspath(os.fspath(path))
        self.name = os.path.basename(self.path)
        self._bytes: bytes | None = None
        self._left = MOST_IN_ALL
        self._head: bytes | None = None
        try:
            status = os.stat(self.path)
        except FileNotFoundError:
            raise FileNotFoundError(f"there is no file or folder {self.path}") from None
        except (OSError, ValueError) as error:  # a NUL in the name is a ValueError
            raise ReadError(f"{self.path!r} cannot be looked at", evidence=str(error), path=self.path) from error
        self.is_dir = stat.S_ISDIR(status.st_mode)
        if not self.is_dir and not stat.S_ISREG(status.st_mode):
            raise ReadError(
                f"{self.path} is neither a file nor a folder",
                evidence="it is a pipe, a socket or a device",
                remedy="copy its contents to a regular file first",
                path=self.path,
            )
        self.size = 0 if self.is_dir else status.st_size

    @classmethod
    def of_bytes(cls, data: bytes, name: str) -> Probe:
        """Return a probe of a file that does not exist: for tests, and to check how a plugin's `sniff` behaves."""
        probe = cls.__new__(cls)
        probe.path, probe.name, probe.is_dir, probe.size = f"/nowhere/{name}", name, False, len(data)
        probe._bytes, probe._left, probe._head = data, MOST_IN_ALL, None
        return probe

    @property
    def suffix(self) -> str:
        """The suffix from the last dot on, in lower case, with the dot."""
        return os.path.splitext(self.name)[1].lower()

    @property
    def head(self) -> bytes:
        """The first bytes, at most `HEAD`; empty for a folder."""
        if self._head is None:
            self._head = self.read(0, HEAD)
        return self._head

    def read(self, offset: int, n: int) -> bytes:
        """Return up to `n` bytes at `offset`: fewer at the end of the file, none beyond it or for a folder.

        Raises
        ------
        LimitExceededError
            The request exceeds `MOST_A_READ` bytes at once or `MOST_IN_ALL` in total: sniffing is not reading.
        ReadError
            The file cannot be read.
        """
        if not 0 <= n <= MOST_A_READ or n > self._left:
            raise LimitExceededError(
                f"a probe of {self.name} was asked for too much",
                evidence=f"{n} bytes, with {self._left} left of its budget",
                path=self.path,
            )
        if self.is_dir or offset < 0 or offset >= self.size:
            return b""
        if self._bytes is not None:
            data = self._bytes[offset : offset + n]
        else:
            try:
                with open(self.path, "rb", buffering=0) as file:
                    file.seek(offset)
                    data = file.read(n) or b""
            except OSError as error:
                raise ReadError(f"{self.path} cannot be read", evidence=str(error), path=self.path) from error
        self._left -= len(data)
        return data

    def renew(self) -> None:
        """Reset the budget, so that what one reader read does not count against the next."""
        self._left = MOST_IN_ALL

    def names(self) -> tuple[str, ...]:
        """Return the sorted names inside the folder, or beside the file; at most `MOST_NAMES`."""
        if self._bytes is not None:
            return (self.name,)
        folder = Path(self.path) if self.is_dir else Path(self.path).parent
        names: list[str] = []
        try:
            with os.scandir(folder) as entries:
                names.extend(entry.name for entry in itertools.islice(entries, MOST_NAMES))
        except OSError as error:
            raise ReadError(f"{folder} cannot be listed", evidence=str(error), path=self.path) from error
        return tuple(sorted(names))
