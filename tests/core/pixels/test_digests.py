"""Digests of planes: what the standard library says, whatever bands, byte order and strides they come in."""

from __future__ import annotations

import pickle
import sys
import zlib

import numpy as np
import omio_toy_late
import pytest
from omio_toy_read import image, write_toy

from omio_core.errors import PluginContractError
from omio_core.images.image import Image
from omio_core.images.opening import open_source
from omio_core.pixels import digests
from omio_core.pixels.digests import stored_digests


@pytest.fixture(params=["fast", "plain"])
def _sums(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """With imagecodecs, and where it is not installed."""
    digests._sums.cache_clear()
    if request.param == "plain":
        monkeypatch.setitem(sys.modules, "imagecodecs", None)
        assert digests._sums() == (zlib.crc32, zlib.adler32)
    yield
    digests._sums.cache_clear()


@pytest.mark.usefixtures("_sums")
@pytest.mark.parametrize("dtype", ["uint8", "<u2", ">u2", "float64", "bool", "complex64"])
def test_a_plane(dtype: str) -> None:
    plane = np.random.default_rng(0).integers(0, 200, (37, 50)).astype(dtype)
    data = plane.astype(plane.dtype.newbyteorder("<")).tobytes()
    wanted = f"{zlib.crc32(data):08x}{zlib.adler32(data):08x}"
    assert digests.plane_digest(plane) == wanted
    assert digests.plane_digest(np.asfortranarray(plane)) == wanted
    banded = digests.Digest()
    for start in range(0, 37, 5):
        banded.update(plane[start : start + 5])
    assert banded.text() == wanted


@pytest.mark.usefixtures("_sums")
@pytest.mark.parametrize("band", [1 << 23, 1000])
@pytest.mark.parametrize("axes", ["TZCYX", "TZYXS"])
def test_an_image(monkeypatch: pytest.MonkeyPatch, band: int, axes: str) -> None:
    """C fastest, then Z, then T; samples are indices of C."""
    monkeypatch.setattr(digests, "BAND", band)
    image = Image.of_array(np.random.default_rng(1).integers(0, 999, (2, 3, 20, 30, 3)).astype("u2"), axes=axes)
    pixels = image.to_numpy()
    wanted = [digests.plane_digest(pixels[index]) for index in np.ndindex(pixels.shape[:3])]
    assert list(digests.image_digests(image)) == wanted
    assert list(digests.image_digests(image, np.dtype("f8"))) == [
        digests.plane_digest(pixels[index].astype("f8")) for index in np.ndindex(pixels.shape[:3])
    ]


def test_one_pixel_is_enough() -> None:
    plane = np.zeros((64, 64), np.uint16)
    seen = {digests.plane_digest(plane)}
    for at in range(0, 4096, 97):
        plane.flat[at] ^= 1
        seen.add(digests.plane_digest(plane))
    assert len(seen) == 1 + len(range(0, 4096, 97))


@pytest.fixture
def opened(catalogue, tmp_path):
    """A function that opens a file whose images state digests."""
    catalogue(omio_toy_late.READER)
    return lambda *images: open_source(omio_toy_late.write_late(tmp_path / "a.late", *images)).images


def test_digests_that_a_file_states_are_returned_without_reading_a_pixel(opened, monkeypatch):
    stated = [f"{n:016x}" for n in range(6)]
    first, second = opened(omio_toy_late.late((3, 2, 4, 5), digests=stated, levels=2), omio_toy_late.late((3, 2, 4, 5)))
    monkeypatch.setattr("omio_toy_late.Late.read_into", dict.fromkeys)  # a read would fail
    assert stored_digests(first) == tuple(stated)
    first.close()
    assert stored_digests(pickle.loads(pickle.dumps(first))) == tuple(stated), "the file is opened again"
    assert stored_digests(second) is None, "it states none"
    assert stored_digests(first.level(1)) is None, "they are those of the full resolution"
    assert stored_digests(first.at(T=0)) is None
    assert stored_digests(Image.of_array(np.zeros((2, 3), "u1"), axes="YX")) is None


@pytest.mark.parametrize(
    ("stated", "words"), [(["a"] * 5, "gave 5 texts, the image has 6 planes"), ("abcdef", "a str")]
)
def test_digests_that_do_not_fit_the_image_are_the_readers_fault(opened, stated, words):
    (one,) = opened(omio_toy_late.late((3, 2, 4, 5), digests=stated))
    with pytest.raises(PluginContractError, match=words):
        stored_digests(one)


def test_a_reader_need_not_offer_digests(toy, tmp_path):
    path = write_toy(tmp_path / "a.toy", image(np.zeros((2, 3), "u1"), "YX"))
    assert stored_digests(open_source(path).images[0]) is None
