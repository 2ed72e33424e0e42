"""Pictures through the one protocol: a toy merge with padding, absence, promotion, crops, and files that misbehave."""

from __future__ import annotations

import pickle
from dataclasses import dataclass
from typing import Any

import numpy as np
import omio_toy_read
import pytest
from hypothesis import given
from hypothesis import strategies as st
from omio_toy_read import image, write_toy

from omio_core.contract import Match, Verdict, Writer
from omio_core.errors import CorruptFileError, LimitExceededError, PluginContractError
from omio_core.geometry.axes import CANONICAL, layout
from omio_core.geometry.box import Box, Present
from omio_core.images import writing
from omio_core.images.image import Image
from omio_core.images.opening import open_source
from omio_core.images.overrides import Request
from omio_core.metadata.model import Metadata
from omio_core.pixels.array import ArrayPicture
from omio_core.pixels.cropped import CroppedPicture
from omio_core.pixels.picture import FilePicture, PictureBase, read
from omio_core.pixels.protocol import Picture
from omio_core.pixels.stream import fill, pull, unit


@dataclass(frozen=True)
class Placed(PictureBase):
    """A toy merge: pictures at offsets in a larger one; what none of them covers is absent."""

    parts: tuple[Picture, ...]
    offsets: tuple[tuple[int, ...], ...]
    shape: tuple[int, ...]
    dtype: np.dtype[Any]

    @property
    def blocks(self):
        return tuple(max(b) for b in zip(*(part.blocks for part in self.parts), strict=True))

    @property
    def present(self):
        return Present(
            box.shift(offset)
            for part, offset in zip(self.parts, self.offsets, strict=True)
            for box in (part.present or [Box.whole(part.shape)])
        )

    def read_into(self, out, box):
        for part, offset in zip(self.parts, self.offsets, strict=True):
            hit = Box.whole(part.shape).shift(offset) & box
            if hit is not None:
                read(part, out[hit.within(box)], hit.shift([-n for n in offset]))


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


def of_array(array, axes=CANONICAL):
    return ArrayPicture(array, layout(axes, array.shape, caller=axes))


def whole(picture, dtype=None):
    out = np.full(picture.shape, 77, dtype or picture.dtype)
    read(picture, out, Box.whole(picture.shape))
    return out


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


def test_absence_is_decided_before_reading():
    class Nothing:
        shape = blocks = (1, 1, 1, 2, 2)
        dtype = np.dtype("u2")
        present = Present(())

        def read_into(self, out, box):
            raise AssertionError("nothing is there to be read")

    assert not whole(Nothing()).any()


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


def test_a_crop_shifts_what_is_present():
    base = Placed((of_array(np.ones((1, 1, 1, 2, 2), "u1")),), ((0, 0, 0, 3, 3),), (1, 1, 1, 6, 6), np.dtype("u1"))
    edge = CroppedPicture(base, Box(((0, 1), (0, 1), (0, 1), (4, 6), (2, 6))))
    assert list(edge.present) == [Box(((0, 1), (0, 1), (0, 1), (0, 1), (1, 3)))]
    assert CroppedPicture(base, Box(((0, 1), (0, 1), (0, 1), (3, 5), (3, 5)))).present is None, "all of it exists"
    assert len(CroppedPicture(base, Box(((0, 1), (0, 1), (0, 1), (0, 2), (0, 2)))).present) == 0
    assert edge.blocks == (1, 1, 1, 1, 2)
    assert pickle.loads(pickle.dumps(edge)).shape == edge.shape


@pytest.mark.parametrize("kind", ["zarr", "dask"])
def test_chunked_arrays_are_pictures(kind):
    data = np.arange(2 * 6 * 7, dtype="u2").reshape(2, 6, 7)
    if kind == "zarr":
        import zarr

        array = zarr.create_array({}, shape=data.shape, chunks=(1, 3, 4), dtype=data.dtype)
        array[...] = data
    else:
        import dask.array as da

        array = da.from_array(data, chunks=(1, 3, 4))
    picture = of_array(array, "ZYX")
    assert picture.blocks == (1, 1, 1, 3, 4)
    assert np.array_equal(whole(picture)[0, :, 0], data)


def test_arrays_of_samples_are_read_in_part():
    data = np.arange(4 * 5 * 3, dtype="u1").reshape(4, 5, 3)
    picture = of_array(data, "YXS")
    green = np.empty((1, 1, 1, 4, 5), "u1")
    read(picture, green, Box(((0, 1), (0, 1), (1, 2), (0, 4), (0, 5))))
    assert np.array_equal(green[0, 0, 0], data[..., 1])


def test_an_array_that_lies_about_its_shape():
    class Liar:
        shape, dtype = (4, 4), np.dtype("u1")

        def __getitem__(self, key):
            return np.zeros((1, 1), "u1")

    with pytest.raises(PluginContractError, match="another shape"):
        whole(of_array(Liar(), "YX"))


def test_an_array_that_lies_about_its_type():
    """The cast would change values, and no digest of what is written could tell."""

    class Liar:
        shape, dtype = (2, 2), np.dtype("u2")

        def __init__(self, given):
            self.given = given

        def __getitem__(self, key):
            return np.full((2, 2), 7.5).astype(self.given)

    with pytest.raises(PluginContractError, match="another type"):
        whole(of_array(Liar("f8"), "YX"))
    assert (whole(of_array(Liar(">u2"), "YX")) == 7).all()


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


def test_terabytes_of_nothing_are_refused():
    """A picture that is nearly all absent is not made whole; the part of it that exists is read."""

    class Hollow(PictureBase):
        shape, dtype, blocks = (1000, 1000, 1000, 8, 8), np.dtype("u1"), (1, 1, 1, 8, 8)
        present = Present([Box(((5, 6), (5, 6), (5, 6), (0, 8), (0, 8)))])

        def read_into(self, out, box):
            out[...] = 1

    hollow = Image(Hollow(), Metadata(shape=Hollow.shape, dtype="uint8"))
    with pytest.raises(LimitExceededError, match="nearly all of them absent"):
        hollow.to_numpy()
    part = hollow.at(T=slice(4, 7), Z=5, C=5)
    assert part.to_numpy().sum() == 64


def test_terabytes_of_nothing_are_not_written(tmp_path, catalogue):
    def accepts(images):
        return Verdict(Match.EXACT, "anything")

    catalogue(writers=[Writer(name="no", title="No", suffixes=(".no",), accepts=accepts, write="nowhere:write")])

    class Hollow(PictureBase):
        shape, dtype, blocks = (1000, 1000, 1000, 8, 8), np.dtype("u1"), (1, 1, 1, 8, 8)
        present = Present([Box(((0, 1), (0, 1), (0, 1), (0, 8), (0, 8)))])

    image = Image(Hollow(), Metadata(shape=Hollow.shape, dtype="uint8"))
    with pytest.raises(LimitExceededError, match="nearly all of them absent"):
        writing.write(tmp_path / "a.no", [image])
    assert list(tmp_path.iterdir()) == []
