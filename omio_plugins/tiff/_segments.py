"""The offsets and lengths of a page's strips and tiles; it decodes nothing."""

from __future__ import annotations

import threading
from collections import OrderedDict
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from omio_core.contract import CorruptFileError

from ._ifd import Page
from ._structure import CCITT, NONE, STRIP_COUNTS, STRIP_OFFSETS, TILE_COUNTS, TILE_OFFSETS, Structure

TYPES = {3: "u2", 4: "u4", 13: "u4", 16: "u8", 18: "u8", 1: "u1"}
"""numpy's names for the types of the tags of offsets and lengths, without the byte order."""
_CACHE_SIZE = 16  # tables of this many pages; one read needs few, and a table may have megabytes


@dataclass(frozen=True, slots=True)
class Segments:
    """Offsets and lengths in bytes of a page's strips or tiles, int64; a 0 in either means that one is not stored."""

    offsets: NDArray[np.int64]
    counts: NDArray[np.int64]

    @property
    def absent(self) -> NDArray[np.bool_]:
        """Flags of strips or tiles that are not stored (https://gdal.org/drivers/raster/gtiff.html, SPARSE_OK)."""
        nothing: NDArray[np.bool_] = (self.offsets == 0) | (self.counts == 0)
        return nothing


class SegmentTables:
    """A cache of the segments of a few pages."""

    def __init__(self) -> None:
        self._cache: OrderedDict[tuple[int, int], Segments] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, page: Page) -> Segments:
        """The segments of a page.

        Raises
        ------
        CorruptFileError
            The table does not lie in the file, or counts are missing and cannot be derived.
        """
        key = (id(page.chain), page.offset)
        with self._lock:
            segments = self._cache.get(key)
            if segments is not None:
                self._cache.move_to_end(key)
                return segments
        segments = read_segments(page)
        with self._lock:
            self._cache[key] = segments
            while len(self._cache) > _CACHE_SIZE:
                self._cache.popitem(last=False)
        return segments


def read_segments(page: Page) -> Segments:
    """Read the table of a page; errors as `SegmentTables.get`."""
    chain, structure = page.chain, page.structure
    size = chain.file.size
    tiled = chain.has(page, TILE_OFFSETS)
    offsets = _read_numbers(page, TILE_OFFSETS if tiled else STRIP_OFFSETS)
    if len(offsets) < structure.segments:
        raise chain.page_error(page.index, f"{len(offsets)} of {structure.segments} offsets can be read")
    if not tiled and structure.tile is not None:
        tiled = chain.has(page, TILE_COUNTS)  # offsets of tiles under the tag of strips: libtiff reads them
    counts = _read_numbers(page, TILE_COUNTS if tiled else STRIP_COUNTS)
    if len(counts) < len(offsets):
        counts = _estimate_counts(page, offsets)
    count_is_unknown = len(offsets) == 1 and offsets[0] > 0 and counts[0] == 0
    if count_is_unknown and (structure.compression == NONE or structure.compression in CCITT):
        # some writers do not know the length yet; libtiff and tifffile estimate it too
        counts = _estimate_counts(page, offsets)
    outside = np.flatnonzero((offsets > size) | ((offsets + counts > size) & (offsets > 0)))
    if structure.compression != NONE and outside.size:
        first = int(outside[0])
        raise chain.page_error(
            page.index,
            f"{counts[first]} bytes of its strip or tile {first} are at {offsets[first]}, the file ends at {size}",
        )
    return Segments(offsets, counts)


def _read_numbers(page: Page, code: int) -> NDArray[np.int64]:
    chain = page.chain
    tag = chain.tag(page, code)
    if tag is None or tag.type not in TYPES:
        return np.zeros(0, np.int64)
    values = np.frombuffer(chain.raw(tag), np.dtype(chain.form.order + TYPES[tag.type]))
    values = values[: page.structure.segments]
    return to_int64(values)


def to_int64(values: NDArray[np.unsignedinteger[Any]]) -> NDArray[np.int64]:
    """Offsets or lengths as int64; limited to 1 << 62, which is beyond any file and leaves room for a sum."""
    if values.dtype.itemsize == 8:
        values = np.minimum(values, 1 << 62)
    return values.astype(np.int64)


def _estimate_counts(page: Page, offsets: NDArray[np.int64]) -> NDArray[np.int64]:
    """Derive the lengths of segments whose table is missing."""
    if page.structure.compression == NONE:
        return raw_lengths(page.structure)[: len(offsets)]
    if len(offsets) == 1:
        return np.array([max(page.chain.file.size - int(offsets[0]), 0)], np.int64)
    raise page.chain.page_error(page.index, f"{len(offsets)} strips or tiles without their lengths")


def raw_lengths(structure: Structure) -> NDArray[np.int64]:
    """Bytes of each strip or tile without compression."""
    rows = np.full(structure.segments, structure.rows, np.int64)
    if structure.tile is None:
        rows[structure.grid[0] - 1 :: structure.grid[0]] -= structure.rows * structure.grid[0] - structure.length
    return rows * structure.row_bytes


def contiguous_start(pages: list[Page], planes: int) -> int:
    """The offset of a run of planes that is longer than its pages: all lie behind the first, uncompressed.

    Raises
    ------
    CorruptFileError
        The file ends before the last plane, is compressed, has a table of tags between the planes, or a page has its
        data elsewhere.
    """
    first, nbytes = pages[0], pages[0].structure.nbytes
    chain = first.chain
    offsets = read_segments(first).offsets
    start = int(offsets[0])
    is_run = first.structure.direct and first.structure.tile is None and start > 0
    ends = offsets + raw_lengths(first.structure)
    is_run = is_run and bool((ends[:-1] == offsets[1:]).all())
    others = (int(read_segments(page).offsets[0]) for page in pages[1:])
    is_contiguous = is_run and all(other == start + k * nbytes for k, other in enumerate(others, 1))
    end = start + planes * nbytes
    if not is_contiguous or end > chain.file.size or any(start <= page.offset < end for page in pages):
        raise CorruptFileError(
            f"{chain.file.path} holds fewer planes than its description says",
            evidence=f"{planes} planes of {nbytes} bytes from {start} on, {len(pages)} pages for them, and the file "
            f"ends at {chain.file.size}",
            remedy="the file is incomplete: copy it again from where it came from",
            path=chain.file.path,
            page=first.index,
        )
    return start


def strip_place(page: Page) -> tuple[int, int]:
    """Offset and bytes of the data of a page with a single strip or tile; the offset is 0 if it is not stored.

    The bytes are 0 if the writer did not know them and they can be derived.
    """
    chain = page.chain
    tiled = chain.has(page, TILE_OFFSETS)
    offset = chain.first_value(page, TILE_OFFSETS if tiled else STRIP_OFFSETS)
    count = chain.first_value(page, TILE_COUNTS if tiled else STRIP_COUNTS)
    estimated = page.structure.compression == NONE or page.structure.compression in CCITT
    return (offset or 0) if count != 0 or estimated else 0, count or 0
