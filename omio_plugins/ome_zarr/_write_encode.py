"""The work of the threads that write: from the pixels of a box to the chunks of its levels; it knows no file."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from omio_core.contract import Box, halve, plane_digest

from ._write_plan import Plan

Rows = NDArray[Any]
Encode = Callable[[Rows], bytes]


@dataclass(frozen=True, slots=True, kw_only=True)
class Chunk:
    """An encoded chunk: its level, its place in the plane in whole chunks, its bytes."""

    level: int
    y: int
    x: int
    data: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Rest:
    """Pixels of a level that fill no whole chunks: they wait for their neighbours.

    Parameters
    ----------
    level
        The level.
    top, left
        Where they are in the plane.
    rows
        The pixels, (rows, columns).
    """

    level: int
    top: int
    left: int
    rows: Rows


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """A plane, or a part of one.

    Parameters
    ----------
    plane
        Its T, Z and C.
    chunks
        What could be encoded.
    rest
        What needs the parts beside it; None if nothing does.
    digest
        Of a whole plane; "" if it was not asked for.
    rows
        Of a part, its pixels, for the digest of the plane; None of a whole plane.
    extremes
        The smallest and the largest value; None if there are none, or none that can be compared.
    """

    plane: tuple[int, int, int]
    chunks: tuple[Chunk, ...]
    rest: Rest | None
    digest: str
    rows: Rows | None
    extremes: tuple[float, float] | None


def encode(plan: Plan, encoder: Encode, digests: bool, box: Box, pixels: Rows) -> list[Piece]:
    """Encode a box of TZCYX pixels."""
    (t, _), (z, _), (c, _), (top, bottom), (left, right) = box.spans
    whole = (bottom - top, right - left) == plan.levels[0].shape[3:]
    pieces = []
    for i, j, k in np.ndindex(*pixels.shape[:3]):
        rows = pixels[i, j, k]
        chunks, rest = encode_rows(plan, encoder, Rest(level=0, top=top, left=left, rows=rows))
        pieces.append(
            Piece(
                plane=(t + i, z + j, c + k),
                chunks=tuple(chunks),
                rest=rest,
                digest=plane_digest(rows) if whole and digests else "",
                rows=None if whole or not digests else rows,
                extremes=_extremes(rows),
            )
        )
    return pieces


def encode_rows(plan: Plan, encoder: Encode, part: Rest) -> tuple[list[Chunk], Rest | None]:
    """Encode a part of a plane, and the smaller levels of it, as far as it fills whole chunks."""
    chunks: list[Chunk] = []
    while part.rows.size:
        height, width = plan.levels[part.level].shape[3:]
        high, wide = plan.levels[part.level].chunk
        bottom, right = part.top + part.rows.shape[0], part.left + part.rows.shape[1]
        ends = (part.top, high, height, bottom), (part.left, wide, width, right)
        if any(start % n or (stop % n and stop != full) for start, n, full, stop in ends):
            return chunks, part
        for y in range(0, part.rows.shape[0], high):
            for x in range(0, part.rows.shape[1], wide):
                data = encoder(_filled_up(part.rows[y : y + high, x : x + wide], (high, wide)))
                place = {"y": (part.top + y) // high, "x": (part.left + x) // wide}
                chunks.append(Chunk(level=part.level, data=data, **place))
        if part.level + 1 == len(plan.levels):
            break
        part = smaller(plan, part)
    return chunks, None


def smaller(plan: Plan, part: Rest) -> Rest:
    """The next level of a part that begins at even places, or is as long as the plane."""
    *_, height, width = plan.levels[part.level].shape
    rows = part.rows
    # the odd last row of a plane is left out, and so is a part that is only this row
    rows = rows[: len(rows) // 2 * 2] if height > 1 else rows
    rows = rows[:, : rows.shape[1] // 2 * 2] if width > 1 else rows
    halved = halve(rows, plan.method) if rows.size else rows
    return Rest(level=part.level + 1, top=part.top // 2, left=part.left // 2, rows=halved)


def _filled_up(rows: Rows, shape: tuple[int, int]) -> Rows:
    """A contiguous chunk: those at the edges have the full size, too (Zarr 3, "chunk grids")."""
    if rows.shape == shape:
        return np.ascontiguousarray(rows)
    chunk = np.zeros(shape, rows.dtype)
    chunk[: rows.shape[0], : rows.shape[1]] = rows
    return chunk


def _extremes(rows: Rows) -> tuple[float, float] | None:
    if rows.dtype.kind == "c":
        return None
    if rows.dtype.kind == "f":
        least, most = float(np.fmin.reduce(rows, None)), float(np.fmax.reduce(rows, None))
        return (least, most) if np.isfinite(least) and np.isfinite(most) else None
    return int(rows.min()), int(rows.max())
