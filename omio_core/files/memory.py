"""Files in memory as locations: for probes of bytes, for tests, and to see that a reader needs no local file."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from omio_core.errors import CorruptFileError, ReadError

from .location import Location, parts_of, suffixes_of
from .positioned import PositionedFile, Stamp


@dataclass(frozen=True, slots=True)
class MemoryLocation(Location):
    """A file or folder among files in memory; see `omio_core.files.location.Location`.

    Parameters
    ----------
    path
        Its absolute path, with "/".
    contents
        From the absolute path of each file to its bytes; folders are those that hold a file.
    listable
        Whether folders can be listed, as they cannot be on a plain web server.

    Examples
    --------
    >>> place = MemoryLocation("/data", {"/data/a.raw": b"abc"}).child("a.raw")
    >>> with place.open() as file:
    ...     file.read(1, 2)
    b'bc'
    """

    path: str
    contents: Mapping[str, bytes] = field(hash=False, repr=False)
    listable: bool = True

    def __str__(self) -> str:
        return self.path

    def local_path(self) -> str:
        """Raise a ReadError: it is not a local file."""
        raise ReadError(
            f"{self.path} is not a local file",
            evidence="what reads it needs the path of a local file",
            remedy="copy it to this machine first",
            path=self.path,
        )

    def _at(self, path: str) -> MemoryLocation:
        return MemoryLocation(path, self.contents, self.listable)

    @property
    def name(self) -> str:
        """The last part of the path."""
        return posixpath.basename(self.path)

    @property
    def suffixes(self) -> tuple[str, ...]:
        """The suffixes of the name, in lower case."""
        return suffixes_of(self.name)

    @property
    def parent(self) -> MemoryLocation:
        """The folder that it is in."""
        return self._at(posixpath.dirname(self.path))

    def child(self, name: str) -> MemoryLocation:
        """Return the location of a name inside this folder; it may not exist."""
        parts = parts_of(name)
        if parts is None:
            raise ReadError(f"{name[:200]!r} is no name inside {self.path}", path=self.path, name=name)
        return self._at(posixpath.join(self.path, *parts))

    def _below(self) -> Iterator[tuple[str, bytes]]:
        start = posixpath.join(self.path, "")
        return ((path[len(start) :], data) for path, data in self.contents.items() if path.startswith(start))

    @property
    def exists(self) -> bool:
        """Whether there is such a file, or a file in such a folder."""
        return self.path in self.contents or self.is_folder

    @property
    def is_folder(self) -> bool:
        """Whether a file lies below it."""
        return next(self._below(), None) is not None

    def stamp(self) -> Stamp:
        """Return its size."""
        if not self.exists:
            raise FileNotFoundError(f"there is no file or folder {self.path}")
        return Stamp(len(self.contents.get(self.path, b"")))

    def names(self) -> tuple[str, ...] | None:
        """Return the sorted names in this folder, if it can be listed."""
        if not self.listable:
            return None
        if not self.is_folder:
            raise ReadError(f"{self.path} cannot be listed", evidence="it is no folder", path=self.path)
        return tuple(sorted({name.partition("/")[0] for name, _ in self._below()}))

    def walk(self) -> Iterator[tuple[str, Stamp]] | None:
        """Yield the relative name and the size of every file below, if it can be listed."""
        if not self.listable:
            return None
        return ((name, Stamp(len(data))) for name, data in sorted(self._below()))

    def open(self, *, tail: bool = False) -> MemoryFile:
        """Open the file; `tail` changes nothing in memory."""
        if self.path not in self.contents:
            if self.is_folder:
                raise ReadError(f"{self.path} is not a regular file", path=self.path)
            raise FileNotFoundError(f"there is no file {self.path}")
        return MemoryFile(self.path, self.contents[self.path])

    def real(self) -> MemoryLocation:
        """Return itself: there are no links."""
        return self


class MemoryFile(PositionedFile):
    """An open file in memory; see `omio_core.files.positioned.PositionedFile`."""

    def __init__(self, path: str, data: bytes):
        self.path, self.size, self._data = path, len(data), memoryview(data)

    def close(self) -> None:
        """Do nothing: it holds no handle."""

    def stamp(self) -> Stamp:
        """Return its size."""
        return Stamp(self.size)

    def read(self, offset: int, n: int) -> bytes:
        """Return the `n` bytes at `offset`."""
        return bytes(self._part(offset, n))

    def read_into(self, view: memoryview, offset: int) -> None:
        """Fill `view` from `offset` on."""
        view[:] = self._part(offset, len(view))

    def _part(self, offset: int, n: int) -> memoryview:
        if offset < 0 or n < 0 or offset + n > self.size:
            raise CorruptFileError(
                f"{self.path} ends too soon",
                evidence=f"{n} bytes at {offset} are needed, the file ends at {self.size}",
                remedy="the file is incomplete or damaged: copy it again from where it came from",
                path=self.path,
            )
        return self._data[offset : offset + n]
