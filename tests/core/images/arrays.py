"""The arrays that toy files and images hold, and a request that states something."""

from __future__ import annotations

import numpy as np

from omio_core.images.overrides import Overrides, Request

SHAPE = (3, 4, 2, 6, 5)
ARRAY = np.arange(np.prod(SHAPE), dtype="u2").reshape(SHAPE)
PIXELS = np.arange(3 * 4 * 5, dtype="u2").reshape(3, 4, 5) + 1


def stating(**overrides):
    return Request(overrides=Overrides(**overrides))
