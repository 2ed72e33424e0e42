"""The digests that an OME-TIFF of OMIO states of its own planes; it reads no pixel, and so proves nothing about them.

OMIO's writer stores them in the annotation ``omio/provenance`` of each image, after the last pixel. If another program
changes pixels and keeps the annotation, the digests differ from those of the pixels, and that shows the change.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping

from omio_core.contract import DIGEST_METHOD, ImageDescription

_PROVENANCE = "omio/provenance"
_DIGEST = re.compile(r"[0-9a-f]{16}")


def stated_digests(description: ImageDescription) -> tuple[str, ...] | None:
    """The digests of the planes of an image, C fastest, then Z, then T.

    None if the file states none, states them by another method, or states them of another number of planes, as a file
    does that was made from a part of the one that OMIO wrote. Records of earlier files do not count.
    """
    record = description.facts().annotations.get(_PROVENANCE, {}).get("digests")
    if not isinstance(record, Mapping) or record.get("method") != DIGEST_METHOD:
        return None
    digests = tuple(str(record.get("planes", "")).split())
    shape = description.levels[0].shape
    planes = math.prod(n for axis, n in zip(description.axes, shape, strict=True) if axis not in "YX")
    return digests if len(digests) == planes and all(map(_DIGEST.fullmatch, digests)) else None
