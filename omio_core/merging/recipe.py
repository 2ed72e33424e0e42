"""The recipe of a merge: which images, along which axis, and where each lies; a value that reads nothing."""

from __future__ import annotations

from dataclasses import dataclass

from omio_core.geometry.box import Box
from omio_core.images.image import Image

AXES = "TZC"
"""The axes that images can be merged along."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Merge:
    """What was merged, and how.

    Parameters
    ----------
    axis
        Along which.
    shapes, dtypes, conflict
        The names of the policies.
    inputs
        The images in order. None of them is a merge of the same axis and policy `conflict`: such are taken apart.
    places
        The TZCYX box of each.
    shape, dtype, samples
        Of the result.
    """

    axis: str
    shapes: str
    dtypes: str
    conflict: str
    inputs: tuple[Image, ...]
    places: tuple[Box, ...]
    shape: tuple[int, ...]
    dtype: str
    samples: int
