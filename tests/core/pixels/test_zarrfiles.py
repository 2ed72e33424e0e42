"""A picture as files of chunks: equal, complete, with checksums, or no array at all."""

from __future__ import annotations

import json
import random

import numpy as np
import pytest
import zarr

from omio_core.errors import UnsupportedFeatureError
from omio_core.pixels import zarrfiles, zarrlevels
from omio_core.pixels.zarrfiles import DOCUMENT, Written, array_of, is_sound, write_array
from tests.core.pixels.counted import Counted

from .placed import of_array

SHAPE = (3, 5, 2, 7, 9)
PIXELS = (np.arange(np.prod(SHAPE)) + 1).reshape(SHAPE).astype("u2")


@pytest.fixture
def small_chunks(monkeypatch):
    """Chunks of one block, as a large picture has many of them."""
    monkeypatch.setattr(zarrlevels, "_grown", lambda shape, blocks, itemsize, floor: (1, 2, 1, 4, shape[4]))


def written(picture, folder):
    """Write a picture; return the array as zarr reads it, and what the function was told."""
    told = []

    def attributes(written):
        told.append(written)
        assert not (folder / DOCUMENT).exists()
        return {"a": 1}

    write_array(picture, folder, attributes)
    return zarr.open_array(folder, mode="r"), told[0]


@pytest.mark.parametrize("dtype", ["?", "u1", ">u2", "i2", "f4", "f8", "c8", "i8"])
def test_zarr_reads_equal_pixels(tmp_path, small_chunks, dtype):
    """By zarr-python alone; the metadata come last, and say how much there is."""
    array, told = written(of_array(PIXELS.astype(dtype)), tmp_path)
    assert np.array_equal(array[:], PIXELS.astype(dtype))
    assert array.metadata.dimension_names == ("t", "z", "c", "y", "x")
    assert array.attrs.asdict() == {"a": 1}
    files = list(tmp_path.glob("c.*"))
    assert told == Written(chunks=3 * 3 * 2 * 2, nbytes=sum(file.stat().st_size for file in files))
    assert told.chunks == len(files)


def test_every_chunk_is_written_also_one_of_zeros(tmp_path, small_chunks):
    assert written(of_array(np.zeros_like(PIXELS)), tmp_path)[1].chunks == 36


def test_every_flipped_bit_and_every_truncation_breaks_the_checksum(tmp_path, small_chunks):
    written(of_array(PIXELS), tmp_path)
    data = (tmp_path / "c.1.1.1.1.0").read_bytes()
    assert is_sound(data)
    chosen = random.Random(4)
    for _ in range(200):
        damaged = bytearray(data)
        damaged[chosen.randrange(len(data))] ^= 1 << chosen.randrange(8)
        assert not is_sound(bytes(damaged))
    assert not any(is_sound(data[:length]) for length in range(len(data)))


def test_a_large_block_is_divided_and_no_other():
    """A slide in one strip of 400 MB; a plane of 8 MB stays whole."""
    slide = Counted((1, 1, 1, 1, 1), (1, 1, 1, 10_000, 20_000))
    slide.shape = slide.blocks
    assert array_of(slide).chunks == (1, 1, 1, 2500, 2500)
    plane = Counted((1, 1, 1, 1, 1), (1, 1, 1, 2048, 2048))
    plane.shape = (5, 1, 1, 2048, 2048)
    assert array_of(plane).chunks == (1, 1, 1, 2048, 2048)


def test_a_divided_block_is_decoded_once(tmp_path, monkeypatch):
    monkeypatch.setattr(zarrfiles, "LARGEST_CHUNK", 100)
    picture = Counted((2, 1, 1, 20, 10), (1, 1, 1, 20, 10))
    array, _ = written(picture, tmp_path)
    assert array.chunks == (1, 1, 1, 5, 10)
    assert np.array_equal(array[:], picture.pixels)
    assert len(picture.reads) == 2


def test_an_interrupted_write_is_no_array(tmp_path, small_chunks):
    """The error is the one of the read."""
    picture = Counted(SHAPE, (1, 1, 1, 7, 9))
    original = picture.read_into

    def fails(out, box):
        if box.spans[0][0] == 2:
            raise OSError("the disk is gone")
        original(out, box)

    picture.read_into = fails
    with pytest.raises(OSError, match="the disk is gone"):
        write_array(picture, tmp_path, lambda _: {})
    assert not (tmp_path / DOCUMENT).exists()


def test_a_type_that_zarr_does_not_have_is_refused(tmp_path):
    with pytest.raises(UnsupportedFeatureError, match="zarr has no type"):
        zarrfiles.document(of_array(PIXELS.astype("g")), {})


def test_attributes_that_are_no_json_are_refused(tmp_path):
    with pytest.raises(ValueError):
        write_array(of_array(PIXELS), tmp_path, lambda _: {"a": float("nan")})
    assert json.dumps(zarrfiles.document(of_array(PIXELS), {"a": None}))
