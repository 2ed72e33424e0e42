"""How two arrays differ, in words: the first pixel that is another one, and how many are; knows no reader."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray


def difference(actual: NDArray[Any], expected: NDArray[Any], axes: str = "TZCYX") -> str:
    """Return how an array differs from the expected one, bit by bit; "" if it does not.

    Parameters
    ----------
    actual, expected
        The arrays.
    axes
        The letters of their axes.

    Examples
    --------
    >>> difference(np.array([[1, 2]], "u1"), np.array([[1, 3]], "u1"), "YX")
    '1 of 2 pixels is another; the first is at Y=0, X=1: it is 2, and 3 is expected'
    """
    if actual.shape != expected.shape:
        return f"the shape is {actual.shape}, and {expected.shape} is expected; arrays are {axes}"
    if actual.dtype != expected.dtype:
        return f"the pixels are {_named(actual.dtype)}, and {_named(expected.dtype)} is expected"
    differ = _differ(actual, expected)
    count = int(differ.sum())
    if not count:
        return ""
    index = np.unravel_index(int(differ.argmax()), actual.shape)
    letters = axes if len(axes) == actual.ndim else "?" * actual.ndim
    place = ", ".join(f"{letter}={number}" for letter, number in zip(letters, index, strict=True))
    first, right = actual[index].item(), expected[index].item()
    verb = "is another" if count == 1 else "are others"
    said = (
        f"{count:,} of {actual.size:,} pixels {verb}; the first is at {place}: it is {first}, and {right} is expected"
    )
    if actual.itemsize > 1 and not _differ(actual.byteswap(), expected).any():
        said += "; with their bytes swapped all are right"
    return said


def _differ(actual: NDArray[Any], expected: NDArray[Any]) -> NDArray[np.bool_]:
    """Return which pixels differ in any bit, in C order."""
    first, second = (
        np.frombuffer(pixels.tobytes(), np.uint8).reshape(pixels.size, pixels.itemsize) for pixels in (actual, expected)
    )
    return np.asarray((first != second).any(axis=1))


def _named(dtype: np.dtype[Any]) -> str:
    return str(dtype) if dtype.isnative else f"{dtype.newbyteorder('=')} in the other byte order ({dtype.str})"
