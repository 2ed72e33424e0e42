"""Paths that cannot be read: told of, named with the reason, and the others are done."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import omio
from omio.sources.failures import Failure, adder, error_of, in_order
from omio_core.errors import OmioError, ReadError, WriteError
from tests.omio.folders import put


def test_they_are_in_natural_order() -> None:
    failures: list[Failure] = []
    for path in ("T_10", "T_2"):
        adder(failures)(path, ReadError("damaged"))
    assert [failure.path for failure in in_order(failures)] == ["T_2", "T_10"]


def test_one_error_has_the_class_of_all() -> None:
    assert type(error_of({"a": ReadError("x"), "b": ReadError("y")}, "read")) is ReadError
    mixed = error_of({"a": ReadError("x"), "b": WriteError("y")}, "read")
    assert type(mixed) is OmioError
    assert "2 of the source files could not be read" in str(mixed)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no pipes")
def test_all_that_lies_in_folders(tmp_path: Path, cli: Callable[..., Any]) -> None:
    """Dangling links, circles, pipes, half-copied files, pointers: each named with a remedy; the rest is done."""
    folder = tmp_path / "in"
    put(folder / "good.tif", 3)
    put(folder / "below" / "good.tif", 4)
    data = (folder / "good.tif").read_bytes()
    (folder / "half.tif").write_bytes(data[: len(data) // 2])
    (folder / "lfs.tif").write_bytes(b"version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n")
    (folder / "annex.tif").write_bytes(b"/annex/objects/SHA256E-s31390--f50d7ac.tif\n")
    (folder / "dangling.tif").symlink_to("nowhere.tif")
    (folder / "circle.tif").symlink_to("circle.tif")
    (folder / "below" / "up").symlink_to("..")
    os.mkfifo(folder / "pipe.tif")
    (folder / "notes.txt").write_text("no image")
    done = cli("convert", folder, "-o", tmp_path / "out", "--recursive")
    assert done.exit_code == 1
    bad = ("half.tif", "lfs.tif", "annex.tif", "dangling.tif", "circle.tif", "up", "pipe.tif")
    for name in bad:
        (line,) = (line for line in done.stderr.splitlines() if line.startswith("error: ") and name in line)
        assert str(folder) in line
    assert done.stderr.count("  remedy: ") == len(bad)
    assert "git lfs pull" in done.stderr
    assert "git annex get" in done.stderr
    assert "a symbolic link to nowhere.tif, which is not there" in done.stderr
    *_, left_out, last = done.stdout.splitlines()
    assert left_out == f"left out: {folder / 'notes.txt'}: no reader knows it"
    assert last == "2 written, 0 up to date, 1 left out, 7 failed"
    plan = cli("plan", folder, "-o", tmp_path / "out", "--recursive")
    assert (plan.exit_code, plan.stdout.count("PROBLEM: ")) == (1, len(bad))
    stopped = cli("convert", folder, "-o", tmp_path / "stopped", "--recursive", "--stop")
    assert (stopped.exit_code, stopped.stderr.count("error: ")) == (1, 1)
    assert not (tmp_path / "stopped").exists()


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="everything can be read by this user")
def test_a_folder_that_may_not_be_listed(tmp_path: Path) -> None:
    put(tmp_path / "in" / "a.tif")
    (tmp_path / "in" / "closed").mkdir(mode=0)
    (failed,) = omio.plan(omio.Folder(tmp_path / "in", recursive=True)).failed
    assert "closed cannot be listed" in failed.problem


def test_skipping_names_each_file_and_why(tmp_path: Path, cli: Callable[..., Any]) -> None:
    """Also one that shares its stem with an older one."""
    put(tmp_path / "in" / "a.tif")
    cli("convert", tmp_path / "in", "-o", tmp_path / "out")
    put(tmp_path / "in" / "a.lsm")
    done = cli("convert", tmp_path / "in", "-o", tmp_path / "out", "--collision", "skip")
    target = tmp_path / "out" / "a.ome.tif"
    assert f"left out: {tmp_path / 'in' / 'a.lsm'}: {target} stands already, made from a.tif" in done.stdout
    done = cli("convert", tmp_path / "in", "-o", tmp_path / "out", "--update")
    assert done.stdout.splitlines()[-1] == "1 written, 1 up to date, 0 left out, 0 failed"
    done = cli("convert", tmp_path / "in", "-o", tmp_path / "out", "--remake", "-q")
    assert (done.exit_code, done.stdout) == (0, "")
    assert cli("convert", tmp_path / "in", "--update", "--collision", "skip").exit_code == 2
