"""Renaming folders: to a name that is free, or in exchange for the folder under it; knows no format.

What the system offers is looked up at the first use: `renameat2` of Linux and `renamex_np` of macOS rename without
replacing anything and exchange two folders in one step; Windows never replaces a folder.
"""

from __future__ import annotations

import ctypes
import errno
import os
import sys
import time
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path

PATIENCE = 10.0
"""Seconds for which Windows is asked again to rename a folder: virus scanners and search indexes open new files."""

# linux/fs.h: RENAME_NOREPLACE, RENAME_EXCHANGE; sys/stdio.h of macOS: RENAME_EXCL, RENAME_SWAP
_FLAGS = {"linux": (1, 2), "darwin": (4, 2)}
_AT_FDCWD = -100  # fcntl.h of Linux: paths are relative to the working directory
_UNSUPPORTED = {errno.ENOSYS, errno.EINVAL, errno.ENOTSUP, errno.EOPNOTSUPP}
"""What a kernel or a file system answers if it has no such rename."""


def rename_new(source: Path, target: Path, reserved: Path) -> None:
    """Rename a folder; nothing is replaced, not even an empty folder.

    Parameters
    ----------
    source, target
        The folder, and its new path on the same file system.
    reserved
        An unused name beside `source`. Where the system cannot rename without replacing, the target is reserved by an
        empty folder first, and a file of this name says so to whoever finds it after a crash.

    Raises
    ------
    FileExistsError
        Something exists under the new name.
    OSError
        The system refuses.
    """
    if windows():
        _patiently(lambda: os.rename(source, target))  # on Windows, this fails if the name is taken
    elif not _special(source, target, exchanging=False):
        reserved.touch()
        try:
            os.mkdir(target)
            _replace_empty(source, target)
        finally:
            reserved.unlink()


def _replace_empty(source: Path, target: Path) -> None:
    """Rename a folder to the name of an empty one, which was made to reserve the name."""
    try:
        os.rename(source, target)  # POSIX replaces an empty folder
    except OSError as error:
        try:
            os.rmdir(target)
        except OSError:  # it holds something: another program filled it
            raise FileExistsError(errno.EEXIST, "exists", str(target)) from error
        if not isinstance(error, FileExistsError) and error.errno != errno.ENOTEMPTY:
            raise
        os.rename(source, target)  # a share that replaces no folder at all


def exchange(first: Path, second: Path) -> bool:
    """Exchange two folders in one step; returns False, and changes nothing, where the system cannot do it.

    Raises
    ------
    OSError
        The system refuses, such as FileNotFoundError if one of them is gone.
    """
    return not windows() and _special(first, second, exchanging=True)


def move(source: Path, target: Path) -> None:
    """Rename a folder to a free name that no other process uses."""
    _patiently(lambda: os.rename(source, target))


def windows() -> bool:
    """Whether this is Windows."""
    return os.name == "nt"


def _patiently(rename: Callable[[], None]) -> None:
    """Rename; on Windows, try again for `PATIENCE` seconds while another program has a file of the folder open."""
    end = time.monotonic() + (PATIENCE if windows() else 0)
    pause = 0.01
    while True:
        try:
            return rename()
        except PermissionError:
            if time.monotonic() >= end:
                raise
        time.sleep(pause)
        pause = min(2 * pause, 0.5)


def _special(source: Path, target: Path, *, exchanging: bool) -> bool:
    """Rename with a flag; returns False if the system or the file system has no such rename."""
    call = _rename_call()
    if call is None:
        return False
    number = call(os.fsencode(source), os.fsencode(target), exchanging)
    if number in _UNSUPPORTED:
        return False
    if number:
        raise OSError(number, os.strerror(number), str(source), None, str(target))
    return True


@lru_cache(1)
def _rename_call() -> Callable[[bytes, bytes, bool], int] | None:
    """Return a function of two paths and of whether to exchange them, which returns 0 or an errno; None without one."""
    flags = _FLAGS.get(sys.platform)
    name = "renameat2" if sys.platform == "linux" else "renamex_np"
    if flags is None:
        return None
    try:
        function = getattr(ctypes.CDLL(None, use_errno=True), name)
    except (OSError, AttributeError):
        return None
    function.restype = ctypes.c_int
    path, number = ctypes.c_char_p, ctypes.c_uint
    function.argtypes = (
        (ctypes.c_int, path, ctypes.c_int, path, number) if name == "renameat2" else (path, path, number)
    )

    def call(source: bytes, target: bytes, exchanging: bool) -> int:
        flag = flags[exchanging]
        arguments = (_AT_FDCWD, source, _AT_FDCWD, target, flag) if name == "renameat2" else (source, target, flag)
        ctypes.set_errno(0)
        return 0 if function(*arguments) == 0 else ctypes.get_errno() or errno.EIO

    return call
