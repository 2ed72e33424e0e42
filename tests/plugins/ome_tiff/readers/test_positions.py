"""What a program sees that takes a file literally: planes by their position, values where TIFF 6.0 has them.

Nothing here is read by OMIO: the XML by ElementTree, pages by tifffile, directories by `struct`.
"""

from __future__ import annotations

import math
import struct
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest
import tifffile

import omio
from tests.plugins.ome_tiff.readers.cases import CASES, Case, made
from tests.plugins.ome_tiff.readers.conftest import Written

OME = "{http://www.openmicroscopy.org/Schemas/OME/2016-06}"
COLUMNS = ("DeltaT", "ExposureTime", "PositionX", "PositionY", "PositionZ")


def over(cases: list[Case]) -> Any:
    return pytest.mark.parametrize("case", cases, ids=lambda case: case.name)


def described(path: Path) -> list[ET.Element]:
    """The Pixels of each image."""
    with tifffile.TiffFile(path) as tif:
        root = ET.fromstring(tif.pages[0].tags["ImageDescription"].value)
    return [image[0] for image in ([*image.iter(f"{OME}Pixels")] for image in root.iter(f"{OME}Image"))]


def at(element: ET.Element, prefix: str) -> tuple[int, int, int]:
    """T, Z and C of a TiffData or a Plane."""
    t, z, c = (int(element.attrib[prefix + axis]) for axis in "TZC")
    return t, z, c


@over([*CASES])
def test_the_k_th_element_is_of_the_k_th_directory(case: Case, written: Written) -> None:
    path = written(case)
    with tifffile.TiffFile(path) as tif:
        pages, ifd = [*tif.pages], 0
        for one, pixels in zip(case.images, described(path), strict=True):
            array, sizes = one.pixels(), one.sizes
            number = sizes["T"] * sizes["Z"] * sizes["C"]
            data, planes = pixels.findall(f"{OME}TiffData"), pixels.findall(f"{OME}Plane")
            given = one.metadata.get("Planes", {})
            assert len(data) == number
            assert len(planes) == (number if given else 0)
            # the schema has Channel, then TiffData, then Plane
            order = [child.tag.removeprefix(OME) for child in pixels]
            assert order == ["Channel"] * sizes["C"] + ["TiffData"] * number + ["Plane"] * len(planes)
            for k, element in enumerate(data):
                t, z, c = at(element, "First")
                assert (int(element.attrib["IFD"]), element.attrib["PlaneCount"]) == (ifd + k, "1")
                plane = array[t, z, c] if sizes["S"] > 1 else array[t, z, c, ..., 0]
                np.testing.assert_array_equal(pages[ifd + k].asarray(), plane)
            for k, element in enumerate(planes):
                t, z, c = at(element, "The")
                assert (t, z, c) == at(data[k], "First")
                values = {name: given[name][t][z][c] for name in given}
                known = {name: value for name, value in values.items() if value is not None}
                assert {name: float(element.attrib[name]) for name in COLUMNS if name in element.attrib} == known
            ifd += number
        assert ifd == len(pages)


@pytest.mark.parametrize(("planes", "elements"), [(10_000, 10_000), (10_001, 1)])
def test_more_than_ten_thousand_planes_have_one_element(tmp_path: Path, planes: int, elements: int) -> None:
    array = np.arange(planes, dtype=np.uint16).reshape(planes, 1, 1)
    path = omio.imwrite(tmp_path / "a.ome.tif", array, axes="TYX")
    (pixels,) = described(path)
    data = pixels.findall(f"{OME}TiffData")
    assert len(data) == elements
    assert data[0].attrib["PlaneCount"] == str(planes // elements)
    assert [int(one.attrib["FirstT"]) for one in data if "FirstT" in one.attrib] == [*range(elements)] * (elements > 1)
    np.testing.assert_array_equal(omio.imread(path)[0].ravel(), array.ravel())


def test_planes_of_a_real_czi(data: Path, tmp_path: Path) -> None:
    """24 of its 30 planes were elsewhere for programs that take them by position."""
    source = data / "czi" / "CellDivision_T3_Z5_CH2_X240_Y170.czi"
    if not source.is_file():
        pytest.skip(f"{source.name} is not among the real files")
    array, metadata = omio.imread(source)
    assert array.shape == (3, 5, 2, 170, 240)
    (path,) = omio.convert_to_ometiff(source, tmp_path)
    (pixels,) = described(path)
    found = pixels.findall(f"{OME}Plane")
    assert len(found) == len(pixels.findall(f"{OME}TiffData")) == 30
    with tifffile.TiffFile(path) as tif:
        assert len(tif.pages) == 30
        for page, element in zip(tif.pages, found, strict=True):
            t, z, c = at(element, "The")
            np.testing.assert_array_equal(page.asarray(), array[t, z, c])
            assert float(element.attrib["DeltaT"]) == metadata["Planes"]["DeltaT"][t][z][c]


# --- where values lie


class Entry(NamedTuple):
    """An entry of a directory whose value does not fit it: the tag, and the value's offset and bytes."""

    tag: int
    offset: int
    length: int


SIZES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4, 16: 8, 17: 8, 18: 8}
SUB_IFDS = 330


def directories(data: bytes) -> Iterator[tuple[int, list[Entry]]]:
    """Every directory, those in SubIFDs too: where it lies, and its values that lie elsewhere."""
    big = data[2] == 43
    count, entry, pointer, room = ("<Q", "<HHQ", "<Q", 8) if big else ("<H", "<HHL", "<L", 4)
    waiting = [struct.unpack_from(pointer, data, 8 if big else 4)[0]]
    while waiting:
        at = waiting.pop()
        (n,) = struct.unpack_from(count, data, at)
        begin, step = at + struct.calcsize(count), struct.calcsize(entry) + room
        entries = []
        for k in range(n):
            tag, kind, number = struct.unpack_from(entry, data, begin + k * step)
            inline = begin + k * step + struct.calcsize(entry)
            length = number * SIZES[kind]
            where = inline
            if length > room:
                (where,) = struct.unpack_from(pointer, data, inline)
                entries.append(Entry(tag, where, length))
            if tag == SUB_IFDS:
                waiting += struct.unpack_from(f"<{number}{'Q' if SIZES[kind] == 8 else 'L'}", data, where)
        (following,) = struct.unpack_from(pointer, data, begin + n * step)
        yield at, entries
        waiting += [following] if following else []


@over([*CASES])
def test_directories_and_values_are_at_even_offsets(case: Case, written: Written) -> None:
    """TIFF 6.0, section 2: "The value is expected to begin on a word boundary"; so is a directory."""
    data = written(case).read_bytes()
    found = [*directories(data)]
    planes = sum(math.prod(one.sizes[axis] for axis in "TZC") for one in case.images)
    first = math.prod(case.sizes[axis] for axis in "TZC")
    assert len(found) == planes + first * len(case.levels)
    odd = [(tag, offset) for _, entries in found for tag, offset, _ in entries if offset % 2]
    assert (odd, [at for at, _ in found if at % 2]) == ([], [])
    texts = {tag for _, entries in found for tag, *_ in entries} & {270, 305}
    assert texts == {270, 305}  # ImageDescription and Software, which follow compressed pixels of any length
    assert all(offset + length <= len(data) for _, entries in found for _, offset, length in entries)


@pytest.mark.parametrize(
    ("options", "descriptions"), [({"bigtiff": False}, 1), ({"bigtiff": True}, 1), ({"profile": "fiji"}, 2)]
)
@pytest.mark.parametrize("columns", range(1, 9))
def test_texts_after_pixels_of_any_length(
    tmp_path: Path, columns: int, options: dict[str, Any], descriptions: int
) -> None:
    """Uncompressed pixels end at every remainder, and so does OME-XML with names of several lengths."""
    for name in ("n", "na", "nam", "name"):
        path = omio.imwrite(
            tmp_path / f"{name}.ome.tif", made((1, columns), "uint8"), {"Name": name}, axes="YX",
            compression_level=0, **options,
        )  # fmt: skip
        entries = [entry for _, found in directories(path.read_bytes()) for entry in found]
        assert [entry for entry in entries if entry.offset % 2] == []
        assert sum(entry.tag == 270 for entry in entries) == descriptions
