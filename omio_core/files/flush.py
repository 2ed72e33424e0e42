"""Flushing an open file down to the disk, as the system does it; knows no format."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from functools import lru_cache


def flush(handle: int) -> None:
    """Flush what was written to an open file or folder, so that it survives a power cut.

    On macOS `os.fsync` leaves data in the memory of the drive, so F_FULLFSYNC is asked for first (man pages fsync(2)
    and fcntl(2) of macOS); file systems without it, such as network shares, are flushed by `os.fsync`.

    Raises
    ------
    OSError
        The disk refuses.
    """
    if full := _full_flush():
        try:
            full(handle)
        except OSError:
            pass  # not every file system has it; if the disk itself refuses, fsync says so
        else:
            return
    os.fsync(handle)


@lru_cache(maxsize=1)
def _full_flush() -> Callable[[int], object] | None:
    """Return the call that flushes the drive, too; None on systems whose `os.fsync` does that."""
    if sys.platform == "darwin":
        import fcntl

        return lambda handle: fcntl.fcntl(handle, fcntl.F_FULLFSYNC)
    return None
