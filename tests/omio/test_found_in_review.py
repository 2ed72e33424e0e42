"""Faults that a reader of the code found, each with what it would have cost."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile

import omio
from omio_core.contract import Written
from omio_core.errors import CorruptFileError, FileChangedError, OmioError, WriteError
from omio_core.images import writing
from omio_core.images.image import Image
from omio_core.pixels import handles

PIXELS = np.arange(3 * 8 * 9, dtype=np.uint16).reshape(3, 8, 9)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    home = tmp_path / "run"
    home.mkdir()
    tifffile.imwrite(home / "a.tif", PIXELS, imagej=True, metadata={"axes": "ZYX"})
    return home


def read(folder: Path) -> list[Any]:
    return omio.imread(folder, return_list=True)[0]


def test_a_conversion_of_an_input_is_left_out(folder: Path) -> None:
    omio.convert_to_ometiff(folder / "a.tif")
    assert len(read(folder)) == 1


def test_what_was_computed_is_an_image_of_its_own(folder: Path) -> None:
    """Its metadata name the input, its pixels are others: it was dropped without a word."""
    array, metadata = omio.imread(folder / "a.tif")
    omio.imwrite(folder / "b.ome.tif", array + 9, metadata)
    assert sorted(int(one.max()) for one in read(folder)) == [PIXELS.max(), PIXELS.max() + 9]


def test_what_was_cut_out_is_an_image_of_its_own(folder: Path) -> None:
    omio.imwrite(folder / "b.ome.tif", omio.imopen(folder / "a.tif").at(Z=0))
    assert sorted(one.shape[1] for one in read(folder)) == [1, 3]


def test_a_part_of_a_merge_is_an_image_of_its_own(folder: Path) -> None:
    tifffile.imwrite(folder / "a2.tif", PIXELS + 1, imagej=True, metadata={"axes": "ZYX"})
    merged = omio.imopen([folder / "a.tif", folder / "a2.tif"], merge="T")
    omio.imwrite(folder / "whole.ome.tif", merged)
    assert len(read(folder)) == 2
    omio.imwrite(folder / "part.ome.tif", merged.at(T=1))
    assert len(read(folder)) == 3


def test_a_file_with_another_image_besides_is_taken(folder: Path, tmp_path: Path) -> None:
    """One image of the two comes from elsewhere, and would have been lost."""
    tifffile.imwrite(tmp_path / "else.tif", PIXELS + 100, imagej=True, metadata={"axes": "ZYX"})
    both = [omio.imopen(folder / "a.tif"), omio.imopen(tmp_path / "else.tif")]
    writing.write(folder / "both.ome.tif", both)
    assert len(read(folder)) == 3


@pytest.mark.parametrize(
    "record",
    [
        {"bytes": 1, "sample_digest": "x"},
        {"name": [1], "bytes": 1, "sample_digest": "x"},
        {"name": "a", "bytes": {}, "sample_digest": "x"},
    ],
)
def test_a_record_may_say_anything(folder: Path, record: dict[str, Any]) -> None:
    """A KeyError, or a TypeError of an unhashable key, for the whole folder."""
    said = {"omio/merge": {"axis": "T", "inputs": [{"source": [record], "stop": 1}]}}
    omio.imwrite(folder / "b.ome.tif", PIXELS, {"Annotations": said}, axes="ZYX")
    assert len(read(folder)) == 2


def test_a_folder_of_a_stack_that_is_named_belongs_to_it(tmp_path: Path) -> None:
    """It was left out for its name, and an IndexError came of that."""
    (tmp_path / "preview_001").mkdir()
    tifffile.imwrite(tmp_path / "preview_001" / "a.tif", PIXELS, imagej=True, metadata={"axes": "ZYX"})
    arrays, _ = omio.imread(omio.FolderStack(tmp_path / "preview_001"), return_list=True)
    assert len(arrays) == 1


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


def test_a_failed_verification_leaves_no_handle(tmp_path: Path) -> None:
    path = omio.imwrite(tmp_path / "a.ome.tif", PIXELS, axes="ZYX")
    before = len(handles.OPENS)
    with pytest.raises(CorruptFileError):
        writing.compare(str(path), [Image.of_array(PIXELS[:2], axes="ZYX")], Written())
    assert len(handles.OPENS) == before
