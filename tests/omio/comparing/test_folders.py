"""Folders compared, and a file with what was made of its images: pair by pair; a file that fails stops no other."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import tifffile

import omio
from omio_core.errors import OmioError
from tests.omio.folders import broken, put


def test_a_folder_and_its_outputs(series: Path, tmp_path: Path) -> None:
    """By the records, whatever the outputs are called; merges part by part; JSON has every pair."""
    out = tmp_path / "out"
    omio.convert_to_ometiff(series, out)
    omio.convert_to_ometiff(series, out, merge="T")
    (out / "T_8.ome.tif").rename(out / "eight.ome.tif")
    found = omio.diff(series, out)
    assert found.equal, str(found)
    assert sorted(image.name for image in found.images) == [
        "T_10.tif -> T_10.ome.tif",
        "T_10.tif -> series_merged_T.ome.tif at T=2",
        "T_8.tif -> eight.ome.tif",
        "T_8.tif -> series_merged_T.ome.tif at T=0",
        "T_9.tif -> T_9.ome.tif",
        "T_9.tif -> series_merged_T.ome.tif at T=1",
    ]
    assert "T_8.tif -> eight.ome.tif: equal, 1 plane" in str(found).splitlines()
    assert omio.diff(out, series).equal
    known = found.to_dict()
    assert (known["verb"], known["ok"], known["counts"]["equal"], len(known["images"])) == ("diff", True, 6, 6)


def test_what_differs_and_what_is_alone(series: Path, tmp_path: Path) -> None:
    """A pixel, a file without a counterpart on each side, a file that cannot be read: all are named."""
    out = tmp_path / "out"
    omio.convert_to_ometiff(series, out)
    omio.convert_to_ometiff(series, out, merge="T")
    put(series / "new.tif", 5)
    put(out / "other.ome.tif", 6)
    (series / "T_9.tif").unlink()
    broken(series / "bad.tif")
    broken(out / "bad.tif")
    (out / "notes.txt").write_text("no picture")
    array, metadata = omio.imread(out / "T_8.ome.tif")
    omio.imwrite(out / "T_8.ome.tif", array + 1, metadata, collision="overwrite")
    found = omio.diff(series, out)
    assert not found.equal
    assert found.only_a == ("new.tif",)
    assert found.only_b == ("series_merged_T.ome.tif, the part from T_9.tif", "other.ome.tif", "T_9.ome.tif")
    assert [Path(path).name for path in found.failed] == ["bad.tif"]
    assert [image.name for image in found.images if not image.equal] == ["T_8.tif -> T_8.ome.tif"]
    assert [Path(skip.path).name for skip in found.skipped] == ["notes.txt"]
    lines = str(found).splitlines()
    assert lines[-2:] == ["3 equal, 1 different, 1 only in A, 3 only in B, 1 failed, 1 left out", "different"]
    assert any(line.startswith("FAILED: ") for line in lines)


def test_two_runs(series: Path, tmp_path: Path) -> None:
    """Outputs of the same sources are pairs, by what they were made from."""
    omio.convert_to_ometiff(series, tmp_path / "a")
    omio.convert_to_ometiff(series, tmp_path / "b", name="new_{stem}", compression_level=0)
    found = omio.diff(tmp_path / "a", tmp_path / "b")
    assert [image.name for image in found.images] == [f"T_{t}.ome.tif -> new_T_{t}.ome.tif" for t in (8, 9, 10)]
    assert found.equal


def test_by_name_where_no_record_helps(tmp_path: Path) -> None:
    """The same name below both folders; else the same name without suffix, in any case."""
    put(tmp_path / "a" / "deep" / "x.tif", 1)
    put(tmp_path / "a" / "y.tif", 2)
    put(tmp_path / "b" / "deep" / "x.tif", 1)
    tifffile.imwrite(tmp_path / "b" / "Y.ome.tif", tifffile.imread(tmp_path / "a" / "y.tif"), metadata={"axes": "YX"})
    found = omio.diff(tmp_path / "a", tmp_path / "b")
    assert [image.name for image in found.images] == ["deep/x.tif", "y.tif -> Y.ome.tif"]
    assert found.pixels == "equal"
    nothing = omio.diff(tmp_path / "a" / "y.tif", tmp_path / "b" / "deep")
    assert (nothing.equal, nothing.images, nothing.only_a) == (False, (), ("y.tif",))
    assert "nothing in A and B is a pair" in str(nothing)


def test_outputs_inside_the_folder(series: Path) -> None:
    """Outputs in a folder below their sources, or beside them, are no sources without a counterpart."""
    omio.convert_to_ometiff(series)
    written = omio.convert_to_ometiff([series / "T_8.tif", series / "T_9.tif", series / "T_10.tif"], series / "out")
    assert len(written) == 3
    found = omio.diff(series, series / "out")
    assert found.equal, str(found)
    assert len(found.images) == 3


def test_a_file_of_several_images_and_its_outputs(several: Callable[..., Path], tmp_path: Path) -> None:
    """A folder of outputs has all of them, beside others; a single output is compared with its own image."""
    source, out = several("left", "right"), tmp_path / "out"
    left, right = omio.convert_to_ometiff(source, out)
    put(out / "other.tif", 1)
    found = omio.diff(source, out)
    assert found.equal, str(found)
    assert [image.name for image in found.images] == [
        f"several.ome.tif image 0 -> {left.name}",
        f"several.ome.tif image 1 -> {right.name}",
    ]
    found = omio.diff(source, right)
    assert [image.equal for image in found.images] == [True]
    assert (found.only_a, found.equal) == (("several.ome.tif image 0",), False)
    right.unlink()
    assert omio.diff(source, out).only_a == ("several.ome.tif image 1",)
    assert omio.diff(source, left, image=0).equal
    with omio.imopen(left) as image, pytest.raises(OmioError, match="open image"):
        omio.diff(image, out)


def test_no_pixels(series: Path, tmp_path: Path) -> None:
    """Facts only, where that is asked for."""
    omio.convert_to_ometiff(series, tmp_path / "out", merge="T")
    found = omio.diff(series, tmp_path / "out", pixels=False)
    assert (found.equal, found.pixels) == (True, "not compared")
