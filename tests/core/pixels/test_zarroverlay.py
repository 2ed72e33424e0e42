"""A picture as a zarr array that can be written in memory: what is written is seen, and the picture never changes."""

from __future__ import annotations

import asyncio
import pickle

import numpy as np
import pytest
import zarr
from zarr.core.buffer import default_buffer_prototype

from omio_core.errors import UnsupportedFeatureError
from omio_core.pixels import zarrlevels
from omio_core.pixels.zarroverlay import OverlayStore, overlay_array
from tests.core.pixels.counted import Counted

from .placed import of_array

SHAPE = (3, 5, 2, 7, 9)
PIXELS = (np.arange(np.prod(SHAPE)) + 1).reshape(SHAPE).astype("u2")


@pytest.fixture(autouse=True)
def _small_chunks(monkeypatch):
    """Chunks of one block, as a large picture has many of them."""
    monkeypatch.setattr(zarrlevels, "_grown", lambda shape, blocks, itemsize, floor: (1, 2, 1, 4, shape[4]))


def test_the_array_has_the_axes_of_omio_and_equal_pixels():
    array = overlay_array(of_array(PIXELS))
    assert isinstance(array, zarr.Array)
    assert (array.shape, array.dtype, array.chunks) == (SHAPE, np.dtype("u2"), (1, 2, 1, 4, 9))
    assert array.metadata.dimension_names == ("t", "z", "c", "y", "x")
    assert np.array_equal(array[:], PIXELS)
    assert np.array_equal(array[1, 3:, 0, 2:5], PIXELS[1, 3:, 0, 2:5])


@pytest.mark.parametrize("dtype", ["?", "u1", ">u2", "i8", "f4", "c16"])
def test_every_type_is_equal(dtype):
    pixels = PIXELS.astype(dtype)
    assert np.array_equal(overlay_array(of_array(pixels))[:], pixels)


@pytest.mark.parametrize(
    "place",
    [
        (0, 0, 0, 0, 0),
        (slice(1, 2), slice(1, 4), 1, slice(2, 6), slice(3, 5)),
        (2,),
        (slice(None), slice(None), 0),
        (slice(None),),
    ],
)
def test_what_is_written_is_seen_and_the_picture_stays(place):
    """Parts of chunks, whole chunks, everything; zeros too, which zarr writes by deleting chunks."""
    original = PIXELS.copy()
    array, expected = overlay_array(of_array(original)), PIXELS.copy()
    for value in (777, 0):
        array[place] = expected[place] = value
        assert np.array_equal(array[:], expected)
    assert np.array_equal(original, PIXELS)


def test_only_what_is_not_written_is_read():
    picture = Counted(SHAPE, (1, 2, 1, 4, 9))
    array = overlay_array(picture)
    array[0] = 5
    picture.reads.clear()
    assert (array[0] == 5).all()
    assert picture.reads == []
    assert np.array_equal(array[1], picture.pixels[1])
    assert {box.spans[0] for box in picture.reads} == {(1, 2)}


def test_a_pickle_has_what_was_written_and_goes_its_own_way():
    picture = of_array(PIXELS)
    array = overlay_array(picture)
    array[1] = 9
    copied = pickle.loads(pickle.dumps(array))
    assert np.array_equal(copied[:], array[:])
    assert (copied.store == array.store) is False  # an array in memory is equal only to itself
    assert array.store == array.store.with_read_only(True)
    copied[:] = 1
    assert (array[1] == 9).all()
    assert np.array_equal(array[0], PIXELS[0])


def test_a_view_that_is_read_only_shows_what_is_written_later():
    array = overlay_array(of_array(PIXELS))
    view = zarr.open_array(array.store, mode="r")
    array[2] = 3
    assert (view[2] == 3).all()
    with pytest.raises(ValueError, match="read-only"):
        view[0] = 1


def test_attributes_and_shape_can_be_changed():
    """As of any zarr array; what lies beyond the picture is 0."""
    array = overlay_array(of_array(PIXELS))
    array.attrs["mine"] = {"a": 1}
    array.resize((4, *SHAPE[1:]))
    again = zarr.open_array(array.store, mode="r")
    assert again.attrs.asdict() == {"mine": {"a": 1}}
    assert np.array_equal(again[:3], PIXELS)
    assert not again[3].any()


def test_what_is_listed_exists_and_has_its_size():
    store = overlay_array(of_array(PIXELS)).store

    async def all_of(answers):
        return sorted([answer async for answer in answers])

    def fetched(key):
        return asyncio.run(store.get(key, default_buffer_prototype()))

    asyncio.run(store.delete("c/0/0/0/0/0"))
    asyncio.run(store.set("mine/a", default_buffer_prototype().buffer.from_bytes(b"12")))
    keys = asyncio.run(all_of(store.list()))
    assert len(keys) == 1 + 3 * 3 * 2 * 2 - 1 + 1
    assert {key: asyncio.run(store.getsize(key)) for key in keys} == {key: len(fetched(key)) for key in keys}
    assert asyncio.run(all_of(store.list_dir(""))) == ["c", "mine", "zarr.json"]
    assert asyncio.run(all_of(store.list_dir("c/1/2/1"))) == ["0", "1"]
    assert asyncio.run(all_of(store.list_prefix("c/2/1/0"))) == ["c/2/1/0/0/0", "c/2/1/0/1/0"]
    for key in ("c/0/0/0/0/0", "c/3/0/0/0/0", "c/0/0/0/0", "0/zarr.json", ""):
        assert fetched(key) is None
        assert asyncio.run(store.exists(key)) is False
        with pytest.raises(FileNotFoundError):
            asyncio.run(store.getsize(key))


def test_a_type_that_zarr_does_not_have_is_refused():
    with pytest.raises(UnsupportedFeatureError, match="zarr has no type"):
        OverlayStore(of_array(PIXELS.astype("g")))
