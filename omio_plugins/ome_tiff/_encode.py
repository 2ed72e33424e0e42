"""The work of the threads: encode the pixels of a box to segments of its planes and levels, with digests; no file."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from omio_core.contract import Box, halve, plane_digest

from ._codecs import PREDICTOR_NONE, bytes_of, predict
from ._file import Form
from ._plan import Plan

Rows = NDArray[Any]
Segments = list[tuple[bytes | memoryview, list[int]]]
"""Data to write, and the length in bytes of each segment in it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """A plane, a band of rows of one, or a part of a band.

    Attributes
    ----------
    segments
        Segments of the full resolution, and of each level if the plane is whole; empty for less than a band.
    digests
        The digest of each sample of a whole plane.
    planes
        For a part of a plane, its pixels, (samples, rows, columns): its digests and levels need the parts that follow.
    """

    segments: list[Segments]
    digests: tuple[str, ...] = ()
    planes: Rows | None = None


def encode(plan: Plan, digests: bool, box: Box, pixels: Rows) -> list[Piece]:
    """Encode a box of TZCYX pixels to its pieces, in the order of the file."""
    samples = plan.form.samples
    t, z, c = pixels.shape[:3]
    lengths = {"T": t, "Z": z, "C": c // samples}
    slowest = plan.order[:1:-1]
    (top, bottom), (left, right) = box.spans[3:]
    form = plan.form
    is_plane = (bottom - top, right - left) == (form.height, form.width)
    unit = form.tile or form.rows
    is_band = right - left == form.width and top % unit == 0 and (bottom % unit == 0 or bottom == form.height)
    pieces = []
    for index in np.ndindex(*(lengths[a] for a in slowest)):
        position = dict(zip(slowest, index, strict=True))
        planes = pixels[position["T"], position["Z"], position["C"] * samples : (position["C"] + 1) * samples]
        planes = planes.astype(plan.dtype, copy=False)
        if not is_band:
            pieces.append(Piece(segments=[], planes=planes))
            continue
        rows = interleave(planes)
        levels = [segments(plan, plan.form, rows)]
        if not is_plane:
            pieces.append(Piece(segments=levels, planes=planes))
            continue
        for form in plan.reduced:
            rows = halve(rows, plan.method)
            levels.append(segments(plan, form, rows))
        pieces.append(Piece(segments=levels, digests=tuple(plane_digest(plane) for plane in planes) if digests else ()))
    return pieces


def interleave(planes: Rows) -> Rows:
    """Turn (samples, rows, columns) into contiguous (rows, columns) or (rows, columns, samples); copied if needed."""
    return np.ascontiguousarray(planes[0] if len(planes) == 1 else planes.transpose(1, 2, 0))


# --- segments


def segments(plan: Plan, form: Form, rows: Rows) -> Segments:
    """Encode some rows of a plane to strips or tiles."""
    parts = _tiles(form.tile, rows) if form.tile else (rows[i : i + form.rows] for i in range(0, len(rows), form.rows))
    if plan.encode is None and not form.tile:
        row = rows.nbytes // len(rows)
        return [(bytes_of(rows), [row * len(part) for part in parts])]
    encoded: Segments = []
    for part in parts:
        data = (
            bytes_of(part) if plan.encode is None else plan.encode(apply_predictor(part, form), plan.compression_level)
        )
        encoded.append((data, [len(data)]))
    return encoded


def apply_predictor(part: Rows, form: Form) -> Rows:
    """What to compress of a segment: its pixels, or the predictor's differences of them."""
    return part if form.predictor == PREDICTOR_NONE else predict(part, form.predictor)


def _tiles(edge: int, rows: Rows) -> Iterator[Rows]:
    height, width = rows.shape[:2]
    for y in range(0, height, edge):
        for x in range(0, width, edge):
            part = rows[y : y + edge, x : x + edge]
            if part.shape[:2] != (edge, edge):  # every tile has the full size (TIFF 6.0, section 15)
                tile = np.zeros((edge, edge, *rows.shape[2:]), rows.dtype)
                tile[: part.shape[0], : part.shape[1]] = part
                part = tile
            yield np.ascontiguousarray(part)
