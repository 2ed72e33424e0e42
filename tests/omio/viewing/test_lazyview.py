"""Pixels for a viewer: the right ones, in the right order, and read when asked for."""

from __future__ import annotations

from typing import Any

import dask.array as da
import numpy as np
import pytest

from omio.viewing.lazyview import view
from omio_core.images.image import Image


def test_a_plane_reads_its_blocks_only(counted: Any) -> None:
    """Nothing is read by the view; a plane reads the one block that holds it, of its channel."""
    picture = counted((5, 6, 2, 1024, 512), (1, 1, 1, 1024, 512))
    shown = view(picture, (1, 2), "TZYX", samples=False)
    assert (shown.shape, shown.dtype, picture.read) == ((5, 6, 1024, 512), np.uint16, [])
    assert np.asarray(shown[3, 4])[0, 0] == 341
    assert [box.spans[:3] for box in picture.read] == [((3, 4), (4, 5), (1, 2))]


def test_axes_of_length_1_are_left_out(counted: Any) -> None:
    """What is left is in the order TZYX."""
    shown = view(counted((1, 4, 3, 8, 9), (1, 1, 1, 8, 9)), (2, 3), "ZYX", samples=False)
    assert np.asarray(shown)[:, 0, 0].tolist() == [2, 12, 22, 32]


def test_the_graph_does_not_grow_with_the_picture(counted: Any) -> None:
    """A picture of a million blocks: one plane is still one block."""
    picture = counted((1000, 1000, 1, 1024, 1024), (1, 1, 1, 1024, 1024))
    shown = view(picture, (0, 1), "TZYX", samples=False)
    assert np.asarray(shown[7, 9, :2, :2]).tolist() == [[790, 790], [790, 790]]
    assert len(picture.read) == 1


def test_samples_are_the_last_axis(counted: Any) -> None:
    """The samples of a pixel are in one block."""
    picture = counted((2, 1, 6, 16, 16), (1, 1, 3, 16, 16))
    shown = view(picture, (3, 6), "TYX", samples=True)
    assert shown.shape == (2, 16, 16, 3)
    assert np.asarray(shown)[1, 0, 0].tolist() == [103, 104, 105]


@pytest.mark.parametrize("axes", ["TZCYX", "CTZYX", "XYZTC"])
def test_memory_is_viewed_and_dask_stays_the_callers(axes: str) -> None:
    """No copy of an array in memory; a dask array is the caller's own graph."""
    array = np.arange(2 * 3 * 4 * 5 * 6).reshape(2, 3, 4, 5, 6)
    lengths = dict(zip(axes, array.shape, strict=True))
    picture = Image.of_array(array, axes=axes).picture
    shown = view(picture, (1, 2), "TZYX", samples=False)
    assert np.shares_memory(shown, array)
    assert shown.shape == tuple(lengths[a] for a in "TZYX")
    lazy = view(Image.of_array(da.from_array(array, chunks=2), axes=axes).picture, (1, 2), "TZYX", samples=False)
    assert isinstance(lazy, da.Array)
    assert np.array_equal(np.asarray(lazy), shown)


def test_other_types(counted: Any) -> None:
    """Of complex numbers the magnitude is shown; the byte order is the machine's."""
    array = np.array([[3 + 4j, 1], [0, -2]], np.complex64)
    shown = view(Image.of_array(array, axes="YX").picture, (0, 1), "YX", samples=False)
    assert shown.dtype == np.float32
    assert np.asarray(shown).tolist() == [[5, 1], [0, 2]]
    swapped = view(
        Image.of_array(np.arange(6, dtype=">u2").reshape(2, 3), axes="YX").picture, (0, 1), "YX", samples=False
    )
    assert swapped.dtype.isnative
    assert np.asarray(swapped).tolist() == [[0, 1, 2], [3, 4, 5]]
    dask = da.from_array(np.arange(6, dtype=">u2").reshape(2, 3))
    assert np.asarray(view(Image.of_array(dask, axes="YX").picture, (0, 1), "YX", samples=False)).tolist()[1] == [
        3,
        4,
        5,
    ]
