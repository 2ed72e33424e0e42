"""Projects of real files, made in code: the tree of the documentation, and plain looks at what became of it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

import omio
from tests.omio.folders import put
from tests.plugins.czi import made

RULES: dict[str, Any] = {"experiments": "TP", "tags": "TAG_", "merges": ["tags"]}
OUTPUTS = (
    "sub-01/exp_TP001/image.ome.tif",
    "sub-01/exp_TP002/TAG_merged_T.ome.tif",
    "sub-01/exp_TP003/image1.ome.tif",
    "sub-01/exp_TP003/image2.ome.tif",
    "sub-02/exp_TP001/image.ome.tif",
)


def czi(path: Path, value: int) -> Path:
    """A CZI of one plane filled with `value`, its folders made."""
    path.parent.mkdir(parents=True, exist_ok=True)
    return made.write(path, [made.Block(pixels=np.full((5, 6), value, "u2"))])


def project(folder: Path) -> Path:
    """The tree of six images, which become five."""
    root = folder / "project_root"
    put(root / "sub-01" / "exp_TP001" / "image.tif", 1, size=0.5)
    czi(root / "sub-01" / "exp_TP002" / "TAG_01" / "image1.czi", 2)
    czi(root / "sub-01" / "exp_TP002" / "TAG_02" / "image2.czi", 3)
    put(root / "sub-01" / "exp_TP003" / "image1.tif", 4)
    put(root / "sub-01" / "exp_TP003" / "image2.tif", 5)
    put(root / "sub-02" / "exp_TP001" / "image.tif", 6)
    return root


def found(folder: Path) -> list[str]:
    """The files below a folder that are not hidden, by their relative paths."""
    return sorted(
        path.relative_to(folder).as_posix()
        for path in folder.rglob("*")
        if path.is_file() and not path.name.startswith(".")
    )


def pixels(folder: Path) -> dict[str, list[int]]:
    """The first pixel of each time point of each output."""
    return {name: [int(value) for value in omio.imread(folder / name)[0][:, 0, 0, 0, 0]] for name in found(folder)}
