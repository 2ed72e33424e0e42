"""Previews: the text, the scale bar, and how little is read."""

from __future__ import annotations

from io import BytesIO
from typing import Any

import numpy as np
import PIL.Image
import pytest

from omio_core.errors import MetadataError
from omio_core.metadata.facts import Channel, Fact
from omio_core.rendering import preview as drawing
from omio_core.rendering.preview import BACKGROUND, preview
from tests.core.rendering.pictures import Counted, image_of, image_of_array

WHITE = (255, 255, 255)


def _size(value: float, axes: str = "xy") -> dict[str, Any]:
    return {f"physical_size_{axis}": Fact(value, "file") for axis in axes}


@pytest.fixture
def texts(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The texts that are drawn, before they are shortened."""
    seen: list[str] = []
    write = drawing.write

    def watched(draw: Any, at: Any, text: str, *rest: Any, **look: Any) -> None:
        seen.append(text)
        write(draw, at, text, *rest, **look)

    monkeypatch.setattr(drawing, "write", watched)
    return seen


def _bar(picture: PIL.Image.Image) -> int:
    """The longest white line in the last rows."""
    rows = np.asarray(picture)[-20:]
    white = (rows == 255).all(axis=-1)
    return int(white.sum(axis=1)[white[:, 6]].max(initial=0))


def test_what_is_written_above_and_below(texts: list[str]) -> None:
    """Name, lengths, plane, channels, times, and the length of the bar."""
    channels = (Channel(name=Fact("GFP", "file")), Channel())
    image = image_of_array(
        np.random.default_rng(0).random((5, 4, 2, 96, 128), np.float32),
        "TZCYX",
        name=Fact("cells", "file"),
        channels=channels,
        time_increment=Fact(30.0, "file"),
        **_size(0.25),
    )
    picture = image.preview()
    assert (picture.mode, picture.width) == ("RGB", 3 * 262 + 6)
    assert texts == [
        "cells", "128 x 96 px, T 5, Z 4, C 2, float32", "Z = 2", "composite", "GFP", "channel 1", "T = 0 (0 s)",
        "T = 2 (60 s)", "T = 4 (120 s)", "10 µm",
    ]  # fmt: skip
    assert _bar(picture) == 80  # 10 micrometres are 40 pixels, each drawn as two


@pytest.mark.parametrize(
    ("size", "text", "length"),
    [(0.1, "5 µm", 100), (1000.0, "50 mm", 100), (0.0001, "5 nm", 100), (0.065, "2 µm", 62), (2e-8, "1 pm", 100)],
)
def test_the_scale_bar(texts: list[str], size: float, text: str, length: int) -> None:
    """A round length of at most half the panel, in a unit that suits it; each pixel is drawn as two."""
    picture = preview(image_of_array(np.eye(128), "YX", **_size(size)))
    assert texts[-1] == text
    assert _bar(picture) == length


def test_without_a_size_there_is_no_bar(texts: list[str]) -> None:
    """It is said, not guessed."""
    for facts in ({}, _size(0.5, "yz")):
        picture = preview(image_of_array(np.eye(128), "YX", **facts))
        assert texts[-1] == "size unknown"
        assert (np.asarray(picture)[-20:] < 255).all()


def test_the_bar_holds_for_the_middle_of_a_large_plane(texts: list[str]) -> None:
    """The panel shows 1,448 pixels of 40,000, and the bar measures these."""
    preview(image_of(Counted((1, 1, 1, 40_000, 40_000), (1, 1, 1, 512, 512)), **_size(1.0)))
    assert "middle 1448 x 1448 px" in texts
    assert texts[-1] == "500 µm"


def test_pixels_that_are_not_squares() -> None:
    """The field has its shape."""
    wide = preview(
        image_of_array(np.eye(64), "YX", physical_size_x=Fact(1.0, "file"), physical_size_y=Fact(0.25, "file"))
    )
    square = preview(image_of_array(np.eye(64), "YX"))
    assert square.height - wide.height == 192


def test_it_can_be_saved_and_shown_in_a_notebook() -> None:
    """It is a picture of Pillow: PNG, and an array of RGB."""
    picture = image_of_array(np.eye(16), "YX").preview(size=64)
    assert picture._repr_png_().startswith(b"\x89PNG")
    assert np.asarray(picture).shape == (picture.height, picture.width, 3)
    file = BytesIO()
    picture.save(file, "PNG")
    assert PIL.Image.open(file).size == picture.size
    assert picture.getpixel((0, 0)) == BACKGROUND


def test_few_pixels_of_a_large_picture_are_read(texts: list[str]) -> None:
    """Of 1.3 TB: the middle of one plane, of 6 channels."""
    picture = Counted((1, 10, 40, 40_000, 40_000), (1, 1, 1, 512, 512))
    preview(image_of(picture))
    assert picture.bytes_read <= 6 * (4 << 20)
    assert "middle 1448 x 1448 px, Z = 5, 6 of 40 channels" in texts


def test_what_can_only_be_read_as_a_whole_is_not_read(texts: list[str]) -> None:
    """It is said, and the rest of the text is there."""
    picture = Counted((1, 1, 1, 32_000, 32_000), (1, 1, 1, 32_000, 32_000))
    preview(image_of(picture), title="a")
    assert picture.read == []
    assert texts == [
        "a", "32000 x 32000 px, uint16", "middle 1448 x 1448 px, not shown: it can only be read as a whole",
        "size unknown",
    ]  # fmt: skip


def test_the_maximum_says_of_how_many_planes(texts: list[str]) -> None:
    """All of them, or as many as are read."""
    image_of_array(np.random.default_rng(0).random((3, 8, 8)), "ZYX").preview(z="max")
    assert "maximum of 3 planes" in texts
    preview(image_of(Counted((1, 100, 1, 2048, 2048), (1, 1, 1, 2048, 2048))), z="max")
    assert "maximum of 8 of 100 planes" in texts


@pytest.mark.parametrize("shape", [(1, 1), (1, 20_000), (20_000, 1), (3, 2)])
def test_extreme_shapes(shape: tuple[int, int]) -> None:
    """One pixel, and lines, are pictures with a legible text."""
    picture = preview(image_of_array(np.random.default_rng(0).random(shape), "YX", **_size(1.0)))
    assert 230 <= picture.width <= 270
    assert 50 < picture.height < 330


def test_a_wrong_choice_is_refused() -> None:
    """With what can be chosen."""
    image = image_of_array(np.eye(8), "YX")
    with pytest.raises(MetadataError, match='z="middle"'):
        image.preview(z="mean")  # type: ignore[arg-type]
    for size in (0, 63, 100_000, 128.0, True):
        with pytest.raises(MetadataError, match="from 64 to 2048"):
            image.preview(size=size)  # type: ignore[arg-type]
