"""From pages to a description: axes, what exists, blocks; every flavour ends here, and it knows none of them."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from omio_core.axes import unfold
from omio_core.contract import Box, Described, Level, runs
from omio_core.contract import no_facts as no_facts
from omio_core.errors import LimitExceededError

from ._ifd import Form, Page
from ._pages import Numbered, Run, first_of, kinds
from ._segments import segments_of, strip
from ._structure import CCITT, NONE, STRIP_COUNTS, STRIP_OFFSETS, TILE_COUNTS, TILE_OFFSETS, Structure, fits, most

_LARGEST_BLOCK = 8 << 20  # bytes; smaller ones cost more to hand over than to read, larger ones keep cores waiting
_ALWAYS_ALLOWED = 256 << 20  # bytes that a small file may expand to: blank pictures compress beyond any ratio
_MOST_LOOKED_AT = 1 << 20  # strips and tiles that are looked at when a file is opened, to tell which exist,
_MOST_PAGES_LOOKED_AT = 1024  # and pages: each costs a read


@dataclass(frozen=True, slots=True, kw_only=True)
class Stack:
    """Where the planes of one resolution lie.

    Attributes
    ----------
    pages
        From the flat index over the axes before those of a page, C order, to the page that holds the plane.
    start
        Where all planes lie one after the other, uncompressed, though only the first has an IFD: their offset.
    notes
        What of the resolutions was left out, in sentences; of the first stack only.
    """

    pages: Mapping[int, Page]
    start: int | None = None
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """A description, and where its planes lie.

    Attributes
    ----------
    lead
        Lengths of the native axes before those of a page.
    levels
        Where the planes of each resolution lie.
    """

    described: Described
    lead: tuple[int, ...]
    levels: tuple[Stack, ...]


def picture(
    *,
    axes: str = "",
    lead: Sequence[int] = (),
    stacks: Sequence[Stack],
    page_axes: str | None = None,
    dtype: np.dtype[Any] | None = None,
    **said: Any,
) -> Picture:
    """Describe an image of pages that look alike.

    Parameters
    ----------
    axes, lead
        Axes before those of a page, and their lengths; those of length 1 are left out of the description.
    stacks
        Where the planes lie, full resolution first.
    page_axes
        Letters for the axes of a page, where they are other than its structure says.
    dtype
        Of the same size as the structure's, where it is another.
    **said
        What else an `omio_core.contract.Described` takes: facts, name, kind, assumptions, vendor.

    Raises
    ------
    CorruptFileError, LimitExceededError
        The pixels cannot lie in the file, or are more than the settings allow a file of that size to hold.
    """
    structure = first_of(stacks[0].pages).structure
    long = [(a, n) for a, n in zip(axes, lead, strict=True) if n > 1]
    lengths = tuple(n for _, n in long)
    found = [_level(stack, lengths) for stack in stacks]
    said["assumptions"] = (*said.get("assumptions", ()), *stacks[0].notes)
    described = Described(
        axes="".join(a for a, _ in long) + (page_axes or structure.axes),
        dtype=dtype or structure.dtype,
        levels=tuple(level for level, _ in found),
        **said,
    )
    return Picture(described=described, lead=lengths, levels=tuple(stack for _, stack in found))


def _level(stack: Stack, lead: tuple[int, ...]) -> tuple[Level, Stack]:
    """The description of one resolution, and its planes that are stored."""
    structure = first_of(stack.pages).structure
    present = None
    if stack.start is None:
        pages, present = _existing(lead, structure, stack.pages)
        stack = Stack(pages=pages)
    _hold(stack, structure, len(stack.pages) if stack.start is None else math.prod(lead))
    blocks = (*(1 for _ in lead), *_block(structure))
    return Level(shape=(*lead, *structure.shape), blocks=blocks, present=present), stack


def _block(structure: Structure) -> tuple[int, ...]:
    """The unit of access of a page: rows, a tile, or equal parts of the plane where any rows can be read."""
    rows, columns = structure.rows, min(structure.columns, structure.width)
    if structure.direct and structure.tile is None:
        parts = -(-structure.length * structure.row_bytes // _LARGEST_BLOCK)
        rows = -(-structure.length // min(parts, structure.length))
    sizes = {"Y": min(rows, structure.length), "X": columns, "S": structure.contig}
    return tuple(sizes[a] for a in structure.axes)


def _hold(stack: Stack, structure: Structure, planes: int) -> None:
    """Hold the size of an image against what a file of this size may expand to."""
    chains = {page.chain.file.path: page.chain for page in kinds(stack.pages)}
    if not chains:  # nothing is stored
        return
    files = {path: chain.file.size for path, chain in chains.items()}
    total, size = planes * structure.nbytes, sum(files.values())
    limit = max(_ALWAYS_ALLOWED, size * next(iter(chains.values())).settings.max_expansion)
    if total > limit:
        path = next(iter(files))
        raise LimitExceededError(
            f"{path} declares a picture of {total} bytes",
            evidence=f"there are {size} bytes; at most {limit} are allowed",
            remedy="raise OMIO_MAX_EXPANSION if the file is to be trusted",
            path=path,
        )


def _existing(
    lead: tuple[int, ...], structure: Structure, pages: Mapping[int, Page]
) -> tuple[Mapping[int, Page], tuple[Box, ...] | None]:
    """The planes that are stored, and the boxes of what exists; None where all does."""
    whole = tuple((0, n) for n in structure.shape)
    alike = kinds(pages)
    if structure.segments == 1:
        absent = _unstored(pages)
        if absent:
            pages = {index: page for index, page in pages.items() if index not in absent}
    for page in alike:
        if not fits(page.structure, page.chain.file.size):
            _refuse_too_large(page)
    grids = _sparse(pages)
    if grids is None:
        if len(pages) == math.prod(lead):
            return pages, None
        return pages, tuple(Box((*box.spans, *whole)) for box in planes_present(pages, lead))
    down, across = structure.grid
    indices = (
        (*_unravel(index, lead), y, x)
        for index, stored in grids.items()
        for y, x in (np.argwhere(stored).tolist() if stored is not None else np.ndindex(down, across))
    )
    boxes = runs(indices, (*lead, down, across))
    return pages, tuple(Box((*box.spans[:-2], *_pixels(structure, box))) for box in boxes)


def _unstored(pages: Mapping[int, Page]) -> set[int]:
    """The planes whose one strip or tile is not stored."""
    if not isinstance(pages, Numbered):
        return {index for index, page in pages.items() if not strip(page)[0]}
    found: set[int] = set()
    begin = 0
    for run in pages.pages.runs:
        absent = _column_absent(pages.pages.chain.form, run) if len(run) > 1 else None
        if absent is None:
            found.update(k for k in range(begin, begin + len(run)) if not strip(pages[k])[0])
        elif absent.any():
            found.update((np.flatnonzero(absent) + begin).tolist())
        begin += len(run)
    return found


def _column_absent(form: Form, run: Run) -> np.ndarray[Any, Any] | None:
    """Of each page of a run whether its one strip or tile is not stored, as `strip` has it; None where it must say."""
    tiled = TILE_OFFSETS in run.layout.positions
    offsets = run.column(form, TILE_OFFSETS if tiled else STRIP_OFFSETS)
    counts = run.column(form, TILE_COUNTS if tiled else STRIP_COUNTS)
    if offsets is None or counts is None:
        return None
    compression = run.layout.structure.compression
    if compression == NONE or compression in CCITT:
        return np.asarray(offsets == 0)
    return np.asarray((offsets == 0) | (counts == 0))


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


def _sparse(pages: Mapping[int, Page]) -> dict[int, np.ndarray[Any, Any] | None] | None:
    """Which strips or tiles of each page are stored, None for a page of which all are; None if all are of all.

    Where there are very many, nobody looks: reading one that is not stored then warns.
    """
    if all(page.structure.segments == 1 for page in kinds(pages)):
        return None
    many = [page for page in pages.values() if page.structure.segments > 1]
    alike = len({page.structure.grid for page in many}) == 1
    if not alike or len(many) > _MOST_PAGES_LOOKED_AT or sum(p.structure.segments for p in many) > _MOST_LOOKED_AT:
        return None
    found: dict[int, np.ndarray[Any, Any] | None] = {}
    for index, page in pages.items():
        absent = segments_of(page).absent
        stored: np.ndarray[Any, Any] | None = None
        if absent.any():
            grid = page.structure.grid
            stored = np.asarray(~absent[: page.structure.segments].reshape(page.structure.planes, *grid).all(axis=0))
        found[index] = stored
    return found if any(stored is not None for stored in found.values()) else None


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


def flat_indices(lead: Sequence[int], spans: Sequence[tuple[int, int]]) -> Iterable[tuple[tuple[int, ...], int]]:
    """Each index tuple of a box, counted from the box's start, with its flat index over `lead`."""
    strides = [math.prod(lead[k + 1 :]) for k in range(len(lead))]
    for index in itertools.product(*(range(stop - start) for start, stop in spans)):
        yield index, sum((i + a) * s for i, (a, _), s in zip(index, spans, strides, strict=True))
