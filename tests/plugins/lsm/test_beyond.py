"""Files over 4 GB, whose offsets wrap around: sparse, so that they cost no disk."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile

from omio_core.errors import CorruptFileError

from . import made
from .made import LZW, Way, ramp, stack, write

GIB = 1 << 30
Read = Callable[[Path], tuple[tuple, list[np.ndarray]]]


@pytest.fixture
def sparse(tmp_path: Path) -> Path:
    """Where a file with holes can be; skipped where holes take room."""
    path = tmp_path / "a.lsm"
    with path.open("wb") as file:
        file.truncate(64 << 20)
    if not hasattr(path.stat(), "st_blocks") or path.stat().st_blocks * 512 > 1 << 20:
        pytest.skip("files of this system have no holes")
    return path


def far(order: list[int], step: int, strips: int) -> Way:
    """Pages (each of `strips` strips and as many of its thumbnail) taken in an order, `step` bytes apart."""
    rank = {page: k for k, page in enumerate(order)}

    def place(k: int, at: int) -> int:
        page, within = divmod(k, 2 * strips)
        return at if within else (1 << 16) + rank[page] * step  # the strips of a page lie together

    return Way(place=place)


def with_lzw(way: Way) -> Way:
    return Way(place=way.place, compression=LZW)


@pytest.mark.parametrize("compressed", [False, True])
def test_offsets_wrap(sparse: Path, read: Read, compressed: bool) -> None:
    array = ramp(6, 3, 7, 9)  # three channels: tifffile reads those without a warning
    way = far(list(range(6)), 3 * GIB + 12345, 3)
    way = with_lzw(way) if compressed else way
    write(sparse, stack(array), {"ScanType": 3, "DimensionTime": 6}, way=way)
    assert sparse.stat().st_size > 15 * GIB
    _, (got,) = read(sparse)
    assert np.array_equal(got[:, 0], array)
    with tifffile.TiffFile(sparse) as file:
        assert np.array_equal(file.series[0].asarray(), array)


def test_pages_are_taken_time_by_time(sparse: Path, read: Read) -> None:
    """Positions are outermost in the chain, and innermost in the file."""
    array = ramp(3, 4, 1, 7, 9)  # P, T
    order = [p * 4 + t for t in range(4) for p in range(3)]
    info = {"ScanType": 3, "DimensionTime": 4, "DimensionP": 3}
    write(sparse, stack(array), info, way=far(order, GIB + 7777, 1))
    _, arrays = read(sparse)
    assert all(np.array_equal(got[:, 0], one) for got, one in zip(arrays, array, strict=True))


def test_tiles_within_positions_within_times(sparse: Path, read: Read) -> None:
    array = ramp(2, 2, 3, 2, 1, 7, 9)  # M, P, T, Z
    order = [((m * 2 + p) * 3 + t) * 2 + z for t in range(3) for p in range(2) for m in range(2) for z in range(2)]
    info = {"ScanType": 6, "DimensionTime": 3, "DimensionZ": 2, "DimensionP": 2, "DimensionM": 2}
    write(sparse, stack(array), info, way=far(order, 600_000_000, 1))
    _, arrays = read(sparse)
    wanted = [array[m, p] for m in range(2) for p in range(2)]
    assert all(np.array_equal(got, one) for got, one in zip(arrays, wanted, strict=True))


def test_pages_that_were_taken_as_they_follow(sparse: Path, read: Read) -> None:
    array = ramp(2, 3, 1, 7, 9)  # P, T: the other order would overlap or end beyond the file
    info = {"ScanType": 3, "DimensionTime": 3, "DimensionP": 2}
    write(sparse, stack(array), info, way=far(list(range(6)), GIB + 7777, 1))
    _, arrays = read(sparse)
    assert all(np.array_equal(got[:, 0], one) for got, one in zip(arrays, array, strict=True))


def test_two_depths_beyond_4_gb(sparse: Path, read: Read) -> None:
    ifds = [[ramp(7, 9) + np.uint8(k), ramp(7, 9, dtype="u2") + np.uint16(k)] for k in range(3)]
    write(sparse, ifds, {"DimensionZ": 3, "DataType": 0}, way=far([0, 1, 2], 3 * GIB, 2))
    _, (got,) = read(sparse)
    assert np.array_equal(got[0], np.array([[c.astype("u2") for c in ifd] for ifd in ifds]))


def test_offsets_that_fit_no_order(sparse: Path, read: Callable[[Path], Any]) -> None:
    """An offset beyond 4 GB is never guessed: pixels of another place would look like a picture."""
    array = ramp(5, 1, 7, 9)
    write(sparse, stack(array), {"ScanType": 3, "DimensionTime": 5}, way=far([4, 3, 2, 1, 0], GIB + 5, 1))
    with pytest.raises(CorruptFileError, match="beyond 4 GB") as caught:
        read(sparse)
    assert "5 pages" in caught.value.evidence


def test_a_wide_file_whose_strips_lie_in_front(sparse: Path, read: Read) -> None:
    array = ramp(2, 1, 7, 9)
    write(sparse, stack(array), {"DimensionZ": 2}, {"TimeStamps": made.stamps(0.0)})
    with sparse.open("r+b") as file:
        file.truncate(5 * GIB)
    _, (got,) = read(sparse)
    assert np.array_equal(got[0], array)
