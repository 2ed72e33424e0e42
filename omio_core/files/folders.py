"""Atomic writes of folders: a folder appears under its name complete, or not at all; knows no format.

The folder is built in a hidden container beside its target (see `containers`), under its full final name. Its files
are flushed to disk, it is checked, and only then it is renamed. A folder that is replaced is exchanged in one step
where the system can do it. It is the counterpart of `atomic` for folders.
"""

from __future__ import annotations

import contextlib
import errno
import os
import stat
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import TypeVar

from omio_core.errors import WriteError
from omio_core.threads import ordered

from . import containers
from .atomic import flush_folder, report_as_write_error, resolve_target
from .containers import Container, is_real_folder
from .flush import flush
from .parts import TRIES
from .renames import exchange, move, rename_new, windows
from .temporaries import tidy_now_and_then

T = TypeVar("T")


def land_folder(
    target: str | os.PathLike[str],
    write: Callable[[str], T],
    *,
    check: Callable[[str], None] | None = None,
    replace: bool = False,
) -> T:
    """Write a folder under a temporary path, check it, and rename it to `target`.

    Parameters
    ----------
    target
        The path of the folder to write. For a symbolic link, the folder it points to is written.
    write
        Called with the path of an empty folder of the same name, which it fills with files and folders; `land_folder`
        returns its result.
    check
        Called with the same path once everything is on disk; raises an error to refuse the folder.
    replace
        Whether an existing folder of that name may be replaced, with everything in it.

    Raises
    ------
    WriteError
        The target exists and `replace` is False; it is a file or the root of a file system; `write` made links, or
        nothing; or the system refuses (no space, no permission, a name too long, ...). An existing folder of that name
        is unchanged, and no temporary folder is left beside it.

    Examples
    --------
    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp(), "a.pictures")
    >>> land_folder(path, lambda temporary: Path(temporary, "a.txt").write_text("whole"))
    5
    >>> (path / "a.txt").read_text()
    'whole'
    """
    goal = resolve_target(target)
    with report_as_write_error(goal):
        _refuse_unwritable(goal, replace)
        if not containers.recover(goal):
            tidy_now_and_then(goal.parent)
        elif not replace:
            _refuse_unwritable(goal, replace)
        container = containers.reserve(goal)
    process = os.getpid()
    try:
        with report_as_write_error(goal):
            result = write(str(container.new))
            _flush(container.new, goal)
            if check is not None:
                check(str(container.new))
            _place(container, goal, replace)
            flush_folder(goal.parent)
    finally:
        if os.getpid() == process:  # a child process forked meanwhile must not remove its parent's folder
            container.close()
    return result


def _refuse_unwritable(goal: Path, replace: bool) -> None:
    """Refuse before writing what is known to fail: the name is taken, is no folder, is too long, or is mounted."""
    try:
        mode = os.lstat(goal).st_mode
    except FileNotFoundError:
        return
    if not replace:
        raise FileExistsError(errno.EEXIST, "exists", str(goal))
    if not stat.S_ISDIR(mode):
        raise _no_folder_error(goal)
    if os.path.ismount(goal):
        raise WriteError(
            f"{goal} cannot be replaced",
            evidence="it is where a disk or share begins",
            remedy="choose a name in it",
            path=str(goal),
        )


def _no_folder_error(goal: Path) -> WriteError:
    return WriteError(
        f"{goal} cannot be replaced by a folder",
        evidence="it is a file",
        remedy="choose another name, or remove the file first",
        path=str(goal),
    )


# --- flushing


def _flush(folder: Path, goal: Path) -> None:
    """Flush all files and folders to disk; refuse what is neither.

    Raises
    ------
    WriteError
        There are links, pipes or devices in it, or nothing.
    """
    files, folders = [], [folder]
    if not is_real_folder(folder):
        raise _foreign_error(goal, "", "it replaced the folder that it was to fill")
    for path, status in _contents(folder):
        name = path.relative_to(folder).as_posix()
        if stat.S_ISDIR(status.st_mode):
            folders.append(path)
        elif stat.S_ISREG(status.st_mode) and status.st_nlink < 2:
            files.append(path)
        elif stat.S_ISREG(status.st_mode):
            raise _foreign_error(goal, name, "the file has another name elsewhere (a hard link)")
        else:
            what = "a symbolic link" if stat.S_ISLNK(status.st_mode) else "a pipe, a socket or a device"
            raise _foreign_error(goal, name, f"it is {what}")
    if not files:
        raise WriteError(f"{goal} could not be written", evidence="the writer made no file", path=str(goal))
    for _ in ordered(((0, partial(_flush_file, path)) for path in files), waiting=True):
        pass
    for _ in ordered(((0, partial(flush_folder, path)) for path in folders), waiting=True):
        pass


def _contents(folder: Path) -> Iterator[tuple[Path, os.stat_result]]:
    """Yield everything below a folder with its status; links are not followed."""
    with os.scandir(folder) as entries:
        for entry in entries:
            path = Path(entry.path)
            status = os.lstat(path) if windows() else entry.stat(follow_symlinks=False)
            yield path, status
            if stat.S_ISDIR(status.st_mode):
                yield from _contents(path)


def _flush_file(path: Path) -> None:
    mode = os.O_RDWR | getattr(os, "O_BINARY", 0) if windows() else os.O_RDONLY  # Windows flushes what may be written
    handle = os.open(path, mode)
    try:
        flush(handle)
    finally:
        os.close(handle)


def _foreign_error(goal: Path, name: str, evidence: str) -> WriteError:
    return WriteError(
        f"the writer made {name or goal.name}, which is no file of its own",
        evidence=evidence,
        remedy="this is a fault of the writer: it may make only regular files, and folders; report it to its author",
        path=str(goal),
        name=name,
    )


# --- renaming


def _place(container: Container, goal: Path, replace: bool) -> None:
    """Give the new folder its name; an old one is in the container afterwards.

    Raises
    ------
    FileExistsError
        The name is taken, and nothing may be replaced.
    """
    for _ in range(TRIES):  # other processes may take the name or free it at any time
        try:
            if not replace or not os.path.lexists(goal):
                return rename_new(container.new, goal, container.reserved)
            if not is_real_folder(goal):
                raise _no_folder_error(goal)
            _keep_permissions(container.new, goal)
            if _exchange(container, goal):
                return None
            return _replace(container, goal)
        except FileExistsError:
            if not replace:
                raise
        except FileNotFoundError:
            if not container.new.exists():
                raise
    raise FileExistsError(errno.EEXIST, "exists", str(goal))


def _keep_permissions(new: Path, goal: Path) -> None:
    with contextlib.suppress(OSError):
        mode = stat.S_IMODE(os.stat(goal).st_mode)
        if mode & stat.S_IRWXU == stat.S_IRWXU:  # a folder that is write-protected cannot be moved
            os.chmod(new, mode)


def _exchange(container: Container, goal: Path) -> bool:
    if not exchange(container.new, goal):
        return False
    if not is_real_folder(container.new):  # a file took the name after the last look
        exchange(container.new, goal)
        raise _no_folder_error(goal)
    return True


def _replace(container: Container, goal: Path) -> None:
    """Replace a folder in two steps; a process killed between them leaves it to others to put the old one back."""
    move(goal, container.replaced)
    try:
        rename_new(container.new, goal, container.reserved)
    except FileExistsError:  # another process took the name: what it made is newer than the folder that was moved
        move(container.replaced, container.discarded)
        containers.remove_tree(container.discarded)
        raise
    except OSError as error:
        try:
            rename_new(container.replaced, goal, container.reserved)
        except OSError:
            raise WriteError(
                f"{goal} could not be replaced, nor put back",
                evidence=f"{error}; it is now {container.replaced}",
                remedy="rename it back",
                path=str(goal),
            ) from error
        raise
