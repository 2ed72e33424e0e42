"""Chunks that are not there are absent and said, wherever the place can tell; fill values stand in for them."""

from __future__ import annotations

import json
import pickle
import shutil
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import zarr
from click.testing import CliRunner

import omio
from omio.cli.app import app
from omio_core.contract import AbsentDataError, AbsentPlanesWarning, Box, FileChangedError
from omio_core.files.local import locate
from omio_core.files.memory import MemoryLocation
from omio_core.images.opening import open_source
from omio_plugins.ome_zarr._read import open_ome_zarr

from .made import CHAINS, codecs, group, image, multiscale, ramp

QUIETLY = pytest.mark.filterwarnings("ignore::omio_core.errors.AbsentPlanesWarning")


def sparse(path: Path, version: str = "0.5") -> np.ndarray:
    """An image whose second time point and one chunk of the fourth are missing; their value is 7."""
    pixels = ramp(4, 8, 10)
    image(path, pixels, "tyx", chunks=(1, 8, 5), fill_value=7, version=version)
    inner, joint = ("0", ".") if version == "0.4" else ("0/c", "/")
    for index in ("100", "101", "301"):
        (path / inner / joint.join(index)).unlink()
    pixels[1] = pixels[3, :, 5:] = 7
    return pixels


@pytest.mark.parametrize("version", ["0.4", "0.5"])
def test_missing_chunks_are_said_and_filled(version: str, tmp_path: Path) -> None:
    pixels = sparse(tmp_path, version)
    with pytest.warns(
        AbsentPlanesWarning, match="37.5 % of the pixels are absent, first in the planes T1 Z0 C0, T3"
    ) as told:
        read, _ = omio.imread(tmp_path)
    assert len(told) == 1
    np.testing.assert_array_equal(read[:, 0, 0], pixels)
    np.testing.assert_array_equal(read[:, 0, 0], zarr.open_array(tmp_path / "0", mode="r")[:])
    with pytest.raises(AbsentDataError):
        omio.imread(tmp_path, absent_planes="raise")


def test_what_is_missing_is_not_asked_for_at_opening(tmp_path: Path) -> None:
    sparse(tmp_path)
    level = open_ome_zarr(locate(tmp_path)).images[0].levels[0]
    assert callable(level.present)
    assert level.fill == 7
    boxes = (Box(((0, 1), (0, 8), (0, 10))), Box(((2, 3), (0, 8), (0, 10))), Box(((3, 4), (0, 8), (0, 5))))
    assert level.present() == boxes
    assert pickle.loads(pickle.dumps(level.present))() == boxes


def test_nothing_is_missing(tmp_path: Path) -> None:
    image(tmp_path, ramp(4, 8, 10), "tyx", chunks=(1, 8, 5))
    for stray in ("0/c/9/0/0", "0/c/0/00/0", "0/c/0/0", "0/c/a/0/0", "0/c/0/0/-1", "0/note.txt"):
        (tmp_path / stray).parent.mkdir(parents=True, exist_ok=True)
        if not (tmp_path / stray).exists():
            (tmp_path / stray).write_bytes(b"")
    level = open_ome_zarr(locate(tmp_path)).images[0].levels[0]
    assert callable(level.present)
    assert level.present() is None


@QUIETLY
def test_a_million_chunks_of_which_two_exist(tmp_path: Path) -> None:
    """Nothing goes over the chunks that could exist."""
    image(tmp_path, ramp(1, 1, 1), "tyx", chunks=(1, 1, 1))
    document = json.loads((tmp_path / "0" / "zarr.json").read_text())
    document["shape"] = [10, 100_000, 100_000]
    (tmp_path / "0" / "zarr.json").write_text(json.dumps(document))
    found = open_source(tmp_path).images[0]
    assert found.shape == (10, 1, 1, 100_000, 100_000)
    assert found[:1, :, :, :1, :2].tolist() == [[[[[1, 0]]]]]


def test_chunks_missing_inside_a_shard_are_late(tmp_path: Path) -> None:
    """As zarr-python leaves them where all their pixels are the fill value."""
    pixels = ramp(4, 16, 20)
    pixels[0, :4, 5:10] = pixels[2:, 8:] = 0
    group(tmp_path, {"multiscales": [multiscale("tyx", [[1, 1, 1]], {})]})
    codecs(tmp_path / "0", np.ones_like(pixels), (2, 8, 10), CHAINS["shards"])
    shutil.rmtree(tmp_path / "0" / "c")
    zarr.open_array(tmp_path / "0", mode="r+")[:] = pixels
    handle = open_ome_zarr(locate(tmp_path))
    out = np.full((1, 8, 20), 99, "u2")
    with pytest.raises(AbsentDataError) as told:
        handle.read_into(out, 0, Box(((0, 1), (0, 8), (0, 20))), 0)
    assert told.value.boxes == (Box(((0, 1), (0, 4), (5, 10))),)
    np.testing.assert_array_equal(out, pixels[:1, :8])
    with pytest.warns(AbsentPlanesWarning) as warned:
        read, _ = omio.imread(tmp_path)
    np.testing.assert_array_equal(read[:, 0, 0], pixels)
    assert len(warned) <= 2
    with pytest.raises(AbsentDataError):
        omio.imread(tmp_path, absent_planes="raise")


def in_memory(folder: Path, *, listable: bool) -> MemoryLocation:
    contents = {f"/a/{f.relative_to(folder).as_posix()}": f.read_bytes() for f in folder.rglob("*") if f.is_file()}
    return MemoryLocation("/a", contents, listable)


def test_a_place_that_cannot_be_listed_tells_late(tmp_path: Path) -> None:
    pixels = sparse(tmp_path)
    handle = open_ome_zarr(in_memory(tmp_path, listable=False))
    (description,) = handle.images
    assert description.levels[0].present is None
    assert handle.stamp == ""
    out = np.full(pixels.shape, 99, "u2")
    with pytest.raises(AbsentDataError) as told:
        handle.read_into(out, 0, Box.whole(pixels.shape), 0)
    assert sum(box.size for box in told.value.boxes) == 8 * 10 + 8 * 5
    np.testing.assert_array_equal(out, pixels)


@QUIETLY
def test_any_place_that_can_be_listed(tmp_path: Path) -> None:
    pixels = sparse(tmp_path)
    (found,) = open_source(in_memory(tmp_path, listable=True)).images
    np.testing.assert_array_equal(found[:][:, 0, 0], pixels)


def test_a_chunk_that_changes_is_an_error(tmp_path: Path) -> None:
    image(tmp_path, ramp(4, 8, 10), "tyx", chunks=(1, 8, 5))
    found = omio.imopen(tmp_path)
    assert found[0].shape
    chunk = tmp_path / "0" / "c" / "2" / "0" / "0"
    chunk.write_bytes(chunk.read_bytes() + b"0")
    with pytest.raises(FileChangedError):
        found[:]
    chunk.unlink()
    with pytest.raises(FileChangedError):
        found[:]


@QUIETLY
def test_levels_have_their_own_absence(tmp_path: Path) -> None:
    group(tmp_path, {"multiscales": [multiscale("yx", [[1, 1], [2, 2]])]})
    for level, shape in enumerate(((8, 10), (4, 5))):
        codecs(tmp_path / str(level), ramp(*shape), (4, 5), CHAINS["raw"])
    (tmp_path / "1" / "c" / "0" / "0").unlink()
    found = open_source(tmp_path).images[0]
    assert found[:].all()
    assert not found.level(1)[:].any()


def written(path: Path, **options: Any) -> Path:
    """A store by OMIO of two time points and two levels, none of whose pixels is 0."""
    return omio.imwrite(path, ramp(2, 1, 1, 40, 50), axes="TZCYX", tile=32, pyramid=1, **options)


DELETED = {
    "0/c/1/0/0/0/1": ({"shards": False}, "T1 Z0 C0"),
    "0/c/0/0/0/0/0": ({}, "T0 Z0 C0, T1 Z0 C0"),  # the one shard of the level
}


@QUIETLY
@pytest.mark.parametrize("name", DELETED)
def test_a_deleted_file_is_said_at_every_door(name: str, tmp_path: Path) -> None:
    """Of a chunk and of a shard: by imread, imopen, explain, plan, conversion and the command line."""
    options, planes = DELETED[name]
    path, target = written(tmp_path / "a.ome.zarr", **options), tmp_path / "b.ome.tif"
    sound, _ = omio.imread(path)
    (path / name).unlink()
    for read in (omio.imread, lambda one: omio.imopen(one).to_numpy(), lambda one: omio.convert(one, target)):
        with pytest.warns(AbsentPlanesWarning, match=f"first in the planes {planes};"):
            read(path)
    pixels, _ = omio.imread(path)
    np.testing.assert_array_equal(pixels[pixels != 0], sound[pixels != 0])
    assert (pixels == 0).any()
    for text in (omio.imopen(path).explain(), omio.plan(path)):
        assert f"of the pixels are absent, first in the planes {planes}" in str(text)
    shown = CliRunner().invoke(app, ["info", "--explain", str(path)])
    assert f"first in the planes {planes}" in shown.output
    assert f"absent in the planes {planes}" in str(omio.imread(target)[1]["Annotations"])  # the copy says it, too
    for refused in (omio.imread, omio.imopen, omio.convert_to_ometiff):
        with pytest.raises(AbsentDataError):
            refused(path, absent_planes="raise").to_numpy()  # imopen raises at the first read


@QUIETLY
def test_a_chunk_deleted_in_a_smaller_level_is_explained(tmp_path: Path) -> None:
    """Full resolution is whole, and is read without a word; who asks for the level is told."""
    path = written(tmp_path / "a.ome.zarr", shards=False)
    (path / "1" / "c" / "1" / "0" / "0" / "0" / "0").unlink()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert omio.imread(path, absent_planes="raise")[0].all()
    image = omio.imopen(path)
    assert "absent            50 % of the pixels are absent, first in the planes T1 Z0 C0 of level 1" in image.explain()
    assert not image.level(1)[1].any()
    with pytest.raises(AbsentDataError, match="level 1"):
        omio.imopen(path, absent_planes="raise").level(1).to_numpy()


def test_deleted_metadata_of_a_level(tmp_path: Path) -> None:
    """Without that of a smaller level, the level is not kept, and said; without that of the first, nothing is read."""
    path = written(tmp_path / "a.ome.zarr")
    (path / "1" / "zarr.json").unlink()
    with omio.imopen(path) as image:
        assert len(image.levels) == 1
        assert "not kept          the level 1: there is no array" in image.explain()
    (path / "0" / "zarr.json").unlink()
    for read in (omio.imread, omio.imopen, omio.convert_to_ometiff):
        with pytest.raises(AbsentDataError, match="names an array that is not there"):
            read(path)
