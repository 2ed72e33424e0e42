"""The open TIFF: fills regions of planes from strips and tiles; it knows no flavour.

Uncompressed rows go straight from the file into the destination where they are contiguous there; compressed strips
and tiles are decoded one at a time in the calling thread. No thread is started here.
"""

from __future__ import annotations

import itertools
import os
import warnings
from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from omio_core.contract import Box, Described
from omio_core.errors import AbsentPlanesWarning, CorruptFileError, OmioError, UnsupportedFeatureError

from ._chain import read_chain
from ._decode import Decoders
from ._file import PositionedFile
from ._flavour import pictures
from ._ifd import Page
from ._picture import Picture, flat_indices
from ._segments import Segments, SegmentTables, strip
from ._structure import DEFLATE, NONE, Structure

_SCRATCH = 4 << 20  # bytes of rows read at once where they cannot go straight to their place
_SWAPPED = 1 << 20  # bytes read before their order is swapped: they are still in the cache
_JPEG_TABLES = 347
_Spans = tuple[tuple[int, int], ...]
_Place = tuple[tuple[int, ...], Page, int | None]


def open_tiff(path: str) -> TiffImages:
    """Open a TIFF.

    Raises
    ------
    CorruptFileError, LimitExceededError, UnsupportedFeatureError, ReadError, FileNotFoundError
    """
    return TiffImages(os.fspath(path))


class TiffImages:
    """The images of an open TIFF; an `omio_core.contract.Opened`."""

    def __init__(self, path: str):
        self._file = PositionedFile(path)
        try:
            self._chain = read_chain(self._file)
            self._pictures = tuple(pictures(self._chain))
        except OmioError as error:
            self._file.close()
            raise _with_path(error, path) from error
        except BaseException:
            self._file.close()
            raise
        self._tables = SegmentTables(self._chain)
        self._decoders = Decoders(self._chain.form.order)
        self._warned = False

    @property
    def images(self) -> tuple[Described, ...]:
        """The images in file order."""
        return tuple(one.described for one in self._pictures)

    @property
    def members(self) -> tuple[str, ...]:
        """The one file."""
        return (self._file.path,)

    def close(self) -> None:
        """Let go of the file."""
        self._file.close()

    def read_into(self, out: NDArray[Any], image: int, box: Box, level: int) -> None:
        """Fill `out` with `box`; see `omio_core.contract.Opened`.

        Raises
        ------
        CorruptFileError
            The file ends too soon, or a strip or tile cannot be decoded.
        UnsupportedFeatureError
            Nothing here decodes its compression.
        """
        if level:
            raise IndexError(f"there is no level {level}")
        picture = self._pictures[image]
        rank = len(picture.lead)
        structure = next(iter(picture.pages.values())).structure
        if out.dtype != structure.dtype:  # of the same size: OME-XML told the type, the tags did not
            out = out.view(structure.dtype)
        spans = box.spans[rank:]
        places = [(index, *self._place(picture, flat)) for index, flat in flat_indices(picture.lead, box.spans[:rank])]
        if out.flags.c_contiguous and spans == tuple((0, n) for n in structure.shape):
            self._planes(out, structure, places)
            return
        for index, page, start in places:
            self._page(_four(out[index], page.structure), page, _spans(spans, page.structure), start)

    def _planes(self, out: NDArray[Any], structure: Structure, places: list[_Place]) -> None:
        """Fill whole planes that are contiguous in memory; those that lie together in the file, in one read."""
        spans = tuple((0, n) for n in structure.shape)
        rows = out.reshape(len(places), -1, structure.width, structure.contig)
        for first, last in _together([start for _, _, start in places], structure.nbytes):
            index, page, start = places[first]
            if start:
                part = rows[first:last].reshape(-1, structure.width, structure.contig)
                self._rows(part, structure, start, ((0, structure.width), (0, structure.contig)))
            else:
                self._page(_four(out[index], page.structure), page, _spans(spans, page.structure), start)

    def _place(self, picture: Picture, flat: int) -> tuple[Page, int | None]:
        """The page of a plane, and where its pixels begin if they are one run of the file; 0 where not stored."""
        if picture.start is not None:
            page = picture.pages[0]
            return page, picture.start + flat * page.structure.nbytes
        page = picture.pages[flat]
        structure = page.structure
        if structure.segments > 1 or structure.tile is not None or not structure.direct:
            return page, None
        start, count = strip(self._chain, page)
        if start and 0 < count < structure.nbytes:
            raise self._chain.corrupt(page.index, f"its strip has {count} bytes, its rows take {structure.nbytes}")
        return page, start

    def _page(self, out: NDArray[Any], page: Page, spans: _Spans, start: int | None) -> None:
        """Fill `out`, (planes, rows, columns, samples), from a page, whose pixels may be one run from `start` on."""
        structure = page.structure
        (first, last), *inner = spans
        for plane in range(first, last):
            part = out[plane - first]
            if start == 0:
                self._not_stored(page, part)
            elif start is not None:
                row = plane * structure.length + inner[0][0]
                self._rows(part, structure, start + row * structure.row_bytes, tuple(inner[1:]))
            elif structure.direct and structure.tile is None:
                self._strips(part, page, self._tables.of(page), plane, tuple(inner))
            else:
                self._grid(part, page, self._tables.of(page), plane, tuple(inner))

    # --- uncompressed strips

    def _strips(self, out: NDArray[Any], page: Page, segments: Segments, plane: int, spans: _Spans) -> None:
        top, bottom = spans[0]
        for start, stop, offset in self._runs(page, segments, plane, top, bottom):
            part = out[start - top : stop - top]
            if offset:
                self._rows(part, page.structure, offset, spans[1:])
            else:
                self._not_stored(page, part)

    def _runs(
        self, page: Page, segments: Segments, plane: int, top: int, bottom: int
    ) -> Iterator[tuple[int, int, int]]:
        """Runs of rows that lie together: first row, row after the last, offset; offset 0 where not stored."""
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
            raise self._chain.corrupt(
                page.index, f"strip {base + first + k} has {counts[k]} bytes, its rows take {needed[k]}"
            )
        together = (offsets[:-1] + needed[:-1] == offsets[1:]) & ~absent[:-1] & ~absent[1:]
        begins = [0, *(np.flatnonzero(~together) + 1).tolist(), last - first]
        for a, b in itertools.pairwise(begins):
            start, stop = (first + a) * rows, int(stops[b - 1])
            within = max(top - start, 0)
            offset = 0 if absent[a] else int(offsets[a]) + within * row_bytes
            yield start + within, min(stop, bottom), offset

    def _rows(self, out: NDArray[Any], structure: Structure, offset: int, spans: _Spans) -> None:
        """Fill `out`, (rows, columns, samples), with rows that lie together from `offset` on."""
        (left, right), (low, high) = spans
        width, samples, row_bytes = structure.columns, structure.contig, structure.row_bytes
        whole = (left, right, low, high) == (0, width, 0, samples)
        foreign = structure.dtype.newbyteorder(self._chain.form.order)
        if whole and out.flags.c_contiguous:
            step = len(out) if foreign == structure.dtype else max(_SWAPPED // row_bytes, 1)
            for row in range(0, len(out), step):
                flat = out[row : row + step].reshape(-1)
                self._file.read_into(flat.view(np.uint8).data, offset + row * row_bytes)
                if foreign != structure.dtype:
                    flat[...] = flat.view(foreign)  # of one axis, in place, and without the interpreter's lock
            return
        pixel = samples * structure.dtype.itemsize
        narrow = (right - left) * pixel * 4 < row_bytes and row_bytes > 1 << 15
        skip, stop = (left, right) if narrow else (0, width)
        step = 1 if narrow else max(_SCRATCH // row_bytes, 1)
        scratch = np.empty((min(step, len(out)), stop - skip, samples), foreign)
        for row in range(0, len(out), step):
            part = scratch[: len(out) - row]
            at = offset + row * row_bytes + skip * pixel
            self._file.read_into(part.reshape(-1).view(np.uint8).data, at)
            out[row : row + step] = part[:, left - skip : right - skip, low:high]

    # --- tiles, and everything compressed

    def _grid(self, out: NDArray[Any], page: Page, segments: Segments, plane: int, spans: _Spans) -> None:
        structure = page.structure
        (top, bottom), (left, right), (low, high) = spans
        rows, columns, (down, across) = structure.rows, structure.columns, structure.grid
        tables = self._chain.data(page, _JPEG_TABLES)
        for y in range(top // rows, -(-bottom // rows)):
            for x in range(left // columns, -(-right // columns)):
                index = (plane * down + y) * across + x
                y0, x0 = y * rows, x * columns
                size = min(rows, structure.length - y0), min(columns, structure.width - x0)
                ys, xs = (max(top - y0, 0), min(bottom - y0, size[0])), (max(left - x0, 0), min(right - x0, size[1]))
                part = out[y0 + ys[0] - top : y0 + ys[1] - top, x0 + xs[0] - left : x0 + xs[1] - left]
                offset, count = int(segments.offsets[index]), int(segments.counts[index])
                if not offset or not count:
                    self._not_stored(page, part)
                    continue
                try:
                    self._segment(part, structure, (offset, count), size, (ys, xs, (low, high)), tables)
                except (CorruptFileError, UnsupportedFeatureError) as error:
                    raise _located(error, self._file.path, page.index, index, bool(structure.tile)) from error

    def _segment(
        self,
        out: NDArray[Any],
        structure: Structure,
        stored: tuple[int, int],
        size: tuple[int, int],
        spans: _Spans,
        tables: bytes | None,
    ) -> None:
        """Fill `out` with a region of one strip or tile."""
        (top, bottom), (left, right), (low, high) = spans
        offset, count = stored
        if structure.direct:  # a tile: only the rows asked for
            skipped = top * structure.row_bytes
            if (bottom * structure.row_bytes) > count:
                raise CorruptFileError("it is too short", evidence=f"{count} bytes")
            self._rows(out, structure, offset + skipped, spans[1:])
            return
        if structure.compression == NONE:  # packed bits: what lies behind them is not ours
            count = min(count, (structure.rows if structure.tile else size[0]) * structure.row_bytes)
        data = self._file.read(offset, count)
        straight = structure.compression in DEFLATE and structure.plain and out.flags.c_contiguous
        rows = structure.rows if structure.tile else size[0]
        if straight and out.shape == (rows, structure.columns, structure.contig):
            flat = out.reshape(-1)
            self._decoders.inflate(data, flat.view(np.uint8).data)
            foreign = structure.dtype.newbyteorder(self._chain.form.order)
            if foreign != structure.dtype:
                flat[...] = flat.view(foreign)
            return
        pixels = self._decoders.decode(structure, data, size, tables)
        out[...] = pixels[top:bottom, left:right, low:high]

    def _not_stored(self, page: Page, out: NDArray[Any]) -> None:
        """A strip or tile that has no data, in a file with too many to have looked at them all."""
        out[...] = 0
        if not self._warned:
            self._warned = True
            warnings.warn(
                f"page {page.index} of {self._file.path} has strips or tiles that are not stored; "
                "they are filled with 0",
                AbsentPlanesWarning,
                stacklevel=2,
            )


def _together(starts: list[int | None], nbytes: int) -> Iterator[tuple[int, int]]:
    """Runs of planes of which each begins where the one before it ends."""
    first = 0
    for k in range(1, len(starts) + 1):
        before = starts[k - 1]
        if k == len(starts) or not before or starts[k] != before + nbytes:
            yield first, k
            first = k


def _four(plane: NDArray[Any], structure: Structure) -> NDArray[Any]:
    """A plane with native axes as (planes, rows, columns, samples); a view."""
    if structure.axes == "YX":
        return plane[None, :, :, None]
    return plane[..., None] if structure.planar else plane[None]


def _spans(spans: _Spans, structure: Structure) -> _Spans:
    if structure.axes == "YX":
        return ((0, 1), *spans, (0, 1))
    return (*spans, (0, 1)) if structure.planar else ((0, 1), *spans)


def _with_path(error: OmioError, path: str) -> OmioError:
    """The same error, naming the file where it does not yet."""
    if "path" in error.facts:
        return error
    what = error.what if path in error.what else f"{path}: {error.what}"
    return type(error)(what, evidence=error.evidence, remedy=error.remedy, **{**error.facts, "path": path})


def _located(error: OmioError, path: str, page: int, index: int, tiled: bool) -> OmioError:
    """The same error, saying where."""
    kind = "tile" if tiled else "strip"
    return type(error)(
        f"page {page} of {path} cannot be read: {error.what}",
        evidence=f"{kind} {index}; {error.evidence}",
        remedy=error.remedy,
        path=path,
        page=page,
        segment=index,
    )
