"""Images: indexed as numpy does, lazy, picklable, with five axes always."""

from __future__ import annotations

import pickle

import numpy as np
import omio_toy_read
import pytest
from hypothesis import given
from hypothesis import strategies as st
from omio_toy_read import image, write_toy

from omio_core import settings
from omio_core.errors import AmbiguousAxesError, LimitExceededError, MetadataError
from omio_core.images.image import Image
from omio_core.images.opening import open_source
from omio_core.metadata.facts import Channel, Fact, Facts
from omio_core.metadata.model import Metadata
from omio_core.pixels import handles
from tests.core.images.arrays import ARRAY, SHAPE


def of_array(array=ARRAY, *names):
    channels = tuple(Channel(name=Fact(name, "file")) for name in names)
    metadata = Metadata(shape=array.shape, dtype=str(array.dtype), facts=Facts(channels=channels))
    return Image.of_array(array, axes="TZCYX", metadata=metadata)


def indices(n):
    bound = st.none() | st.integers(-n - 2, n + 2)
    steps = st.none() | st.integers(-3, 3).filter(bool)
    return st.integers(-n, n - 1) | st.builds(slice, bound, bound, steps)


@st.composite
def keys(draw):
    key = [draw(indices(n)) for n in SHAPE]
    form = draw(st.sampled_from(["all", "first", "last", "middle", "one"]))
    k = draw(st.integers(0, 5))
    if form == "first":
        return tuple(key[:k])
    if form == "last":
        return (..., *key[5 - k :]) if k else (...,)
    if form == "middle":
        return (*key[:1], ..., *key[4:])
    return key[0] if form == "one" else tuple(key)


@given(keys())
def test_indexing_equals_numpy(key):
    got, wanted = of_array()[key], ARRAY[key]
    assert np.shape(got) == np.shape(wanted)
    assert got.dtype == wanted.dtype
    assert np.array_equal(got, wanted)


def test_numpy_integers_are_indices():
    assert np.array_equal(of_array()[np.int64(1), :, np.uint8(0)], ARRAY[1, :, 0])
    assert of_array().at(T=np.int64(2)).shape == (1, 4, 2, 6, 5)


@pytest.mark.parametrize(
    "key", [3, (0, 4), (..., -6), (0,) * 6, (..., ...), None, 1.0, "GFP", np.array([0, 1]), [0, 1], (0, None)]
)
def test_what_is_no_index(key):
    with pytest.raises(IndexError):
        of_array()[key]


def test_only_what_is_asked_for_is_read(of_file, monkeypatch):
    asked = []
    original = omio_toy_read.Toy.read_into

    def noted(self, out, image, box, level):
        asked.append(box.spans)
        original(self, out, image, box, level)

    monkeypatch.setattr(omio_toy_read.Toy, "read_into", noted)
    got = of_file()[2, 1::2, 0, 3, ::-2]
    assert np.array_equal(got, ARRAY[2, 1::2, 0, 3, ::-2])
    assert asked == [((2, 3), (1, 4), (0, 1), (3, 4), (0, 5))]
    asked.clear()
    assert of_file()[0:0].shape == (0, 4, 2, 6, 5)
    assert asked == [], "nothing is read for nothing"


def test_at_keeps_five_axes(of_file):
    for one in (of_file(), of_array(ARRAY, "GFP", "DAPI")):
        assert np.array_equal(one.at(T=1).to_numpy(), ARRAY[1:2])
        assert np.array_equal(one.at(Z=-1, Y=slice(2, -1)).to_numpy(), ARRAY[:, -1:, :, 2:-1])
        dapi = one.at(C="DAPI", T=slice(1, None))
        assert np.array_equal(dapi.to_numpy(), ARRAY[1:, :, 1:])
        assert [channel.name.value for channel in dapi.metadata.channels] == ["DAPI"]
        assert np.array_equal(dapi.at(X=0).at(Y=3)[...], ARRAY[1:, :, 1:, 3:4, :1]), "a part of a part"
        assert one.at().shape == SHAPE


@pytest.mark.parametrize(
    "part",
    [{"T": 3}, {"T": -4}, {"Q": 0}, {"t": 0}, {"C": "RFP"}, {"Z": "GFP"}, {"T": slice(0, 3, 2)}, {"T": slice(2, 1)}],
)
def test_parts_that_are_not_there(part):
    with pytest.raises(IndexError):
        of_array(ARRAY, "GFP", "DAPI").at(**part)


def test_a_name_that_two_channels_have_names_none():
    with pytest.raises(IndexError, match="no single channel"):
        of_array(ARRAY, "GFP", "GFP").at(C="GFP")


def test_a_channel_of_samples_is_taken_whole():
    rgb = np.arange(2 * 4 * 5 * 3, dtype="u1").reshape(2, 4, 5, 3)
    metadata = Metadata(
        shape=(1, 1, 6, 4, 5),
        dtype="uint8",
        samples=3,
        facts=Facts(channels=(Channel(name=Fact("a", "file")), Channel(name=Fact("b", "file")))),
    )
    second = Image.of_array(rgb, axes="CYXS", metadata=metadata).at(C="b")
    assert np.array_equal(second.to_numpy()[0, 0], rgb[1].transpose(2, 0, 1))
    assert second.metadata.samples == 3
    assert Image.of_array(rgb, axes="CYXS").metadata.samples == 3


def test_to_numpy_reads_into_what_it_is_given(of_file):
    one = of_file()
    for out in (
        np.full(SHAPE, 9, "u2"),
        np.full(SHAPE[::-1], 9, "f8").T,
        np.full(SHAPE, 9, ">i4")[:, ::-1, :, :, ::-1],
        np.full([2 * n for n in SHAPE], 9, "u2")[::2, ::2, ::2, ::2, ::2],
    ):
        assert one.to_numpy(out=out) is out
        assert np.array_equal(out, ARRAY)


def test_to_numpy_refuses_what_cannot_take_it():
    with pytest.raises(MetadataError, match="out= cannot take this image"):
        of_array().to_numpy(out=np.empty((1, 1, 1, 1, 1), "u2"))
    frozen = np.empty(SHAPE, "u2")
    frozen.flags.writeable = False
    with pytest.raises(MetadataError, match="out="):
        of_array().to_numpy(out=frozen)


def test_numpy_takes_an_image(of_file):
    one = of_file()
    assert np.array_equal(np.asarray(one), ARRAY)
    assert np.asarray(one, dtype="f4").dtype == np.float32
    assert np.array(one).flags.owndata
    assert np.array_equal(np.max(one), ARRAY.max())
    with pytest.raises(ValueError):
        np.asarray(one, copy=False)


@pytest.mark.parametrize("chunks", [None, (1, 1, 1, 6, 5), (2, 3, 2, 4, 4), SHAPE])
def test_dask_equals_numpy(of_file, chunks):
    lazy = of_file().to_dask(chunks)
    assert lazy.shape == SHAPE
    assert lazy.dtype == ARRAY.dtype
    if chunks:
        assert lazy.chunksize == tuple(chunks)
    assert np.array_equal(lazy.compute(), ARRAY)
    assert np.array_equal(lazy[1, ::-1, 0, 2:, 3].compute(), ARRAY[1, ::-1, 0, 2:, 3])
    again = pickle.loads(pickle.dumps(lazy))
    assert np.array_equal(again.compute(scheduler="synchronous"), ARRAY)


def test_the_pixels_of_another_resolution(of_file):
    facts = {"physical_size_x": 0.5, "physical_size_y": 0.5, "physical_size_z": 2}
    one = of_file(image(ARRAY, "TZCYX", levels=3, facts=facts))
    assert one.levels == (SHAPE, (3, 4, 2, 3, 3), (3, 4, 2, 2, 2))
    half = one.level(1)
    assert np.array_equal(half.to_numpy(), ARRAY[..., ::2, ::2])
    assert half.shape == half.metadata.shape == (3, 4, 2, 3, 3)
    assert half.metadata.facts.physical_size_y == Fact(
        1.0, "derived", "header: physical_size_y times 2 at this resolution"
    )
    assert half.metadata.facts.physical_size_z.origin == "file"
    assert np.array_equal(one.level(-1).to_numpy(), ARRAY[..., ::4, ::4])
    assert np.array_equal(half.level(0).to_numpy(), ARRAY)
    with pytest.raises(IndexError, match="3 level"):
        one.level(3)


def test_an_array_has_one_level():
    one = of_array()
    assert one.levels == (SHAPE,)
    assert one.level(0) is one
    with pytest.raises(IndexError, match="1 level"):
        one.level(1)


def test_what_an_image_says_of_itself(of_file):
    one = of_file(image(ARRAY, "TZCYX", name="embryo"))
    assert (one.axes, one.shape, one.ndim, one.dtype) == ("TZCYX", SHAPE, 5, np.dtype("u2"))
    assert one.nbytes == ARRAY.nbytes
    assert repr(one) == "<Image 'embryo' T3 Z4 C2 Y6 X5 uint16>"
    assert repr(of_array()) == "<Image T3 Z4 C2 Y6 X5 uint16>"
    assert one.vendor["name"] == "embryo"
    assert of_array().vendor is None
    assert one.metadata is one.metadata, "parsed once"
    assert one.metadata.facts.name == Fact("embryo", "file")


def test_pickles(of_file):
    one = of_file()
    part = one.at(T=1, C="DAPI")
    for before in (one, part, of_array()):
        after = pickle.loads(pickle.dumps(before))
        assert np.array_equal(after.to_numpy(), before.to_numpy())
        assert after.metadata == before.metadata
    handles.HANDLES.clear()
    assert np.array_equal(pickle.loads(pickle.dumps(part)).to_numpy(), ARRAY[1:2, :, 1:])


def test_two_thousand_images_hold_nothing_open(toy, tmp_path):
    kept = []
    for n in range(40):
        kept += open_source(write_toy(tmp_path / f"{n}.toy", *[image(np.zeros((1, 1), "u1"), "YX")] * 50)).images
    handles.HANDLES.clear()
    assert len(kept) == 2000
    assert len(handles.HANDLES) == 0
    assert kept[777].shape == (1, 1, 1, 1, 1)


def test_closing_lets_go_and_the_image_stays_usable(of_file):
    with of_file() as one:
        assert np.array_equal(one.at(T=0).to_numpy(), ARRAY[:1])
        assert len(handles.HANDLES) == 1
    assert len(handles.HANDLES) == 0
    assert np.array_equal(one.to_numpy(), ARRAY), "it opens the file again"
    one.at(T=0).at(Z=1).close()
    assert len(handles.HANDLES) == 0, "a part closes the file of the whole"
    of_array().close()


def test_arrays_in_memory():
    one = Image.of_array(np.zeros((4, 5, 3), "u1"), axes="YXS")
    assert (one.shape, one.metadata.samples) == ((1, 1, 3, 4, 5), 3)
    assert Image.of_array(ARRAY.astype(">u2"), axes="TZCYX").dtype == np.dtype("u2")
    with pytest.raises(AmbiguousAxesError):
        Image.of_array(ARRAY, axes="ZYX")


def test_more_than_fits_into_memory_is_refused_before_it_is_taken():
    image = Image.of_array(np.zeros((4, 8), "u2"), axes="YX")
    with settings.using(max_memory=63), pytest.raises(LimitExceededError, match="64 bytes") as caught:
        image.to_numpy()
    assert "lazy=True" in caught.value.remedy
    with settings.using(max_memory=63):
        assert image[0, 0, 0, :3].shape == (3, 8)
