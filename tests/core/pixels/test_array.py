"""Arrays as pictures: chunks, samples, and arrays that lie."""

from __future__ import annotations

import numpy as np
import pytest

from omio_core.errors import PluginContractError
from omio_core.geometry.box import Box
from omio_core.pixels.picture import read
from tests.core.pixels.placed import of_array, whole


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
