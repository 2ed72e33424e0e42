"""Codes of pixel types and compressions; from ZEISS' "CZI file format description" and libCZI's ``CziTypes``."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from omio_core.contract import UnsupportedFeatureError

RAW, JPEG, LZW, JPEGXR, ZSTD0, ZSTD1 = 0, 1, 2, 4, 5, 6
"""Compressions that have a name; codes from 100 on belong to cameras, codes from 1000 on to systems."""

NAMES = {RAW: "uncompressed", JPEG: "JPEG", LZW: "LZW", JPEGXR: "JPEG-XR", ZSTD0: "zstd0", ZSTD1: "zstd1"}

TYPES: dict[int, tuple[str, str, int]] = {
    0: ("Gray8", "u1", 1),
    1: ("Gray16", "<u2", 1),
    2: ("Gray32Float", "<f4", 1),
    3: ("Bgr24", "u1", 3),
    4: ("Bgr48", "<u2", 3),
    8: ("Bgr96Float", "<f4", 3),
    9: ("Bgra32", "u1", 4),
    10: ("Gray64ComplexFloat", "<c8", 1),
    11: ("Bgr192ComplexFloat", "<c8", 3),
    12: ("Gray32", "<i4", 1),
    13: ("Gray64Float", "<f8", 1),
}
"""The name of each code, the numpy type of a sample, and the samples per pixel (blue first)."""


def name(code: int) -> str:
    """The name of a pixel type."""
    return TYPES[code][0] if code in TYPES else f"pixel type {code}"


def dtype_of(code: int) -> tuple[np.dtype[Any], int]:
    """The type of a sample as stored, and the samples per pixel.

    Raises
    ------
    UnsupportedFeatureError
        The pixel type is unknown.
    """
    if code not in TYPES:
        raise UnsupportedFeatureError(
            "the file has pixels of a type that is not read",
            evidence=f"PixelType {code}",
            remedy="save it with pixels of 8 or 16 bit",
        )
    _, kind, samples = TYPES[code]
    return np.dtype(kind), samples


def pixel_bytes(codes: NDArray[Any]) -> NDArray[np.float64]:
    """Bytes per pixel for each code; 1 for unknown codes."""
    out = np.ones(codes.shape, np.float64)
    for code, (_, kind, samples) in TYPES.items():
        out[codes == code] = np.dtype(kind).itemsize * samples
    return out
