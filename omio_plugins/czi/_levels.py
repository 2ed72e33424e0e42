"""Find the resolution of each sub-block, by the ratio of its logical to its stored size; it knows no scene or plane.

A sub-block of a pyramid stores fewer pixels than it covers: `X_size` over `stored_x` is its factor, rounded at the
edges of the picture (DS_ZISRAW, "StoredSize"; libCZI uses the longer side, and so does this module).
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ._runs import unique_values

UNUSABLE = 0
"""The factor of a sub-block that belongs to no resolution: larger than what it covers, or unequally reduced."""

_EDGE = 32  # pixels; rounding does not obscure the factor of longer sides
_MOST_FACTORS = 64


def factors(entries: NDArray[Any]) -> NDArray[np.int64]:
    """The width of a stored pixel in pixels of the full resolution, for each entry; 1 for the full resolution."""
    width, height = entries["X_size"].astype(np.int64), entries["Y_size"].astype(np.int64)
    stored_x, stored_y = entries["stored_x"].astype(np.int64), entries["stored_y"].astype(np.int64)
    full = (width == stored_x) & (height == stored_y)
    if full.all():
        return np.ones(len(entries), np.int64)
    wide = stored_x >= stored_y
    longer, stored = np.where(wide, width, height), np.where(wide, stored_x, stored_y)
    factors_of_entries = np.where(full, 1, (2 * longer + stored) // (2 * stored))
    certain = _fits_factor(entries, factors_of_entries) & (stored >= _EDGE)
    candidates = unique_values(factors_of_entries[certain & (factors_of_entries > 1)])[:_MOST_FACTORS]
    for factor in candidates if len(candidates) else ():
        # the ratio of a small tile at the edge is rounded: it has a factor that large tiles have
        factors_of_entries[~full & ~certain & _fits_factor(entries, factor)] = factor
    return np.where(
        full | ((factors_of_entries > 1) & _fits_factor(entries, factors_of_entries)), factors_of_entries, UNUSABLE
    )


def _fits_factor(entries: NDArray[Any], factor: Any) -> NDArray[np.bool_]:
    """Whether both sides are reduced by the factor, rounded up or down."""
    fits = np.ones(len(entries), np.bool_)
    for letter in "XY":
        size, stored = entries[f"{letter}_size"].astype(np.int64), entries[f"stored_{letter.lower()}"].astype(np.int64)
        fits &= np.abs(size - stored * factor) <= factor
    return fits
