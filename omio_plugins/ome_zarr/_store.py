"""The files of a Zarr store by their names, and a store in a folder; it knows no array and no metadata."""

from __future__ import annotations

from abc import ABC, abstractmethod
from bisect import bisect_left
from collections.abc import Sequence
from functools import cached_property
from typing import Protocol

from omio_core.contract import (
    LimitExceededError,
    Listing,
    Location,
    PositionedFile,
)

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
