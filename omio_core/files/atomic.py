"""Atomic writes: a file appears under its name complete, or not at all; knows no format.

The caller writes to a temporary file in the target's folder. The file is flushed to disk, checked, and only then
renamed. A killed run leaves at most a temporary file behind (see `temporaries`). An existing file is overwritten only
on request.
"""

from __future__ import annotations

import contextlib
import errno
import os
import stat
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeVar

from omio_core.errors import OmioError, WriteError
from omio_core.threads import meanwhile
from omio_core.wording import OneOf, advise, either

from .flush import flush
from .names import numbered
from .temporaries import reserve, tidy_now_and_then

__all__ = ["land", "numbered"]

T = TypeVar("T")


def land(
    target: str | os.PathLike[str],
    write: Callable[[str], T],
    *,
    check: Callable[[str], None] | None = None,
    replace: bool = False,
) -> T:
    """Write a file under a temporary name, check it, and rename it to `target`.

    Parameters
    ----------
    target
        The path of the file to write. For a symbolic link, the file it points to is written.
    write
        Called with the path of an empty file, which it fills; `land` returns its result.
    check
        Called with the same path once all bytes are on disk; raises an error to refuse the file.
    replace
        Whether an existing file of that name may be replaced; the new file gets its permissions.

    Raises
    ------
    WriteError
        The target exists and `replace` is False, or the system refuses (no space, no permission, no folder, a name
        too long, ...). An existing file of that name is unchanged, and no temporary file is left beside it.

    Examples
    --------
    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp(), "a.txt")
    >>> land(path, lambda temporary: Path(temporary).write_text("whole"))
    5
    >>> path.read_text()
    'whole'
    """
    goal = resolve_target(target)
    with report_as_write_error(goal):
        _refuse_unwritable(goal, replace)
        tidy_now_and_then(goal.parent)
        temporary, lock = reserve(goal)
    process = os.getpid()
    try:
        with report_as_write_error(goal):
            with _flush_periodically(temporary):
                result = write(str(temporary))
            _flush(temporary)
            if check is not None:
                check(str(temporary))
            _rename(temporary, goal, replace)
            flush_folder(goal.parent)
    finally:
        if lock is not None:
            os.close(lock)
        if os.getpid() == process:  # a child process forked meanwhile must not remove its parent's file
            with contextlib.suppress(OSError):
                temporary.unlink(missing_ok=True)
    return result


# --- flushing and renaming


FLUSH_EVERY = 0.1  # seconds


@contextlib.contextmanager
def _flush_periodically(path: Path) -> Iterator[None]:
    """Flush a file at intervals while it is written, so that the disk already works while pixels are encoded.

    The system reports a failed write only once, possibly to one of these flushes; its error is raised at the end.
    """
    finished = threading.Event()
    errors: list[OSError] = []

    def flush_often() -> None:
        try:
            while not finished.wait(FLUSH_EVERY):
                _flush(path)  # opened anew each time: an open file would block a writer that replaces it
        except FileNotFoundError:
            return
        except OSError as error:
            errors.append(error)

    with meanwhile(flush_often, finished.set):
        yield
    if errors:
        raise errors[0]


_WRITABLE = os.O_RDWR | getattr(os, "O_BINARY", 0)


def _flush(path: Path) -> None:
    handle = os.open(path, _WRITABLE)
    try:
        flush(handle)
    finally:
        os.close(handle)


def flush_folder(folder: Path) -> None:
    """Flush a folder so that the new name survives a power cut; does nothing on Windows, which cannot flush folders."""
    if os.name == "nt":
        return
    with contextlib.suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            flush(handle)
        finally:
            os.close(handle)


def _rename(temporary: Path, goal: Path, replace: bool) -> None:
    if replace:
        with contextlib.suppress(OSError):
            os.chmod(temporary, stat.S_IMODE(os.stat(goal).st_mode))
        os.replace(temporary, goal)
        return
    link = getattr(os, "link", None)
    if link is not None:
        try:
            link(temporary, goal)  # fails if the name is taken; `land` removes the temporary name at the end
        except FileExistsError:
            raise
        except OSError:
            pass  # exFAT and many network shares have no links; their error numbers differ
        else:
            return
    if sys.platform == "win32":
        os.rename(temporary, goal)  # on Windows, this fails if the name is taken
        return
    # reserve the name with an empty file that we created, then replace it by the complete one
    os.close(os.open(goal, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o666))
    try:
        os.replace(temporary, goal)
    except BaseException:
        goal.unlink(missing_ok=True)
        raise


# --- errors


def resolve_target(target: str | os.PathLike[str]) -> Path:
    """Return the absolute path of a target, links followed; raise a WriteError if it is no name for a file."""
    try:
        goal = Path(os.path.realpath(target))
        os.fsencode(goal)
    except (OSError, ValueError) as error:  # a NUL or a lone surrogate in the name, or an unreadable link
        raise WriteError(
            f"{os.fspath(target)!r} is no name for a file", evidence=str(error), remedy="choose another name",
            path=os.fspath(target),
        ) from error  # fmt: skip
    return goal


def _refuse_unwritable(goal: Path, replace: bool) -> None:
    """Refuse before writing what is known to fail: the name is taken, is a folder, or is too long."""
    try:
        mode = os.lstat(goal).st_mode
    except FileNotFoundError:
        return
    if not replace and not stat.S_ISDIR(mode):
        raise FileExistsError(errno.EEXIST, "exists", str(goal))
    if not stat.S_ISREG(mode):
        raise WriteError(
            f"{goal} cannot be written",
            evidence="it is a folder" if stat.S_ISDIR(mode) else "it is no regular file",
            remedy="name a file in it" if stat.S_ISDIR(mode) else "choose another name",
            path=str(goal),
        )


_REMEDIES = {
    errno.EEXIST: either(
        "choose another name",
        advise("the policy {collision}", collision=OneOf(("overwrite", "number", "skip"))),
    ),
    errno.ENOENT: "make the folder first",
    errno.ENOTDIR: "choose a folder that is one",
    errno.EACCES: "choose a folder that you may write to",
    errno.EPERM: "choose a folder that you may write to",
    errno.EROFS: "choose a folder that may be written to",
    errno.ENAMETOOLONG: "choose a shorter name",
    errno.ENOSPC: "free some space, or write elsewhere",
    errno.EFBIG: "raise the limit on the size of files, or write elsewhere",
}


@contextlib.contextmanager
def report_as_write_error(goal: Path) -> Iterator[None]:
    """Convert an OSError into one WriteError; OMIO's own errors pass unchanged."""
    try:
        yield
    except OmioError:
        raise
    except FileExistsError as error:
        raise WriteError(
            f"{goal} exists already",
            evidence="what stands under a name is kept unless you say otherwise",
            remedy=_REMEDIES[errno.EEXIST],
            path=str(goal),
        ) from error
    except OSError as error:
        # on a full disk, numpy and tifffile raise OSErrors without a number
        remedy = "see that there is space, and that the folder may be written to"
        raise WriteError(
            f"{goal} could not be written",
            evidence=str(error) or type(error).__name__,
            remedy=_REMEDIES.get(error.errno or 0, remedy),
            path=str(goal),
        ) from error
