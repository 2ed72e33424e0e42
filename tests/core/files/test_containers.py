"""Containers: those of killed writers go, and what they had moved away comes back; those of living writers stay."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from omio_core.files import containers, renames
from omio_core.files.containers import clear, recover, remove_tree, reserve
from omio_core.files.folders import land_folder
from omio_core.files.parts import OLD as OLD_AGE
from omio_core.files.temporaries import tidy
from tests.core.files.texts import names
from tests.core.files.trees import NEW, OLD, build, made, tree

ROOT = Path(__file__).resolve().parents[3]


def _left(folder: Path, *, new: bool = True, replaced: bool = False, lock: bool = True) -> Path:
    """A container of "a" as a killed process leaves it."""
    path = folder / ".a.0123456789ab.omio-part"
    path.mkdir()
    if lock:
        (path / ".omio-lock").touch()
    if new:
        made(path / "a", NEW)
    if replaced:
        made(path / ".omio-replaced", OLD)
    return path


@pytest.mark.parametrize("lock", [True, False])
@pytest.mark.parametrize("new", [True, False])
def test_a_left_over_is_removed(tmp_path: Path, lock: bool, new: bool) -> None:
    pytest.importorskip("fcntl", reason="without locks, age decides")
    path = _left(tmp_path, new=new, lock=lock)
    assert tidy(tmp_path) == (path,)
    assert names(tmp_path) == []


@pytest.mark.parametrize("how", ["tidy", "recover", "the next write", "the next write elsewhere"])
@pytest.mark.parametrize("reserved", [True, False])
def test_an_old_folder_without_a_successor_is_put_back(tmp_path: Path, how: str, reserved: bool) -> None:
    pytest.importorskip("fcntl", reason="without locks, age decides")
    path = _left(tmp_path, replaced=True)
    if reserved:  # killed after the name was reserved by an empty folder
        (path / ".omio-reserved").touch()
        (tmp_path / "a").mkdir()
    if how == "tidy":
        tidy(tmp_path)
    elif how == "recover":
        assert recover(tmp_path / "a")
    elif how == "the next write":
        seen = []

        def write(temporary: str) -> None:
            seen.append(tree(tmp_path / "a"))
            build({"a.txt": "newest"})(temporary)

        land_folder(tmp_path / "a", write, replace=True)
        assert seen == [OLD]
        assert tree(tmp_path / "a") == {"a.txt": "newest"}
        assert names(tmp_path) == ["a"]
        return
    else:
        land_folder(tmp_path / "b", build(NEW))
        remove_tree(tmp_path / "b")
    assert tree(tmp_path / "a") == OLD
    assert names(tmp_path) == ["a"]


def test_a_name_that_is_taken_meanwhile_is_kept_and_the_old_folder_gets_another(tmp_path: Path) -> None:
    pytest.importorskip("fcntl", reason="without locks, age decides")
    _left(tmp_path, replaced=True)
    made(tmp_path / "a", {"theirs": "x"})
    tidy(tmp_path)
    assert tree(tmp_path / "a") == {"theirs": "x"}
    assert tree(tmp_path / "a-1") == OLD
    assert names(tmp_path) == ["a", "a-1"]


def test_an_old_folder_that_has_its_successor_goes(tmp_path: Path) -> None:
    """Even if the successor was removed since: it may be half removed itself."""
    pytest.importorskip("fcntl", reason="without locks, age decides")
    _left(tmp_path, new=False, replaced=True)
    assert recover(tmp_path / "a") is False
    tidy(tmp_path)
    assert names(tmp_path) == []


def test_an_empty_folder_that_nobody_reserved_stays(tmp_path: Path) -> None:
    pytest.importorskip("fcntl", reason="without locks, age decides")
    _left(tmp_path)
    (tmp_path / "a").mkdir()
    tidy(tmp_path)
    assert names(tmp_path) == ["a"]


def test_what_only_has_the_name_of_a_container_stays(tmp_path: Path) -> None:
    path = tmp_path / ".a.0123456789ab.omio-part"
    made(path, {"a.txt": "somebody's"})
    assert clear(path) is False
    assert tidy(tmp_path) == ()
    assert tree(path) == {"a.txt": "somebody's"}


_HOLD = """
import sys
from pathlib import Path
from omio_core.files.folders import land_folder
def write(temporary):
    Path(temporary, "a.txt").write_text("half")
    print("writing", flush=True)
    sys.stdin.readline()
    Path(temporary, "a.txt").write_text("whole")
land_folder(sys.argv[1], write)
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
    living, killed = _writer(tmp_path / "living"), _writer(tmp_path / "killed")
    with living, killed:
        killed.kill()
        killed.wait()
        assert len(names(tmp_path)) == 2
        land_folder(tmp_path / "a", build(NEW))
        held, landed = names(tmp_path)
        assert landed == "a"
        assert held.startswith(".living.")
        living.communicate("go on\n")
    assert living.returncode == 0
    assert names(tmp_path) == ["a", "living"]
    assert tree(tmp_path / "living") == {"a.txt": "whole"}


@pytest.mark.parametrize("how", ["no fcntl", "no locks"])
def test_without_locks_age_decides(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, how: str) -> None:
    if how == "no fcntl":
        monkeypatch.setitem(sys.modules, "fcntl", None)
    else:
        fcntl = pytest.importorskip("fcntl", reason="this system has no locks to refuse")

        def flock(*_: object) -> None:
            raise OSError(errno.ENOLCK, "No locks available")

        monkeypatch.setattr(fcntl, "flock", flock)
    path = _left(tmp_path)
    assert tidy(tmp_path) == ()
    for place in (*path.rglob("*"), path):
        os.utime(place, (time.time() - 2 * OLD_AGE,) * 2)
    land_folder(tmp_path / "b", build(NEW))
    assert names(tmp_path) == ["b"]


def test_windows_removes_what_no_process_has_open(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """There an open lock cannot be removed, which tells the living from the dead at once."""
    monkeypatch.setitem(sys.modules, "fcntl", None)
    monkeypatch.setattr(containers, "windows", lambda: True)
    path, real, living = _left(tmp_path, replaced=True), os.unlink, [True]

    def unlink(name: Path) -> None:
        if living:
            raise PermissionError(errno.EACCES, "open")
        real(name)

    monkeypatch.setattr(containers.os, "unlink", unlink)
    assert tidy(tmp_path) == ()
    assert tree(path / "a") == NEW
    living.clear()
    tidy(tmp_path)
    assert names(tmp_path) == ["a"]
    assert tree(tmp_path / "a") == OLD


def test_a_container_that_is_tidied_before_it_is_locked_is_made_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, turns = containers.locked_file, []

    def locked_file(path: Path, *, keep: bool) -> tuple[int | None, bool]:
        turns.append(path)
        if len(turns) == 1:
            tidy(tmp_path)
        return real(path, keep=keep)

    monkeypatch.setattr(containers, "locked_file", locked_file)
    container = reserve(tmp_path / "a")
    assert len(turns) == 2
    assert container.new.is_dir()
    container.close()
    assert names(tmp_path) == []


def test_another_file_system_is_not_entered(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder, real = made(tmp_path / "a", OLD), os.lstat

    def lstat(path: object) -> os.stat_result:
        status = real(path)  # type: ignore[call-overload]
        if os.path.basename(str(path)) != "below":
            return status
        return os.stat_result([*status[:2], status.st_dev + 1, *status[3:]])

    monkeypatch.setattr(containers.os, "lstat", lstat)
    with pytest.raises(OSError, match="another file system"):
        remove_tree(folder)
    monkeypatch.undo()
    assert (folder / "below" / "b.txt").exists()


def test_renames_are_looked_up_late() -> None:
    """The module is imported where there is neither call; what is not there is None."""
    assert renames._rename_call() is None or callable(renames._rename_call())
