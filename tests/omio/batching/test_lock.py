"""One batch at a time in a folder: a lock that lives, that is of the dead, and that fell silent."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

import omio
from omio.batching import lock
from omio_core.errors import BatchError

from .projects import RULES


def gone() -> int:
    """The number of a process that does not run."""
    child = subprocess.Popen([sys.executable, "-c", ""])
    child.wait()
    return child.pid


def left(folder: Path, **changes: object) -> Path:
    """A lock that another batch left."""
    import platform

    record = {"host": platform.node(), "pid": gone(), "start": "2026-01-01T00:00:00+00:00", "token": "x", **changes}
    path = folder / lock.NAME
    path.write_text(json.dumps(record))
    return path


def test_a_second_batch_is_refused_and_nothing_is_left(tmp_path: Path) -> None:
    """It says whose turn it is."""
    with lock.hold(tmp_path):
        with pytest.raises(BatchError, match="another batch works") as caught, lock.hold(tmp_path):
            pass
        assert f"process {os.getpid()}" in str(caught.value)
    assert list(tmp_path.iterdir()) == []


def test_the_lock_of_a_dead_batch_is_taken_over_and_that_is_said(root: Path) -> None:
    """In the report; what it left is removed."""
    out = root / "omio_converted"
    out.mkdir()
    left(out)
    (out / f"{lock.NAME}.y").write_text(left(out).read_text())
    report = omio.batch(root, RULES)
    assert len(report.written) == 5
    assert "taken over" in report.notes[0]
    assert "does not run any more" in report.notes[0]
    assert not [path for path in out.iterdir() if path.name.startswith(lock.NAME)]


@pytest.mark.parametrize(("age", "taken"), [(5.0, False), (3600.0, True)])
def test_a_batch_on_another_machine_is_alive_as_long_as_it_gives_signs(tmp_path: Path, age: float, taken: bool) -> None:
    """Its process cannot be asked for: the time of the file tells."""
    path = left(tmp_path, host="elsewhere", pid=os.getpid())
    now = path.stat().st_mtime
    os.utime(path, (now - age, now - age))
    if not taken:
        with pytest.raises(BatchError, match="another batch"), lock.hold(tmp_path):
            pass
        return
    with lock.hold(tmp_path) as held:
        assert "no sign of life" in held.note


def test_a_number_that_the_system_gave_again_is_no_sign_of_life(tmp_path: Path) -> None:
    """As in a container, where each batch has the same number: this process knows which locks it holds."""
    left(tmp_path, pid=os.getpid())
    with lock.hold(tmp_path) as held:
        assert "does not run any more" in held.note


def test_a_batch_whose_lock_was_taken_over_stops(tmp_path: Path) -> None:
    """Before it begins another job; the lock of the other one stays."""
    with lock.hold(tmp_path) as held:
        held.check()
        path = left(tmp_path, token="other")
        with pytest.raises(BatchError, match="does not hold"):
            held.check()
    assert path.exists()


def test_without_links_it_is_one_batch_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """On a file system that has none."""

    def refuse(*_: object) -> None:
        raise PermissionError("no links")

    monkeypatch.setattr(os, "link", refuse)
    with lock.hold(tmp_path), pytest.raises(BatchError, match="another batch"), lock.hold(tmp_path):
        pass
    assert list(tmp_path.iterdir()) == []


def test_the_beat_gives_the_file_the_present_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As long as the lock is ours."""
    monkeypatch.setattr(lock, "BEAT", 0.01)
    with lock.hold(tmp_path) as held:
        os.utime(held.path, (1, 1))
        for _ in range(2000):
            if held.path.stat().st_mtime > 1:
                break
            held._over.wait(0.01)
        assert held.path.stat().st_mtime > 1
