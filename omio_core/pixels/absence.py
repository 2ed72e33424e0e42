"""Absent pixels: describes them in words, and refuses requests for regions that are nearly all absent."""

from __future__ import annotations

from omio_core.errors import LimitExceededError
from omio_core.geometry.axes import CANONICAL
from omio_core.geometry.box import Box, Present
from omio_core.settings import current_settings

from .protocol import Picture

ALWAYS_ALLOWED = 256 << 20
"""Bytes of absent pixels that may always be filled with 0."""


def check_present(picture: Picture, box: Box) -> None:
    """Refuse a region that is nearly all absent: a file of a few kilobytes can declare terabytes of it.

    Raises
    ------
    LimitExceededError
        The region is larger than `ALWAYS_ALLOWED` and than ``OMIO_MAX_EXPANSION`` times its existing pixels.
    """
    if picture.present is None:
        return
    itemsize = picture.dtype.itemsize
    existing = sum(hit.size for hit in picture.present.hits(box)) * itemsize
    limit = max(ALWAYS_ALLOWED, existing * current_settings().max_expansion)
    if box.size * itemsize > limit:
        raise LimitExceededError(
            f"{box.size * itemsize:,} bytes of pixels are asked for, nearly all of them absent",
            evidence=f"{existing:,} bytes of them exist; at most {limit:,} are allowed",
            remedy="take the part that exists with image.at(...), or raise OMIO_MAX_EXPANSION",
        )


def absence(picture: Picture, most: int = 8) -> str:
    """Describe in words how much of a picture is absent, with the first such planes; "" if nothing is."""
    present: Present | None = picture.present
    if present is None or present.covers(Box.whole(picture.shape)):
        return ""
    existing = sum(box.size for box in present)
    percent = 100 * (1 - existing / Box.whole(picture.shape).size)
    absent_planes = []
    t, z, c = picture.shape[:3]
    for number in range(t * z * c):
        indices = (number // (z * c), number // c % z, number % c)
        plane = Box((*((index, index + 1) for index in indices), (0, picture.shape[3]), (0, picture.shape[4])))
        if not present.covers(plane):
            absent_planes.append(" ".join(f"{axis}{index}" for axis, index in zip(CANONICAL, indices, strict=False)))
        if len(absent_planes) >= most or number > 100_000:
            break
    return f"{percent:.3g} % of the pixels are absent, first in the planes {', '.join(absent_planes)}"
