"""Join the parts of planes that are too large to encode at once: their chunks, levels and digests; it knows no file."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import NDArray

from omio_core.contract import Box, Digest, ordered

from ._write_encode import Chunk, Encode, Piece, Rest, Rows, encode_rows
from ._write_plan import Plan


class PlaneParts:
    """One plane that comes in parts: from left to right, and then downwards.

    Parameters
    ----------
    plan, encoder
        How the image is written.
    digests
        Whether the digest is computed.
    workers
        Number of threads; None for all cores.
    """

    def __init__(self, plan: Plan, encoder: Encode, *, digests: bool, workers: int | None):
        self._plan, self._encoder, self._workers = plan, encoder, workers
        self._digest = Digest() if digests else None
        self._band: NDArray[np.generic] = np.empty((0, 0))
        self._waiting: dict[tuple[int, int, int], tuple[Rows, int]] = {}

    def take(self, piece: Piece, box: Box) -> Iterator[Chunk]:
        """Add the next part; yield the chunks that are complete with it."""
        if self._digest is not None and piece.rows is not None:
            self._update(self._digest, piece.rows, box)
        yield from piece.chunks
        waiting = [] if piece.rest is None else [piece.rest]
        while waiting:
            full = [whole for rest in waiting for whole in self._paste(rest)]
            waiting = []
            for chunks, rest in ordered(map(self._task, full), workers=self._workers):
                yield from chunks
                waiting += [] if rest is None else [rest]

    def digest(self) -> str:
        """The digest of the plane, after its last part; "" if it is not asked for."""
        assert not self._waiting, f"{len(self._waiting)} chunks lack pixels"
        return "" if self._digest is None else self._digest.text()

    def _task(self, whole: Rest) -> tuple[int, Callable[[], tuple[list[Chunk], Rest | None]]]:
        return 2 * whole.rows.nbytes, lambda: encode_rows(self._plan, self._encoder, whole)

    def _update(self, digest: Digest, rows: Rows, box: Box) -> None:
        """Rows of the whole width go into the digest; narrower parts wait for those beside them."""
        width = self._plan.levels[0].shape[4]
        left, right = box.spans[4]
        if right - left == width:
            digest.update(rows)
            return
        if self._band.shape != (len(rows), width):
            self._band = np.empty((len(rows), width), rows.dtype)
        self._band[:, left:right] = rows
        if right == width:
            digest.update(self._band)

    def _paste(self, rest: Rest) -> Iterator[Rest]:
        """Copy pixels to the chunks of their level; yield those that are complete."""
        level = self._plan.levels[rest.level]
        (high, wide), (height, width) = level.chunk, level.shape[3:]
        bottom, right = rest.top + rest.rows.shape[0], rest.left + rest.rows.shape[1]
        for top in range(rest.top // high * high, bottom, high):
            for left in range(rest.left // wide * wide, right, wide):
                shape = min(high, height - top), min(wide, width - left)
                key = (rest.level, top, left)
                if key not in self._waiting:
                    self._waiting[key] = np.empty(shape, rest.rows.dtype), shape[0] * shape[1]
                chunk, missing = self._waiting.pop(key)
                rows = max(top, rest.top), min(top + shape[0], bottom)
                columns = max(left, rest.left), min(left + shape[1], right)
                part = rest.rows[
                    rows[0] - rest.top : rows[1] - rest.top, columns[0] - rest.left : columns[1] - rest.left
                ]
                chunk[rows[0] - top : rows[1] - top, columns[0] - left : columns[1] - left] = part
                missing -= part.size
                if missing:
                    self._waiting[key] = chunk, missing
                else:
                    yield Rest(level=rest.level, top=top, left=left, rows=chunk)
