"""imread with zarr_store=: arrays, dicts, lists, merges, what is refused, and what a folder with a cache is."""

from __future__ import annotations

import json
import os
import pickle
from pathlib import Path

import numpy as np
import pytest
import zarr

import omio
from omio_core.errors import ManyImagesError, OmioError, UnknownOptionError, UnsupportedFeatureError, WriteError
from omio_core.files.memory import MemoryLocation

from .conftest import PIXELS

KEYS = {"omio_cache_folder", "omio_zarr_store_path", "omio_zarr_store_name", "omio_zarr_store_type"}


@pytest.mark.parametrize("store", ["memory", "disk"])
def test_it_is_a_zarr_array_with_equal_pixels_and_the_same_metadata(source: Path, store: str) -> None:
    array, metadata = omio.imread(source, zarr_store=store)
    _, plain = omio.imread(source)
    assert isinstance(array, zarr.Array)
    assert (array.shape, array.dtype) == (PIXELS.shape, PIXELS.dtype)
    assert np.array_equal(array[:], PIXELS)
    assert np.array_equal(np.asarray(array), PIXELS)
    assert np.array_equal(array[1, 2:, 0, 5:12], PIXELS[1, 2:, 0, 5:12])
    assert {key: value for key, value in metadata.items() if key not in KEYS} == plain
    assert (metadata.keys() >= KEYS) is (store == "disk")


def test_memory_is_written_in_memory_only(source: Path) -> None:
    before = source.read_bytes()
    array, _ = omio.imread(source, zarr_store="memory")
    array[1, :, :, 3:7] = 0
    expected = PIXELS.copy()
    expected[1, :, :, 3:7] = 0
    assert np.array_equal(array[:], expected)
    assert np.array_equal(omio.imread(source, zarr_store="memory")[0][:], PIXELS)
    assert source.read_bytes() == before
    assert [path.name for path in source.parent.iterdir()] == [source.name]


def test_disk_is_an_entry_beside_the_source_that_any_zarr_reads(source: Path) -> None:
    """The dict says where, and is JSON; the attributes have the names of the first OMIO."""
    array, metadata = omio.imread(source, zarr_store="disk")
    assert json.loads(json.dumps(metadata)) == metadata
    folder, path = Path(metadata["omio_cache_folder"]), Path(metadata["omio_zarr_store_path"])
    assert folder == source.parent / ".omio_cache"
    assert (path.parent, path.name) == (folder, metadata["omio_zarr_store_name"])
    assert path.name.startswith("cells.ome.tif.")
    assert path.suffix == ".zarr"
    plain = zarr.open_array(path, mode="r")
    assert np.array_equal(plain[:], PIXELS)
    assert plain.attrs["omio_metadata"]["PhysicalSizeX"] == 0.5
    assert plain.attrs["omio_cache_info"]["source_path"] == str(source)
    assert array.attrs.asdict() == plain.attrs.asdict()
    assert [path.name for path in folder.iterdir()] == [path.name]


def test_disk_is_read_only(source: Path) -> None:
    """Who opens it next takes it for what is in the file."""
    array, _ = omio.imread(source, zarr_store="disk")
    with pytest.raises(ValueError, match="read-only"):
        array[0] = 0
    with pytest.raises(WriteError, match="not written to"):
        array.store.with_read_only(False)


def test_arrays_are_pickled(source: Path) -> None:
    for store in ("memory", "disk"):
        array, _ = omio.imread(source, zarr_store=store)
        copied = pickle.loads(pickle.dumps(array))
        assert np.array_equal(copied[2], PIXELS[2])


@pytest.mark.parametrize("store", ["memory", "disk"])
def test_what_is_returned_can_be_written(source: Path, tmp_path: Path, store: str) -> None:
    """The keys that say where the pixels are go into no file."""
    array, metadata = omio.imread(source, zarr_store=store)
    written = omio.imwrite(tmp_path / "out.ome.tif", array, metadata)
    again, known = omio.imread(written)
    assert np.array_equal(again, PIXELS)
    assert known["PhysicalSizeX"] == 0.5
    assert str(source.parent) not in json.dumps(known)
    checked = omio.OME_metadata_checkup(metadata)
    assert not KEYS & checked.keys()
    assert "omio:metadata" not in checked["Annotations"]


@pytest.mark.parametrize("store", ["memory", "disk"])
def test_several_images_are_a_list_of_arrays(several, store: str) -> None:
    path = several("a", "b", "c")
    arrays, dicts = omio.imread(path, zarr_store=store, return_list=True)
    assert [int(array[0, 0, 0, 0, 0]) for array in arrays] == [0, 1, 2]
    assert all(isinstance(array, zarr.Array) for array in arrays)
    assert len({each.get("omio_zarr_store_path") for each in dicts}) == (3 if store == "disk" else 1)
    chosen, _ = omio.imread(path, zarr_store=store, image="b")
    assert int(chosen[0, 0, 0, 0, 0]) == 1
    with pytest.raises(ManyImagesError):
        omio.imread(path, zarr_store=store)


@pytest.mark.parametrize("store", ["memory", "disk"])
def test_a_merge_is_one_array(series: Path, store: str) -> None:
    """The second time the cache is in the folder, and is no image of it."""
    whole, _ = omio.imread(series, merge="T")
    for _ in range(2):
        array, metadata = omio.imread(series, merge="T", zarr_store=store)
        assert np.array_equal(array[:], whole)
        assert metadata["shape"] == list(whole.shape)
    lists, _ = omio.imread(series, zarr_store=store, return_list=True)
    assert [np.asarray(array).tolist() for array in lists] == [whole[t : t + 1].tolist() for t in range(3)]


def test_a_folder_with_a_cache_has_the_same_images(series: Path, tmp_path: Path) -> None:
    """Read, planned and converted."""
    before = str(omio.plan(series, tmp_path / "out"))
    omio.imread(series, merge="T", zarr_store="disk")
    omio.imread(series, return_list=True, zarr_store="disk")
    assert len(list((series / ".omio_cache").iterdir())) == 4
    assert omio.imread(series, merge="T")[0].shape[0] == 3
    assert len(omio.imread(omio.Folder(series, recursive=True), return_list=True)[0]) == 3
    after = [line for line in str(omio.plan(series, tmp_path / "out")).splitlines() if "omio_cache" not in line]
    assert [line for line in before.splitlines() if "left out" not in line] == [
        line for line in after if "left out" not in line
    ]
    assert len(omio.convert_to_ometiff(omio.Folder(series, recursive=True), tmp_path / "out")) == 3


def test_an_entry_is_no_image_and_is_said_to_be_none(source: Path) -> None:
    _, metadata = omio.imread(source, zarr_store="disk")
    with pytest.raises(OmioError):
        omio.imread(metadata["omio_zarr_store_path"])


def test_a_folder_that_the_caller_names(source: Path, tmp_path: Path) -> None:
    """It is made; the cache folder in it may be named too."""
    chosen = tmp_path / "scratch" / "a"
    array, metadata = omio.imread(source, zarr_store="disk", zarr_store_path=chosen)
    assert metadata["omio_cache_folder"] == str(chosen / ".omio_cache")
    _, same = omio.imread(source, zarr_store="disk", zarr_store_path=str(chosen / ".omio_cache"))
    assert same["omio_zarr_store_path"] == metadata["omio_zarr_store_path"]
    assert np.array_equal(array[:], PIXELS)
    assert not (source.parent / ".omio_cache").exists()


def test_a_source_that_is_no_local_file_is_cached_for_the_user(source: Path, own: Path) -> None:
    location = MemoryLocation("/data/a.ome.tif", {"/data/a.ome.tif": source.read_bytes()})
    array, metadata = omio.imread(location, zarr_store="disk")
    assert metadata["omio_cache_folder"] == str(own)
    assert np.array_equal(array[:], PIXELS)


@pytest.mark.parametrize(
    "keywords", [{"zarr_store": "cloud"}, {"zarr_store": True}, {"zarr_store": "disk", "lazy": True}]
)
def test_what_cannot_be_meant_is_refused_before_a_file_is_opened(tmp_path: Path, keywords) -> None:
    with pytest.raises(UnknownOptionError, match="zarr_store"):
        omio.imread(tmp_path / "nothing.tif", **keywords)


@pytest.mark.parametrize("store", [None, "memory"])
def test_keywords_of_the_cache_have_no_effect_without_it(source: Path, store: str | None) -> None:
    """Scripts name every keyword."""
    array, _ = omio.imread(source, zarr_store=store, zarr_store_path=source.parent, reuse_disk_cache=False)
    assert np.array_equal(array[:], PIXELS)
    assert not (source.parent / ".omio_cache").exists()


def test_files_are_closed_after_a_copy(source: Path) -> None:
    omio.imread(source, zarr_store="disk")
    open_files = (
        {os.path.realpath(f"/proc/self/fd/{fd}") for fd in os.listdir("/proc/self/fd")}
        if os.path.isdir("/proc/self/fd")
        else set()
    )
    assert str(source) not in open_files


@pytest.mark.parametrize("store", ["memory", "disk"])
def test_a_type_that_zarr_does_not_have_leaves_nothing(tmp_path: Path, store: str, monkeypatch) -> None:
    from omio_core.pixels import zarrlevels

    path = omio.imwrite(tmp_path / "a.ome.tif", PIXELS, axes="TZCYX")
    monkeypatch.setattr(zarrlevels, "_TYPES", {"uint8"})
    with pytest.raises(UnsupportedFeatureError, match="zarr has no type"):
        omio.imread(path, zarr_store=store)
    assert [each.name for each in tmp_path.iterdir()] == ["a.ome.tif"]
