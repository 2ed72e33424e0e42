"""What a file states and neither pixels nor facts hold is said in words, and nothing is said of files without it."""

from __future__ import annotations

import json
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile

from .made import NS, image, ome, ramp, tiff
from .test_vendors import EVERY, FAST, manager, scanimage

Describe = Callable[[Path], list[Any]]


def kept_back(path: Path, describe: Describe) -> list[tuple[str, ...]]:
    return [described.not_kept for described in describe(path)]


def test_nothing_is_said_of_plain_files(tmp_path: Path, describe: Describe) -> None:
    tifffile.imwrite(tmp_path / "a.tif", ramp(3, 5, 7), imagej=True)
    tifffile.imwrite(tmp_path / "b.ome.tif", ramp(3, 5, 7), photometric="minisblack")
    tifffile.imwrite(tmp_path / "c.tif", ramp(3, 5, 7), photometric="minisblack")
    for name in ("a.tif", "b.ome.tif", "c.tif"):
        assert kept_back(tmp_path / name, describe) == [()]


def test_regions_overlays_and_look_up_tables_of_imagej(tmp_path: Path, describe: Describe) -> None:
    tables = [np.tile(np.arange(256, dtype="u1"), (3, 1))] * 2
    metadata = {"axes": "CYX", "LUTs": tables, "Overlays": [b"Iout 1", b"Iout 2", b"Iout 3"], "ROI": b"Iout"}
    tifffile.imwrite(tmp_path / "a.tif", ramp(2, 5, 7), imagej=True, metadata=metadata)
    assert kept_back(tmp_path / "a.tif", describe) == [
        (
            "1 region of interest (ROI), only as ImageJ's bytes, among the annotations",
            "an overlay of 3 elements, only as ImageJ's bytes, among the annotations",
            "look-up tables of 2 channels, only among the annotations",
        )
    ]
    assert {"ROI", "Overlays", "LUTs"} <= describe(tmp_path / "a.tif")[0].facts().annotations["imagej"].keys()


def test_a_damaged_header_of_imagejs_tags_says_nothing(tmp_path: Path, describe: Describe) -> None:
    for data, counts in ((b"IJIJ", (4,)), (b"IJIJroi", (7,)), (b"what", (4,)), (b"IJIJ roi\1\0\0\0", (12, 1))):
        tags = [(50838, 4, len(counts), counts, True), (50839, 1, len(data), data, True)]
        tifffile.imwrite(tmp_path / "a.tif", ramp(5, 7), description="ImageJ=1.54f\n", metadata=None, extratags=tags)
        words = kept_back(tmp_path / "a.tif", describe)
        assert len(words) == 1
        assert all(one.startswith("1 region") for one in words[0])


def test_a_look_up_table_of_a_real_file_of_imagej(data: Path, describe: Describe) -> None:
    (words,) = kept_back(data / "imagej/xyzc_8bit_spheres.tif", describe)
    with tifffile.TiffFile(data / "imagej/xyzc_8bit_spheres.tif") as peer:
        assert peer.imagej_metadata is not None
        tables = len(peer.imagej_metadata.get("LUTs", ()))
    assert tables
    assert any(word.startswith(f"look-up tables of {tables} channel") for word in words)


@pytest.mark.parametrize(
    ("code", "words"),
    [
        (33723, "press data (IPTC)"), (34377, "image resources of Photoshop"), (34665, "camera data (Exif)"),
        (34675, "a colour profile (ICC)"), (34853, "a place on the globe (GPS)"), (37724, "layers of Photoshop"),
    ],
)  # fmt: skip
def test_tags_of_cameras_and_picture_editors(make, page, describe: Describe, code: int, words: str) -> None:
    assert kept_back(make([page(**{f"t{code}": (4, 8)})], data=bytes(12)), describe) == [(words,)]


def test_masks_and_the_descriptions_of_further_pages(tmp_path: Path, describe: Describe) -> None:
    with tifffile.TiffWriter(tmp_path / "a.tif") as writer:
        for text in ("first", "second", None):
            writer.write(ramp(5, 7), description=text, metadata=None, contiguous=False)
        writer.write(np.ones((5, 7), bool), subfiletype=4, photometric="mask", metadata=None)
    assert kept_back(tmp_path / "a.tif", describe) == [
        ("1 mask of what is transparent", "the descriptions of 1 further page")
    ]


def test_regions_in_ome_xml(tmp_path: Path, describe: Describe) -> None:
    one = image([], ramp(5, 7))
    box = '<Union><Rectangle ID="Shape:0" X="1" Y="1" Width="2" Height="2"/></Union>'
    rois = f'<ROI ID="ROI:0">{box}</ROI><o:ROI xmlns:o="{NS}" ID="ROI:1"/>'
    inside = one.replace("</Image>", '<ROIRef ID="ROI:0"/></Image>') + rois
    path = tiff(tmp_path / "a.ome.tif", ramp(5, 7), ome(inside))
    assert kept_back(path, describe) == [("2 regions of interest (ROI), only as XML, among the annotations",)]
    assert "Rectangle" in str(describe(path)[0].facts().annotations)


def test_pages_that_ome_xml_does_not_mention(tmp_path: Path, describe: Describe) -> None:
    plane = '<TiffData IFD="0" PlaneCount="1"/>'
    path = tiff(tmp_path / "a.ome.tif", ramp(3, 5, 7), ome(image([plane], ramp(5, 7))))
    assert kept_back(path, describe) == [("2 pages that the OME-XML does not mention",)]


def test_comments_and_planes_of_micro_manager(tmp_path: Path, describe: Describe) -> None:
    path = manager(tmp_path / "a_MMStack.tif", EVERY, ramp(24, 8, 9))
    assert kept_back(path, describe) == [(), ()]
    for comments, words in (
        ({"Summary": "cells are ill"}, ("comments of the user",)),
        ({"Summary": " "}, ()),
        ({}, ()),
    ):
        text = json.dumps(comments).encode()
        data = bytearray(path.read_bytes())
        struct.pack_into("<I", data, 28, len(data))
        (tmp_path / "b_MMStack.tif").write_bytes(data + struct.pack("<2I", 84720485, len(text)) + text)
        assert kept_back(tmp_path / "b_MMStack.tif", describe) == [words, words]
    struct.pack_into("<I", data, 28, len(data) - 3)  # beyond the end of the file
    (tmp_path / "c_MMStack.tif").write_bytes(data)
    assert kept_back(tmp_path / "c_MMStack.tif", describe) == [(), ()]


def test_regions_in_the_header_of_scanimage(tmp_path: Path, describe: Describe) -> None:
    path = scanimage(tmp_path / "a.tif", dict(FAST), ramp(12, 8, 9, dtype="i2"), header=True)
    pages = "the descriptions of 11 further pages"  # the time of each frame
    assert kept_back(path, describe) == [(pages,)]
    data = bytearray(path.read_bytes())
    struct.pack_into("<I", data, 28, 200)
    path.write_bytes(data)
    assert kept_back(path, describe) == [("the regions of interest (ROI groups) of ScanImage", pages)]
