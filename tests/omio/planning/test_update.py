"""Updates: what is up to date, what is remade and why, and what is never replaced."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile

import omio
from omio.planning.plan import Plan
from omio.planning.report import Report
from omio_core.errors import NoReaderError, OmioError, WriteError
from tests.omio.folders import put

from .updating import NAMES, actions, later, snapshot, update, written

SUFFIXES = ["", ".ome.zarr"]


def test_what_is_new_is_written_and_what_changed_is_remade(folder: Path, tmp_path: Path) -> None:
    written(folder, tmp_path / "out")
    put(folder / "b.tif", 7)
    put(folder / "d.tif", 3)
    plan = omio.plan(folder, tmp_path / "out", collision="update")
    assert [output.action for output in plan.outputs] == ["current", "remake", "current", "current", "write"]
    assert plan.outputs[1].why == "b.tif has changed: other content"
    assert "is up to date" in str(plan)
    assert "b.ome.tif will be remade: b.tif has changed: other content" in str(plan)
    assert written(folder, tmp_path / "out") == ["b.ome.tif", "d.ome.tif"]
    assert omio.imread(tmp_path / "out" / "b.ome.tif")[0].max() == 7
    assert written(folder, tmp_path / "out") == []


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ({"compression_level": 6}, "another setting: compression_level was 3, is 6"),
        ({"tile": 32}, "another setting: tile was not set, is 32"),
        ({"compression": "zstd"}, "another setting: options.compression was not set, is 'zstd'"),
        ({"pixel_size": 0.5}, "another setting: stated.pixel_size was not set"),
        ({"missing": "raise", "pixel_size": 0.5}, "another setting: stated.pixel_size was not set"),
        ({"verify": "none"}, "another setting: digests was True, is False"),
        ({"layout": "one-file"}, "another setting: layout was 'files', is 'one-file'"),
    ],
)
def test_other_settings_remake(folder: Path, tmp_path: Path, said: dict[str, Any], why: str) -> None:
    written(folder / "a.tif", tmp_path / "out")
    (output,) = omio.plan(folder / "a.tif", tmp_path / "out", collision="update", **said).outputs
    assert (output.action, output.why.startswith(why)) == ("remake", True)
    assert written(folder / "a.tif", tmp_path / "out", **said) == ["a.ome.tif"]
    assert written(folder / "a.tif", tmp_path / "out", **said) == []


def test_workers_progress_and_names_are_no_settings(folder: Path, tmp_path: Path) -> None:
    written(folder, tmp_path / "out")
    before = snapshot(tmp_path / "out")
    assert written(folder, tmp_path / "out", workers=1, progress=lambda *_: None, verify="pixels") == []
    assert written(folder, tmp_path / "out", name="{stem}_x") == []  # each keeps its name
    assert snapshot(tmp_path / "out") == before


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_the_time_alone_decides_nothing(folder: Path, tmp_path: Path, suffix: str) -> None:
    out = tmp_path / "out" / f"a{suffix}" if suffix else tmp_path / "out"
    assert written(folder / "a.tif", out) == [f"a{suffix or '.ome.tif'}"]
    later(folder / "a.tif")
    assert written(folder / "a.tif", out) == []


def test_facts_that_change_between_the_samples_are_seen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Same size, same samples, another time, the same pixels, and another pixel size."""
    monkeypatch.setattr("omio_core.images.record.SAMPLE", 4)
    put(tmp_path / "in" / "a.tif", 1, size=0.5)
    written(tmp_path / "in", tmp_path / "out")
    data = (tmp_path / "in" / "a.tif").read_bytes()
    put(tmp_path / "in" / "a.tif", 1, size=0.25)
    assert len(data) == (tmp_path / "in" / "a.tif").stat().st_size
    later(tmp_path / "in" / "a.tif")
    (output,) = omio.plan(tmp_path / "in", tmp_path / "out", collision="update").outputs
    assert (output.action, output.why) == ("remake", "a.tif has changed: other facts")


def test_pixels_that_change_between_the_samples_are_seen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("omio_core.images.record.SAMPLE", 4)
    put(tmp_path / "in" / "a.tif", 1, shape=(50, 60))
    written(tmp_path / "in", tmp_path / "out")
    data = bytearray((tmp_path / "in" / "a.tif").read_bytes())
    data[-500] += 1
    (tmp_path / "in" / "a.tif").write_bytes(data)
    later(tmp_path / "in" / "a.tif")
    (output,) = omio.plan(tmp_path / "in", tmp_path / "out", collision="update").outputs
    assert (output.action, output.why) == ("remake", "a.tif has changed: other pixels")


def test_a_revision_remakes_and_an_older_omio_is_counted(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from omio_core.plugins.catalogue import catalogue

    written(folder, tmp_path / "out")
    before = snapshot(tmp_path / "out")
    for module in ("omio_core.metadata.namespaces", "omio.planning.update", "omio_core.images.record"):
        monkeypatch.setattr(f"{module}.omio_version", lambda: "99.0")
    report, _ = update(folder, tmp_path / "out")
    assert (report.counts(), report.older) == ("0 written, 4 up to date, 0 left out, 0 failed", 4)
    assert "4 files up to date of OMIO" in str(omio.plan(folder, tmp_path / "out", collision="update"))
    assert snapshot(tmp_path / "out") == before
    for owners in (catalogue().readers, catalogue().writers):
        for owner in owners:
            if owner.name in ("tiff", "ome_tiff"):
                old = owner.revision
                object.__setattr__(owner, "revision", old + 1)
                try:
                    whys = [output.why for output in omio.plan(folder, tmp_path / "out", collision="update").outputs]
                finally:
                    object.__setattr__(owner, "revision", old)
                kind = "reader" if owner in catalogue().readers else "writer"
                words = f"another {kind}: {owner.name} of revision {old} then, {owner.name} of revision {old + 1} now"
                assert whys == [words] * 4
    assert written(folder, tmp_path / "out", remake=True) == NAMES


def test_remake_implies_an_update_and_replaces_only_ones_own(folder: Path, tmp_path: Path) -> None:
    written(folder, tmp_path / "out")
    (tmp_path / "out" / "a.ome.tif").write_bytes(b"mine")
    with pytest.raises(WriteError, match=r"a\.ome\.tif is left as it is"):
        omio.convert_to_ometiff(folder, tmp_path / "out", remake=True)
    assert (tmp_path / "out" / "a.ome.tif").read_bytes() == b"mine"
    with pytest.raises(OmioError, match="only an update remakes"):
        omio.convert_to_ometiff(folder, tmp_path / "out", remake=True, collision="skip")


def _by_tifffile(path: Path) -> None:
    tifffile.imwrite(path, tifffile.imread(path), description=tifffile.tiffcomment(path).encode(), metadata=None)


def _by_imagej(path: Path) -> None:
    tifffile.imwrite(path, tifffile.imread(path).squeeze() + 1, imagej=True)


def _a_comment(path: Path) -> None:
    text = tifffile.tiffcomment(path)
    tifffile.tiffcomment(path, text.replace('SizeX="6"', 'SizeX="6" PhysicalSizeX="2.0"').encode())


def _a_tag(path: Path) -> None:
    with tifffile.TiffFile(path, mode="r+") as file:
        file.pages[0].tags["ResolutionUnit"].overwrite(2)


def _pixels(path: Path) -> None:
    with tifffile.TiffFile(path) as file:
        (at,) = file.pages[0].dataoffsets
    data = bytearray(path.read_bytes())
    data[at] ^= 1
    path.write_bytes(data)


def _cut_short(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-30])


@pytest.mark.parametrize("edit", [_by_tifffile, _by_imagej, _a_comment, _a_tag, _pixels, _cut_short])
@pytest.mark.parametrize("changed", [False, True])
def test_what_was_edited_is_left(folder: Path, tmp_path: Path, edit: Callable[[Path], None], changed: bool) -> None:
    """Named, and an error; the others are done. It is so every night, until somebody moves it away."""
    written(folder, tmp_path / "out", compression_level=0)
    path = tmp_path / "out" / "a.ome.tif"
    edit(path)
    data = path.read_bytes()
    if changed:
        put(folder / "a.tif", 9)
    put(folder / "b.tif", 9)
    for times in (1, 0):
        report, error = update(folder, tmp_path / "out", compression_level=0)
        assert report.counts() == f"{times} written, {3 - times} up to date, 0 left out, 1 failed"
        (failed,) = report.failed.values()
        assert isinstance(error, WriteError)
        assert failed.what == f"{path} is left as it is, and {folder / 'a.tif'} is not converted"
        assert "move it away" in failed.remedy
        assert path.read_bytes() == data
    path.rename(tmp_path / "edited.ome.tif")
    assert written(folder, tmp_path / "out", compression_level=0) == ["a.ome.tif"]


def test_a_store_that_was_edited_is_left(folder: Path, tmp_path: Path) -> None:
    for edit in ("zarr.json", "0/c"):
        path = tmp_path / "out" / "a.ome.zarr"
        assert written(folder / "a.tif", path) == ["a.ome.zarr"]
        assert written(folder / "a.tif", path) == []
        one = next(p for p in sorted(path.rglob("*")) if p.is_file() and str(p.relative_to(path)).startswith(edit))
        data = bytearray(one.read_bytes())
        data[-2] ^= 1
        one.write_bytes(data)
        with pytest.raises(WriteError, match="is left as it is"):
            omio.convert_to_ometiff(folder / "a.tif", path, collision="update")
        assert one.read_bytes() == data
        shutil.rmtree(path)


def test_an_output_changed_while_the_plan_waited_is_not_replaced(folder: Path, tmp_path: Path) -> None:
    written(folder, tmp_path / "out")
    put(folder / "a.tif", 5)
    plan = omio.plan(folder, tmp_path / "out", collision="update")
    path = tmp_path / "out" / "a.ome.tif"
    path.write_bytes(b"mine")
    with pytest.raises(WriteError, match="another file since the plan was made"):
        plan.run()
    assert path.read_bytes() == b"mine"


def test_a_source_that_cannot_be_read_keeps_its_output(folder: Path, tmp_path: Path) -> None:
    written(folder, tmp_path / "out")
    before = snapshot(tmp_path / "out")
    (folder / "a.tif").write_bytes(b"half")
    report, error = update(folder, tmp_path / "out")
    assert (report.counts(), type(error)) == ("0 written, 3 up to date, 0 left out, 1 failed", NoReaderError)
    assert not report.stale
    assert snapshot(tmp_path / "out") == before


def test_several_images_in_one_file(folder: Path, tmp_path: Path) -> None:
    assert written(folder / "c.ome.tif", tmp_path / "out", layout="one-file") == ["c.ome.tif"]
    assert written(folder / "c.ome.tif", tmp_path / "out", layout="one-file") == []
    assert actions(folder / "c.ome.tif", tmp_path / "out", layout="one-file", image=0) == {"c.ome.tif": "remake"}


def test_a_merge_follows_its_inputs(tmp_path: Path) -> None:
    for t in (1, 2):
        put(tmp_path / "in" / f"T_{t}.tif", t, size=0.5)
    assert written(tmp_path / "in", tmp_path / "out", merge="T") == ["in_merged_T.ome.tif"]
    assert written(tmp_path / "in", tmp_path / "out", merge="T") == []
    later(tmp_path / "in" / "T_1.tif")
    assert written(tmp_path / "in", tmp_path / "out", merge="T") == []
    put(tmp_path / "in" / "T_3.tif", 3, size=0.5)
    (output,) = omio.plan(tmp_path / "in", tmp_path / "out", merge="T", collision="update").outputs
    assert (output.action, output.why) == ("remake", "T_3.tif was not there then")
    assert written(tmp_path / "in", tmp_path / "out", merge="T") == ["in_merged_T.ome.tif"]
    (tmp_path / "in" / "T_2.tif").write_bytes(b"half")
    with pytest.raises(NoReaderError, match=r"T_2\.tif"):
        omio.convert_to_ometiff(tmp_path / "in", tmp_path / "out", merge="T", collision="update")
    assert omio.imread(tmp_path / "out" / "in_merged_T.ome.tif")[0].shape[0] == 3


def test_a_plan_of_an_update_is_saved_and_run(folder: Path, tmp_path: Path) -> None:
    written(folder, tmp_path / "out")
    put(folder / "a.tif", 5)
    put(folder / "d.tif", 6)
    (folder / "b.tif").write_bytes(b"half")
    plan = omio.plan(folder, tmp_path / "out", collision="update")
    again = Plan.from_json(plan.to_json())
    assert again == plan
    reports: list[Report] = []
    with pytest.raises(OmioError, match=r"b\.tif") as caught:
        again.run(reported=reports.append)
    assert [path.name for path in caught.value.written] == ["a.ome.tif", "d.ome.tif"]
    assert reports[0].counts() == "2 written, 2 up to date, 0 left out, 1 failed"
    report, _ = update(folder, tmp_path / "out")  # what was run is up to date
    assert report.counts() == "0 written, 4 up to date, 0 left out, 1 failed"


def test_an_array_has_no_source(tmp_path: Path) -> None:
    omio.imwrite(tmp_path / "a.ome.tif", np.zeros((4, 5), np.uint8), collision="update")
    with pytest.raises(WriteError, match="has no source to compare it with"):
        omio.imwrite(tmp_path / "a.ome.tif", np.ones((4, 5), np.uint8), collision="update")
