"""Decide how to write each image, before a pixel is encoded: its type, form, levels and order."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import reduce
from typing import Any

import numpy as np

from omio_core.contract import (
    DIMENSION_ORDERS,
    Box,
    ImageLike,
    Metadata,
    Planes,
    WriteError,
    WriteRequest,
    advise,
    either,
    grid,
    pull,
    worded,
)

from . import IF_IT_FITS, WIDENED, _fiji
from . import _codecs as codecs
from ._file import CENTIMETRE, Form, resolution

STRIP = 1 << 18  # approximate bytes of a strip
BOX = 1 << 20  # bytes of a box; several smaller planes are requested at once
BAND = 1 << 22  # bytes; a plane that is larger is requested in bands
BAND_BOX = 1 << 21  # approximate bytes of a band
TILED = 4096  # a plane wider or higher than this is tiled
TILE = 512
SMALLEST = 512  # pyramid=True halves until no edge is longer


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """How to write one image; the samples of a pixel lie beside each other.

    Attributes
    ----------
    dtype
        The type of the pixels as written, little-endian.
    form, reduced
        The form of its planes, and of the levels of its pyramid, largest first.
    method
        How to compute a level from the one before: ``"mean"`` or ``"nearest"``.
    encode, compression_level
        The encoder of a segment and its strength; `encode` is None where the bytes stay as they are.
    order
        OME's DimensionOrder.
    """

    image: ImageLike
    metadata: Metadata
    dtype: np.dtype[Any]
    form: Form
    reduced: tuple[Form, ...]
    method: str
    encode: codecs.Encode | None
    compression_level: int
    order: str
    notes: tuple[str, ...]


def plan(index: int, image: ImageLike, request: WriteRequest, *, look: bool = True) -> Plan:
    """Decide how to write an image.

    Parameters
    ----------
    index
        The place of the image among those written.
    image, request
        The image to write, and the options to write it with.
    look
        Whether to read the values of 64-bit integers; otherwise they are assumed to fit 32 bits.

    Raises
    ------
    WriteError
        An option is invalid or does not suit the pixels, or 64-bit integers do not fit 32 bits.
    """
    dtype = _dtype(index, image, request, look)
    metadata, notes = image.metadata, []
    if metadata.samples not in (1, 3, 4) or (metadata.samples > 1 and dtype.kind == "c"):
        notes.append(f"the {metadata.samples} samples of a pixel are written as channels of their own")
        metadata = _split_samples(metadata)
    if dtype != image.dtype:
        notes.append(f"{image.dtype} is no OME pixel type; the values are written as {dtype}")
    method = _choose(request, "pyramid_method", "mean", ("mean", "nearest"))
    compression_level = 3 if request.compression_level == "auto" else request.compression_level
    codec = codecs.find(
        request.options.get("compression", "zlib") if compression_level else "none", dtype, metadata.samples
    )
    if request.compression_level == "auto" and codec.tag != codecs.CODECS["zlib"].tag:
        raise WriteError(
            worded("{compression_level} chooses among encoders of zlib", compression_level="auto"),
            remedy=advise("leave out {compression}", compression=None),
        )
    form = _form(image, metadata, dtype, codec, request)
    reduced = _reduced_forms(form, request)
    record: dict[str, Any] = {"converted": list(notes)} if notes else {}
    if reduced:
        record["pyramid"] = {"levels": len(reduced), "each of the one before, 2 x 2 pixels": method}
    metadata = replace(metadata, provenance={**metadata.provenance, **record})
    # where a block of the source contains several channels, C is the fastest axis, so that no block is read twice
    channels_fastest = image.picture.blocks[2] > metadata.samples or request.options.get("profile") == "fiji"
    return Plan(
        image=image,
        metadata=metadata,
        dtype=dtype,
        form=form,
        reduced=reduced,
        method=method,
        encode=codec.encode,
        compression_level=compression_level,
        order=_choose(request, "order", "XYCZT" if channels_fastest else "XYZCT", DIMENSION_ORDERS),
        notes=tuple(notes),
    )


def _choose(request: WriteRequest, name: str, default: str, known: tuple[str, ...]) -> str:
    value = request.options.get(name) or default
    if value not in known:
        raise WriteError(f"{name} cannot be {value!r}", remedy=f"choose one of {', '.join(known)}")
    return str(value)


def _form(
    image: ImageLike, metadata: Metadata, dtype: np.dtype[Any], codec: codecs.Codec, request: WriteRequest
) -> Form:
    *_, y, x = image.shape
    tile = request.tile
    if tile and (tile < 16 or tile % 16):
        raise WriteError(
            f"tiles cannot be {tile} pixels wide", evidence="TIFF has multiples of 16", remedy="choose 256 or 512"
        )
    fiji = request.options.get("profile") == "fiji"
    if tile is None and (max(y, x) > TILED or request.options.get("pyramid")) and not fiji:
        tile = TILE
    facts = metadata.facts
    sizes = [resolution(f.value) if f else None for f in (facts.physical_size_x, facts.physical_size_y)]
    known = (sizes[0], sizes[1]) if sizes[0] and sizes[1] else None
    return Form(
        height=y,
        width=x,
        samples=metadata.samples,
        kind=dtype.kind,
        bits=dtype.itemsize * 8,
        compression=codec.tag,
        predictor=codecs.predictor(request.options.get("predictor"), codec, dtype),
        tile=tile or None,
        rows=min(y, max(1, STRIP // (x * metadata.samples * dtype.itemsize))),
        resolution=_fiji.resolution(metadata) if fiji else known,
        unit=_fiji.UNIT_NONE if fiji else CENTIMETRE,
    )


def _reduced_forms(form: Form, request: WriteRequest) -> tuple[Form, ...]:
    """The forms of the requested levels: a number of levels, or True for as many as make the last one small."""
    value = request.options.get("pyramid")
    if value is None or value is False or value == 0:
        return ()
    if not isinstance(value, int) or value < 0:
        raise WriteError(f"pyramid cannot be {value!r}", remedy="give True, or how many smaller levels there are to be")
    if not form.tile:
        if request.options.get("profile") == "fiji":
            why = worded("{profile} means strips, which is what ImageJ opens", profile="fiji")
            remedy = advise("leave out {profile} or {pyramid}", profile=None, pyramid=None)
        else:
            why = worded("{tile} means strips", tile=request.tile)
            remedy = advise("leave out {tile}", tile=0)
        raise WriteError("a pyramid has tiles", evidence=why, remedy=remedy)
    levels: list[Form] = []
    smallest = form
    while max(smallest.height, smallest.width) > SMALLEST if value is True else len(levels) < value:
        if max(smallest.height, smallest.width) == 1:
            raise WriteError(
                f"there are no {value} levels below {form.width} x {form.height} pixels",
                evidence=f"level {len(levels)} is a single pixel",
                remedy=either("choose fewer", advise("{pyramid}", pyramid=True)),
            )
        smallest = smallest.halve()
        levels.append(smallest)
    return tuple(levels)


def _dtype(index: int, image: ImageLike, request: WriteRequest, look: bool) -> np.dtype[Any]:
    """The type of the pixels as written, little-endian."""
    name = image.dtype.name
    if name not in IF_IT_FITS:
        return np.dtype(WIDENED.get(name, name)).newbyteorder("<")
    if not look:
        return np.dtype(IF_IT_FITS[name][0]).newbyteorder("<")
    shape, itemsize = image.shape, image.dtype.itemsize
    rows = max(1, BAND // (shape[4] * itemsize))
    boxes = grid(Box.whole(shape), (1, 1, 1, min(rows, shape[3]), shape[4]))
    ends = pull(image.picture, boxes, lambda _, a: (int(a.min()), int(a.max())), workers=request.workers)
    least, most = reduce(lambda a, b: (min(a[0], b[0]), max(a[1], b[1])), (extremes for _, extremes in ends))
    for candidate in IF_IT_FITS[name]:
        if np.iinfo(candidate).min <= least and most <= np.iinfo(candidate).max:
            return np.dtype(candidate).newbyteorder("<")
    raise WriteError(
        f"image {index} cannot be written as OME-TIFF: its values do not fit",
        evidence=f"{name} from {least} to {most}; OME's integers have at most 32 bits",
        remedy="convert the pixels to float64 if rounding is no harm, or write another format",
        image=index,
    )


def _split_samples(metadata: Metadata) -> Metadata:
    """The metadata with one channel per sample."""
    n, facts = metadata.samples, metadata.facts
    channels = tuple(replace(c, samples=1) for c in facts.channels for _ in range(n))
    planes = facts.planes
    if planes is not None:
        columns = {name: np.repeat(table, n, axis=2) for name, table in planes.columns.items()}
        planes = Planes(columns=columns, origin=planes.origin, where=planes.where)
    return replace(metadata, samples=1, facts=replace(facts, channels=channels, planes=planes))


def boxes(plan: Plan) -> Iterator[Box]:
    """Yield TZCYX boxes in the order of the file: several small planes at once, or parts of a large plane."""
    t, z, c, y, x = plan.image.shape
    samples = plan.form.samples
    row = x * samples * plan.dtype.itemsize
    lengths = {"T": t, "Z": z, "C": c // samples}
    fastest = list(plan.order[2:])
    if y * row > BAND:
        (rows, columns), planes = _part(plan, row), 1
    else:
        rows, columns, planes = y, x, -(-BOX // (y * row))
    steps = {}
    for axis in fastest:  # a box covers part of an axis only if it covers all faster axes
        steps[axis] = min(lengths[axis], planes)
        planes = -(-planes // lengths[axis]) if steps[axis] == lengths[axis] else 1
    slowest = fastest[::-1]
    for box in grid(Box.whole([lengths[a] for a in slowest]), [steps[a] for a in slowest]):
        spans = dict(zip(slowest, box.spans, strict=True))
        along_c = (spans["C"][0] * samples, spans["C"][1] * samples)
        for top in range(0, y, rows):
            for left in range(0, x, columns):
                along_y, along_x = (top, min(y, top + rows)), (left, min(x, left + columns))
                yield Box((spans["T"], spans["Z"], along_c, along_y, along_x))


def _part(plan: Plan, row: int) -> tuple[int, int]:
    """Rows and columns of a part of a plane: a band, or less where a band is large; `_bands` then assembles it."""
    tile, width = plan.form.tile, plan.form.width
    if not tile or tile * row <= 4 * BAND_BOX:
        return min(plan.form.height, _band(plan, row)), width
    high, wide = plan.image.picture.blocks[3:]
    if wide >= width:  # a narrower part would read rows of the source more than once
        while tile % 2 == 0 and tile * row > BAND_BOX and tile // 2 >= high:
            tile //= 2
        return tile, width
    both = math.lcm(tile, high)  # tiles of the source that are higher than ours: read none of them twice
    return both if both <= 2 * tile else tile, max(1, BAND_BOX // (tile * row // width) // wide) * wide


def _band(plan: Plan, row: int) -> int:
    """Rows of a band: whole strips or rows of tiles, and whole blocks of the source unless these are too high."""
    unit = plan.form.tile or plan.form.rows
    block = math.lcm(unit, plan.image.picture.blocks[3])
    unit = block if block * row <= 4 * BAND_BOX else unit
    return unit * max(1, BAND_BOX // (unit * row))
