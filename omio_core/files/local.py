"""Locations on this machine, and the way from what a user names to a location; knows no format."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass

from omio_core.errors import ReadError

from .location import Entry, Location, parts_of, suffixes_of
from .positioned import LocalFile, Stamp

_HIDDEN = 0x2  # FILE_ATTRIBUTE_HIDDEN of Windows


def locate(source: str | os.PathLike[str] | Location) -> Location:
    """Return the location of a path, absolute; a location is returned as it is. ``~`` is the user's home folder.

    Raises
    ------
    FileNotFoundError
        The path is empty: it would mean the current folder.

    Examples
    --------
    >>> locate("a.OME.tif").suffixes
    ('.ome', '.tif')
    """
    if isinstance(source, Location):
        return source
    if not (path := os.fspath(source)):
        raise FileNotFoundError("there is no file with the name ''")
    return LocalLocation(os.path.abspath(os.path.expanduser(path)))


@dataclass(frozen=True, slots=True)
class LocalLocation(Location):
    """A local file or folder, by its absolute path; see `omio_core.files.location.Location`."""

    path: str

    def __str__(self) -> str:
        return self.path

    def local_path(self) -> str:
        """Its path."""
        return self.path

    @property
    def name(self) -> str:
        """The last part of the path."""
        return os.path.basename(self.path)

    @property
    def suffixes(self) -> tuple[str, ...]:
        """The suffixes of the name, in lower case."""
        return suffixes_of(self.name)

    @property
    def parent(self) -> LocalLocation:
        """The folder that it is in."""
        return LocalLocation(os.path.dirname(self.path))

    def child(self, name: str) -> LocalLocation:
        """Return the location of a name inside this folder; it may not exist."""
        parts = parts_of(name)
        if parts is None or (os.name == "nt" and ("\\" in name or ":" in name)):
            raise ReadError(
                f"{name[:200]!r} is no name inside {self.path}",
                evidence="it leads out of the folder, or is empty",
                path=self.path,
                name=name,
            )
        return LocalLocation(os.path.join(self.path, *parts))

    @property
    def exists(self) -> bool:
        """Whether there is a file or folder, links followed."""
        return os.path.exists(self.path)

    @property
    def is_folder(self) -> bool:
        """Whether it is a folder, links followed."""
        return os.path.isdir(self.path)

    @property
    def is_link(self) -> bool | None:
        """Whether the name itself is a link; None if nothing has that name."""
        try:
            return stat.S_ISLNK(os.lstat(self.path).st_mode)
        except (FileNotFoundError, NotADirectoryError):
            return None
        except (OSError, ValueError) as error:
            raise self._unseen(error) from error

    def stamp(self) -> Stamp:
        """Return its size and modification time."""
        try:
            status = os.stat(self.path)
        except (FileNotFoundError, NotADirectoryError):
            raise FileNotFoundError(_missing(self.path)) from None
        except (OSError, ValueError) as error:  # a NUL in the name is a ValueError
            raise self._unseen(error) from error
        return _stamp(self.path, status)

    def names(self) -> tuple[str, ...]:
        """Return the sorted names in this folder."""
        try:
            return tuple(sorted(os.listdir(self.path)))
        except OSError as error:
            raise self._unlisted(error) from error

    def entries(self) -> list[Entry]:
        """Return what this folder holds, in no order; a look at the folder, and one at each link."""
        try:
            with os.scandir(self.path) as listed:
                return [_entry(entry) for entry in listed]
        except FileNotFoundError:
            raise FileNotFoundError(f"there is no folder {self.path}") from None
        except OSError as error:
            raise self._unlisted(error) from error

    def walk(self) -> Iterator[tuple[str, Stamp]]:
        """Yield the relative name and the stamp of every file below, in the order of the names, links followed."""
        return self._walk("", frozenset())

    def _walk(self, prefix: str, above: frozenset[tuple[int, int]]) -> Iterator[tuple[str, Stamp]]:
        try:
            status = os.stat(self.path)
            with os.scandir(self.path) as listed:
                entries = sorted(listed, key=lambda entry: entry.name)
        except OSError as error:
            raise self._unlisted(error) from error
        here = (status.st_dev, status.st_ino)
        if here in above and status.st_ino:  # a link to a folder above
            raise ReadError(f"{self.path} leads back to a folder that it is in", path=self.path)
        for entry in entries:
            if entry.is_dir():
                yield from LocalLocation(entry.path)._walk(f"{prefix}{entry.name}/", above | {here})
                continue
            try:
                status = os.stat(entry.path)
            except OSError as error:  # a link to nothing, or a file removed meanwhile
                raise ReadError(f"{entry.path} cannot be looked at", evidence=str(error), path=entry.path) from error
            yield prefix + entry.name, _stamp(entry.path, status)

    def _unseen(self, error: Exception) -> ReadError:
        return ReadError(f"{self.path!r} cannot be looked at", evidence=str(error), path=self.path)

    def _unlisted(self, error: OSError) -> ReadError:
        if error.errno == errno.ELOOP:
            return circle_error(self.path, str(error))
        return ReadError(f"{self.path} cannot be listed", evidence=str(error), path=self.path)

    def open(self, *, tail: bool = False) -> LocalFile:
        """Open the file; `tail` changes nothing for a local file."""
        return LocalFile(self.path)

    def real(self) -> LocalLocation:
        """Return the location with all links followed."""
        return LocalLocation(os.path.realpath(self.path))


def _missing(path: str) -> str:
    """Say that nothing is there; of a link to nothing, where it leads."""
    try:
        leads = os.readlink(path)
    except (OSError, ValueError):
        return f"there is no file or folder {path}"
    return (
        f"{path} is a symbolic link to {leads}, which is not there\n"
        "  remedy: put back what it leads to, or remove the link"
    )


def circle_error(path: str, evidence: str) -> ReadError:
    """Return the error for a link that leads in a circle."""
    return ReadError(
        f"{path} is a symbolic link that leads in a circle",
        evidence=evidence,
        remedy="remove the link, or name the files themselves",
        path=path,
    )


def _entry(entry: os.DirEntry[str]) -> Entry:
    is_folder = _leads_to_folder(entry.path) if entry.is_symlink() else entry.is_dir()
    hidden = False
    if os.name == "nt":
        hidden = bool(getattr(entry.stat(follow_symlinks=False), "st_file_attributes", 0) & _HIDDEN)
    return Entry(entry.name, is_folder, hidden)


def _leads_to_folder(link: str) -> bool | None:
    """Whether a link leads to a folder; None if it leads in a circle. One to nothing does not."""
    try:
        return stat.S_ISDIR(os.stat(link).st_mode)
    except OSError as error:
        return None if error.errno == errno.ELOOP else False


def _stamp(path: str, status: os.stat_result) -> Stamp:
    if stat.S_ISDIR(status.st_mode):
        return Stamp(0, status.st_mtime_ns)
    if not stat.S_ISREG(status.st_mode):
        raise ReadError(
            f"{path} is neither a file nor a folder",
            evidence="it is a pipe, a socket or a device",
            remedy="copy its contents to a regular file first",
            path=path,
        )
    return Stamp(status.st_size, status.st_mtime_ns)
