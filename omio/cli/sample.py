"""A small sample experiment made in code, and the tour of OMIO that ``omio demo`` gives with it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

SHAPE = (4, 5, 2, 96, 128)  # TZCYX
PIXEL = {"X": 0.25, "Y": 0.25, "Z": 1.5}  # micrometres
INTERVAL = 30.0  # seconds


def cells() -> NDArray[np.uint16]:
    """Two channels of drifting round cells over noise, TZCYX; the same every time."""
    import numpy as np

    random = np.random.default_rng(7)
    t, z, _, y, x = SHAPE
    rows, columns = np.mgrid[:y, :x]
    picture = random.poisson(60, SHAPE).astype(np.float64)
    for _ in range(9):
        at_y, at_x, at_z = random.uniform(10, y - 10), random.uniform(10, x - 10), random.uniform(0, z)
        drift = random.normal(0, 2, 2)
        for time in range(t):
            for depth in range(z):
                near = (rows - at_y - time * drift[0]) ** 2 + (columns - at_x - time * drift[1]) ** 2
                glow = np.exp(-near / 40 - (depth - at_z) ** 2 / 3)
                picture[time, depth, 0] += 900 * glow
                picture[time, depth, 1] += 1500 * glow**3
    return picture.clip(0, 65535).astype(np.uint16)


def write(folder: Path) -> list[Path]:
    """Write the experiment as a microscope's computer would: one file that states much, one that states nothing."""
    import tifffile

    picture = cells()
    stated, bare = folder / "cells_hyperstack.tif", folder / "cells_export.tif"
    tifffile.imwrite(
        stated,
        picture,
        imagej=True,
        resolution=(1 / PIXEL["X"], 1 / PIXEL["Y"]),
        metadata={"axes": "TZCYX", "unit": "um", "spacing": PIXEL["Z"], "finterval": INTERVAL},
    )
    with tifffile.TiffWriter(bare) as writer:  # pages and nothing else
        for plane in picture[0, :, 0]:
            writer.write(plane, contiguous=False, metadata=None)
    return [stated, bare]


def free(folder: Path) -> Path:
    """The folder, or the next of its name that does not exist: nothing is overwritten."""
    candidate, count = folder, 0
    while candidate.exists():
        count += 1
        candidate = folder.with_name(f"{folder.name}-{count}")
    return candidate


def run(folder: Path, tell: Callable[[str], Any]) -> list[Path]:
    """Write, read, explain, convert; `tell` gets every line. Gives the OME-TIFFs written."""
    import numpy as np

    import omio

    folder = free(folder)
    folder.mkdir(parents=True)
    written: list[Path] = []
    for path in write(folder):
        tell(f"\n== {path.name}: what it is, and why ==\n")
        tell(str(omio.explain(path)))
        array, metadata = omio.imread(path)
        (converted,) = omio.convert_to_ometiff(path, folder / "converted")
        again, _ = omio.imread(converted)
        same = "equal" if np.array_equal(array, again) else "NOT equal"
        sizes = {key: metadata[key] for key in ("PhysicalSizeX", "PhysicalSizeZ", "TimeIncrement")}
        tell(f"\nimread gives {array.dtype} {metadata['axes']} {array.shape}, {sizes}")
        tell(f"converted to {converted}: read back, the pixels are {same}")
        written.append(converted)
    tell(
        f"\nThe second file states no axes and no sizes: OMIO says what it assumed, and unknown stays None.\n"
        f"Say it yourself: omio convert --axes ZYX {folder / 'cells_export.tif'}\n"
        f"Everything is in {folder.resolve()}"
    )
    return written
