"""The verbs: `imwrite` writes under the name asked for, tells its progress, and never over its own source."""

from __future__ import annotations

import os
import zlib
from pathlib import Path
from typing import Any

import dask.array as da
import numpy as np
import pytest
import tifffile
from numpy.typing import NDArray

import omio
from omio_core.errors import NoWriterError, OmioError, WriteError

SHAPE = (2, 3, 2, 16, 20)
PIXELS = np.arange(np.prod(SHAPE), dtype=np.uint16).reshape(SHAPE)


def test_it_has_another_name() -> None:
    """`imconvert` is the same function."""
    assert omio.imconvert is omio.convert_to_ometiff


# --- names


@pytest.mark.parametrize(
    "name", ["a.ome.tif", "A.OME.TIF", "a.ome.tiff", "a.b.c.ome.tif", "été µ 1.ome.tif", "a.ome.btf"]
)
def test_the_name_asked_for_is_the_name_written(tmp_path: Path, name: str) -> None:
    """Neither changed nor lengthened; nothing else is left in the folder."""
    written = omio.imwrite(tmp_path / name, PIXELS)
    assert written == tmp_path / name
    assert [p.name for p in tmp_path.iterdir()] == [name]
    array, _ = omio.imread(written)
    np.testing.assert_array_equal(array, PIXELS)
    with tifffile.TiffFile(written) as file:
        assert file.is_bigtiff == name.endswith(".btf")


@pytest.mark.parametrize("name", ["a.tif", "a.png", "a", "a.ome.tif.gz"])
def test_a_name_that_nobody_writes(tmp_path: Path, name: str) -> None:
    """Refused, not renamed."""
    with pytest.raises(NoWriterError, match=r"\.ome\.tif"):
        omio.imwrite(tmp_path / name, PIXELS)
    assert list(tmp_path.iterdir()) == []


def test_a_text_is_a_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Relative to the working folder."""
    monkeypatch.chdir(tmp_path)
    assert omio.imwrite("a.ome.tif", PIXELS) == Path("a.ome.tif")
    assert (tmp_path / "a.ome.tif").is_file()


# --- pixels


@pytest.mark.parametrize("level", [*range(10), "auto"])
@pytest.mark.parametrize("tile", [None, 16, 64])
def test_compression_and_tiles(tmp_path: Path, level: int | str, tile: int | None) -> None:
    """Level 0 is truly uncompressed, all others any zlib reads; tiles are as large as asked; pixels are the same."""
    path = omio.imwrite(tmp_path / "a.ome.tif", PIXELS, compression_level=level, tile=tile)
    with tifffile.TiffFile(path) as file:
        page = file.pages[0]
        assert (page.compression == tifffile.COMPRESSION.NONE) == (level == 0)
        assert page.is_tiled == (tile is not None)
        if tile:
            assert page.tile == (tile, tile)
        stored = path.read_bytes()[page.dataoffsets[0] :][: page.databytecounts[0]]
    rows, columns = (tile, tile) if tile else PIXELS.shape[-2:]
    segment = np.zeros((rows, columns), PIXELS.dtype)
    part = PIXELS[0, 0, 0, :rows, :columns]
    segment[: part.shape[0], : part.shape[1]] = part
    assert (stored if level == 0 else zlib.decompress(stored)) == segment.tobytes()
    np.testing.assert_array_equal(omio.imread(path)[0], PIXELS)


# --- what stands there already


def test_a_name_that_is_taken(tmp_path: Path) -> None:
    """Raised by default, and kept; numbered, skipped or replaced if asked."""
    path = tmp_path / "a.ome.tif"
    path.write_bytes(b"precious")
    with pytest.raises(WriteError, match="exists already"):
        omio.imwrite(path, PIXELS)
    assert omio.imwrite(path, PIXELS, collision="skip") == path
    assert path.read_bytes() == b"precious"
    assert omio.imwrite(path, PIXELS, collision="number") == tmp_path / "a-1.ome.tif"
    assert omio.imwrite(path, PIXELS, collision="number") == tmp_path / "a-2.ome.tif"
    assert path.read_bytes() == b"precious"
    assert omio.imwrite(path, PIXELS, collision="overwrite") == path
    np.testing.assert_array_equal(omio.imread(path)[0], PIXELS)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a-1.ome.tif", "a-2.ome.tif", "a.ome.tif"]


def test_what_fails_leaves_the_old_file(tmp_path: Path) -> None:
    """An array that cannot be read half-way costs nothing."""
    path = omio.imwrite(tmp_path / "a.ome.tif", PIXELS)
    before = path.read_bytes()

    def broken(block: Any) -> Any:
        raise RuntimeError("the disk is gone")

    lazy = da.from_array(PIXELS, chunks=(1, 3, 2, 16, 20)).map_blocks(broken, dtype="uint16", meta=PIXELS[:0])
    with pytest.raises(OmioError, match="the disk is gone"):
        omio.imwrite(path, lazy, collision="overwrite")
    assert path.read_bytes() == before
    assert [p.name for p in tmp_path.iterdir()] == ["a.ome.tif"]


def test_the_file_that_is_read_is_not_overwritten(tmp_path: Path) -> None:
    """Under any of its names."""
    path = omio.imwrite(tmp_path / "a.ome.tif", PIXELS)
    before = path.read_bytes()
    other = tmp_path / "b.ome.tif"
    os.link(path, other)
    with omio.imopen(path) as image:
        for name in (path, other):
            with pytest.raises(WriteError, match="is being read"):
                omio.imwrite(name, image.at(T=0), collision="overwrite")
    assert path.read_bytes() == other.read_bytes() == before


def test_a_folder_that_is_none(tmp_path: Path) -> None:
    """No folder, a file in its place, a folder under the name: one WriteError with a remedy, nothing made."""
    (tmp_path / "file").write_text("here")
    (tmp_path / "folder.ome.tif").mkdir()
    for path in (tmp_path / "none" / "a.ome.tif", tmp_path / "file" / "a.ome.tif", tmp_path / "folder.ome.tif"):
        with pytest.raises(WriteError) as caught:
            omio.imwrite(path, PIXELS)
        assert caught.value.remedy
    assert sorted(p.name for p in tmp_path.rglob("*")) == ["file", "folder.ome.tif"]


@pytest.mark.skipif(
    not hasattr(os, "geteuid") or os.geteuid() == 0, reason="nothing is read-only for root, nor in this way on Windows"
)
def test_a_folder_that_may_not_be_written_to(tmp_path: Path) -> None:
    """A WriteError that says so."""
    (tmp_path / "locked").mkdir(mode=0o500)
    with pytest.raises(WriteError, match="may write to"):
        omio.imwrite(tmp_path / "locked" / "a.ome.tif", PIXELS)
    assert list((tmp_path / "locked").iterdir()) == []


# --- progress


def test_progress(tmp_path: Path) -> None:
    """Called in the caller's thread with the bytes done, never less than before, up to all of them."""
    pixels = np.zeros((8, 1, 1, 512, 512), np.uint16)
    done: list[int] = []
    omio.imwrite(tmp_path / "a.ome.tif", pixels, progress=done.append)
    assert len(done) > 1
    assert done == sorted(done)
    assert done[-1] == pixels.nbytes


class Cancelled(BaseException):
    """What a program may raise to stop."""


@pytest.mark.parametrize("error", [Cancelled, RuntimeError, OSError, WriteError])
def test_a_progress_that_raises_stops_the_write(tmp_path: Path, error: type[BaseException]) -> None:
    """That is how a program cancels: its own exception comes out, nothing is left."""

    def cancel(done: int) -> None:
        raise error("enough")

    with pytest.raises(error, match="enough"):
        omio.imwrite(tmp_path / "a.ome.tif", np.zeros((8, 1, 1, 512, 512), np.uint16), progress=cancel)
    assert list(tmp_path.iterdir()) == []


def test_workers(tmp_path: Path) -> None:
    """One or several write the same bytes of pixels."""
    one = omio.imwrite(tmp_path / "1.ome.tif", PIXELS, workers=1)
    four = omio.imwrite(tmp_path / "4.ome.tif", PIXELS, workers=4)
    with tifffile.TiffFile(one) as a, tifffile.TiffFile(four) as b:
        assert [p.databytecounts for p in a.pages] == [p.databytecounts for p in b.pages]
    np.testing.assert_array_equal(omio.imread(one)[0], omio.imread(four)[0])


def test_a_source_is_not_overwritten(tmp_path: Path) -> None:
    path = omio.imwrite(tmp_path / "a.ome.tif", PIXELS, axes="TZCYX", compression_level=0)
    before = path.read_bytes()
    with pytest.raises(WriteError, match="being read"):
        omio.convert_to_ometiff(path, path, collision="overwrite")
    part = omio.imopen(path).at(T=1)
    with pytest.raises(WriteError, match="being read"):
        omio.imwrite(path, part, collision="overwrite")
    link = tmp_path / "b.ome.tif"
    link.hardlink_to(path)
    with pytest.raises(WriteError, match="being read"):
        omio.imwrite(link, part, collision="overwrite")
    assert path.read_bytes() == before


def test_an_array_mapped_from_the_file_is_a_source(tmp_path: Path) -> None:
    path = tmp_path / "a.ome.tif"
    np.save(tmp_path / "a.npy", PIXELS)
    (tmp_path / "a.npy").rename(path)
    mapped: NDArray[Any] = np.load(path, mmap_mode="r")
    with pytest.raises(WriteError, match="being read"):
        omio.imwrite(path, mapped, axes="TZCYX", collision="overwrite")
    del mapped
