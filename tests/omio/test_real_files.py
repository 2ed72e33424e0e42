"""Real files: pixels as an independent reader saw them, metadata as the files themselves state them, and back again.

What a file states is taken from it here without OMIO: from tifffile's parse of the ImageJ description and the
resolution tags, or from the file's own OME-XML with ElementTree.
"""

from __future__ import annotations

import json
import xml.etree.ElementTree as ET
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile
from PIL import Image as Picture

import omio

MICROMETRES = {"micron": 1.0, "\\u00B5m": 1.0, "um": 1.0, "µm": 1.0, "nm": 1e-3, "mm": 1e3}


@dataclass(frozen=True, slots=True)
class Stated:
    """What a source says of itself; None where it is silent."""

    sizes: dict[str, float | None]  # of X, Y, Z in micrometres
    increment: float | None
    lengths: dict[str, int]
    name: str | None
    channels: list[str | None]
    date: str | None


def stated(path: Path) -> Stated:
    """The facts of a source, taken without OMIO."""
    with tifffile.TiffFile(path) as file:
        if file.is_imagej:
            return _by_imagej(file)
        return _by_xml(ET.fromstring(file.ome_metadata.encode()))


def _by_imagej(file: tifffile.TiffFile) -> Stated:
    said, tags = file.imagej_metadata, file.pages[0].tags
    factor = MICROMETRES.get(str(said.get("unit")))
    sizes: dict[str, float | None] = {"X": None, "Y": None, "Z": None}
    if factor is not None:
        for axis in "XY":
            pixels, units = tags[f"{axis}Resolution"].value
            sizes[axis] = units / pixels * factor
        sizes["Z"] = said["spacing"] * factor if "spacing" in said else None
    length, width = tags["ImageLength"].value, tags["ImageWidth"].value
    lengths = {a: said.get(k, 1) for a, k in (("T", "frames"), ("Z", "slices"), ("C", "channels"))}
    return Stated(
        sizes=sizes,
        increment=said.get("finterval"),
        lengths=lengths | {"Y": length, "X": width},
        name=None,
        channels=[None] * lengths["C"],
        date=None,
    )


def _by_xml(root: ET.Element) -> Stated:
    (image,) = root.findall("{*}Image")
    pixels = image.find("{*}Pixels")
    sizes = {}
    for axis in "XYZ":
        size = pixels.get(f"PhysicalSize{axis}")
        sizes[axis] = None if size is None else float(size) * MICROMETRES[pixels.get(f"PhysicalSize{axis}Unit", "µm")]
    increment = pixels.get("TimeIncrement")
    assert increment is None or pixels.get("TimeIncrementUnit", "s") == "s"
    return Stated(
        sizes=sizes,
        increment=None if increment is None else float(increment),
        lengths={axis: int(pixels.get(f"Size{axis}")) for axis in "TZCYX"},
        name=image.get("Name"),
        channels=[channel.get("Name") for channel in pixels.findall("{*}Channel")],
        date=image.findtext("{*}AcquisitionDate"),
    )


@pytest.fixture(scope="module")
def source(data: Path, real: str) -> Path:
    """A real file."""
    return data / real


@pytest.fixture(scope="module")
def converted(source: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The same as an OME-TIFF, at the default level; gone after its tests."""
    (path,) = omio.convert_to_ometiff(source, tmp_path_factory.mktemp("converted"))
    yield path
    path.unlink()


def test_pixels(source: Path, real: str, expected: dict[str, Any], digest: Callable[[Any], str]) -> None:
    """Shape, type and digest of every image, and the pixel sizes, as expected."""
    wanted = expected[real]
    arrays, dicts = omio.imread(source, return_list=True)
    assert len(arrays) == len(dicts) == len(wanted["images"])
    for array, metadata, image in zip(arrays, dicts, wanted["images"], strict=True):
        assert list(array.shape) == image["shape"] == metadata["shape"]
        assert array.dtype == np.dtype(image["dtype"]).newbyteorder("=")
        assert digest(array) == image["sha256"]
        if "pixel_size_um" in wanted:
            sizes = {axis: metadata[f"PhysicalSize{axis}"] for axis in "XYZ"}
            assert {axis: size for axis, size in sizes.items() if size is not None} == pytest.approx(
                wanted["pixel_size_um"], rel=1e-12
            )


def test_metadata_are_those_of_the_source(source: Path) -> None:
    """What `imread` gives is what the file states, and None where it is silent."""
    facts = stated(source)
    _, metadata = omio.imread(source)
    for axis, size in facts.sizes.items():
        assert metadata[f"PhysicalSize{axis}"] == (None if size is None else pytest.approx(size, rel=1e-12))
        assert metadata[f"PhysicalSize{axis}Unit"] == (None if size is None else "µm")
    assert metadata["TimeIncrement"] == facts.increment
    assert {axis: metadata[f"Size{axis}"] for axis in "TZCYX"} == facts.lengths
    assert metadata["Name"] == facts.name
    assert [channel["Name"] for channel in metadata["Channels"]] == facts.channels
    assert metadata["AcquisitionDate"] == facts.date


def test_the_converted_file_is_the_source(source: Path, converted: Path, tell: Callable[[Path], Any]) -> None:
    """Told by tifffile and ElementTree: equal pixels, and the facts of the source, no more and no less."""
    facts, told = stated(source), tell(converted)
    array, _ = omio.imread(source)
    assert told.pixels.dtype == array.dtype
    np.testing.assert_array_equal(told.pixels, array)
    for axis, size in facts.sizes.items():
        assert (float(told.at[f"PhysicalSize{axis}"]) if f"PhysicalSize{axis}" in told.at else None) == (
            None if size is None else pytest.approx(size, rel=1e-12)
        )
        assert told.at.get(f"PhysicalSize{axis}Unit") == (None if size is None else "µm")
    assert (float(told.at["TimeIncrement"]) if "TimeIncrement" in told.at else None) == facts.increment
    assert {axis: int(told.at[f"Size{axis}"]) for axis in "TZCYX"} == facts.lengths
    assert told.image.get("Name") == facts.name
    assert [channel.get("Name") for channel in told.channels] == facts.channels
    assert told.date == facts.date


def test_and_back(source: Path, converted: Path) -> None:
    """Read again: equal pixels, and every value equal that is not a record of the way."""
    array, metadata = omio.imread(source)
    again, read = omio.imread(converted)
    assert again.dtype == array.dtype
    np.testing.assert_array_equal(again, array)
    for key in set(metadata) - {"Annotations"}:
        assert read[key] == metadata[key], key
    for namespace, values in metadata["Annotations"].items():
        if not namespace.startswith("omio/"):
            back = read["Annotations"][namespace]
            assert back.keys() == values.keys()
            for key, value in values.items():  # a MapAnnotation holds texts: of what is none, its JSON
                texts = isinstance(value, str) or isinstance(back[key], list)
                assert (back[key] if texts else json.loads(back[key])) == value
    (before,) = read["Annotations"]["omio/provenance"]["history"]
    assert before["source"][0]["name"] == source.name


def test_others_accept_it(
    converted: Path,
    tell: Callable[[Path], Any],
    xmllint: Callable[[str], None],
    tiffinfo: Callable[[Path], None],
) -> None:
    """The schema, libtiff, and Pillow, which opens every page."""
    told = tell(converted)
    xmllint(told.xml)
    tiffinfo(converted)
    if told.pixels.dtype == np.int8:
        return  # Pillow has no mode for it
    with Picture.open(converted) as picture:
        t, z, c = told.pixels.shape[:3]
        assert picture.n_frames == t * z * c
        for frame in range(picture.n_frames):
            picture.seek(frame)
            assert np.asarray(picture).shape == told.pixels.shape[3:]
