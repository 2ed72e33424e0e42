"""A picture that is copied into a store of the caller: equal, complete, with checksums, or no group at all."""

from __future__ import annotations

import random
import warnings

import numpy as np
import pytest
import zarr
from omio_toy import READER as TOY
from omio_toy_read import image, write_toy
from zarr.storage import LocalStore, MemoryStore

from omio_core.errors import UnsupportedFeatureError, WriteError
from omio_core.images.image import Image
from omio_core.images.opening import open_source
from omio_core.metadata.facts import Fact, Facts
from omio_core.metadata.model import Metadata
from omio_core.ome.read import ome_facts
from omio_core.pixels import zarrlevels
from tests.core.pixels.counted import Counted

SHAPE = (3, 5, 2, 7, 9)
PIXELS = (np.arange(np.prod(SHAPE)) + 1).reshape(SHAPE).astype("u2")
ORDER = (0, 2, 1, 3, 4)


@pytest.fixture(autouse=True)
def _small_chunks(monkeypatch):
    """Chunks of one block, as a large picture has many of them."""
    monkeypatch.setattr(zarrlevels, "_grown", lambda shape, blocks, itemsize, floor: (1, 2, 1, 4, shape[4]))


def of_array(array=PIXELS, **facts):
    metadata = Metadata(shape=array.shape, dtype=str(array.dtype), facts=Facts(**facts))
    return Image.of_array(array, axes="TZCYX", metadata=metadata)


@pytest.mark.parametrize("dtype", ["?", "u1", "i2", "f4", "f8", "c8", "i8"])
def test_the_copy_has_equal_pixels_and_all_facts(dtype):
    """By zarr-python alone; the store of the image and its copy have the same attributes."""
    one = of_array(PIXELS.astype(dtype), name=Fact("cells", "file"), physical_size_x=Fact(0.25, "file"))
    store = MemoryStore()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        made = one.to_zarr(store)
        group = zarr.open_group(store, mode="r")
    assert made == zarr.open_group(store)
    assert np.array_equal(group["0"][:].transpose(ORDER), PIXELS.astype(dtype))
    assert dict(group.attrs) == dict(zarr.open_group(one.aszarr(), mode="r").attrs)
    assert group["0"].metadata.dimension_names == ("t", "c", "z", "y", "x")
    facts = ome_facts(store._store_dict["OME/METADATA.ome.xml"].to_bytes(), 0)
    assert (facts.name.value, facts.physical_size_x.value, facts.physical_size_y) == ("cells", 0.25, None)


def test_every_chunk_is_written_also_one_of_zeros():
    """A chunk that is missing later was lost."""
    store = MemoryStore()
    of_array(np.zeros_like(PIXELS)).to_zarr(store)
    assert sum(key.startswith("0/c/") for key in store._store_dict) == 3 * 2 * 3 * 2


def test_all_levels_are_copied(catalogue, tmp_path):
    """Into a folder."""
    catalogue(TOY)
    one = open_source(write_toy(tmp_path / "a.toy", image(PIXELS, "TZCYX", levels=2))).images[0]
    group = one.to_zarr(LocalStore(tmp_path / "copy.zarr"))
    assert np.array_equal(group["0"][:].transpose(ORDER), PIXELS)
    assert np.array_equal(group["1"][:].transpose(ORDER), PIXELS[..., ::2, ::2])


def test_a_picture_of_a_zarr_array_is_copied_too():
    """From one store into another, through OMIO's pool and zarr's threads."""
    first, second = MemoryStore(), MemoryStore()
    of_array().to_zarr(first)
    copied = Image.of_array(zarr.open_array(first, path="0", mode="r"), axes="TCZYX")
    assert np.array_equal(copied.to_zarr(second)["0"][:].transpose(ORDER), PIXELS)


@pytest.mark.parametrize("dtype", ["u1", "u2"])
def test_one_flipped_bit_is_an_error(dtype):
    """Whatever bit of whatever chunk."""
    store = MemoryStore()
    of_array(PIXELS.astype(dtype)).to_zarr(store)
    chosen = random.Random(4)
    keys = [key for key in store._store_dict if key.startswith("0/c/")]
    for _ in range(40):
        key = chosen.choice(keys)
        sound = store._store_dict[key]
        damaged = bytearray(sound.to_bytes())
        damaged[chosen.randrange(len(damaged))] ^= 1 << chosen.randrange(8)
        store._store_dict[key] = type(sound).from_bytes(bytes(damaged))
        with pytest.raises(ValueError, match="checksum"):
            zarr.open_array(store, path="0", mode="r")[:]
        store._store_dict[key] = sound


def test_an_interrupted_copy_is_no_group():
    """The error is the one of the read."""
    picture = Counted(SHAPE, (1, 1, 1, 7, 9))
    original = picture.read_into

    def fails(out, box):
        if box.spans[0][0] == 2:
            raise OSError("the disk is gone")
        original(out, box)

    picture.read_into = fails
    store = MemoryStore()
    with pytest.raises(OSError, match="the disk is gone"):
        Image(picture, Metadata(shape=SHAPE, dtype="uint16")).to_zarr(store)
    assert "zarr.json" not in store._store_dict
    with pytest.raises(FileNotFoundError):
        zarr.open_group(store, mode="r")


def test_a_store_that_cannot_take_it_is_refused_before_anything_is_written(tmp_path):
    """One that is not empty, one that is read-only, and what is no store; a type that zarr does not have."""
    full = MemoryStore()
    zarr.create_array(full, name="mine", shape=(1,), dtype="u1")
    before = dict(full._store_dict)
    for store, words in (
        (full, "not empty"),
        (MemoryStore(read_only=True), "read-only"),
        (of_array().aszarr(), "read-only"),
        (tmp_path, "zarr store"),
    ):
        with pytest.raises(WriteError, match=words) as told:
            of_array().to_zarr(store)
        assert "MemoryStore" in told.value.remedy
    assert full._store_dict == before
    empty = MemoryStore()
    with pytest.raises(UnsupportedFeatureError):
        of_array(PIXELS.astype("g")).to_zarr(empty)
    assert empty._store_dict == {}
