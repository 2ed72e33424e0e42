"""Images written as OME-TIFF: streamed by `pull`, encoded in its workers, OME-XML last; it knows no source format.

The order of the planes is the order of the boxes asked for, so no picture is transposed, and no more than a few boxes
are in memory. libdeflate (imagecodecs) makes the zlib streams.
"""

from __future__ import annotations

import math
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from omio_core import omexml
from omio_core.contract import WriteRequest, Written
from omio_core.errors import WriteError
from omio_core.facts import Planes
from omio_core.image import Image
from omio_core.metadata import Metadata
from omio_core.provenance import omio_version
from omio_core.region import Box, grid
from omio_core.stream import pull

from . import IF_IT_FITS, WIDENED
from ._file import DEFLATE, NONE, Form, Stream, resolution

STRIP = 1 << 18  # bytes of a strip, about
BOX = 1 << 20  # bytes of a box; smaller planes are asked for several at once
BAND = 1 << 26  # bytes of a plane above which it is asked for in bands
_BAND_BOX = 1 << 24

Encoded = list[list[tuple[Any, list[int]]]]
"""Of each plane in a box: data to write, and the bytes of each segment in it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Plan:
    """How one image is written; `samples` lie beside each other, `order` is OME's DimensionOrder."""

    image: Image
    metadata: Metadata
    dtype: np.dtype[Any]
    form: Form
    order: str
    level: int
    notes: tuple[str, ...]


def write(path: str, images: Sequence[Image], request: WriteRequest) -> Written:
    """Write `images` one after another into one file.

    Parameters
    ----------
    path
        A temporary file, empty.
    images
        What to write; bool becomes uint8, float16 float32, and 64-bit integers 32-bit ones where all values fit.
    request
        See `omio_core.contract.WriteRequest`; the option ``bigtiff`` is a bool.

    Raises
    ------
    WriteError
        A tile size that TIFF does not have, or 64-bit integers beyond 32 bits.
    """
    plans = [_plan(i, image, request) for i, image in enumerate(images)]
    first_ifds, done, bigtiff = [], 0, _bigtiff(request)
    if request.progress is not None:
        request.progress(0)
    with open(path, "wb") as file:
        stream = Stream(file)
        for plan in plans:
            first_ifds.append(stream.pages)
            encode = partial(_encode, plan)
            pulled = pull(plan.image.picture, _boxes(plan), encode, workers=request.workers)
            for box, planes in pulled:
                for segments in planes:
                    if box.spans[3][0] == 0:
                        stream.begin(plan.form)
                    for data, counts in segments:
                        stream.segment(data, counts)
                done += box.size * plan.image.dtype.itemsize
                if request.progress is not None:
                    request.progress(done)
        software = f"omio-core {omio_version()}"
        xml = omexml.build(
            [plan.metadata for plan in plans],
            pixel_types=[omexml.PIXEL_TYPES[plan.dtype.name] for plan in plans],
            creator=software,
            first_ifds=first_ifds,
            orders=[plan.order for plan in plans],
            uuid=f"urn:uuid:{uuid.uuid4()}",
            file_name=request.name,
        )
        stream.finish(xml.encode("ascii"), software.encode("ascii", "replace"), bigtiff=bigtiff)
    several = len(plans) > 1
    return Written(
        notes=tuple(f"image {i}: {note}" if several else note for i, plan in enumerate(plans) for note in plan.notes)
    )


# --- what is to be done


def _bigtiff(request: WriteRequest) -> bool | None:
    asked = request.options.get("bigtiff")
    if asked not in (None, True, False):
        raise WriteError(f"bigtiff cannot be {asked!r}", remedy="give True, False, or leave it to the size")
    return True if asked is None and request.name.lower().endswith(".btf") else asked


def _plan(index: int, image: Image, request: WriteRequest) -> _Plan:
    dtype = _dtype(index, image, request)
    metadata, notes = image.metadata, []
    if metadata.samples not in (1, 3, 4) or (metadata.samples > 1 and dtype.kind == "c"):
        notes.append(f"the {metadata.samples} samples of a pixel are written as channels of their own")
        metadata = _apart(metadata)
    if dtype != image.dtype:
        notes.append(f"{image.dtype} is no OME pixel type; the values are written as {dtype}")
    if notes:
        metadata = replace(metadata, provenance={**metadata.provenance, "converted": list(notes)})
    *_, y, x = image.shape
    samples, tile = metadata.samples, request.tile
    if tile is not None and (tile < 16 or tile % 16):
        raise WriteError(
            f"tiles cannot be {tile} pixels wide", evidence="TIFF has multiples of 16", remedy="choose 256 or 512"
        )
    facts = metadata.facts
    sizes = [resolution(f.value) if f else None for f in (facts.physical_size_x, facts.physical_size_y)]
    form = Form(
        height=y,
        width=x,
        samples=samples,
        kind=dtype.kind,
        bits=dtype.itemsize * 8,
        compression=DEFLATE if request.level else NONE,
        tile=tile,
        rows=min(y, max(1, STRIP // (x * samples * dtype.itemsize))),
        resolution=(sizes[0], sizes[1]) if sizes[0] and sizes[1] else None,
    )
    # where a block of the source holds several channels, C is the fastest axis, so that no block is read again
    order = "XYCZT" if image.picture.blocks[2] > samples else "XYZCT"
    return _Plan(
        image=image, metadata=metadata, dtype=dtype, form=form, order=order, level=request.level, notes=tuple(notes)
    )


def _dtype(index: int, image: Image, request: WriteRequest) -> np.dtype[Any]:
    """Of the pixels as written, little-endian."""
    name = image.dtype.name
    if name not in IF_IT_FITS:
        return np.dtype(WIDENED.get(name, name)).newbyteorder("<")
    shape, itemsize = image.shape, image.dtype.itemsize
    rows = max(1, BAND // (shape[4] * itemsize))
    boxes = grid(Box.whole(shape), (1, 1, 1, min(rows, shape[3]), shape[4]))
    found = [ends for _, ends in pull(image.picture, boxes, lambda _, a: (a.min(), a.max()), workers=request.workers)]
    least, most = int(min(a for a, _ in found)), int(max(b for _, b in found))
    for candidate in IF_IT_FITS[name]:
        if np.iinfo(candidate).min <= least and most <= np.iinfo(candidate).max:
            return np.dtype(candidate).newbyteorder("<")
    raise WriteError(
        f"image {index} cannot be written as OME-TIFF: its values do not fit",
        evidence=f"{name} from {least} to {most}; OME's integers have at most 32 bits",
        remedy="convert the pixels to float64 if rounding is no harm, or write another format",
        image=index,
    )


def _apart(metadata: Metadata) -> Metadata:
    """The metadata with a channel for each sample."""
    n, facts = metadata.samples, metadata.facts
    channels = tuple(replace(c, samples=1) for c in facts.channels for _ in range(n))
    planes = facts.planes
    if planes is not None:
        columns = {name: np.repeat(table, n, axis=2) for name, table in planes.columns.items()}
        planes = Planes(columns=columns, origin=planes.origin, where=planes.where)
    return replace(metadata, samples=1, facts=replace(facts, channels=channels, planes=planes))


def _boxes(plan: _Plan) -> Iterator[Box]:
    """TZCYX boxes in the order of the file: of several planes where those are small, of bands where they are huge."""
    t, z, c, y, x = plan.image.shape
    samples, form = plan.form.samples, plan.form
    row = x * samples * plan.dtype.itemsize
    lengths = {"T": t, "Z": z, "C": c // samples}
    fastest = list(plan.order[2:])
    if y * row > BAND:
        unit = form.tile or form.rows
        block = math.lcm(unit, plan.image.picture.blocks[3])
        unit = block if block * row <= BAND else unit
        rows, planes = unit * max(1, _BAND_BOX // (unit * row)), 1
    else:
        rows, planes = y, -(-BOX // (y * row))
    steps = {}
    for axis in fastest:  # an axis is taken in part only if those faster are taken whole
        steps[axis] = min(lengths[axis], planes)
        planes = -(-planes // lengths[axis]) if steps[axis] == lengths[axis] else 1
    slowest = fastest[::-1]
    for box in grid(Box.whole([lengths[a] for a in slowest]), [steps[a] for a in slowest]):
        spans = dict(zip(slowest, box.spans, strict=True))
        along_c = (spans["C"][0] * samples, spans["C"][1] * samples)
        for start in range(0, y, rows):
            yield Box((spans["T"], spans["Z"], along_c, (start, min(y, start + rows)), (0, x)))


# --- in the workers


def _encode(plan: _Plan, box: Box, pixels: NDArray[Any]) -> Encoded:
    """The segments of every plane in a box, in the order of the file."""
    samples = plan.form.samples
    t, z, c = pixels.shape[:3]
    lengths = {"T": t, "Z": z, "C": c // samples}
    slowest = plan.order[:1:-1]
    found: Encoded = []
    for index in np.ndindex(*(lengths[a] for a in slowest)):
        at = dict(zip(slowest, index, strict=True))
        plane = pixels[at["T"], at["Z"], at["C"] * samples : (at["C"] + 1) * samples]
        rows = plane[0] if samples == 1 else plane.transpose(1, 2, 0)
        rows = np.ascontiguousarray(rows, plan.dtype)  # no copy where it is so already
        found.append(_tiles(plan, rows) if plan.form.tile else _strips(plan, rows))
    return found


def _strips(plan: _Plan, rows: NDArray[Any]) -> list[tuple[Any, list[int]]]:
    step, height = plan.form.rows, len(rows)
    if plan.form.compression == NONE:
        row = rows.nbytes // height
        return [(_bytes(rows), [row * (min(height, i + step) - i) for i in range(0, height, step)])]
    return [_deflated(rows[i : i + step], plan.level) for i in range(0, height, step)]


def _tiles(plan: _Plan, rows: NDArray[Any]) -> list[tuple[Any, list[int]]]:
    edge = plan.form.tile or 0
    height, width = rows.shape[:2]
    found = []
    for y in range(0, height, edge):
        for x in range(0, width, edge):
            part = rows[y : y + edge, x : x + edge]
            if part.shape[:2] != (edge, edge):  # a tile is always whole (TIFF 6.0, section 15)
                whole = np.zeros((edge, edge, *rows.shape[2:]), rows.dtype)
                whole[: part.shape[0], : part.shape[1]] = part
                part = whole
            part = np.ascontiguousarray(part)
            found.append(
                (_bytes(part), [part.nbytes]) if plan.form.compression == NONE else _deflated(part, plan.level)
            )
    return found


def _bytes(array: NDArray[Any]) -> memoryview:
    return array.reshape(-1).view(np.uint8).data


def _deflated(array: NDArray[Any], level: int) -> tuple[bytes, list[int]]:
    import imagecodecs

    encode: Any = imagecodecs.deflate_encode
    data: bytes = encode(_bytes(array), level)
    return data, [len(data)]
