"""Where bytes are: the base class of locations; opens no file itself.

A location is a value: it can be pickled, compared and kept without a handle. Plugins reach every byte of their source
through it, so that what is not a local file needs no other reader.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from .positioned import PositionedFile, Stamp


@dataclass(frozen=True, slots=True)
class Entry:
    """What a folder lists under one name.

    Parameters
    ----------
    name
        Its name in the folder.
    is_folder
        Whether it is a folder, links followed; None for a link that leads in a circle.
    hidden
        Whether the system marks it as hidden. A name that begins with a dot is left to the reader of the list.
    """

    name: str
    is_folder: bool | None
    hidden: bool = False


class Location(ABC):
    """The place of a file or folder: a picklable, hashable value. ``str(location)`` is its path or address."""

    __slots__ = ()

    @property
    @abstractmethod
    def name(self) -> str:
        """The last part of the path; empty for the root."""

    @property
    @abstractmethod
    def suffixes(self) -> tuple[str, ...]:
        """The suffixes of the name, in lower case with the dot, such as ``(".ome", ".tif")``."""

    @property
    @abstractmethod
    def parent(self) -> Location:
        """The folder that it is in; the root is its own parent."""

    @abstractmethod
    def child(self, name: str) -> Location:
        """Return the location of a name inside this folder; a "/" in it separates folders.

        Raises
        ------
        ReadError
            The name leads out of the folder, or is no name.
        """

    @property
    @abstractmethod
    def exists(self) -> bool:
        """Whether there is a file or folder."""

    @property
    @abstractmethod
    def is_folder(self) -> bool:
        """Whether it is a folder."""

    @property
    def is_link(self) -> bool | None:
        """Whether the name itself is a link; None if nothing has that name. The link is not followed.

        Where there are no links it is False, without a look.

        Raises
        ------
        ReadError
            The name may not be looked at.
        """
        return False

    @abstractmethod
    def stamp(self) -> Stamp:
        """Return what changes when the file changes.

        Raises
        ------
        FileNotFoundError
            Nothing exists there.
        ReadError
            It is neither a file nor a folder (a pipe or device), or may not be looked at.
        """

    @abstractmethod
    def names(self) -> tuple[str, ...] | None:
        """Return the sorted names in this folder; None where a place cannot be listed.

        Raises
        ------
        ReadError
            It is no folder, or may not be listed.
        """

    def entries(self) -> Sequence[Entry] | None:
        """Return what this folder holds, in no order; None where a place cannot be listed.

        It answers with one look at the folder, where asking each name whether it is a folder would be a look for each.

        Raises
        ------
        FileNotFoundError
            Nothing exists there.
        ReadError
            It is no folder, may not be listed, or is a link that leads in a circle.
        """
        if not self.exists:
            raise FileNotFoundError(f"there is no folder {self}")
        names = self.names()
        return None if names is None else [Entry(name, self.child(name).is_folder) for name in names]

    @abstractmethod
    def walk(self) -> Iterator[tuple[str, Stamp]] | None:
        """Yield the name, relative to this folder with "/", and the stamp of every file in it and in its folders.

        None where a place cannot be listed. Raises the errors of `names`.
        """

    @abstractmethod
    def open(self, *, tail: bool = False) -> PositionedFile:
        """Open the file for positioned reads.

        Parameters
        ----------
        tail
            A hint that the first read will be near the end of the file.

        Raises
        ------
        FileNotFoundError
            The file does not exist.
        ReadError
            It is not a regular file, or cannot be opened.
        """

    @abstractmethod
    def real(self) -> Location:
        """Return the location that it leads to when links are followed; itself where there are no links."""

    @abstractmethod
    def local_path(self) -> str:
        """Return the path of the local file.

        Raises
        ------
        ReadError
            It is not a local file.
        """

    def __fspath__(self) -> str:
        """Return `local_path`, so that `open` and every library take a local location as a path."""
        return self.local_path()


def parts_of(name: str) -> Sequence[str] | None:
    """Return the parts of a relative name between its "/"; None if it is absolute, leads out, or is no name.

    Examples
    --------
    >>> parts_of("0/c/1"), parts_of("../a"), parts_of("/etc")
    (['0', 'c', '1'], None, None)
    """
    parts = name.split("/")
    return None if "\0" in name or any(part in ("", ".", "..") for part in parts) else parts


def suffixes_of(name: str) -> tuple[str, ...]:
    """Return the suffixes of a name, in lower case with the dot; a dot at its beginning or end begins none.

    Examples
    --------
    >>> suffixes_of("a.OME.tif"), suffixes_of(".hidden"), suffixes_of("a.")
    (('.ome', '.tif'), (), ())
    """
    if name.endswith("."):
        return ()
    return tuple(f".{part.lower()}" for part in name.lstrip(".").split(".")[1:])
