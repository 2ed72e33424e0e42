"""Temporary files of writes in progress, and the removal of those that killed runs left; knows no format.

A temporary file is in its target's folder, under a unique name, and is locked while its writer runs. This module
deletes nothing but temporary files.
"""

from __future__ import annotations

import contextlib
import errno
import functools
import os
import secrets
import time
from pathlib import Path

PART = ".omio-part"
"""The suffix of every temporary file; its full name is ``.{name}.{12 hex digits}.omio-part``."""

TIDY_EVERY = 60.0
"""A process looks for left-over files at most once per folder in this many seconds."""

OLD = 24 * 3600.0
"""Age in seconds above which a temporary file counts as left over, on systems without locks."""

_LONGEST = 60  # bytes of the target's name that the temporary name repeats: most file systems allow 255 bytes
_TRIES = 32


def tidy_now_and_then(folder: Path) -> None:
    """Tidy a folder unless this process did so recently: listing thousands of files takes longer than writing one."""
    _tidy_once_per_interval(folder, int(time.monotonic() // TIDY_EVERY))


@functools.lru_cache(256)
def _tidy_once_per_interval(folder: Path, _: int) -> None:
    tidy(folder)


def tidy(folder: str | os.PathLike[str]) -> tuple[Path, ...]:
    """Remove the temporary files that killed runs left in a folder; returns the removed paths.

    Files of a running process stay. Where there are locks (`fcntl`), the lock shows that the process runs; elsewhere
    only files older than `OLD` are removed, and Windows cannot remove an open file anyway.
    """
    removed = []
    try:
        with os.scandir(folder) as entries:
            temporaries = [
                Path(entry.path) for entry in entries if _is_part(entry.name) and entry.is_file(follow_symlinks=False)
            ]
    except OSError:
        return ()  # the write itself reports a folder that cannot be listed
    for temporary in temporaries:
        with contextlib.suppress(OSError):
            if _remove_left_over(temporary):
                removed.append(temporary)
    return tuple(removed)


def _is_part(name: str) -> bool:
    if not (name.startswith(".") and name.endswith(PART)):
        return False
    digits = name[: -len(PART)].rpartition(".")[2]
    return len(digits) == 12 and all(digit in "0123456789abcdef" for digit in digits)


def reserve(goal: Path) -> tuple[Path, int | None]:
    """Create the empty temporary file, with the permissions of any new file, and lock it where there are locks.

    The lock lets `tidy` in another process distinguish a file in use from a left-over one. The caller must close the
    returned file descriptor at the end.
    """
    stem = goal.name
    while len(os.fsencode(stem)) > _LONGEST:
        stem = stem[:-1]
    for _ in range(_TRIES):
        temporary = goal.with_name(f".{stem}.{secrets.token_hex(6)}{PART}")
        try:
            handle = os.open(temporary, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o666)
        except FileExistsError:
            continue
        if _lock(handle, wait=True) is None:
            os.close(handle)  # without locks an open file is useless, and on Windows it blocks the rename
            return temporary, None
        # `tidy` may have removed the file between its creation and the lock
        if os.fstat(handle).st_nlink:
            return temporary, handle
        os.close(handle)
    raise FileExistsError(errno.EEXIST, "no free temporary name", str(goal.parent))


def _lock(handle: int, *, wait: bool) -> bool | None:
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


def _remove_left_over(temporary: Path) -> bool:
    handle = os.open(temporary, os.O_RDWR)
    try:
        abandoned = _lock(handle, wait=False)
        if abandoned is None:
            abandoned = time.time() - os.fstat(handle).st_mtime > OLD
        if abandoned and os.name != "nt":
            temporary.unlink()
    finally:
        os.close(handle)
    if abandoned and os.name == "nt":  # Windows removes only files that nobody has open
        temporary.unlink()
    return abandoned
