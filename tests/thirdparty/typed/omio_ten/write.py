"""Writes TEN: time points become planes of Z."""

from __future__ import annotations

import struct
from collections.abc import Sequence

from omio_core.contract import Box, ImageLike, WriteRequest, Written, grid, image_digests, pull


def write_ten(path: str, images: Sequence[ImageLike], request: WriteRequest) -> Written:
    """Write one image, plane by plane."""
    (image,) = images
    t, z, c, y, x = image.shape
    done = 0
    with open(path, "wb") as file:
        file.write(struct.pack("<4s4I", b"TEN1", t * z, c, y, x))
        boxes = grid(Box.whole(image.shape), (1, 1, 1, y, x))
        for _, pixels in pull(image.picture, boxes, lambda box, pixels: pixels.tobytes(), workers=request.workers):
            file.write(pixels)
            done += len(pixels)
            if request.progress is not None:
                request.progress(done)
    digests = (tuple(image_digests(image, workers=request.workers)),) if request.digests else None
    notes = ("the comment is left out",) if request.options.get("comment") else ()
    return Written(notes=notes, digests=digests)
