"""The plugin of napari: its manifest, its reader, its writers; open, save and open again."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml

import omio
from omio.viewing import plugin
from omio_core.errors import CorruptFileError, MetadataWarning, MissingDependencyError, WriteError
from omio_core.plugins.catalogue import catalogue

MANIFEST = Path(omio.__file__).parent / "viewing" / "napari.yaml"
NAME = "omio-core"
SHARED = ("name", "axis_labels", "units", "rgb")


@pytest.fixture
def manifest() -> dict[str, Any]:
    """The manifest, as napari reads it."""
    loaded: dict[str, Any] = yaml.safe_load(MANIFEST.read_text("utf-8"))
    return loaded


def test_the_entry_point_is_of_the_distribution(manifest: dict[str, Any]) -> None:
    """npe2 finds it by that name only."""
    (point,) = [one for one in entry_points(group="napari.manifest") if one.name == NAME]
    assert (point.value, manifest["name"]) == ("omio.viewing:napari.yaml", NAME)


def test_every_suffix_of_the_catalogue_is_a_pattern(manifest: dict[str, Any]) -> None:
    """And every name, for readers of other packages."""
    (reader,) = manifest["contributions"]["readers"]
    patterns = {pattern.removeprefix("*") for pattern in reader["filename_patterns"]}
    known = {suffix for one in catalogue().readers for suffix in one.suffixes}
    assert {suffix for suffix in known if not any(suffix.endswith(pattern) for pattern in patterns if pattern)} == set()
    assert "" in patterns
    assert reader["accepts_directories"] is True
    written = {one for writer in manifest["contributions"]["writers"] for one in writer["filename_extensions"]}
    assert {suffix for writer in catalogue().writers for suffix in writer.suffixes} <= written


def test_commands_exist(manifest: dict[str, Any]) -> None:
    """Each names a function of the plugin."""
    for command in manifest["contributions"]["commands"]:
        module, _, function = command["python_name"].partition(":")
        assert module == plugin.__name__
        assert callable(getattr(plugin, function))


def test_the_manifest_is_valid(napari: Any) -> None:
    """As `npe2 validate` judges it, imports of its functions included."""
    from npe2 import PluginManifest

    checked = PluginManifest.from_file(MANIFEST)
    checked.validate_imports()
    assert checked.contributions.writers is not None
    assert PluginManifest.from_distribution(NAME).name == NAME


@pytest.mark.parametrize(
    "call", [plugin.get_reader, plugin.read, lambda path: plugin.write(path, []), lambda _: plugin.cells()]
)
def test_without_napari(call: Callable[[str], Any], monkeypatch: pytest.MonkeyPatch) -> None:
    """Every function says which extra brings it."""
    monkeypatch.setitem(sys.modules, "napari", None)
    with pytest.raises(MissingDependencyError, match=r"omio-core\[napari\]"):
        call("a.tif")


def test_importing_napari_loads_nothing_heavy_of_ours(napari: Any, tmp_path: Path) -> None:
    """With the manifest read: neither our readers nor what they need."""
    code = (
        "import json, sys, warnings\n"
        "warnings.simplefilter('ignore')\n"
        "import napari, npe2\n"
        "npe2.PluginManager.instance().discover()\n"
        "assert 'omio-core' in {one.name for one in npe2.PluginManager.instance().iter_manifests()}\n"
        "print(json.dumps([name for name in sys.modules if name.partition('.')[0] in"
        " ('omio', 'omio_core', 'omio_plugins', 'aicspylibczi', 'imagecodecs', 'ome_types', 'zarr', 'lxml')]))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=tmp_path, check=False)
    assert done.returncode == 0, done.stderr
    loaded = set(json.loads(done.stdout.splitlines()[-1]))
    assert loaded <= {"omio", "omio.viewing", "omio_core", "omio_core.lazy"}


def _equal(before: Any, after: Any) -> None:
    """The layers are the same, to their pixels."""
    assert [layer.name for layer in after] == [layer.name for layer in before]
    for one, other in zip(before, after, strict=True):
        assert type(one) is type(other)
        assert np.allclose(one.scale, other.scale, rtol=1e-9)
        for name in SHARED:
            assert getattr(one, name, None) == getattr(other, name, None), name
        if hasattr(one, "contrast_limits"):
            assert one.contrast_limits == other.contrast_limits
            assert np.allclose(one.colormap.colors[-1], other.colormap.colors[-1], atol=1 / 255)
        pixels = [layer.data[0] if layer.multiscale else layer.data for layer in (one, other)]
        assert np.array_equal(*map(np.asarray, pixels))


@pytest.mark.parametrize("suffix", [".ome.tif", ".ome.zarr"])
def test_open_save_open(suffix: str, cells: Path, tmp_path: Path, viewer: Any, napari: Any) -> None:
    """Scale, units, names, colours, contrast, pixels; changed in the viewer or not."""
    viewer.open(cells, plugin=NAME)
    first, second = viewer.layers
    first.contrast_limits, second.contrast_limits = (100, 2000), (0, 65535)
    second.name, second.colormap = "nuclei", "magenta"
    for layer in viewer.layers:
        layer.scale = (15, 1.5, 0.2, 0.2)
    target = tmp_path / f"saved{suffix}"
    assert viewer.layers.save(str(target), plugin=NAME) == [str(target)]
    again = napari.components.ViewerModel()
    again.open(target, plugin=NAME)
    _equal(list(viewer.layers), list(again.layers))
    assert viewer.layers.save(str(target), plugin=NAME) == [str(target)]  # the name may be taken


@pytest.mark.parametrize("suffix", [".ome.tif", ".ome.zarr"])
def test_rgb_and_labels_there_and_back(suffix: str, tmp_path: Path, viewer: Any, napari: Any) -> None:
    """RGB stays RGB, labels are labels, of napari's own layers too."""
    rgb = np.random.default_rng(0).integers(0, 255, (16, 20, 3)).astype(np.uint8)
    labels = np.arange(320, dtype=np.int32).reshape(16, 20)
    viewer.add_image(rgb, name="slide", rgb=True)
    viewer.add_labels(labels, name="cells", axis_labels=("Y", "X"))
    for layer, name in zip(list(viewer.layers), ("rgb", "labels"), strict=True):
        layer.axis_labels = ("Y", "X")
        target = tmp_path / f"{name}{suffix}"
        viewer.layers.selection = {layer}
        assert viewer.layers.save(str(target), selected=True, plugin=NAME) == [str(target)]
        again = napari.components.ViewerModel()
        again.open(target, plugin=NAME)
        _equal([layer], list(again.layers))


def test_mixed_selections_are_refused_with_the_reason(cells: Path, tmp_path: Path, viewer: Any) -> None:
    """Images with labels, with points; nothing is written."""
    viewer.open(cells, plugin=NAME)
    viewer.add_points(np.zeros((1, 2)), name="seeds")
    with pytest.raises(WriteError, match=r"'LED555' \(image\), 'LED470' \(image\), 'seeds' \(points\)"):
        viewer.layers.save(str(tmp_path / "mixed.ome.tif"), plugin=NAME)
    viewer.layers.remove("seeds")
    viewer.add_labels(np.zeros((8, 8), np.int32), name="cells")
    for suffix in (".ome.tif", ".ome.zarr"):
        with pytest.raises(WriteError, match=r"'cells' \(labels\)\n.*select image layers only"):
            viewer.layers.save(str(tmp_path / f"mixed{suffix}"), plugin=NAME)
    assert [path.name for path in tmp_path.iterdir()] == [cells.name]


def test_a_refusal_is_never_a_value_error(cells: Path, tmp_path: Path, viewer: Any) -> None:
    """napari takes a ValueError of a writer for "no writer", and its reason would be lost."""
    layers = [(np.zeros((2, 8, 8), np.uint8), {"name": "a", "metadata": {}, "axis_labels": ("Y", "X", "Z")}, "image")]
    broken = [(np.ma.masked_array(np.zeros((8, 8)), np.eye(8)), {"name": "a"}, "image")]
    assert plugin.write(str(tmp_path / "a.ome.tif"), layers) == [str(tmp_path / "a.ome.tif")]
    for path, what in (("b.ome.tif", broken), ("c.png", layers)):
        with pytest.raises(WriteError) as caught:
            plugin.write(str(tmp_path / path), what)
        assert not isinstance(caught.value, ValueError)


def test_what_is_claimed(cells: Path, tmp_path: Path, viewer: Any) -> None:
    """A text is not; a damaged picture is, and says what is wrong with it; a folder; several files as one stack."""
    note = tmp_path / "note.csv"
    note.write_text("a,b")
    assert plugin.get_reader(str(note)) is None
    assert plugin.get_reader([str(cells), str(note)]) is None
    damaged = tmp_path / "damaged.ome.tif"
    damaged.write_bytes(cells.read_bytes()[:400])
    read = plugin.get_reader(str(damaged))
    assert read is not None
    with pytest.raises(CorruptFileError):
        read(str(damaged))
    damaged.unlink()
    note.unlink()
    viewer.open(str(tmp_path), plugin=NAME)
    assert [layer.name for layer in viewer.layers] == ["LED555", "LED470"]
    renamed = cells.rename(cells.with_name("cells.scan"))  # as a reader of another package would name it
    viewer.open(str(renamed), plugin=NAME)
    assert len(viewer.layers) == 4
    cells = renamed.rename(cells)
    viewer.open([str(cells), str(cells)], plugin=NAME, stack=True)
    assert viewer.layers[-1].data.shape == (6, 4, 40, 48)


def test_a_pixel_layer_beside_one_with_units(cells: Path, tmp_path: Path, napari: Any) -> None:
    """Of files that are opened together, too: one warning with both names."""
    omio.imwrite(tmp_path / "bare.ome.tif", np.zeros((8, 8), np.uint8))
    with pytest.warns(MetadataWarning, match="'bare'.*'cells: LED555'") as caught:
        plugin.read(str(tmp_path))
    assert len(caught) == 1


def test_the_sample(viewer: Any) -> None:
    """It opens from napari's menu, with sizes and names."""
    viewer.open_sample(NAME, "cells")
    assert [layer.name for layer in viewer.layers] == ["membranes", "nuclei"]
    assert np.allclose(viewer.layers[0].scale, [30, 1.5, 0.25, 0.25])
