"""What code does to its surroundings: open files, changed files, started threads; knows no plugin, needs no pytest."""

from __future__ import annotations

import hashlib
import os
import random
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any
from unittest import mock


def open_handles() -> set[str] | None:
    """Return the open handles of this process, one name per handle; None if the system does not list them."""
    for folder in ("/proc/self/fd", "/dev/fd"):
        if os.path.isdir(folder):
            names = set()
            for number in os.listdir(folder):
                try:
                    target = os.readlink(f"{folder}/{number}")
                except OSError:
                    target = ""
                if target != f"/proc/{os.getpid()}/fd":
                    names.add(f"{number} {target}")
            return names
    return None


def file_state(path: Path) -> dict[str, Any]:
    """Return the names beside a file or folder, and the times and digests of the files that belong to it."""
    states: dict[str, Any] = {str(file): None for file in path.parent.iterdir()}
    for file in [path, *path.rglob("*")] if path.is_dir() else [path]:
        content = hashlib.blake2b(file.read_bytes()).hexdigest() if file.is_file() else ""
        states[str(file)] = (file.stat().st_mtime_ns, content)
    return states


@contextmanager
def record_threads(*, pool: bool = False) -> Iterator[list[str]]:
    """Collect the names of the threads that are started meanwhile.

    Parameters
    ----------
    pool
        Whether the core's own threads may be started, as by a writer that pulls pixels.
    """
    names: list[str] = []
    this_thread, start = threading.get_ident(), threading.Thread.start

    def start_and_record(thread: threading.Thread) -> None:
        if not _by_core() and (pool or threading.get_ident() == this_thread):
            names.append(thread.name)
        start(thread)

    with mock.patch.object(threading.Thread, "start", start_and_record):
        threads_before = set(threading.enumerate())
        yield names
        if not pool:
            names += [thread.name for thread in set(threading.enumerate()) - threads_before if thread.name not in names]


def _by_core() -> bool:
    """Whether the core's pool starts the thread that is being started."""
    frame: FrameType | None = sys._getframe(2)
    while frame is not None and str(frame.f_globals.get("__name__")).startswith(("threading", "concurrent.futures")):
        frame = frame.f_back
    return frame is not None and frame.f_globals.get("__name__") == "omio_core.threads"


@contextmanager
def inside(folder: Path) -> Iterator[None]:
    """Make a folder the current one meanwhile."""
    before = os.getcwd()
    os.chdir(folder)
    try:
        yield
    finally:
        os.chdir(before)


PAUSES = 400
"""How often a thread pauses after an assignment, in all."""


@contextmanager
def slow_to_assign(value: object, seconds: float = 2e-4) -> Iterator[None]:
    """Pause after each assignment to an attribute of an object, so that another thread overwrites it if it can."""
    kind, left = type(value), [PAUSES]

    def assign(self: Any, name: str, content: Any) -> None:
        kind.__setattr__(self, name, content)
        if left[0] > 0:
            left[0] -= 1
            time.sleep(seconds)

    slow = type(kind.__name__, (kind,), {"__slots__": (), "__setattr__": assign, "__module__": kind.__module__})
    try:
        object.__setattr__(value, "__class__", slow)
    except TypeError:  # a class of C, or one that forbids it
        yield
        return
    try:
        yield
    finally:
        object.__setattr__(value, "__class__", kind)


@contextmanager
def disturbed(seed: int, pauses: int = 400) -> Iterator[None]:
    """Pause this thread now and then between two lines, and after calls, so that others run in between.

    Parameters
    ----------
    seed
        Where it pauses.
    pauses
        How often at most.
    """
    choose, left = random.Random(seed), pauses

    def pause() -> None:
        nonlocal left
        if left and choose.random() < 0.125:
            left -= 1
            time.sleep(1e-5)

    def on_line(frame: FrameType, event: str, argument: object) -> Any:
        pause()
        return on_line if left else None

    def on_call(frame: FrameType, event: str, argument: object) -> None:
        if event == "c_return":
            pause()

    trace, profile = sys.gettrace(), sys.getprofile()
    sys.settrace(on_line)
    sys.setprofile(on_call)
    try:
        yield
    finally:
        sys.setprofile(profile)
        sys.settrace(trace)
