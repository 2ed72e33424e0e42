"""The recipe of a merge: its images, its axis and the place of each image; a value that reads nothing."""

from __future__ import annotations

from dataclasses import dataclass

from omio_core.geometry.box import Box
from omio_core.images.image import Image

AXES = "TZC"
"""The axes along which images can be merged."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Merge:
    """The inputs of a merge, their places, and the policies applied.

    Parameters
    ----------
    axis
        The axis of the merge.
    shapes, dtypes, conflict
        The names of the policies.
    inputs
        The images, in order. None of them is a merge with the same axis and policy `conflict`: those are split.
    places
        The TZCYX box of each input.
    shape, dtype, samples
        Those of the result.
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
