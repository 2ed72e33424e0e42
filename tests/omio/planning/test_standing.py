"""What stands where a plan would write is found by its record, wherever it went."""

from __future__ import annotations

import shutil
from pathlib import Path

from omio.planning.standing import Standing, same_name
from tests.omio.folders import put

from .updating import actions, written


def test_a_copy_with_other_times_is_ones_own(folder: Path, tmp_path: Path) -> None:
    """As cp and synchronising programs leave it: the digests say that it is whole."""
    written(folder, tmp_path / "out")
    shutil.copytree(tmp_path / "out", tmp_path / "copy", copy_function=shutil.copyfile)
    assert set(actions(folder, tmp_path / "copy").values()) == {"current"}
    put(folder / "a.tif", 5)
    assert written(folder, tmp_path / "copy") == ["a.ome.tif"]


def test_a_folder_that_moved_is_the_same_source(folder: Path, tmp_path: Path) -> None:
    written(folder, tmp_path / "out")
    folder.rename(tmp_path / "elsewhere")
    assert written(tmp_path / "elsewhere", tmp_path / "out") == []


def test_names_that_some_system_takes_for_one(tmp_path: Path) -> None:
    assert same_name("A\u0308.TIF") == same_name("\u00e4.tif")
    (tmp_path / "A.ome.tif").write_bytes(b"x")
    standing = Standing([tmp_path], deep=False)
    assert standing.taken(tmp_path / "a.ome.tif") == str(tmp_path / "A.ome.tif")
    assert standing.taken(tmp_path / "b.ome.tif") is None
    assert not standing.found
