"""Temporary files: left-overs of killed writers go, those of living ones stay."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from omio_core.files.atomic import land
from omio_core.files.temporaries import OLD, tidy
from tests.core.files.texts import fill, names

ROOT = Path(__file__).resolve().parents[3]


def test_tidy_takes_only_left_overs(tmp_path: Path) -> None:
    left = tmp_path / ".a.ome.tif.0123456789ab.omio-part"
    left.write_text("half")
    os.utime(left, (time.time() - 2 * OLD,) * 2)  # where there are no locks, age decides
    kept = [".a.omio-part", "a.0123456789ab.omio-part", ".a.0123456789xy.omio-part", ".a.0123456789ab.part", "a.txt"]
    for name in kept:
        (tmp_path / name).write_text("x")
    (tmp_path / ".folder.0123456789ab.omio-part" / "one").mkdir(parents=True)
    (tmp_path / ".folder.0123456789ab.omio-part" / "two").mkdir()
    (tmp_path / ".link.0123456789ab.omio-part").symlink_to(tmp_path / "a.txt")
    assert tidy(tmp_path) == (left,)
    assert names(tmp_path) == sorted([*kept, ".folder.0123456789ab.omio-part", ".link.0123456789ab.omio-part"])
    assert tidy(tmp_path / "absent") == ()


@pytest.mark.parametrize("how", ["no fcntl", "no locks"])
def test_without_locks_age_decides(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, how: str) -> None:
    if how == "no fcntl":
        monkeypatch.setitem(sys.modules, "fcntl", None)
    else:
        fcntl = pytest.importorskip("fcntl", reason="this system has no locks to refuse")

        def flock(*_: object) -> None:
            raise OSError(errno.ENOLCK, "No locks available")

        monkeypatch.setattr(fcntl, "flock", flock)
    new, old = (tmp_path / f".{n}.0123456789ab.omio-part" for n in ("new", "old"))
    new.touch()
    old.touch()
    os.utime(old, (time.time() - 2 * OLD,) * 2)
    land(tmp_path / "a.txt", fill("x"))
    assert names(tmp_path) == [new.name, "a.txt"]


_HOLD = """
import sys
from pathlib import Path
from omio_core.files.atomic import land
def write(temporary):
    Path(temporary).write_text("half")
    print("writing", flush=True)
    sys.stdin.readline()
    Path(temporary).write_text("whole")
land(sys.argv[1], write)
"""


def _writer(target: Path) -> subprocess.Popen[str]:
    child = subprocess.Popen(
        [sys.executable, "-c", _HOLD, str(target)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    assert child.stdout is not None
    assert child.stdout.readline() == "writing\n"
    return child


def test_next_run_removes_what_a_killed_one_left_and_not_what_a_living_one_holds(tmp_path: Path) -> None:
    pytest.importorskip("fcntl", reason="only where there are locks can the living be told at once")
    living, killed = _writer(tmp_path / "living.txt"), _writer(tmp_path / "killed.txt")
    with living, killed:
        killed.kill()
        killed.wait()
        assert len(names(tmp_path)) == 2
        land(tmp_path / "a.txt", fill("x"))
        held, landed = names(tmp_path)
        assert landed == "a.txt"
        assert held.startswith(".living.txt.")
        living.communicate("go on\n")
    assert living.returncode == 0
    assert names(tmp_path) == ["a.txt", "living.txt"]
    assert (tmp_path / "living.txt").read_text() == "whole"
