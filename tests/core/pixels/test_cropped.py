"""A part of a picture: what exists of it, its blocks, and its pixels through the pool."""

from __future__ import annotations

import pickle

import numpy as np
import pytest

from omio_core import settings
from omio_core.geometry.axes import layout
from omio_core.geometry.box import Box
from omio_core.pixels.array import ArrayPicture
from omio_core.pixels.cropped import CroppedPicture
from omio_core.pixels.picture import PictureBase
from omio_core.pixels.stream import pull
from tests.core.pixels.counted import planes
from tests.core.pixels.placed import Placed, of_array


def test_a_crop_shifts_what_is_present():
    base = Placed((of_array(np.ones((1, 1, 1, 2, 2), "u1")),), ((0, 0, 0, 3, 3),), (1, 1, 1, 6, 6), np.dtype("u1"))
    edge = CroppedPicture(base, Box(((0, 1), (0, 1), (0, 1), (4, 6), (2, 6))))
    assert list(edge.present) == [Box(((0, 1), (0, 1), (0, 1), (0, 1), (1, 3)))]
    assert CroppedPicture(base, Box(((0, 1), (0, 1), (0, 1), (3, 5), (3, 5)))).present is None, "all of it exists"
    assert len(CroppedPicture(base, Box(((0, 1), (0, 1), (0, 1), (0, 2), (0, 2)))).present) == 0
    assert edge.blocks == (1, 1, 1, 1, 2)
    assert pickle.loads(pickle.dumps(edge)).shape == edge.shape


@pytest.fixture(autouse=True)
def four_workers():
    """Four threads, whatever the machine has."""
    with settings.using(workers=4):
        yield


def test_a_crop_of_an_array_is_pulled():
    array = np.arange(5 * 6 * 7).reshape(5, 6, 7)
    picture = CroppedPicture(
        ArrayPicture(array, layout("ZYX", array.shape)), Box(((0, 1), (1, 4), (0, 1), (2, 6), (0, 7)))
    )
    got = np.concatenate([p for _, p in pull(picture, planes(picture.shape))], axis=1)
    assert np.array_equal(got[0, :, 0], array[1:4, 2:6])


def test_a_region_is_cut_along_the_blocks_of_the_whole():
    """Tasks of a crop that begins inside a block never read that block twice."""
    asked = []

    class Blocky(PictureBase):
        shape, dtype, blocks, present = (1, 1, 1, 64, 64), np.dtype("u1"), (1, 1, 1, 16, 64), None

        def read_into(self, out, box):
            asked.append(box)
            out[...] = 7

    region = CroppedPicture(Blocky(), Box(((0, 1), (0, 1), (0, 1), (8, 56), (0, 64))))
    boxes = [Box((*((0, 1),) * 3, (y, y + 4), (0, 64))) for y in range(0, 48, 4)]
    pulled = list(pull(region, boxes, workers=1, max_bytes=4 * 16 * 64))
    assert [box for box, _ in pulled] == boxes
    assert all((pixels == 7).all() and pixels.shape == box.shape for box, pixels in pulled)
    touched = [block for box in asked for block in range(box.spans[3][0] // 16, -(-box.spans[3][1] // 16))]
    assert sorted(touched) == sorted(set(touched))
