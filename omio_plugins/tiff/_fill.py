"""Filling of arrays with regions of one page, from its strips and tiles; it knows no image and no flavour.

Uncompressed rows go straight from the file into the destination if they are contiguous there; compressed strips and
tiles are decoded one at a time in the calling thread. This module starts no thread.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from omio_core.contract import AbsentPlanesWarning, CorruptFileError, OmioError, UnsupportedFeatureError, warn

from ._decode import HOT, Decoders
from ._ifd import Page
from ._segments import Segments, SegmentTables
from ._structure import DEFLATE, NONE
from ._tables import ORDERS

_SCRATCH = 4 << 20  # bytes of rows read at once if they cannot go straight into the destination
_SWAPPED = 1 << 20  # bytes read before their byte order is swapped: they are still in the cache
_JPEG_TABLES = 347
Spans = tuple[tuple[int, int], ...]


class Fill:
    """Fills arrays from pages; keeps a few tables of segments and the decoders.

    Parameters
    ----------
    absent
        The stored number that means 0; it fills strips and tiles that are not stored.
    """

    def __init__(self, absent: int = 0) -> None:
        self._absent = absent
        self._tables = SegmentTables()
        self._decoders = {order: Decoders(order) for order in ORDERS}
        self._warned = False

    def page(self, out: NDArray[Any], page: Page, spans: Spans, start: int | None) -> None:
        """Fill `out`, (planes, rows, columns, samples), from a page, whose pixels may be one run from `start` on."""
        structure = page.structure
        (first, last), *inner = spans
        for plane in range(first, last):
            part = out[plane - first]
            if start == 0:
                self._fill_absent(page, part)
            elif start is not None:
                row = plane * structure.length + inner[0][0]
                self.rows(part, page, start + row * structure.row_bytes, tuple(inner[1:]))
            elif structure.direct and structure.tile is None:
                self._strips(part, page, self._tables.get(page), plane, tuple(inner))
            else:
                self._grid(part, page, self._tables.get(page), plane, tuple(inner))

    # --- uncompressed strips

    def _strips(self, out: NDArray[Any], page: Page, segments: Segments, plane: int, spans: Spans) -> None:
        top, bottom = spans[0]
        for start, stop, offset in self._runs(page, segments, plane, top, bottom):
            part = out[start - top : stop - top]
            if offset:
                self.rows(part, page, offset, spans[1:])
            else:
                self._fill_absent(page, part)

    def _runs(
        self, page: Page, segments: Segments, plane: int, top: int, bottom: int
    ) -> Iterator[tuple[int, int, int]]:
        """Runs of rows that lie together: first row, row after the last, offset; offset 0 if not stored."""
        structure = page.structure
        rows, down, row_bytes = structure.rows, structure.grid[0], structure.row_bytes
        base, first, last = plane * down, top // rows, -(-bottom // rows)
        offsets, counts = (a[base + first : base + last] for a in (segments.offsets, segments.counts))
        stops = np.minimum(np.arange(first + 1, last + 1) * rows, structure.length)
        needed = (stops - np.arange(first, last) * rows) * row_bytes
        absent = (offsets == 0) | (counts == 0)
        short = np.flatnonzero((counts < needed) & ~absent)
        if short.size:
            k = int(short[0])
            raise page.chain.page_error(
                page.index, f"strip {base + first + k} has {counts[k]} bytes, its rows take {needed[k]}"
            )
        together = (offsets[:-1] + needed[:-1] == offsets[1:]) & ~absent[:-1] & ~absent[1:]
        begins = [0, *(np.flatnonzero(~together) + 1).tolist(), last - first]
        for a, b in itertools.pairwise(begins):
            start, stop = (first + a) * rows, int(stops[b - 1])
            within = max(top - start, 0)
            offset = 0 if absent[a] else int(offsets[a]) + within * row_bytes
            yield start + within, min(stop, bottom), offset

    def rows(self, out: NDArray[Any], page: Page, offset: int, spans: Spans) -> None:
        """Fill `out`, of shape (rows, columns, samples), with rows that lie together from `offset` on."""
        (left, right), (low, high) = spans
        structure, file = page.structure, page.chain.file
        width, samples, row_bytes = structure.columns, structure.contig, structure.row_bytes
        is_full = (left, right, low, high) == (0, width, 0, samples)
        foreign = structure.dtype.newbyteorder(page.chain.form.order)
        if is_full and out.flags.c_contiguous:
            step = len(out) if foreign == structure.dtype else max(_SWAPPED // row_bytes, 1)
            for row in range(0, len(out), step):
                flat = out[row : row + step].reshape(-1)
                file.read_into(flat.view(np.uint8).data, offset + row * row_bytes)
                if foreign != structure.dtype:
                    flat[...] = flat.view(foreign)  # one axis: in place, and without the interpreter's lock
            return
        pixel = samples * structure.dtype.itemsize
        narrow = (right - left) * pixel * 4 < row_bytes and row_bytes > 1 << 15
        skip, stop = (left, right) if narrow else (0, width)
        step = 1 if narrow else max(_SCRATCH // row_bytes, 1)
        scratch = np.empty((min(step, len(out)), stop - skip, samples), foreign)
        for row in range(0, len(out), step):
            part = scratch[: len(out) - row]
            at = offset + row * row_bytes + skip * pixel
            file.read_into(part.reshape(-1).view(np.uint8).data, at)
            out[row : row + step] = part[:, left - skip : right - skip, low:high]

    # --- tiles, and everything compressed

    def _grid(self, out: NDArray[Any], page: Page, segments: Segments, plane: int, spans: Spans) -> None:
        structure = page.structure
        (top, bottom), (left, right), (low, high) = spans
        rows, columns, (down, across) = structure.rows, structure.columns, structure.grid
        tables = page.chain.data(page, _JPEG_TABLES)
        ys_of_grid, xs_of_grid = range(top // rows, -(-bottom // rows)), range(left // columns, -(-right // columns))
        if len(ys_of_grid) * len(xs_of_grid) > 1:
            indices = [(plane * down + y) * across + x for y in ys_of_grid for x in xs_of_grid]
            places = zip(segments.offsets[indices].tolist(), segments.counts[indices].tolist(), strict=True)
            page.chain.file.prefetch([place for place in places if all(place)])
        for y in ys_of_grid:
            for x in xs_of_grid:
                index = (plane * down + y) * across + x
                y0, x0 = y * rows, x * columns
                size = min(rows, structure.length - y0), min(columns, structure.width - x0)
                ys, xs = (max(top - y0, 0), min(bottom - y0, size[0])), (max(left - x0, 0), min(right - x0, size[1]))
                part = out[y0 + ys[0] - top : y0 + ys[1] - top, x0 + xs[0] - left : x0 + xs[1] - left]
                offset, count = int(segments.offsets[index]), int(segments.counts[index])
                if not offset or not count:
                    self._fill_absent(page, part)
                    continue
                try:
                    self._segment(part, page, (offset, count), size, (ys, xs, (low, high)), tables)
                except (CorruptFileError, UnsupportedFeatureError) as error:
                    raise _add_location(error, page, index) from error

    def _segment(
        self,
        out: NDArray[Any],
        page: Page,
        place: tuple[int, int],
        size: tuple[int, int],
        spans: Spans,
        tables: bytes | None,
    ) -> None:
        """Fill `out` with a region of one strip or tile."""
        (top, bottom), (left, right), (low, high) = spans
        offset, count = place
        structure = page.structure
        decoders = self._decoders[page.chain.form.order]
        if structure.direct:  # a tile: only the requested rows
            skipped = top * structure.row_bytes
            if (bottom * structure.row_bytes) > count:
                raise CorruptFileError("it is too short", evidence=f"{count} bytes")
            self.rows(out, page, offset + skipped, spans[1:])
            return
        if structure.compression == NONE:  # packed bits: ignore data behind them
            count = min(count, (structure.rows if structure.tile else size[0]) * structure.row_bytes)
        data = page.chain.file.read(offset, count)
        straight = structure.compression in DEFLATE and structure.plain and out.flags.c_contiguous and out.nbytes > HOT
        if straight and out.shape == (structure.rows, structure.columns, structure.contig):
            flat = out.reshape(-1)
            decoders.inflate(data, flat.view(np.uint8).data)
            foreign = structure.dtype.newbyteorder(page.chain.form.order)
            if foreign != structure.dtype:
                flat[...] = flat.view(foreign)
            return
        pixels = decoders.decode(structure, data, size, tables)
        out[...] = pixels[top:bottom, left:right, low:high]

    def _fill_absent(self, page: Page, out: NDArray[Any]) -> None:
        """Fill a strip or tile that is not stored, and warn once: the file has too many to check them when it opens."""
        out[...] = self._absent
        if not self._warned:
            self._warned = True
            warn(
                f"page {page.index} of {page.chain.file.path} has strips or tiles that are not stored; "
                "they are filled with 0",
                AbsentPlanesWarning,
                path=page.chain.file.path,
            )


def _add_location(error: OmioError, page: Page, index: int) -> OmioError:
    """The same error with page, strip or tile, and file."""
    kind, path = "tile" if page.structure.tile else "strip", page.chain.file.path
    return type(error)(
        f"page {page.index} of {path} cannot be read: {error.what}",
        evidence=f"{kind} {index}; {error.evidence}",
        remedy=error.remedy,
        path=path,
        page=page.index,
        segment=index,
    )
