"""The names of outputs: of an empty folder, beside what stands, and of what is gone."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import numpy as np
import pytest
import tifffile

import omio
from omio_core.errors import NoReaderError, OmioError, WriteError
from tests.omio.folders import put

from .updating import snapshot, update, written


def test_names_of_an_empty_folder_are_a_function_of_the_names(tmp_path: Path) -> None:
    """Whatever can be read, and in any order of the disk."""
    for name in ("a.lsm", "a.tif", "A.tiff", "b.tif", "a_2.tif"):
        put(tmp_path / "in" / name, 1)
    fresh = {o.inputs[0].location.name: Path(o.path or "").name for o in omio.plan(tmp_path / "in", tmp_path).outputs}
    assert fresh == {
        "a.lsm": "a.ome.tif", "a.tif": "a_2.ome.tif", "A.tiff": "A_3.ome.tif", "a_2.tif": "a_2_2.ome.tif",
        "b.tif": "b.ome.tif",
    }  # fmt: skip
    (tmp_path / "in" / "a.tif").write_bytes(b"half a copy")
    damaged = {o.inputs[0].location.name: Path(o.path or "").name for o in omio.plan(tmp_path / "in", tmp_path).outputs}
    assert damaged == {name: target for name, target in fresh.items() if name != "a.tif"}


def test_each_keeps_its_name_and_only_the_new_gets_one(tmp_path: Path) -> None:
    """The new one would come first, and takes nothing from the old one."""
    put(tmp_path / "in" / "a.tif", 1)
    assert written(tmp_path / "in", tmp_path / "out") == ["a.ome.tif"]
    put(tmp_path / "in" / "a.lsm", 2)
    assert written(tmp_path / "in", tmp_path / "out") == ["a_2.ome.tif"]
    put(tmp_path / "in" / "A.tif", 3)
    assert written(tmp_path / "in", tmp_path / "out") == ["A_3.ome.tif"]
    assert written(tmp_path / "in", tmp_path / "out") == []
    values = {name: int(omio.imread(tmp_path / "out" / name)[0].max()) for name in os.listdir(tmp_path / "out")}
    assert values == {"a.ome.tif": 1, "a_2.ome.tif": 2, "A_3.ome.tif": 3}


def test_an_output_is_found_under_another_name(folder: Path, tmp_path: Path) -> None:
    written(folder, tmp_path / "out")
    (tmp_path / "out" / "a.ome.tif").rename(tmp_path / "out" / "control.ome.tif")
    assert written(folder, tmp_path / "out") == []
    put(folder / "a.tif", 5)
    assert written(folder, tmp_path / "out") == ["control.ome.tif"]


def test_names_clash_in_any_case_and_composition(tmp_path: Path) -> None:
    for name in ("e\u0301t\u00e9.tif", "\u00c9T\u00c9.tif"):
        put(tmp_path / "in" / name, 1)
    assert [output.wanted for output in omio.plan(tmp_path / "in", tmp_path / "out").outputs] == [
        str(tmp_path / "out" / name) for name in ("e\u0301t\u00e9.ome.tif", "\u00c9T\u00c9_2.ome.tif")
    ]
    put(tmp_path / "f" / "a.tif", 1)
    put(tmp_path / "g" / "A.ome.tif", 1)
    (output,) = omio.plan(tmp_path / "f", tmp_path / "g").outputs
    assert Path(output.path or "").name == "a-1.ome.tif"
    (output,) = omio.plan(tmp_path / "f", tmp_path / "g", collision="skip").outputs
    assert output.action == "skip"
    if not (tmp_path / "g" / "a.ome.tif").exists():  # this system tells cases apart
        (problem,) = omio.plan(tmp_path / "f", tmp_path / "g", collision="overwrite").problems
        assert "other systems take the two names for one" in problem


def test_a_record_of_another_source_is_left(folder: Path, tmp_path: Path) -> None:
    """A copy of another output; a file of the same name of another folder."""
    written(folder, tmp_path / "out")
    shutil.copy2(tmp_path / "out" / "b.ome.tif", tmp_path / "out" / "a.ome.tif")
    plan = omio.plan(folder, tmp_path / "out", collision="update")
    assert [output.action for output in plan.outputs] == ["leave", "current", "current", "current"]
    assert "another source: b.tif" in (plan.outputs[0].problem or "")
    put(tmp_path / "other" / "a.tif", 9)
    before = snapshot(tmp_path / "out")
    with pytest.raises(WriteError, match="is left as it is") as caught:
        omio.convert_to_ometiff(tmp_path / "other", tmp_path / "out", collision="update")
    assert "another source" in str(caught.value)
    assert snapshot(tmp_path / "out") == before
    put(tmp_path / "other" / "b.tif", 9)
    report, _ = update(tmp_path / "other", tmp_path / "out")
    assert report.counts() == "0 written, 0 up to date, 0 left out, 2 failed"
    assert snapshot(tmp_path / "out") == before


def test_nothing_is_deleted_and_what_has_no_source_is_listed(folder: Path, tmp_path: Path) -> None:
    written(folder, tmp_path / "out")
    (folder / "a.tif").unlink()
    plan = omio.plan(folder, tmp_path / "out", collision="update")
    assert [(Path(one.path).name, one.why) for one in plan.stale] == [("a.ome.tif", "its source a.tif is gone")]
    assert "of no source that is there" in str(plan)
    report, error = update(folder, tmp_path / "out")
    assert (len(report.stale), error) == (1, None)
    assert (tmp_path / "out" / "a.ome.tif").exists()
    put(folder / "a.lsm", 4)  # it does not get the name of a file that stays
    assert written(folder, tmp_path / "out") == ["a_2.ome.tif"]


def test_of_a_file_with_fewer_images_the_rest_is_listed(folder: Path, tmp_path: Path) -> None:
    written(folder, tmp_path / "out")
    with tifffile.TiffWriter(folder / "c.ome.tif", ome=True) as writer:
        writer.write(np.zeros((8, 9), np.uint8), metadata={"axes": "YX", "Name": "left"})
    assert written(folder, tmp_path / "out") == ["c_left.ome.tif"]
    (stale,) = omio.plan(folder, tmp_path / "out", collision="update").stale
    assert stale.why == "c.ome.tif has no image 1 any more"


def test_an_empty_or_vanished_folder_is_an_error(folder: Path, tmp_path: Path) -> None:
    written(folder, tmp_path / "out")
    before = snapshot(tmp_path / "out")
    for path in folder.iterdir():
        path.unlink()
    for do in (omio.plan, omio.convert_to_ometiff):
        with pytest.raises(NoReaderError, match="holds no file"):
            do(folder, tmp_path / "out", collision="update")
    folder.rmdir()
    for do in (omio.plan, omio.convert_to_ometiff):
        with pytest.raises((FileNotFoundError, OmioError), match=str(folder)):
            do(folder, tmp_path / "out", collision="update")
    assert snapshot(tmp_path / "out") == before


def test_beside_the_sources(folder: Path) -> None:
    """Outputs are no sources, not even those whose source is gone."""
    assert written(folder, None) == ["a.ome.tif", "b.ome.tif", "c_left.ome.tif", "c_right.ome.tif"]
    assert written(folder, None) == []
    (folder / "a.tif").unlink()
    report, error = update(folder, None)
    assert (report.counts(), error) == ("0 written, 3 up to date, 0 left out, 0 failed", None)
    assert [Path(one.path).name for one in report.stale] == ["a.ome.tif"]


def test_in_a_folder_of_the_source(folder: Path) -> None:
    put(folder / "below" / "a.tif", 3)
    source = omio.Folder(folder, recursive=True)
    assert len(written(source, folder / "out")) == 5
    assert (folder / "out" / "below" / "a.ome.tif").exists()
    assert written(source, folder / "out") == []
