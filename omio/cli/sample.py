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
    """Return two channels of drifting round cells over noise, TZCYX; the same in every run."""
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
    """Write the experiment as a microscope's computer would: one file with much metadata, one file with none."""
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
    with tifffile.TiffWriter(bare) as writer:  # pages without metadata
        for plane in picture[0, :, 0]:
            writer.write(plane, contiguous=False, metadata=None)
    return [stated, bare]


def free(folder: Path) -> Path:
    """Return the folder, or the next of its name that does not exist: nothing is overwritten."""
    candidate, count = folder, 0
    while candidate.exists():
        count += 1
        candidate = folder.with_name(f"{folder.name}-{count}")
    return candidate


_STORIES = ("a file that states its sizes", "a file that states nothing but pixels")


def run(folder: Path, print_line: Callable[[str], Any]) -> list[Path]:
    """Write, read, explain and convert the sample; pass every line to `print_line`. Return the OME-TIFFs written."""
    import numpy as np

    import omio

    folder = free(folder)
    folder.mkdir(parents=True)
    written: list[Path] = []
    for number, (path, story) in enumerate(zip(write(folder), _STORIES, strict=True), 1):
        print_line(f"{number}. {path.name}: {story}\n")
        print_line(_indent(str(omio.explain(path))))
        array, metadata = omio.imread(path)
        print_line(f"\n   array, metadata = omio.imread({str(path)!r})")
        print_line(f"     array: {array.dtype}, {metadata['axes']} {array.shape}")
        sizes = ("PhysicalSizeX", "PhysicalSizeY", "PhysicalSizeZ", "TimeIncrement")
        print_line(f"     metadata: {', '.join(f'{key} {metadata[key]}' for key in sizes)}, ...")
        (converted,) = omio.convert_to_ometiff(path, folder / "converted")
        again, _ = omio.imread(converted)
        same = "equal" if np.array_equal(array, again) else "NOT EQUAL"
        print_line(f"\n   omio.convert_to_ometiff({str(path)!r}, {str(folder / 'converted')!r})")
        print_line(f"     {converted}: read back, the pixels are {same}\n")
        written.append(converted)
    depth, size = PIXEL["Z"], PIXEL["X"]
    print_line(
        "The second file does not say that its pages are a z-stack, nor how large a pixel is. OMIO says what it\n"
        "assumed, and unknown stays None. You know better, so say it:\n\n"
        f"   omio convert --axes ZYX --pixel-size {size},{size},{depth} {folder / 'cells_export.tif'}\n\n"
        f"Everything is in {folder.resolve()}"
    )
    return written


def _indent(text: str) -> str:
    return "\n".join(f"   {line}" for line in text.splitlines())
