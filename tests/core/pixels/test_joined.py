"""Joined pictures: no block is decoded twice, blocks stay bounded, and thousands of parts are cheap."""

from __future__ import annotations

import pickle

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from omio_toy import READER

from omio_core.geometry.axes import CANONICAL, layout
from omio_core.geometry.box import Box, grid
from omio_core.images.image import Image
from omio_core.merging.merge import merge
from omio_core.merging.recipe import AXES
from omio_core.metadata.model import Metadata
from omio_core.pixels.array import ArrayPicture
from omio_core.pixels.stream import fill, pull
from omio_core.plugins import catalogue
from omio_core.plugins.catalogue import Catalogue
from omio_plugins.policies import omio_policies


@pytest.fixture(autouse=True)
def _policies():
    """The toy reader and the policies that come with OMIO."""
    with catalogue.using(Catalogue(readers=(READER,), policies=tuple(omio_policies()))):
        yield


def of(array, axes=CANONICAL):
    return Image.of_array(array, axes=axes)


class Counted(ArrayPicture):
    """An array in blocks that counts how often each of them is read, as a file with a decoder would."""

    def __init__(self, array, blocks):
        super().__init__(array, layout(CANONICAL, array.shape, caller=CANONICAL))
        self.native, self.read = blocks, []

    @property
    def blocks(self):
        return self.native

    def read_into(self, out, box):
        touched = box.aligned(self.native, self.shape)
        self.read += [block.spans for block in grid(touched, self.native)]
        super().read_into(out, box)


@st.composite
def blocked(draw):
    axis = draw(st.sampled_from(AXES))
    shape = [draw(st.integers(1, 4)) for _ in range(3)] + [6, 5]
    made = []
    regular = draw(st.booleans())
    length, block = draw(st.integers(1, 4)), draw(st.integers(1, 4))
    for n in range(draw(st.integers(2, 4))):
        own = list(shape)
        own[CANONICAL.index(axis)] = length if regular else draw(st.integers(1, 4))
        blocks = [draw(st.integers(1, k)) for k in own]
        blocks[CANONICAL.index(axis)] = min(block, own[CANONICAL.index(axis)]) if regular else 1
        made.append(Counted(np.full(own, n + 1, "u1"), tuple(blocks)))
    return axis, made


@given(blocked(), st.integers(1, 200))
def test_no_block_is_decoded_twice(given_, floor):
    """Whatever the tasks are cut from: a grid of the joined blocks cuts no block of a part."""
    axis, pictures = given_
    images = [Image(p, Metadata(shape=p.shape, dtype="uint8")) for p in pictures]
    merged = merge(images, axis)
    blocks = merged.picture.blocks
    for box in grid(Box.whole(merged.shape), blocks):
        fill(merged.picture, np.empty(box.shape, "u1"), box)
    for picture in pictures:
        assert len(picture.read) == len(set(picture.read)), (picture.native, blocks)
        picture.read.clear()
    wanted = np.concatenate([p.array for p in pictures], axis=CANONICAL.index(axis))
    assert np.array_equal(merged.to_numpy(), wanted)
    planes = list(grid(Box.whole(merged.shape), (1, 1, 1, *merged.shape[3:])))
    got = [pixels for _, pixels in pull(merged.picture, planes, max_bytes=1 << 16)]
    assert all(np.array_equal(p, wanted[b.within(Box.whole(wanted.shape))]) for b, p in zip(planes, got, strict=True))


def test_blocks_of_files_alike_are_the_files():
    one_plane = [Counted(np.zeros((1, 1, 1, 64, 64), "u2"), (1, 1, 1, 16, 64)) for _ in range(9)]
    images = [Image(p, Metadata(shape=p.shape, dtype="uint16")) for p in one_plane]
    assert merge(images, "T").picture.blocks == (1, 1, 1, 16, 64)
    stacks = [Counted(np.zeros((1, 6, 1, 4, 4), "u2"), (1, 4, 1, 4, 4)) for _ in range(3)]
    images = [Image(p, Metadata(shape=p.shape, dtype="uint16")) for p in stacks]
    assert merge(images, "Z").picture.blocks == (1, 6, 1, 4, 4), "4 planes would cut blocks at a seam: whole stacks"
    assert merge(images, "T").picture.blocks == (1, 4, 1, 4, 4)


def test_blocks_stay_bounded():
    """Unequal parts with blocks along their axis: rather a block twice than a task as large as the whole."""
    huge = [np.broadcast_to(np.uint8(n), (n, 1, 1, 4096, 4096)) for n in (5, 7, 9)]
    images = [Image(Counted(a, (4, 1, 1, 4096, 4096)), Metadata(shape=a.shape, dtype="uint8")) for a in huge]
    assert merge(images, "T").picture.blocks == (4, 1, 1, 4096, 4096)


def test_thousands_of_equal_parts_are_a_few_boxes():
    small, large = np.zeros((1, 1, 1, 2, 2), "u1"), np.zeros((1, 1, 1, 3, 3), "u1")
    merged = merge([of(small)] * 2000 + [of(large)] * 3, "T", shapes="pad")
    assert [box.spans for box in merged.picture.present] == [
        ((0, 2000), (0, 1), (0, 1), (0, 2), (0, 2)),
        ((2000, 2003), (0, 1), (0, 1), (0, 3), (0, 3)),
    ]  # fmt: skip
    box = Box(((1998, 2001), (0, 1), (0, 1), (0, 1), (0, 1)))
    assert [place.spans[0] for _, place, _ in merged.picture.touched(box)] == [(1998, 1999), (1999, 2000), (2000, 2001)]


def test_a_task_travels_with_its_own_parts():
    merged = merge([of(np.full((2, 2), n, "u1"), "YX") for n in range(50)], "T")
    graph = dict(merged.to_dask((1, 1, 1, 2, 2)).dask)
    assert all(len(pickle.dumps(task)) < len(pickle.dumps(merged.picture)) / 10 for task in graph.values())
