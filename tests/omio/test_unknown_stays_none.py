"""Unknown stays unknown: what a file does not state is None everywhere, and no number is invented on the way."""

from __future__ import annotations

import math
import xml.etree.ElementTree as ET
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile

import omio
from omio_core.errors import AssumedAxesWarning

SIZES = ("PhysicalSizeX", "PhysicalSizeY", "PhysicalSizeZ", "TimeIncrement")


def numbers(value: Any, where: str = "") -> Iterator[tuple[str, Any]]:
    """Every number in a dict, however deep, with the way to it."""
    if isinstance(value, dict):
        for key, one in value.items():
            yield from numbers(one, f"{where}/{key}")
    elif isinstance(value, list):
        for index, one in enumerate(value):
            yield from numbers(one, f"{where}[{index}]")
    elif isinstance(value, int | float):
        yield where, value


def test_the_dict_of_a_plain_file(plane: Path) -> None:
    """Sizes and names are None; the only numbers are lengths, samples, and the record of the source file."""
    _, metadata = omio.imread(plane)
    for key in SIZES:
        assert metadata[key] is None
        assert metadata[f"{key}Unit"] is None
    for key in ("Name", "AcquisitionDate", "Objective", "Planes"):
        assert metadata[key] is None
    (channel,) = metadata["Channels"]
    assert {key: value for key, value in channel.items() if value is not None} == {"SamplesPerPixel": 1}
    allowed = {"/SamplesPerPixel": 1, "/Channels[0]/SamplesPerPixel": 1}
    allowed |= dict(zip((f"/Size{axis}" for axis in "TZCYX"), (1, 1, 1, 5, 7), strict=True))
    allowed |= dict(zip((f"/shape[{i}]" for i in range(5)), (1, 1, 1, 5, 7), strict=True))
    record = "/Annotations/omio/provenance"
    allowed |= {f"{record}/source[0]/bytes": plane.stat().st_size, f"{record}/image": 0, f"{record}/images": 1}
    allowed |= {f"{record}/reader_revision": 1}
    assert dict(numbers(metadata)) == allowed


STACKS = {
    "pages": {"metadata": None},
    "imagej": {"imagej": True, "metadata": {"axes": "ZYX"}},
    "shaped": {"metadata": {"axes": "ZYX"}},
    "ome": {"ome": True, "metadata": {"axes": "ZYX"}},
}


@pytest.mark.parametrize("form", STACKS)
def test_every_flavour_is_silent_alike(tmp_path: Path, form: str) -> None:
    """A stack that tifffile writes without sizes has none, whatever the form."""
    path = tmp_path / "a.tif"
    tifffile.imwrite(path, np.zeros((7, 4, 5), np.uint8), photometric="minisblack", **STACKS[form])
    _, metadata = omio.imread(path, axes="ZYX")
    assert metadata["SizeZ"] == 7
    assert [metadata[key] for key in SIZES] == [None] * 4


def test_an_assumption_is_told(bare: Path) -> None:
    """Pages without a word are taken for T, once a file with a warning, and the dict keeps the sentence."""
    with pytest.warns(AssumedAxesWarning, match="taken for T") as caught:
        array, metadata = omio.imread(bare)
    assert len(caught) == 1
    assert str(bare) in str(caught[0].message)
    assert array.shape == (5, 1, 1, 96, 128)
    (sentence,) = metadata["Annotations"]["omio/assumptions"]["assumption"]
    assert "taken for T" in sentence
    with pytest.warns(AssumedAxesWarning):
        assert sentence in str(omio.explain(bare))


@pytest.mark.parametrize(
    ("resolution", "unit"),
    [((1, 1), "NONE"), ((1, 1), "INCH"), ((72, 72), "INCH"), ((96, 96), "INCH"), ((0, 0), "CENTIMETER")],
)
def test_a_resolution_that_means_nothing_is_no_size(tmp_path: Path, resolution: tuple[int, int], unit: str) -> None:
    """1, 72 and 96 pixels an inch are what programs write where they know nothing."""
    path = tmp_path / "a.tif"
    tifffile.imwrite(path, np.zeros((4, 5), np.uint8), metadata=None, resolution=resolution, resolutionunit=unit)
    _, metadata = omio.imread(path)
    assert [metadata[key] for key in SIZES] == [None] * 4


def test_the_explanation_has_no_number(plane: Path) -> None:
    """No fact has a value, and `explain` says unknown of each that an analysis would ask for."""
    explanation = omio.explain(plane)
    (image,) = explanation.to_dict()["images"]
    assert set(image["facts"].values()) == {None}
    for key in SIZES:
        assert f"{key} " in str(explanation)
    lines = [line.split() for line in str(explanation).splitlines()]
    assert all(line[1:] == ["unknown"] for line in lines if line[0] in SIZES)


def test_the_converted_file_states_no_size(plane: Path, tell: Callable[[Path], Any]) -> None:
    """Its OME-XML has no attribute of a size, a time, a name, a colour or a wavelength; nor has a tag."""
    (path,) = omio.convert_to_ometiff(plane)
    told = tell(path)
    assert "PhysicalSize" not in told.xml
    assert "TimeIncrement" not in told.xml
    assert set(told.image) == {"ID"}
    assert [set(channel) for channel in told.channels] == [{"ID", "SamplesPerPixel"}]
    tags = {element.tag.rpartition("}")[2] for element in ET.fromstring(told.xml.encode()).iter()}
    assert tags.isdisjoint({"Plane", "AcquisitionDate", "Instrument", "ObjectiveSettings"})
    with tifffile.TiffFile(path) as file:
        unit = file.pages[0].tags.get("ResolutionUnit")
        assert unit is None or unit.value == tifffile.RESUNIT.NONE
    _, metadata = omio.imread(path)
    assert [metadata[key] for key in SIZES] == [None] * 4


def test_an_array_of_which_nothing_is_said(tmp_path: Path) -> None:
    """`imwrite` adds nothing either."""
    path = omio.imwrite(tmp_path / "a.ome.tif", np.zeros((4, 5), np.uint8))
    _, metadata = omio.imread(path)
    assert [metadata[key] for key in SIZES] == [None] * 4
    assert all(math.isfinite(value) for _, value in numbers(metadata))
