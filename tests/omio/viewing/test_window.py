"""napari's window: every given format by its plugin, as a user sees it. Screenshots go to the folder SCREENSHOTS."""

from __future__ import annotations

import importlib.util
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile
from PIL import Image as Picture

import omio

pytestmark = [
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::omio_core.errors.OmioWarning"),
    pytest.mark.skipif(
        not os.environ.get("DISPLAY") or importlib.util.find_spec("PyQt6") is None,
        reason="no display, or no Qt: .ci/run opens windows on a display of its own",
    ),
]

GIVEN = {
    "czi": "czi/CellDivision_T3_Z5_CH2_X240_Y170.czi",
    "czi of resolutions": "czi/WellD6-7_S2.czi",
    "czi of rgb": "czi/Fluorescence_RGB.czi",
    "lsm": "lsm/032113-18.lsm",
    "imagej": "imagej/xyz_nuclear_envelope_drosophila.tif",
    "imagej of 12 bits": "imagej/xy_12bit__saturated_plant.tif",
    "ome-tiff": "ome-tiff/multi-channel-time-series.ome.tif",
    "ome-tiff of viv": "ome-tiff/viv_multi-channel.ome.tif",
    "thorlabs": "thorlabs/utils2p_mouse_kidney_raw/Untitled_001/Image_0001_0001.raw",
    "ome-zarr": "ome-zarr/examples-04/valid/image-02.zarr",
    "ome-zarr in a zip": "ome-zarr/neuroglancer/simple_0.5.ome.zarr.zip",
}
LIGHT = (0.1, 0.9)
"""Bounds of the mean grey of the canvas, where a picture is."""


@pytest.fixture
def window(napari: Any) -> Iterator[Any]:
    """A viewer with its window, closed afterwards."""
    viewer = napari.Viewer(show=True)
    yield viewer
    viewer.close()


def _grey(viewer: Any, name: str) -> float:
    """The mean grey where the canvas shows a picture; the screenshot is kept if somebody wants to see it."""
    canvas = viewer.screenshot(canvas_only=True, flash=False)[..., :3]
    if folder := os.environ.get("SCREENSHOTS"):
        Path(folder).mkdir(parents=True, exist_ok=True)
        Picture.fromarray(viewer.screenshot(canvas_only=False, flash=False)).save(Path(folder, f"{name}.png"))
    grey = canvas.max(axis=-1)
    rows, columns = (np.flatnonzero(grey.max(axis=axis) > 10) for axis in (1, 0))
    return float(grey[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1].mean()) / 255


def _as_read(viewer: Any, path: Path) -> None:
    """The layers hold what `imread` reads, with its sizes, and show the plane where the sliders are."""
    arrays, dicts = omio.imread(path, return_list=True, image="all")
    layers = iter(viewer.layers)
    for array, known in zip(arrays, dicts, strict=True):
        samples = known["SamplesPerPixel"]
        for channel, described in enumerate(known["Channels"]):
            layer = next(layers)
            sizes = {"T": "TimeIncrement", "Z": "PhysicalSizeZ", "Y": "PhysicalSizeY", "X": "PhysicalSizeX"}
            steps = [known[sizes[axis]] for axis in layer.axis_labels]
            assert np.allclose(layer.scale, [step or 1.0 for step in steps])
            units = ["second" if axis == "T" else "micrometer" for axis in layer.axis_labels]
            expected = [unit if step else "pixel" for unit, step in zip(units, steps, strict=True)]
            assert [str(unit) for unit in layer.units] == expected
            if described["Name"]:
                assert layer.name.rpartition(": ")[2].startswith(described["Name"])
            if described["Color"] is not None and not layer.rgb:
                rgba = described["Color"] % 2**32
                color = [(rgba >> shift & 255) / 255 for shift in (24, 16, 8)]
                assert np.allclose(layer.colormap.colors[-1][:3], color, atol=1 / 255) or not any(color)
            data = layer.data[0] if layer.multiscale else layer.data
            step = dict(zip(layer.axis_labels, _step(viewer, layer), strict=True))
            plane = array[step.get("T", 0), step.get("Z", 0), channel * samples : (channel + 1) * samples]
            plane = plane.transpose(1, 2, 0) if layer.rgb else plane[0]
            assert np.array_equal(np.asarray(data[tuple(step[a] for a in layer.axis_labels if a in "TZ")]), plane)
            if not layer.multiscale:
                assert np.array_equal(layer._data_view, plane)
    assert list(layers) == []


def _step(viewer: Any, layer: Any) -> list[int]:
    return list(viewer.dims.current_step[-layer.ndim :])


@pytest.mark.parametrize("name", GIVEN)
def test_every_given_format(name: str, data: Path, window: Any) -> None:
    """By napari's own `open`: layers, sizes, units, names, colours, the shown plane, and light on the screen."""
    path = data / GIVEN[name]
    window.open(str(path), plugin="omio-core")
    _as_read(window, path)
    assert LIGHT[0] < _grey(window, name.replace(" ", "-")) < LIGHT[1]


def _files(folder: Path) -> dict[str, Path]:
    """A file of each format that is written in code: 12 bits in uint16, two channels, times and depths."""
    random = np.random.default_rng(5)
    pixels = random.integers(0, 4096, (2, 3, 2, 64, 80)).astype(np.uint16)
    stated = {"PhysicalSizeX": 0.5, "PhysicalSizeY": 0.5, "PhysicalSizeZ": 2.0, "TimeIncrement": 3.0}
    tifffile.imwrite(
        folder / "imagej.tif", pixels, imagej=True, resolution=(2, 2),
        metadata={"axes": "TZCYX", "unit": "um", "spacing": 2.0, "finterval": 3.0},
    )  # fmt: skip
    return {
        "imagej": folder / "imagej.tif",
        "ome-tiff": omio.imwrite(folder / "a.ome.tif", pixels, stated),
        "ome-zarr": omio.imwrite(folder / "a.ome.zarr", pixels, stated),
        "pyramid": omio.imwrite(folder / "p.ome.tif", pixels[:1, :1].repeat(16, 3).repeat(16, 4), stated, pyramid=2),
    }


def test_files_made_here(tmp_path: Path, window: Any) -> None:
    """12 bits in uint16 are neither black nor white, in every format and resolution."""
    for name, path in _files(tmp_path).items():
        window.layers.clear()
        window.open(str(path), plugin="omio-core")
        _as_read(window, path)
        assert LIGHT[0] < _grey(window, f"made-{name}") < LIGHT[1]


@pytest.mark.parametrize("suffix", [".ome.tif", ".ome.zarr"])
def test_save_in_the_window(suffix: str, cells: Path, tmp_path: Path, window: Any) -> None:
    """Open, save, open again: the screen is the same."""
    window.open(str(cells), plugin="omio-core")
    window.reset_view()
    window.dims.current_step = (1, 2, 0, 0)
    before = window.screenshot(canvas_only=True, flash=False)
    target = tmp_path / f"saved{suffix}"
    assert window.layers.save(str(target), plugin="omio-core") == [str(target)]
    window.layers.clear()
    window.open(str(target), plugin="omio-core")
    window.dims.current_step = (1, 2, 0, 0)
    window.reset_view()
    assert np.array_equal(window.screenshot(canvas_only=True, flash=False), before)


def test_the_verb(cells: Path, napari: Any, monkeypatch: pytest.MonkeyPatch, cli: Callable[..., Any]) -> None:
    """`omio view` opens a window with the files, and waits until it is closed."""
    shown = []

    def run() -> None:
        viewer = napari.current_viewer()
        shown.append([layer.name for layer in viewer.layers])
        viewer.close()

    monkeypatch.setattr(napari, "run", run)
    done = cli("view", cells, "--pixel-size", "0.5")
    assert (done.exit_code, shown) == (0, [["LED555", "LED470"]])


def test_a_window_is_opened_or_taken(cells: Path, napari: Any) -> None:
    """Without a viewer a window opens; the next call adds to it."""
    viewer = omio.open_in_napari(cells)
    assert omio.open_in_napari(cells) is viewer
    assert len(viewer.layers) == 4
    viewer.close()
