"""Updates: what is up to date, what is remade and why, and what is never replaced."""

from __future__ import annotations

import os
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
from omio_core.errors import AbsentPlanesWarning, NoReaderError, OmioError, WriteError
from omio_core.images import opening
from tests.omio.folders import put


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Three files; the third holds two images."""
    put(tmp_path / "in" / "a.tif", 1)
    put(tmp_path / "in" / "b.tif", 2)
    with tifffile.TiffWriter(tmp_path / "in" / "c.ome.tif", ome=True) as writer:
        for name in ("left", "right"):
            writer.write(np.full((8, 9), len(name), np.uint8), metadata={"axes": "YX", "Name": name})
    return tmp_path / "in"


NAMES = ["a.ome.tif", "b.ome.tif", "c_left.ome.tif", "c_right.ome.tif"]


def update(source: Any, out: Path | None, **said: Any) -> tuple[Report, OmioError | None]:
    """Update, and return what is reported, with the error that followed."""
    reports: list[Report] = []
    error = None
    try:
        omio.convert_to_ometiff(source, out, collision="update", reported=reports.append, **said)
    except OmioError as caught:
        error = caught
    (report,) = reports
    return report, error


def written(source: Any, out: Path | None, **said: Any) -> list[str]:
    """Update without an error, and return the names of the files that were written."""
    report, error = update(source, out, **said)
    assert error is None
    return [path.name for path in report.written]


def actions(source: Any, out: Path | None, **said: Any) -> dict[str, str]:
    """From the name of each output to what an update would do with it."""
    plan = omio.plan(source, out, collision="update", **said)
    return {Path(output.path or "").name: output.action for output in plan.outputs}


def later(path: Path, seconds: int = 100) -> None:
    """Give a file another time."""
    status = path.stat()
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns + seconds * 10**9))


def snapshot(out: Path) -> dict[str, tuple[int, int]]:
    """From each file to its number and its time: what a write changes."""
    return {str(p.relative_to(out)): (p.stat().st_ino, p.stat().st_mtime_ns) for p in out.rglob("*") if p.is_file()}


SUFFIXES = ["", ".ome.zarr"]


def test_the_second_time_nothing_is_opened(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert written(folder, tmp_path / "out") == NAMES
    before = snapshot(tmp_path / "out")
    monkeypatch.setattr(opening, "open_source", None)
    monkeypatch.setattr("omio.planning.update.open_source", None)
    report, error = update(folder, tmp_path / "out")
    assert (report.counts(), error) == ("0 written, 4 up to date, 0 left out, 0 failed", None)
    assert snapshot(tmp_path / "out") == before


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


# --- names


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


# --- what is never replaced


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


def test_a_copy_with_other_times_is_ones_own(folder: Path, tmp_path: Path) -> None:
    """As cp and synchronising programs leave it: the digests say that it is whole."""
    written(folder, tmp_path / "out")
    shutil.copytree(tmp_path / "out", tmp_path / "copy", copy_function=shutil.copyfile)
    assert set(actions(folder, tmp_path / "copy").values()) == {"current"}
    put(folder / "a.tif", 5)
    assert written(folder, tmp_path / "copy") == ["a.ome.tif"]


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


def test_a_folder_that_moved_is_the_same_source(folder: Path, tmp_path: Path) -> None:
    written(folder, tmp_path / "out")
    folder.rename(tmp_path / "elsewhere")
    assert written(tmp_path / "elsewhere", tmp_path / "out") == []


def test_an_output_changed_while_the_plan_waited_is_not_replaced(folder: Path, tmp_path: Path) -> None:
    written(folder, tmp_path / "out")
    put(folder / "a.tif", 5)
    plan = omio.plan(folder, tmp_path / "out", collision="update")
    path = tmp_path / "out" / "a.ome.tif"
    path.write_bytes(b"mine")
    with pytest.raises(WriteError, match="another file since the plan was made"):
        plan.run()
    assert path.read_bytes() == b"mine"


# --- sources that go


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


def test_a_source_that_cannot_be_read_keeps_its_output(folder: Path, tmp_path: Path) -> None:
    written(folder, tmp_path / "out")
    before = snapshot(tmp_path / "out")
    (folder / "a.tif").write_bytes(b"half")
    report, error = update(folder, tmp_path / "out")
    assert (report.counts(), type(error)) == ("0 written, 3 up to date, 0 left out, 1 failed", NoReaderError)
    assert not report.stale
    assert snapshot(tmp_path / "out") == before


# --- where outputs lie


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


def test_a_night_after_an_addition_opens_nothing(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What lies beside a source may belong to it; what is a source itself does not count."""
    written(folder, tmp_path / "out")
    opened: list[str] = []
    real = opening.open_source

    def open_source(path: Any, *rest: Any, **more: Any) -> Any:
        opened.append(Path(str(path)).name)
        return real(path, *rest, **more)

    monkeypatch.setattr(opening, "open_source", open_source)
    put(folder / "d.tif", 3)
    assert written(folder, tmp_path / "out") == ["d.ome.tif"]
    assert opened == ["d.tif"]
    (folder / "c.ome.tif").unlink()
    assert written(folder, tmp_path / "out") == []
    assert opened == ["d.tif"]
    (folder / "a.yaml").write_text("a sidecar, perhaps")
    assert written(folder, tmp_path / "out") == []
    assert opened == ["d.tif", "a.tif", "b.tif", "d.tif"]


def set_of_two(first: Path, second: Path) -> None:
    """An OME-TIFF of two planes in two files that name each other; they are filled with 1 and 2."""
    names = {first: 1, second: 2}
    uuids = {path: f"urn:uuid:00000000-0000-4000-8000-00000000000{value}" for path, value in names.items()}
    first.parent.mkdir(parents=True, exist_ok=True)
    for path, value in names.items():
        data = "".join(
            f'<TiffData FirstZ="{z}" IFD="0" PlaneCount="1"><UUID FileName="{one.name}">{uuid}</UUID></TiffData>'
            for z, (one, uuid) in enumerate(uuids.items())
        )
        xml = (
            '<?xml version="1.0" encoding="UTF-8"?><OME xmlns="http://www.openmicroscopy.org/Schemas/OME/2016-06" '
            f'UUID="{uuids[path]}"><Image ID="Image:0"><Pixels ID="Pixels:0" DimensionOrder="XYZCT" Type="uint16" '
            'SizeX="5" SizeY="4" SizeZ="2" SizeC="1" SizeT="1"><Channel ID="Channel:0:0" SamplesPerPixel="1"/>'
            f"{data}</Pixels></Image></OME>"
        )
        tifffile.imwrite(path, np.full((4, 5), value, "u2"), description=xml.encode(), metadata=None)


def test_a_new_file_of_the_set_of_an_old_one_changes_it(tmp_path: Path) -> None:
    """Two files of one picture, of which the second comes a night later."""
    paths = [tmp_path / "in" / f"{name}.ome.tif" for name in "ab"]
    set_of_two(*paths)
    paths[1].rename(tmp_path / "b")
    with pytest.warns(AbsentPlanesWarning):
        assert written(tmp_path / "in", tmp_path / "out", absent_files="warn") == ["a.ome.tif"]
    (tmp_path / "b").rename(paths[1])
    assert written(tmp_path / "in", tmp_path / "out", absent_files="warn") == ["a.ome.tif"]
    assert omio.imread(tmp_path / "out" / "a.ome.tif")[0][0, :, 0, 0, 0].tolist() == [1, 2]
    assert written(tmp_path / "in", tmp_path / "out", absent_files="warn") == []
