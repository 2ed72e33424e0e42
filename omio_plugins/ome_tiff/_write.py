"""Images written as OME-TIFF: streamed by `pull`, encoded in its workers, OME-XML last; it knows no source format.

The order of the planes is the order of the boxes asked for, so no picture is transposed, and no more than a few boxes
are in memory.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import replace
from functools import partial

from omio_core.contract import ImageLike, WriteRequest, Written
from omio_core.errors import WriteError
from omio_core.geometry.box import Box
from omio_core.metadata.namespaces import omio_version
from omio_core.ome import write as omexml
from omio_core.pixels.digests import METHOD
from omio_core.pixels.stream import pull

from . import _fiji
from ._auto import fastest
from ._bands import Bands
from ._encode import Segments, encode
from ._file import MOST_CLASSIC, Stream, no_classic
from ._plan import Plan, boxes, plan


def write(path: str, images: Sequence[ImageLike], request: WriteRequest) -> Written:
    """Write `images` one after another into one file.

    Parameters
    ----------
    path
        A temporary file, empty.
    images
        What to write; bool becomes uint8, float16 float32, and 64-bit integers 32-bit ones where all values fit.
    request
        See `omio_core.contract.WriteRequest`, and `omio_plugins.ome_tiff.WRITER` for the options.

    Raises
    ------
    WriteError
        An option that does not go with the pixels, or 64-bit integers beyond 32 bits.
    """
    bigtiff, fiji = _bigtiff(request), _fiji_asked(request)
    plans = _plans(images, request)
    if request.compression_level == "auto":
        plans = [fastest(one, request.workers) for one in plans]
    first_ifds, found, done = [], [], _Done(request)
    with open(path, "wb") as file:
        stream = Stream(file)
        for i, one in enumerate(plans):
            first_ifds.append(stream.pages)
            digests = _planes(stream, one, request, done)
            found.append(digests)
            plans[i] = _recorded(one, digests) if digests else one
        software = f"omio-core {omio_version()}"
        xml = omexml.build(
            [one.metadata for one in plans],
            pixel_types=[omexml.PIXEL_TYPES[one.dtype.name] for one in plans],
            creator=software,
            first_ifds=first_ifds,
            orders=[one.order for one in plans],
            uuid=f"urn:uuid:{uuid.uuid4()}",
            file_name=request.name,
        )
        second = _fiji.description(plans[0].metadata, plans[0].form) if fiji else None
        texts = xml.encode("utf-8"), software.encode("ascii", "replace")
        stream.finish(*texts, second=second, bigtiff=False if fiji else bigtiff)
    several = len(plans) > 1
    return Written(
        notes=tuple(f"image {i}: {note}" if several else note for i, one in enumerate(plans) for note in one.notes),
        digests=tuple(found) if request.digests else None,
    )


def refuse(images: Sequence[ImageLike], request: WriteRequest) -> None:
    """Raise what `write` would raise, as far as it can be told without a pixel.

    Metadata are not among it, but for tables of planes: `omexml.build` makes a valid document of any others.

    Raises
    ------
    WriteError
        An option is none, or does not go with the pixels or with another option.
    MetadataError
        Facts a plane are of another picture.
    """
    for image in images:
        omexml.refuse_planes(image.metadata)
    plans = _plans(images, request, look=False)
    least = sum(one.image.nbytes for one in plans if one.encode is None and not one.notes)
    if _bigtiff(request) is False and least > MOST_CLASSIC:
        raise no_classic(least)


def _plans(images: Sequence[ImageLike], request: WriteRequest, *, look: bool = True) -> list[Plan]:
    _bigtiff(request)
    plans = [plan(i, image, request, look=look) for i, image in enumerate(images)]
    if _fiji_asked(request):
        _fiji.refuse(len(plans), plans[0].dtype.name, plans[0].form.samples, request)
    return plans


def _bigtiff(request: WriteRequest) -> bool | None:
    asked = request.options.get("bigtiff")
    if asked not in (None, True, False):
        raise WriteError(f"bigtiff cannot be {asked!r}", remedy="give True, False, or leave it to the size")
    return True if asked is None and request.name.lower().endswith(".btf") else asked


def _fiji_asked(request: WriteRequest) -> bool:
    asked = request.options.get("profile")
    if asked not in (None, "fiji"):
        raise WriteError(f"profile cannot be {asked!r}", remedy='give "fiji", or leave it out')
    return asked is not None


class _Done:
    """Bytes of pixels done, told to who asked."""

    def __init__(self, request: WriteRequest):
        self._tell, self._bytes = request.progress, 0
        self.more(0)

    def more(self, count: int) -> None:
        self._bytes += count
        if self._tell is not None:
            self._tell(self._bytes)


def _planes(stream: Stream, one: Plan, request: WriteRequest, done: _Done) -> tuple[str, ...]:
    """Write the planes of an image; gives their digests, C fastest, then Z, then T, or none where none are wanted."""
    t, z, c, _, _ = one.image.shape
    digests: dict[tuple[int, int, int], str] = {}
    bands = Bands(one, partial(_put, stream), digests=request.digests, workers=request.workers)
    work = partial(encode, one, request.digests)
    for box, pieces in pull(one.image.picture, boxes(one), work, workers=request.workers):
        for (i, j, k), piece in zip(_indices(one, box), pieces, strict=True):
            if (box.spans[3][0], box.spans[4][0]) == (0, 0):
                stream.begin(one.form, one.reduced)
            if piece.planes is None:
                each = piece.digests
                for level, segments in enumerate(piece.segments):
                    _put(stream, segments, level)
            else:
                each = bands.take(piece, box)
            digests.update({(i, j, k + s): digest for s, digest in enumerate(each)})
        done.more(box.size * one.image.dtype.itemsize)
    if not request.digests:
        return ()
    return tuple(digests[i, j, k] for i in range(t) for j in range(z) for k in range(c))


def _put(stream: Stream, segments: Segments, level: int) -> None:
    for data, counts in segments:
        stream.segment(data, counts, level)


def _indices(one: Plan, box: Box) -> Iterable[tuple[int, int, int]]:
    """T, Z and the first C of each plane of a box, in the order of the file."""
    along = dict(zip("TZC", box.spans[:3], strict=True))
    steps = {"T": 1, "Z": 1, "C": one.form.samples}
    slowest = one.order[:1:-1]

    def go(at: dict[str, int], axes: str) -> Iterable[tuple[int, int, int]]:
        if not axes:
            yield at["T"], at["Z"], at["C"]
            return
        for index in range(*along[axes[0]], steps[axes[0]]):
            yield from go({**at, axes[0]: index}, axes[1:])

    return go({}, slowest)


MOST_DIGESTS = 1 << 16
"""Planes of which each digest is written down; of more, the digest of all digests."""


def _recorded(one: Plan, digests: Sequence[str]) -> Plan:
    """The plan, with the digests of its planes in the provenance."""
    if len(digests) <= MOST_DIGESTS:
        said = {"method": METHOD, "planes": " ".join(digests)}
    else:
        import hashlib

        said = {
            "method": f"SHA-256 of the digests; each: {METHOD}",
            "all": hashlib.sha256("".join(digests).encode()).hexdigest(),
        }
    return replace(one, metadata=replace(one.metadata, provenance={**one.metadata.provenance, "digests": said}))
