"""Landing folders: whole or not at all; every test also looks at what lies beside them afterwards."""

from __future__ import annotations

import errno
import os
import stat
import subprocess
import sys
import threading
import warnings
from pathlib import Path

import pytest

from omio_core.errors import CorruptFileError, WriteError
from omio_core.files import containers, folders, renames
from omio_core.files.folders import land_folder
from omio_core.files.parts import PART
from tests.core.files.texts import names
from tests.core.files.trees import NEW, OLD, build, made, tree

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture(params=["special calls", "plain calls"])
def calls(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """With what Linux and macOS offer for renames, and without."""
    if request.param == "plain calls":
        monkeypatch.setattr(renames, "_rename_call", lambda: None)
    return str(request.param)


def test_whole_folder_lands_and_the_result_comes_back(tmp_path: Path, calls: str) -> None:
    target = tmp_path / "a.pictures"

    def write(temporary: str) -> str:
        path = Path(temporary)
        assert path.name == "a.pictures"
        assert path.parent.parent == tmp_path
        assert path.parent.name.startswith(".a.pictures.")
        assert path.parent.name.endswith(PART)
        assert list(path.iterdir()) == []
        assert not target.exists()
        build(NEW)(temporary)
        return "given"

    checked = []
    assert land_folder(target, write, check=lambda p: checked.append(tree(Path(p)))) == "given"
    assert checked == [NEW]
    assert names(tmp_path) == ["a.pictures"]
    assert tree(target) == NEW


def test_new_folder_has_the_usual_permissions(tmp_path: Path) -> None:
    (tmp_path / "usual").mkdir()
    land_folder(tmp_path / "a", build(NEW))
    assert (tmp_path / "a").stat().st_mode == (tmp_path / "usual").stat().st_mode


@pytest.mark.parametrize("error", [ValueError("no"), KeyboardInterrupt(), CorruptFileError("no"), SystemExit(3)])
@pytest.mark.parametrize("where", ["write", "check"])
@pytest.mark.parametrize("replace", [False, True])
def test_failure_leaves_nothing_and_passes(tmp_path: Path, error: BaseException, where: str, replace: bool) -> None:
    def fail(temporary: str) -> None:
        Path(temporary, "half").write_text("half")
        raise error

    if replace:
        made(tmp_path / "a", OLD)
    write, check = (fail, None) if where == "write" else (build(NEW), fail)
    with pytest.raises(type(error)):
        land_folder(tmp_path / "a", write, check=check, replace=replace)
    assert names(tmp_path) == (["a"] if replace else [])
    if replace:
        assert tree(tmp_path / "a") == OLD


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT, errno.EIO])
def test_a_full_disk_leaves_nothing_and_says_what_to_do(tmp_path: Path, number: int) -> None:
    def fail(temporary: str) -> None:
        build(NEW)(temporary)
        raise OSError(number, os.strerror(number))

    with pytest.raises(WriteError) as caught:
        land_folder(tmp_path / "a", fail)
    assert caught.value.remedy
    assert caught.value.path == str(tmp_path / "a")
    assert names(tmp_path) == []


def test_everything_is_flushed_before_it_has_its_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    flushed, early, real = set(), [], os.fsync

    def fsync(handle: int) -> None:
        real(handle)
        flushed.add(os.fstat(handle).st_ino)
        if not (tmp_path / "a").exists():
            early.append(os.fstat(handle).st_ino)

    monkeypatch.setattr(os, "fsync", fsync)
    land_folder(tmp_path / "a", build(NEW))
    inside = {(tmp_path / "a").stat().st_ino, *(path.stat().st_ino for path in (tmp_path / "a").rglob("*"))}
    assert inside <= set(early)
    if os.name != "nt":
        assert tmp_path.stat().st_ino in flushed - set(early)


def test_bytes_that_did_not_reach_the_disk_are_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fsync(handle: int) -> None:
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    monkeypatch.setattr(os, "fsync", fsync)
    with pytest.raises(WriteError, match=os.strerror(errno.EIO)):
        land_folder(tmp_path / "a", build(NEW))
    assert names(tmp_path) == []


@pytest.mark.parametrize("taken", ["folder", "empty folder", "file"])
def test_existing_target_is_refused_before_anything_is_written(tmp_path: Path, taken: str) -> None:
    target = tmp_path / "a"
    if taken == "file":
        target.write_text("old")
    else:
        made(target, OLD if taken == "folder" else {})
    called: list[str] = []
    with pytest.raises(WriteError, match="exists already") as caught:
        land_folder(target, called.append)
    assert isinstance(caught.value.__cause__, FileExistsError)
    assert called == []
    assert names(tmp_path) == ["a"]


@pytest.mark.parametrize("what", ["folder", "empty folder", "file"])
def test_target_that_appears_while_writing_stands(tmp_path: Path, calls: str, what: str) -> None:
    target = tmp_path / "a"

    def write(temporary: str) -> None:
        build(NEW)(temporary)
        if what == "file":
            target.write_text("theirs")
        else:
            made(target, {"theirs": "theirs"} if what == "folder" else {})

    with pytest.raises(WriteError, match="exists already"):
        land_folder(target, write)
    assert names(tmp_path) == ["a"]
    assert target.is_file() if what == "file" else "a.txt" not in names(target)


def test_old_folder_is_replaced_whole(tmp_path: Path, calls: str) -> None:
    target = made(tmp_path / "a", OLD)
    target.chmod(0o750)
    land_folder(target, build(NEW), replace=True)
    assert tree(target) == NEW
    assert names(tmp_path) == ["a"]
    if os.name != "nt":
        assert stat.S_IMODE(target.stat().st_mode) == 0o750
    land_folder(tmp_path / "fresh", build(NEW), replace=True)
    assert names(tmp_path) == ["a", "fresh"]


def test_old_folder_is_whole_until_the_new_one_is(tmp_path: Path, calls: str) -> None:
    target, seen = made(tmp_path / "a", OLD), []

    def write(temporary: str) -> None:
        build(NEW)(temporary)
        seen.append(tree(target))

    land_folder(target, write, check=lambda _: seen.append(tree(target)), replace=True)
    assert seen == [OLD, OLD]


def test_write_protected_files_and_links_of_the_old_folder_go_and_what_they_lead_to_stays(tmp_path: Path) -> None:
    outside = made(tmp_path / "outside", OLD)
    target = made(tmp_path / "a", OLD)
    (target / "link").symlink_to(outside)
    (target / "file-link").symlink_to(outside / "a.txt")
    (target / "below" / "b.txt").chmod(0o400)
    (target / "below").chmod(0o500)
    land_folder(target, build(NEW), replace=True)
    assert names(tmp_path) == ["a", "outside"]
    assert tree(target) == NEW
    assert tree(outside) == OLD


def test_a_file_is_never_replaced_by_a_folder(tmp_path: Path, calls: str) -> None:
    target = tmp_path / "a"
    target.write_text("mine")
    with pytest.raises(WriteError, match="cannot be replaced by a folder") as caught:
        land_folder(target, build(NEW), replace=True)
    assert caught.value.remedy
    other = tmp_path / "b"
    with pytest.raises(WriteError, match="cannot be replaced by a folder"):
        land_folder(other, build(NEW), check=lambda _: other.write_text("theirs"), replace=True)
    assert tree(tmp_path) == {"a": "mine", "b": "theirs"}


def test_a_file_that_takes_the_name_in_the_last_moment_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    target, real = made(tmp_path / "a", OLD), renames.exchange
    if not real(made(tmp_path / "x", {}), made(tmp_path / "y", {})):
        pytest.skip("this system cannot exchange two folders")
    os.rmdir(tmp_path / "x")
    os.rmdir(tmp_path / "y")
    calls = []

    def exchange(first: Path, second: Path) -> bool:
        if not calls:
            containers.remove_tree(target)
            target.write_text("theirs")
        calls.append(first)
        return real(first, second)

    monkeypatch.setattr(folders, "exchange", exchange)
    with pytest.raises(WriteError, match="it is a file"):
        land_folder(target, build(NEW), replace=True)
    assert target.read_text() == "theirs"
    assert names(tmp_path) == ["a"]


@pytest.mark.parametrize(
    ("what", "words"),
    [
        ("link to a file", "a symbolic link"),
        ("link to a folder", "a symbolic link"),
        ("dangling link", "a symbolic link"),
        ("hard link", "a hard link"),
        ("pipe", "a pipe"),
        ("link instead of the folder", "replaced the folder"),
    ],
)
def test_links_made_by_a_writer_are_refused_by_name(tmp_path: Path, what: str, words: str) -> None:
    outside = made(tmp_path / "outside", OLD)

    def write(temporary: str) -> None:
        build(NEW)(temporary)
        strange = Path(temporary, "below", "strange")
        if what == "hard link":
            os.link(outside / "a.txt", strange)
        elif what == "pipe":
            os.mkfifo(strange)
        elif what == "link instead of the folder":
            containers.remove_tree(Path(temporary))
            Path(temporary).symlink_to(outside)
        else:
            strange.symlink_to({"link to a file": outside / "a.txt", "link to a folder": outside}.get(what, "nowhere"))

    if (what == "pipe" and not hasattr(os, "mkfifo")) or (what == "hard link" and not hasattr(os, "link")):
        pytest.skip("this system has none")
    with pytest.raises(WriteError) as caught:
        land_folder(tmp_path / "a", write)
    assert words in str(caught.value)
    if what != "link instead of the folder":
        assert "below/strange" in str(caught.value)
    assert names(tmp_path) == ["outside"]
    assert tree(outside) == OLD


def test_a_folder_without_a_file_is_no_result(tmp_path: Path) -> None:
    with pytest.raises(WriteError, match="made no file"):
        land_folder(tmp_path / "a", lambda _: None)
    assert names(tmp_path) == []


def test_symbolic_link_stays_and_its_folder_is_written(tmp_path: Path, calls: str) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    made(elsewhere / "real", OLD)
    link = tmp_path / "link"
    link.symlink_to(elsewhere / "real")
    with pytest.raises(WriteError, match="exists already"):
        land_folder(link, build(NEW))
    land_folder(link, build(NEW), replace=True)
    assert link.is_symlink()
    assert tree(elsewhere / "real") == NEW
    assert (names(tmp_path), names(elsewhere)) == (["elsewhere", "link"], ["real"])


def test_the_root_of_a_file_system_is_not_replaced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    target = made(tmp_path / "a", OLD)
    monkeypatch.setattr(os.path, "ismount", lambda path: Path(path) == target)
    with pytest.raises(WriteError, match="cannot be replaced") as caught:
        land_folder(target, build(NEW), replace=True)
    assert "disk or share" in str(caught.value)
    assert tree(target) == OLD


@pytest.mark.parametrize("replace", [False, True])
def test_targets_that_cannot_be(tmp_path: Path, replace: bool) -> None:
    (tmp_path / "file").write_text("x")
    called: list[str] = []
    for target in (
        tmp_path / "file" / "a",  # the parent is a file
        tmp_path / "absent" / "a",
        tmp_path / ("n" * 256),
        f"{tmp_path}/nul\0byte",
    ):
        with pytest.raises(WriteError) as caught:
            land_folder(target, called.append, replace=replace)
        assert caught.value.remedy
    assert called == []
    assert names(tmp_path) == ["file"]


def test_longest_name_that_fits(tmp_path: Path) -> None:
    name = "é" * 123 + ".folder!"  # 254 bytes
    land_folder(tmp_path / name, build(NEW))
    land_folder(tmp_path / name, build(OLD), replace=True)
    assert names(tmp_path) == [name]


def test_folder_that_may_not_be_written(tmp_path: Path) -> None:
    if getattr(os, "geteuid", lambda: 0)() == 0:
        pytest.skip("permissions do not bind this user")
    folder = tmp_path / "closed"
    folder.mkdir(mode=0o555)
    with pytest.raises(WriteError, match="could not be written"):
        land_folder(folder / "a", build(NEW))
    assert names(folder) == []


def test_windows_waits_for_a_scanner_that_has_the_folder_open(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the special calls, as on Windows; the clock of the test goes by itself."""
    clock, refused, real = [0.0], [], os.rename

    def rename(source: Path, target: Path) -> None:
        if os.path.lexists(target):
            raise FileExistsError(errno.EEXIST, "exists")
        if clock[0] < 9:
            refused.append(clock[0])
            raise PermissionError(errno.EACCES, "a scanner has it open")
        real(source, target)

    monkeypatch.setattr(renames, "windows", lambda: True)
    monkeypatch.setattr(renames.time, "monotonic", lambda: clock[0])
    monkeypatch.setattr(renames.time, "sleep", lambda seconds: clock.__setitem__(0, clock[0] + seconds))
    monkeypatch.setattr(renames.os, "rename", rename)
    land_folder(tmp_path / "a", build(OLD))
    assert len(refused) > 10
    clock[0], refused[:] = 0.0, []
    land_folder(tmp_path / "a", build(NEW), replace=True)
    assert refused
    assert tree(tmp_path / "a") == NEW
    with pytest.raises(WriteError, match="exists already"):
        land_folder(tmp_path / "a", build(OLD))
    assert names(tmp_path) == ["a"]


def test_windows_gives_up_after_ten_seconds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    clock, target = [0.0], made(tmp_path / "a", OLD)

    def rename(source: Path, target: Path) -> None:
        raise PermissionError(errno.EACCES, "a scanner has it open")

    monkeypatch.setattr(renames, "windows", lambda: True)
    monkeypatch.setattr(renames.time, "monotonic", lambda: clock[0])
    monkeypatch.setattr(renames.time, "sleep", lambda seconds: clock.__setitem__(0, clock[0] + seconds))
    monkeypatch.setattr(renames.os, "rename", rename)
    with pytest.raises(WriteError, match="a scanner has it open"):
        land_folder(target, build(NEW), replace=True)
    assert 10 <= clock[0] < 11
    assert tree(target) == OLD
    assert names(tmp_path) == ["a"]


@pytest.mark.parametrize("error", [OSError(errno.EIO, "Input/output error"), KeyboardInterrupt()])
def test_the_old_folder_is_put_back_when_the_second_step_fails(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: BaseException
) -> None:
    monkeypatch.setattr(renames, "_rename_call", lambda: None)
    target, real = made(tmp_path / "a", OLD), folders.rename_new

    def rename_new(source: Path, goal: Path, reserved: Path) -> None:
        if source.name == "a":
            raise error
        real(source, goal, reserved)

    monkeypatch.setattr(folders, "rename_new", rename_new)
    with pytest.raises(WriteError if isinstance(error, OSError) else KeyboardInterrupt):
        land_folder(target, build(NEW), replace=True)
    assert tree(target) == OLD
    assert names(tmp_path) == ["a"]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there are no forks on Windows")
def test_a_child_that_is_forked_meanwhile_removes_nothing(tmp_path: Path) -> None:
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
        build(NEW)(temporary)

    try:
        land_folder(tmp_path / "a", write)
    except Left:
        os._exit(7)  # the child
    assert os.waitstatus_to_exitcode(ended[0]) == 7
    assert names(tmp_path) == ["a"]


@pytest.mark.parametrize("replace", [True, False])
def test_two_threads_and_one_name(tmp_path: Path, calls: str, replace: bool) -> None:
    contents = [{"a": "a" * 5000, "own-a": "a"}, {"a": "b" * 7000, "own-b": "b"}]
    for turn in range(20):
        target, start = tmp_path / f"{turn}", threading.Barrier(2)
        won: list[dict[str, str]] = []
        lost: list[BaseException] = []

        def run(content: dict[str, str], target=target, start=start, won=won, lost=lost) -> None:
            start.wait()
            try:
                land_folder(target, build(content), replace=replace)
                won.append(content)
            except WriteError as error:
                lost.append(error)

        threads = [threading.Thread(target=run, args=(content,)) for content in contents]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert (len(won), len(lost)) == ((2, 0) if replace else (1, 1))
        assert tree(target) in won
    assert len(names(tmp_path)) == 20


_RACE = """
import sys
from omio_core.errors import WriteError
from omio_core.files import renames
from omio_core.files.folders import land_folder
from tests.core.files.trees import build
folder, mine, replace, plain = sys.argv[1], sys.argv[2], sys.argv[3] == "True", sys.argv[4] == "plain calls"
if plain:
    renames._rename_call = lambda: None
print("ready", flush=True)
for line in sys.stdin:
    contents = {"a": mine * 5000, f"own-{mine}": mine, **{f"many/{i}": mine for i in range(20)}}
    try:
        land_folder(f"{folder}/{line.strip()}", build(contents), replace=replace)
        print("won", flush=True)
    except WriteError as error:
        print("exists" if "exists already" in str(error) else str(error), flush=True)
"""


@pytest.mark.parametrize("replace", [True, False])
def test_two_processes_and_one_name(tmp_path: Path, calls: str, replace: bool) -> None:
    def start(mine: str) -> subprocess.Popen[str]:
        child = subprocess.Popen(
            [sys.executable, "-c", _RACE, str(tmp_path), mine, str(replace), calls],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
        )  # fmt: skip
        assert child.stdout is not None
        assert child.stdout.readline() == "ready\n"
        return child

    with start("x") as first, start("y") as second:
        for turn in range(20):
            for child in (first, second):
                assert child.stdin is not None
                child.stdin.write(f"{turn}\n")
                child.stdin.flush()
            answers = sorted(child.stdout.readline().strip() for child in (first, second) if child.stdout)
            assert answers == (["won", "won"] if replace else ["exists", "won"])
            found = tree(tmp_path / str(turn))
            mine = found["a"][0]
            assert found == {"a": mine * 5000, f"own-{mine}": mine, **{f"many/{i}": mine for i in range(20)}}
        first.communicate()
        second.communicate()
    assert len(names(tmp_path)) == 20
