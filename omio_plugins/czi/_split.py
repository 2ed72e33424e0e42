"""Sub-blocks that hold several planes: one entry of the directory becomes one for each plane; it reads no file.

A sub-block has a size along every dimension (ZEISS, CZI file format description, `DimensionEntryDV1`). ZEN writes 1
along all but X and Y. Line scans of ZEN black have one line per sub-block along Y and all their times along T (issue 31
of libCZI). Its planes then lie one behind the other, so the order is certain if one dimension alone is longer than 1.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from omio_core.contract import UnsupportedFeatureError

SPLIT = "TZ"
"""The dimensions along which a sub-block may have several planes."""
_SINGLE = "CRSIHVB"


def count_planes(entries: NDArray[Any]) -> NDArray[np.int64]:
    """The number of planes in each sub-block.

    Raises
    ------
    UnsupportedFeatureError
        A sub-block has several planes along another dimension, or along two.
    """
    for letter in _SINGLE:
        if (longest := int(entries[f"{letter}_size"].max())) > 1:
            raise _error(f"one has the size {longest} along {letter}")
    lengths = [np.maximum(entries[f"{letter}_size"].astype(np.int64), 1) for letter in SPLIT]
    if ((lengths[0] > 1) & (lengths[1] > 1)).any():
        raise _error(f"one is longer than 1 along {' and '.join(SPLIT)}")
    return np.maximum(lengths[0], lengths[1])


def as_planes(entries: NDArray[Any]) -> NDArray[Any]:
    """The entries with one for each plane; `part` is the place of the plane in its sub-block, `parts` their number."""
    n = count_planes(entries)
    if (n == 1).all():
        return entries
    split = np.repeat(entries, n)
    part = np.arange(len(split)) - np.repeat(np.cumsum(n) - n, n)
    for letter in SPLIT:
        long = split[f"{letter}_size"] > 1
        split[letter][long] += part[long].astype(np.int32)
        split[f"{letter}_size"][long] = 1
    split["part"], split["parts"] = part, np.repeat(n, n)
    return split


def _error(evidence: str) -> UnsupportedFeatureError:
    return UnsupportedFeatureError(
        "the file has sub-blocks of several planes, which are not read",
        evidence=evidence,
        remedy="save it again with ZEISS ZEN",
    )
