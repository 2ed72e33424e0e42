"""Sizes, channels, names and places come from the metadata, and what is only assumed is said."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

import omio
from omio_core.errors import CorruptFileError, MetadataWarning, OmioWarning, UnsupportedFeatureError

from .made import MICROMETRES, array, axes, group, image, multiscale, ramp, scale, translation

OME_XML = """<OME xmlns="http://www.openmicroscopy.org/Schemas/OME/2016-06"><Image ID="Image:0" Name="cells">
<AcquisitionDate>2024-05-06T07:08:09</AcquisitionDate>
<Pixels ID="Pixels:0" DimensionOrder="XYZCT" Type="uint16" SizeX="11" SizeY="9" SizeZ="1" SizeC="{c}" SizeT="2" {more}>
{channels}<MetadataOnly/><Plane TheZ="0" TheC="0" TheT="1" DeltaT="3.5" DeltaTUnit="s"/></Pixels></Image></OME>"""


def xml(store: Path, *, c: int = 2, more: str = "", channels: str = "") -> None:
    folder = store / "OME"
    folder.mkdir(exist_ok=True)
    (folder / "METADATA.ome.xml").write_text(OME_XML.format(c=c, more=more, channels=channels))


def facts(path: Path) -> dict[str, Any]:
    return omio.imread(path)[1]


def test_scales_with_units(tmp_path: Path) -> None:
    units = {"z": "nanometer", "y": "millimeter", "x": "angstrom", "t": "millisecond"}
    image(tmp_path, ramp(2, 3, 9, 11), "tzyx", [20, 300, 0.25, 5000], units=units)
    stated = facts(tmp_path)
    assert [stated[f"PhysicalSize{a}"] for a in "ZYX"] == [0.3, 250.0, 0.5]
    assert (stated["TimeIncrement"], stated["TimeIncrementUnit"]) == (0.02, "s")


def test_one_without_a_unit_is_unknown(tmp_path: Path) -> None:
    image(tmp_path, ramp(2, 3, 9, 11), "tzyx", [1, 1, 1, 1], units={})
    stated = facts(tmp_path)
    assert [stated[f"PhysicalSize{a}"] for a in "ZYX"] == [None] * 3
    assert stated["TimeIncrement"] is None


def test_one_with_a_unit_is_one(tmp_path: Path) -> None:
    image(tmp_path, ramp(9, 11), "yx", [1, 1])
    assert facts(tmp_path)["PhysicalSizeX"] == 1.0


def test_another_scale_without_a_unit_is_an_assumption(tmp_path: Path) -> None:
    image(tmp_path, ramp(3, 9, 11), "zyx", [2, 0.5, 0.5], units={})
    opened = omio.imopen(tmp_path)
    assert facts(tmp_path)["PhysicalSizeX"] == 0.5
    assumed = [a for a in opened.metadata.assumptions if "no unit" in a]
    assert assumed == [
        f"the scale of axis {a}, {s}, has no unit: micrometer is assumed"
        for a, s in zip("zyx", ("2", "0.5", "0.5"), strict=True)
    ]


def test_the_unit_of_the_other_axes_is_assumed(tmp_path: Path) -> None:
    image(tmp_path, ramp(3, 9, 11), "zyx", [50, 7, 7], units={"y": "nanometer", "x": "nanometer"})
    assert facts(tmp_path)["PhysicalSizeZ"] == 0.05


def test_a_unit_that_is_no_length(tmp_path: Path) -> None:
    image(tmp_path, ramp(9, 11), "yx", [3, 0.5], units={"y": "furlong", "x": "micrometer"})
    opened = omio.imopen(tmp_path)
    assert facts(tmp_path)["PhysicalSizeY"] is None
    assert any("3 furlong" in one for one in opened.picture.stored.description.not_kept)


def test_scales_of_the_group_and_of_the_level_are_multiplied(tmp_path: Path) -> None:
    one = multiscale("yx", [[2, 3]], coordinateTransformations=[scale(10, 0.1), translation(5, 0)])
    one["datasets"][0]["coordinateTransformations"].append(translation(1, 0))
    group(tmp_path, {"multiscales": [one]})
    array(tmp_path / "0", ramp(9, 11))
    stated = facts(tmp_path)
    assert (stated["PhysicalSizeY"], stated["PhysicalSizeX"]) == (20.0, pytest.approx(0.3))
    assert stated["Annotations"]["ome-zarr/translation"] == {"y": 15.0, "y unit": "micrometer"}


@pytest.mark.parametrize("numbers", [[1], [1, 2, 3], ["1", "2"], [0, 1], [-1, 1], [1e400, 1], None, [True, 1]])
def test_a_scale_that_is_none_costs_the_size_only(numbers: Any, tmp_path: Path) -> None:
    image(tmp_path, ramp(9, 11), "yx", [2, 2])
    document = json.loads((tmp_path / "zarr.json").read_text())
    document["attributes"]["ome"]["multiscales"][0]["datasets"][0]["coordinateTransformations"] = [
        {"type": "scale", "scale": numbers}
    ]
    (tmp_path / "zarr.json").write_text(json.dumps(document))
    with pytest.warns(MetadataWarning, match="does not fit"):
        pixels, stated = omio.imread(tmp_path)
    assert stated["PhysicalSizeX"] is None
    assert pixels.shape == (1, 1, 1, 9, 11)


@pytest.mark.parametrize("kind", ["affine", "rotation", "mapAxis", "byDimension", "displacements", ""])
@pytest.mark.parametrize("version", ["0.4", "0.5", "0.6"])
def test_other_transformations_are_refused_by_name(kind: str, version: str, tmp_path: Path) -> None:
    one = multiscale("yx", [[1, 1]])
    one["coordinateSystems"] = [{"name": "physical", "axes": axes("yx")}]
    one["datasets"][0]["coordinateTransformations"] = [{"type": "sequence", "transformations": [{"type": kind}]}]
    group(tmp_path, {"multiscales": [one]}, version)
    array(tmp_path / "0", ramp(9, 11), zarr_format=2 if version == "0.4" else 3)
    with pytest.raises(UnsupportedFeatureError, match=repr(kind)):
        omio.imread(tmp_path)


def system(name: str, **more: Any) -> dict[str, Any]:
    return {"name": name, "axes": axes("yx"), **more}


@pytest.mark.parametrize("version", ["0.6", "0.6.dev4", "0.6rc1"])
def test_the_coordinate_system_of_the_levels_is_that_of_the_image(version: str, tmp_path: Path) -> None:
    """As in the examples of ome/ngff-spec."""
    steps = {"type": "sequence", "transformations": [scale(2, 2), translation(1, 1), scale(0.25, 0.25)]}
    one = {
        "coordinateSystems": [system("world"), system("intrinsic")],
        "datasets": [
            {
                "path": "0",
                "coordinateTransformations": [{**steps, "input": {"path": "0"}, "output": {"name": "intrinsic"}}],
            }
        ],
        "coordinateTransformations": [{**scale(10, 10), "input": {"name": "intrinsic"}, "output": {"name": "world"}}],
    }
    group(tmp_path, {"multiscales": [one]}, version)
    array(tmp_path / "0", ramp(9, 11))
    assert facts(tmp_path)["PhysicalSizeX"] == 0.5
    assert facts(tmp_path)["Annotations"]["ome-zarr/translation"]["x"] == 0.25
    description = omio.imopen(tmp_path).picture.stored.description
    assert description.not_kept == ("the coordinate systems world",)
    assert description.kind == "OME-Zarr 0.6"


def test_a_coordinate_system_that_is_not_there(tmp_path: Path) -> None:
    one = {
        "coordinateSystems": [system("a"), system("b")],
        "datasets": [{"path": "0", "coordinateTransformations": [{**scale(1, 1), "output": {"name": "c"}}]}],
    }
    group(tmp_path, {"multiscales": [one]}, "0.6")
    array(tmp_path / "0", ramp(9, 11))
    with pytest.raises(CorruptFileError, match="does not say what its axes are"):
        omio.imread(tmp_path)


OMERO = {
    "channels": [
        {"label": "DAPI", "color": "0000FF", "active": True, "window": {"min": 0, "max": 99, "start": 1, "end": 50}},
        {"label": "GFP", "color": "00FF00"},
    ],
    "rdefs": {"model": "color"},
}


def test_channels_of_omero(tmp_path: Path) -> None:
    image(tmp_path, ramp(2, 9, 11), "cyx", attributes={"omero": OMERO})
    stated = facts(tmp_path)
    assert [channel["Name"] for channel in stated["Channels"]] == ["DAPI", "GFP"]
    assert [channel["Color"] for channel in stated["Channels"]] == [0x0000FFFF, 0x00FF00FF]
    kept = stated["Annotations"]["ome-zarr/omero"]
    assert json.loads(kept["Channel 0"])["window"]["end"] == 50
    assert json.loads(kept["rdefs"]) == {"model": "color"}


def test_channels_that_do_not_fit_are_left_out(tmp_path: Path) -> None:
    image(tmp_path, ramp(3, 9, 11), "cyx", attributes={"omero": OMERO})
    with pytest.warns(MetadataWarning, match="2 channels"):
        opened = omio.imopen(tmp_path)
    assert [channel["Name"] for channel in opened.metadata.to_dict()["Channels"]] == [None] * 3


@pytest.mark.parametrize("color", ["FFFFFF", "#ffffff"])
def test_white_is_a_signed_number(color: str, tmp_path: Path) -> None:
    image(tmp_path, ramp(1, 9, 11), "cyx", attributes={"omero": {"channels": [{"label": "a", "color": color}]}})
    assert facts(tmp_path)["Channels"][0]["Color"] == -1


@pytest.mark.parametrize(
    "omero", [7, {"channels": 7}, {"channels": [7, {"color": 7}]}, {"channels": [{"color": "red"}, {}]}]
)
def test_a_flaw_in_omero_costs_no_pixel(omero: Any, tmp_path: Path) -> None:
    image(tmp_path, ramp(2, 9, 11), "cyx", attributes={"omero": omero})
    assert omio.imread(tmp_path)[0].shape == (1, 1, 2, 9, 11)


def test_facts_of_the_ome_xml_come_back(tmp_path: Path) -> None:
    image(tmp_path, ramp(2, 2, 9, 11), "tcyx", attributes={"omero": OMERO}, units={})
    xml(
        tmp_path,
        more='PhysicalSizeX="0.5" PhysicalSizeY="500" PhysicalSizeYUnit="nm"',
        channels='<Channel ID="Channel:0:0" Name="blue" EmissionWavelength="460"/><Channel ID="Channel:0:1"/>',
    )
    opened = omio.imopen(tmp_path)
    stated = opened.metadata.to_dict()
    assert opened.name == "cells"
    assert (stated["PhysicalSizeX"], stated["PhysicalSizeY"]) == (0.5, 0.5)
    assert [channel["Name"] for channel in stated["Channels"]] == ["blue", "GFP"]
    assert [channel["Color"] for channel in stated["Channels"]] == [0x0000FFFF, 0x00FF00FF]
    assert stated["Channels"][0]["EmissionWavelength"] == 460
    assert opened.metadata.facts.acquisition_date.value == "2024-05-06T07:08:09"
    assert opened.metadata.facts.planes.columns["DeltaT"][1, 0, 0] == 3.5
    assert not [a for a in opened.metadata.assumptions if "unit" in a]


def test_two_sizes_for_one_are_told(tmp_path: Path) -> None:
    image(tmp_path, ramp(2, 2, 9, 11), "tcyx", [1, 1, 0.25, 0.25])
    xml(tmp_path, more='PhysicalSizeX="0.5" PhysicalSizeY="0.25"')
    with pytest.warns(MetadataWarning, match="PhysicalSizeX is 0.5 in the OME-XML and 0.25 in the multiscales") as told:
        stated = facts(tmp_path)
    assert (stated["PhysicalSizeX"], stated["PhysicalSizeY"]) == (0.5, 0.25)
    assert "PhysicalSizeY" not in str(told[0].message)


def test_ome_xml_of_another_image_is_left_out(tmp_path: Path) -> None:
    image(tmp_path, ramp(2, 3, 9, 11), "tcyx")
    xml(tmp_path)
    with pytest.warns(MetadataWarning, match="SizeC is 2, the array has 3"):
        opened = omio.imopen(tmp_path)
    assert opened.metadata.facts.acquisition_date is None


@pytest.mark.parametrize("text", ["<OME", "<!DOCTYPE a><OME/>", "\xff", "<OME><Image/></OME>"])
def test_ome_xml_that_is_none_costs_facts_only(text: str, tmp_path: Path) -> None:
    image(tmp_path, ramp(2, 2, 9, 11), "tcyx")
    (tmp_path / "OME").mkdir()
    (tmp_path / "OME" / "METADATA.ome.xml").write_bytes(text.encode("latin-1"))
    with pytest.warns(MetadataWarning, match="OME-XML of the store cannot be read"):
        assert omio.imread(tmp_path)[0].shape == (2, 1, 2, 9, 11)


def test_rgb_comes_back_as_samples(tmp_path: Path) -> None:
    image(tmp_path, ramp(2, 6, 9, 11), "tcyx", chunks=(1, 1, 9, 11))
    xml(
        tmp_path,
        c=6,
        channels='<Channel ID="C:0" SamplesPerPixel="3" Name="a"/><Channel ID="C:1" SamplesPerPixel="3" Name="b"/>',
    )
    opened = omio.imopen(tmp_path)
    assert opened.picture.samples == 3
    assert [channel["Name"] for channel in opened.metadata.to_dict()["Channels"]] == ["a", "b"]
    assert (omio.imread(tmp_path)[0][:, 0] == ramp(2, 6, 9, 11)).all()
    assert (opened[:, :, 2:4, 3:5][:, 0] == ramp(2, 6, 9, 11)[:, 2:4, 3:5]).all()


AXES: Mapping[str, tuple[list[dict[str, str]], str]] = {
    "any order": ([{"name": "x", "type": "space"}, {"name": "c", "type": "channel"}, {"name": "y", "type": "space"}], "XCY"),
    "names of space that are others": ([{"name": "depth", "type": "space"}, {"name": "row", "type": "space"}, {"name": "col", "type": "space"}], "ZYX"),
    "no types": ([{"name": "t"}, {"name": "y"}, {"name": "x"}], "TYX"),
    "a type of its own": ([{"name": "phase", "type": "phase"}, {"name": "y", "type": "space"}, {"name": "x", "type": "space"}], "PYX"),
    "neither name nor type known": ([{"name": "y0"}, {"name": "y", "type": "space"}, {"name": "x", "type": "space"}], "AYX"),
}  # fmt: skip


@pytest.mark.parametrize("name", AXES)
def test_axes(name: str, tmp_path: Path) -> None:
    stated, letters = AXES[name]
    one = {"axes": stated, "datasets": [{"path": "0", "coordinateTransformations": [scale(1, 1, 1)]}]}
    group(tmp_path, {"multiscales": [one]})
    array(tmp_path / "0", ramp(2, 3, 4))
    import warnings

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", OmioWarning)
        opened = omio.imopen(tmp_path)
    assert opened.picture.stored.description.axes == letters
    if letters in ("PYX", "AYX"):
        assert any("gets the letter" in a for a in opened.metadata.assumptions)


@pytest.mark.parametrize(
    "stated",
    [[], axes("x"), axes("yx") * 2, axes("zy"), [7, 8], axes("tc"), [*axes("tczyx"), {"name": "q"}], "yx", None],
)
def test_axes_that_are_none(stated: Any, tmp_path: Path) -> None:
    one = {"axes": stated, "datasets": [{"path": "0"}]}
    group(tmp_path, {"multiscales": [one]})
    array(tmp_path / "0", ramp(2, 3))
    with pytest.raises(CorruptFileError, match="no valid axes"):
        omio.imread(tmp_path)


def test_the_array_names_its_dimensions_otherwise(tmp_path: Path) -> None:
    image(tmp_path, ramp(9, 11), "yx", dimension_names=["x", "y"])
    with pytest.warns(MetadataWarning, match="the array names its dimensions x, y; the axes are y, x"):
        assert omio.imread(tmp_path)[0].shape == (1, 1, 1, 9, 11)


def test_levels(tmp_path: Path) -> None:
    group(tmp_path, {"multiscales": [multiscale("yx", [[1, 1], [2, 2], [4, 4], [8, 8]], MICROMETRES)]})
    array(tmp_path / "0", ramp(16, 20))
    array(tmp_path / "1", ramp(8, 10))
    array(tmp_path / "2", ramp(4, 5, dtype="u1"))
    opened = omio.imopen(tmp_path)
    assert opened.levels == ((1, 1, 1, 16, 20), (1, 1, 1, 8, 10))
    not_kept = opened.picture.stored.description.not_kept
    assert [one[:11] for one in not_kept] == ["the level 2", "the level 3"]
