"""The files of a Zarr store by their names, in a folder or in a zip file; it knows no array and no metadata."""

from __future__ import annotations

import threading
import zlib
from abc import ABC, abstractmethod
from bisect import bisect_left
from collections.abc import Sequence
from functools import cached_property
from typing import Protocol

from omio_core.contract import (
    CorruptFileError,
    LimitExceededError,
    Listing,
    Location,
    PositionedFile,
    UnsupportedFeatureError,
    current_settings,
)

from ._zip import Entry, directory_span, entries, local_header_length, root_of

_DOCUMENT = 1 << 26  # bytes of a metadata document


class Blob(Protocol):
    """The bytes of one file of a store, read by ranges."""

    size: int

    def read(self, offset: int, n: int) -> bytes:
        """Return the `n` bytes at `offset`; a CorruptFileError if they are not there."""
        ...

    def close(self) -> None:
        """Release it."""
        ...


class Store(ABC):
    """The files of a store; names are relative to its root, with "/"."""

    location: Location

    @abstractmethod
    def open(self, name: str) -> Blob:
        """Open a file; FileNotFoundError if there is none."""

    @abstractmethod
    def has(self, name: str) -> bool | None:
        """Whether there is a file of that name; None where the place cannot be listed."""

    @cached_property
    @abstractmethod
    def names(self) -> Sequence[str] | None:
        """All names, sorted; None where the place cannot be listed."""

    @property
    @abstractmethod
    def digest(self) -> str:
        """A digest of all files of a folder; "" for a zip file, which is one member."""

    @abstractmethod
    def members(self, documents: Sequence[str]) -> tuple[Location, ...]:
        """The locations of metadata documents; of a zip file its own."""

    def close(self) -> None:  # noqa: B027 - a folder has nothing open
        """Close what is open."""

    def where(self, name: str) -> str:
        """The path of a file, for messages."""
        return f"{self.location}/{name}" if name else str(self.location)

    def read(self, name: str) -> bytes | None:
        """Return a whole metadata document; None if there is none.

        Raises
        ------
        LimitExceededError
            It is too long for a document.
        """
        try:
            blob = self.open(name)
        except FileNotFoundError:
            return None
        try:
            if blob.size > _DOCUMENT:
                raise LimitExceededError(
                    f"{self.where(name)} is too long for metadata",
                    evidence=f"{blob.size:,} bytes",
                    path=str(self.location),
                )
            return blob.read(0, blob.size)
        finally:
            blob.close()

    def below(self, folder: str) -> Sequence[str] | None:
        """The names in a folder and its folders, without the folder's own; None where the place cannot be listed."""
        if self.names is None:
            return None
        start = f"{folder}/" if folder else ""
        first = bisect_left(self.names, start)
        last = bisect_left(self.names, f"{folder}0", first) if folder else len(self.names)  # "0" follows "/"
        return [name[len(start) :] for name in self.names[first:last]]


def open_store(location: Location) -> Store:
    """Open the store at a location: a folder, or a zip file.

    Raises
    ------
    ReadError
        The folder cannot be listed, or the zip file is damaged.
    FileNotFoundError
        Nothing is there.
    """
    return FolderStore(location) if location.is_folder else ZipStore(location)


class FolderStore(Store):
    """A store in a folder: every file is held against the listing as it is opened."""

    def __init__(self, location: Location):
        self.location = location
        self._listing = Listing.of(location)

    def open(self, name: str) -> PositionedFile:
        """Open a file of the folder."""
        return self._listing.open(name)

    def has(self, name: str) -> bool | None:
        """Whether the listing has it."""
        return self._listing.has(name)

    @cached_property
    def names(self) -> Sequence[str] | None:
        """The names in the listing."""
        return None if self._listing.stamps is None else sorted(self._listing.stamps)

    @property
    def digest(self) -> str:
        """The digest of the listing."""
        return self._listing.digest

    def members(self, documents: Sequence[str]) -> tuple[Location, ...]:
        """The documents."""
        return tuple(self.location.child(name) for name in documents)


class ZipStore(Store):
    """A store in a zip file; members are stored or deflated, each with a CRC-32, which is checked."""

    def __init__(self, location: Location):
        self.location = location
        self._file = location.open(tail=True)
        try:
            self._entries = self._directory()
        except BaseException:
            self._file.close()
            raise
        self._sound: set[str] = set()
        self._lock = threading.Lock()

    def _directory(self) -> dict[str, Entry]:
        file = self._file
        tail = min(file.size, (1 << 16) + 22)

        def read(offset: int, n: int) -> bytes:
            return file.read(offset, min(n, file.size - offset))

        span = directory_span(file.read(file.size - tail, tail), file.size, read)
        # a name may stand twice, where a writer has replaced a member: the last one is valid
        try:
            listed = entries(b"" if span is None else file.read(*span), whole=True)
            found = {entry.name: entry for entry in listed}
        except ValueError as error:
            raise self._damaged(str(error)) from error
        root = root_of(found)
        if root is None:
            raise self._damaged("it has no directory with the metadata of a Zarr")
        return {name[len(root) :]: entry for name, entry in found.items() if name.startswith(root)}

    def _damaged(self, evidence: str) -> CorruptFileError:
        return CorruptFileError(
            f"the zip file {self.location} is damaged",
            evidence=evidence,
            remedy="copy it again from where it came from",
            path=str(self.location),
        )

    def open(self, name: str) -> Blob:
        """Open a member; a deflated one is decompressed at once."""
        entry = self._entries.get(name)
        if entry is None:
            raise FileNotFoundError(f"{self.location} has no member {name}")
        if entry.encrypted or entry.method not in (0, 8):
            raise UnsupportedFeatureError(
                f"{name} in {self.location} cannot be read",
                evidence="it is encrypted" if entry.encrypted else f"it has the compression {entry.method} of zip",
                remedy="unpack the zip file and open the folder",
                path=str(self.location),
            )
        header = local_header_length(self._file.read(entry.offset, 30)) if entry.offset + 30 <= self._file.size else 0
        start = entry.offset + header
        if not header or start + entry.packed > self._file.size:
            raise self._damaged(f"{name} is not where its directory says")
        if entry.method == 0:
            if entry.size != entry.packed:
                raise self._damaged(f"{name} has two sizes, {entry.size} and {entry.packed}")
            return _Stored(self, name, entry, start)
        return _Memory(self._inflate(name, entry, self._file.read(start, entry.packed)))

    def _inflate(self, name: str, entry: Entry, packed: bytes) -> bytes:
        if entry.size > max(1 << 20, entry.packed * current_settings().max_expansion):
            raise LimitExceededError(
                f"{name} in {self.location} declares too much",
                evidence=f"{entry.size:,} bytes of {entry.packed:,} in the file",
                path=str(self.location),
            )
        inflate = zlib.decompressobj(-15)
        try:
            data = inflate.decompress(packed, entry.size + 1)
        except zlib.error as error:
            raise self._damaged(f"{name}: {error}") from error
        if len(data) != entry.size or zlib.crc32(data) != entry.crc:
            raise self._damaged(f"{name} does not have the size and the CRC-32 in the directory")
        return data

    def check(self, name: str, entry: Entry, start: int) -> None:
        """Compare a stored member with its CRC-32, once, in pieces.

        Raises
        ------
        CorruptFileError
            It is another one.
        """
        if name in self._sound:
            return
        crc, step = 0, 1 << 20
        for at in range(0, entry.size, step):
            crc = zlib.crc32(self._file.read(start + at, min(step, entry.size - at)), crc)
        if crc != entry.crc:
            raise self._damaged(f"{name} does not have the CRC-32 in the directory")
        with self._lock:
            self._sound.add(name)

    def data(self, name: str, entry: Entry, start: int, offset: int, n: int) -> bytes:
        """Bytes of a stored member."""
        if offset < 0 or n < 0 or offset + n > entry.size:
            raise self._damaged(f"{n} bytes at {offset} of {name} are needed, it has {entry.size}")
        data = self._file.read(start + offset, n)
        if n == entry.size:
            if zlib.crc32(data) != entry.crc:
                raise self._damaged(f"{name} does not have the CRC-32 in the directory")
        else:
            self.check(name, entry, start)
        return data

    def has(self, name: str) -> bool:
        """Whether the directory has it."""
        return name in self._entries

    @cached_property
    def names(self) -> Sequence[str]:
        """The names in the directory."""
        return sorted(self._entries)

    @property
    def digest(self) -> str:
        """Empty: the zip file is the one member."""
        return ""

    def members(self, documents: Sequence[str]) -> tuple[Location, ...]:
        """The zip file."""
        return (self.location,)

    def close(self) -> None:
        """Close the zip file."""
        self._file.close()


class _Stored:
    """A stored member of a zip file."""

    def __init__(self, store: ZipStore, name: str, entry: Entry, start: int):
        self._store, self._name, self._entry, self._start, self.size = store, name, entry, start, entry.size

    def read(self, offset: int, n: int) -> bytes:
        """Return the `n` bytes at `offset`."""
        return self._store.data(self._name, self._entry, self._start, offset, n)

    def close(self) -> None:
        """Do nothing: the zip file stays open."""


class _Memory:
    """Bytes in memory."""

    def __init__(self, data: bytes):
        self._data, self.size = data, len(data)

    def read(self, offset: int, n: int) -> bytes:
        """Return the `n` bytes at `offset`."""
        if offset < 0 or n < 0 or offset + n > self.size:
            raise CorruptFileError("a chunk ends too soon", evidence=f"{n} bytes at {offset}, of {self.size}")
        return self._data[offset : offset + n]

    def close(self) -> None:
        """Do nothing."""
