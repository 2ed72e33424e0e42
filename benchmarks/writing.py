"""Writing OME-TIFF."""

from __future__ import annotations

import os
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from .case import ROWS, WORKERS, Case, keep


def prepare(folder: Path, mib: int) -> None:
    """The picture is all that is needed."""
    keep(folder, mib)


def _stack(folder: Path) -> Any:
    import numpy as np

    return np.load(folder / "picture.npy", mmap_mode="r")


def _synced(path: Path) -> None:
    handle = os.open(path, os.O_RDWR)
    os.fsync(handle)
    os.close(handle)
    path.unlink()


def omio_write(folder: Path) -> None:
    """OMIO, level 3, checked, fsynced."""
    import omio

    path = omio.imwrite(folder / f"out-{os.getpid()}.ome.tif", _stack(folder), axes="ZYX", compression_level=3)
    path.unlink()


def tifffile_write(folder: Path) -> None:
    """tifffile as it comes, level 3, the same strips, fsynced."""
    _tifffile_write(folder, None)


def tifffile_write_two(folder: Path) -> None:
    """tifffile told to use two workers."""
    _tifffile_write(folder, WORKERS)


def _tifffile_write(folder: Path, workers: int | None) -> None:
    import tifffile

    path = folder / f"out-{os.getpid()}.tif"
    compressed = {"compression": "zlib", "compressionargs": {"level": 3}, "rowsperstrip": ROWS}
    tifffile.imwrite(path, _stack(folder), maxworkers=workers, **compressed)
    _synced(path)


def bare_write(folder: Path) -> None:
    """The encoding alone, two threads, nothing written: the limit."""
    import imagecodecs

    stack = _stack(folder)

    def encode(plane: Any) -> int:
        return sum(len(imagecodecs.deflate_encode(plane[y : y + ROWS], 3)) for y in range(0, len(plane), ROWS))

    with ThreadPoolExecutor(WORKERS) as pool:
        list(pool.map(encode, stack))


CASES: Mapping[str, Case] = {
    "zlib write": Case(
        title="write, zlib level 3",
        contenders={
            "omio": omio_write, "tifffile": tifffile_write, "tifffile, 2 workers": tifffile_write_two,
            "limit": bare_write,
        },
    ),
}  # fmt: skip
