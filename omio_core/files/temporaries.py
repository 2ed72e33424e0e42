"""Temporary files of writes in progress, and the removal of those that killed runs left; knows no format.

A temporary file is in its target's folder, under a unique name, and is locked while its writer runs. This module
deletes nothing but temporary files, and the containers of folders in progress (see `containers`).
"""

from __future__ import annotations

import contextlib
import errno
import functools
import os
import time
from pathlib import Path

from . import containers
from .parts import OLD, PART, TRIES, is_abandoned, is_part, locked_file, part_of

__all__ = ["OLD", "PART", "reserve", "tidy", "tidy_now_and_then"]

TIDY_EVERY = 60.0
"""A process looks for left-over files at most once per folder in this many seconds."""


def tidy_now_and_then(folder: Path) -> None:
    """Tidy a folder unless this process did so recently: listing thousands of files takes longer than writing one."""
    _tidy_once_per_interval(folder, int(time.monotonic() // TIDY_EVERY))


@functools.lru_cache(256)
def _tidy_once_per_interval(folder: Path, _: int) -> None:
    tidy(folder)


def tidy(folder: str | os.PathLike[str]) -> tuple[Path, ...]:
    """Remove what killed runs left in a folder: temporary files and containers; returns the removed paths.

    A folder that a killed run had moved away to replace it is put back first. What a running process uses stays. Where
    there are locks (`fcntl`), the lock shows that the process runs; elsewhere only what is older than `OLD` is removed,
    and Windows cannot remove an open file anyway.
    """
    removed = []
    try:
        with os.scandir(folder) as entries:
            parts = [
                (Path(entry.path), entry.is_dir(follow_symlinks=False))
                for entry in entries
                if is_part(entry.name) and (entry.is_file(follow_symlinks=False) or entry.is_dir(follow_symlinks=False))
            ]
    except OSError:
        return ()  # the write itself reports a folder that cannot be listed
    for path, is_folder in parts:
        with contextlib.suppress(OSError):
            if containers.clear(path) if is_folder else _remove_left_over(path):
                removed.append(path)
    return tuple(removed)


def reserve(goal: Path) -> tuple[Path, int | None]:
    """Create the empty temporary file, with the permissions of any new file, and lock it where there are locks.

    The lock lets `tidy` in another process distinguish a file in use from a left-over one. The caller must close the
    returned file descriptor at the end.
    """
    for _ in range(TRIES):
        temporary = part_of(goal)
        with contextlib.suppress(FileExistsError):
            handle, exists = locked_file(temporary)
            if exists:
                return temporary, handle
    raise FileExistsError(errno.EEXIST, "no free temporary name", str(goal.parent))


def _remove_left_over(temporary: Path) -> bool:
    handle = os.open(temporary, os.O_RDWR)
    try:
        abandoned = is_abandoned(handle)
        if abandoned and os.name != "nt":
            temporary.unlink()
    finally:
        os.close(handle)
    if abandoned and os.name == "nt":  # Windows removes only files that nobody has open
        temporary.unlink()
    return abandoned
