"""The planes of OME-XML: in the order of the directories, and which images have an element a plane."""

from __future__ import annotations

import itertools
import re
from typing import Any

import numpy as np
import pytest

from omio_core.metadata.facts import Facts, Planes
from omio_core.metadata.model import Metadata
from omio_core.ome import planes, read, write
from omio_core.ome.read import DIMENSION_ORDERS


def metadata(*planes: int, samples: int = 1, **columns: Any) -> Metadata:
    """Of an image of that many planes along T, Z and C."""
    t, z, c = planes
    facts = Facts(planes=Planes(columns=columns, origin="file")) if columns else Facts()
    return Metadata(shape=(t, z, c * samples, 3, 4), dtype="uint8", samples=samples, facts=facts)


def built(*images: Metadata, **other: Any) -> str:
    first_ifds = [sum(planes.count(one) for one in images[:k]) for k in range(len(images))]
    text = write.build_ome(
        images, pixel_types=["uint8"] * len(images), creator="test", **{"first_ifds": first_ifds, **other}
    )
    write.check_ome(text)
    return text


def walk(order: str, sizes: dict[str, int]) -> list[tuple[int, int, int]]:
    """T, Z and C of the planes, the axis that DimensionOrder names first as the fastest (ome.xsd, Pixels)."""
    fast, middle, slow = order[2:]
    found = []
    for i, j, k in itertools.product(range(sizes[slow]), range(sizes[middle]), range(sizes[fast])):
        at = {slow: i, middle: j, fast: k}
        found.append((at["T"], at["Z"], at["C"]))
    return found


@pytest.mark.parametrize("order", DIMENSION_ORDERS)
def test_elements_follow_the_order(order: str) -> None:
    table = np.arange(24.0).reshape(2, 3, 4)
    text = built(metadata(2, 3, 4, DeltaT=table), orders=order)
    wanted = walk(order, {"T": 2, "Z": 3, "C": 4})
    (image,) = read.parse_ome(text).images
    assert [(d.first_t, d.first_z, d.first_c) for d in image.tiff_data] == wanted
    assert [d.ifd for d in image.tiff_data] == [*range(24)]
    found = re.findall(r'<Plane TheZ="(\d+)" TheT="(\d+)" TheC="(\d+)" DeltaT="([\d.]+)"', text)
    assert [(int(t), int(z), int(c)) for z, t, c, _ in found] == wanted
    assert [float(delta) for *_, delta in found] == [table[at] for at in wanted]


@pytest.mark.parametrize("order", ["XYZCT", "XYTCZ"])
def test_a_pixel_of_several_samples_is_of_one_channel(order: str) -> None:
    text = built(metadata(2, 1, 2, samples=3, DeltaT=np.arange(4.0).reshape(2, 1, 2)), orders=order)
    wanted = walk(order, {"T": 2, "Z": 1, "C": 2})
    assert 'SizeC="6"' in text
    assert [(d.first_t, d.first_z, d.first_c) for d in read.parse_ome(text).images[0].tiff_data] == wanted
    assert [(int(t), int(c)) for t, c in re.findall(r'TheT="(\d+)" TheC="(\d+)"', text)] == [
        (t, c) for t, _, c in wanted
    ]


def test_a_plane_each_or_none() -> None:
    """One known value of 12: an element for each, so that the k-th is of the k-th directory."""
    table = np.full((2, 3, 2), np.nan)
    assert "<Plane" not in built(metadata(2, 3, 2, DeltaT=table))
    table[1, 2, 0] = 4.5
    text = built(metadata(2, 3, 2, DeltaT=table))
    found = re.findall("<Plane [^>]*>", text)
    assert len(found) == 12
    assert [one for one in found if "Delta" in one] == [found[8]]  # XYZCT: T1 C0 Z2
    assert found[8] == '<Plane TheZ="2" TheT="1" TheC="0" DeltaT="4.5" DeltaTUnit="s"/>'
    planes = read.ome_facts(text, 0).planes
    assert planes is not None
    np.testing.assert_array_equal(planes.columns["DeltaT"], table)


def test_without_an_element_a_plane_only_what_is_known() -> None:
    table = np.full((3, 2, 1), np.nan)
    table[1], table[0, 1] = 2.5, 0.5
    text = built(metadata(3, 2, 1, DeltaT=table), orders="XYTZC", first_ifds=None)
    assert "TiffData" not in text
    assert re.findall(r'TheZ="(\d)" TheT="(\d)"', text) == [("0", "1"), ("1", "0"), ("1", "1")]


@pytest.mark.parametrize(
    ("images", "which"),
    [
        ([(10_000, 1, 1)], [True]),
        ([(10_001, 1, 1)], [False]),
        ([(100, 50, 2), (101, 50, 2), (1, 1, 1)], [True, False, True]),
        ([(10_000, 1, 1)] * 10, [True] * 10),
        # a plate of thousands of images: its OME-XML stays below what is parsed
        ([(10_000, 1, 1)] * 11, [False] * 11),
        ([(1, 1, 1)] * 100_001, [False] * 100_001),
    ],
)
def test_which_images_have_an_element_a_plane(images: list[tuple[int, int, int]], which: list[bool]) -> None:
    assert [*planes.have_each([metadata(*planes) for planes in images])] == which


def test_samples_do_not_count_among_ten_thousand() -> None:
    assert planes.have_each([metadata(10_000, 1, 1, samples=3)]) == (True,)
    assert planes.have_each([metadata(5_000, 1, 3, samples=1)]) == (False,)


def test_several_images_some_with_an_element_a_plane() -> None:
    text = built(metadata(2, 1, 1), metadata(101, 100, 1), metadata(1, 3, 1), orders=["XYZCT", "XYTZC", "XYZTC"])
    first, second, third = read.parse_ome(text).images
    assert [(d.ifd, d.count, d.first_t) for d in first.tiff_data] == [(0, 1, 0), (1, 1, 1)]
    assert [(d.ifd, d.count) for d in second.tiff_data] == [(2, 10_100)]
    assert [(d.ifd, d.count, d.first_z) for d in third.tiff_data] == [(10_102 + z, 1, z) for z in range(3)]
