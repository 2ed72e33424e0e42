"""Toy files and images of them."""

from __future__ import annotations

import pytest
from omio_toy_read import image, write_toy

from omio_core.images.opening import open_source
from tests.core.images.arrays import ARRAY, PIXELS


@pytest.fixture
def of_file(toy, tmp_path):
    """A function that writes images to a toy file and opens the first."""

    def make(*images):
        made = images or (image(ARRAY, "TZCYX", blocks=(1, 1, 1, 2, 5), facts={"channels": ["GFP", "DAPI"]}),)
        return open_source(write_toy(tmp_path / "a.toy", *made)).images[0]

    return make


@pytest.fixture
def file(toy, tmp_path):
    """A function that writes images into a toy file."""

    def make(*images, name="a.toy"):
        return write_toy(tmp_path / name, *(images or (image(PIXELS, "ZYX"),)))

    return make
