"""Landing: whole or not at all; every test also looks at what lies in the folder afterwards."""

from __future__ import annotations

import errno
import os
import stat
import sys
import threading
import time
import warnings
from pathlib import Path

import pytest

from omio_core.errors import CorruptFileError, WriteError
from omio_core.files import atomic
from omio_core.files.atomic import land
from omio_core.files.temporaries import PART
from tests.core.files.texts import fill, names


def test_whole_file_lands_and_the_result_comes_back(tmp_path: Path) -> None:
    seen = []

    def write(temporary: str) -> str:
        path = Path(temporary)
        seen.append((path.parent, path.name.startswith(".a.txt."), path.name.endswith(PART)))
        assert path.stat().st_size == 0
        assert not (tmp_path / "a.txt").exists()
        path.write_text("whole")
        return "given"

    checked = []
    assert land(tmp_path / "a.txt", write, check=lambda p: checked.append(Path(p).read_text())) == "given"
    assert seen == [(tmp_path, True, True)]
    assert checked == ["whole"]
    assert names(tmp_path) == ["a.txt"]
    assert (tmp_path / "a.txt").read_text() == "whole"


def test_new_file_has_the_usual_permissions(tmp_path: Path) -> None:
    (tmp_path / "usual").touch()
    land(tmp_path / "a.txt", fill("x"))
    assert (tmp_path / "a.txt").stat().st_mode == (tmp_path / "usual").stat().st_mode


@pytest.mark.parametrize("error", [ValueError("no"), KeyboardInterrupt(), CorruptFileError("no"), SystemExit(3)])
@pytest.mark.parametrize("where", ["write", "check"])
def test_failure_leaves_nothing_and_passes(tmp_path: Path, error: BaseException, where: str) -> None:
    def fail(temporary: str) -> None:
        raise error

    write, check = (fail, None) if where == "write" else (fill("x"), fail)
    with pytest.raises(type(error)):
        land(tmp_path / "a.txt", write, check=check)
    assert names(tmp_path) == []


def test_flushed_while_it_is_written_and_whole_before_it_has_its_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    flushed: list[tuple[int, bool]] = []  # bytes that were there, and whether the name was
    once = threading.Event()
    real = os.fsync

    def fsync(handle: int) -> None:
        real(handle)
        if stat.S_ISREG(os.fstat(handle).st_mode):
            flushed.append((os.fstat(handle).st_size, (tmp_path / "a.txt").exists()))
            once.set()

    def write(temporary: str) -> None:
        with open(temporary, "w") as file:
            file.write("half")
            file.flush()
            once.clear()
            assert once.wait(10)
            file.write(" and half")

    monkeypatch.setattr(atomic, "FLUSH_EVERY", 0.01)
    monkeypatch.setattr(atomic.os, "fsync", fsync)
    land(tmp_path / "a.txt", write)
    assert (4, False) in flushed
    assert flushed[-1] == (len("half and half"), False)


@pytest.mark.parametrize("error", [KeyboardInterrupt, RuntimeError])
def test_whatever_happens_while_the_flushing_begins_it_ends(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: type[BaseException]
) -> None:
    """An interrupt comes out and nothing waits for ever; where there are no more threads, the end flushes all."""
    begun: list[threading.Thread] = []

    class Interrupted(threading.Thread):
        def start(self) -> None:
            if error is KeyboardInterrupt:
                super().start()
                begun.append(self)
            raise error

    monkeypatch.setattr(atomic, "FLUSH_EVERY", 0.01)
    monkeypatch.setattr("omio_core.threads.threading.Thread", Interrupted)
    if error is KeyboardInterrupt:
        with pytest.raises(KeyboardInterrupt):
            land(tmp_path / "a.txt", fill("x"))
        assert names(tmp_path) == []
        assert not begun[0].is_alive()
    else:
        land(tmp_path / "a.txt", fill("x"))
        assert names(tmp_path) == ["a.txt"]


def test_a_writer_may_put_another_file_in_place_of_the_temporary(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(atomic, "FLUSH_EVERY", 0.001)

    def write(temporary: str) -> None:
        os.unlink(temporary)
        time.sleep(0.05)
        Path(temporary).write_text("another")

    land(tmp_path / "a.txt", write)
    assert (tmp_path / "a.txt").read_text() == "another"


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there are no forks on Windows")
def test_a_child_that_is_forked_meanwhile_removes_nothing(tmp_path: Path) -> None:
    """It leaves through the same lines, and what is under way is not its own."""
    ended: list[int] = []

    class Left(BaseException):
        pass

    def write(temporary: str) -> None:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)  # of 3.12 on: forks and threads
            child = os.fork()
        if not child:
            raise Left
        ended.append(os.waitpid(child, 0)[1])
        Path(temporary).write_text("whole")

    try:
        land(tmp_path / "a.txt", write)
    except Left:
        os._exit(7)  # the child
    assert os.waitstatus_to_exitcode(ended[0]) == 7
    assert names(tmp_path) == ["a.txt"]


@pytest.mark.parametrize("late", [False, True])
def test_bytes_that_did_not_reach_the_disk_are_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, late: bool
) -> None:
    """The system tells once of a write that failed, be it to a flush halfway."""
    told = threading.Event()

    def fsync(handle: int) -> None:
        if late != told.is_set():
            return told.set()
        told.set()
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    def write(temporary: str) -> None:
        assert told.wait(10)

    monkeypatch.setattr(atomic, "FLUSH_EVERY", 0.01)
    monkeypatch.setattr(atomic.os, "fsync", fsync)
    with pytest.raises(WriteError, match=os.strerror(errno.EIO)):
        land(tmp_path / "a.txt", write)
    assert names(tmp_path) == []


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EFBIG, errno.EIO, None])
@pytest.mark.parametrize("replace", [False, True])
def test_oserror_becomes_one_write_error(tmp_path: Path, number: int | None, replace: bool) -> None:
    target = tmp_path / "a.txt"
    if replace:
        target.write_text("old")

    def fail(temporary: str) -> None:
        Path(temporary).write_text("half")
        raise OSError(number, os.strerror(number)) if number else OSError("5 requested and 3 written")

    with pytest.raises(WriteError) as caught:
        land(target, fail, replace=replace)
    assert isinstance(caught.value, OSError)
    assert caught.value.path == str(target)
    assert caught.value.remedy
    assert isinstance(caught.value.__cause__, OSError)
    assert names(tmp_path) == (["a.txt"] if replace else [])
    if replace:
        assert target.read_text() == "old"


def test_existing_target_is_refused_before_anything_is_written(tmp_path: Path) -> None:
    target = tmp_path / "a.txt"
    target.write_text("old")
    called = []
    with pytest.raises(WriteError, match="exists already") as caught:
        land(target, called.append)
    assert isinstance(caught.value.__cause__, FileExistsError)
    assert caught.value.evidence
    assert caught.value.remedy
    assert called == []
    assert target.read_text() == "old"


def test_target_that_appears_while_writing_stands(tmp_path: Path) -> None:
    target = tmp_path / "a.txt"

    def write(temporary: str) -> None:
        Path(temporary).write_text("mine")
        target.write_text("theirs")

    with pytest.raises(WriteError, match="exists already"):
        land(target, write)
    assert target.read_text() == "theirs"
    assert names(tmp_path) == ["a.txt"]


def _no_link(monkeypatch: pytest.MonkeyPatch, how: str) -> None:
    if how == "absent":
        monkeypatch.delattr(os, "link", raising=False)
    else:

        def link(*_: object) -> None:
            raise OSError(errno.EPERM, "Operation not permitted")

        monkeypatch.setattr(os, "link", link, raising=False)


@pytest.mark.parametrize("how", ["absent", "refused"])
def test_without_links(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, how: str) -> None:
    _no_link(monkeypatch, how)
    target = tmp_path / "a.txt"
    land(target, fill("first"))
    assert target.read_text() == "first"

    other = tmp_path / "b.txt"

    def write(temporary: str) -> None:
        Path(temporary).write_text("mine")
        other.write_text("theirs")

    with pytest.raises(WriteError, match="exists already"):
        land(other, write)
    assert other.read_text() == "theirs"
    assert names(tmp_path) == ["a.txt", "b.txt"]


def test_reservation_is_taken_back_when_the_rename_fails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _no_link(monkeypatch, "absent")

    def replace(*_: object) -> None:
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr(os, "replace", replace)
    with pytest.raises(WriteError, match="could not be written"):
        land(tmp_path / "a.txt", fill("x"))
    assert names(tmp_path) == []


def test_windows_renames_without_a_reservation(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _no_link(monkeypatch, "absent")
    monkeypatch.setattr(sys, "platform", "win32")
    land(tmp_path / "a.txt", fill("x"))
    assert (tmp_path / "a.txt").read_text() == "x"
    assert names(tmp_path) == ["a.txt"]


def test_replace_keeps_permissions(tmp_path: Path) -> None:
    target = tmp_path / "a.txt"
    target.write_text("old")
    target.chmod(0o640)
    land(target, fill("new"), replace=True)
    assert target.read_text() == "new"
    assert stat.S_IMODE(target.stat().st_mode) == 0o640
    land(tmp_path / "new.txt", fill("x"), replace=True)
    assert names(tmp_path) == ["a.txt", "new.txt"]


def test_symbolic_link_stays_and_its_file_is_written(tmp_path: Path) -> None:
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    (folder / "real.txt").write_text("old")
    link = tmp_path / "link.txt"
    link.symlink_to(folder / "real.txt")
    with pytest.raises(WriteError, match="exists already"):
        land(link, fill("new"))
    land(link, fill("new"), replace=True)
    assert link.is_symlink()
    assert (folder / "real.txt").read_text() == "new"
    assert names(tmp_path) == ["elsewhere", "link.txt"]
    assert names(folder) == ["real.txt"]

    dangling = tmp_path / "dangling.txt"
    dangling.symlink_to(folder / "later.txt")
    land(dangling, fill("x"))
    assert dangling.is_symlink()
    assert (folder / "later.txt").read_text() == "x"


@pytest.mark.parametrize("replace", [False, True])
def test_targets_that_cannot_be(tmp_path: Path, replace: bool) -> None:
    (tmp_path / "file").write_text("x")
    (tmp_path / "folder").mkdir()
    called: list[str] = []
    for target in (
        tmp_path / "file" / "a.txt",  # the parent is a file
        tmp_path / "absent" / "a.txt",
        tmp_path / "folder",
        tmp_path / ("n" * 300),
        f"{tmp_path}/nul\0byte",
    ):
        with pytest.raises(WriteError) as caught:
            land(target, called.append, replace=replace)
        assert caught.value.remedy
    assert called == []
    assert names(tmp_path) == ["file", "folder"]
    assert names(tmp_path / "folder") == []


def test_pipe_is_not_replaced(tmp_path: Path) -> None:
    if not hasattr(os, "mkfifo"):
        pytest.skip("this system has no named pipes")
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(WriteError, match="cannot be written"):
        land(tmp_path / "pipe", fill("x"), replace=True)
    assert names(tmp_path) == ["pipe"]


def test_folder_that_may_not_be_written(tmp_path: Path) -> None:
    if getattr(os, "geteuid", lambda: 0)() == 0:
        pytest.skip("permissions do not bind this user")
    folder = tmp_path / "closed"
    folder.mkdir(mode=0o555)
    with pytest.raises(WriteError, match="could not be written"):
        land(folder / "a.txt", fill("x"))
    assert names(folder) == []


def test_longest_name_that_fits(tmp_path: Path) -> None:
    name = "é" * 120 + ".ome.tif"  # 248 bytes; with the temporary's own ending it would not fit
    land(tmp_path / name, fill("x"))
    assert names(tmp_path) == [name]


@pytest.mark.parametrize("links", [True, False])
@pytest.mark.parametrize("replace", [True, False])
def test_two_threads_and_one_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, links: bool, replace: bool) -> None:
    if not links:
        _no_link(monkeypatch, "absent")
    contents = ["a" * 5000, "b" * 7000]
    for turn in range(20):
        target = tmp_path / f"{turn}.txt"
        start = threading.Barrier(2)
        won: list[str] = []
        lost: list[BaseException] = []

        def run(content: str, target=target, start=start, won=won, lost=lost) -> None:
            start.wait()
            try:
                land(target, fill(content), replace=replace)
                won.append(content)
            except WriteError as error:
                lost.append(error)

        threads = [threading.Thread(target=run, args=(c,)) for c in contents]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert (len(won), len(lost)) == ((2, 0) if replace else (1, 1))
        assert target.read_text() in won
    assert len(names(tmp_path)) == 20
