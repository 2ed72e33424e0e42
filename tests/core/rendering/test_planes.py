"""Planes for a preview: the level, the region, and the bound on what is read."""

from __future__ import annotations

from functools import reduce
from typing import Any

import numpy as np
import pytest

from omio_core.geometry.box import Box
from omio_core.rendering.planes import MOST_BYTES, WINDOW_BYTES, View, spread, view
from tests.core.rendering.pictures import Counted, image_of_array

MIB = 1 << 20


def _read(chosen: View) -> tuple[np.ndarray, np.ndarray]:
    return chosen.read(0, 0, (0, 1))


def test_a_plane_of_a_camera_is_read_whole() -> None:
    """2,048 by 2,048 pixels of 16 bits, and the whole field."""
    picture = Counted((1, 1, 1, 2048, 2048), (1, 1, 1, 2048, 2048))
    chosen = view(picture, 256)
    pixels, exists = _read(chosen)
    assert pixels.shape == (1, 2048, 2048)
    assert exists.all()
    assert (chosen.note, chosen.field) == ("", (2048, 2048))


def test_the_smallest_level_that_is_large_enough() -> None:
    """Never the full resolution of a pyramid; a level with other planes is not taken."""
    smaller = [Counted((1, 4, 1, n, n), (1, 1, 1, 256, 256)) for n in (8000, 300, 200)]
    other = Counted((1, 2, 1, 280, 280), (1, 1, 1, 280, 280))
    picture = Counted((1, 4, 1, 80_000, 80_000), (1, 1, 1, 256, 256), smaller=[*smaller[:2], other, smaller[2]])
    chosen = view(picture, 256)
    assert chosen.level is smaller[1]
    assert chosen.field == (80_000, 80_000)
    _read(chosen)
    assert picture.read == smaller[0].read == other.read == []
    small = Counted((1, 1, 1, 100, 100), (1, 1, 1, 100, 100), smaller=[Counted((1, 1, 1, 50, 50), (1, 1, 1, 50, 50))])
    assert view(small, 256).level is small


def test_of_a_large_plane_of_rows_some_rows_are_read() -> None:
    """The file gives a row alone: the whole field, at most 16 MiB of it."""
    picture = Counted((1, 1, 1, 30_000, 10_000), (1, 1, 1, 1, 10_000))
    chosen = view(picture, 256)
    pixels, exists = _read(chosen)
    assert chosen.note == ""
    assert chosen.field == (30_000, 10_000)
    assert exists.shape == pixels.shape[1:]
    assert 256 <= pixels.shape[1] < 1024
    assert picture.bytes_read <= MOST_BYTES


@pytest.mark.parametrize(
    ("plane", "block", "note"),
    [
        ((30_000, 40_000), (256, 256), "middle 1448 x 1448 px"),
        ((8, 40_000_000), (8, 256), "middle 262144 x 8 px"),
        ((40_000_000, 8), (4_000_000, 8), "middle 8 x 262144 px"),
    ],
)
def test_of_a_large_plane_of_tiles_the_middle_is_read(plane: tuple[int, int], block: Any, note: str) -> None:
    """All tiles would have to be read for the whole field."""
    picture = Counted((1, 1, 1, *plane), (1, 1, 1, *block))
    chosen = view(picture, 256)
    _read(chosen)
    assert chosen.note == note
    assert picture.bytes_read <= WINDOW_BYTES
    rows, columns = reduce(Box.hull, picture.read).spans[3:]
    assert abs(sum(rows) - plane[0]) <= 1
    assert abs(sum(columns) - plane[1]) <= 1


def test_rows_that_share_a_block_are_read_once() -> None:
    """A strip of 64 rows is asked for once, however many of its rows are shown."""
    picture = Counted((1, 1, 1, 4096, 4096), (1, 1, 1, 64, 4096))
    chosen = View(level=picture, full=(4096, 4096), rows=(0, 4096), columns=(0, 4096), step=16)
    pixels, _ = _read(chosen)
    assert pixels.shape == (1, 256, 256)
    assert len(picture.read) == 64


def test_thinning_takes_the_middle_of_every_step() -> None:
    """The rows and columns are those of the picture."""
    values = np.arange(100).reshape(10, 10)
    level = image_of_array(values, "YX").picture
    pixels, _ = _read(View(level=level, full=(10, 10), rows=(0, 10), columns=(2, 10), step=4))
    assert pixels[0].tolist() == values[1::4, 3::4].tolist()


def test_what_is_absent_is_known() -> None:
    """A part of a plane that is not there, and a plane of which nothing is: that one is not read."""
    there = Box(((0, 1), (0, 1), (0, 1), (0, 4), (0, 8)))
    picture = Counted((2, 1, 1, 8, 8), (1, 1, 1, 8, 8), boxes=(there,))
    chosen = view(picture, 256)
    assert chosen.read(0, 0, (0, 1))[1].tolist() == [[row < 4] * 8 for row in range(8)]
    count = len(picture.read)
    assert not chosen.read(1, 0, (0, 1))[1].any()
    assert len(picture.read) == count


def test_a_plane_in_one_enormous_piece_is_not_readable() -> None:
    """To decode 2 GB for a preview is no preview."""
    assert not view(Counted((1, 1, 1, 32_000, 32_000), (1, 1, 1, 32_000, 32_000)), 256).readable
    assert view(Counted((1, 1, 1, 32_000, 32_000), (1, 1, 1, 512, 512)), 256).readable


def test_indices_are_spread_evenly() -> None:
    """The first, the last, and some between."""
    assert spread(500, 3) == [0, 249, 499]
    assert spread(5, 1) == [2]
    assert list(spread(2, 9)) == [0, 1]
