"""What the caller states: a fact with the origin "caller", in the dict, in `explain`, and in what is written."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import omio
from omio_core import Policies
from omio_core.errors import AmbiguousAxesError, MetadataError, MissingMetadataError, OmioError, UnknownOptionError

ORIGINS = "omio/origins"


@pytest.mark.parametrize(
    ("given", "sizes"),
    [
        (0.5, {"X": 0.5, "Y": 0.5}),
        (2, {"X": 2.0, "Y": 2.0}),
        (np.float32(0.5), {"X": 0.5, "Y": 0.5}),
        ((0.5, 0.25), {"X": 0.5, "Y": 0.25}),
        ([0.5, 0.25, 2], {"X": 0.5, "Y": 0.25, "Z": 2.0}),
        (np.array([0.5, 0.25, 2]), {"X": 0.5, "Y": 0.25, "Z": 2.0}),
        ({"Z": 2}, {"Z": 2.0}),
        ({"x": 0.5, "Y": 0.25}, {"X": 0.5, "Y": 0.25}),
    ],
)
def test_forms_of_a_pixel_size(plane: Path, given: Any, sizes: dict[str, float]) -> None:
    """Each means what it says; what it does not say stays unknown."""
    _, metadata = omio.imread(plane, pixel_size=given)
    for axis in "XYZ":
        assert metadata[f"PhysicalSize{axis}"] == sizes.get(axis)
    origins = metadata["Annotations"][ORIGINS]
    assert origins == {f"PhysicalSize{axis}": "caller: pixel_size=" for axis in sizes}
    assert metadata["Annotations"]["omio/provenance"]["caller"] == {"pixel_size": sizes}


@pytest.mark.parametrize(
    "said",
    [
        {"pixel_size": 0},
        {"pixel_size": -0.1},
        {"pixel_size": float("nan")},
        {"pixel_size": float("inf")},
        {"pixel_size": 1e-10},
        {"pixel_size": True},
        {"pixel_size": "0.5"},
        {"pixel_size": ()},
        {"pixel_size": (1, 2, 3, 4)},
        {"pixel_size": {}},
        {"pixel_size": {"T": 1.0}},
        {"pixel_size": {"X": None}},
        {"pixel_size": (0.5, "b")},
        {"time_increment": 0},
        {"time_increment": float("nan")},
        {"time_increment": "1"},
        {"channel_names": ["a", "b"]},
        {"channel_names": []},
        {"channel_names": "a"},
        {"channel_names": [7]},
    ],
    ids=repr,
)
def test_what_is_no_statement(plane: Path, said: dict[str, Any]) -> None:
    """Refused with the name of the keyword; no size is quietly dropped."""
    with pytest.raises(MetadataError, match=next(iter(said))):
        omio.imread(plane, **said)


def test_every_door_takes_them(stated: Path, tmp_path: Path, tell: Callable[[Path], Any]) -> None:
    """imread, imopen, explain, convert: the same value, the same origin; the file's own are told apart."""
    said: dict[str, Any] = {"pixel_size": {"Z": 2.0}, "time_increment": 60, "channel_names": ["nuclei", "spots"]}
    _, metadata = omio.imread(stated, **said)
    with omio.imopen(stated, **said) as image:
        assert image.metadata.to_dict() == metadata
        assert "from caller (pixel_size=)" in image.explain()
    assert metadata["PhysicalSizeZ"] == 2.0
    assert metadata["TimeIncrement"] == 60.0
    assert [channel["Name"] for channel in metadata["Channels"]] == ["nuclei", "spots"]

    (told,) = omio.explain(stated, **said).to_dict()["images"]
    by = {name: fact["origin"] for name, fact in told["facts"].items() if fact}
    assert by == {
        "PhysicalSizeX": "file",
        "PhysicalSizeY": "file",
        "PhysicalSizeZ": "caller",
        "TimeIncrement": "caller",
        "Channels[0].Name": "caller",
        "Channels[1].Name": "caller",
    }
    (path,) = omio.convert_to_ometiff(stated, tmp_path, **said)
    written = tell(path)
    assert written.at["PhysicalSizeZ"] == "2.0"
    assert [channel["Name"] for channel in written.channels] == ["nuclei", "spots"]
    origins = written.annotations[ORIGINS]
    assert origins["PhysicalSizeZ"].strip('"') == "caller: pixel_size="
    assert origins["Channels[1].Name"].strip('"') == "caller: channel_names="
    assert origins["PhysicalSizeX"].strip('"').startswith("file: ")
    assert "nuclei" in written.annotations["omio/provenance"]["caller"]


@pytest.mark.parametrize(
    ("axes", "shape"),
    [
        ("ZYX", (1, 5, 1, 96, 128)),
        ("zyx", (1, 5, 1, 96, 128)),
        ("CYX", (1, 1, 5, 96, 128)),
        ("TYX", (5, 1, 1, 96, 128)),
        ("ZXY", (1, 5, 1, 128, 96)),
    ],
)
def test_axes(bare: Path, axes: str, shape: tuple[int, ...]) -> None:
    """Settle what the file leaves open, without a warning, and without an assumption on record."""
    pages, metadata = omio.imread(bare, axes=axes)
    assert pages.shape == shape
    assert "omio/assumptions" not in metadata["Annotations"]
    assert metadata["Annotations"]["omio/provenance"]["caller"] == {"axes": axes}
    native = omio.imread(bare, axes="ZYX")[0][0, :, 0]
    np.testing.assert_array_equal(pages.squeeze(), native.swapaxes(1, 2) if axes == "ZXY" else native)


@pytest.mark.parametrize("axes", ["YX", "TZCYX", "ZZX", "Z1X", "QYX", ""])
def test_axes_that_do_not_fit(bare: Path, axes: str) -> None:
    """Too few, too many, twice, none: refused, with what the file has."""
    with pytest.raises(AmbiguousAxesError) as caught:
        omio.imread(bare, axes=axes)
    assert caught.value.remedy


def test_axes_of_a_file_that_names_them(stated: Path) -> None:
    """The caller wins: Z and T of a file that has them the wrong way round."""
    array, _ = omio.imread(stated)
    swapped, _ = omio.imread(stated, axes="ZTCYX")
    np.testing.assert_array_equal(swapped, array.swapaxes(0, 1))


def test_policies_by_keyword(bare: Path) -> None:
    """As keywords or as one value, in every door; a keyword wins."""
    for said in ({"axes": "raise"}, {"policies": Policies(axes="raise")}):
        for door in (omio.imread, omio.imopen, omio.explain, omio.convert_to_ometiff):
            with pytest.raises(AmbiguousAxesError, match="does not name all its axes"):
                door(bare, **said)
    with pytest.raises(MissingMetadataError):
        omio.imread(bare, policies=Policies(axes="raise"), axes="ZYX", missing="raise")
    _, metadata = omio.imread(bare, axes="ZYX", missing="unknown", policies=Policies(missing="raise"))
    assert metadata["Annotations"]["omio/provenance"]["policies"]["missing"] == "unknown"
    assert [p.name for p in bare.parent.iterdir()] == [bare.name]


def test_a_policy_that_is_none(stated: Path) -> None:
    """Told at once, with those there are, and the one that was meant."""
    with pytest.raises(OmioError, match=r"missing='rise'.*\n.*raise, unknown.*\n.*mean 'raise'"):
        omio.imread(stated, missing="rise")
    with pytest.raises(OmioError, match="collision='ask'"):
        omio.imread(stated, policies=Policies(collision="ask"))
    with pytest.raises(OmioError, match="no Policies"):
        omio.imread(stated, policies={"missing": "raise"})


def test_a_missing_size_that_the_shape_does_not_need(plane: Path) -> None:
    """One plane needs no Z and no time."""
    _, metadata = omio.imread(plane, pixel_size=0.5, missing="raise")
    assert metadata["PhysicalSizeZ"] is None


@pytest.mark.parametrize("door", [omio.imread, omio.imopen, omio.explain, omio.convert_to_ometiff])
def test_an_option_that_nobody_has(stated: Path, door: Callable[..., Any]) -> None:
    """A misspelt keyword is no silence: the error names it and the reader."""
    with pytest.raises(UnknownOptionError, match="tiff has no option 'pixelsize'") as caught:
        door(stated, pixelsize=0.5)
    assert caught.value.options == ("pixelsize",)
    assert [p.name for p in stated.parent.iterdir()] == [stated.name]


def test_an_option_that_no_writer_has(plate: Path) -> None:
    with pytest.raises(OmioError, match="compresion"):
        omio.convert_to_ometiff(plate, compresion="zstd")


def test_the_home_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """``~`` is the user's home in every path; a name that only begins so is a name."""
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    written = omio.imwrite("~/a.ome.tif", np.zeros((4, 5), np.uint8))
    assert written == tmp_path / "a.ome.tif"
    assert omio.imread("~/a.ome.tif")[0].shape == (1, 1, 1, 4, 5)
    assert omio.convert_to_ometiff("~/a.ome.tif", "~/out") == [tmp_path / "out" / "a.ome.tif"]
    assert omio.plan("~", "~/plan").outputs[0].path == str(tmp_path / "plan" / "a.ome.tif")
    assert omio.verify("~/out").ok
    monkeypatch.chdir(tmp_path)
    assert omio.imwrite("~a.ome.tif", np.zeros((4, 5), np.uint8)).name == "~a.ome.tif"
    assert omio.imread("~a.ome.tif")[0].shape == (1, 1, 1, 4, 5)
