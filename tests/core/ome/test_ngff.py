"""OME-Zarr attributes are valid, plain, and state nothing that is unknown."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from omio_core.errors import MetadataError
from omio_core.metadata.display import display_record
from omio_core.metadata.facts import Channel, Fact, Facts
from omio_core.metadata.model import Metadata
from omio_core.ome.ngff import NGFF_AXES, ngff_attributes, ngff_order

SHAPE = (2, 7, 3, 64, 48)
HALF = (2, 7, 3, 32, 24)
UNKNOWN = Metadata(shape=SHAPE, dtype="uint16")


def _multiscale(attributes: dict[str, Any]) -> dict[str, Any]:
    (multiscale,) = attributes.get("ome", attributes)["multiscales"]
    return dict(multiscale)


def _scales(attributes: dict[str, Any]) -> list[list[float]]:
    return [
        transformation["scale"]
        for dataset in _multiscale(attributes)["datasets"]
        for transformation in dataset["coordinateTransformations"]
    ]


def _known() -> Metadata:
    facts = Facts(
        name=Fact("cells", "file"),
        physical_size_x=Fact(0.25, "file"),
        physical_size_y=Fact(0.5, "file"),
        physical_size_z=Fact(1.5, "file"),
        time_increment=Fact(30.0, "file"),
        channels=(
            Channel(name=Fact("DAPI", "file"), color=Fact(65535, "file")),  # 0x0000FFFF: blue, opaque
            Channel(name=Fact("GFP", "file"), color=Fact(-16776961, "file")),  # 0xFF0000FF: red, opaque
            Channel(),
        ),
    )
    return replace(UNKNOWN, facts=facts)


def test_known_sizes_are_scales_with_units_in_the_order_of_the_specification() -> None:
    """Time, channel, space; the sizes of the second level are those of the first times the factor."""
    attributes = ngff_attributes(_known(), [SHAPE, HALF])
    assert attributes["ome"]["version"] == "0.5"
    multiscale = _multiscale(attributes)
    assert multiscale["name"] == "cells"
    assert multiscale["axes"] == [
        {"name": "t", "type": "time", "unit": "second"},
        {"name": "c", "type": "channel"},
        {"name": "z", "type": "space", "unit": "micrometer"},
        {"name": "y", "type": "space", "unit": "micrometer"},
        {"name": "x", "type": "space", "unit": "micrometer"},
    ]
    assert _scales(attributes) == [[30.0, 1.0, 1.5, 0.5, 0.25], [30.0, 1.0, 1.5, 1.0, 0.5]]
    assert [dataset["path"] for dataset in multiscale["datasets"]] == ["0", "1"]


def test_an_unknown_size_is_one_without_a_unit() -> None:
    """Also where a neighbour is known; a name that is unknown is not there."""
    attributes = ngff_attributes(UNKNOWN, [SHAPE])
    assert _scales(attributes) == [[1.0] * 5]
    assert not any("unit" in axis for axis in _multiscale(attributes)["axes"])
    assert "name" not in _multiscale(attributes)
    some = replace(UNKNOWN, facts=Facts(physical_size_x=Fact(0.3, "file")))
    axes = _multiscale(ngff_attributes(some, [SHAPE]))["axes"]
    assert [axis["name"] for axis in axes if "unit" in axis] == ["x"]
    assert _scales(ngff_attributes(some, [SHAPE, HALF])) == [[1, 1, 1, 1, 0.3], [1, 1, 1, 2, 0.6]]


def test_channels_have_their_names_and_colours() -> None:
    """OME's signed integer is RRGGBB; a usual colour stands for an unknown one, an unknown name is left out."""
    channels = ngff_attributes(_known(), [SHAPE])["ome"]["omero"]["channels"]
    assert [(channel.get("label"), channel["color"]) for channel in channels] == [
        ("DAPI", "0000FF"),
        ("GFP", "FF0000"),
        (None, "0000FF"),
    ]
    one = replace(UNKNOWN, shape=(1, *SHAPE[1:2], 1, *SHAPE[3:]))
    (channel,) = ngff_attributes(one, [one.shape])["ome"]["omero"]["channels"]
    assert channel["color"] == "FFFFFF"
    assert channels[0]["window"] == {"start": 0, "end": 65535, "min": 0, "max": 65535}


@pytest.mark.parametrize(
    ("dtype", "window"),
    [("bool", (0, 1)), ("uint8", (0, 255)), ("int16", (-32768, 32767)), ("float32", None), ("complex64", None)],
)
def test_a_window_is_the_range_of_an_integer_type_or_what_was_measured(
    dtype: str, window: tuple[int, int] | None
) -> None:
    """Without either there is no omero at all: it would be invalid without a window."""
    metadata = replace(UNKNOWN, dtype=dtype)
    omero = ngff_attributes(metadata, [SHAPE])["ome"].get("omero")
    assert (omero is None) == (window is None)
    if window:
        assert {(ch["window"]["min"], ch["window"]["max"]) for ch in omero["channels"]} == {window}
    measured = ngff_attributes(metadata, [SHAPE], windows=[(0.5, 2.0)] * 3)["ome"]["omero"]
    least, most = window or (0.5, 2.0)
    assert measured["channels"][2]["window"] == {"start": 0.5, "end": 2.0, "min": least, "max": most}


def test_means_state_where_the_centre_of_the_first_pixel_is() -> None:
    """Of a mean of 2 x 2 pixels it is half a pixel further; of the nearest pixel it stays where it was."""
    mean = _multiscale(ngff_attributes(_known(), [SHAPE, HALF], method="mean"))
    steps = [step for dataset in mean["datasets"] for step in dataset["coordinateTransformations"]]
    shift = [step["translation"] for step in steps if step["type"] == "translation"]
    factors = [n / m for n, m in zip(SHAPE, HALF, strict=True)]
    size = _scales(ngff_attributes(_known(), [SHAPE]))[0]
    assert shift == [[0, 0, 0, size[3] * (factors[3] - 1) / 2, size[4] * (factors[4] - 1) / 2]]
    nearest = _multiscale(ngff_attributes(_known(), [SHAPE, HALF], method="nearest"))
    assert (mean["type"], nearest["type"]) == ("mean", "nearest")
    assert all(len(dataset["coordinateTransformations"]) == 1 for dataset in nearest["datasets"])


def test_the_samples_of_rgb_are_red_green_and_blue() -> None:
    """One entry for each C index."""
    rgb = Metadata(shape=(1, 1, 3, 8, 8), dtype="uint8", samples=3)
    channels = ngff_attributes(rgb, [rgb.shape])["ome"]["omero"]["channels"]
    assert [(channel["label"], channel["color"]) for channel in channels] == [
        ("red", "FF0000"),
        ("green", "00FF00"),
        ("blue", "0000FF"),
    ]
    two = Metadata(shape=(1, 1, 4, 8, 8), dtype="uint8", samples=2)
    assert len(ngff_attributes(two, [two.shape])["ome"]["omero"]["channels"]) == 4


def test_version_0_4_states_its_version_in_each_part() -> None:
    """And has no ``ome`` around them."""
    attributes = ngff_attributes(_known(), [SHAPE, HALF], version="0.4")
    assert set(attributes) == {"multiscales", "omero"}
    assert _multiscale(attributes)["version"] == attributes["omero"]["version"] == "0.4"
    assert _scales(attributes) == _scales(ngff_attributes(_known(), [SHAPE, HALF]))


def test_paths_and_factors_of_a_writer_are_taken() -> None:
    """Of 5 pixels that were halved to 3, the factor is 2."""
    attributes = ngff_attributes(UNKNOWN, [SHAPE, HALF], paths=["s0", "s1"], factors=[(1, 1, 1, 1, 1), (1, 1, 1, 2, 2)])
    assert [dataset["path"] for dataset in _multiscale(attributes)["datasets"]] == ["s0", "s1"]
    assert _scales(attributes)[1] == [1, 1, 1, 2, 2]


@pytest.mark.parametrize(
    "wrong", [{"paths": ["0"]}, {"factors": [(1,) * 5]}, {"windows": [(0, 1)]}, {"version": "0.3"}]
)
def test_what_does_not_fit_is_refused(wrong: dict[str, Any]) -> None:
    """A list that is too short, an unknown version."""
    with pytest.raises(MetadataError):
        ngff_attributes(UNKNOWN, [SHAPE, HALF], **wrong)


def test_all_values_are_plain_json_in_the_order_of_the_axes() -> None:
    """What is written is read back the same; exchanging twice gives the same lengths."""
    attributes = ngff_attributes(_known(), [SHAPE, HALF])
    assert json.loads(json.dumps(attributes, allow_nan=False)) == attributes
    assert ngff_order(ngff_order(SHAPE)) == SHAPE
    assert [SHAPE["TZCYX".index(axis)] for axis in NGFF_AXES.upper()] == list(ngff_order(SHAPE))


@pytest.mark.parametrize("dtype", ["uint16", "float32"])
def test_what_a_viewer_showed_is_the_window(dtype: str) -> None:
    """Of each channel for which it is recorded, whatever was measured; what was measured stays for the others."""
    facts = Facts(annotations=display_record([(3, 900), None, (0, 1)], ["image"] * 3))
    known = replace(UNKNOWN, dtype=dtype, facts=facts)
    for windows, other in (([(5.0, 6.0)] * 3, (5.0, 6.0)), (None, (0, 65535) if dtype == "uint16" else (0.0, 1.0))):
        shown = ngff_attributes(known, [SHAPE], windows=windows)["ome"]["omero"]["channels"]
        pairs = [(channel["window"]["start"], channel["window"]["end"]) for channel in shown]
        assert pairs == [(3, 900), other, (0, 1)]
