"""What can be shown: every kind of source and array, and lists of them, with and without metadata."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import dask.array as da
import numpy as np
import pytest
import zarr

import omio
from omio.request import make_request
from omio.viewing.inputs import images_of
from omio_core.errors import AmbiguousAxesError, AssumedAxesWarning, MetadataError
from omio_core.images.image import Image

REQUEST = make_request()


def _shapes(source: Any, metadata: Any = None, **request: Any) -> list[tuple[int, ...]]:
    return [image.shape for image in images_of(source, metadata, make_request(**request))]


def test_paths_and_folders(cells: Path, tmp_path: Path) -> None:
    """A file, a folder, a list, a stated folder; merged where that is asked for."""
    other = omio.imwrite(tmp_path / "other.ome.tif", omio.imread(cells)[0])
    shape = omio.imopen(cells).shape
    for source, count in ((cells, 1), (str(cells), 1), (tmp_path, 2), ([cells, other], 2), (omio.Folder(tmp_path), 2)):
        assert _shapes(source) == [shape] * count
    merged = images_of([cells, other], None, REQUEST, image=None, along="T")
    assert [image.shape for image in merged] == [(2 * shape[0], *shape[1:])]


def test_arrays_with_their_dicts(cells: Path) -> None:
    """As `imread` returns them, one or several; a list of one dict is one."""
    array, known = omio.imread(cells)
    (image,) = images_of(array, known, REQUEST)
    assert image.metadata.facts.physical_size_x is not None
    assert [channel.name.value for channel in image.metadata.channels if channel.name] == ["LED555", "LED470"]
    (image,) = images_of(array, [known], REQUEST)
    assert image.metadata.facts.time_increment is not None
    first, second = images_of([array, array[:1]], [known, None], REQUEST)
    assert first.metadata.facts.physical_size_x is not None
    assert second.metadata.facts.physical_size_x is None
    with pytest.raises(MetadataError, match="2 images are given, and 3 metadata"):
        images_of([array, array], [known] * 3, REQUEST)
    with pytest.raises(MetadataError, match="2 metadata are given for one image"):
        images_of(array, [known, known], REQUEST)


def test_every_kind_of_array(cells: Path) -> None:
    """numpy, dask, zarr, an Image, and all of them in one list with a path."""
    pixels = np.zeros((1, 2, 3, 8, 9), np.uint8)
    stored = zarr.create_array(store={}, shape=pixels.shape, chunks=(1, 1, 1, 8, 9), dtype=pixels.dtype)
    kinds = [pixels, da.from_array(pixels), stored, Image.of_array(pixels, axes="TZCYX")]
    for one in kinds:
        assert _shapes(one) == [pixels.shape]
    assert _shapes([*kinds, cells]) == [pixels.shape] * 4 + [(3, 4, 2, 40, 48)]


def test_a_zarr_array_names_its_axes(cells: Path) -> None:
    """The arrays of OME-Zarr are TCZYX, and say so."""
    array = zarr.open_group(omio.imopen(cells).aszarr(), mode="r")["0"]
    assert _shapes(array) == [omio.imopen(cells).shape]


def test_axes_of_arrays() -> None:
    """Two and five are known; of three the first is assumed to be T, with a warning; else somebody has to say."""
    assert _shapes(np.zeros((8, 9))) == [(1, 1, 1, 8, 9)]
    with pytest.warns(AssumedAxesWarning, match='state it with axes="ZYX"'):
        assert _shapes(np.zeros((7, 8, 9))) == [(7, 1, 1, 8, 9)]
    assert _shapes(np.zeros((7, 8, 9)), axes="ZYX") == [(1, 7, 1, 8, 9)]
    assert _shapes(np.zeros((7, 8, 9)), {"axes": "CYX"}) == [(1, 1, 7, 8, 9)]
    assert _shapes(np.zeros((7, 8, 9)), {"axes": "CYX"}, axes="TZCYX") == [(1, 1, 7, 8, 9)]  # as scripts call it
    for shape in ((2, 7, 8, 9), (8, 9, 3)):
        with pytest.raises(AmbiguousAxesError):
            _shapes(np.zeros(shape))


def test_metadata_of_the_caller_for_a_file(cells: Path) -> None:
    """It counts instead of the file's."""
    (image,) = images_of(cells, {"PhysicalSizeX": 7.0}, REQUEST)
    assert image.metadata.facts.physical_size_x is not None
    assert image.metadata.facts.physical_size_x.value == 7.0
    with pytest.raises(MetadataError, match="1 images are read, and 2 metadata"):
        images_of(cells, [{}, {}], REQUEST)
