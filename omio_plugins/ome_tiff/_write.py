"""Write images as OME-TIFF: `pull` streams them, its workers encode them, the OME-XML comes last.

It knows no source format.

The planes are in the order of the requested boxes, so no picture is transposed, and only a few boxes are in memory at a
time.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import replace
from functools import partial

from omio_core.contract import (
    DIGEST_METHOD,
    PIXEL_TYPES,
    Box,
    ImageLike,
    WriteError,
    WriteRequest,
    Written,
    build_ome,
    omio_version,
    pull,
    refuse_planes,
)

from . import _fiji
from ._auto import fastest
from ._bands import Bands
from ._encode import Segments, encode
from ._file import MOST_CLASSIC, Stream, too_long_for_classic
from ._plan import Plan, boxes, plan
from ._records import blank_seal, put_seal


def write(path: str, images: Sequence[ImageLike], request: WriteRequest) -> Written:
    """Write `images` one after another into one file.

    Parameters
    ----------
    path
        An empty temporary file.
    images
        The images; bool becomes uint8, float16 float32, and 64-bit integers become 32-bit where all values fit.
    request
        See `omio_core.contract.WriteRequest`, and `omio_plugins.ome_tiff.WRITER` for the options.

    Raises
    ------
    WriteError
        An option does not suit the pixels, or 64-bit integers do not fit 32 bits.
    """
    bigtiff, fiji = _bigtiff(request), _wants_fiji(request)
    plans = _plans(images, request)
    if request.compression_level == "auto":
        plans = [fastest(image_plan, request.workers) for image_plan in plans]
    first_ifds, digests_of_images, progress = [], [], _Progress(request)
    with open(path, "w+b") as file:
        stream = Stream(file)
        for i, image_plan in enumerate(plans):
            first_ifds.append(stream.pages)
            digests = _planes(stream, image_plan, request, progress)
            digests_of_images.append(digests)
            plans[i] = _record_digests(_record_absence(image_plan), digests)
        end = stream.end
        plans = [_record_seal(image_plan, end) for image_plan in plans]
        software = f"omio-core {omio_version()}"
        xml = build_ome(
            [image_plan.metadata for image_plan in plans],
            pixel_types=[PIXEL_TYPES[image_plan.dtype.name] for image_plan in plans],
            creator=software,
            first_ifds=first_ifds,
            orders=[image_plan.order for image_plan in plans],
            uuid=f"urn:uuid:{uuid.uuid4()}",
            file_name=request.name,
        )
        second = _fiji.description(plans[0].metadata, plans[0].form) if fiji else None
        texts = xml.encode("utf-8"), software.encode("ascii", "replace")
        stream.finish(*texts, second=second, bigtiff=False if fiji else bigtiff)
        put_seal(file, end)
    several = len(plans) > 1
    return Written(
        notes=tuple(
            f"image {i}: {note}" if several else note for i, image_plan in enumerate(plans) for note in image_plan.notes
        ),
        digests=tuple(digests_of_images) if request.digests else None,
    )


def refuse(images: Sequence[ImageLike], request: WriteRequest) -> None:
    """Raise what `write` would raise, as far as that is known without reading a pixel.

    Of the metadata, only tables of planes are checked: `omexml.build` makes a valid document of all others.

    Raises
    ------
    WriteError
        An option is invalid, or does not suit the pixels or another option.
    MetadataError
        Facts per plane do not have the shape of the picture.
    """
    for image in images:
        refuse_planes(image.metadata)
    plans = _plans(images, request, look=False)
    least = sum(image_plan.image.nbytes for image_plan in plans if image_plan.encode is None and not image_plan.notes)
    if _bigtiff(request) is False and least > MOST_CLASSIC:
        raise too_long_for_classic(least)


def _plans(images: Sequence[ImageLike], request: WriteRequest, *, look: bool = True) -> list[Plan]:
    _bigtiff(request)
    plans = [plan(i, image, request, look=look) for i, image in enumerate(images)]
    if _wants_fiji(request):
        _fiji.refuse(len(plans), plans[0].dtype.name, plans[0].form.samples, request)
    return plans


def _bigtiff(request: WriteRequest) -> bool | None:
    value = request.options.get("bigtiff")
    if value not in (None, True, False):
        raise WriteError(f"bigtiff cannot be {value!r}", remedy="give True, False, or leave it to the size")
    return True if value is None and request.name.lower().endswith(".btf") else value


def _wants_fiji(request: WriteRequest) -> bool:
    value = request.options.get("profile")
    if value not in (None, "fiji"):
        raise WriteError(f"profile cannot be {value!r}", remedy='give "fiji", or leave it out')
    return value is not None


class _Progress:
    """Count the bytes of pixels written, and report them to the progress callback of the request."""

    def __init__(self, request: WriteRequest):
        self._report, self._bytes = request.progress, 0
        self.more(0)

    def more(self, count: int) -> None:
        self._bytes += count
        if self._report is not None:
            self._report(self._bytes)


def _planes(stream: Stream, image_plan: Plan, request: WriteRequest, progress: _Progress) -> tuple[str, ...]:
    """Write the planes of an image and return their digests, C fastest, then Z, then T; empty if not requested."""
    t, z, c, _, _ = image_plan.image.shape
    digests: dict[tuple[int, int, int], str] = {}
    bands = Bands(image_plan, partial(_put, stream), digests=request.digests, workers=request.workers)
    work = partial(encode, image_plan, request.digests)
    for box, pieces in pull(image_plan.image.picture, boxes(image_plan), work, workers=request.workers):
        for (i, j, k), piece in zip(_indices(image_plan, box), pieces, strict=True):
            if (box.spans[3][0], box.spans[4][0]) == (0, 0):
                stream.begin(image_plan.form, image_plan.reduced)
            if piece.planes is None:
                plane_digests = piece.digests
                for level, segments in enumerate(piece.segments):
                    _put(stream, segments, level)
            else:
                plane_digests = bands.take(piece, box)
            digests.update({(i, j, k + s): digest for s, digest in enumerate(plane_digests)})
        progress.more(box.size * image_plan.image.dtype.itemsize)
    if not request.digests:
        return ()
    return tuple(digests[i, j, k] for i in range(t) for j in range(z) for k in range(c))


def _put(stream: Stream, segments: Segments, level: int) -> None:
    for data, counts in segments:
        stream.segment(data, counts, level)


def _indices(image_plan: Plan, box: Box) -> Iterable[tuple[int, int, int]]:
    """Yield T, Z and the first C of each plane of a box, in the order of the file."""
    along = dict(zip("TZC", box.spans[:3], strict=True))
    steps = {"T": 1, "Z": 1, "C": image_plan.form.samples}
    slowest = image_plan.order[:1:-1]

    def walk(position: dict[str, int], axes: str) -> Iterable[tuple[int, int, int]]:
        if not axes:
            yield position["T"], position["Z"], position["C"]
            return
        for index in range(*along[axes[0]], steps[axes[0]]):
            yield from walk({**position, axes[0]: index}, axes[1:])

    return walk({}, slowest)


MOST_DIGESTS = 1 << 16
"""Up to so many planes, the digest of each is recorded; for more planes, the digest of all digests."""


def _record_absence(image_plan: Plan) -> Plan:
    """Record what turned out to be absent in the source while the pixels were read, in the provenance of the plan."""
    absent = image_plan.image.metadata.provenance.get("absent")
    if absent is None:
        return image_plan
    metadata = replace(image_plan.metadata, provenance={**image_plan.metadata.provenance, "absent": absent})
    return replace(image_plan, metadata=metadata)


def _record_seal(image_plan: Plan, end: int) -> Plan:
    """Record a blank seal, which is filled when the file is complete; `end` is the offset behind the last segment."""
    provenance = {**image_plan.metadata.provenance, "seal": blank_seal(end)}
    return replace(image_plan, metadata=replace(image_plan.metadata, provenance=provenance))


def _record_digests(image_plan: Plan, digests: Sequence[str]) -> Plan:
    """Record the digests of the planes in the provenance of the plan; without any, none of another file stay there."""
    provenance = {key: value for key, value in image_plan.metadata.provenance.items() if key != "digests"}
    if not digests:
        return replace(image_plan, metadata=replace(image_plan.metadata, provenance=provenance))
    if len(digests) <= MOST_DIGESTS:
        record = {"method": DIGEST_METHOD, "planes": " ".join(digests)}
    else:
        import hashlib

        record = {
            "method": f"SHA-256 of the digests; each: {DIGEST_METHOD}",
            "all": hashlib.sha256("".join(digests).encode()).hexdigest(),
        }
    return replace(
        image_plan,
        metadata=replace(image_plan.metadata, provenance={**provenance, "digests": record}),
    )
