"""What the tests of folders, plans and merges make: small files in folders, and plain looks at what came of them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import tifffile

import omio

PIXELS = np.arange(3 * 8 * 9, dtype=np.uint16).reshape(3, 8, 9)

DOORS: dict[str, Callable[[Any], Any]] = {
    "imread": lambda path: omio.imread(path, return_list=True),
    "imread merged": lambda path: omio.imread(path, merge="T"),
    "imopen": lambda path: omio.imopen(path, merge="T"),
    "plan": omio.plan,
    "convert": omio.convert_to_ometiff,
    "convert merged": lambda path: omio.convert_to_ometiff(path, merge="T"),
}


def put(path: Path, value: int = 0, shape: tuple[int, ...] = (5, 6), dtype: str = "u2", **said: Any) -> Path:
    """An ImageJ TIFF filled with `value`, its folders made; without a name for its axes where `bare` is said."""
    path.parent.mkdir(parents=True, exist_ok=True)
    pixels = np.full(shape, value, dtype)
    if said.pop("bare", False):
        tifffile.imwrite(path, pixels, metadata=None, photometric="minisblack")
    elif path.name.lower().endswith(".ome.tif"):
        tifffile.imwrite(path, pixels, metadata={"axes": "ZYX"[-len(shape) :]} | said)
    else:
        axes = {2: "YX", 3: "ZYX"}[len(shape)]
        size = said.pop("size", None)
        resolution = {} if size is None else {"resolution": (1 / size, 1 / size)}
        unit = {} if size is None else {"unit": "um"}
        tifffile.imwrite(path, pixels, imagej=True, metadata={"axes": axes} | unit | said, **resolution)
    return path


def first(arrays: list[np.ndarray]) -> list[int]:
    """The first pixel of each array: what it was filled with."""
    return [int(array.flat[0]) for array in arrays]


def along_t(array: np.ndarray) -> list[int]:
    """The first pixel of each time point."""
    return [int(value) for value in array[:, 0, 0, 0, 0]]


def broken(path: Path) -> Path:
    """A TIFF whose pixels cannot be decompressed, which nobody sees before they are read."""
    tifffile.imwrite(path, np.arange(400, dtype="u2").reshape(20, 20), imagej=False, compression="zlib", metadata=None)
    with tifffile.TiffFile(path) as file:
        (at,), (count,) = file.pages[0].dataoffsets, file.pages[0].databytecounts
    data = bytearray(path.read_bytes())
    data[at : at + count] = b"\xff" * count
    path.write_bytes(data)
    return path


def reasons(plan: omio.Plan) -> dict[str, str]:
    """Why each of the paths that a plan leaves out is none of its inputs, by the name of the file."""
    return {Path(one.path).name: one.why for one in plan.skipped}
