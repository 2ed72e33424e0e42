"""Sets of OME-TIFFs made in code: XML written by hand, pixels by tifffile."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import tifffile

NS = "http://www.openmicroscopy.org/Schemas/OME/2016-06"


def urn(k: int) -> str:
    return f"urn:uuid:{uuid.UUID(int=k + 1)}"


def ramp(*shape: int, dtype: str = "u2") -> np.ndarray:
    return np.arange(np.prod(shape)).reshape(shape).astype(dtype)


def placed(name: str | None, k: int | None, inside: str = 'IFD="0"', **firsts: int) -> str:
    where = "".join(f' First{axis}="{n}"' for axis, n in firsts.items())
    file = "" if name is None else f' FileName="{name}"'
    return f"<TiffData {inside}{where}><UUID{file}>{'' if k is None else urn(k)}</UUID></TiffData>"


def image(planes: Sequence[str], array: np.ndarray, name: str = "the image", order: str = "XYZCT", **sizes: int) -> str:
    sizes = {"Z": 1, "C": 1, "T": 1, **sizes}
    lengths = "".join(f' Size{axis}="{n}"' for axis, n in sizes.items())
    kind = {"float32": "float", "float64": "double"}.get(str(array.dtype), str(array.dtype))
    return (
        f'<Image ID="Image:{name}" Name="{name}"><Pixels ID="P:{name}" DimensionOrder="{order}" Type="{kind}" '
        f'SizeX="{array.shape[-1]}" SizeY="{array.shape[-2]}"{lengths}>{"".join(planes)}</Pixels></Image>'
    )


def ome(inside: str, k: int | None = None, ns: str = NS) -> str:
    own = "" if k is None else f' UUID="{urn(k)}"'
    return f'<?xml version="1.0" encoding="UTF-8"?><OME xmlns="{ns}"{own}>{inside}</OME>'


def binary_only(name: str, k: int | None = None) -> str:
    return f'<BinaryOnly MetadataFile="{name}" UUID="{urn(k or 0)}"/>'


def tiff(path: Path, array: np.ndarray, description: str = "", **options: Any) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    options = {"photometric": "minisblack", "description": description or None, **options}
    tifffile.imwrite(path, array, metadata=None, ome=False, **options)
    return path


Made = tuple[list[Path], np.ndarray]


def master(folder: Path, n: int = 3, names: Sequence[str] | None = None) -> Made:
    """A set along T whose first file holds all metadata; the others point at it."""
    array = ramp(n, 5, 7)
    names = names or [f"t{k}.ome.tif" for k in range(n)]
    planes = [placed(name, k, T=k) for k, name in enumerate(names)]
    paths = []
    for k, name in enumerate(names):
        inside = image(planes, array, T=n) if k == 0 else binary_only(names[0], 0)
        paths.append(tiff(folder / name, array[k], ome(inside, k)))
    return paths, array[:, None, None]


def whole(folder: Path, n: int = 3) -> Made:
    """The same, each file with all metadata."""
    array = ramp(n, 5, 7)
    planes = [placed(f"t{k}.ome.tif", k, T=k) for k in range(n)]
    paths = [
        tiff(folder / f"t{k}.ome.tif", array[k], ome(image(planes, array, T=n), k), byteorder="<>"[k % 2])
        for k in range(n)
    ]
    return paths, array[:, None, None]


def companion(folder: Path, n: int = 3) -> Made:
    """The same, the metadata in a file of their own."""
    array = ramp(n, 5, 7)
    planes = [placed(f"t{k}.ome.tif", k, T=k) for k in range(n)]
    metadata = folder / "set.companion.ome"
    metadata.write_text(ome(image(planes, array, T=n), 100), "utf-8")
    paths = [tiff(folder / f"t{k}.ome.tif", array[k], ome(binary_only(metadata.name, 100), k)) for k in range(n)]
    return [metadata, *paths], array[:, None, None]


def partly(folder: Path, n: int = 3) -> Made:
    """The same, and each member describes its own plane besides."""
    paths, array = companion(folder, n)
    for k, path in enumerate(paths[1:]):
        own = image([placed(path.name, k)], array[k, 0, 0], name="a part")
        tiff(path, array[k, 0, 0], ome(binary_only("set.companion.ome", 100) + own, k))
    return paths, array


MAKERS = [master, whole, companion, partly]
