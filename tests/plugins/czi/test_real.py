"""Real files give the pixels that independent readers gave."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
import pytest

from omio_core.contract import locate
from omio_core.errors import OmioError
from omio_plugins.czi._read import open_czi

FOLDERS = ("czi/", "czi-generated/")
AIRYSCAN = "czi/LSM880_AiryScan.czi"


def differences(data: Path, name: str, entry: dict, whole) -> list[str]:
    opened = open_czi(locate(data / name))
    try:
        if len(opened.images) != len(entry["images"]):
            return [f"{name}: {len(opened.images)} images, {len(entry['images'])} expected"]
        found = []
        for k, (image, stated) in enumerate(zip(opened.images, entry["images"], strict=True)):
            array = whole(opened, k)
            little = np.ascontiguousarray(array.astype(array.dtype.newbyteorder("<"), copy=False))
            if little.dtype.str != stated["dtype"] or list(array.shape) != stated.get("shape", list(array.shape)):
                found.append(f"{name} image {k}: {array.shape} of {little.dtype.str}")
            long = [(a, n) for a, n in zip(image.axes, image.levels[0].shape, strict=True) if n > 1]
            if long != [(a, n) for a, n in zip(stated["native_axes"], stated["native_shape"], strict=True) if n > 1]:
                found.append(f"{name} image {k}: {long}")
            if "sha256" in stated and hashlib.sha256(little.tobytes()).hexdigest() != stated["sha256"]:
                found.append(f"{name} image {k}: other pixels")
            if hashlib.sha256(whole(opened, k).tobytes()).digest() != hashlib.sha256(array.tobytes()).digest():
                found.append(f"{name} image {k}: other pixels the second time")
        return found
    finally:
        opened.close()


@pytest.mark.parametrize("folder", FOLDERS)
def test_pixels_axes_and_types(data: Path, expected: dict[str, dict], folder: str, whole) -> None:
    names = [n for n, e in expected.items() if n.startswith(folder) and "images" in e]
    assert len(names) > 8
    found = [line for name in names for line in differences(data, name, expected[name], whole)]
    assert found == []


def test_of_the_airyscan_132_planes_exist(data: Path) -> None:
    opened = open_czi(locate(data / AIRYSCAN))
    (image,) = opened.images
    assert (image.axes, image.levels[0].shape) == ("HCYX", (32, 8, 36, 38))
    assert sum(box.size for box in image.levels[0].present) == 132 * 36 * 38
    opened.close()


def test_what_is_said_of_real_files(data: Path) -> None:
    """Unequal types, scenes of unequal length, and gaps are told, not hidden."""

    def images(name: str) -> tuple:
        opened = open_czi(locate(data / name))
        opened.close()
        return opened.images

    (mixed,) = images("czi-generated/mixed_channel_dtypes_u1_u2.czi")
    assert mixed.assumptions == ("channels are of unequal pixel type (Gray8, Gray16); all are given as uint16",)
    one, other = images("czi-generated/scenes_unequal_shape_and_T.czi")
    assert (one.levels[0].shape, other.levels[0].shape) == ((32, 40), (2, 64, 80))
    (sparse,) = images("czi-generated/sparse_missing_planes.czi")
    assert sum(box.size for box in sparse.levels[0].present) == 4 * 32 * 40
    assert [image.name for image in images("czi/S3_1Pos_2Mosaic_T2_Z3_CH2_sm.czi")] == ["TR1", "P1", "TR2"]
    assert len(images("czi/tiles.czi")[0].levels) == 1


@pytest.mark.parametrize("name", ["czi/tiles.czi", "czi/LSM880_AiryScan.czi", "czi/newCZI_compressed.czi"])
def test_cut_at_every_tenth(data: Path, tmp_path: Path, name: str, read) -> None:
    """A file that ends too soon is an error, or has lost no pixels; never another picture."""
    whole_file, wanted = (data / name).read_bytes(), read(data / name)
    path = tmp_path / "cut.czi"
    refused = 0
    for tenth in range(10):
        path.write_bytes(whole_file[: len(whole_file) * tenth // 10])
        try:
            got = read(path)
        except OmioError:
            refused += 1
        else:
            assert [one.tobytes() for one in got] == [one.tobytes() for one in wanted]
    assert refused >= 8
