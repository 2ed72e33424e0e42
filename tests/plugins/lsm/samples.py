"""One LSM file of each kind, small, with its pixels as they should come out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from . import made
from .made import LZW, Made, Way, ramp, stack, write


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """A file, and its images as TZCYX; `native` are the axes of the first."""

    file: Made
    arrays: list[np.ndarray]
    native: str
    sizes: dict[str, float] = field(default_factory=dict)
    by_tifffile: bool = True  # whether tifffile gives these pixels


_SIZES = {"PhysicalSizeX": 0.25, "PhysicalSizeY": 0.5, "PhysicalSizeZ": 1.0}


def tzc(path: Path) -> Kind:
    array = ramp(2, 3, 2, 7, 9)
    info = {"ScanType": 6, "DimensionTime": 2, "DimensionZ": 3, "TimeIntervall": 1.5}
    blocks = {"TimeStamps": made.stamps(10.0, 11.5), "ChannelColors": made.colors(["a", "b"], [[255, 0, 0], [0, 9, 0]])}
    file = write(path, stack(array), info, blocks)
    return Kind(file=file, arrays=[array], native="TZCYX", sizes={**_SIZES, "TimeIncrement": 1.5})


def single(path: Path) -> Kind:
    array = ramp(7, 9)
    file = write(path, [[array]], {"VoxelSizeZ": 0.0})
    sizes = {"PhysicalSizeX": 0.25, "PhysicalSizeY": 0.5}
    return Kind(file=file, arrays=[array[None, None, None]], native="YX", sizes=sizes)


def unknown_sizes(path: Path) -> Kind:
    array = ramp(2, 7, 9)
    file = write(path, [list(array)], {"VoxelSizeX": 0.0, "VoxelSizeY": 1e-16, "VoxelSizeZ": -1.0}, size=96)
    return Kind(file=file, arrays=[array[None, None]], native="CYX")


def line(path: Path) -> Kind:
    array = ramp(2, 11, 9)  # C, T, X
    info = {"ScanType": 2, "DimensionY": 1, "DimensionTime": 11, "VoxelSizeZ": 0.0}
    file = write(path, [list(array)], info, {"TimeStamps": made.stamps(*np.arange(11) * 0.25)})
    sizes = {"PhysicalSizeX": 0.25, "PhysicalSizeY": 0.5, "TimeIncrement": 0.25}
    return Kind(file=file, arrays=[array.transpose(1, 0, 2)[:, None, :, None]], native="CTX", sizes=sizes)


def xz(path: Path) -> Kind:
    array = ramp(2, 5, 9)  # C, Z, X
    file = write(path, [list(array)], {"ScanType": 1, "DimensionY": 1, "DimensionZ": 5})
    return Kind(file=file, arrays=[array.transpose(1, 0, 2)[None, :, :, None]], native="CZX", sizes=_SIZES)


def xz_time(path: Path) -> Kind:
    array = ramp(3, 2, 5, 9, dtype="u2")  # T, C, Z, X
    info = {"ScanType": 4, "DimensionY": 1, "DimensionZ": 5, "DimensionTime": 3, "DataType": 2}
    file = write(path, stack(array), info)
    return Kind(file=file, arrays=[array.transpose(0, 2, 1, 3)[:, :, :, None]], native="TCZX", sizes=_SIZES)


def places(path: Path) -> Kind:
    array = ramp(2, 3, 2, 2, 1, 7, 9)  # M, P, T, Z, C, Y, X
    info = {"ScanType": 6, "DimensionTime": 2, "DimensionZ": 2, "DimensionP": 3, "DimensionM": 2}
    blocks = {
        "Positions": made.tuples((1e-4, 2e-4, 0.0), (3e-4, 2e-4, 0.0), (5e-4, 2e-4, 0.0)),
        "TilePositions": made.tuples((0.0, 0.0, 0.0), (1e-5, 0.0, 0.0)),
        "ScanInformation": made.scan(),
    }
    file = write(path, stack(array), info, blocks)
    return Kind(file=file, arrays=[array[m, p] for m in range(2) for p in range(3)], native="TZYX", sizes=_SIZES)


def twelve_bits(path: Path) -> Kind:
    array = (ramp(3, 2, 7, 9, dtype="u2") * np.uint16(16)).astype("u2")
    info = {"DimensionZ": 3, "DataType": 2}
    file = write(path, stack(array), info, {"ChannelDataTypes": made.numbers(2, 2)})
    return Kind(file=file, arrays=[array[None]], native="ZCYX", sizes=_SIZES)


def floats(path: Path) -> Kind:
    array = ramp(2, 1, 7, 9, dtype="f4") / np.float32(3)
    file = write(path, stack(array), {"DimensionZ": 2, "DataType": 5})
    return Kind(file=file, arrays=[array[None]], native="ZYX", sizes=_SIZES)


def mixed(path: Path) -> Kind:
    ifds = [[ramp(7, 9) + np.uint8(k), ramp(7, 9, dtype="u2") * np.uint16(16), ramp(7, 9, dtype="f4")] for k in (0, 1)]
    info = {"DimensionZ": 2, "DataType": 0}
    file = write(path, ifds, info, {"ChannelDataTypes": made.numbers(1, 2, 5)})
    array = np.array([[channel.astype("f4") for channel in ifd] for ifd in ifds])
    return Kind(file=file, arrays=[array[None]], native="ZCYX", sizes=_SIZES, by_tifffile=False)


def lzw(path: Path) -> Kind:
    array = ramp(4, 3, 20, 24, dtype="u2")
    array[1, 1] = np.random.default_rng(1).integers(0, 1 << 16, (20, 24))  # LZW makes it longer than it was
    info = {"DimensionZ": 4, "DataType": 2}
    file = write(path, stack(array), info, way=Way(compression=LZW))
    return Kind(file=file, arrays=[array[None]], native="ZCYX", sizes=_SIZES)


def lzw_strips(path: Path) -> Kind:
    array = ramp(2, 2, 20, 24)
    file = write(path, stack(array), {"DimensionZ": 2}, way=Way(compression=LZW, strips=3, lies=False))
    return Kind(file=file, arrays=[array[None]], native="ZCYX", sizes=_SIZES)


def strips(path: Path) -> Kind:
    array = ramp(2, 2, 20, 24)
    file = write(path, stack(array), {"DimensionZ": 2}, way=Way(strips=3))
    return Kind(file=file, arrays=[array[None]], native="ZCYX", sizes=_SIZES)


def chunky(path: Path) -> Kind:
    array = ramp(3, 7, 9)
    file = write(path, [list(array)], way=Way(chunky=True, thumbnails=False))
    return Kind(file=file, arrays=[array[None, None]], native="YXC", sizes=_SIZES, by_tifffile=False)


KINDS: dict[str, Callable[[Path], Kind]] = {
    "tzc": tzc, "single": single, "unknown-sizes": unknown_sizes, "line": line, "xz": xz, "xz-time": xz_time,
    "places": places, "twelve-bits": twelve_bits, "floats": floats, "mixed": mixed, "lzw": lzw,
    "lzw-strips": lzw_strips, "strips": strips, "chunky": chunky,
}  # fmt: skip
