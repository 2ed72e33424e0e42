"""What Experiment.xml says besides the shape: each value with the attribute that said it; unknown where none did."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import omio

from .made import fast, flown, pixels, write, xml

ARRAY = pixels(2, 1, 2, 4, 5)


def opened(folder: Path, **elements: Any) -> Any:
    return omio.imopen(write(folder, ARRAY, xml(**{"Streaming": {"frames": 2}, **elements})))


@pytest.mark.parametrize(
    ("lsm", "x", "y", "where", "notes"),
    [
        ({"pixelSizeUM": 0.5}, 0.5, 0.5, "LSM/@pixelSizeUM", 0),
        ({"pixelSizeUM": 0.5, "widthUM": 2.5, "heightUM": 2.001}, 0.5, 0.5, "LSM/@pixelSizeUM", 0),
        ({"pixelSizeUM": 0.5, "pixelWidthUM": 0.25, "pixelHeightUM": 0.5}, 0.25, 0.5, "LSM/@pixelWidthUM", 1),
        ({"pixelSizeUM": 2.93, "pixelWidthUM": 0.17, "widthUM": 0.85}, 0.17, 2.93, "LSM/@pixelWidthUM", 1),
        ({"pixelSizeUM": 0.5, "widthUM": 5.0, "heightUM": 2}, 0.5, 0.5, "LSM/@pixelSizeUM", 1),
        ({"pixelSizeUM": None, "widthUM": 2.5, "heightUM": 4}, 0.5, 1.0, "LSM/@widthUM / @pixelX", 0),
        ({"pixelSizeUM": 0}, None, None, None, 0),
        ({"pixelSizeUM": "nan"}, None, None, None, 0),
        ({"pixelSizeUM": -1}, None, None, None, 0),
        ({"pixelSizeUM": None}, None, None, None, 0),
        ({"pixelSizeUM": 0.5, "areaMode": 3, "heightUM": 0.26}, 0.5, None, "LSM/@pixelSizeUM", 1),
    ],
)  # fmt: skip
def test_pixel_sizes(
    tmp_path: Path, lsm: dict[str, Any], x: float | None, y: float | None, where: str | None, notes: int
) -> None:
    """Width and height come first; what contradicts is said; no size is not 1."""
    image = opened(tmp_path, LSM=lsm)
    found = image.metadata.facts.physical_size_x, image.metadata.facts.physical_size_y
    assert [None if one is None else pytest.approx(one.value) for one in found] == [x, y]
    if where is not None:
        assert found[0].where == f"Experiment.xml {where}"
        assert found[0].origin == ("derived" if " / " in where else "sidecar")
    assert len(image.metadata.assumptions) == notes


@pytest.mark.parametrize(
    ("elements", "seconds"),
    [
        ({}, 0.25),
        ({"LSM": {"frameRate": 0}}, None),
        ({"LSM": {"frameRate": None}}, None),
        ({"LSM": {"frameRate": "fast"}}, None),
        ({"LSM": {"averageMode": 1, "averageNum": 4}}, None),
        ({"LSM": {"averageMode": 1, "averageNum": 1}}, 0.25),
        ({"CaptureMode": {"mode": 0}, "Timelapse": {"timepoints": 2, "intervalSec": 7.5}}, 7.5),
        ({"CaptureMode": {"mode": 0}, "Timelapse": {"timepoints": 2, "intervalSec": 0}}, None),
    ],
)
def test_time_increment(tmp_path: Path, elements: dict[str, Any], seconds: float | None) -> None:
    """Of a stream by its rate; of averages not at all, as it is not known what the rate counts."""
    image = opened(tmp_path, **elements)
    fact = image.metadata.facts.time_increment
    assert (None if fact is None else fact.value) == seconds
    averaged = elements.get("LSM", {}).get("averageNum") == 4
    assert any("averages" in said for said in image.metadata.assumptions) is averaged


def test_fast_z(tmp_path: Path) -> None:
    """A volume takes its flyback, too; the step is a length, whichever way the stage went."""
    array = pixels(2, 3, 2, 4, 5)
    facts = omio.imopen(write(tmp_path, flown(array, 2), fast(2, 3, 2))).metadata.facts
    assert (facts.physical_size_z.value, facts.physical_size_z.origin) == (2.5, "sidecar")
    assert (facts.time_increment.value, facts.time_increment.origin) == (1.25, "derived")


@pytest.mark.parametrize(
    ("date", "unix", "iso"),
    [
        ("05/05/2020 17:14:26", "1588691666", "2020-05-05T17:14:26+02:00"),
        ("05/05/2020 17:14:26", None, "2020-05-05T17:14:26"),
        ("05/05/2020 05:14:26 PM", None, "2020-05-05T17:14:26"),
        ("05/05/2020 17:14:26", "1588691000", "2020-05-05T17:14:26"),
        ("05/05/2020 17:14:26", "0", "2020-05-05T17:14:26"),
        (None, "1588691666", "2020-05-05T15:14:26+00:00"),
        ("yesterday", None, None),
        ("13/13/2020 17:14:26", "1e300", None),
    ],
)
def test_the_date(tmp_path: Path, date: str | None, unix: str | None, iso: str | None) -> None:
    """American order, local; the offset where the other clock tells it."""
    fact = opened(tmp_path, Date={"date": date, "uTime": unix}).metadata.facts.acquisition_date
    assert (None if fact is None else fact.value) == iso


@pytest.mark.parametrize(
    ("lens", "wanted"),
    [
        ({"mag": 16, "name": "16X"}, {"Model": "16X", "NominalMagnification": 16.0}),
        ({"mag": 16, "name": "", "numericalAperture": 0.8}, {"NominalMagnification": 16.0, "LensNA": 0.8}),
        ({"mag": 0, "name": None, "numericalAperture": 0}, None),
    ],
)
def test_the_objective(tmp_path: Path, lens: dict[str, Any], wanted: dict[str, Any] | None) -> None:
    fact = opened(tmp_path, Magnification=lens).metadata.facts.objective
    assert (None if fact is None else fact.value) == wanted


def test_nothing_is_lost(tmp_path: Path) -> None:
    """All attributes are annotations; the text is kept as it stands."""
    image = opened(tmp_path, Pockels={"type": 0}, Sample={"name": 'a "µ" & b'})
    noted = image.metadata.to_dict()["Annotations"]["thorlabs"]
    assert noted["LSM/@frameRate"] == "4"
    assert noted["Wavelengths/ChannelEnable/@Set"] == "3"
    assert noted["Wavelengths/Wavelength[2]/@name"] == "ChanB"
    assert noted["Sample/@name"] == 'a "µ" & b'
    assert image.vendor["text"] == (tmp_path / "Experiment.xml").read_text("utf-8")
    assert image.vendor["values"] == noted
    assert image.metadata.facts.name.value == "run 1"


def test_facts_travel_to_ome_tiff(tmp_path: Path) -> None:
    """And back, attributes and assumptions included."""
    image = opened(tmp_path, LSM={"widthUM": 9})
    (written,) = omio.convert_to_ometiff(image.picture.key.path, tmp_path / "out")
    array, said = omio.imread(written)
    assert (array == ARRAY).all()
    assert (said["PhysicalSizeX"], said["TimeIncrement"], said["AcquisitionDate"]) == (
        0.5,
        0.25,
        "2020-05-05T17:14:26+02:00",
    )
    assert said["Annotations"]["thorlabs"]["LSM/@pixelSizeUM"] == "0.5"
    assert [one["Name"] for one in said["Channels"]] == ["ChanA", "ChanB"]
    assert list(image.metadata.assumptions)
