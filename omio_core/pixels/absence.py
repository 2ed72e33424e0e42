"""What of a picture is absent: in words, and refused where it is nearly all of what is asked for."""

from __future__ import annotations

from omio_core.errors import LimitExceededError
from omio_core.geometry.axes import CANONICAL
from omio_core.geometry.box import Box, Present
from omio_core.settings import current

from .protocol import Picture

ALWAYS_ALLOWED = 256 << 20
"""Bytes of absent pixels that nobody minds being filled with 0."""


def check_present(picture: Picture, box: Box) -> None:
    """Refuse a region that is nearly all absent: a few kilobytes can declare terabytes of it.

    Raises
    ------
    LimitExceededError
    """
    if picture.present is None:
        return
    itemsize = picture.dtype.itemsize
    there = sum(hit.size for hit in picture.present.hits(box)) * itemsize
    limit = max(ALWAYS_ALLOWED, there * current().max_expansion)
    if box.size * itemsize > limit:
        raise LimitExceededError(
            f"{box.size * itemsize:,} bytes of pixels are asked for, nearly all of them absent",
            evidence=f"{there:,} bytes of them exist; at most {limit:,} are allowed",
            remedy="take the part that exists with image.at(...), or raise OMIO_MAX_EXPANSION",
        )


def absence(picture: Picture, most: int = 8) -> str:
    """What of a picture is absent, in words: how much, and the first planes; "" where nothing is."""
    present: Present | None = picture.present
    if present is None or present.covers(Box.whole(picture.shape)):
        return ""
    there = sum(box.size for box in present)
    share = 100 * (1 - there / Box.whole(picture.shape).size)
    first = []
    t, z, c = picture.shape[:3]
    for flat in range(t * z * c):
        at = (flat // (z * c), flat // c % z, flat % c)
        plane = Box((*((i, i + 1) for i in at), (0, picture.shape[3]), (0, picture.shape[4])))
        if not present.covers(plane):
            first.append(" ".join(f"{axis}{i}" for axis, i in zip(CANONICAL, at, strict=False)))
        if len(first) >= most or flat > 100_000:
            break
    return f"{share:.3g} % of the pixels are absent, first in the planes {', '.join(first)}"
