"""Renames of folders: nothing is replaced that was not to be, with the calls of the system and without."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from omio_core.files import renames
from omio_core.files.renames import exchange, rename_new
from tests.core.files.texts import names
from tests.core.files.trees import NEW, OLD, made, tree


@pytest.fixture(params=["special calls", "calls that are refused", "no calls"])
def calls(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    if request.param == "no calls":
        monkeypatch.setattr(renames, "_rename_call", lambda: None)
    elif request.param == "calls that are refused":
        monkeypatch.setattr(renames, "_rename_call", lambda: lambda *_: errno.EINVAL)
    return str(request.param)


def test_a_free_name_is_taken(tmp_path: Path, calls: str) -> None:
    rename_new(made(tmp_path / "a", NEW), tmp_path / "b", tmp_path / "mark")
    assert names(tmp_path) == ["b"]
    assert tree(tmp_path / "b") == NEW


@pytest.mark.parametrize("taken", [OLD, {}, None])
def test_a_taken_name_is_kept(tmp_path: Path, calls: str, taken: dict[str, str] | None) -> None:
    """A full folder, an empty one, a file."""
    made(tmp_path / "a", NEW)
    target = tmp_path / "b"
    if taken is None:
        target.write_text("x")
    else:
        made(target, taken)
    with pytest.raises(FileExistsError):
        rename_new(tmp_path / "a", target, tmp_path / "mark")
    assert names(tmp_path) == ["a", "b"]
    assert target.is_file() if taken is None else tree(target) == taken


@pytest.mark.parametrize("number", [errno.ENOTEMPTY, errno.EIO])
def test_a_reservation_does_not_stay(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int) -> None:
    """A share may refuse to replace even an empty folder; then the name is freed and taken in a second step."""
    monkeypatch.setattr(renames, "_rename_call", lambda: None)
    real, turns = os.rename, []

    def rename(source: Path, target: Path) -> None:
        turns.append(source)
        if len(turns) == 1:
            raise OSError(number, os.strerror(number))
        real(source, target)

    monkeypatch.setattr(renames.os, "rename", rename)
    made(tmp_path / "a", NEW)
    if number == errno.ENOTEMPTY:
        rename_new(tmp_path / "a", tmp_path / "b", tmp_path / "mark")
        assert names(tmp_path) == ["b"]
    else:
        with pytest.raises(OSError, match=os.strerror(number)):
            rename_new(tmp_path / "a", tmp_path / "b", tmp_path / "mark")
        assert names(tmp_path) == ["a"]


def test_a_reserved_name_that_somebody_fills_is_theirs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(renames, "_rename_call", lambda: None)
    real = os.mkdir

    def mkdir(path: Path) -> None:
        real(path)
        Path(path, "theirs").write_text("x")

    made(tmp_path / "a", NEW)
    monkeypatch.setattr(renames.os, "mkdir", mkdir)
    with pytest.raises(FileExistsError):
        rename_new(tmp_path / "a", tmp_path / "b", tmp_path / "mark")
    assert tree(tmp_path / "b") == {"theirs": "x"}
    assert names(tmp_path) == ["a", "b"]


def test_folders_are_exchanged_or_nothing_happens(tmp_path: Path, calls: str) -> None:
    first, second = made(tmp_path / "a", NEW), made(tmp_path / "b", OLD)
    if exchange(first, second):
        assert calls == "special calls"
        first, second = second, first
    assert (tree(first), tree(second)) == (NEW, OLD)


def test_a_folder_that_is_gone_is_told(tmp_path: Path) -> None:
    made(tmp_path / "a", NEW)
    if renames._rename_call() is None:
        assert exchange(tmp_path / "a", tmp_path / "b") is False
    else:
        with pytest.raises(FileNotFoundError):
            exchange(tmp_path / "a", tmp_path / "b")
