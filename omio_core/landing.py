"""Landing: a file comes to stand under its name whole, or not at all; it knows no format.

What is written goes to a temporary name in the target's folder, is flushed to the disk, checked, and only then
renamed. A run that is killed leaves at most a temporary behind, which `tidy` recognises and removes. Nothing else is
ever deleted, and nothing is overwritten unasked.
"""

from __future__ import annotations

import contextlib
import errno
import os
import secrets
import stat
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeVar

from . import policies
from .errors import OmioError, WriteError
from .stream import meanwhile

T = TypeVar("T")

PART = ".omio-part"
"""The suffix of every temporary; its name is ``.{name}.{12 hex digits}.omio-part``."""

OLD = 24 * 3600.0
"""Seconds after which a temporary is taken for left over where no lock can tell."""

COMPOUND = (".ome.tiff", ".ome.tif", ".ome.btf", ".ome.zarr", ".ome.xml")
_LONGEST = 60  # characters of the name kept in a temporary's: most file systems take 255 bytes
_TRIES = 32


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
        Called with the same path once it is written, while its last bytes go to the disk; raises to refuse the file.
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
        tidy(goal.parent)
        temporary, lock = _reserve(goal)
    try:
        with _told(goal):
            with _flushing(temporary) as written:
                given = write(str(temporary))
                written()
                if check is not None:
                    check(str(temporary))
            _rename(temporary, goal, replace)
            _flush_folder(goal.parent)
    finally:
        if lock is not None:
            os.close(lock)
        with contextlib.suppress(OSError):
            temporary.unlink(missing_ok=True)
    return given


def under(target: str | os.PathLike[str], collision: str, put: Callable[[Path, bool], object]) -> Path | None:
    """Put a file under a name, or do what a policy says where that is taken.

    Parameters
    ----------
    target
        The name wanted.
    collision
        Policy for a name that is taken.
    put
        Called with the name to take, and whether what stands there may be replaced; lands the file.

    Returns
    -------
    pathlib.Path or None
        The name taken; None where the policy skips a name that is taken.

    Raises
    ------
    WriteError
        The name is taken and the policy keeps what stands there; or what `put` raises.
    """
    policies.find("collision", collision)  # a name that is none is told now, not when a name happens to be taken
    for candidate in numbered(target):
        action = "write"
        if os.path.lexists(candidate):
            action = policies.decide("collision", collision, path=str(candidate))
        if action == "skip":
            return None
        if action == "number":
            continue
        try:
            put(candidate, action == "overwrite")
        except WriteError as error:
            taken = isinstance(error.__cause__, FileExistsError) or os.path.lexists(candidate)
            if taken and action == "write" and policies.decide("collision", collision, path=str(candidate)) == "number":
                continue  # somebody else took the name while we wrote
            raise
        return candidate
    raise AssertionError("names never run out")


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
    lower = first.name.lower()
    suffix = next((s for s in COMPOUND if lower.endswith(s) and len(lower) > len(s)), first.suffix)
    stem = first.name[: len(first.name) - len(suffix)]
    ending = first.name[len(stem) :]
    number = 1
    while True:
        yield first.with_name(f"{stem}-{number}{ending}")
        number += 1


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


# --- the temporary


def _is_part(name: str) -> bool:
    if not (name.startswith(".") and name.endswith(PART)):
        return False
    digits = name[: -len(PART)].rpartition(".")[2]
    return len(digits) == 12 and all(d in "0123456789abcdef" for d in digits)


def _reserve(goal: Path) -> tuple[Path, int | None]:
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


# --- to the disk, and to the name


FLUSH_EVERY = 0.1  # seconds


@contextlib.contextmanager
def _flushing(path: Path) -> Iterator[Callable[[], None]]:
    """Flush a file while it is written, and whole before the block is left; gives what to call once it is written.

    The disk so works while pixels are encoded, instead of after the last of them. The system tells of a failed write
    once, be it to a flush halfway: whatever a flush raises is raised.
    """
    written, given_up = threading.Event(), threading.Event()

    def flush() -> None:
        handle = os.open(path, _WRITABLE)
        try:
            while not written.wait(FLUSH_EVERY):
                os.fsync(handle)
        finally:
            os.close(handle)
        if not given_up.is_set():
            _flush(path)  # by its name: what lies there now, whoever wrote it

    with meanwhile(flush):
        try:
            yield written.set
        except BaseException:
            given_up.set()
            raise
        finally:
            written.set()


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
    errno.EEXIST: 'choose another name, or the policy collision="overwrite", "number" or "skip"',
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
