"""Every given TIFF, converted and read back: by OMIO, and by tifffile, which shares nothing with the writer."""

from __future__ import annotations

import json
import warnings
from dataclasses import fields
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile
from numpy.typing import NDArray

import omio
from omio_core.errors import OmioWarning
from omio_core.images import opening
from omio_core.images.image import Image
from omio_core.merging.merge import merge
from omio_core.metadata.facts import PLANE_COLUMNS, Channel, Fact, Facts, Planes
from omio_core.metadata.model import Metadata

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


def _stating_everything(shape: tuple[int, ...]) -> Facts:
    """Facts of which every field is known."""
    table = np.arange(float(np.prod(shape[:3]))).reshape(shape[:3])
    channel = Channel(
        name=Fact("GFP", "file"), color=Fact(-16776961, "file"), excitation=Fact(488.0, "file"),
        emission=Fact(509.0, "file"), fluor=Fact("EGFP", "file"),
    )  # fmt: skip
    return Facts(
        name=Fact("embryo", "file"), physical_size_x=Fact(0.25, "file"), physical_size_y=Fact(0.5, "file"),
        physical_size_z=Fact(1.5, "file"), time_increment=Fact(30.0, "file"), channels=(channel,) * shape[2],
        acquisition_date=Fact("2024-03-01T10:00:00", "file"), objective=Fact({"LensNA": 1.4}, "file"),
        planes=Planes(columns=dict.fromkeys(PLANE_COLUMNS, table), origin="file"), annotations={"lab": {"laser": 3}},
    )  # fmt: skip


def test_no_fact_is_lost_on_the_way(tmp_path: Path) -> None:
    """Every field of the facts, of a channel and of the planes is there after a file, and after a merge.

    Whoever adds a field to the facts adds it in the reader and the writer of OME-XML and in the merge, too.
    """
    pixels = np.zeros((2, 3, 2, 4, 5), np.uint8)
    facts = _stating_everything(pixels.shape)
    image = Image.of_array(pixels, axes="TZCYX", metadata=Metadata(shape=pixels.shape, dtype="uint8", facts=facts))
    path = omio.imwrite(tmp_path / "all.ome.tif", image)
    for way, found in (
        ("stated", facts),
        ("file", omio.imopen(path).metadata.facts),
        ("merge", merge([image, image], "C").metadata.facts),
    ):
        assert [
            f.name
            for f in fields(Facts)
            if f.name not in ("warnings", "default_sizes") and getattr(found, f.name) in (None, (), {})
        ] == [], way
        assert [f.name for f in fields(Channel) if getattr(found.channels[0], f.name) is None] == [], way
        assert found.planes is not None
        assert set(found.planes.columns) == set(PLANE_COLUMNS), way
