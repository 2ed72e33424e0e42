"""Writing OME-TIFF and OME-Zarr."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Literal

from .case import ROWS, WORKERS, Case, keep, noise


def prepare(folder: Path, mib: int) -> None:
    """Write the picture, two TIFFs of it to convert, and noise."""
    import tifffile

    keep(folder, mib, noise)
    stack = keep(folder, mib)
    tifffile.imwrite(folder / "source.tif", stack, metadata={"axes": "ZYX"})
    compression = {"compression": "zlib", "compressionargs": {"level": 3}, "rowsperstrip": ROWS}
    tifffile.imwrite(folder / "source-zlib.tif", stack, metadata={"axes": "ZYX"}, **compression)


def _stack(folder: Path, name: str = "picture") -> Any:
    import numpy as np

    return np.load(folder / f"{name}.npy", mmap_mode="r")


def _sync_and_delete(path: Path) -> None:
    handle = os.open(path, os.O_RDWR)
    os.fsync(handle)
    os.close(handle)
    path.unlink()


def omio_write(folder: Path) -> None:
    """OMIO, level 3, checked, fsynced."""
    _omio_write(folder, 3)


def omio_auto(folder: Path) -> None:
    """OMIO, with the encoder chosen by measuring."""
    _omio_write(folder, "auto")


def omio_write_noise(folder: Path) -> None:
    """OMIO, level 3, noise."""
    _omio_write(folder, 3, "noise")


def omio_auto_noise(folder: Path) -> None:
    """OMIO, with the encoder chosen by measuring, noise."""
    _omio_write(folder, "auto", "noise")


def _omio_write(folder: Path, level: int | Literal["auto"], name: str = "picture") -> None:
    import omio

    out = folder / f"out-{os.getpid()}.ome.tif"
    omio.imwrite(out, _stack(folder, name), axes="ZYX", compression_level=level).unlink()


def tifffile_write(folder: Path) -> None:
    """tifffile with default workers, level 3, the same strips, fsynced."""
    _tifffile_write(folder, None)


def tifffile_write_two(folder: Path) -> None:
    """tifffile with two workers."""
    _tifffile_write(folder, WORKERS)


def _tifffile_write(folder: Path, workers: int | None) -> None:
    import tifffile

    path = folder / f"out-{os.getpid()}.tif"
    compression = {"compression": "zlib", "compressionargs": {"level": 3}, "rowsperstrip": ROWS}
    tifffile.imwrite(path, _stack(folder), maxworkers=workers, **compression)
    _sync_and_delete(path)


def bare_write(folder: Path) -> None:
    """The limit: only the encoding in two threads, its bytes written in order, fsynced."""
    import imagecodecs

    _bare_write(folder, "picture", lambda strip: imagecodecs.deflate_encode(strip, 3))


def bare_igzip(folder: Path) -> None:
    """The same with igzip at the level that "auto" chooses for shot noise."""
    from isal import isal_zlib

    _bare_write(folder, "picture", lambda strip: isal_zlib.compress(strip, 2))


def bare_igzip_noise(folder: Path) -> None:
    """The same with igzip, noise."""
    from isal import isal_zlib

    _bare_write(folder, "noise", lambda strip: isal_zlib.compress(strip, 1))


def _bare_write(folder: Path, name: str, strip: Callable[[Any], bytes]) -> None:
    def encode(plane: Any) -> list[bytes]:
        return [strip(plane[y : y + ROWS]) for y in range(0, len(plane), ROWS)]

    path = folder / f"out-{os.getpid()}.bin"
    with ThreadPoolExecutor(WORKERS) as pool, open(path, "wb") as file:
        for strips in pool.map(encode, _stack(folder, name)):
            file.writelines(strips)
    _sync_and_delete(path)


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
    compression = {"compression": "zlib", "compressionargs": {"level": 3}, "rowsperstrip": ROWS}
    tifffile.imwrite(path, tifffile.imread(source), metadata={"axes": "ZYX"}, maxworkers=WORKERS, **compression)
    _sync_and_delete(path)


def omio_zarr(folder: Path) -> None:
    """OMIO, OME-Zarr with levels, checked, fsynced."""
    import shutil

    import omio

    shutil.rmtree(omio.imwrite(folder / f"out-{os.getpid()}.ome.zarr", _stack(folder), axes="ZYX"))


def omio_pyramid(folder: Path) -> None:
    """OMIO, OME-TIFF with the same levels."""
    import omio

    omio.imwrite(folder / f"out-{os.getpid()}.ome.tif", _stack(folder), axes="ZYX", pyramid=True).unlink()


def bare_blosc(folder: Path) -> None:
    """The limit: only the encoding of level 0 in two threads, its bytes written in order, fsynced."""
    import imagecodecs

    def encode(plane: Any) -> bytes:
        data: bytes = imagecodecs.blosc_encode(
            plane, level=1, compressor="zstd", shuffle="bitshuffle", typesize=2, numthreads=1
        )
        return data

    path = folder / f"out-{os.getpid()}.bin"
    with ThreadPoolExecutor(WORKERS) as pool, open(path, "wb") as file:
        file.writelines(pool.map(encode, _stack(folder)))
    _sync_and_delete(path)


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
        contenders={"omio": omio_auto, "omio, level 3": omio_write, "limit": bare_igzip},
    ),
    "auto noise": Case(
        title='write noise, compression_level="auto"',
        contenders={"omio": omio_auto_noise, "omio, level 3": omio_write_noise, "limit": bare_igzip_noise},
    ),
    "zarr write": Case(
        title="write OME-Zarr with levels",
        contenders={"omio": omio_zarr, "omio, OME-TIFF": omio_pyramid, "limit": bare_blosc},
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
