"""Pictures through the one protocol: a toy merge with padding, absence, promotion, crops, and files that misbehave."""

from __future__ import annotations

import pickle

import numpy as np
import omio_toy_read
import pytest
from hypothesis import given
from hypothesis import strategies as st
from omio_toy_read import image, write_toy

from omio_core.errors import CorruptFileError
from omio_core.geometry.axes import CANONICAL
from omio_core.geometry.box import Box
from omio_core.images.image import Image
from omio_core.images.opening import open_source
from omio_core.images.overrides import Request
from omio_core.metadata.model import Metadata
from omio_core.pixels.cropped import CroppedPicture
from omio_core.pixels.picture import FilePicture, read
from omio_core.pixels.protocol import Picture
from omio_core.pixels.stream import fill, pull, unit
from tests.core.pixels.placed import Placed, of_array, whole


def merge(parts, axis):
    """Parts one after another along an axis, padded to the largest on the others, promoted by numpy's rule."""
    along = CANONICAL.index(axis)
    shape = [max(lengths) for lengths in zip(*(part.shape for part in parts), strict=True)]
    offsets, at = [], 0
    for part in parts:
        offsets.append(tuple(at if k == along else 0 for k in range(5)))
        at += part.shape[along]
    shape[along] = at
    return Placed(tuple(parts), tuple(offsets), tuple(shape), np.result_type(*(part.dtype for part in parts)))


def by_numpy(arrays, axis):
    along = CANONICAL.index(axis)
    top = [max(lengths) for lengths in zip(*(array.shape for array in arrays), strict=True)]
    padded = [np.pad(a, [(0, 0 if k == along else top[k] - n) for k, n in enumerate(a.shape)]) for a in arrays]
    return np.concatenate(padded, axis=along)


@st.composite
def arrays(draw):
    count = draw(st.integers(1, 3))
    made = []
    for n in range(count):
        shape = tuple(draw(st.integers(1, 3)) for _ in range(5))
        dtype = draw(st.sampled_from(["u1", "u2", "i2", "f4"]))
        made.append((np.arange(np.prod(shape)).reshape(shape) + 1 + 10 * n).astype(dtype))
    return made


@given(arrays(), st.sampled_from(CANONICAL), st.data())
def test_a_padded_merge_equals_numpy(given_arrays, axis, data):
    merged = merge([of_array(a) for a in given_arrays], axis)
    assert isinstance(merged, Picture)
    wanted = by_numpy(given_arrays, axis)
    assert whole(merged).dtype == wanted.dtype, "promoted"
    assert np.array_equal(whole(merged), wanted)
    spans = []
    for n in merged.shape:
        start = data.draw(st.integers(0, n - 1))
        spans.append((start, data.draw(st.integers(start + 1, n))))
    box = Box(tuple(spans))
    crop = CroppedPicture(merged, box)
    assert np.array_equal(whole(crop), wanted[box.within(Box.whole(merged.shape))]), "a crop of a merge"
    again = merge([crop, of_array(given_arrays[0])], axis)
    assert np.array_equal(whole(again), by_numpy([whole(crop), given_arrays[0]], axis)), "a merge of crops"


def test_a_merge_of_files(toy, tmp_path):
    """Two files of unequal size, one with planes missing, through everything that a picture goes through."""
    first = np.arange(2 * 3 * 4 * 5, dtype="u1").reshape(2, 3, 4, 5) + 1
    second = np.arange(2 * 2 * 6 * 3, dtype="i2").reshape(2, 2, 6, 3) + 1
    boxes = [[[0, 1], [0, 2], [0, 6], [0, 3]], [[1, 2], [1, 2], [0, 3], [0, 3]]]
    there = np.zeros_like(second)
    there[0], there[1, 1, :3] = second[0], second[1, 1, :3]
    paths = [
        write_toy(tmp_path / "a.toy", image(first, "TZYX", blocks=(1, 1, 2, 5))),
        write_toy(tmp_path / "b.toy", image(second, "TZYX", present=boxes)),
    ]
    with pytest.warns(UserWarning, match="absent"):
        parts = [open_source(path).images[0].picture for path in paths]
    merged = merge(parts, "T")
    wanted = by_numpy([first[:, :, None], there[:, :, None]], "T")
    assert merged.dtype == np.int16
    assert merged.shape == (4, 3, 1, 6, 5)
    joined = Image(merged, Metadata(shape=merged.shape, dtype="int16"))
    assert np.array_equal(joined.to_numpy(), wanted)
    assert np.array_equal(joined[2, :, 0, ::-1, 1:4], wanted[2, :, 0, ::-1, 1:4])
    assert np.array_equal(joined.at(T=slice(1, 4), Y=2).to_numpy(), wanted[1:4, :, :, 2:3])
    assert np.array_equal(joined.to_dask((1, 2, 1, 4, 4)).compute(), wanted)
    planes = [Box(((t, t + 1), (z, z + 1), (0, 1), (0, 6), (0, 5))) for z in range(3) for t in range(4)]
    pulled = list(pull(merged, planes))
    assert [box for box, _ in pulled] == planes
    assert all(np.array_equal(p, wanted[b.within(Box.whole(merged.shape))]) for b, p in pulled)
    out = np.empty(merged.shape[::-1], "f8").T
    fill(merged, out)
    assert np.array_equal(out, wanted)
    copy = pickle.loads(pickle.dumps(merged))
    assert np.array_equal(whole(copy), wanted)
    assert unit(merged.shape, merged.blocks, 2) == merged.shape


def test_pixels_are_cast_to_the_dtype_of_out():
    picture = of_array(np.arange(4, dtype="u2").reshape(1, 1, 1, 2, 2) + 300)
    assert whole(picture, "f4").tolist() == [[[[[300, 301], [302, 303]]]]]
    assert whole(picture, ">u2").dtype == np.dtype(">u2")
    assert whole(picture, ">u2")[0, 0, 0, 0, 0] == 300


def test_a_picture_is_only_given_memory_of_its_own_dtype():
    class Particular:
        shape = blocks = (1, 1, 1, 2, 2)
        dtype = np.dtype("u2")
        present = None

        def read_into(self, out, box):
            assert out.dtype == self.dtype
            out[...] = 300

    for dtype in ("u2", "f8", ">u2", "u1"):
        assert (whole(Particular(), dtype) == np.array(300, "u2").astype(dtype)).all()


def test_samples_of_a_file_are_read_in_part_and_whole_pixels_asked_for(toy, tmp_path, monkeypatch):
    data = np.arange(2 * 4 * 5 * 3, dtype="u1").reshape(2, 4, 5, 3)
    picture = open_source(write_toy(tmp_path / "rgb.toy", image(data, "CYXS"))).images[0].picture
    asked = []
    original = omio_toy_read.Toy.read_into

    def noted(self, out, image, box, level):
        asked.append(box)
        original(self, out, image, box, level)

    monkeypatch.setattr(omio_toy_read.Toy, "read_into", noted)
    wanted = data.transpose(0, 3, 1, 2).reshape(1, 1, 6, 4, 5)
    for c in range(6):
        for stop in range(c + 1, 7):
            box = Box(((0, 1), (0, 1), (c, stop), (1, 3), (0, 5)))
            out = np.empty(box.shape, "u1")
            read(picture, out, box)
            assert np.array_equal(out, wanted[box.within(Box.whole(wanted.shape))])
    assert all(box.spans[3] == (0, 3) for box in asked), "S is always whole"
    assert all(box.spans[1:3] == ((1, 3), (0, 5)) for box in asked), "and nothing more is read"


@pytest.mark.parametrize(("error", "kind"), [(ZeroDivisionError("x"), CorruptFileError), (MemoryError(), MemoryError)])
def test_foreign_exceptions_of_a_read_are_wrapped(toy, tmp_path, monkeypatch, error, kind):
    path = write_toy(tmp_path / "a.toy", image(np.zeros((2, 2), "u1"), "YX"))
    picture = open_source(path, Request()).images[0].picture
    assert isinstance(picture, FilePicture)

    def fails(*args):
        raise error

    monkeypatch.setattr(omio_toy_read.Toy, "read_into", fails)
    with pytest.raises(kind) as caught:
        whole(picture)
    if kind is CorruptFileError:
        assert (caught.value.reader, caught.value.path) == ("toy", str(path))
        assert caught.value.__cause__ is error
