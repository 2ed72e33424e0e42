"""What the workers do: pixels of a box to the segments of its planes and of their levels, and digests; no file."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from omio_core.geometry.box import Box
from omio_core.pixels.digests import of_plane

from ._codecs import PREDICTOR_NONE, flat, predicted
from ._file import Form
from ._plan import Plan

Rows = NDArray[Any]
Segments = list[tuple[bytes | memoryview, list[int]]]
"""Data to write, and the bytes of each segment in it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """A plane, a band of rows of one, or a part of a band.

    Attributes
    ----------
    segments
        Of the full resolution, and of each level where the plane is whole; none of what is less than a band.
    digests
        Of each sample of a whole plane.
    planes
        Of a part of a plane: its pixels, (samples, rows, columns), whose digests and levels need what comes next.
    """

    segments: list[Segments]
    digests: tuple[str, ...] = ()
    planes: Rows | None = None


def encode(plan: Plan, digests: bool, box: Box, pixels: Rows) -> list[Piece]:
    """The pieces of a box of TZCYX pixels, in the order of the file."""
    samples = plan.form.samples
    t, z, c = pixels.shape[:3]
    lengths = {"T": t, "Z": z, "C": c // samples}
    slowest = plan.order[:1:-1]
    (top, bottom), (left, right) = box.spans[3:]
    form = plan.form
    whole = (bottom - top, right - left) == (form.height, form.width)
    unit = form.tile or form.rows
    band = right - left == form.width and top % unit == 0 and (bottom % unit == 0 or bottom == form.height)
    found = []
    for index in np.ndindex(*(lengths[a] for a in slowest)):
        at = dict(zip(slowest, index, strict=True))
        planes = pixels[at["T"], at["Z"], at["C"] * samples : (at["C"] + 1) * samples]
        planes = planes.astype(plan.dtype, copy=False)
        if not band:
            found.append(Piece(segments=[], planes=planes))
            continue
        rows = beside(planes)
        each = [segments(plan, plan.form, rows)]
        if not whole:
            found.append(Piece(segments=each, planes=planes))
            continue
        for form in plan.reduced:
            rows = halved(rows, plan.method)
            each.append(segments(plan, form, rows))
        found.append(Piece(segments=each, digests=tuple(of_plane(one) for one in planes) if digests else ()))
    return found


def beside(planes: Rows) -> Rows:
    """(samples, rows, columns) as (rows, columns) or (rows, columns, samples), contiguous; no copy where it is so."""
    return np.ascontiguousarray(planes[0] if len(planes) == 1 else planes.transpose(1, 2, 0))


# --- segments


def segments(plan: Plan, form: Form, rows: Rows) -> Segments:
    """The strips or tiles of some rows of a plane."""
    parts = _tiles(form.tile, rows) if form.tile else (rows[i : i + form.rows] for i in range(0, len(rows), form.rows))
    if plan.encode is None and not form.tile:
        row = rows.nbytes // len(rows)
        return [(flat(rows), [row * len(part) for part in parts])]
    found: Segments = []
    for part in parts:
        data = flat(part) if plan.encode is None else plan.encode(differences(part, form), plan.compression_level)
        found.append((data, [len(data)]))
    return found


def differences(part: Rows, form: Form) -> Rows:
    """What is compressed of a segment: its pixels, or what the predictor makes of them."""
    return part if form.predictor == PREDICTOR_NONE else predicted(part, form.predictor)


def _tiles(edge: int, rows: Rows) -> Iterator[Rows]:
    height, width = rows.shape[:2]
    for y in range(0, height, edge):
        for x in range(0, width, edge):
            part = rows[y : y + edge, x : x + edge]
            if part.shape[:2] != (edge, edge):  # a tile is always whole (TIFF 6.0, section 15)
                whole = np.zeros((edge, edge, *rows.shape[2:]), rows.dtype)
                whole[: part.shape[0], : part.shape[1]] = part
                part = whole
            yield np.ascontiguousarray(part)


# --- levels

_WIDE = {"u": "u8", "i": "i8", "f": "f8", "c": "c16"}


def halved(rows: Rows, method: str) -> Rows:
    """Half as many rows and columns; the odd last one is left out, unless it is the only one.

    ``"mean"`` of integers is rounded to the nearest, halves upwards; ``"nearest"`` takes the first of each pair.
    """
    height, width = max(1, len(rows) // 2), max(1, rows.shape[1] // 2)
    ys, xs = (2 if len(rows) > 1 else 1), (2 if rows.shape[1] > 1 else 1)
    parts = [rows[y : y + ys * height : ys, x : x + xs * width : xs] for y in range(ys) for x in range(xs)]
    if method == "nearest" or len(parts) == 1:
        return np.ascontiguousarray(parts[0])
    kind = rows.dtype.kind
    # four integers of 16 bits fit 32, of which half as much has to be moved
    total = parts[0].astype(f"{kind}4" if kind in "ui" and rows.dtype.itemsize <= 2 else _WIDE[kind])
    for part in parts[1:]:
        total += part
    if kind in "ui":
        total += len(parts) // 2
        total >>= len(parts).bit_length() - 1
    else:
        total /= len(parts)
    return total.astype(rows.dtype)
