"""Absent pixels: describes them in words, and refuses requests for regions that are nearly all absent."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice

from omio_core.errors import LimitExceededError, first_few
from omio_core.geometry.axes import CANONICAL
from omio_core.geometry.box import Box, Present
from omio_core.settings import current_settings

from .protocol import Picture

Plane = tuple[int, int, int]
"""The indices T, Z and C of a plane."""

ALWAYS_ALLOWED = 256 << 20
"""Bytes of absent pixels that may always be filled."""

MOST_PLANES = 100_000
"""Number of planes that are looked at to name those that are absent."""


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
    return describe_absence(picture.present, picture.shape, most)


def describe_absence(present: Present | None, shape: Sequence[int], most: int = 8) -> str:
    """Describe in words how much of a TZCYX shape does not exist, as `absence`."""
    whole = Box.whole(shape)
    if present is None or present.covers(whole):
        return ""
    percent = 100 * (1 - sum(box.size for box in present) / whole.size)
    first = list(islice(absent_planes([whole], present), most))
    return f"{percent:.3g} % of the pixels are absent, first in the planes {planes_in_words(first, most)}"


def absent_planes(boxes: Iterable[Box], present: Present | None = None) -> Iterator[Plane]:
    """Yield the planes (T, Z, C) of TZCYX boxes that do not exist completely; all of them if nothing is `present`.

    At most `MOST_PLANES` are looked at.
    """
    looked_at = 0
    for box in boxes:
        along_t, along_z, along_c, *area = box.spans
        # not itertools.product, which takes the memory of all indices: a file may declare thousands of millions
        for plane in ((t, z, c) for t in range(*along_t) for z in range(*along_z) for c in range(*along_c)):
            looked_at += 1
            if looked_at > MOST_PLANES:
                return
            if present is None or not present.covers(Box((*((index, index + 1) for index in plane), *area))):
                yield plane


def planes_in_words(planes: Sequence[Plane], most: int = 8) -> str:
    """Name planes, such as "T0 Z1 C0, T0 Z2 C0"; of many, the first.

    Examples
    --------
    >>> planes_in_words([(0, 0, 1), (2, 0, 1)])
    'T0 Z0 C1, T2 Z0 C1'
    """
    named = [" ".join(f"{axis}{n}" for axis, n in zip(CANONICAL, plane, strict=False)) for plane in planes[:most]]
    return first_few(named, most, total=len(planes))
