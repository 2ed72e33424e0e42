"""Landing: a file comes to stand under its name whole, or not at all; it knows no format.

What is written goes to a temporary name in the target's folder, is flushed to the disk, checked, and only then
renamed. A run that is killed leaves at most a temporary behind, see `temporaries`. Nothing is overwritten unasked.
"""

from __future__ import annotations

import contextlib
import errno
import os
import re
import stat
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeVar

from omio_core.errors import OmioError, WriteError
from omio_core.threads import meanwhile
from omio_core.wording import OneOf, advise, either

from .temporaries import reserve, tidy_now_and_then

T = TypeVar("T")

_OF_OME = re.compile(r"\.ome\.\w+\Z", re.IGNORECASE)
"""A suffix of two parts, as formats that carry OME metadata have them: it stays whole."""


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
        The name wanted. Of a symbolic link, the file it points to is written.
    write
        Called with the path of an empty file, which it fills; what it gives is given back.
    check
        Called with the same path once all bytes are on the disk; raises to refuse the file.
    replace
        Whether a file of that name may be replaced; its permissions are kept.

    Raises
    ------
    WriteError
        The target exists and `replace` is not asked, or the system refuses (no space, no permission, no folder, a
        name too long, ...). What stood under the name still stands, and nothing is left beside it.

    Examples
    --------
    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp(), "a.txt")
    >>> land(path, lambda temporary: Path(temporary).write_text("whole"))
    5
    >>> path.read_text()
    'whole'
    """
    goal = _goal(target)
    with _told(goal):
        _refuse_unfit(goal, replace)
        tidy_now_and_then(goal.parent)
        temporary, lock = reserve(goal)
    owner = os.getpid()
    try:
        with _told(goal):
            with _flushing(temporary):
                given = write(str(temporary))
            _flush(temporary)
            if check is not None:
                check(str(temporary))
            _rename(temporary, goal, replace)
            _flush_folder(goal.parent)
    finally:
        if lock is not None:
            os.close(lock)
        if os.getpid() == owner:  # a child that was forked meanwhile and ends here owns nothing
            with contextlib.suppress(OSError):
                temporary.unlink(missing_ok=True)
    return given


def numbered(path: str | os.PathLike[str]) -> Iterator[Path]:
    """The name itself, then ``x-1.ome.tif``, ``x-2.ome.tif``, ...; suffixes such as ``.ome.tif`` stay whole.

    Examples
    --------
    >>> names = numbered("x.ome.tif")
    >>> [str(next(names)) for _ in range(3)]
    ['x.ome.tif', 'x-1.ome.tif', 'x-2.ome.tif']
    """
    first = Path(path)
    yield first
    found = _OF_OME.search(first.name)
    suffix = found[0] if found and found.start() else first.suffix
    stem = first.name[: len(first.name) - len(suffix)]
    ending = first.name[len(stem) :]
    number = 1
    while True:
        yield first.with_name(f"{stem}-{number}{ending}")
        number += 1


# --- to the disk, and to the name


FLUSH_EVERY = 0.1  # seconds


@contextlib.contextmanager
def _flushing(path: Path) -> Iterator[None]:
    """Flush a file now and then while it is written: so the disk works while pixels are encoded, not only afterwards.

    The system tells of a failed write once, be it to a flush halfway: what that raises is raised at the end.
    """
    ended = threading.Event()
    failed: list[OSError] = []

    def flush() -> None:
        try:
            while not ended.wait(FLUSH_EVERY):
                _flush(path)  # opened anew, for an open file would be in the way of a writer that replaces it
        except FileNotFoundError:
            return
        except OSError as error:
            failed.append(error)

    with meanwhile(flush, ended.set):
        yield
    if failed:
        raise failed[0]


_WRITABLE = os.O_RDWR | getattr(os, "O_BINARY", 0)


def _flush(path: Path) -> None:
    handle = os.open(path, _WRITABLE)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _flush_folder(folder: Path) -> None:
    """Make the new name last through a power cut, where folders can be flushed (not on Windows)."""
    if os.name == "nt":
        return
    with contextlib.suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
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
            link(temporary, goal)  # fails where the name is taken; the temporary's own name goes at the end
        except FileExistsError:
            raise
        except OSError:
            pass  # exFAT and many shares have no links, and each says so with another number
        else:
            return
    if sys.platform == "win32":
        os.rename(temporary, goal)  # there, it fails where the name is taken
        return
    # the name is taken with an empty file that is ours alone, then replaced by the whole one
    os.close(os.open(goal, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o666))
    try:
        os.replace(temporary, goal)
    except BaseException:
        goal.unlink(missing_ok=True)
        raise


# --- what is told


def _goal(target: str | os.PathLike[str]) -> Path:
    try:
        goal = Path(os.path.realpath(target))
        os.fsencode(goal)
    except (OSError, ValueError) as error:  # a NUL or a lone surrogate in the name, a link that cannot be read
        raise WriteError(
            f"{os.fspath(target)!r} is no name for a file", evidence=str(error), remedy="choose another name",
            path=os.fspath(target),
        ) from error  # fmt: skip
    return goal


def _refuse_unfit(goal: Path, replace: bool) -> None:
    """Tell before writing what can be told: a name taken, a folder, a name too long."""
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
def _told(goal: Path) -> Iterator[None]:
    """Turn what the system says into one WriteError; what OMIO says passes."""
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
