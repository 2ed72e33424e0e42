"""Names and locks of temporary files and folders, which tell the left-overs of a killed run from work in progress."""

from __future__ import annotations

import os
import secrets
import time
from pathlib import Path

PART = ".omio-part"
"""The suffix of every temporary file or folder; its full name is ``.{name}.{12 hex digits}.omio-part``."""

OLD = 24 * 3600.0
"""Age in seconds above which a temporary counts as left over, on systems without locks."""

LONGEST = 60  # bytes of the target's name that the temporary name repeats: most file systems allow 255 bytes
TRIES = 32


def is_part(name: str) -> bool:
    """Whether a name is one that `part_of` makes."""
    if not (name.startswith(".") and name.endswith(PART)):
        return False
    digits = name[: -len(PART)].rpartition(".")[2]
    return len(digits) == 12 and all(digit in "0123456789abcdef" for digit in digits)


def part_of(goal: Path, longest: int = LONGEST) -> Path:
    """Return a new hidden name beside a target, which repeats at most `longest` bytes of its name."""
    stem = goal.name
    while len(os.fsencode(stem)) > longest:
        stem = stem[:-1]
    return goal.with_name(f".{stem}.{secrets.token_hex(6)}{PART}")


def lock(handle: int, *, wait: bool) -> bool | None:
    """Lock an open file: shared if `wait`, else exclusive without waiting; returns None where there are no locks."""
    try:
        import fcntl
    except ImportError:  # Windows
        return None
    try:
        fcntl.flock(handle, fcntl.LOCK_SH if wait else fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:  # a share without locks
        return None
    return True


def locked_file(path: Path, *, keep: bool = False) -> tuple[int | None, bool]:
    """Create a file with the permissions of any new one, and lock it where there are locks.

    Parameters
    ----------
    path
        The file to create.
    keep
        Whether it stays open where there are no locks: Windows then does not remove it.

    Returns
    -------
    int or None
        The open file, which holds the lock until the caller closes it; None where it was closed.
    bool
        Whether the file still exists: another process may have removed it between its creation and the lock.

    Raises
    ------
    FileExistsError
        The name is taken.
    """
    handle = os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o666)
    if lock(handle, wait=True) is None and not keep:
        os.close(handle)  # without locks an open file is useless, and on Windows it blocks the rename
        return None, True
    if os.fstat(handle).st_nlink:
        return handle, True
    os.close(handle)
    return None, False


def is_abandoned(handle: int) -> bool:
    """Whether no process holds the lock of an open file; where there are no locks, whether it is older than `OLD`."""
    free = lock(handle, wait=False)
    if free is None:
        return time.time() - os.fstat(handle).st_mtime > OLD
    return free
