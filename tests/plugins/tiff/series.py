"""Series as ThorImageLS writes them, made in code: a file a plane, of which the first of each channel list all."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from .made import ome, tiff

NS = "http://www.openmicroscopy.org/Schemas/OME/2010-06"


def name_of(t: int, z: int, c: int) -> str:
    """As ThorImageLS names the file of a plane."""
    return f"Chan{'ABCD'[c]}_0001_0001_{z + 1:04}_{t + 1:04}.tif"


def pixels_xml(
    array: np.ndarray,
    planes: Sequence[tuple[int, int, int]],
    tiff_data: str = "",
    channels: str = "",
    order: str = "XYCZT",
) -> str:
    """The OME-XML of a file of a series (TZCYX) that holds such planes, each (t, z, c)."""
    t, z, c, y, x = array.shape
    each = "".join(
        f'<Plane DeltaT="{seconds(*at)}" TheC="{at[2]}" TheZ="{at[1]}" TheT="{at[0]}"/>' for at in planes
    )  # fmt: skip
    return ome(
        '<Image ID="Image:0" AcquiredDate="2019-11-21T10:14:08.235-00:00">'
        f'<Pixels DimensionOrder="{order}" ID="Pixels:0" '
        'PhysicalSizeX="0.593" PhysicalSizeY="0.593" PhysicalSizeZ="15" '
        f'SizeC="{c}" SizeT="{t}" SizeX="{x}" SizeY="{y}" SizeZ="{z}" TimeIncrement="0" Type="{array.dtype}">{channels}'
        f'<BinData BigEndian="false" Length = "0" xmlns="{NS}"/>{each}{tiff_data}</Pixels></Image>',
        ns=NS,
    )


def seconds(t: int, z: int, c: int) -> float:
    """DeltaT of a plane: channels are taken at once."""
    return 2.0 * t + 0.25 * z


def listed(array: np.ndarray) -> str:
    """TiffData that name the file of every plane."""
    t, z, c = array.shape[:3]
    return "".join(
        f'<TiffData FirstT="{i}" FirstZ="{j}" FirstC="{k}"><UUID FileName="{name_of(i, j, k)}">'
        f"urn:uuid:00000000-0000-0000-0000-{i:04}{j:04}{k:04}</UUID></TiffData>"
        for i, j, k in itertools.product(range(t), range(z), range(c))
    )


def thor(folder: Path, array: np.ndarray, channels: str = "", **options: Any) -> dict[tuple[int, int, int], Path]:
    """A whole series; from (t, z, c) to the file of the plane."""
    made = {}
    for at in itertools.product(*map(range, array.shape[:3])):
        first = at[:2] == (0, 0)
        text = pixels_xml(array, [at], listed(array) if first else "", channels)
        made[at] = tiff(folder / name_of(*at), array[at], text, **options)
    return made
