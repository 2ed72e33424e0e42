"""Assemble planes too large to encode at once from parts: bands of whole tiles, their levels and digests.

A band is as wide as the plane and at least as high as a tile. Where even one row of tiles is large, the reader delivers
parts smaller than a band (see `_plan.boxes`); at most one band of a plane is in memory.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

import numpy as np

from omio_core.contract import Box, Digest, halve, ordered

from ._encode import Piece, Rows, Segments, interleave, segments
from ._file import Form
from ._plan import Plan

Put = Callable[[Segments, int], None]
"""Receives segments and the number of their level, in order."""

TASK = 1 << 20  # approximate bytes of pixels per task


class Bands:
    """The planes of an image that arrive in parts: their segments, levels and digests.

    Parameters
    ----------
    plan
        The plan of the image.
    put
        Receives the segments.
    digests
        Whether to compute digests.
    workers
        Number of threads; None means all cores.
    """

    def __init__(self, plan: Plan, put: Put, *, digests: bool, workers: int | None):
        self._plan, self._put, self._workers = plan, put, workers
        self._wanted = plan.form.samples if digests else 0
        self._begin()

    def _begin(self) -> None:
        self._digests = [Digest() for _ in range(self._wanted)]
        self._levels = _Levels(self._plan, self._put, self._workers)
        self._top, self._band = 0, np.empty(0)

    def take(self, piece: Piece, box: Box) -> tuple[str, ...]:
        """Add the next part of a plane; after the last part, return the digests of the plane."""
        assert piece.planes is not None
        height, width = self._plan.form.height, self._plan.form.width
        (_, bottom), (_, right) = box.spans[3:]
        if piece.segments:  # a whole band, already encoded
            for level, segments_of_level in enumerate(piece.segments):
                self._put(segments_of_level, level)
            rows = interleave(piece.planes)
        else:
            self._insert(piece.planes, box)
            if right < width or (bottom < height and bottom % (self._plan.form.tile or 1)):
                return ()
            rows, self._top = self._band[: bottom - self._top], bottom
            for segments_of_level in _encode_rows(self._plan, self._plan.form, rows, self._workers):
                self._put(segments_of_level, 0)
        for sample, digest in enumerate(self._digests):
            digest.update(rows if rows.ndim == 2 else rows[..., sample])
        if self._plan.reduced:
            self._levels.push(rows, last=bottom == height)
        if bottom < height:
            return ()
        digests = tuple(digest.text() for digest in self._digests)
        self._begin()
        return digests

    def _insert(self, planes: Rows, box: Box) -> None:
        """Copy a part, (samples, rows, columns), to its place in the band."""
        form, ((top, bottom), (left, right)) = self._plan.form, box.spans[3:]
        high = min(max(form.tile or 1, bottom - self._top), form.height - self._top)
        if len(self._band) < high:
            pixel = () if form.samples == 1 else (form.samples,)
            self._band = np.empty((high, form.width, *pixel), self._plan.dtype)
        rows = planes[0] if len(planes) == 1 else planes.transpose(1, 2, 0)
        self._band[top - self._top : bottom - self._top, left:right] = rows


class _Levels:
    """The levels of a plane that arrives in bands: rows are halved and kept until they fill whole rows of tiles."""

    def __init__(self, plan: Plan, put: Put, workers: int | None):
        self._plan, self._put, self._workers = plan, put, workers
        self._waiting: list[list[Rows]] = [[] for _ in plan.reduced]

    def push(self, rows: Rows, level: int = 0, *, last: bool) -> None:
        """Add rows of the full resolution; their number is even except in the last call."""
        if level == len(self._plan.reduced):
            return
        form, waiting = self._plan.reduced[level], self._waiting[level]
        before = self._plan.reduced[level - 1] if level else self._plan.form
        if len(rows) > 1 or (len(rows) == 1 == before.height):
            waiting.append(_halve_rows(rows, self._plan.method, self._workers))
        available = np.concatenate(waiting) if len(waiting) != 1 else waiting[0]
        edge = form.tile or form.rows
        count = len(available) if last else len(available) // edge * edge
        self._waiting[level] = [available[count:]]
        if count:
            for segments_of_level in _encode_rows(self._plan, form, available[:count], self._workers):
                self._put(segments_of_level, level + 1)
        if count or last:
            self.push(available[:count], level + 1, last=last)


def _encode_rows(plan: Plan, form: Form, rows: Rows, workers: int | None) -> Iterator[Segments]:
    """Encode some rows to segments on all cores."""

    def tasks() -> Iterator[tuple[int, Callable[[], Segments]]]:
        edge = form.tile or form.rows
        for y in range(0, len(rows), edge):
            band = rows[y : y + edge]
            columns = max(1, TASK // (edge * band[:, :1].nbytes)) * edge if form.tile else form.width
            for x in range(0, form.width, columns):
                part = band[:, x : x + columns]
                yield 2 * part.nbytes, partial(segments, plan, form, part)

    yield from ordered(tasks(), workers=workers)


def _halve_rows(rows: Rows, method: str, workers: int | None) -> Rows:
    """Halve some rows as `halve` does, on all cores."""
    even = rows.shape[1] // 2 * 2
    step = max(2, TASK // max(1, rows[:, :1].nbytes) // 2 * 2)
    if even <= step:
        return halve(rows, method)
    out: Rows = np.empty((max(1, len(rows) // 2), even // 2, *rows.shape[2:]), rows.dtype)

    def task(x: int) -> None:
        stop = min(x + step, even)
        out[:, x // 2 : stop // 2] = halve(rows[:, x:stop], method)

    nbytes = 4 * TASK
    for _ in ordered(((nbytes, partial(task, x)) for x in range(0, even, step)), workers=workers):
        pass
    return out
