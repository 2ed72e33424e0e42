"""The layout by which the planes of a resolution can be memory-mapped; it reads tables of strips, and no pixel.

Planes can be mapped if the rows of each are one run of bytes, uncompressed and complete, and the planes lie at regular
distances. The check runs when a file is opened, so it uses a few operations on whole columns, whatever the number of
pages.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from omio_core.contract import MappedLayout

from ._columns import numbers
from ._ifd import Page
from ._pages import PagesInOrder, first_of, kinds
from ._segments import Segments, raw_lengths
from ._structure import STRIP_COUNTS, STRIP_OFFSETS, Structure

_MOST_RUNS = 256  # runs of pages; each costs some reads
_MOST_STRIPS = 1 << 20  # strips


def find_mapping(
    pages: Mapping[int, Page],
    lead: tuple[int, ...],
    dtype: np.dtype[Any],
    *,
    start: int | None,
    segments: Segments | None,
) -> MappedLayout | None:
    """The layout by which the planes of one resolution can be mapped; None if they cannot, or were not examined.

    Parameters
    ----------
    pages
        From the flat index over `lead` to the page that holds the plane; complete.
    lead
        Lengths of the native axes before those of a page, C order.
    dtype
        Type of the picture.
    start
        Offset of the first plane if all planes lie one after the other, as in `_picture.Stack`.
    segments
        Places of the strips of the pages, in their order, if known.
    """
    first = first_of(pages)
    chain, structure = first.chain, first.structure
    if not all(page.chain is chain and _has_plain_rows(page.structure, structure) for page in kinds(pages)):
        return None
    if start is not None:  # `start` was verified when it was found
        begin: int = start
        strides: tuple[int, ...] | None = tuple(structure.nbytes * math.prod(lead[k + 1 :]) for k in range(len(lead)))
    else:
        starts = _starts(pages, structure, segments if segments is not None else _read_tables(pages, structure))
        if starts is None or len(starts) != math.prod(lead):
            return None
        begin, strides = int(starts[0]), _distances(starts.reshape(lead), dtype.itemsize)
        if int(starts.max()) + structure.nbytes > chain.file.size:
            return None
    if strides is None:
        return None
    pixel = structure.contig * dtype.itemsize
    page_strides = {"Y": structure.row_bytes, "X": pixel, "S": dtype.itemsize}
    return MappedLayout(
        location=chain.location,
        offset=begin,
        strides=(*strides, *(page_strides[axis] for axis in structure.axes)),
        dtype=dtype.newbyteorder(chain.form.order).str,
    )


def _has_plain_rows(structure: Structure, first: Structure) -> bool:
    """Whether the strips of a page hold its rows unchanged, cut as on the first page."""
    has_rows = structure.direct and structure.tile is None and not structure.planar
    return has_rows and (structure.shape, structure.dtype, structure.rows) == (first.shape, first.dtype, first.rows)


def _starts(pages: Mapping[int, Page], structure: Structure, segments: Segments | None) -> NDArray[np.int64] | None:
    """The offset of each plane, in the order of flat indices; None unless every plane is one stored run of rows."""
    if segments is None or segments.offsets.shape != (len(pages), structure.segments):
        return None
    offsets, needed = segments.offsets, raw_lengths(structure)
    long_enough = (segments.counts >= needed) | (segments.counts == 0 if structure.segments == 1 else False)
    if not long_enough.all() or not offsets.all() or not (offsets[:, :-1] + needed[:-1] == offsets[:, 1:]).all():
        return None
    starts: NDArray[np.int64] = offsets[:, 0]
    if isinstance(pages, PagesInOrder):
        return starts
    return starts[np.argsort(np.fromiter(pages, np.int64, len(pages)))]


def _distances(starts: NDArray[np.int64], itemsize: int) -> tuple[int, ...] | None:
    """Bytes from one index to the next along each axis; None if irregular, or no multiple of a pixel."""
    base = int(starts.flat[0])
    regular = np.full(starts.shape, base, np.int64)
    distances = []
    for k, n in enumerate(starts.shape):
        step = int(starts[(0,) * k + (1,) + (0,) * (starts.ndim - k - 1)]) - base if n > 1 else 0
        if step < 0 or step % itemsize:
            return None
        regular += (step * np.arange(n, dtype=np.int64)).reshape(-1, *(1,) * (starts.ndim - k - 1))
        distances.append(step)
    return tuple(distances) if np.array_equal(starts, regular) else None


# --- tables of several strips per page, for more pages than can be read one by one


def _read_tables(pages: Mapping[int, Page], structure: Structure) -> Segments | None:
    """Places of the strips of all pages, shape (pages, strips); None if their tables are not close together."""
    if not isinstance(pages, PagesInOrder) or len(pages.pages.runs) > _MOST_RUNS:
        return None
    if structure.segments * len(pages) > _MOST_STRIPS:
        return None
    chain = pages.pages.chain
    offsets, counts = [], []
    for run in pages.pages.runs:
        at = numbers(chain, run, STRIP_OFFSETS, structure.segments)
        n = None if at is None else numbers(chain, run, STRIP_COUNTS, structure.segments)
        if at is None or n is None:
            return None
        offsets.append(at)
        counts.append(n)
    return Segments(np.concatenate(offsets), np.concatenate(counts))
