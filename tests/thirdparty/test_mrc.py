"""A reader of a real format, written from the page for authors, reads what the library of that format writes."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from omio_core.testing import ReaderContract, Sample

from .mrc import READER, TYPES

mrcfile = pytest.importorskip("mrcfile", reason="mrcfile, which writes the samples, is not installed")

VOLUME = np.arange(60, dtype="i2").reshape(3, 4, 5)
ANGSTROM = 1e-4  # micrometres


def make(path: Path, pixels: np.ndarray[Any, Any], voxel: tuple[float, ...] = (), stack: bool = False) -> Path:
    """Write a file with mrcfile; `voxel` is a size in angstrom."""
    with warnings.catch_warnings(), mrcfile.new(path) as file:
        # mrcfile 1.5 sets the dtype of its header in place, which numpy 2.5 deprecates
        warnings.filterwarnings("ignore", "Setting the dtype on a NumPy array", DeprecationWarning)
        file.set_data(pixels)
        if stack:
            file.set_image_stack()
        if voxel:
            file.voxel_size = voxel
    return path


class TestMrc(ReaderContract):
    """Every type of pixel, a volume with a size, a stack of images, one section, the other byte order."""

    reader = READER

    def samples(self, folder: Path) -> Mapping[str, Path | Sample]:
        """Samples that mrcfile writes."""
        swapped = VOLUME.astype(">i2")
        made: dict[str, Path | Sample] = {
            "sized": Sample(
                path=make(folder / "sized.mrc", VOLUME, (1.5, 2.0, 4.0)),
                arrays={0: VOLUME[None, :, None]},
                sizes={0: dict(zip(SIZES, (1.5 * ANGSTROM, 2.0 * ANGSTROM, 4.0 * ANGSTROM), strict=True))},
            ),
            "stack": Sample(path=make(folder / "stack.mrcs", VOLUME, stack=True), arrays={0: VOLUME[:, None, None]}),
            "big-endian": Sample(path=make(folder / "big.mrc", swapped), arrays={0: VOLUME[None, :, None]}),
            "plane": make(folder / "plane.mrc", VOLUME[0]),
        }
        for code in TYPES.values():
            pixels = VOLUME.astype(code)
            made[code] = Sample(path=make(folder / f"{code}.mrc", pixels), arrays={0: pixels[None, :, None]})
        return made


SIZES = ("PhysicalSizeX", "PhysicalSizeY", "PhysicalSizeZ")
