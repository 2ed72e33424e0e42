"""The fill value of an array, from its spelling in JSON to a number; it knows no chunk.

Zarr 3 (core, fill value) spells NaN and the infinities as texts, other bit patterns as "0x...", complex numbers as two
parts. Zarr 2 knows the three texts, and null for a value that does not matter.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from omio_core.contract import CorruptFileError, UnsupportedFeatureError

_WORDS = {"NaN": float("nan"), "Infinity": float("inf"), "-Infinity": float("-inf")}


def fill_value(stated: Any, dtype: np.dtype[Any], where: str) -> float:
    """The value of pixels that are not stored: an int for whole numbers, else a float.

    Raises
    ------
    CorruptFileError
        It is no number, or none that a pixel can have.
    UnsupportedFeatureError
        It is a complex number with an imaginary part.
    """
    if stated is None or stated == "":
        return 0
    if dtype.kind == "c":
        return _complex(stated, dtype, where)
    if dtype.kind == "f":
        return _real(stated, dtype, where)
    if dtype.kind == "b" and (isinstance(stated, bool) or stated in (0, 1)):
        return int(stated)
    if dtype.kind in "iu" and type(stated) in (int, float) and stated == stated and abs(stated) != float("inf"):
        limits = np.iinfo(dtype)
        if int(stated) == stated and limits.min <= stated <= limits.max:
            return int(stated)
    raise _invalid(stated, dtype, where)


def _real(stated: Any, dtype: np.dtype[Any], where: str) -> float:
    if isinstance(stated, str) and stated in _WORDS:
        return _WORDS[stated]
    if isinstance(stated, str) and stated.startswith("0x") and len(stated) == 2 + 2 * dtype.itemsize:
        try:
            return float(np.frombuffer(bytes.fromhex(stated[2:]), dtype.newbyteorder(">"))[0])
        except ValueError as error:
            raise _invalid(stated, dtype, where) from error
    if type(stated) in (int, float):
        try:
            with np.errstate(over="ignore"):
                return float(dtype.type(stated))  # 0.1 as a float32 is another number than as a double
        except OverflowError as error:
            raise _invalid(stated, dtype, where) from error
    raise _invalid(stated, dtype, where)


def _complex(stated: Any, dtype: np.dtype[Any], where: str) -> float:
    parts = stated if isinstance(stated, list) else [stated, 0]
    if len(parts) != 2:
        raise _invalid(stated, dtype, where)
    part = np.dtype(f"f{dtype.itemsize // 2}")
    real, imaginary = (_real(p, part, where) for p in parts)
    if imaginary:
        raise UnsupportedFeatureError(f"{where} has the fill value {stated!r}, which is not read", path=where)
    return real


def _invalid(stated: Any, dtype: np.dtype[Any], where: str) -> CorruptFileError:
    evidence = f"fill_value is {str(stated)[:80]}, the pixels are {dtype}"
    return CorruptFileError(f"{where} is no valid metadata", evidence=evidence, path=where)
