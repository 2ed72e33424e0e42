"""The window of contrast: from what is stated, else from a sample that stays small."""

from __future__ import annotations

import dask.array as da
import numpy as np
import pytest

from omio_core import Image
from omio_core.geometry.box import Box
from omio_core.rendering.contrast import limits, window
from tests.core.rendering.pictures import Counted, image_of


def test_a_picture_of_12_bits_fills_the_window() -> None:
    """The values of the sample, not the range of the type."""
    values = np.random.default_rng(0).integers(100, 4096, (64, 64)).astype(np.uint16)
    low, high = limits(Image.of_array(values, axes="YX"))
    assert 100 <= low < 200
    assert 3900 < high <= 4095


def test_a_stated_range_needs_no_pixel() -> None:
    """The annotation decides, and nothing is read."""
    picture = Counted((1, 1, 1, 512, 512), (1, 1, 1, 512, 512))
    image = image_of(picture, annotations={"imagej": {"min": 5.0, "max": 77.0}})
    assert limits(image) == (5, 77)
    assert picture.read == []


def test_at_most_three_blocks_of_one_channel_are_read() -> None:
    """A picture of 24 GB: three chunks, all of the channel that is asked for."""
    picture = Counted((500, 6, 2, 1024, 2048), (1, 1, 1, 512, 1024))
    low, high = limits(image_of(picture), 1)
    assert len(picture.read) <= 3
    assert sum(box.size for box in picture.read) <= 3 << 20
    assert {box.spans[2] for box in picture.read} == {(1, 2)}
    assert 200 < low < high < 500  # 100 and a quarter to three quarters of T
    with pytest.raises(IndexError, match="channel 2"):
        limits(image_of(picture), 2)


def test_an_enormous_block_is_not_read_whole() -> None:
    """The middle of it is a sample, too."""
    picture = Counted((1, 1, 1, 40_000, 40_000), (1, 1, 1, 40_000, 40_000))
    limits(image_of(picture))
    assert 0 < sum(box.size for box in picture.read) * 2 <= 32 << 20


def test_absent_pixels_are_no_sample() -> None:
    """What is absent is not read; of a sparse picture, what exists is found."""
    there = Box(((1, 2), (0, 1), (0, 1), (0, 64), (0, 64)))
    picture = Counted((90, 1, 1, 64, 64), (1, 1, 1, 64, 64), boxes=(there,))
    assert limits(image_of(picture)) == (0, 2)  # constant 1
    assert picture.read == [there]
    assert limits(image_of(Counted((1, 1, 1, 8, 8), (1, 1, 1, 8, 8), boxes=()))) == (0, 1)


def test_the_coarsest_level_is_read() -> None:
    """Of a pyramid, the full resolution is not touched; a level of a few pixels says nothing, and is not taken."""
    smaller = [Counted((1, 1, 1, n, n), (1, 1, 1, 512, 512)) for n in (512, 64, 8)]
    picture = Counted((1, 1, 1, 8192, 8192), (1, 1, 1, 512, 512), smaller=smaller)
    limits(image_of(picture))
    assert [len(level.read) for level in (picture, *smaller)] == [0, 0, 1, 0]


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (np.zeros(9, np.uint16), (0, 1)),
        (np.full(9, 7, np.uint8), (0, 14)),
        (np.full(9, 255, np.uint8), (0, 255)),
        (np.full(9, -3.0), (-6, 0)),
        (np.full(9, np.nan), (0, 1)),
        (np.array([np.nan, np.inf, 1.5, -np.inf]), (0, 3)),
        (np.array([1e308, -1e308]), (-1e300, 1e300)),
        (np.array([0] * 9999 + [1], np.uint8), (0, 1)),  # a mask that is nearly empty
        (np.full(9, 3 + 4j), (0, 10)),
        (np.empty(0, np.int8), (0, 1)),
    ],
)
def test_windows(values: np.ndarray, expected: tuple[float, float]) -> None:
    """Constants, what is not finite, sparse masks, and nothing."""
    low, high = window(values, values.dtype)
    assert low < high
    assert (low, high) == pytest.approx(expected, rel=0.01)


def test_hot_pixels_do_not_decide() -> None:
    """Significant bits bound the window; a statement that the values contradict does not."""
    hot = np.r_[np.arange(1000), np.full(60, 65535)].astype(np.uint16)
    assert window(hot, hot.dtype)[1] == 65535
    assert window(hot, hot.dtype, 12)[1] == 4095
    assert window(np.arange(9000, 9999).astype(np.uint16), hot.dtype, 12)[0] > 4095
    assert window(np.r_[np.arange(10000), 65535].astype(np.uint16), hot.dtype)[1] < 10000


def test_rgb_and_masks() -> None:
    """RGB of 8 bits is shown as it is; of 16 bits with one window, without the opacity; a mask from 0 to 1."""
    rgb = np.random.default_rng(2).integers(0, 90, (32, 32, 3)).astype(np.uint8)
    assert limits(Image.of_array(rgb, axes="YXS")) == (0, 255)
    rgba = np.dstack([rgb.astype(np.uint16), np.full((32, 32), 65535, np.uint16)])
    assert limits(Image.of_array(rgba, axes="YXS"))[1] <= 90
    assert limits(Image.of_array(np.zeros((4, 4), bool), axes="YX")) == (0, 1)


def test_thin_structures_on_a_black_ground_are_bright_enough() -> None:
    """At most 3 % are clipped for it; a picture that is bright anyway loses no more than hot pixels."""
    values = np.random.default_rng(3).normal(100, 5, 100_000)
    values[:4000] += np.linspace(0, 3000, 4000)
    low, high = window(values.astype(np.uint16), np.dtype("uint16"))
    shown = ((values - low) / (high - low)).clip(0, 1)
    assert 0.01 < (shown == 1).mean() <= 0.031
    even = np.arange(10_000, dtype=np.uint16)
    assert window(even, even.dtype)[1] > 9980


def test_small_blocks_of_a_lazy_array_are_read_alone() -> None:
    """Three blocks of a dask array are computed for a channel, however small they are."""
    computed = []

    def block(block_id: tuple[int, ...] = ()) -> np.ndarray:
        computed.append(block_id)
        return np.full((1, 64, 64), 7 * block_id[0] + block_id[1], np.uint16)

    lazy = da.map_blocks(
        block, chunks=((1,) * 4, (64,) * 8, (64,) * 8), dtype=np.uint16, meta=np.empty((0, 0, 0), np.uint16)
    )
    limits(Image.of_array(lazy, axes="ZYX"))
    assert 0 < len(computed) <= 3
