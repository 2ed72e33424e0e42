"""From images to a SLAB file; imported when one is written."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from omio_core.contract import (
    Box,
    CorruptFileError,
    Digest,
    ImageLike,
    WriteError,
    WriteRequest,
    Written,
    advise,
    grid,
    locate,
    pull,
)

from ._header import DIGEST, FILE, IMAGE, Header, pack
from ._read import read_headers

PART = 1 << 22  # bytes of pixels that are read, converted and written at a time
KEPT = ("PhysicalSizeX", "PhysicalSizeY", "PhysicalSizeZ", "TimeIncrement")


def refuse_request(images: Sequence[ImageLike], request: WriteRequest) -> None:
    """Raise the error that `write_slab` would raise, as far as it is known without reading pixels."""
    if len(images) > 0xFFFF:
        raise WriteError(f"a SLAB file holds at most 65535 images, not {len(images)}", remedy="write several files")
    if request.tile:
        raise WriteError("SLAB has no tiles", remedy=advise("leave {tile} out", tile=...))


def write_slab(path: str, images: Sequence[ImageLike], request: WriteRequest) -> Written:
    """Write images to the empty file at `path`, a few megabytes at a time.

    An exception may leave the file incomplete: OMIO removes it, and gives only a complete file its name.
    """
    refuse_request(images, request)
    headers, digests, done = layout(images, request.digests), [], 0
    with open(path, "wb") as file:
        file.write(pack(headers))
        for image, header in zip(images, headers, strict=True):
            of_image: list[str] = []
            for written in write_pixels(file, image, header, request.workers, of_image):
                done += written
                if request.progress is not None:
                    request.progress(done)
            if request.digests:
                file.write("".join(of_image).encode("ascii"))
                digests.append(tuple(of_image))
    notes = tuple(
        f"SLAB does not hold {what} of image {number}" for number, image in enumerate(images) for what in lost(image)
    )
    return Written(notes=notes, digests=tuple(digests) if request.digests else None)


def write_pixels(
    file: BinaryIO, image: ImageLike, header: Header, workers: int | None, digests: list[str]
) -> Iterator[int]:
    """Write the pixels of an image in the order of the file; yield the bytes of each part, collect the digests."""
    stored = np.dtype(header.dtype).newbyteorder("<")
    rows = max(1, min(header.shape[3], PART // header.row))
    boxes = grid(Box.whole(header.shape), (1, 1, 1, rows, header.shape[4]))

    def convert(_: Box, pixels: NDArray[Any]) -> NDArray[Any]:
        return np.ascontiguousarray(pixels[0, 0, 0], stored)  # runs in a thread of OMIO's pool

    plane = Digest()
    for box, part in pull(image.picture, boxes, convert, workers=workers):
        file.write(part.data)
        plane.update(part)
        if box.spans[3][1] == header.shape[3]:
            digests.append(plane.text())
            plane = Digest()
        yield part.nbytes


def layout(images: Sequence[ImageLike], with_digests: bool) -> list[Header]:
    """Return the headers: the pixels of each image, then its digests, then the next image."""
    headers, end = [], FILE.size + IMAGE.size * len(images)
    for image in images:
        facts = image.metadata.facts
        sizes = (facts.physical_size_x, facts.physical_size_y, facts.physical_size_z)
        header = Header(
            shape=image.shape,
            dtype=image.dtype.name,
            nanometres=tuple(fact.value * 1000 if fact else 0.0 for fact in sizes),
            milliseconds=facts.time_increment.value * 1000 if facts.time_increment else 0.0,
            pixels=end,
        )
        header = replace(header, digests=header.end if with_digests else 0)
        end = header.end + DIGEST * header.planes * with_digests
        headers.append(header)
    return headers


def lost(image: ImageLike) -> Iterator[str]:
    """Yield what is known of an image and has no place in the file, in words."""
    yield from (name for name, fact in image.metadata.stated() if fact is not None and name not in KEPT)
    if image.metadata.facts.planes is not None:
        yield "the facts of single planes"
    if image.metadata.facts.annotations:
        yield "the annotations"
    if image.picture.present is not None:
        yield "which pixels are absent (they are stored as 0)"
    if len(image.picture.levels) > 1:
        yield "the smaller resolutions"


def check_slab(path: str, images: Sequence[ImageLike]) -> None:
    """Raise a CorruptFileError if the file at `path` does not hold images like these."""
    with locate(path).open() as file:
        headers = read_headers(file)
    found, expected = ([(tuple(h.shape), h.dtype) for h in headers], [(i.shape, i.dtype.name) for i in images])
    if found != expected:
        raise CorruptFileError(f"{path} holds other images", evidence=f"{found}, not {expected}", path=path)
