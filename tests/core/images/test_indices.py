"""A key of any length is five indices, or an error that says why not."""

from __future__ import annotations

import numpy as np
import pytest

from omio_core.images.indices import expand_key

ALL = slice(None)


@pytest.mark.parametrize(
    ("key", "wanted"),
    [
        ((), (ALL,) * 5),
        (3, (3, ALL, ALL, ALL, ALL)),
        (..., (ALL,) * 5),
        ((1, ..., 2), (1, ALL, ALL, ALL, 2)),
        ((..., slice(2), np.int8(4)), (ALL, ALL, ALL, slice(2), 4)),
        ((1, 2, 3, 4, 5), (1, 2, 3, 4, 5)),
        ((1, 2, 3, 4, 5, ...), (1, 2, 3, 4, 5)),
    ],
)
def test_an_ellipsis_stands_for_what_is_missing(key, wanted):
    """Without one, the last axes are taken whole."""
    assert expand_key(key) == wanted


@pytest.mark.parametrize("key", [(1,) * 6, (..., ...), "C", 1.5, None, (0, [1, 2]), np.array([1, 2])])
def test_what_is_no_index_is_an_error(key):
    """Too many, two ellipses, names, floats, lists and arrays."""
    with pytest.raises(IndexError):
        expand_key(key)
