"""Real files give the pixels that an independent reader gave."""

from __future__ import annotations

import hashlib
import xml.etree.ElementTree as ET
from pathlib import Path

import numpy as np
import pytest
import tifffile

from omio_core.errors import OmioError
from omio_core.files.local import locate
from omio_plugins.tiff._read import open_tiff

FOLDERS = ("imagej/", "ome-tiff/", "tiff/")

# Members of a set, of which the reader behind the expectations sees one plane each.
MEMBERS = tuple(f"ome-tiff/multifile-companion/multifile-Z{k}.ome.tiff" for k in range(1, 6))
COMPANION = "ome-tiff/multifile-companion/multifile.companion.ome"


def differences(data: Path, name: str, entry: dict, whole) -> list[str]:
    opened = open_tiff(locate(data / name))
    try:
        if len(opened.images) != len(entry["images"]):
            return [f"{name}: {len(opened.images)} images, {len(entry['images'])} expected"]
        found = []
        for k, (image, stated) in enumerate(zip(opened.images, entry["images"], strict=True)):
            axes = stated["native_axes"].replace("I", "Q")  # tifffile's letter for what nobody labelled
            if any("are no RGB" in said for said in image.assumptions):  # such samples are channels here
                axes = axes.replace("S", "C")
            array = whole(opened, k)
            little = np.ascontiguousarray(array.astype(array.dtype.newbyteorder("<"), copy=False))
            got = (image.axes, list(image.levels[0].shape), little.dtype.str)
            if got != (axes, stated["native_shape"], stated["dtype"]):
                found.append(f"{name} image {k}: {got}")
            if "sha256" in stated and hashlib.sha256(little.tobytes()).hexdigest() != stated["sha256"]:
                found.append(f"{name} image {k}: other pixels")
            sizes = entry.get("pixel_size_um", {})
            facts = image.facts()
            for axis in sizes:
                fact = getattr(facts, f"physical_size_{axis.lower()}")
                if fact is None or fact.value != pytest.approx(sizes[axis]) or fact.origin != "file":
                    found.append(f"{name}: size {axis} is {fact}")
        return found
    finally:
        opened.close()


@pytest.mark.parametrize("folder", FOLDERS)
def test_pixels_axes_and_types(data: Path, expected: dict[str, dict], folder: str, whole) -> None:
    names = [n for n, e in expected.items() if n.startswith(folder) and "images" in e and n not in MEMBERS]
    assert names
    found = [line for name in names for line in differences(data, name, expected[name], whole)]
    assert found == []


FOREIGN = {
    "YCbCr": (), "CMYK": (
        "image-tiff/cmyk-3c-16b.tiff", "image-tiff/cmyk-3c-32b-float.tiff", "image-tiff/cmyk-4c-8b.tiff",
        "image-tiff/libtiffpic-depth/flower-separated-contig-16.tif",
        "image-tiff/libtiffpic-depth/flower-separated-planar-08.tif",
        "image-tiff/seq/seq-4c-16b-cmyk-c6e52592.tiff", "pillow/tiff_strip_cmyk_jpeg.tif",
        "pillow/tiff_tiled_cmyk_jpeg.tif",
    ), "CIE L*a*b*": ("pillow/hopper.Lab.tif",),
}  # fmt: skip


def test_which_real_files_have_samples_of_other_colours(data: Path, expected: dict[str, dict], describe) -> None:
    """JPEGs of YCbCr come out as RGB and are not among them."""
    found: dict[str, set[str]] = {model: set() for model in FOREIGN}
    for name, entry in expected.items():
        if name.startswith("tiff/") and "images" in entry:
            for said in (said for image in describe(data / name) for said in image.assumptions if "no RGB" in said):
                found[next(model for model in FOREIGN if model in said)].add(name.removeprefix("tiff/"))
    assert found == {model: set(names) for model, names in FOREIGN.items()}


def test_which_real_files_have_the_resolution_of_a_program(data: Path, expected: dict[str, dict], describe) -> None:
    """Scans and drawings, and none of a microscope."""
    found = {
        name
        for name, entry in expected.items()
        if name.startswith(("tiff/", "imagej/", "ome-tiff/", "thorlabs/")) and "images" in entry
        and name.endswith((".tif", ".tiff"))
        and any(image.facts().default_sizes for image in describe(data / name))
    }  # fmt: skip
    assert len(found) >= 7
    assert {name.partition("/")[0] for name in found} == {"tiff"}
    assert any("libtiffpic" in name for name in found)


def assembled(companion: Path) -> np.ndarray:
    """The set as its XML has it, TZCYX: each page by tifffile, each file on its own."""
    ns = "{http://www.openmicroscopy.org/Schemas/OME/2016-06}"
    pixels = ET.parse(companion).getroot().find(f"{ns}Image/{ns}Pixels")
    sizes = [int(pixels.get(f"Size{axis}")) for axis in "TZCYX"]
    array = np.zeros(sizes, pixels.get("Type"))
    for data in pixels.iter(f"{ns}TiffData"):
        name = data.find(f"{ns}UUID").get("FileName")
        at = tuple(int(data.get(f"First{axis}")) for axis in "TZC")
        array[at] = tifffile.imread(companion.parent / name, key=int(data.get("IFD")))
    return array


@pytest.mark.parametrize("name", [*MEMBERS, COMPANION])
def test_any_member_of_a_set_gives_the_whole(data: Path, expected: dict[str, dict], name: str, whole) -> None:
    array = assembled(data / COMPANION)
    assert [hashlib.sha256(plane.tobytes()).hexdigest() for plane in array[0]] == [
        expected[member]["images"][0]["sha256"] for member in MEMBERS
    ]
    opened = open_tiff(locate(data / name))
    (image,) = opened.images
    assert (image.axes, image.levels[0].shape, image.name) == ("ZYX", (5, 24, 18), "multifile")
    assert hashlib.sha256(whole(opened).tobytes()).hexdigest() == hashlib.sha256(array.tobytes()).hexdigest()
    date = image.facts().acquisition_date
    assert date is not None
    assert date.value == "2010-03-02T15:08:59"
    assert len(opened.members) == 6
    opened.close()


def test_every_set_of_the_real_files_is_known(expected: dict[str, dict]) -> None:
    found = {n for n in expected if "multifile" in n and n.endswith(".tiff")}
    assert found == set(MEMBERS)


def test_what_nobody_decodes_is_an_error(data: Path, expected: dict[str, dict], read) -> None:
    names = [n for n, e in expected.items() if n.startswith("tiff/") and "images" not in e]
    assert names
    for name in names:
        with pytest.raises(OmioError):
            read(data / name)


def test_malformed_files_are_errors_or_pictures(data: Path, read) -> None:
    folder = data / "malformed"
    if not folder.is_dir():
        pytest.skip("there are no malformed files")
    outcomes = {"error": 0, "picture": 0}
    for path in sorted(p for p in folder.rglob("*") if p.is_file()):
        try:
            read(path)
        except OmioError:
            outcomes["error"] += 1
        else:
            outcomes["picture"] += 1
    assert outcomes["error"] > 60
