"""Folders that are one picture, at every door: written whole or not at all, and read as they were when opened."""

from __future__ import annotations

import os
import shutil
import sys
import warnings
from collections.abc import Callable, Iterator
from dataclasses import replace
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile
from click.testing import Result

import omio
from omio_core.errors import (
    AbsentPlanesWarning,
    FileChangedError,
    ManyImagesError,
    NoWriterError,
    OmioError,
    WriteError,
)
from omio_core.images import writing
from omio_core.pixels.handles import HANDLES
from omio_core.plugins import catalogue as plugins

EXAMPLE = Path(__file__).resolve().parents[2] / "docs" / "examples" / "omio-tiles"
PIXELS = np.arange(2 * 3 * 1 * 8 * 9, dtype=np.uint16).reshape(2, 3, 1, 8, 9)


@pytest.fixture(autouse=True, scope="module")
def _tiles() -> Iterator[None]:
    """The example of a folder format is installed."""
    sys.path.insert(0, str(EXAMPLE))
    known = plugins.load([*plugins._entry_points(), EntryPoint("tiles", "omio_tiles", plugins.GROUP)])
    assert not known.blocked
    with plugins.using(known):
        yield
    HANDLES.clear()
    sys.path.remove(str(EXAMPLE))


@pytest.fixture(autouse=True)
def _closed() -> Iterator[None]:
    yield
    HANDLES.clear()


def names(folder: Path) -> list[str]:
    return sorted(os.listdir(folder))


def put(path: Path, pixels: np.ndarray = PIXELS, **more: Any) -> Path:
    """Write a folder of small tiles."""
    written = omio.imwrite(path, pixels, axes="TZCYX", tile=4, **more)
    return Path(written)


@pytest.fixture
def tiff(tmp_path: Path) -> Path:
    path = tmp_path / "from" / "a.tif"
    path.parent.mkdir()
    tifffile.imwrite(path, PIXELS[0, 0, 0], photometric="minisblack")
    return path


# --- outputs


@pytest.mark.parametrize("verify", ["structure", "pixels", "none"])
def test_a_folder_is_written_and_read_back(tmp_path: Path, verify: str) -> None:
    put(tmp_path / "a.tiles", verify=verify, pixel_size=(0.25, 0.25, 2.0))
    array, metadata = omio.imread(tmp_path / "a.tiles")
    np.testing.assert_array_equal(array, PIXELS)
    assert metadata["PhysicalSizeZ"] == 2.0
    assert names(tmp_path) == ["a.tiles"]


def test_a_folder_that_reads_back_otherwise_is_not_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import omio_tiles.write

    real = omio_tiles.write.pull

    def pull(*args: Any, **keywords: Any) -> Iterator[Any]:
        for box, data in real(*args, **keywords):
            yield box, bytes(len(data))

    monkeypatch.setattr(omio_tiles.write, "pull", pull)
    with pytest.raises(OmioError, match="not what was asked for"):
        put(tmp_path / "a.tiles", verify="pixels")
    assert names(tmp_path) == []


def test_a_folder_that_fails_its_check_is_not_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import omio_tiles.write

    monkeypatch.setattr(omio_tiles.write.zlib, "crc32", iter(range(10**6)).__next__.__call__, raising=True)
    with pytest.raises(OmioError):
        put(tmp_path / "a.tiles")
    assert names(tmp_path) == []


@pytest.mark.parametrize("collision", ["raise", "number", "skip", "overwrite"])
def test_a_name_that_is_taken(tmp_path: Path, collision: str) -> None:
    put(tmp_path / "a.tiles")
    if collision == "raise":
        with pytest.raises(WriteError, match="exists already"):
            put(tmp_path / "a.tiles", PIXELS + 1, collision=collision)
    else:
        written = put(tmp_path / "a.tiles", PIXELS + 1, collision=collision)
        assert written.name == ("a-1.tiles" if collision == "number" else "a.tiles")
    expected = PIXELS + (collision == "overwrite")
    np.testing.assert_array_equal(omio.imread(tmp_path / "a.tiles")[0], expected)
    if collision == "number":
        np.testing.assert_array_equal(omio.imread(tmp_path / "a-1.tiles")[0], PIXELS + 1)
    assert names(tmp_path) == (["a-1.tiles", "a.tiles"] if collision == "number" else ["a.tiles"])


@pytest.mark.parametrize("replace", [False, True])
def test_cancelled_halfway_nothing_is_left_and_the_old_folder_stands(tmp_path: Path, replace: bool) -> None:
    if replace:
        put(tmp_path / "a.tiles")

    class CancelledError(Exception):
        pass

    def progress(done: int) -> None:
        if done > PIXELS.nbytes // 2:
            raise CancelledError

    with pytest.raises(CancelledError):
        put(tmp_path / "a.tiles", PIXELS + 1, progress=progress, collision="overwrite")
    assert names(tmp_path) == (["a.tiles"] if replace else [])
    if replace:
        np.testing.assert_array_equal(omio.imread(tmp_path / "a.tiles")[0], PIXELS)


def test_what_is_no_picture_is_never_replaced(tmp_path: Path, tiff: Path) -> None:
    """At no door, under the policy overwrite either."""
    folder = tmp_path / "data.tiles"
    folder.mkdir()
    (folder / "thesis.txt").write_text("years of work")
    with pytest.raises(WriteError, match="is kept"):
        put(folder, collision="overwrite")
    plan = omio.plan(tiff, folder, collision="overwrite")
    assert "is kept" in plan.problems[0]
    with pytest.raises(OmioError):
        plan.run()
    with pytest.raises(WriteError, match="is kept"):
        omio.convert_to_ometiff(tiff, folder, collision="overwrite")
    assert (folder / "thesis.txt").read_text() == "years of work"
    assert names(tmp_path) == ["data.tiles", "from"]


def test_what_is_read_is_never_replaced(tmp_path: Path) -> None:
    """Neither the folder, nor what contains it, nor anything in it."""
    source = put(tmp_path / "a.tiles")
    lazy, _ = omio.imread(source, lazy=True)
    with pytest.raises(WriteError, match="being read"):
        omio.convert_to_ometiff(source, source, collision="overwrite")
    for inside in (source / "b.ome.tif", source / "tiles" / "b.tiles"):
        with pytest.raises(WriteError, match="being read"):
            omio.convert_to_ometiff(source, inside)
        assert "being read" in omio.plan(source, inside).problems[0]
    for image in omio.imopen(source), omio.imopen([source, put(tmp_path / "b.tiles")], merge="T"):
        with pytest.raises(WriteError, match="being read"):
            writing.write(source, [image], collision="overwrite")
    np.testing.assert_array_equal(np.asarray(lazy), PIXELS)
    assert names(source) == ["picture.json", "tiles"]


def test_a_suffix_of_a_writer_of_folders_means_one_picture(tmp_path: Path, tiff: Path) -> None:
    """Also where an empty folder of that name is there; two pictures do not fit into one."""
    (written,) = omio.convert_to_ometiff(tiff, tmp_path / "new.tiles", axes="YX")
    assert written == tmp_path / "new.tiles"
    np.testing.assert_array_equal(omio.imread(written)[0][0, 0, 0], PIXELS[0, 0, 0])
    shutil.copy(tiff, tiff.with_name("b.tif"))
    with pytest.raises(ManyImagesError):
        omio.convert_to_ometiff(tiff.parent, tmp_path / "both.tiles", axes="YX")
    (merged,) = omio.convert_to_ometiff(tiff.parent, tmp_path / "merged.tiles", merge="T", axes="YX")
    assert omio.imread(merged)[0].shape == (2, 1, 1, 8, 9)
    assert names(tmp_path) == ["from", "merged.tiles", "new.tiles"]


def test_no_file_is_put_into_a_picture(tmp_path: Path, tiff: Path) -> None:
    """A folder that a reader knows is no folder to put files in."""
    picture = put(tmp_path / "a.tiles")
    other = picture.rename(tmp_path / "renamed")
    with pytest.raises(WriteError, match="one picture"):
        omio.convert_to_ometiff(tiff, other)
    assert names(other) == ["picture.json", "tiles"]


def test_without_a_writer_the_suffix_of_a_reader_is_refused(tmp_path: Path, tiff: Path) -> None:
    known = plugins.catalogue()
    without = replace(known, writers=tuple(writer for writer in known.writers if writer.name != "tiles"))
    with plugins.using(without), pytest.raises(NoWriterError):
        omio.convert_to_ometiff(tiff, tmp_path / "a.tiles")


def test_the_command_line_writes_and_reads_folders(tmp_path: Path, tiff: Path, cli: Callable[..., Result]) -> None:
    done = cli("convert", tiff, "--out", tmp_path / "a.tiles", "--axes", "YX")
    assert done.exit_code == 0, done.stderr
    assert cli("info", tmp_path / "a.tiles").exit_code == 0
    done = cli("convert", tmp_path / "a.tiles", "--out", tmp_path / "out")
    assert done.exit_code == 0, done.stderr
    assert names(tmp_path / "out") == ["a.ome.tif"]
    assert names(tmp_path) == ["a.tiles", "from", "out"]


# --- plans


@pytest.mark.parametrize("saved", [False, True])
@pytest.mark.parametrize("change", ["a tile", "another file", "nothing"])
def test_a_plan_overwrites_only_the_folder_that_it_saw(tmp_path: Path, tiff: Path, change: str, saved: bool) -> None:
    target = put(tmp_path / "a.tiles")
    plan = omio.plan(tiff, target, collision="overwrite", axes="YX")
    assert plan.outputs[0].action == "overwrite"
    if saved:
        plan = type(plan).from_json(plan.to_json())
    if change == "another file":
        (target / "tiles" / "0" / "notes.txt").write_text("mine")
    elif change == "a tile":
        tile = next((target / "tiles" / "1").rglob("*.raw"))
        os.utime(tile, ns=(1, 1))
    if change == "nothing":
        plan.run()
        assert omio.imread(target)[0].shape == (1, 1, 1, 8, 9)
        return
    with pytest.raises(WriteError, match="another file since"):
        plan.run()
    np.testing.assert_array_equal(omio.imread(target)[0], PIXELS)


@pytest.mark.parametrize("saved", [False, True])
def test_a_plan_reads_only_the_folder_that_it_saw(tmp_path: Path, saved: bool) -> None:
    source = put(tmp_path / "a.tiles")
    plan = omio.plan(source, tmp_path / "out.ome.tif")
    if saved:
        plan = type(plan).from_json(plan.to_json())
    os.utime(next((source / "tiles" / "1").rglob("*.raw")), ns=(1, 1))
    with pytest.raises(FileChangedError, match="changed since"):
        plan.run()
    assert names(tmp_path) == ["a.tiles"]


# --- sources


TILE = Path("tiles", "1", "2", "0", "1", "1.raw")


def _delete(path: Path) -> None:
    path.unlink()


def _truncate(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-1])


def _replace(path: Path) -> None:
    other = path.with_name("other")
    other.write_bytes(path.read_bytes())
    os.utime(other, ns=(1, 1))
    other.replace(path)


def _replace_the_folder(path: Path) -> None:
    put(path.parents[5], PIXELS + 1, collision="overwrite")


@pytest.mark.parametrize("change", [_delete, _truncate, _replace, _replace_the_folder])
@pytest.mark.parametrize("closed", [False, True])
def test_a_folder_that_changes_between_open_and_read_is_an_error(
    tmp_path: Path, change: Callable[[Path], None], closed: bool
) -> None:
    """Whether its handle is still open or it is opened again; never is there a mixture."""
    source = put(tmp_path / "a.tiles")
    image = omio.imopen(source)
    np.testing.assert_array_equal(np.asarray(image[0, 0]), PIXELS[0, 0])
    if closed:
        HANDLES.clear()
    change(source / TILE)
    with pytest.raises(FileChangedError):
        image.to_numpy()


@pytest.mark.parametrize("closed", [False, True])
def test_a_tile_that_appears_later_is_still_absent_or_an_error(tmp_path: Path, closed: bool) -> None:
    source = put(tmp_path / "a.tiles")
    tile = (source / TILE).rename(tmp_path / "tile")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", AbsentPlanesWarning)
        image = omio.imopen(source)
        image.to_numpy()
    assert not np.asarray(image[1, 2, 0, 4:8, 4:8]).any()
    if closed:
        HANDLES.clear()
    tile.rename(source / TILE)
    if closed:
        with pytest.raises(FileChangedError):
            image.to_numpy()
    else:
        assert not np.asarray(image[1, 2, 0, 4:8, 4:8]).any()
    np.testing.assert_array_equal(omio.imread(source)[0], PIXELS)


def test_absent_tiles_are_absent_planes(tmp_path: Path) -> None:
    source = put(tmp_path / "a.tiles")
    (source / TILE).unlink()
    with pytest.warns(AbsentPlanesWarning):
        array, _ = omio.imread(source)
    expected = PIXELS.copy()
    expected[1, 2, 0, 4:8, 4:8] = 0
    np.testing.assert_array_equal(array, expected)


def test_a_folder_of_pictures_skips_what_is_in_progress(tmp_path: Path) -> None:
    """A container that another process fills is hidden."""
    put(tmp_path / "a.tiles")
    progress = tmp_path / ".b.tiles.0123456789ab.omio-part"
    progress.mkdir()
    shutil.copytree(tmp_path / "a.tiles", progress / "b.tiles")
    arrays, _ = omio.imread(tmp_path, return_list=True)
    assert len(arrays) == 1
