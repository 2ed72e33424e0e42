"""The unique values of an array, and the runs of equal ones; numpy's own loads its masked arrays, which takes 30 ms."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray


def runs_of(ordered: NDArray[Any]) -> NDArray[np.int64]:
    """The start of each run of equal values along the first axis, followed by the length; the values are sorted.

    Examples
    --------
    >>> runs_of(np.array([3, 3, 7])).tolist()
    [0, 2, 3]
    """
    changed = ordered[1:] != ordered[:-1]
    if changed.ndim > 1:
        changed = changed.any(axis=tuple(range(1, changed.ndim)))
    inner = np.flatnonzero(changed) + 1
    ends = np.array([len(ordered)], np.int64)
    return np.concatenate((np.zeros(min(len(ordered), 1), np.int64), inner, ends))


def unique_values(values: NDArray[Any]) -> NDArray[Any]:
    """The unique values, ascending.

    Examples
    --------
    >>> unique_values(np.array([7, 3, 7])).tolist()
    [3, 7]
    """
    flat = values.reshape(-1)
    if len(flat) and bool((flat == flat[0]).all()):
        return flat[:1]
    ordered = np.sort(flat)
    return ordered[runs_of(ordered)[:-1]]
