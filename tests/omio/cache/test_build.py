"""Entries are made once, used as long as nothing has changed, whole or absent, and never in the way of others."""

from __future__ import annotations

import errno
import logging
import os
import shutil
import stat
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from zarr.storage import LocalStore

import omio
from omio.cache import build, keys
from omio_core.errors import (
    AbsentDataError,
    AbsentPlanesWarning,
    CacheError,
    FileChangedError,
    LimitExceededError,
    OmioWarning,
    WriteError,
)
from omio_core.files import containers, folders
from omio_core.geometry.box import Present
from omio_core.pixels import zarrfiles
from omio_core.pixels.picture import FilePicture

from .conftest import PIXELS

ROOT = Path(__file__).resolve().parents[3]


def read(source, **how):
    """Read with the cache: the array, and the folder of its entry."""
    array, metadata = omio.imread(source, zarr_store="disk", **how)
    return array, Path(metadata["omio_zarr_store_path"])


def made(path):
    """What tells whether an entry was made anew."""
    return os.stat(path).st_ino, os.stat(path / "zarr.json").st_mtime_ns


# --- which entry


def test_an_entry_is_made_once_and_made_again_if_asked(source):
    _, path = read(source)
    first = made(path)
    assert made(read(source)[1]) == first
    array, again = read(source, reuse_disk_cache=False)
    assert again == path
    assert made(path) != first
    assert np.array_equal(array[:], PIXELS)


@pytest.mark.parametrize(
    "how",
    [
        {"pixel_size": 0.7},
        {"channel_names": ["a", "b"]},
        {"absent_planes": "raise"},
        {"missing": "raise", "pixel_size": (0.5, 0.5, 1.0), "time_increment": 1.0},
    ],
)
def test_what_is_asked_in_another_way_is_another_entry(source, how):
    """And the first stays: both are used."""
    _, first = read(source)
    _, second = read(source, **how)
    assert first != second
    assert read(source)[1] == first
    assert read(source, **how)[1] == second


def test_another_version_of_omio_or_of_the_reader_makes_it_again(source, monkeypatch):
    _, first = read(source)
    monkeypatch.setattr(keys, "omio_version", lambda: "99")
    array, second = read(source)
    assert (first.exists(), second.exists()) == (False, True)
    assert np.array_equal(array[:], PIXELS)


def test_a_source_that_has_changed_is_read_again_and_the_old_entry_goes(source):
    """Even with the same size; an array of the old state is an error, never zeros and never another image."""
    old, first = read(source)
    omio.imwrite(source, PIXELS[::-1], axes="TZCYX", collision="overwrite")
    array, second = read(source)
    assert np.array_equal(array[:], PIXELS[::-1])
    assert [path.name for path in first.parent.iterdir()] == [second.name]
    with pytest.raises(CacheError, match="was removed"):
        old[:]


def test_a_source_that_was_only_touched_is_read_again(source):
    _, first = read(source)
    os.utime(source, ns=(1, 1))
    assert read(source)[1] != first


def test_bytes_that_change_behind_an_equal_time_are_noticed_in_the_samples(source):
    """As a tool may restore the time."""
    path = omio.imwrite(source.with_name("plain.ome.tif"), PIXELS, axes="TZCYX", compression_level=0)
    _, first = read(path)
    status = os.stat(path)
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(bytes(data))
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))
    array, second = read(path)
    assert second != first
    assert np.array_equal(array[:], omio.imread(path)[0])


def test_a_merge_has_an_entry_of_all_its_files(series):
    _, first = read(series, merge="T")
    assert read(series, merge="T")[1] == first
    shutil.copy(series / "T_8.tif", series / "T_10.tif")
    array, second = read(series, merge="T")
    assert (first.exists(), second.exists()) == (False, True)
    assert np.array_equal(array[2], array[0])
    shutil.copy(series / "T_8.tif", series / "T_11.tif")
    array, _ = read(series, merge="T")
    assert array.shape[0] == 4


def test_a_folder_that_is_one_image_is_cached_beside_it(tmp_path):
    """Every file in it counts, by the digest of its listing."""
    image = omio.imwrite(tmp_path / "a.ome.zarr", PIXELS, axes="TZCYX")
    array, path = read(image)
    assert path.parent == tmp_path / ".omio_cache"
    assert np.array_equal(array[:], PIXELS)
    assert read(image)[1] == path
    omio.imwrite(image, PIXELS + 1, axes="TZCYX", collision="overwrite")
    assert np.array_equal(read(image)[0][:], PIXELS + 1)


# --- damage


def test_a_lost_or_shortened_chunk_is_made_again(source, caplog):
    """It is noticed when the entry is opened."""
    caplog.set_level(logging.INFO, "omio")
    for damage in (
        lambda chunk: chunk.unlink(),
        lambda chunk: os.truncate(chunk, 20),
        lambda chunk: os.truncate(chunk, 0),
    ):
        _, path = read(source)
        damage(path / "c.1.2.0.1.0")
        caplog.clear()
        array, again = read(source)
        assert again == path
        assert np.array_equal(array[:], PIXELS)
        assert "is made again" in caplog.text


def test_damage_while_an_array_is_open_is_an_error(source):
    """Never zeros."""
    array, path = read(source)
    chunk = path / "c.1.2.0.1.0"
    sound = chunk.read_bytes()
    for data in (sound[:-1], b"", bytes([sound[0] ^ 1]) + sound[1:], sound[:20] + bytes(len(sound) - 20)):
        chunk.write_bytes(data)
        with pytest.raises(CacheError, match="is damaged") as told:
            array[:]
        assert "reuse_disk_cache=False" in told.value.remedy
    chunk.unlink()
    with pytest.raises(CacheError, match="has lost its chunk"):
        array[1, 2]
    assert np.array_equal(array[0], PIXELS[0])
    assert np.array_equal(read(source, reuse_disk_cache=False)[0][:], PIXELS)


def test_flipped_bits_that_keep_the_size_are_errors_when_they_are_read(source):
    _, path = read(source)
    chunk = path / "c.0.0.0.0.0"
    data = bytearray(chunk.read_bytes())
    data[len(data) // 2] ^= 4
    chunk.write_bytes(data)
    array, _ = read(source)
    with pytest.raises(CacheError, match="its checksum is wrong"):
        array[0, 0, 0]


def test_what_is_not_ours_is_never_replaced(source):
    """A file, a link, a folder without the mark, an entry into which somebody put a file."""
    _, path = read(source)
    (path / "notes.txt").write_text("mine")
    with pytest.raises(CacheError, match="in the way") as told:
        read(source, reuse_disk_cache=False)
    assert "notes.txt" in told.value.evidence
    assert (path / "notes.txt").read_text() == "mine"
    assert np.array_equal(read(source)[0][:], PIXELS)  # it does no harm there
    shutil.rmtree(path)
    path.mkdir()
    (path / "zarr.json").write_text('{"attributes": {"omio_cache_info": {"source_path": "a"}}}')
    for reuse in (True, False):
        with pytest.raises(CacheError, match="in the way"):
            read(source, reuse_disk_cache=reuse)
    shutil.rmtree(path)
    elsewhere = source.parent / "elsewhere"
    elsewhere.mkdir()
    path.symlink_to(elsewhere)
    with pytest.raises(CacheError, match="in the way"):
        read(source)
    assert list(elsewhere.iterdir()) == []
    path.unlink()
    path.parent.rmdir()
    path.parent.write_text("a file")
    with pytest.raises(CacheError, match="in the way"):
        read(source)


# --- where nothing can be written


@pytest.mark.parametrize("number", [errno.EACCES, errno.EROFS, errno.EPERM])
def test_where_nothing_can_be_written_the_users_folder_is_taken_and_that_is_said(source, own, monkeypatch, number):
    real = containers.reserve

    def reserve(goal):
        if goal.parent != own:
            raise OSError(number, os.strerror(number), str(goal))
        return real(goal)

    monkeypatch.setattr(folders.containers, "reserve", reserve)
    with pytest.warns(OmioWarning, match="the cache is in") as told:
        array, path = read(source)
    assert str(own) in str(told[0].message)
    assert path.parent == own
    assert np.array_equal(array[:], PIXELS)
    before = made(path)
    assert made(read(source)[1]) == before
    with pytest.raises(WriteError):
        read(source, zarr_store_path=source.parent)


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_is_write_protected(source, own):
    source.parent.chmod(stat.S_IRUSR | stat.S_IXUSR)
    try:
        with pytest.warns(OmioWarning, match="the cache is in"):
            array, path = read(source)
    finally:
        source.parent.chmod(stat.S_IRWXU)
    assert path.parent == own
    assert np.array_equal(array[:], PIXELS)


@pytest.mark.parametrize("call", ["write_bytes", "write_text"])
def test_on_a_full_disk_nothing_is_left(source, monkeypatch, call):
    def full(self, *_, **__):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(self))

    monkeypatch.setattr(zarrfiles.Path, call, full)
    with pytest.raises(WriteError, match="could not be written") as told:
        read(source)
    assert "No space left" in told.value.evidence
    assert list((source.parent / ".omio_cache").iterdir()) == []
    monkeypatch.undo()
    assert np.array_equal(omio.imread(source, zarr_store="disk", zarr_store_path=source.parent)[0][:], PIXELS)


def test_a_source_that_changes_while_it_is_copied_is_an_error_and_no_entry(source, monkeypatch):
    real = zarrfiles._encoded

    def encoded(chunk):
        os.utime(source, ns=(5, 5))
        return real(chunk)

    monkeypatch.setattr(zarrfiles, "_encoded", encoded)
    with pytest.raises(FileChangedError):
        read(source)
    assert list((source.parent / ".omio_cache").iterdir()) == []


# --- several at once


def test_another_process_that_was_faster_wins(source, monkeypatch):
    """What it has made is taken, and nothing is left beside it."""
    real = build.write_array

    def write_array(*arguments):
        if not list(source.parent.glob(".omio_cache/*.zarr")):
            monkeypatch.setattr(build, "write_array", real)
            read(source)
        real(*arguments)

    monkeypatch.setattr(build, "write_array", write_array)
    array, path = read(source)
    assert np.array_equal(array[:], PIXELS)
    assert [each.name for each in path.parent.iterdir()] == [path.name]


def test_a_cache_folder_that_is_removed_at_the_same_time_is_made_again(source, monkeypatch):
    real, calls = containers.reserve, []

    def reserve(goal):
        calls.append(goal)
        if len(calls) == 1:
            goal.parent.rmdir()
        return real(goal)

    monkeypatch.setattr(folders.containers, "reserve", reserve)
    array, _ = read(source)
    assert len(calls) == 2
    assert np.array_equal(array[:], PIXELS)


CHILD = """
import sys
import numpy as np
import omio
from omio_core.pixels import zarrlevels
zarrlevels._grown = lambda shape, blocks, itemsize, floor: (1, 1, 1, 10, shape[4])
reuse = sys.argv[2] == "1"
print("ready", flush=True)
sys.stdin.readline()
for number in range(12):
    array, metadata = omio.imread(sys.argv[1], zarr_store="disk", reuse_disk_cache=reuse and number % 3 > 0)
    assert np.array_equal(array[:], omio.imread(sys.argv[1])[0])
print(metadata["omio_zarr_store_path"])
"""


@pytest.mark.slow
@pytest.mark.parametrize("reuse", [0, 1])
def test_processes_that_make_the_same_entry_at_once_all_have_it(source, reuse):
    """They replace one another's, too: an array that is open stays right."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "OMIO_WORKERS": "2"}
    children = [
        subprocess.Popen(
            [sys.executable, "-W", "error", "-c", CHILD, str(source), str(reuse)],
            env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )
        for _ in range(3)
    ]  # fmt: skip
    for child in children:
        assert child.stdout.readline() == "ready\n"
    for child in children:
        child.stdin.write("\n")
        child.stdin.flush()
    answers = [child.communicate(timeout=120) for child in children]
    assert [answer[1] for answer in answers] == [""] * 3
    (path,) = {answer[0].strip() for answer in answers}
    assert [each.name for each in Path(path).parent.iterdir()] == [Path(path).name]


# --- absent pixels


def test_what_was_absent_when_an_entry_was_made_is_said_each_time(tmp_path):
    """The source is not read again, so nobody else would find it."""
    image = omio.imopen(omio.imwrite(tmp_path / "a.ome.tif", PIXELS, axes="TZCYX"))
    path = tmp_path / "a.ome.zarr"
    image.to_zarr(LocalStore(path))
    (path / "0" / "c" / "1" / "0" / "2" / "1" / "0").unlink()
    expected = PIXELS.copy()
    expected[1, 2, 0, 10:] = 0
    for _ in range(2):
        with pytest.warns(AbsentPlanesWarning, match="T1 Z2 C0"):
            array, _ = read(path)
        assert np.array_equal(array[:], expected)
    with pytest.raises(AbsentDataError):
        read(path, absent_planes="raise")
    assert len(list((tmp_path / ".omio_cache").iterdir())) == 1


def test_terabytes_that_a_small_file_declares_are_not_written(source, monkeypatch):
    monkeypatch.setattr(FilePicture, "present", Present([]))
    monkeypatch.setattr("omio_core.pixels.absence.ALWAYS_ALLOWED", 100)
    with pytest.warns(AbsentPlanesWarning), pytest.raises(LimitExceededError, match="absent"):
        read(source)
    assert list((source.parent / ".omio_cache").iterdir()) == []
