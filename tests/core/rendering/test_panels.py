"""Panels: brightness, colours, sizes, and what cannot be shown."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from omio_core.geometry.box import Box
from omio_core.metadata.facts import Channel, Fact
from omio_core.rendering.panels import Panel, panel_size, panels, select
from omio_core.rendering.planes import view
from tests.core.rendering.pictures import Counted, image_of, image_of_array


def _panels(image: Any, size: tuple[int, int] = (8, 8), z: Any = "middle") -> list[list[Panel]]:
    chosen = view(image.picture, 256)
    return panels(image, chosen, select(image, chosen, z), size)


def _ramp(dtype: str = "uint16", most: int = 4095) -> np.ndarray:
    return np.linspace(0, most, 64).reshape(8, 8).astype(dtype)


def test_a_picture_of_12_bits_is_visible() -> None:
    """From black to white, not the lowest sixteenth of the greys."""
    ((panel,),) = _panels(image_of_array(_ramp(), "YX"))
    assert panel.pixels.dtype == np.uint8
    assert panel.pixels.shape == (8, 8, 3)
    assert panel.pixels.min() == 0
    assert panel.pixels.max() == 255
    assert (np.ptp(panel.pixels, axis=-1) == 0).all()  # grey
    assert panel.note == ""


def test_channels_have_their_colours() -> None:
    """The stated colour of each; together they add up."""
    red, cyan = (Channel(color=Fact(value, "file")) for value in (-16776961, 0x00FFFFFF))
    pair = np.stack([_ramp(), _ramp()[::-1, ::-1]])
    ((composite, first, second),) = _panels(image_of_array(pair, "CYX", channels=(red, cyan)))
    assert first.pixels.max(axis=(0, 1)).tolist() == [255, 0, 0]
    assert second.pixels.max(axis=(0, 1)).tolist() == [0, 255, 255]
    assert (composite.pixels == first.pixels + second.pixels).all()


def test_a_channel_has_one_window_at_all_times() -> None:
    """What fades is seen to fade: the first, a middle and the last time."""
    series = np.stack([_ramp() // (t + 1) for t in range(7)])
    rows = _panels(image_of_array(series, "TYX"))
    brightest = [row[0].pixels.max() for row in rows]
    assert len(rows) == 3
    assert brightest[0] == 255
    assert brightest[0] > brightest[1] > brightest[2] > 0


def test_the_middle_and_the_maximum_of_a_stack() -> None:
    """The middle plane alone, or the highest value of all; a NaN is no value."""
    stack = np.zeros((5, 2, 2))
    stack[2], stack[4, 0, 0], stack[1] = [[1, 2], [3, 4]], 9, np.nan
    image = image_of_array(stack, "ZYX", annotations={"imagej": {"min": 0.0, "max": 9.0}})
    ((middle,),) = _panels(image, (2, 2))
    ((highest,),) = _panels(image, (2, 2), "max")
    assert middle.pixels[..., 0].tolist() == [[28, 57], [85, 113]]
    assert highest.pixels[..., 0].tolist() == [[255, 57], [85, 113]]


def test_the_maximum_of_a_long_stack_is_bounded() -> None:
    """Of 5,000 planes of 8 MiB, eight: the first, the last, and six between."""
    image = image_of(Counted((1, 5000, 1, 2048, 2048), (1, 1, 1, 2048, 2048)))
    depths = select(image, view(image.picture, 256), "max").depths
    assert (len(depths), depths[0], depths[-1]) == (8, 0, 4999)


def test_rgb_is_rgb() -> None:
    """8 bits as they are; 16 bits with one window for the three; a fourth sample is not shown."""
    values = np.random.default_rng(0).integers(0, 256, (8, 8, 3)).astype(np.uint8)
    ((panel,),) = _panels(image_of_array(values, "YXS"))
    assert (panel.pixels == values).all()
    opaque = np.dstack([values, np.full((8, 8), 255, np.uint8)])
    assert (_panels(image_of_array(opaque, "YXS"))[0][0].pixels == values).all()
    deep = np.zeros((8, 8, 3), np.uint16)
    deep[..., 0], deep[..., 1] = _ramp(), _ramp() // 2
    ((panel,),) = _panels(image_of_array(deep, "YXS"))
    assert panel.pixels.max(axis=(0, 1)).tolist() == pytest.approx([255, 128, 0], abs=2)


def test_what_cannot_be_seen_is_said() -> None:
    """Constants, values that are no numbers, and planes that are absent, in stripes."""
    notes = [
        (np.zeros((3, 3), np.uint16), "all 0"),
        (np.full((1, 1), 4000, np.uint16), "all 4000"),
        (np.full((3, 3), np.nan), "not a number"),
        (np.array([[np.nan, 1.0], [2.0, np.inf]]), ""),
    ]
    for values, note in notes:
        assert _panels(image_of_array(values, "YX"))[0][0].note == note
    there = Box(((0, 1), (0, 1), (0, 1), (0, 64), (0, 64)))
    rows = _panels(image_of(Counted((2, 1, 2, 64, 64), (1, 1, 1, 64, 64), boxes=(there,))), (64, 64))
    assert [[panel.note for panel in row] for row in rows] == [["", "all 0", "absent"], ["absent"] * 3]
    assert len(np.unique(rows[1][0].pixels)) == 2
    assert len(np.unique(rows[0][1].pixels)) == 1


def test_nan_and_infinite_values() -> None:
    """NaN is black, an infinite value is at the end of the window."""
    values = np.array([[np.nan, 1.0, 2.0], [3.0, np.inf, -np.inf]])
    grey = _panels(image_of_array(values, "YX"), (2, 3))[0][0].pixels[..., 0]
    assert [grey[0, 0], grey[1, 1], grey[1, 2]] == [0, 255, 0]
    assert 0 < grey[0, 2] < 255


@pytest.mark.parametrize("dtype", ["bool", "int8", "int64", "uint64", "float16", "float64", "complex64"])
def test_every_type_of_pixels(dtype: str) -> None:
    """From dark to bright."""
    ((panel,),) = _panels(image_of_array(_ramp(dtype, 100), "YX"))
    assert panel.pixels.min() == 0
    assert panel.pixels.max() == 255


@pytest.mark.parametrize(
    ("field", "pixel", "expected"),
    [
        ((1, 1), (1, 1), (256, 256)),
        ((100, 60), (0.5, 0.5), (200, 120)),  # twice as large, no fraction
        ((3000, 1000), (0.5, 0.5), (256, 85)),
        ((10, 10), (0.2, 1.0), (51, 256)),  # not squares
        ((9000, 1), (1, 1), (256, 16)),
    ],
)
def test_sizes(field: tuple[float, float], pixel: tuple[float, float], expected: tuple[int, int]) -> None:
    """The shape of the field, whatever the number of pixels."""
    assert panel_size(field, pixel, 256) == expected


def test_many_channels() -> None:
    """The first six of them, and all six together."""
    rows = _panels(image_of(Counted((1, 1, 40, 8, 8), (1, 1, 1, 8, 8))))
    assert [len(row) for row in rows] == [7]
