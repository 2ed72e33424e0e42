"""Pixels equal those that were written, whole and by regions, into outs of any strides, however they are stored."""

from __future__ import annotations

import itertools
import os
import pickle
import threading
import zlib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
import tifffile

from omio_core.contract import Box, Opened
from omio_core.errors import AbsentPlanesWarning, CorruptFileError, ReadError
from omio_core.files.local import locate
from omio_plugins.tiff import _picture, _presence
from omio_plugins.tiff._read import TiffImages, open_tiff

RNG = np.random.default_rng(1)


def picture(shape: tuple[int, ...], dtype: str = "u2") -> np.ndarray:
    if dtype == "?":
        return RNG.integers(0, 2, shape).astype(bool)
    if np.dtype(dtype).kind == "f":
        return RNG.normal(size=shape).astype(dtype)
    return RNG.integers(0, 200, shape).cumsum(axis=-1).astype(dtype)


def regions(shape: tuple[int, ...], axes: str) -> list[Box]:
    """The whole, one element, and some in between; S is always whole."""
    cuts = []
    for n, axis in zip(shape, axes, strict=True):
        options = [(0, n)] if axis == "S" else [(0, n), (n // 2, n // 2 + 1), (n // 3, n), (0, max(1, n - 1))]
        cuts.append(options)
    boxes = [Box(tuple(options[k % len(options)] for options in cuts)) for k in range(4)]
    mixed = [Box(spans) for spans in itertools.islice(itertools.product(*(c[:3] for c in cuts)), 0, 27, 5)]
    return boxes + mixed


def compare(path: Path, array: np.ndarray, axes: str) -> None:
    """Read regions into plain, reversed-axes and strided outs; every byte around them must stay."""
    opened = open_tiff(locate(path))
    (described,) = opened.images
    assert Opened in TiffImages.__mro__
    assert described.axes == axes
    assert described.levels[0].shape == array.shape
    assert described.dtype == array.dtype
    assert described.dtype.isnative
    assert described.levels[0].present is None
    for box in regions(array.shape, axes):
        expected = array[box.within(Box.whole(array.shape))]
        plain = np.full(box.shape, 1, array.dtype)
        strided = np.full(tuple(2 * n + 1 for n in box.shape), 1, array.dtype)
        every_other = strided[tuple(slice(1, None, 2) for _ in box.shape)]
        transposed = np.full(box.shape[::-1], 1, array.dtype).T
        for out in (plain, every_other, transposed):
            opened.read_into(out, 0, box, 0)
            np.testing.assert_array_equal(out, expected)
        every_other[...] = 1
        assert (strided == 1).all()
    opened.close()
    assert pickle.loads(pickle.dumps(described)).levels == described.levels


@pytest.mark.parametrize("dtype", ["?", "u1", "u2", "u4", "u8", "i1", "i2", "i4", "f2", "f4", "f8", "c8"])
@pytest.mark.parametrize("byteorder", ["<", ">"])
def test_every_type_in_either_order(tmp_path: Path, dtype: str, byteorder: str) -> None:
    array = picture((3, 13, 17), dtype)
    path = tmp_path / "a.tif"
    tifffile.imwrite(path, array, byteorder=byteorder, photometric="minisblack", metadata=None)
    compare(path, array, "QYX")


STORED = {
    "one strip": {},
    "strips": {"rowsperstrip": 4},
    "strips of a row": {"rowsperstrip": 1},
    "tiles": {"tile": (16, 16)},
    "oblong tiles": {"tile": (32, 16)},
    "zlib": {"compression": "zlib", "rowsperstrip": 5},
    "zlib in one": {"compression": "zlib"},
    "zlib, predictor": {"compression": "zlib", "rowsperstrip": 5, "predictor": True},
    "zlib tiles": {"compression": "zlib", "tile": (16, 32)},
    "zlib tiles, predictor": {"compression": "zlib", "tile": (16, 16), "predictor": True},
    "lzw": {"compression": "lzw", "rowsperstrip": 7},
    "lzw, predictor": {"compression": "lzw", "predictor": True},
    "packbits": {"compression": "packbits", "rowsperstrip": 7},
    "zstd": {"compression": "zstd", "tile": (16, 16)},
    "lzma": {"compression": "lzma", "rowsperstrip": 9},
    "BigTIFF": {"bigtiff": True, "rowsperstrip": 6},
}


@pytest.mark.parametrize("byteorder", ["<", ">"])
@pytest.mark.parametrize("stored", STORED)
def test_every_way_of_storing(tmp_path: Path, stored: str, byteorder: str) -> None:
    array = picture((2, 37, 45))
    path = tmp_path / "a.tif"
    tifffile.imwrite(path, array, byteorder=byteorder, photometric="minisblack", metadata=None, **STORED[stored])
    compare(path, array, "QYX")


@pytest.mark.parametrize("dtype", ["u1", "u2"])
@pytest.mark.parametrize("planar", [False, True])
@pytest.mark.parametrize("stored", ["one strip", "strips", "tiles", "zlib", "zlib tiles", "lzw, predictor"])
def test_rgb_side_by_side_or_apart(tmp_path: Path, stored: str, planar: bool, dtype: str) -> None:
    array = picture((2, 3, 21, 35) if planar else (2, 21, 35, 3), dtype)
    path = tmp_path / "a.tif"
    config = "separate" if planar else "contig"
    tifffile.imwrite(
        path, array, photometric="rgb", planarconfig=config, metadata=None, byteorder=">", **STORED[stored]
    )
    compare(path, array, "QSYX" if planar else "QYXS")


@pytest.mark.parametrize("dtype", ["f4", "f8"])
@pytest.mark.parametrize("byteorder", ["<", ">"])
def test_the_predictor_of_floats(tmp_path: Path, dtype: str, byteorder: str) -> None:
    array = picture((19, 23), dtype)
    path = tmp_path / "a.tif"
    tifffile.imwrite(path, array, compression="zlib", predictor=3, rowsperstrip=6, byteorder=byteorder)
    compare(path, array, "YX")


def test_samples_that_do_not_fill_bytes(tmp_path: Path) -> None:
    array = picture((11, 13)) % 4096
    path = tmp_path / "a.tif"
    tifffile.imwrite(path, array, bitspersample=12, rowsperstrip=3, photometric="minisblack")
    compare(path, array, "YX")


def test_jpeg_is_what_tifffile_makes_of_it(tmp_path: Path, read) -> None:
    path = tmp_path / "a.tif"
    tifffile.imwrite(path, picture((40, 50, 3), "u1"), compression="jpeg", photometric="rgb", tile=(16, 16))
    (array,) = read(path)
    np.testing.assert_array_equal(array[0, 0].transpose(1, 2, 0), tifffile.imread(path))


def test_narrow_columns_of_wide_rows(tmp_path: Path) -> None:
    array = picture((5, 40_000))
    path = tmp_path / "a.tif"
    tifffile.imwrite(path, array, byteorder=">")
    opened = open_tiff(locate(path))
    out = np.empty((3, 7), array.dtype)
    opened.read_into(out, 0, Box(((1, 4), (39_990, 39_997))), 0)
    opened.close()
    np.testing.assert_array_equal(out, array[1:4, 39_990:39_997])


def test_blocks_are_the_file_s_own_units(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def block(**options: object) -> tuple[int, ...]:
        tifffile.imwrite(tmp_path / "a.tif", picture((60, 50, 3), "u1"), photometric="rgb", **options)
        opened = open_tiff(locate(tmp_path / "a.tif"))
        opened.close()
        return opened.images[0].levels[0].blocks

    assert block() == (60, 50, 3)
    assert block(rowsperstrip=1) == (60, 50, 3)
    assert block(rowsperstrip=7, compression="zlib") == (7, 50, 3)
    assert block(tile=(16, 32)) == (16, 32, 3)
    assert block(tile=(16, 128)) == (16, 50, 3)
    monkeypatch.setattr(_picture, "_LARGEST_BLOCK", 20 * 150)
    assert block() == (20, 50, 3)


def test_planes_that_lie_together_are_one_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    array = picture((50, 8, 9))
    path = tmp_path / "a.tif"
    tifffile.imwrite(path, array, photometric="minisblack")
    opened = open_tiff(locate(path))
    reads = []
    file = opened._members.first
    fill = file.read_into
    monkeypatch.setattr(file, "read_into", lambda view, offset: (reads.append(offset), fill(view, offset)))
    out = np.empty(array.shape, array.dtype)
    opened.read_into(out, 0, Box.whole(array.shape), 0)
    opened.close()
    assert len(reads) == 1
    np.testing.assert_array_equal(out, array)


@pytest.mark.parametrize("missing", [("preadv",), ("preadv", "pread")])
def test_without_positioned_reads(tmp_path: Path, missing: tuple[str, ...], monkeypatch: pytest.MonkeyPatch) -> None:
    for name in missing:
        monkeypatch.delattr(os, name, raising=False)
    array = picture((4, 31, 29))
    path = tmp_path / "a.tif"
    tifffile.imwrite(path, array, photometric="minisblack", byteorder=">", rowsperstrip=8, metadata=None)
    compare(path, array, "QYX")


@pytest.mark.parametrize("compression", [None, "zlib", "lzw"])
def test_many_threads_at_once(tmp_path: Path, compression: str | None) -> None:
    array = picture((24, 40, 30))
    path = tmp_path / "a.tif"
    tifffile.imwrite(
        path, array, photometric="minisblack", metadata=None, compression=compression, predictor=bool(compression)
    )
    opened = open_tiff(locate(path))
    out = np.zeros(array.shape, array.dtype)

    def fill(k: int) -> None:
        opened.read_into(out[k : k + 1], 0, Box(((k, k + 1), (0, 40), (0, 30))), 0)

    with ThreadPoolExecutor(6) as pool:
        list(pool.map(fill, range(24)))
    opened.close()
    np.testing.assert_array_equal(out, array)


@pytest.mark.parametrize("stored", ["strips", "zlib tiles", "lzw, predictor", "packbits"])
def test_no_thread_is_started(tmp_path: Path, stored: str, read, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.tif"
    array = picture((8, 90, 80))
    tifffile.imwrite(path, array, photometric="minisblack", metadata=None, **STORED[stored])

    def refuse(self: threading.Thread) -> None:
        raise AssertionError("a thread was started")

    monkeypatch.setattr(threading.Thread, "start", refuse)
    np.testing.assert_array_equal(read(path)[0][:, 0, 0], array)


def test_a_file_that_shrinks_while_it_is_open(tmp_path: Path) -> None:
    array = picture((60, 70))
    path = tmp_path / "a.tif"
    tifffile.imwrite(path, array)
    opened = open_tiff(locate(path))
    os.truncate(path, 4000)
    with pytest.raises(CorruptFileError, match="ends too soon"):
        opened.read_into(np.empty(array.shape, array.dtype), 0, Box.whole(array.shape), 0)
    opened.close()


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="the system has no FIFOs")
def test_a_fifo_does_not_hang(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "a.tif")
    with pytest.raises(ReadError, match="not a regular file"):
        open_tiff(locate(tmp_path / "a.tif"))


def test_no_handle_is_left(tmp_path: Path) -> None:
    path = tmp_path / "a.tif"
    tifffile.imwrite(path, picture((9, 9)), compression="lzw")
    opened = open_tiff(locate(path))
    opened.read_into(np.empty((9, 9), "u2"), 0, Box.whole((9, 9)), 0)
    assert opened.members == (locate(path),)
    opened.close()
    assert opened._members.first._file.closed


# --- what is not stored


def test_tiles_that_are_not_stored_are_absent(make, page, whole) -> None:
    tile = bytes(range(255, -1, -1))
    tags = page(40, 20, t322=(3, 16), t323=(3, 16), t324=(4, (8, 0, 8, 0, 8, 0)), t325=(4, (256, 0, 256, 0, 256, 0)))
    del tags[273], tags[279], tags[278]
    opened = open_tiff(locate(make([tags], data=tile)))
    present = opened.images[0].levels[0].present
    assert present is not None
    assert {box.spans for box in present} == {((0, 16), (0, 16)), ((0, 16), (32, 40)), ((16, 20), (16, 32))}
    array = whole(opened)[0, 0, 0]
    opened.close()
    assert (array[:16, 16:32] == 0).all()
    np.testing.assert_array_equal(array[:16, :16].ravel(), np.frombuffer(tile, "u1"))


def test_a_page_that_is_not_stored_is_absent(make, page) -> None:
    pages = [page(), page(t273=(4, 0), t279=(4, 0)), page()]
    opened = open_tiff(locate(make(pages, data=bytes(12))))
    opened.close()
    assert [box.spans[0] for box in opened.images[0].levels[0].present] == [(0, 1), (2, 3)]


def test_where_nobody_looked_absence_warns_and_is_0(make, page, monkeypatch) -> None:
    monkeypatch.setattr(_presence, "_MOST_LOOKED_AT", 0)
    tags = page(4, 4, t278=(3, 2), t273=(4, (8, 0)), t279=(4, (8, 0)))
    opened = open_tiff(locate(make([tags], data=bytes([7] * 8))))
    out = np.full((4, 4), 9, "u1")
    with pytest.warns(AbsentPlanesWarning, match="not stored"):
        opened.read_into(out, 0, Box.whole((4, 4)), 0)
    opened.close()
    assert out.tolist() == [[7] * 4] * 2 + [[0] * 4] * 2


def test_a_length_that_the_writer_did_not_know(make, page, read) -> None:
    data = bytes(range(12))
    without = page()
    del without[279]
    for tags in (page(t279=(4, 0)), without):
        (array,) = read(make([tags], data=data))
        assert array.ravel().tolist() == list(data)


def test_a_last_strip_that_is_filled_up(tmp_path: Path) -> None:
    """Some writers fill the last strip up to RowsPerStrip; libtiff takes the rows of the picture and no more."""
    picture = np.arange(10 * 6, dtype="u2").reshape(10, 6)
    filled = np.vstack([picture, np.full((2, 6), 9, "u2")])
    strips = [zlib.compress(filled[y : y + 4].tobytes()) for y in range(0, 12, 4)]
    path = tmp_path / "filled.tif"
    tifffile.imwrite(
        path, iter(strips), shape=picture.shape, dtype=picture.dtype, rowsperstrip=4, compression="zlib", metadata=None
    )
    opened = open_tiff(locate(path))
    out = np.zeros((10, 6), "u2")
    opened.read_into(out, 0, Box.whole((10, 6)), 0)
    opened.close()
    assert np.array_equal(out, picture)
