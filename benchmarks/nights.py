"""A folder of 400 small files that is converted every night: the first night, and one on which nothing has changed."""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from .case import Case

FILES = 400


def prepare(folder: Path, mib: int) -> None:
    """Make the files, `mib` MiB in all, of four kinds; convert them once."""
    import numpy as np
    import tifffile

    import omio

    source = folder / "nights"
    source.mkdir(exist_ok=True)
    random = np.random.default_rng(2)
    edge = max(32, int((mib * (1 << 20) / FILES / 2 / 4) ** 0.5))
    for number in range(FILES):
        stack = random.poisson(100, (4, edge, edge)).astype(np.uint16)
        path = source / f"f{number:03d}"
        if number % 4 == 0:
            tifffile.imwrite(path.with_suffix(".tif"), stack, imagej=True, metadata={"axes": "ZYX"})
        elif number % 4 == 1:
            tifffile.imwrite(path.with_suffix(".ome.tif"), stack, metadata={"axes": "ZYX"})
        elif number % 4 == 2:
            tifffile.imwrite(path.with_suffix(".tiff"), stack, imagej=True, metadata={"axes": "CYX"})
        else:
            with tifffile.TiffWriter(path.with_suffix(".ome.tiff"), ome=True) as writer:
                for name, part in (("left", stack[:2]), ("right", stack[2:])):
                    writer.write(part, metadata={"axes": "ZYX", "Name": name})
    omio.convert(source, folder / "nights-out", collision="update")


def unchanged(folder: Path) -> Any:
    """An update of what has not changed."""
    import omio

    assert omio.convert(folder / "nights", folder / "nights-out", collision="update") == []


def first(folder: Path) -> Any:
    """The first night: everything is written."""
    import omio

    out = folder / f"first-{os.getpid()}"
    omio.convert(folder / "nights", out, collision="update")
    shutil.rmtree(out)


def one_new(folder: Path) -> Any:
    """A night with one new file."""
    import tifffile

    import omio

    path = folder / "nights" / "new.tif"
    tifffile.imwrite(path, shape=(8, 8), dtype="u2", imagej=True)
    (written,) = omio.convert(folder / "nights", folder / "nights-out", collision="update")
    written.unlink()
    path.unlink()


CASES: Mapping[str, Case] = {
    "night": Case(
        title="400 small files converted again, nothing changed",
        contenders={"omio": unchanged, "one new file": one_new, "the first night": first},
    ),
}
