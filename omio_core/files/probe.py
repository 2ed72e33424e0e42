"""A bounded look at a file or folder; knows no format.

A reader's `sniff` receives a probe: name, suffix, size, the first bytes, more bytes at an offset, and the names of
the files beside it. A probe reads little, never more than its budget, and uses only the standard library.
"""

from __future__ import annotations

import os

from omio_core.errors import LimitExceededError, ReadError

from .local import locate
from .location import Location
from .memory import MemoryLocation

HEAD = 4096  # bytes in `head`
MOST_A_READ = 1 << 16
MOST_IN_ALL = 1 << 20
MOST_NAMES = 10_000


class Probe:
    """A bounded look at one location.

    Parameters
    ----------
    source
        A file or a folder: a `Location` or a path.

    Attributes
    ----------
    location
        Where it is.
    path
        Its path or address, for messages.
    name, suffix
        The last part of the path; its suffix from the last dot on, in lower case with the dot, or "".
    is_folder
        Whether it is a folder.
    size
        Size in bytes; 0 for a folder.

    Raises
    ------
    FileNotFoundError
        Nothing exists there.
    ReadError
        It is neither a regular file nor a folder (a FIFO or a device would block), or may not be read.

    Examples
    --------
    >>> Probe.of_bytes(b"II*\\0", "a.TIF").suffix
    '.tif'
    """

    def __init__(self, source: str | os.PathLike[str] | Location):
        self.location = locate(source)
        self.path, self.name = str(self.location), self.location.name
        self.size = self.location.stamp().size
        self.is_folder = not self.size and self.location.is_folder  # a folder has no bytes: most files need no look
        self._budget = _Budget()
        self._head: bytes | None = None

    @classmethod
    def of_bytes(cls, data: bytes, name: str) -> Probe:
        """Return a probe of a file in memory: for tests, and to check how a plugin's `sniff` behaves."""
        return cls(MemoryLocation(f"/nowhere/{name}", {f"/nowhere/{name}": data}))

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
        if not 0 <= n <= MOST_A_READ or n > self._budget.left:
            raise LimitExceededError(
                f"a probe of {self.name} was asked for too much",
                evidence=f"{n} bytes, with {self._budget.left} left of its budget",
                path=self.path,
            )
        if self.is_folder or offset < 0 or offset >= self.size:
            return b""
        try:
            with self.location.open() as file:  # a probe keeps no file open
                data = file.read(offset, min(n, file.size - offset)) if offset < file.size else b""
        except FileNotFoundError as error:  # it existed a moment ago
            raise ReadError(f"{self.path} cannot be read", evidence=str(error), path=self.path) from error
        self._budget.left -= len(data)
        return data

    def child(self, name: str) -> Probe | None:
        """Return a probe of a name inside the folder, which counts against the same budget; None if nothing is there.

        Raises
        ------
        ReadError
            The name leads out of the folder, or what is there may not be read.
        """
        try:
            probe = Probe(self.location.child(name))
        except FileNotFoundError:
            return None
        probe._budget = self._budget
        return probe

    def renew(self) -> None:
        """Reset the budget, so that what one reader read does not count against the next."""
        self._budget.left = MOST_IN_ALL

    def names(self) -> tuple[str, ...]:
        """Return the sorted names inside the folder, or beside the file; at most `MOST_NAMES`.

        None are returned where the place cannot be listed.
        """
        folder = self.location if self.is_folder else self.location.parent
        return (folder.names() or ())[:MOST_NAMES]


class _Budget:
    """The bytes that a probe and its children may still read."""

    def __init__(self) -> None:
        self.left = MOST_IN_ALL
