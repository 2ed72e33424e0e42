"""Containers of folders in progress: made, recognised, and removed after a killed run; knows no format.

A folder is built in a hidden container beside its target, under its full final name. The container holds a locked
file while its writer runs. Whoever finds a container without a living writer removes it. If the writer was killed
after it had moved the old folder into the container, and before the new one was in place, the old one is put back.
"""

from __future__ import annotations

import contextlib
import errno
import os
import stat
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from .names import numbered
from .parts import OLD, TRIES, is_part, lock, locked_file, part_of
from .renames import rename_new, windows

_LOCK, _REPLACED, _DISCARDED, _RESERVED = (f".omio-{word}" for word in ("lock", "replaced", "discarded", "reserved"))
_LONGEST = 20  # bytes of the target's name in that of the container: its whole name follows in the path


@dataclass(frozen=True, slots=True, kw_only=True)
class Container:
    """The container of one folder in progress.

    Parameters
    ----------
    path
        The container, in the target's folder.
    name
        The full name of the target.
    handle
        The open file that holds the lock.
    """

    path: Path
    name: str
    handle: int

    @property
    def new(self) -> Path:
        """The folder that is built."""
        return self.path / self.name

    @property
    def replaced(self) -> Path:
        """Where the old folder is moved, if the system cannot exchange two folders."""
        return self.path / _REPLACED

    @property
    def discarded(self) -> Path:
        """Where a folder is moved that is no longer needed."""
        return self.path / _DISCARDED

    @property
    def reserved(self) -> Path:
        """The file that exists while the target is reserved by an empty folder."""
        return self.path / _RESERVED

    def close(self) -> None:
        """Put an old folder back that has no successor, and remove the container; what cannot be removed stays."""
        try:
            with contextlib.suppress(OSError):
                _put_back(self.path, self.name)
                _empty(self.path, self.name)
        finally:
            os.close(self.handle)
        with contextlib.suppress(OSError):
            _remove_empty(self.path)


def reserve(goal: Path) -> Container:
    """Make the container of a target, lock it, and make the empty folder in it.

    Raises
    ------
    OSError
        The system refuses.
    """
    for _ in range(TRIES):
        path = part_of(goal, _LONGEST)
        try:
            os.mkdir(path)
            handle, exists = locked_file(path / _LOCK, keep=True)
        except (FileExistsError, FileNotFoundError):  # another process took the name, or tidied the folder
            if not goal.parent.is_dir():
                raise
            continue
        if not exists or handle is None:
            continue
        container = Container(path=path, name=goal.name, handle=handle)
        try:
            os.mkdir(container.new)
        except BaseException:
            container.close()
            raise
        return container
    raise FileExistsError(errno.EEXIST, "no free temporary name", str(goal.parent))


def clear(path: Path) -> bool:
    """Remove a container that a killed run left, and put back the folder that it had moved away.

    Returns
    -------
    bool
        Whether it was removed; False if its writer runs, or if it is no container.

    Raises
    ------
    OSError
        The system refuses; what is left is cleared the next time.
    """
    names = set(os.listdir(path))
    built = names - {_LOCK, _REPLACED, _DISCARDED, _RESERVED}
    if len(built) > 1 or (_LOCK not in names and not all(is_real_folder(path / name) for name in built)):
        return False
    name = next(iter(built), "")
    if _LOCK not in names:  # without a lock nobody writes: its writer was killed before it had one
        _put_back(path, name)
        _empty(path, name)
        os.rmdir(path)
        return True
    handle = os.open(path / _LOCK, os.O_RDWR)
    try:
        free = lock(handle, wait=False)
        if free is False or (free is None and not windows() and time.time() - _newest(path) <= OLD):
            return False
        if free is not None or not windows():
            _put_back(path, name)
            _empty(path, name)
    finally:
        os.close(handle)
    if free is None and windows():
        os.unlink(path / _LOCK)  # Windows refuses while its writer has it open
        return clear(path)
    _remove_empty(path)
    return True


def recover(target: Path) -> bool:
    """Put back a folder that a killed run had moved away; returns whether there is something under the name now.

    Only where the system cannot exchange two folders in one step can a kill leave a name without its folder: free, or
    reserved by an empty folder.
    """
    if os.path.lexists(target) and not (is_real_folder(target) and not os.listdir(target)):
        return True
    with contextlib.suppress(OSError):
        for name in os.listdir(target.parent):
            path = target.with_name(name)
            if is_part(name) and is_real_folder(path) and is_real_folder(path / target.name):
                clear(path)
    return os.path.lexists(target)


def is_real_folder(path: Path) -> bool:
    """Whether a path is a folder, and not a symbolic link to one."""
    try:
        return stat.S_ISDIR(os.lstat(path).st_mode)
    except OSError:
        return False


def _put_back(path: Path, name: str) -> None:
    """Give an old folder its name back if the new one is still in the container; free a name that was only reserved."""
    if not name or not is_real_folder(path / name):
        return
    target, marker = path.with_name(name), path / _RESERVED
    with contextlib.suppress(OSError):  # there is no marker; or the folder holds something, so that it is not ours
        made = os.stat(marker).st_mtime_ns
        if is_real_folder(target) and os.lstat(target).st_ctime_ns >= made:
            os.rmdir(target)
    if not is_real_folder(path / _REPLACED):
        return
    for candidate in numbered(target):  # the name may be taken meanwhile
        with contextlib.suppress(FileExistsError):
            rename_new(path / _REPLACED, candidate, marker)
            break


def _empty(path: Path, name: str) -> None:
    """Remove what is in a container except its lock."""
    for folder in (_DISCARDED, _REPLACED, *([name] if name else [])):
        if is_real_folder(path / folder):
            remove_tree(path / folder)
        else:  # a writer may put a link in place of its folder
            (path / folder).unlink(missing_ok=True)
    (path / _RESERVED).unlink(missing_ok=True)


def _remove_empty(path: Path) -> None:
    (path / _LOCK).unlink(missing_ok=True)
    os.rmdir(path)


def _newest(path: Path) -> float:
    """Return the latest time of modification in a folder, in seconds."""
    latest = os.lstat(path).st_mtime
    for folder, folders, files in os.walk(path):
        latest = max([latest, *(os.lstat(os.path.join(folder, name)).st_mtime for name in (*folders, *files))])
    return latest


def remove_tree(path: Path) -> None:
    """Remove a folder and everything in it; links are removed as links, and other file systems in it are not entered.

    Raises
    ------
    OSError
        Something cannot be removed; the rest may be gone.
    """
    _remove_tree(path, os.lstat(path).st_dev)


def _remove_tree(path: Path, device: int) -> None:
    try:
        entries = list(os.scandir(path))
    except PermissionError:
        os.chmod(path, stat.S_IRWXU)
        entries = list(os.scandir(path))
    for entry in entries:
        status = entry.stat(follow_symlinks=False)
        is_link = getattr(status, "st_file_attributes", 0) & getattr(stat, "FILE_ATTRIBUTE_REPARSE_POINT", 0)
        if not stat.S_ISDIR(status.st_mode) or is_link:  # a link to a folder too: a junction of Windows
            _insist(entry.path, os.unlink)
        elif os.lstat(entry.path).st_dev != device:
            raise OSError(errno.EXDEV, "another file system is mounted here", entry.path)
        else:
            _remove_tree(Path(entry.path), device)
    _insist(str(path), os.rmdir)


def _insist(path: str, remove: Callable[[str], None]) -> None:
    """Remove a file or an empty folder, also one that is write-protected or in a folder that is."""
    try:
        remove(path)
    except PermissionError:
        os.chmod(os.path.dirname(path), stat.S_IRWXU)
        if windows():
            os.chmod(path, stat.S_IWRITE)
        remove(path)
