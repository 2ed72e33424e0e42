"""The search for the stored planes, strips and tiles of an image, and their offsets; it reads no pixel."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from omio_core.contract import Box, runs, unfold

from ._ifd import Page
from ._pages import PagesInOrder, kinds
from ._segments import Segments, read_segments, strip_place, to_int64
from ._structure import (
    CCITT,
    NONE,
    STRIP_COUNTS,
    STRIP_OFFSETS,
    TILE_COUNTS,
    TILE_OFFSETS,
    Structure,
    can_fit,
    expansion_limit,
)
from ._tables import Form, Run

_MOST_LOOKED_AT = 1 << 20  # strips and tiles that are checked for existence when a file is opened,
_MOST_PAGES_LOOKED_AT = 1024  # and pages: each costs a read


@dataclass(frozen=True, slots=True, kw_only=True)
class Presence:
    """The stored part of one resolution.

    Attributes
    ----------
    pages
        The stored pages, by the flat index of their plane.
    present
        The boxes of native indices that exist; None if all exist.
    segments
        Offsets and lengths of the strips or tiles of every page, int64 of shape (pages, strips of a page) and in the
        order of `pages`; None if not all of them were examined, or something is absent.
    """

    pages: Mapping[int, Page]
    present: tuple[Box, ...] | None = None
    segments: Segments | None = None


def find_presence(lead: tuple[int, ...], structure: Structure, pages: Mapping[int, Page]) -> Presence:
    """Find the planes, strips and tiles that are stored.

    Parameters
    ----------
    lead
        Lengths of the native axes before those of a page.
    structure
        Structure of the first page.
    pages
        From the flat index over `lead` to the page that holds the plane.

    Raises
    ------
    CorruptFileError
        A table of strips cannot be read, or the pixels cannot lie in the file.
    """
    page_spans = tuple((0, n) for n in structure.shape)
    alike = kinds(pages)
    segments = None
    if structure.segments == 1:
        segments = _read_strips(pages)
        exists = segments.offsets[:, 0] != 0
        if not exists.all():
            pages = {
                index: page for (index, page), is_there in zip(pages.items(), exists.tolist(), strict=True) if is_there
            }
    for page in alike:
        if not can_fit(page.structure, page.chain.file.size):
            _refuse_too_large(page)
    grids, several = _find_absent(pages)
    if grids is None:
        if len(pages) == math.prod(lead):
            return Presence(pages=pages, segments=segments if several is None else several)
        return Presence(
            pages=pages, present=tuple(Box((*box.spans, *page_spans)) for box in planes_present(pages, lead))
        )
    down, across = structure.grid
    indices = (
        (*_unravel(index, lead), y, x)
        for index, grid in grids.items()
        for y, x in (np.argwhere(grid).tolist() if grid is not None else np.ndindex(down, across))
    )
    boxes = runs(indices, (*lead, down, across))
    present = tuple(Box((*box.spans[:-2], *_pixels(structure, box))) for box in boxes)
    return Presence(pages=pages, present=present)


def _read_strips(pages: Mapping[int, Page]) -> Segments:
    """Offset and length of the first strip or tile of every page, shape (pages, 1); offset 0 if it is not stored.

    The length is 0 if the writer did not know it and it can be derived.
    """
    offsets: list[NDArray[np.int64]] = []
    counts: list[NDArray[np.int64]] = []
    singly: list[tuple[int, int]] = []  # pages read one by one since the last array

    def close() -> None:
        if singly:
            pairs = np.array([(min(at, 1 << 62), min(n, 1 << 62)) for at, n in singly], np.int64)
            offsets.append(pairs[:, 0])
            counts.append(pairs[:, 1])
            singly.clear()

    if not isinstance(pages, PagesInOrder):
        singly.extend(map(strip_place, pages.values()))
    else:
        begin = 0
        for run in pages.pages.runs:
            columns = _read_columns(pages.pages.chain.form, run) if len(run) > 1 else None
            if columns is None:
                singly.extend(strip_place(pages[k]) for k in range(begin, begin + len(run)))
            else:
                close()
                offsets.append(columns[0])
                counts.append(columns[1])
            begin += len(run)
    close()
    return Segments(*(np.concatenate([np.zeros(0, np.int64), *parts]).reshape(-1, 1) for parts in (offsets, counts)))


def _read_columns(form: Form, run: Run) -> tuple[NDArray[np.int64], NDArray[np.int64]] | None:
    """The same for a run of pages, as by `strip_place`; None if `strip_place` must read each page."""
    tiled = TILE_OFFSETS in run.layout.positions
    offsets = run.column(form, TILE_OFFSETS if tiled else STRIP_OFFSETS)
    counts = run.column(form, TILE_COUNTS if tiled else STRIP_COUNTS)
    if offsets is None or counts is None:
        return None
    at, n = to_int64(offsets), to_int64(counts)
    compression = run.layout.structure.compression
    if compression != NONE and compression not in CCITT:
        at[n == 0] = 0
    return at, n


def planes_present(indices: Iterable[int], lead: tuple[int, ...]) -> tuple[Box, ...]:
    """The boxes over `lead` that hold exactly these flat indices."""
    flat = sorted(indices)
    if flat and flat[-1] - flat[0] + 1 == len(flat):
        return tuple(Box(spans) for spans in unfold(flat[0], flat[-1] + 1, lead))
    return runs((_unravel(index, lead) for index in flat), lead)


def _unravel(index: int, lead: tuple[int, ...]) -> tuple[int, ...]:
    indices: list[int] = []
    for n in reversed(lead):
        index, within = divmod(index, n)
        indices.append(within)
    return tuple(reversed(indices))


def _pixels(structure: Structure, box: Box) -> tuple[tuple[int, int], ...]:
    """The pixels of a box of strips or tiles, whose last two axes are down and across."""
    (top, bottom), (left, right) = box.spans[-2:]
    spans = {
        "Y": (top * structure.rows, min(bottom * structure.rows, structure.length)),
        "X": (left * structure.columns, min(right * structure.columns, structure.width)),
        "S": (0, structure.samples),
    }
    return tuple(spans[a] for a in structure.axes)


_Grids = dict[int, NDArray[np.bool_] | None]


def _find_absent(pages: Mapping[int, Page]) -> tuple[_Grids | None, Segments | None]:
    """Flags of the stored strips or tiles of each page, and the places of all.

    The flags are None for a page with all of them, and None as a whole if no page lacks any. If there are very many,
    none is checked: reading one that is not stored then warns. The places have the shape (pages, strips or tiles);
    None if they were not examined, or pages differ in their number.
    """
    if all(page.structure.segments == 1 for page in kinds(pages)):
        return None, None
    numbers = [
        (structure.grid, structure.segments, n) for structure, n in _count_structures(pages) if structure.segments > 1
    ]
    alike = len({grid for grid, _, _ in numbers}) == 1
    total = sum(n for _, _, n in numbers)
    if not alike or total > _MOST_PAGES_LOOKED_AT or sum(per_page * n for _, per_page, n in numbers) > _MOST_LOOKED_AT:
        return None, None
    grids: _Grids = {}
    all_segments: list[Segments] = []
    direct = next(iter(pages.values())).structure.direct
    for index, page in pages.items():
        segments = read_segments(page)
        if direct:  # only then the places are needed
            all_segments.append(segments)
        absent = segments.absent
        exists: NDArray[np.bool_] | None = None
        if absent.any():
            grid = page.structure.grid
            exists = np.asarray(~absent[: page.structure.segments].reshape(page.structure.planes, *grid).all(axis=0))
        grids[index] = exists
    if any(exists is not None for exists in grids.values()):
        return grids, None
    if len({len(table.offsets) for table in all_segments}) != 1:
        return None, None
    return None, Segments(
        np.stack([table.offsets for table in all_segments]), np.stack([table.counts for table in all_segments])
    )


def _count_structures(pages: Mapping[int, Page]) -> Iterable[tuple[Structure, int]]:
    """Structures, and the number of pages with each; a structure may occur more than once."""
    if isinstance(pages, PagesInOrder):  # creates no page
        return ((run.layout.structure, len(run)) for run in pages.pages.runs)
    return ((page.structure, 1) for page in pages.values())


def _refuse_too_large(page: Page) -> None:
    """Raise if the stored strips or tiles cannot lie in the file.

    Each counts once: absent tiles take no room, and some writers share equal ones.
    """
    structure, chain = page.structure, page.chain
    strips = 1
    if structure.segments > 1:
        segments = read_segments(page)
        strips = len(np.unique(segments.offsets[~segments.absent]))
    needed = strips * min(structure.rows, structure.length) * min(structure.columns, structure.width)
    if needed * structure.contig * structure.bits // 8 > expansion_limit(structure, chain.file.size):
        raise chain.page_error(
            page.index,
            f"{structure.width}x{structure.length} pixels of {structure.samples} samples of {structure.bits} bits, "
            f"compression {structure.compression}, in a file of {chain.file.size} bytes",
        )
