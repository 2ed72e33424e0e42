"""A plan is executed as it stands: what changed since is an error, what fails is named, and the rest is written."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile

import omio
from omio.planning import prepare
from omio_core.errors import FileChangedError, OmioError, WriteError
from omio_core.images import writing
from omio_core.images.image import Image
from omio_core.pixels import handles
from tests.omio.folders import PIXELS, along_t, put


def test_an_input_that_changed(series: Path, tree: Callable[[], dict[str, bytes]]) -> None:
    """The file is named, and nothing is written: of another size, of another time, gone."""
    for spoil in (
        lambda path: put(path, 3, (7, 6)),
        lambda path: os.utime(path, ns=(0, 0)),
        lambda path: path.unlink(),
    ):
        plan = omio.Plan.from_json(omio.plan(series).to_json())
        spoil(series / "T_10.tif")
        before = tree()
        with pytest.raises(FileChangedError, match=r"T_10\.tif"):
            plan.run()
        assert tree() == before


def test_a_name_that_was_taken(series: Path) -> None:
    """Named, and nothing is written, not even the files before it."""
    plan = omio.plan(series)
    (series / "T_10.ome.tif").write_bytes(b"somebody else's")
    with pytest.raises(WriteError, match=r"T_10\.ome\.tif was free when the plan was made, and is taken now"):
        plan.run()
    assert sorted(path.name for path in series.glob("*.ome.tif")) == ["T_10.ome.tif"]
    assert (series / "T_10.ome.tif").read_bytes() == b"somebody else's"


def test_a_file_to_be_overwritten_that_is_another(series: Path) -> None:
    """What stood there when the plan was made may go, and nothing else."""
    target = series.parent / "out.ome.tif"
    target.write_bytes(b"old")
    plan = omio.plan(series, target, merge="T", collision="overwrite")
    target.write_bytes(b"new work of somebody")
    with pytest.raises(WriteError, match="is another file since"):
        plan.run()
    assert target.read_bytes() == b"new work of somebody"
    omio.plan(series, target, merge="T", collision="overwrite").run()
    assert along_t(omio.imread(target)[0]) == [8, 9, 10]


def test_what_stands_is_skipped(series: Path) -> None:
    """As planned: nothing is written."""
    target = series.parent / "out.ome.tif"
    target.write_bytes(b"old")
    assert omio.plan(series, target, merge="T", collision="skip").run() == []
    assert target.read_bytes() == b"old"


def test_a_reader_that_sees_another_picture(series: Path) -> None:
    """The same bytes, but another shape than was planned: told, not written."""
    told = json.loads(omio.plan(series / "T_8.tif").to_json())
    told["outputs"][0]["inputs"][0]["shape"] = [1, 1, 1, 50, 60]
    with pytest.raises(FileChangedError, match="not what it was when the plan was made"):
        omio.Plan.from_json(json.dumps(told)).run()


def test_a_name_taken_while_it_is_done_at_once(series: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a saved plan, the policy still holds: the next number."""
    first_look = prepare.targets.name

    def and_then_somebody_comes(*arguments: object) -> object:
        made = first_look(*arguments)
        (series / "T_8.ome.tif").write_bytes(b"somebody else's")
        return made

    monkeypatch.setattr(prepare.targets, "name", and_then_somebody_comes)
    (path,) = omio.convert_to_ometiff(series / "T_8.tif")
    assert path.name == "T_8-1.ome.tif"
    assert (series / "T_8.ome.tif").read_bytes() == b"somebody else's"


def test_a_plan_holds_to_the_files_it_knew(tmp_path: Path) -> None:
    """A sidecar that appears later would change the facts, and nothing that was looked at has changed."""
    raw = tmp_path / "Image_001_001.raw"
    raw.write_bytes(PIXELS.tobytes())
    (tmp_path / "Image_001_001.yaml").write_text("T: 3\nZ: 1\nC: 1\nY: 8\nX: 9\nPhysicalSizeX: 99.0\n")
    plan = omio.plan(raw, tmp_path / "out")
    assert plan.problems == ()
    (tmp_path / "Experiment.xml").write_text(
        '<ThorImageExperiment><LSM pixelX="9" pixelY="8" channel="1" pixelSizeUM="0.5" frameRate="1"/>'
        '<CaptureMode mode="1"/><Streaming frames="3" zFastEnable="0" rawData="1"/>'
        '<Wavelengths><ChannelEnable Set="1"/></Wavelengths></ThorImageExperiment>'
    )
    with pytest.raises(FileChangedError, match="with other files"):
        plan.run()
    assert not (tmp_path / "out").exists()


def test_a_plan_overwrites_only_what_stood_there(folder: Path, tmp_path: Path) -> None:
    """The second target becomes somebody else's while the first is written."""
    tifffile.imwrite(folder / "b.tif", PIXELS, imagej=True, metadata={"axes": "ZYX"})
    out = tmp_path / "out"
    omio.convert_to_ometiff(folder, out)
    plan = omio.plan(folder, out, collision="overwrite")

    def meddle(done: int, whole: int) -> None:
        (out / "b.ome.tif").write_bytes(b"somebody else's")

    with pytest.raises((OmioError, WriteError)):
        plan.run(progress=meddle)
    assert (out / "b.ome.tif").read_bytes() == b"somebody else's"


@pytest.mark.parametrize("image", [5, -1])
def test_a_saved_plan_names_images_that_are_there(folder: Path, tmp_path: Path, image: int) -> None:
    from omio.planning.plan import Plan

    saved = json.loads(omio.plan(folder / "a.tif", tmp_path / "out").to_json())
    saved["outputs"][0]["inputs"][0]["image"] = image
    with pytest.raises(OmioError):
        Plan.from_json(json.dumps(saved)).run()
    assert not (tmp_path / "out").exists()


def test_images_of_one_file_share_a_handle(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each reopened the file, which cost the square of their number."""
    path = tmp_path / "many.ome.tif"
    writing.write(path, [Image.of_array(PIXELS + i, axes="ZYX") for i in range(6)])
    opened: list[str] = []
    honest = handles.open_with

    def counted(*given: Any, **others: Any) -> Any:
        opened.append("")
        return honest(*given, **others)

    monkeypatch.setattr(handles, "open_with", counted)
    assert len(omio.convert_to_ometiff(path, tmp_path / "out", verify="none")) == 6
    assert len(opened) <= 3


@pytest.mark.parametrize("planned", [False, True])
def test_one_error_names_what_failed_and_what_was_written(three: Path, tmp_path: Path, *, planned: bool) -> None:
    landed: list[tuple[str, str]] = []

    def note(source: str, target: Path) -> None:
        assert target.exists()
        landed.append((Path(source).name, target.name))

    out = tmp_path / "out"
    do = omio.plan(three, out).run if planned else partial(omio.convert_to_ometiff, three, out)
    with pytest.raises(OmioError, match="1 of the source files could not be converted") as caught:
        do(landed=note)
    assert [Path(path).name for path in caught.value.failed] == ["b.tif"]
    assert [path.name for path in caught.value.written] == ["a.ome.tif", "c.ome.tif"]
    assert "b.tif" in str(caught.value)
    assert "c.ome.tif" in str(caught.value)
    assert landed == [("a.tif", "a.ome.tif"), ("c.tif", "c.ome.tif")]


def test_a_single_file_raises_its_own_error(three: Path, tmp_path: Path) -> None:
    with pytest.raises(OmioError) as caught:
        omio.convert_to_ometiff(three / "b.tif", tmp_path / "out")
    assert "failed" not in caught.value.facts


def test_a_disk_that_is_full_later(series: Path, tmp_path: Path) -> None:
    """A file that cannot be written after others were: those that are whole stay, and no part of the other is left."""
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "below").write_text("a file where a folder is needed")
    put(series / "below" / "b.tif")
    from omio_core.errors import WriteError

    with pytest.raises(WriteError, match="below"):
        omio.convert_to_ometiff(omio.Folder(series, recursive=True), tmp_path / "out")
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["below"]


def test_where_nothing_can_be_made(stated: Path, tmp_path: Path) -> None:
    """A file in the place of a folder, at either depth: one WriteError with a remedy."""
    (tmp_path / "file").write_text("here")
    for out in (tmp_path / "file", tmp_path / "file" / "sub", tmp_path / "file" / "a.ome.tif"):
        with pytest.raises(WriteError) as caught:
            omio.convert_to_ometiff(stated, out)
        assert caught.value.remedy
    assert (tmp_path / "file").read_text() == "here"


@pytest.mark.parametrize("level", [0, 3, 9])
def test_levels(stated: Path, tmp_path: Path, level: int) -> None:
    """The same pixels; 0 is truly uncompressed, the default is 3."""
    (path,) = omio.convert_to_ometiff(stated, tmp_path, compression_level=level)
    np.testing.assert_array_equal(omio.imread(path)[0], omio.imread(stated)[0])
    raw = 4 * 5 * 2 * 96 * 128 * 2
    with tifffile.TiffFile(path) as file:
        assert {page.compression.name for page in file.pages} == {"NONE" if level == 0 else "ADOBE_DEFLATE"}
        stored = sum(sum(page.databytecounts) for page in file.pages)
    assert stored == raw if level == 0 else stored < raw
    if level == 3:
        (default,) = omio.convert_to_ometiff(stated, tmp_path / "default")
        assert default.stat().st_size == pytest.approx(path.stat().st_size, abs=2000)


def test_tiles(stated: Path, tmp_path: Path) -> None:
    """As large as asked."""
    (path,) = omio.convert_to_ometiff(stated, tmp_path, tile=32)
    with tifffile.TiffFile(path) as file:
        assert file.pages[0].tile == (32, 32)
    np.testing.assert_array_equal(omio.imread(path)[0], omio.imread(stated)[0])


def test_progress(several: Callable[..., Path], stated: Path, tmp_path: Path) -> None:
    """Bytes done and bytes in all, over all images of the call, never less than before."""
    for source, whole in ((several("a", "b", "c"), 3 * 72), (stated, 4 * 5 * 2 * 96 * 128 * 2)):
        said: list[tuple[int, int]] = []
        omio.convert_to_ometiff(source, tmp_path / "out", progress=lambda *both, said=said: said.append(both))
        assert {total for _, total in said} == {whole}
        done = [bytes_ for bytes_, _ in said]
        assert done == sorted(done)
        assert done[-1] == whole


def test_where_it_comes_from(stated: Path, tell: Callable[[Path], Any]) -> None:
    """The file says who made it of what: reader, source, choices; never a folder of the machine."""
    (path,) = omio.convert_to_ometiff(stated, missing="raise")
    told = tell(path)
    _, metadata = omio.imread(path)
    (record,) = metadata["Annotations"]["omio/provenance"]["history"]
    assert record["reader"] == "tiff"
    assert record["source"][0]["name"] == stated.name
    assert record["source"][0]["bytes"] == stated.stat().st_size
    assert record["policies"]["missing"] == "raise"
    assert str(stated.parent) not in told.xml
    assert "file: ImageJ description: finterval" in told.annotations["omio/origins"]["TimeIncrement"]
