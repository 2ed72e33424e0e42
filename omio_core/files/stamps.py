"""Values that identify a file as it was described and allow it to be opened again; reads no file content."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Any

from omio_core.errors import FileChangedError


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """Size and modification time of a member file when it was described; its content is not read."""

    path: str
    size: int
    mtime_ns: int

    @classmethod
    def of(cls, path: str) -> Fingerprint:
        """Take the fingerprint of a file.

        Raises
        ------
        FileChangedError
            The file no longer exists.
        """
        try:
            status = os.stat(path)
        except OSError as error:
            raise FileChangedError(f"{path} can no longer be found", evidence=str(error), path=path) from error
        return cls(path, status.st_size, status.st_mtime_ns)

    def verify(self) -> None:
        """Check that the file still matches this fingerprint.

        Raises
        ------
        FileChangedError
            The file is gone, or its size or modification time has changed.
        """
        now = Fingerprint.of(self.path)
        if now != self:
            raise FileChangedError(
                f"{self.path} has changed since it was opened",
                evidence=f"{self.size} bytes then, {now.size} now; mtime {self.mtime_ns} then, {now.mtime_ns} now",
                remedy="open it again",
                path=self.path,
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class Key:
    """Everything needed to open a file again, also in another process.

    Parameters
    ----------
    reader, path
        The name of the reader, and the absolute path that it opens.
    options
        The reader's options, as sorted pairs.
    members
        Fingerprints of all files that belong to the source.
    """

    reader: str
    path: str
    options: tuple[tuple[str, Any], ...] = ()
    members: tuple[Fingerprint, ...] = ()

    def __hash__(self) -> int:
        # a set of files can have thousands of members, and every read looks up a key
        return hash((self.reader, self.path, self.options, self.members[:1]))

    def verify(self) -> None:
        """Check every member; raise FileChangedError if one has changed."""
        for member in self.members:
            member.verify()
