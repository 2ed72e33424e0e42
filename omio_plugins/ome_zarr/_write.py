"""Write images as an OME-Zarr: `pull` streams them, its workers encode them, the OME-XML comes last.

It knows no source format.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from omio_core.contract import (
    DIGEST_METHOD,
    PIXEL_TYPES,
    ImageLike,
    Metadata,
    WriteRequest,
    Written,
    build_ome,
    omio_version,
    pull,
    refuse_planes,
)

from ._records import BLANK_SEAL, put_seal
from ._tree import METADATA
from ._write_documents import write_arrays, write_image, write_series
from ._write_encode import Piece, encode
from ._write_files import Files
from ._write_parts import PlaneParts
from ._write_plan import Plan, boxes, plan

OTHER_TYPES = {"bool": "bit", "float16": "float", "int64": "int32", "uint64": "uint32"}
"""What the OME-XML states of types that OME does not have; the arrays have the type of the pixels."""

MOST_DIGESTS = 1 << 16
"""Up to so many planes, the digest of each is recorded; for more planes, the digest of all digests."""


def write(path: str, images: Sequence[ImageLike], request: WriteRequest) -> Written:
    """Fill the empty folder at `path` with `images`.

    Parameters
    ----------
    path
        An empty folder.
    images
        One image becomes the root of the store; several become the groups 0, 1, 2 and so on.
    request
        See `omio_core.contract.WriteRequest`, and `omio_plugins.ome_zarr.WRITER` for the options.

    Raises
    ------
    WriteError
        An option is not valid, or does not suit the pixels.
    """
    folder, plans, progress = Path(path), _plans(images, request), _Progress(request)
    documents, digests = [], []
    for image_plan in plans:
        write_arrays(folder, image_plan)
        record = _planes(folder, image_plan, request, progress)
        metadata = _metadata(image_plan, record.in_order(image_plan) if request.digests else ())
        documents.append(replace(metadata, provenance={**metadata.provenance, "seal": BLANK_SEAL}))
        digests.append(record.in_order(image_plan) if request.digests else ())
        write_image(folder, image_plan, metadata, record.extremes)
    if len(plans) > 1:
        write_series(folder, plans[0].version, [image_plan.path for image_plan in plans])
    xml = build_ome(
        documents,
        pixel_types=[PIXEL_TYPES.get(one.dtype.name) or OTHER_TYPES[one.dtype.name] for one in plans],
        creator=f"omio-core {omio_version()}",
    )
    (folder / METADATA).parent.mkdir(exist_ok=True)
    (folder / METADATA).write_bytes(xml.encode("utf-8"))
    put_seal(folder)
    notes = [f"image {i}: {note}" if len(plans) > 1 else note for i, one in enumerate(plans) for note in one.notes]
    return Written(notes=tuple(notes), digests=tuple(digests) if request.digests else None)


def refuse(images: Sequence[ImageLike], request: WriteRequest) -> None:
    """Raise what `write` would raise; reads no pixel.

    Raises
    ------
    WriteError
        An option is not valid, or does not suit the pixels.
    MetadataError
        Facts per plane do not have the shape of the picture.
    """
    for image in images:
        refuse_planes(image.metadata)
    _plans(images, request)


def _plans(images: Sequence[ImageLike], request: WriteRequest) -> list[Plan]:
    return [plan(image, "" if len(images) == 1 else str(i), request) for i, image in enumerate(images)]


class _Progress:
    """Count the bytes of pixels written, and report them to the progress callback of the request."""

    def __init__(self, request: WriteRequest):
        self._report, self._bytes = request.progress, 0
        self.more(0)

    def more(self, count: int) -> None:
        self._bytes += count
        if self._report is not None:
            self._report(self._bytes)


class _Record:
    """What is known of an image once its pixels are written: the digests of planes, the extremes of channels."""

    def __init__(self) -> None:
        self.digests: dict[tuple[int, int, int], str] = {}
        self.extremes: dict[int, tuple[float, float]] = {}

    def add(self, piece: Piece) -> None:
        if piece.extremes is not None:
            least, most = self.extremes.get(piece.plane[2], piece.extremes)
            self.extremes[piece.plane[2]] = min(least, piece.extremes[0]), max(most, piece.extremes[1])

    def in_order(self, image_plan: Plan) -> tuple[str, ...]:
        """The digests, C fastest, then Z, then T."""
        t, z, c = image_plan.image.shape[:3]
        return tuple(self.digests[i, j, k] for i in range(t) for j in range(z) for k in range(c))


def _planes(folder: Path, image_plan: Plan, request: WriteRequest, progress: _Progress) -> _Record:
    """Write the pixels of an image."""
    record, encoder = _Record(), image_plan.codec.encoder()
    *_, height, width = image_plan.image.shape
    parts: dict[tuple[int, int, int], PlaneParts] = {}
    work = partial(encode, image_plan, encoder, request.digests)
    pulled = pull(image_plan.image.picture, boxes(image_plan), work, workers=request.workers)
    with Files(folder, image_plan) as files:
        for box, pieces in pulled:
            whole = box.shape[3:] == (height, width)
            last = (box.spans[3][1], box.spans[4][1]) == (height, width)
            for piece in pieces:
                record.add(piece)
                if whole:
                    chunks, digest = iter(piece.chunks), piece.digest
                else:
                    joined = parts.get(piece.plane) or PlaneParts(
                        image_plan, encoder, digests=request.digests, workers=request.workers
                    )
                    parts[piece.plane] = joined
                    chunks, digest = joined.take(piece, box), ""
                for chunk in chunks:
                    files.put(chunk.level, piece.plane, chunk.y, chunk.x, chunk.data)
                if last:
                    record.digests[piece.plane] = digest if whole else parts.pop(piece.plane).digest()
            progress.more(box.size * image_plan.image.dtype.itemsize)
        files.finish()
    return record


def _metadata(image_plan: Plan, digests: Sequence[str]) -> Metadata:
    """The metadata of an image and how it was written; asked for after the pixels, so that it says what was absent."""
    metadata = image_plan.image.metadata
    provenance: dict[str, Any] = {key: value for key, value in metadata.provenance.items() if key != "digests"}
    if image_plan.notes:
        provenance["converted"] = list(image_plan.notes)
    if levels := len(image_plan.levels) - 1:
        provenance["pyramid"] = {"levels": levels, "each of the one before, 2 x 2 pixels": image_plan.method}
    if len(digests) > MOST_DIGESTS:
        method = f"SHA-256 of the digests; each: {DIGEST_METHOD}"
        provenance["digests"] = {"method": method, "all": hashlib.sha256("".join(digests).encode()).hexdigest()}
    elif digests:
        provenance["digests"] = {"method": DIGEST_METHOD, "planes": " ".join(digests)}
    return replace(metadata, provenance=provenance)
