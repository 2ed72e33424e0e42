"""One batch at a time in a folder of outputs: a hidden file says whose it is, and a beat that the batch is alive."""

from __future__ import annotations

import contextlib
import json
import os
import platform
import threading
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from omio_core.errors import BatchError
from omio_core.threads import meanwhile

NAME = ".omio-batch.lock"
BEAT = 5.0
"""Seconds between two beats."""
SILENT = 60.0
"""Seconds without a beat after which a batch counts as dead."""


_held: set[str] = set()
"""The tokens of the locks that this process holds."""


class Hold:
    """A lock that this batch holds.

    Parameters
    ----------
    path
        The file.
    token
        What tells it from every other one.
    note
        Whom it was taken over from, in words; "" where from nobody.
    """

    def __init__(self, path: Path, token: str, note: str):
        self.path, self.token, self.note = path, token, note
        self._over = threading.Event()

    def check(self) -> None:
        """Check that it is still ours.

        Raises
        ------
        BatchError
            Another batch took it over, or it was removed.
        """
        now = _read(self.path)
        if now.get("token") != self.token:
            raise BatchError(
                f"this batch does not hold {self.path.parent} any more",
                evidence=f"{_who(now)} took it over" if now else f"{self.path} was removed",
                remedy="run the batch again when the other one has ended; what is done stays", path=str(self.path),
            )  # fmt: skip

    def beat(self) -> None:
        """Give the file the present time every few seconds, until the end."""
        while not self._over.wait(BEAT):
            with contextlib.suppress(OSError):
                if _read(self.path).get("token") == self.token:
                    os.utime(self.path)

    def stop(self) -> None:
        """End the beat."""
        self._over.set()


@contextlib.contextmanager
def hold(folder: Path) -> Iterator[Hold]:
    """Hold a folder of outputs as long as the block runs.

    The lock of a batch that is dead or silent is taken over, which `Hold.note` says.

    Raises
    ------
    BatchError
        Another batch holds it, or the folder cannot be written.
    """
    path, token = folder / NAME, uuid.uuid4().hex
    own = folder / f"{NAME}.{token}"
    start = datetime.now(UTC).isoformat(timespec="seconds")
    record = {"host": platform.node(), "pid": os.getpid(), "start": start, "token": token}
    try:
        own.write_text(json.dumps(record), "utf-8")
    except OSError as error:
        raise BatchError(
            f"{folder} cannot be written", evidence=str(error), remedy="choose another folder with out= (--out)",
            path=str(folder),
        ) from error  # fmt: skip
    try:
        held = Hold(path, token, _take(path, own))
    except BaseException:
        with contextlib.suppress(OSError):
            own.unlink(missing_ok=True)
        raise
    _held.add(token)
    try:
        _tidy(path, own)
        own.unlink(missing_ok=True)
        with meanwhile(held.beat, held.stop):
            yield held
    finally:
        _held.discard(token)
        with contextlib.suppress(OSError):
            own.unlink(missing_ok=True)
        if _read(path).get("token") == token:
            with contextlib.suppress(OSError):
                path.unlink(missing_ok=True)


def _take(path: Path, own: Path) -> str:
    """Give our file the name of the lock, once; return whom it is taken over from.

    Raises
    ------
    BatchError
        Another batch holds it.
    """
    note = ""
    for _ in range(20):
        if _name(own, path):
            return note
        now = _read(path)
        why = _dead(path, now, own)
        if not why:
            raise BatchError(
                f"another batch works in {path.parent}", path=str(path),
                evidence=f"{_who(now)}; its last sign of life is {_age(path, own):.0f} s old",
                remedy=f"wait for its end; if it hangs, end it: after {SILENT:.0f} s without a sign this one goes on",
            )  # fmt: skip
        aside = path.with_name(f"{own.name}.old")
        with contextlib.suppress(OSError):
            os.rename(path, aside)
            if _read(aside) == now:
                note = f"the lock of a batch that has ended was taken over: {_who(now)}; {why}"
            else:  # another batch took it over in between
                _name(aside, path)
            aside.unlink(missing_ok=True)
    raise BatchError(f"{path} cannot be taken", remedy="see who else uses the folder", path=str(path))


def _tidy(path: Path, own: Path) -> None:
    """Remove what batches left that were killed while they took the lock."""
    for left in path.parent.glob(f"{NAME}.*"):
        if _dead(left, _read(left), own):
            with contextlib.suppress(OSError):
                left.unlink(missing_ok=True)


def _name(own: Path, path: Path) -> bool:
    """Give a file a second name that must be free; tell whether it was."""
    try:
        os.link(own, path)
    except FileExistsError:
        return False
    except OSError:  # a file system without links
        try:
            with open(path, "x", encoding="utf-8") as file:
                file.write(own.read_text("utf-8"))
        except FileExistsError:
            return False
    return True


def _read(path: Path) -> dict[str, Any]:
    """Return the record in a lock; empty where there is none, or no whole one."""
    try:
        record = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    return record if isinstance(record, dict) else {}


def _age(path: Path, own: Path) -> float:
    """Return the seconds since the last beat, by the clock of the file system that has both files."""
    try:
        own.touch()
        return own.stat().st_mtime - path.stat().st_mtime
    except OSError:
        return 0.0


def _dead(path: Path, record: dict[str, Any], own: Path) -> str:
    """Say why the batch of a lock counts as dead; "" where it may be alive."""
    pid = record.get("pid")
    if (
        record.get("host") == platform.node()
        and isinstance(pid, int)
        and (not _runs(pid) or (pid == os.getpid() and record.get("token") not in _held))
    ):
        return "its process does not run any more"
    age = _age(path, own)
    return f"it gave no sign of life for {age:.0f} s" if age > SILENT else ""


def _runs(pid: int) -> bool:
    """Tell whether a process of this machine may run; where the system has no way to ask, it may."""
    if os.name == "nt":  # os.kill would end it
        return True
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True


def _who(record: dict[str, Any]) -> str:
    if not record:
        return "its file is empty"
    return f"process {record.get('pid')} on {record.get('host')}, since {record.get('start')}"
