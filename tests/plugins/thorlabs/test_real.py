"""The real RAW file: Experiment.xml's arithmetic, the previews that ThorImageLS wrote beside it, and its own words."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import omio
from omio_core.errors import NoReaderError


@pytest.fixture
def folder(data: Path) -> Path:
    return data / "thorlabs" / "utils2p_mouse_kidney_raw" / "Untitled_001"


def test_the_arithmetic_and_the_previews(folder: Path) -> None:
    """5 frames of 2 channels of 256 x 256; both previews are the last frame of their channel."""
    path = folder / "Image_0001_0001.raw"
    image = omio.imopen(path)
    assert image.shape == (5, 1, 2, 256, 256)
    assert image.nbytes == path.stat().st_size
    array = image.to_numpy()
    for channel, letter in enumerate("AB"):
        preview, _ = omio.imread(folder / f"Chan{letter}_Preview.tif")
        assert np.array_equal(preview[0, 0, 0], array[-1, 0, channel])
    assert np.array_equal(array.reshape(-1), np.fromfile(path, "<u2"))
    assert np.array_equal(image.to_memmap(), array)
    assert np.array_equal(image.to_dask()[2, 0, 1].compute(), array[2, 0, 1])


def test_what_it_says(folder: Path) -> None:
    """Sizes, times, names, the lens; and nothing had to be assumed."""
    image = omio.imopen(folder / "Image_0001_0001.raw")
    said = image.metadata.to_dict()
    assert (said["PhysicalSizeX"], said["PhysicalSizeY"], said["PhysicalSizeZ"]) == (2.345, 2.345, None)
    assert said["TimeIncrement"] == pytest.approx(1 / 1.426)
    assert [one["Name"] for one in said["Channels"]] == ["ChanA", "ChanB"]
    assert said["AcquisitionDate"] == "2020-05-05T17:14:26+02:00"
    assert said["Objective"] == {"Model": "20X", "NominalMagnification": 22.2}
    assert said["Annotations"]["thorlabs"]["Pockels[2]/@pockelsMaxV"] == "1"
    assert image.vendor["text"].encode() == (folder / "Experiment.xml").read_bytes()
    assert image.metadata.assumptions == ()


def test_the_mask_is_no_image(folder: Path) -> None:
    """Its size would fit one frame."""
    with pytest.raises(NoReaderError, match="mask of regions of interest"):
        omio.imopen(folder / "ROIMask.raw")
