"""Values that identify a source as it was described and allow it to be opened again; reads no file content."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from omio_core.errors import FileChangedError

from .location import Location
from .positioned import Stamp


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """A member file and its stamp when it was described; its content is not read."""

    location: Location
    stamp: Stamp

    @classmethod
    def of(cls, location: Location) -> Fingerprint:
        """Take the fingerprint of a file.

        Raises
        ------
        FileChangedError
            The file no longer exists.
        """
        try:
            return cls(location, location.stamp())
        except OSError as error:
            raise FileChangedError(
                f"{location} can no longer be found", evidence=str(error), path=str(location)
            ) from error

    @property
    def path(self) -> str:
        """Its path or address."""
        return str(self.location)

    def verify(self) -> None:
        """Check that the file still matches this fingerprint.

        Raises
        ------
        FileChangedError
            The file is gone, or its stamp has changed.
        """
        now = Fingerprint.of(self.location)
        if now.stamp != self.stamp:
            raise changed_error(self.path, self.stamp, now.stamp)


def changed_error(path: str, then: Stamp, now: Stamp) -> FileChangedError:
    """Return the error for a file that is not the version that was described."""
    return FileChangedError(
        f"{path} has changed since it was opened",
        evidence=f"{then.size} bytes then, {now.size} now; {_version(then)} then, {_version(now)} now",
        remedy="open it again",
        path=path,
    )


def _version(stamp: Stamp) -> str:
    return f"version {stamp.tag}" if stamp.tag else f"mtime {stamp.mtime_ns}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Key:
    """Everything needed to open a source again, also in another process.

    Parameters
    ----------
    reader, location
        The name of the reader, and the file or folder that it opens.
    options
        The reader's options, as sorted pairs.
    members
        Fingerprints of all files that belong to the source; of a folder, its metadata documents.
    listing
        A digest of all files in a folder, as the reader listed them; empty for a file.
    """

    reader: str
    location: Location
    options: tuple[tuple[str, Any], ...] = ()
    members: tuple[Fingerprint, ...] = ()
    listing: str = ""

    def __hash__(self) -> int:
        # a set of files can have thousands of members, and every read looks up a key
        return hash((self.reader, self.location, self.options, self.members[:1]))

    @property
    def path(self) -> str:
        """The path or address of the source."""
        return str(self.location)

    def verify(self) -> None:
        """Check every member; raise FileChangedError if one has changed."""
        for member in self.members:
            member.verify()
