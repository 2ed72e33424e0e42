"""What of an image is stored: planes, strips and tiles that exist, and where whole planes begin; it reads no pixel."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from omio_core.contract import Box, runs
from omio_core.geometry.axes import unfold

from ._ifd import Page
from ._pages import PagesInOrder, kinds
from ._segments import Segments, bounded, segments_of, strip
from ._structure import (
    CCITT,
    NONE,
    STRIP_COUNTS,
    STRIP_OFFSETS,
    TILE_COUNTS,
    TILE_OFFSETS,
    Structure,
    fits,
    most,
)
from ._tables import Form, Run

_MOST_LOOKED_AT = 1 << 20  # strips and tiles that are looked at when a file is opened, to tell which exist,
_MOST_PAGES_LOOKED_AT = 1024  # and pages: each costs a read


@dataclass(frozen=True, slots=True, kw_only=True)
class Stored:
    """What of one resolution is stored.

    Attributes
    ----------
    pages
        Those of the pages asked about that are stored, by the flat index of their plane.
    present
        The boxes of native indices that exist; None where all does.
    seen
        Offsets and lengths of the strips or tiles of every page, int64 of shape (pages, strips of a page) and in the
        order of `pages`; None where not all of them were looked at, or something is absent.
    """

    pages: Mapping[int, Page]
    present: tuple[Box, ...] | None = None
    seen: Segments | None = None


def stored(lead: tuple[int, ...], structure: Structure, pages: Mapping[int, Page]) -> Stored:
    """Look which planes, strips and tiles are stored.

    Parameters
    ----------
    lead
        Lengths of the native axes before those of a page.
    structure
        Of the first page.
    pages
        From the flat index over `lead` to the page that holds the plane.

    Raises
    ------
    CorruptFileError
        A table of strips cannot be read, or the pixels cannot lie in the file.
    """
    whole = tuple((0, n) for n in structure.shape)
    alike = kinds(pages)
    seen = None
    if structure.segments == 1:
        seen = _strips(pages)
        there = seen.offsets[:, 0] != 0
        if not there.all():
            pages = {index: page for (index, page), one in zip(pages.items(), there.tolist(), strict=True) if one}
    for page in alike:
        if not fits(page.structure, page.chain.file.size):
            _refuse_too_large(page)
    grids, several = _sparse(pages)
    if grids is None:
        if len(pages) == math.prod(lead):
            return Stored(pages=pages, seen=seen if several is None else several)
        return Stored(pages=pages, present=tuple(Box((*box.spans, *whole)) for box in planes_present(pages, lead)))
    down, across = structure.grid
    indices = (
        (*_unravel(index, lead), y, x)
        for index, grid in grids.items()
        for y, x in (np.argwhere(grid).tolist() if grid is not None else np.ndindex(down, across))
    )
    boxes = runs(indices, (*lead, down, across))
    present = tuple(Box((*box.spans[:-2], *_pixels(structure, box))) for box in boxes)
    return Stored(pages=pages, present=present)


def _strips(pages: Mapping[int, Page]) -> Segments:
    """Offset and length of the first strip or tile of every page, shape (pages, 1); offset 0 where it is not stored.

    The length is 0 where the writer did not know it, and it can be known.
    """
    offsets: list[NDArray[np.int64]] = []
    counts: list[NDArray[np.int64]] = []
    singly: list[tuple[int, int]] = []  # pages that are asked one by one, since the last array

    def close() -> None:
        if singly:
            pairs = np.array([(min(at, 1 << 62), min(n, 1 << 62)) for at, n in singly], np.int64)
            offsets.append(pairs[:, 0])
            counts.append(pairs[:, 1])
            singly.clear()

    if not isinstance(pages, PagesInOrder):
        singly.extend(map(strip, pages.values()))
    else:
        begin = 0
        for run in pages.pages.runs:
            found = _columns(pages.pages.chain.form, run) if len(run) > 1 else None
            if found is None:
                singly.extend(strip(pages[k]) for k in range(begin, begin + len(run)))
            else:
                close()
                offsets.append(found[0])
                counts.append(found[1])
            begin += len(run)
    close()
    return Segments(*(np.concatenate([np.zeros(0, np.int64), *parts]).reshape(-1, 1) for parts in (offsets, counts)))


def _columns(form: Form, run: Run) -> tuple[NDArray[np.int64], NDArray[np.int64]] | None:
    """The same of a run of pages, as `strip` has it; None where it must say."""
    tiled = TILE_OFFSETS in run.layout.positions
    offsets = run.column(form, TILE_OFFSETS if tiled else STRIP_OFFSETS)
    counts = run.column(form, TILE_COUNTS if tiled else STRIP_COUNTS)
    if offsets is None or counts is None:
        return None
    at, n = bounded(offsets), bounded(counts)
    compression = run.layout.structure.compression
    if compression != NONE and compression not in CCITT:
        at[n == 0] = 0
    return at, n


def planes_present(indices: Iterable[int], lead: tuple[int, ...]) -> tuple[Box, ...]:
    """The boxes over `lead` that hold exactly the given flat indices."""
    flat = sorted(indices)
    if flat and flat[-1] - flat[0] + 1 == len(flat):
        return tuple(Box(spans) for spans in unfold(flat[0], flat[-1] + 1, lead))
    return runs((_unravel(index, lead) for index in flat), lead)


def _unravel(index: int, lead: tuple[int, ...]) -> tuple[int, ...]:
    found: list[int] = []
    for n in reversed(lead):
        index, within = divmod(index, n)
        found.append(within)
    return tuple(reversed(found))


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


def _sparse(pages: Mapping[int, Page]) -> tuple[_Grids | None, Segments | None]:
    """Which strips or tiles of each page are stored, None for a page of which all are; None if all are of all.

    Where there are very many, nobody looks: reading one that is not stored then warns. Then their places, shape
    (pages, strips or tiles), None where not looked at or of several numbers.
    """
    if all(page.structure.segments == 1 for page in kinds(pages)):
        return None, None
    numbers = [(structure.grid, structure.segments, n) for structure, n in _counted(pages) if structure.segments > 1]
    alike = len({grid for grid, _, _ in numbers}) == 1
    many = sum(n for _, _, n in numbers)
    if not alike or many > _MOST_PAGES_LOOKED_AT or sum(each * n for _, each, n in numbers) > _MOST_LOOKED_AT:
        return None, None
    found: _Grids = {}
    looked: list[Segments] = []
    direct = next(iter(pages.values())).structure.direct
    for index, page in pages.items():
        segments = segments_of(page)
        if direct:  # only then it is asked for
            looked.append(segments)
        absent = segments.absent
        stored: NDArray[np.bool_] | None = None
        if absent.any():
            grid = page.structure.grid
            stored = np.asarray(~absent[: page.structure.segments].reshape(page.structure.planes, *grid).all(axis=0))
        found[index] = stored
    if any(stored is not None for stored in found.values()):
        return found, None
    if len({len(one.offsets) for one in looked}) != 1:
        return None, None
    return None, Segments(np.stack([one.offsets for one in looked]), np.stack([one.counts for one in looked]))


def _counted(pages: Mapping[int, Page]) -> Iterable[tuple[Structure, int]]:
    """Structures, and how many pages have each; the same one more than once."""
    if isinstance(pages, PagesInOrder):  # no page is made to find it out
        return ((run.layout.structure, len(run)) for run in pages.pages.runs)
    return ((page.structure, 1) for page in pages.values())


def _refuse_too_large(page: Page) -> None:
    """Count only what is stored, and once: absent tiles take no room, and some writers share equal ones."""
    structure, chain = page.structure, page.chain
    strips = 1
    if structure.segments > 1:
        segments = segments_of(page)
        strips = len(np.unique(segments.offsets[~segments.absent]))
    needed = strips * min(structure.rows, structure.length) * min(structure.columns, structure.width)
    if needed * structure.contig * structure.bits // 8 > most(structure, chain.file.size):
        raise chain.corrupt(
            page.index,
            f"{structure.width}x{structure.length} pixels of {structure.samples} samples of {structure.bits} bits, "
            f"compression {structure.compression}, in a file of {chain.file.size} bytes",
        )
