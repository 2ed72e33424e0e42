"""From a picture to a .tiles folder, and the check of a written one."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from omio_core.contract import (
    Box,
    CorruptFileError,
    ImageLike,
    Location,
    WriteError,
    WriteRequest,
    Written,
    locate,
    pull,
)

from . import DOCUMENT
from .document import SIZES, Document, dump, load

TILE = 512


def refuse(images: Sequence[ImageLike], request: WriteRequest) -> None:
    """Refuse a request that cannot be fulfilled; plans call this, too, before anything is written."""
    if request.tile is not None and not 1 <= request.tile < 1 << 16:
        raise WriteError(f"a tile cannot be {request.tile} pixels wide", remedy="choose 1 to 65535")


def write(path: str, images: Sequence[ImageLike], request: WriteRequest) -> Written:
    """Fill the empty folder at `path` with one picture."""
    (image,) = images
    folder, done = Path(path), 0
    document = _document(image, request)
    names, boxes = zip(*document.boxes(), strict=True)
    sums: dict[str, int] = {}

    def encode(_: Box, pixels: NDArray[Any]) -> bytes:  # runs in OMIO's worker threads
        return pixels.astype(document.dtype, copy=False).tobytes()

    for name, (box, data) in zip(names, pull(image.picture, boxes, encode, workers=request.workers), strict=True):
        sums[name] = zlib.crc32(data)
        target = folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(data)
        done += box.size * image.dtype.itemsize
        if request.progress is not None:
            request.progress(done)
    # the document goes last: it lists the checksums
    (folder / DOCUMENT).write_text(dump(_document(image, request, sums)), "utf-8")
    return Written(notes=_notes(image))


def _document(image: ImageLike, request: WriteRequest, sums: dict[str, int] | None = None) -> Document:
    facts, metadata = image.metadata.facts, image.metadata
    tile = request.tile or TILE
    known = {size: getattr(facts, size) for size in SIZES}
    t, z, c, y, x = image.shape
    return Document(
        shape=(t, z, c, y, x),
        dtype=image.dtype.newbyteorder("<").str,
        tile=(min(tile, y), min(tile, x)),
        samples=metadata.samples,
        name=facts.name.value if facts.name else image.name,
        channels=tuple(channel.name.value if channel.name else None for channel in facts.channels),
        sizes={size: fact.value for size, fact in known.items() if fact is not None},
        sums=sums or {},
    )


def _notes(image: ImageLike) -> tuple[str, ...]:
    """Say what the format cannot hold."""
    facts, notes = image.metadata.facts, []
    if image.metadata.samples > 1:
        notes.append("the colours of a pixel are written as channels")
    if facts.planes is not None:
        notes.append("facts of single planes are not written")
    if facts.acquisition_date is not None or facts.objective is not None:
        notes.append("acquisition date and objective are not written")
    if any(c.color or c.excitation or c.emission or c.fluor for c in facts.channels):
        notes.append("of the channels only the names are written")
    if facts.annotations:
        notes.append("annotations are not written")
    return tuple(notes)


def check(path: str, images: Sequence[ImageLike]) -> None:
    """Check a written folder: every tile is there, as long as it must be, with the bytes of its checksum.

    Raises
    ------
    CorruptFileError
        Something is missing or damaged.
    """
    folder: Location = locate(path)
    with folder.child(DOCUMENT).open() as file:
        document = load(file.read(0, file.size), file.path)
    if document.shape != tuple(images[0].shape):
        raise CorruptFileError(f"{path} holds another shape", evidence=f"{document.shape}", path=path)
    itemsize = np.dtype(document.dtype).itemsize
    for name, box in document.boxes():
        with folder.child(name).open() as file:
            data = file.read(0, file.size)
        if len(data) != box.size * itemsize or zlib.crc32(data) != document.sums.get(name):
            raise CorruptFileError(
                f"{path} is damaged", evidence=f"{name} has other bytes than were written", path=path
            )
