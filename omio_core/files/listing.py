"""The listing of a folder that is one picture: which files it has, held against each as it is read; knows no format."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from omio_core.errors import FileChangedError, ReadError

from .location import Location
from .positioned import PositionedFile, Stamp
from .stamps import Fingerprint, changed_error


@dataclass(frozen=True)
class Listing:
    """The files of a folder with their stamps, as they were when it was opened.

    A reader of a folder takes one when it opens, returns its `digest` as `Opened.stamp`, and opens every file through
    it: a file that is not the one listed is an error, and never a mixture of two versions in one picture.

    Parameters
    ----------
    location
        The folder.
    stamps
        From the name of each file, relative to the folder with "/", to its stamp; None where it cannot be listed.

    Examples
    --------
    >>> from .memory import MemoryLocation
    >>> listing = Listing.of(MemoryLocation("/a", {"/a/0/1": b"xyz"}))
    >>> listing.has("0/1"), listing.has("0/2"), len(listing.digest)
    (True, False, 32)
    """

    location: Location
    stamps: Mapping[str, Stamp] | None

    @classmethod
    def of(cls, location: Location) -> Listing:
        """List a folder.

        Raises
        ------
        ReadError
            It is no folder, or may not be listed.
        """
        walked = location.walk()
        return cls(location, None if walked is None else dict(walked))

    @cached_property
    def digest(self) -> str:
        """A digest of all names and stamps; empty where the folder cannot be listed."""
        if self.stamps is None:
            return ""
        digest = hashlib.blake2b(digest_size=16)
        for name in sorted(self.stamps):
            stamp = self.stamps[name]
            digest.update(f"{name}\0{stamp.size} {stamp.mtime_ns} {stamp.tag}\0".encode("utf-8", "surrogateescape"))
        return digest.hexdigest()

    def has(self, name: str) -> bool | None:
        """Whether the folder has a file of that name; None where it cannot be listed."""
        return None if self.stamps is None else name in self.stamps

    def open(self, name: str) -> PositionedFile:
        """Open a file of the folder, and hold it against the listing.

        Raises
        ------
        FileNotFoundError
            The listing has no such file; where the folder cannot be listed, the file does not exist.
        FileChangedError
            The file is not the one that was listed.
        """
        location = self.location.child(name)
        if self.stamps is None:
            return location.open()
        if name not in self.stamps:
            raise FileNotFoundError(f"there is no file {location}")
        try:
            file = location.open()
        except FileNotFoundError as error:
            raise FileChangedError(f"{location} can no longer be found", path=str(location)) from error
        now = file.stamp()
        if now != self.stamps[name]:
            file.close()
            raise changed_error(str(location), self.stamps[name], now)
        return file


def whole_fingerprint(location: Location) -> Fingerprint:
    """Take the fingerprint of a file, or of a folder with everything in it.

    The stamp of a folder holds the bytes of all its files, and the digest of its `Listing`.

    Raises
    ------
    FileChangedError
        It no longer exists, or cannot be listed.
    """
    try:
        if not location.is_folder:
            return Fingerprint.of(location)
        listing = Listing.of(location)
        size = sum(stamp.size for stamp in (listing.stamps or {}).values())
        return Fingerprint(location, Stamp(size, tag=listing.digest))
    except ReadError as error:
        if isinstance(error, FileChangedError):
            raise
        raise FileChangedError(f"{location} cannot be listed", evidence=str(error), path=str(location)) from error


def verify_whole(fingerprint: Fingerprint) -> None:
    """Check that a file or folder still matches its `whole_fingerprint`.

    Raises
    ------
    FileChangedError
        It is gone, or something in it has changed.
    """
    now = whole_fingerprint(fingerprint.location)
    if now.stamp != fingerprint.stamp:
        raise changed_error(fingerprint.path, fingerprint.stamp, now.stamp)
