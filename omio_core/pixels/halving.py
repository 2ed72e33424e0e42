"""The next smaller resolution of rows of pixels, for writers of pyramids; knows no file and no format."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

_WIDE = {"u": "u8", "i": "i8", "f": "f8", "c": "c16"}


def halve(rows: NDArray[Any], method: str) -> NDArray[Any]:
    """Halve rows and columns; the odd last one is left out, unless it is the only one.

    Parameters
    ----------
    rows
        Pixels YX or YXS; numbers, or bool with ``"nearest"``.
    method
        ``"mean"`` of 2 x 2 pixels: of integers rounded to the nearest, halves upwards; ``"nearest"``: the first of each
        pair.

    Examples
    --------
    >>> halve(np.array([[1, 2, 9], [3, 5, 9]], np.uint8), "mean")
    array([[3]], dtype=uint8)
    """
    height, width = max(1, len(rows) // 2), max(1, rows.shape[1] // 2)
    ys, xs = (2 if len(rows) > 1 else 1), (2 if rows.shape[1] > 1 else 1)
    parts = [rows[y : y + ys * height : ys, x : x + xs * width : xs] for y in range(ys) for x in range(xs)]
    if method == "nearest" or len(parts) == 1:
        return np.ascontiguousarray(parts[0])
    kind = rows.dtype.kind
    if kind in "ui" and rows.dtype.itemsize == 8:
        return _mean_of_long(parts)
    # the sum of four 16-bit integers fits 32 bits, which moves half as many bytes as 64
    total = parts[0].astype(f"{kind}4" if kind in "ui" and rows.dtype.itemsize <= 2 else _WIDE[kind])
    for part in parts[1:]:
        total += part
    if kind in "ui":
        total += len(parts) // 2
        total >>= len(parts).bit_length() - 1
    else:
        total /= len(parts)
    return total.astype(rows.dtype)


def _mean_of_long(parts: list[NDArray[Any]]) -> NDArray[Any]:
    """The mean of 64-bit integers, whose sum would not fit: the quotients and the remainders are summed apart."""
    bits = len(parts).bit_length() - 1
    total = np.zeros_like(parts[0])
    rest = np.full_like(parts[0], len(parts) // 2)
    for part in parts:
        total += part >> bits
        rest += part & (len(parts) - 1)
    mean: NDArray[Any] = total + (rest >> bits)
    return mean
