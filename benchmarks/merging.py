"""Folders: plan many files, and merge them into a file and in memory; against tifffile and numpy."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from .case import ROWS, WORKERS, Case, keep

PLANNED, TINY = 2_000, (64, 64)
MERGED, PLANE = 200, (1024, 1024)  # of uint16: 2 MiB per file
JOINED = 20


def prepare(folder: Path, mib: int) -> None:
    """Write the folders: 2,000 files of 8 KiB, 200 files of one plane, and 20 files with the whole picture."""
    import numpy as np
    import tifffile

    stack = keep(folder, mib)
    options: dict[str, Any] = {"imagej": True, "metadata": {"axes": "YX", "unit": "um"}, "resolution": (4, 4)}
    for name in ("many", "planes", "stacks"):
        (folder / name).mkdir(exist_ok=True)
    for i in range(PLANNED):
        tifffile.imwrite(folder / "many" / f"T_{i}.tif", np.roll(stack[0, : TINY[0], : TINY[1]], i), **options)
    for i in range(MERGED):
        plane = np.roll(stack[i % len(stack), : PLANE[0], : PLANE[1]], i, axis=0)
        tifffile.imwrite(folder / "planes" / f"T_{i}.tif", plane, **options)
    share = max(1, len(stack) // JOINED)
    for i in range(JOINED):
        pixels = stack[[k % len(stack) for k in range(i * share, (i + 1) * share)]]
        tifffile.imwrite(folder / "stacks" / f"T_{i}.tif", pixels, metadata={"axes": "ZYX"})
    np.save(folder / "stacks.npy", np.concatenate([tifffile.imread(path) for path in _stacks(folder)]))


def _planes(folder: Path) -> list[Path]:
    return [folder / "planes" / f"T_{i}.tif" for i in range(MERGED)]


def _stacks(folder: Path) -> list[Path]:
    return [folder / "stacks" / f"T_{i}.tif" for i in range(JOINED)]


def omio_plan(folder: Path) -> None:
    """OMIO: a plan to merge all files of a folder; it leaves no handle open."""
    import omio
    from omio_core.pixels.handles import HANDLES

    plan = omio.plan(folder / "many", merge="T")
    assert len(plan.outputs[0].inputs) == PLANNED
    assert len(HANDLES) == 0


def tifffile_describe(folder: Path) -> None:
    """tifffile: each file opened, its series and its ImageJ metadata read, closed."""
    import tifffile

    for i in range(PLANNED):
        with tifffile.TiffFile(folder / "many" / f"T_{i}.tif") as file:
            assert file.series[0].shape == TINY
            assert file.imagej_metadata is not None


def omio_to_file(folder: Path) -> None:
    """OMIO: a folder merged along T into an OME-TIFF."""
    import omio

    (path,) = omio.convert_to_ometiff(folder / "planes", folder / f"out-{os.getpid()}.ome.tif", merge="T")
    path.unlink()


def omio_apart(folder: Path) -> None:
    """OMIO: each file read, the arrays concatenated, and written with the same settings."""
    import numpy as np

    import omio

    arrays = [omio.imread(path)[0] for path in _planes(folder)]
    omio.imwrite(folder / f"out-{os.getpid()}.ome.tif", np.concatenate(arrays)).unlink()


def tifffile_to_file(folder: Path) -> None:
    """tifffile: each file read, the arrays stacked, and written with zlib level 3 in strips of 64 rows."""
    import numpy as np
    import tifffile

    path = folder / f"out-{os.getpid()}.ome.tif"
    pixels = np.stack([tifffile.imread(source) for source in _planes(folder)])
    compression = {"compression": "zlib", "compressionargs": {"level": 3}, "rowsperstrip": ROWS}
    tifffile.imwrite(path, pixels, metadata={"axes": "TYX"}, maxworkers=WORKERS, **compression)
    path.unlink()


def omio_in_memory(folder: Path) -> Any:
    """OMIO: a folder merged along T."""
    import omio

    return omio.imread(folder / "stacks", merge="Z")[0]


def numpy_in_memory(folder: Path) -> Any:
    """``np.concatenate`` of what tifffile reads."""
    import numpy as np
    import tifffile

    return np.concatenate([tifffile.imread(path) for path in _stacks(folder)])


CASES: Mapping[str, Case] = {
    "plan": Case(
        title="plan a merge of 2,000 files",
        contenders={"omio": omio_plan, "tifffile, each described": tifffile_describe},
    ),
    "merge to file": Case(
        title="200 files of one plane along T into an OME-TIFF",
        contenders={"omio": omio_to_file, "omio, all read, all written": omio_apart, "tifffile": tifffile_to_file},
    ),
    "merge in memory": Case(
        title="20 files merged in memory",
        contenders={"omio": omio_in_memory, "np.concatenate of tifffile": numpy_in_memory},
        checked="stacks.npy",
    ),
}
