"""What the tests of folders, plans and merges make: small files in folders, and plain looks at what came of them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import tifffile


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
