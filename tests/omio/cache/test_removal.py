"""What is removed from a cache, and what never is."""

from __future__ import annotations

import logging
import os
from pathlib import Path

import numpy as np
import pytest
import zarr

import omio
from omio.cache import removal
from omio.cache.removal import chosen_entries, remove, remove_entry
from omio_core.files import containers

from .conftest import PIXELS


def read(source, **how) -> Path:
    return Path(omio.imread(source, zarr_store="disk", **how)[1]["omio_zarr_store_path"])


@pytest.fixture
def two(source):
    """Two sources in a folder, and an entry of each."""
    other = omio.imwrite(source.with_name("other.ome.tif"), PIXELS[:1], axes="TZCYX")
    return source, other, read(source), read(other)


def test_a_file_stands_for_its_own_entries(two):
    source, other, first, second = two
    differently = read(source, pixel_size=3)
    assert set(omio.cleanup_omio_cache(source)) == {first, differently}
    assert second.exists()
    assert omio.cleanup_omio_cache(source) == []
    assert omio.cleanup_omio_cache(other) == [second, second.parent]
    assert not second.parent.exists()
    assert np.array_equal(omio.imread(source)[0], PIXELS)


def test_all_entries_beside_a_file_in_a_folder_and_in_a_cache_folder(two):
    source, other, *_ = two
    folder = source.parent / ".omio_cache"
    for path, everything in ((source, True), (source.parent, False), (folder, False), (folder, True)):
        entries = {read(source), read(other)}
        assert set(omio.cleanup_omio_cache(path, everything)) == {*entries, folder}
        assert not folder.exists()


def test_an_entry_stands_for_itself(two):
    *_, first, second = two
    assert omio.cleanup_omio_cache(first) == [first]
    assert second.exists()


def test_a_dry_run_removes_nothing(two):
    source, _, first, second = two
    assert omio.cleanup_omio_cache(source, dry_run=True) == [first]
    assert set(omio.cleanup_omio_cache(source.parent, dry_run=True)) == {first, second}
    assert first.exists()
    assert second.exists()


def test_the_cache_of_a_file_that_is_gone_and_of_a_merge(series):
    path = read(series, merge="T")
    (series / "T_9.tif").unlink()
    assert omio.cleanup_omio_cache(series / "T_9.tif") == [path, path.parent]
    with pytest.raises(FileNotFoundError, match="T_9"):
        omio.cleanup_omio_cache(series / "T_9.tif")


def test_entries_in_the_users_folder_belong_to_their_source_and_its_folder(source, own):
    for path in (source, source.parent, own):
        entry = read(source, zarr_store_path=own)
        assert omio.cleanup_omio_cache(path) == [entry, own]


def test_an_image_that_is_a_folder(tmp_path):
    image = omio.imwrite(tmp_path / "a.ome.zarr", PIXELS, axes="TZCYX")
    entry = read(image)
    assert omio.cleanup_omio_cache(image) == [entry, entry.parent]
    assert np.array_equal(omio.imread(image)[0], PIXELS)


def test_nothing_that_omio_did_not_make_is_removed(two, caplog):
    """Other zarr arrays, files, entries of the first OMIO, folders, and an entry into which somebody put a file."""
    caplog.set_level(logging.INFO, "omio")
    source, _, first, second = two
    folder = first.parent
    zarr.create_array(str(folder / "mine.zarr"), shape=(2,), dtype="u1")[:] = 1
    theirs = zarr.create_array(str(folder / "cells.zarr"), shape=(2,), dtype="u1")
    theirs[:] = 7
    theirs.attrs["omio_cache_info"] = {"source_path": str(source)}
    (folder / "notes.txt").write_text("mine")
    (folder / "folder.zarr").mkdir()
    (first / "c.0.0.0.0.0.bak").write_text("mine")
    (first / "folder").mkdir()
    assert omio.cleanup_omio_cache(folder, True) == [second]
    assert "c.0.0.0.0.0.bak" in caplog.text or "folder in it" in caplog.text
    names = sorted(path.name for path in folder.iterdir())
    assert names == sorted([first.name, "cells.zarr", "folder.zarr", "mine.zarr", "notes.txt"])
    assert (zarr.open_array(str(folder / "cells.zarr"), mode="r")[:] == 7).all()
    assert np.array_equal(zarr.open_array(first, mode="r")[:], PIXELS)
    assert removal.remove(folder, dry_run=True).kept[0][0] == first


def test_nothing_is_removed_through_a_link(two, tmp_path):
    """Neither a cache folder that is one, nor an entry, nor a chunk; what they lead to stays."""
    source, _, first, second = two
    real = tmp_path / "real"
    first.parent.rename(real)
    (source.parent / ".omio_cache").symlink_to(real)
    for path in (source, source.parent, source.parent / ".omio_cache", source.parent / ".omio_cache" / first.name):
        assert omio.cleanup_omio_cache(path, True) == []
    (source.parent / ".omio_cache").unlink()
    folder = source.parent / ".omio_cache"
    folder.mkdir()
    (folder / first.name).symlink_to(real / first.name)
    assert omio.cleanup_omio_cache(folder) == []
    (folder / first.name).unlink()
    (real / second.name).rename(folder / second.name)
    chunk = next((folder / second.name).glob("c.*"))
    chunk.rename(tmp_path / "chunk")
    chunk.symlink_to(tmp_path / "chunk")
    assert omio.cleanup_omio_cache(folder) == []
    assert (tmp_path / "chunk").stat().st_size
    (folder / second.name / "zarr.json").rename(tmp_path / "zarr.json")
    (folder / second.name / "zarr.json").symlink_to(tmp_path / "zarr.json")
    assert list(chosen_entries(folder)) == []
    assert len(list((real / first.name).iterdir())) == 1 + 3 * 4 * 2 * 2


def test_unusable_entries_alone(two):
    source, other, first, second = two
    assert remove(source.parent, unusable=True).removed == ()
    os.utime(other, ns=(1, 1))
    assert remove(source.parent, unusable=True, dry_run=True).removed == (second,)
    assert remove(source.parent, unusable=True).removed == (second,)
    (first / "c.0.0.0.0.0").unlink()
    assert remove(source.parent, unusable=True).removed == (first, first.parent)


def test_what_killed_runs_left_in_a_cache_folder_goes(source):
    entry = read(source)
    container = containers.reserve(entry.with_name("b.tif.0123456789abcdef.zarr"))
    os.close(container.handle)  # as the system does it for a process that was killed
    assert len(list(entry.parent.iterdir())) == 2
    assert set(omio.cleanup_omio_cache(source)) == {entry, entry.parent}


def test_an_entry_that_another_process_removed_is_no_error(source):
    entry_path = read(source)
    (entry,) = chosen_entries(source)
    assert remove_entry(entry) is None
    assert remove_entry(entry) is not None or not entry_path.exists()
    assert not entry_path.parent.exists() or list(entry_path.parent.iterdir()) == []


def test_sizes_are_those_of_the_files(source):
    path = read(source)
    assert remove(source, dry_run=True).nbytes == sum(file.stat().st_size for file in path.iterdir())
