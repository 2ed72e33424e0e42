"""Every given TIFF, converted and read back: by OMIO, and by tifffile, which shares nothing with the writer."""

from __future__ import annotations

import json
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile
from numpy.typing import NDArray

import omio
from omio_core.errors import OmioWarning
from omio_core.images import opening

FOLDERS = ("tiff/", "imagej/", "ome-tiff/")


def by_tifffile(path: Path, index: int) -> NDArray[Any]:
    """A series as TZCYX; samples fold into C."""
    with tifffile.TiffFile(path) as tif:
        series = tif.series[index]
        array, axes = series.asarray(), series.axes
    for axis in "TZCYXS":
        if axis not in axes:
            array, axes = array[np.newaxis], axis + axes
    array = array.transpose([axes.index(a) for a in "TZCSYX"])
    t, z, c, s, y, x = array.shape
    return array.reshape(t, z, c * s, y, x)


def test_every_tiff_there_and_back(data: Path, tmp_path: Path) -> None:
    """Pixels equal, sizes equal, pixels verified before the rename; what cannot be is refused by name."""
    wanted = json.loads((data / "EXPECTED.json").read_text("utf-8"))
    names = [
        name
        for name, said in wanted.items()
        if name.startswith(FOLDERS) and any("sha256" in image for image in said.get("images", ()))
    ]
    assert len(names) > 50
    refused, seen = [], 0
    for number, name in enumerate(names):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", OmioWarning)  # what is assumed of each is the readers' tests' matter
            images = opening.open_source(data / name).images
            if any(image.dtype.kind in "iu" and image.dtype.itemsize == 8 for image in images):
                refused.append(name)
                continue
            (path,) = omio.convert_to_ometiff(
                data / name, tmp_path / str(number), layout="one-file", verify="pixels", compression_level=1
            )
        with warnings.catch_warnings():
            warnings.simplefilter("error")  # nothing is left to assume
            found = opening.open_source(path).images
        assert len(found) == len(images), name
        for index, (one, image) in enumerate(zip(found, images, strict=True)):
            pixels = image.to_numpy()
            np.testing.assert_array_equal(one.to_numpy(), pixels, err_msg=name)
            np.testing.assert_array_equal(by_tifffile(path, index), pixels, err_msg=name)
            before, after = image.metadata.to_dict(), one.metadata.to_dict()
            for key in ("PhysicalSizeX", "PhysicalSizeY", "PhysicalSizeZ", "TimeIncrement"):
                assert after[key] == (pytest.approx(before[key], rel=1e-6) if before[key] else None), (name, key)
            if before["SamplesPerPixel"] in (1, 3, 4):  # any other number becomes channels, and the file says so
                assert after["SamplesPerPixel"] == before["SamplesPerPixel"], name
                assert [c["Name"] for c in after["Channels"]] == [c["Name"] for c in before["Channels"]], name
            seen += 1
        for image in images:
            image.close()
    assert seen > 60
    assert len(refused) < 5
