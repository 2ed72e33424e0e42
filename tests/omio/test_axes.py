"""Axes that somebody names: Y and X are among them, at every door; else an error whose remedy works."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile
from click.testing import CliRunner

import omio
from omio.cli.app import app
from omio_core.errors import AmbiguousAxesError
from omio_core.images.image import Image
from omio_core.metadata.from_dict import from_dict

ARRAY = np.arange(60, dtype="u2").reshape(3, 4, 5)

WRONG: dict[str, Any] = {
    "none of Y and X": "ABC", "letters that mean other things": "TZC", "no Y": "ZCX", "no X": "ZYC", "a word": "WRONG",
    "two letters": "YX", "four letters": "TZYX", "twice": "YYX", "empty": "", "a digit": "1YX", "a space": "Z X",
    "unlabelled": "QYX", "no letter of ours": "ÄYX", "two after upper-casing": "ßYX", "a list": ["Z", "Y", "X"],
    "a number": 3, "bytes": b"ZYX",
}  # fmt: skip


@pytest.fixture(autouse=True)
def _there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with tifffile.TiffWriter("a.tif") as writer:
        for plane in ARRAY:
            writer.write(plane, contiguous=False, metadata=None)


def _made_by_an_image(axes: Any) -> Any:
    return omio.imwrite("new.ome.tif", Image.of_array(ARRAY, axes=axes))


READING: dict[str, Callable[[Any], Any]] = {
    "imread": lambda axes: omio.imread("a.tif", axes=axes),
    "imread, lazy": lambda axes: omio.imread("a.tif", axes=axes, lazy=True),
    "imread of a list": lambda axes: omio.imread(["a.tif"], axes=axes),
    "imopen": lambda axes: omio.imopen("a.tif", axes=axes),
    "explain": lambda axes: omio.explain("a.tif", axes=axes),
    "diff": lambda axes: omio.diff("a.tif", "a.tif", axes=axes),
    "plan": lambda axes: omio.plan("a.tif", "new.ome.tif", axes=axes),
    "convert": lambda axes: omio.convert_to_ometiff("a.tif", "new.ome.tif", axes=axes),
}
WRITING: dict[str, Callable[[Any], Any]] = {
    "imwrite": lambda axes: omio.imwrite("new.ome.tif", ARRAY, axes=axes),
    "imwrite of a dict": lambda axes: omio.imwrite("new.ome.tif", ARRAY, {"axes": axes}),
    "Image.of_array": _made_by_an_image,
    "create_empty_image": lambda axes: omio.create_empty_image((3, 4, 5), axes=axes),
    "create_empty_metadata": lambda axes: omio.create_empty_metadata(shape=(3, 4, 5), axes=axes),
    "update_metadata_from_image": lambda axes: omio.update_metadata_from_image({}, ARRAY, axes=axes),
    "update_metadata_from_image of a dict": lambda axes: omio.update_metadata_from_image({"axes": axes}, ARRAY),
    "OME_metadata_checkup": lambda axes: omio.OME_metadata_checkup({"axes": axes, "shape": [3, 4, 5]}),
}


@pytest.mark.parametrize("door", [*READING, *WRITING])
@pytest.mark.parametrize("axes", WRONG.values(), ids=WRONG)
def test_every_door_refuses_them(door: str, axes: Any) -> None:
    with pytest.raises(AmbiguousAxesError) as caught:
        (READING | WRITING)[door](axes)
    assert caught.value.evidence
    assert not list(Path().glob("*.ome.tif"))
    (advised,) = re.findall('axes="([A-Z]+)"', caught.value.remedy)
    (READING | WRITING)[door](advised)  # the remedy works


@pytest.mark.parametrize("axes", ["ABC", "TZC", "YYX", "", "1YX", 3, ["Y", "X"]])
def test_dicts_without_a_shape(axes: Any) -> None:
    """Nothing is known of the array, and still they are no axes."""
    image = Image.of_array(ARRAY, axes="ZYX")
    for door in (
        lambda: omio.OME_metadata_checkup({"axes": axes}),
        lambda: omio.create_empty_metadata(input_metadata={"axes": axes}),
        lambda: from_dict({"axes": axes}, (1, 3, 1, 4, 5), "uint16"),
        lambda: omio.imwrite("new.ome.tif", image, {"axes": axes}),
        lambda: omio.imwrite("new.ome.tif", image, axes=axes),
    ):
        with pytest.raises(AmbiguousAxesError):
            door()
    assert not Path("new.ome.tif").exists()


def test_the_axes_of_an_image_are_tzcyx() -> None:
    image = Image.of_array(ARRAY, axes="ZYX")
    for stated in ({"axes": "ZYX"}, {"metadata": {"axes": "ZYX"}}):
        with pytest.raises(AmbiguousAxesError, match="the axes of an Image are TZCYX"):
            omio.imwrite("new.ome.tif", image, **stated)
    omio.imwrite("new.ome.tif", image, {"axes": "tzcyx"})
    np.testing.assert_array_equal(omio.imread("new.ome.tif")[0][0, :, 0], ARRAY)


@pytest.mark.parametrize("axes", ["zyx", "ZYX", "Zyx"])
def test_lower_case_is_the_same(axes: str) -> None:
    for door in (omio.imread("a.tif", axes=axes)[0], omio.create_empty_image((3, 4, 5), axes=axes)):
        assert door.shape == (1, 3, 1, 4, 5)
    assert omio.imread(omio.imwrite("new.ome.tif", ARRAY, {"axes": axes}))[0].shape == (1, 3, 1, 4, 5)


@pytest.mark.parametrize("command", [["info"], ["info", "--explain"], ["convert"], ["plan"], ["merge", "--along", "T"]])
@pytest.mark.parametrize("axes", ["ABC", "TZC", "WRONG", "YYX"])
def test_the_command_line(command: list[str], axes: str) -> None:
    ran = CliRunner().invoke(app, [*command, "a.tif", "--axes", axes])
    assert ran.exit_code == 1, ran.output
    assert f"--axes {axes} " in ran.stderr
    assert "--axes ZYX" in ran.stderr.split("remedy:")[1]
    assert not list(Path().glob("*.ome.tif"))


def test_one_axis_is_no_image() -> None:
    for axes in ("X", "Z", None):
        with pytest.raises(AmbiguousAxesError) as caught:
            omio.imwrite("new.ome.tif", np.arange(5), axes=axes)
        assert "array.reshape(1, -1)" in caught.value.remedy
    omio.imwrite("new.ome.tif", np.arange(5, dtype="u1").reshape(1, -1), axes="YX")


@pytest.mark.parametrize(("axes", "shape"), [("ZX", (1, 4, 1, 1, 5)), ("TYX", None), ("XZ", (1, 5, 1, 1, 4))])
def test_a_file_that_has_no_rows(axes: str, shape: tuple[int, ...] | None) -> None:
    """A scan of lines states T and X; other names for it need no Y either."""
    tifffile.imwrite("line.tif", ARRAY[0], metadata={"axes": "TX"}, photometric="minisblack")
    assert omio.imread("line.tif")[0].shape == (4, 1, 1, 1, 5)
    if shape is None:
        with pytest.raises(AmbiguousAxesError, match="does not fit the file"):
            omio.imread("line.tif", axes=axes)
    else:
        assert omio.imread("line.tif", axes=axes)[0].shape == shape


def test_axes_of_length_one_keep_their_names() -> None:
    """One letter for every axis longer than 1: Y is there although it is not named."""
    tifffile.imwrite("row.tif", ARRAY[:, :1], metadata={"axes": "TYX"}, photometric="minisblack")
    assert omio.imread("row.tif", axes="ZX")[0].shape == (1, 3, 1, 1, 5)
    with pytest.raises(AmbiguousAxesError, match="axes='ZC' are no axes"):
        omio.imread("row.tif", axes="ZC")


@pytest.mark.parametrize("name", ["imagej/xyz_8bit__mitotic_plate_calibrated.tif", "ome-tiff/time-series.ome.tif"])
def test_real_files(data: Path, name: str) -> None:
    path = data / name
    described = omio.explain(path).source.images[0].picture.description
    count = sum(n > 1 for n in described.levels[0].shape)
    with pytest.raises(AmbiguousAxesError, match="missing: Y, X"):
        omio.imread(path, axes="ABGHIL"[:count])
