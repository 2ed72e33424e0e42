"""Indices of pixels as numpy takes them: from any key to one index per axis; knows no picture."""

from __future__ import annotations

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
