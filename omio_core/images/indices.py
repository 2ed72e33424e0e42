"""Indices of pixels as numpy takes them: from any key to one index per axis, and to spans; knows no picture."""

from __future__ import annotations

import operator
from typing import Any

import numpy as np

from omio_core.geometry.axes import CANONICAL


def expand_key(key: Any) -> tuple[Any, ...]:
    """Return five indices or slices, TZCYX, for a key with fewer of them and an ellipsis.

    Raises IndexError for more than five, or for what is no integer and no slice.
    """
    keys = key if isinstance(key, tuple) else (key,)
    if ellipses := [number for number, item in enumerate(keys) if item is Ellipsis]:  # `in` would compare arrays
        position = ellipses[0]
        if len(ellipses) > 1:
            raise IndexError("an index can have one ellipsis")
        keys = (*keys[:position], *(slice(None),) * (6 - len(keys)), *keys[position + 1 :])
    if len(keys) > 5:
        raise IndexError(f"{len(keys)} indices for the five axes {CANONICAL}")
    for index in keys:
        if not isinstance(index, slice | int) and (not hasattr(index, "__index__") or np.ndim(index)):
            raise IndexError(f"{index!r} is no index; take integers, slices and ..., or image.at(T=.., C=..)")
    return (*keys, *(slice(None),) * (5 - len(keys)))


def span(axis: str, length: int, index: int | slice) -> tuple[int, int]:
    """Return where an index or a slice of step 1 begins and ends on an axis of that length.

    Raises IndexError for an index outside, and for a slice that is empty or has a step.
    """
    if isinstance(index, slice):
        start, stop, step = index.indices(length)
        if step != 1 or stop <= start:
            raise IndexError(f"{axis}={index} is empty or has a step; take a slice of step 1")
        return start, stop
    position = operator.index(index)
    if not -length <= position < length:
        raise IndexError(f"{axis}={position} is outside: the length is {length}")
    return position % length, position % length + 1
