"""Levels as zarr arrays: chunks are whole blocks of a sensible size, and hold the pixels in the order T, C, Z, Y, X."""

from __future__ import annotations

import itertools
import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from omio_core import settings
from omio_core.errors import LimitExceededError, UnsupportedFeatureError
from omio_core.geometry.axes import layout
from omio_core.geometry.box import Box, Present
from omio_core.pixels.array import ArrayPicture
from omio_core.pixels.cropped import CroppedPicture
from omio_core.pixels.zarrlevels import LARGEST_UNIT, LevelArray, identity, levels
from omio_core.settings import MIB
from tests.core.pixels.counted import Counted

from .placed import of_array


def chunks_of(shape, blocks, dtype="u2"):
    """The chunks of a picture that has no pixels, TCZYX."""
    picture = Counted((1, 1, 1, 1, 1), blocks)
    picture.shape, picture.dtype = shape, np.dtype(dtype)
    return LevelArray(picture).chunks


@pytest.mark.parametrize(
    ("shape", "blocks", "wanted"),
    [
        ((1, 1, 1, 512, 512), (1, 1, 1, 512, 512), (1, 1, 1, 512, 512)),
        ((1, 1, 1, 4096, 4096), (1, 1, 1, 256, 256), (1, 1, 1, 1024, 1024)),
        ((1, 1, 1, 4096, 4096), (1, 1, 1, 1, 4096), (1, 1, 1, 256, 4096)),
        ((5, 3, 2, 64, 64), (1, 1, 1, 64, 64), (5, 2, 3, 64, 64)),
        ((9, 40, 2, 512, 512), (1, 1, 1, 512, 512), (1, 2, 4, 512, 512)),
        ((1, 40, 1, 4096, 4096), (1, 1, 1, 4096, 4096), (1, 1, 1, 4096, 4096)),
    ],
)
def test_chunks_are_whole_blocks_of_a_sensible_size(shape, blocks, wanted):
    """Tiles grow to squares, rows to bands, small planes to stacks; a large block stays as it is."""
    assert chunks_of(shape, blocks) == wanted


@given(st.tuples(*[st.integers(1, 40)] * 3, *[st.integers(1, 5000)] * 2), st.data())
def test_no_chunk_cuts_a_block(shape, data):
    """Else the block would be decoded once for each chunk that has a part of it."""
    blocks = tuple(data.draw(st.integers(1, n)) for n in shape)
    t, c, z, y, x = chunks_of(shape, blocks)
    chunk = (t, z, c, y, x)
    assert all(n % b == 0 or n == whole for n, b, whole in zip(chunk, blocks, shape, strict=True))
    size = 2 * np.prod(chunk, dtype=float)
    assert size <= max(2 * np.prod(blocks, dtype=float), 4 * LARGEST_UNIT)
    assert size >= MIB or chunk == shape


def test_each_chunk_has_the_pixels_of_its_place_and_zeros_outside():
    """All chunks side by side, cut to the shape of the array, are the picture."""
    picture = Counted((3, 5, 2, 7, 9), (1, 2, 1, 4, 9))
    array = LevelArray(picture)
    array.__dict__["chunks"] = (1, 1, 2, 4, 9)  # what a large picture would have
    assert array.counts == (3, 2, 3, 2, 1)
    whole = np.full([count * chunk for count, chunk in zip(array.counts, array.chunks, strict=True)], 7, "u2")
    for index in itertools.product(*map(range, array.counts)):
        pixels = array.pixels(index)
        assert len(pixels) == array.nbytes
        place = tuple(slice(i * n, (i + 1) * n) for i, n in zip(index, array.chunks, strict=True))
        whole[place] = pixels.view("u2").reshape(array.chunks)
    assert np.array_equal(whole[:3, :2, :5, :7, :9], picture.pixels.transpose(0, 2, 1, 3, 4))
    assert not whole[:, :, 5:].any()
    assert not whole[:, :, :, 7:].any()


def test_a_chunk_of_an_array_in_memory_is_no_copy_where_its_order_allows():
    """With one Z or one C, the order of the axes is that of the memory."""
    pixels = np.arange(60, dtype="u2").reshape(1, 3, 1, 4, 5)
    array = LevelArray(of_array(pixels))
    got = array.pixels((0,) * 5)
    assert np.shares_memory(got, pixels)
    assert not got.flags.writeable


def test_a_block_that_a_file_only_declares_is_refused_before_it_is_allocated():
    """Terabytes, and 300 MiB of which nothing exists."""
    picture = Counted((1, 1, 1, 1, 1), (1, 1, 1, 10**6, 10**6))
    picture.shape = (1, 1, 1, 10**6, 10**6)
    with settings.using(max_memory=10**9), pytest.raises(LimitExceededError, match="2,000,000,000,000 bytes"):
        LevelArray(picture).pixels((0,) * 5)
    picture.shape = picture.blocks = (1, 1, 1, 300, MIB // 2)
    picture.present = Present([])
    with pytest.raises(LimitExceededError, match="absent"):
        LevelArray(picture).pixels((0,) * 5)
    assert picture.reads == []


@pytest.mark.parametrize("dtype", ["bool", "u1", "i2", "u4", "i8", "f2", "f4", "f8", "c8", "c16"])
def test_every_type_of_zarr_is_described(dtype):
    """By zarr's own name, with a fill value of JSON."""
    document = LevelArray(of_array(np.ones((1, 1, 1, 2, 2), dtype))).document()
    assert np.dtype(document["data_type"]) == np.dtype(dtype)
    assert json.loads(json.dumps(document, allow_nan=False))["shape"] == [1, 1, 1, 2, 2]
    assert document["dimension_names"] == ["t", "c", "z", "y", "x"]


def test_a_type_that_zarr_does_not_have_is_refused():
    """Named, with what to do."""
    with pytest.raises(UnsupportedFeatureError, match="zarr has no type"):
        LevelArray(of_array(np.ones((1, 1, 1, 2, 2), "g"))).document()


def test_keys_are_listed_by_a_prefix_without_a_look_at_all_of_them():
    """What starts otherwise is left out with everything below it."""
    array = LevelArray(Counted((2, 3, 2, 4, 4), (1, 1, 1, 4, 4)))
    array.__dict__["chunks"] = (1, 1, 1, 4, 4)
    assert len(list(array.keys("0"))) == 12
    assert list(array.keys("0", "0/c/1/0/2")) == ["0/c/1/0/2/0/0"]
    assert list(array.keys("0", "0/c/0/1/")) == [f"0/c/0/1/{z}/0/0" for z in range(3)]
    assert list(array.keys("0", "1")) == []
    array.__dict__["counts"] = (10**6,) * 5
    assert next(iter(array.keys("0"))) == "0/c/0/0/0/0/0"


def test_pictures_are_the_same_if_they_are_parts_of_the_same():
    """A region of the same array, not a region of an equal one; a picture without levels is its only one."""
    pixels = np.zeros((2, 2, 1, 4, 4))
    picture = of_array(pixels)
    assert list(levels(picture)) == [picture]
    assert identity(picture) == identity(of_array(pixels))
    assert identity(picture) != identity(ArrayPicture(pixels.copy(), layout("TZCYX", pixels.shape, caller="TZCYX")))
    whole = CroppedPicture(picture, _box(2))
    assert identity(whole) == identity(CroppedPicture(of_array(pixels), _box(2)))
    assert identity(whole) != identity(CroppedPicture(picture, _box(1)))


def _box(t):
    return Box(((0, t), (0, 2), (0, 1), (0, 4), (0, 4)))
