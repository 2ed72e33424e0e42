"""`open_in_napari`: what is added to a viewer, what it returns, and what is read meanwhile; a viewer without window."""

from __future__ import annotations

import sys
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import dask.array as da
import numpy as np
import pytest

import omio
from omio.viewing import napari as ours
from omio_core.errors import MetadataError, MetadataWarning, MissingDependencyError, OmioError
from omio_core.images.image import Image


def test_one_layer_a_channel(cells: Path, viewer: Any) -> None:
    """Name, colour, scale, units, labels; the scale bar is on, and its unit is nobody's."""
    assert omio.open_in_napari(cells, viewer=viewer) is viewer
    first, second = viewer.layers
    assert [layer.name for layer in (first, second)] == ["LED555", "LED470"]
    assert np.allclose(first.scale, [30, 2, 0.25, 0.5])
    assert [str(unit) for unit in first.units] == ["second", "micrometer", "micrometer", "micrometer"]
    assert first.axis_labels == ("T", "Z", "Y", "X")
    assert np.allclose(first.colormap.colors[[0, -1]], [[0, 0, 0, 1], [1, 128 / 255, 0, 1]])
    assert (first.visible, second.visible) == (True, True)
    assert first.blending == "additive"
    assert ours.scale_bar(viewer).visible
    with warnings.catch_warnings():  # to ask is deprecated since napari 0.9
        warnings.simplefilter("ignore", FutureWarning)
        assert getattr(ours.scale_bar(viewer), "unit", None) is None
    assert first.contrast_limits[1] <= 4095
    assert viewer.dims.axis_labels == ("T", "Z", "Y", "X")


def test_the_shown_plane_is_that_of_the_file(cells: Path, viewer: Any) -> None:
    """Where the sliders are, and where they are moved to."""
    omio.open_in_napari(cells, viewer=viewer)
    pixels, _ = omio.imread(cells)
    for step in (tuple(viewer.dims.current_step[:2]), (2, 3)):
        viewer.dims.current_step = (*step, 0, 0)
        for channel, layer in enumerate(viewer.layers):
            assert np.array_equal(layer._data_view, pixels[step[0], step[1], channel])


def test_nothing_is_read_at_add(counted: Any, image: Callable[..., Image], viewer: Any) -> None:
    """After the sample for the contrast, napari reads the plane that it shows, once, and nothing else."""
    picture = counted((5, 7, 2, 1024, 1024), (1, 1, 1, 1024, 1024))
    layers = ours.layers_of([image(picture)])
    picture.read.clear()
    hidden = []
    viewer.layers.events.inserted.connect(lambda event: hidden.append(len(picture.read)))
    added = ours.add(viewer, layers)
    assert hidden == [0, 0]
    steps = viewer.dims.current_step
    assert [box.spans[:3] for box in picture.read] == [
        ((steps[0], steps[0] + 1), (steps[1], steps[1] + 1), (channel, channel + 1)) for channel in (0, 1)
    ]
    assert all(isinstance(layer.data, da.Array) for layer in added)


def test_resolutions_are_one_layer(counted: Any, image: Callable[..., Image], viewer: Any) -> None:
    """napari takes the levels, and the smallest is shown first in a small window."""
    smaller = tuple(counted((1, 1, 1, 4096 // f, 4096 // f), (1, 1, 1, 256, 256)) for f in (4, 16))
    picture = counted((1, 1, 1, 4096, 4096), (1, 1, 1, 256, 256), smaller)
    (layer,) = ours.add(viewer, ours.layers_of([image(picture)]))
    assert layer.multiscale
    assert [level.shape for level in layer.data] == [(4096, 4096), (1024, 1024), (256, 256)]
    assert picture.read == []


def test_rgb_labels_and_memory(viewer: Any) -> None:
    """RGB is RGB; an array in memory is not copied."""
    rgb = np.random.default_rng(0).integers(0, 255, (2, 20, 30, 3)).astype(np.uint8)
    gray = np.zeros((2, 20, 30), np.float32)
    omio.open_in_napari([rgb, gray], [{"axes": "ZYXS"}, {"axes": "ZYX"}], viewer=viewer)
    assert [layer.rgb for layer in viewer.layers] == [True, False]
    assert [layer.ndim for layer in viewer.layers] == [3, 3]
    assert np.shares_memory(viewer.layers[1].data, gray)


def test_what_is_returned(cells: Path, viewer: Any) -> None:
    """The viewer, and with `returns` an entry for each layer."""
    same, layers, datas, axes = omio.open_in_napari(cells, viewer=viewer, returns=True)
    assert same is viewer
    assert layers == list(viewer.layers)
    assert [data.shape for data in datas] == [(3, 4, 40, 48)] * 2
    assert axes == ["TZYX", "TZYX"]


def test_keywords_of_earlier_scripts(cells: Path, viewer: Any) -> None:
    """By position and by name: metadata, a name, a mode, the axes, names of layers, a blending."""
    array, known = omio.imread(cells)
    omio.open_in_napari(
        array, known, "folder/raw.tif", viewer=viewer, axes_full="TZCYX", cache_folder_name=".omio_cache"
    )
    assert [layer.name for layer in viewer.layers] == ["raw: LED555", "raw: LED470"]
    omio.open_in_napari(
        [array], [known], viewer=viewer, layer_names=["a", "b"], blending="translucent", verbose=True, image_name="x"
    )
    assert [layer.name for layer in viewer.layers][2:] == ["a", "b"]
    assert viewer.layers[2].blending == "translucent"
    before = len(viewer.layers)
    _, layers, datas, _ = omio.open_in_napari(cells, viewer=viewer, zarr_mode="numpy", layer_names="c", returns=True)
    assert all(isinstance(data, np.ndarray) for data in datas)
    assert [layer.name for layer in layers] == ["c 0", "c 1"]
    assert len(viewer.layers) == before + 2
    with pytest.raises(OmioError, match="zarr_dask"):
        omio.open_in_napari(cells, viewer=viewer, zarr_mode="memmap")
    with pytest.raises(MetadataError, match="3 names are given"):
        omio.open_in_napari(cells, viewer=viewer, layer_names=["a", "b", "c"])


def test_names_of_several_images(cells: Path, viewer: Any) -> None:
    """A name for each image, or for each layer of all."""
    array = omio.imread(cells)[0]
    omio.open_in_napari([array, array], viewer=viewer, layer_names=[["a", "b"], ["c", "d"]])
    omio.open_in_napari([array, array], viewer=viewer, layer_names=["e", "f", "g", "h"])
    omio.open_in_napari([array[:, :, :1], array[:, :, :1]], viewer=viewer, layer_names=["i", "j"])
    omio.open_in_napari([array[:, :, :1], array[:, :, :1]], viewer=viewer, fname="run")
    assert [layer.name for layer in viewer.layers] == [*"abcdefghij", "run 0", "run 1"]


def test_zarr_is_never_given_to_napari(cells: Path, viewer: Any) -> None:
    """A zarr array becomes a dask array, which napari does not read at once."""
    import zarr

    array = zarr.open_group(omio.imopen(cells).aszarr(), mode="r")["0"]
    omio.open_in_napari(array, viewer=viewer)
    assert all(isinstance(layer.data, da.Array) for layer in viewer.layers)
    assert viewer.layers[1].data.shape == (3, 4, 40, 48)


def test_pixels_beside_micrometres(cells: Path, viewer: Any) -> None:
    """One warning, with the names of both; none among layers that are alike."""
    omio.open_in_napari(np.zeros((8, 8)), viewer=viewer, fname="unknown")
    omio.open_in_napari(np.zeros((8, 8)), viewer=viewer, fname="unknown, too")
    with pytest.warns(MetadataWarning) as caught:
        omio.open_in_napari(cells, viewer=viewer)
    (warning,) = caught
    text = str(warning.message)
    assert "'unknown' along Y, X" in text
    assert "'LED555'" in text
    assert "pixel_size=" in text


def test_without_napari(cells: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The error names the extra that brings it."""
    monkeypatch.setitem(sys.modules, "napari", None)
    with pytest.raises(MissingDependencyError, match=r"pip install 'omio-core\[napari\]'"):
        omio.open_in_napari(cells)


def test_a_viewer_of_its_own_needs_qt(cells: Path, napari: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a Qt the remedy is the same extra, and nothing of it hangs."""
    monkeypatch.setattr(napari, "current_viewer", lambda: None, raising=False)
    monkeypatch.setitem(sys.modules, "qtpy.QtWidgets", None)
    with pytest.raises(MissingDependencyError, match=r"pip install 'omio-core\[napari\]'"):
        omio.open_in_napari(cells)


def test_the_current_viewer_is_taken(cells: Path, viewer: Any, napari: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """With `viewer=None`."""
    monkeypatch.setattr(napari, "current_viewer", lambda: viewer, raising=False)
    assert omio.open_in_napari(cells, viewer=None) is viewer
    assert len(viewer.layers) == 2
