"""Writing OME-TIFF."""

from __future__ import annotations

import os
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from .case import ROWS, WORKERS, Case, keep


def prepare(folder: Path, mib: int) -> None:
    """The picture, and two TIFFs of it to convert."""
    import tifffile

    stack = keep(folder, mib)
    tifffile.imwrite(folder / "source.tif", stack, metadata={"axes": "ZYX"})
    compressed = {"compression": "zlib", "compressionargs": {"level": 3}, "rowsperstrip": ROWS}
    tifffile.imwrite(folder / "source-zlib.tif", stack, metadata={"axes": "ZYX"}, **compressed)


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
    """The encoding alone in two threads, its bytes written in order as they come, fsynced: the limit."""
    import imagecodecs

    stack = _stack(folder)

    def encode(plane: Any) -> list[bytes]:
        return [imagecodecs.deflate_encode(plane[y : y + ROWS], 3) for y in range(0, len(plane), ROWS)]

    path = folder / f"out-{os.getpid()}.bin"
    with ThreadPoolExecutor(WORKERS) as pool, open(path, "wb") as file:
        for strips in pool.map(encode, stack):
            file.writelines(strips)
    _synced(path)


def omio_auto(folder: Path) -> None:
    """OMIO, the encoder chosen by trying."""
    import omio

    path = omio.imwrite(folder / f"out-{os.getpid()}.ome.tif", _stack(folder), axes="ZYX", compression_level="auto")
    path.unlink()


def omio_convert_raw(folder: Path) -> None:
    """OMIO, from an uncompressed TIFF."""
    _convert(folder / "source.tif", folder)


def omio_convert_zlib(folder: Path) -> None:
    """OMIO, from a TIFF of zlib strips."""
    _convert(folder / "source-zlib.tif", folder)


def _convert(source: Path, folder: Path) -> None:
    import omio

    (path,) = omio.convert_to_ometiff(source, folder / f"out-{os.getpid()}.ome.tif")
    path.unlink()


def tifffile_convert_raw(folder: Path) -> None:
    """tifffile: the whole picture read, then written."""
    _tifffile_convert(folder / "source.tif", folder)


def tifffile_convert_zlib(folder: Path) -> None:
    """tifffile: the whole picture read, then written."""
    _tifffile_convert(folder / "source-zlib.tif", folder)


def _tifffile_convert(source: Path, folder: Path) -> None:
    import tifffile

    path = folder / f"out-{os.getpid()}.ome.tif"
    compressed = {"compression": "zlib", "compressionargs": {"level": 3}, "rowsperstrip": ROWS}
    tifffile.imwrite(path, tifffile.imread(source), metadata={"axes": "ZYX"}, maxworkers=WORKERS, **compressed)
    _synced(path)


CASES: Mapping[str, Case] = {
    "zlib write": Case(
        title="write, zlib level 3",
        contenders={
            "omio": omio_write, "tifffile": tifffile_write, "tifffile, 2 workers": tifffile_write_two,
            "limit": bare_write,
        },
    ),
    "auto write": Case(
        title='write, compression_level="auto"',
        contenders={"omio": omio_auto, "omio, level 3": omio_write},
    ),
    "convert": Case(
        title="TIFF to OME-TIFF",
        contenders={"omio": omio_convert_raw, "tifffile, 2 workers": tifffile_convert_raw},
    ),
    "zlib convert": Case(
        title="zlib TIFF to OME-TIFF",
        contenders={"omio": omio_convert_zlib, "tifffile, 2 workers": tifffile_convert_zlib},
    ),
}  # fmt: skip
