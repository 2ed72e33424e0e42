"""Temporaries: the files that a write under way fills, and what killed runs left of them; it knows no format.

A temporary lies in its target's folder, under a name that nothing else has, and is locked while its writer lives.
Nothing but temporaries is ever deleted.
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
"""The suffix of every temporary; its name is ``.{name}.{12 hex digits}.omio-part``."""

TIDY_EVERY = 60.0
"""Seconds in which a process looks for left-overs once a folder."""

OLD = 24 * 3600.0
"""Seconds after which a temporary is taken for left over where no lock can tell."""

_LONGEST = 60  # characters of the name kept in a temporary's: most file systems take 255 bytes
_TRIES = 32


def tidy_now_and_then(folder: Path) -> None:
    """Tidy a folder, unless this process just did: looking through thousands of files takes longer than writing one."""
    _tidied(folder, int(time.monotonic() // TIDY_EVERY))


@functools.lru_cache(256)
def _tidied(folder: Path, _: int) -> None:
    tidy(folder)


def tidy(folder: str | os.PathLike[str]) -> tuple[Path, ...]:
    """Remove the temporaries that killed runs left in a folder; gives those removed.

    One that a living process holds stays: where there are locks (`fcntl`), its lock says so; elsewhere only those
    older than `OLD` go, and an open file cannot be removed on Windows anyway.
    """
    removed = []
    try:
        with os.scandir(folder) as entries:
            parts = [Path(e.path) for e in entries if _is_part(e.name) and e.is_file(follow_symlinks=False)]
    except OSError:
        return ()  # a folder that cannot be looked at is told by the write itself
    for part in parts:
        with contextlib.suppress(OSError):
            if _remove_left_over(part):
                removed.append(part)
    return tuple(removed)


def _is_part(name: str) -> bool:
    if not (name.startswith(".") and name.endswith(PART)):
        return False
    digits = name[: -len(PART)].rpartition(".")[2]
    return len(digits) == 12 and all(d in "0123456789abcdef" for d in digits)


def reserve(goal: Path) -> tuple[Path, int | None]:
    """Make the temporary, empty, with the permissions any new file gets; and lock it, where there are locks.

    The lock tells `tidy` in another process a temporary from a left-over. It is an open file, to be closed at the end.
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
            os.close(handle)  # without locks an open file is of no use, and on Windows in the way
            return temporary, None
        # `tidy` may have come between the making and the lock
        if os.fstat(handle).st_nlink:
            return temporary, handle
        os.close(handle)
    raise FileExistsError(errno.EEXIST, "no free temporary name", str(goal.parent))


def _lock(handle: int, *, wait: bool) -> bool | None:
    """Lock an open file: shared where it waits, else for itself alone; None where there are no locks."""
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


def _remove_left_over(part: Path) -> bool:
    handle = os.open(part, os.O_RDWR)
    try:
        free = _lock(handle, wait=False)
        if free is None:
            free = time.time() - os.fstat(handle).st_mtime > OLD
        if free and os.name != "nt":
            part.unlink()
    finally:
        os.close(handle)
    if free and os.name == "nt":  # there, only a file that nobody has open can be removed
        part.unlink()
    return free
