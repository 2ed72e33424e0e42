"""What a file looked like when it was described, and all that is needed to open it again: values; nothing is read."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Any

from omio_core.errors import FileChangedError


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """What a member file looked like when it was described: size and time of last change, nothing read."""

    path: str
    size: int
    mtime_ns: int

    @classmethod
    def of(cls, path: str) -> Fingerprint:
        """Look at a file.

        Raises
        ------
        FileChangedError
            It is gone.
        """
        try:
            status = os.stat(path)
        except OSError as error:
            raise FileChangedError(f"{path} can no longer be found", evidence=str(error), path=path) from error
        return cls(path, status.st_size, status.st_mtime_ns)

    def verify(self) -> None:
        """Compare the file with this fingerprint.

        Raises
        ------
        FileChangedError
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
    """All that is needed to open a file again, in another process too.

    Parameters
    ----------
    reader, path
        Who opens what; the path is absolute.
    options
        The reader's options, as sorted pairs.
    members
        Fingerprints of all files that belong to it.
    """

    reader: str
    path: str
    options: tuple[tuple[str, Any], ...] = ()
    members: tuple[Fingerprint, ...] = ()

    def __hash__(self) -> int:
        # sets of files have thousands of members, and a key is looked up at every read
        return hash((self.reader, self.path, self.options, self.members[:1]))

    def verify(self) -> None:
        """Raise FileChangedError if any member is not what it was."""
        for member in self.members:
            member.verify()
