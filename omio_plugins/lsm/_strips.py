"""Where the strips of all planes lie, set right: beyond 4 GB, and as long as they are; it decodes nothing.

Zeiss's programs keep all IFDs below 4 GB and let offsets of strips wrap around beyond; and StripByteCounts of
compressed strips state their bytes before compression. Both are told in tifffile's notes on LSM (its module text,
BSD licence), the former in Bio-Formats too (ZeissLSMReader, "fix the offsets for > 4 GB files").
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from omio_core.errors import CorruptFileError
from omio_plugins.tiff._columns import numbers
from omio_plugins.tiff._ifd import Chain, PageSequence
from omio_plugins.tiff._structure import NONE, STRIP_COUNTS, STRIP_OFFSETS, Structure
from omio_plugins.tiff._tables import Run

_WRAP = 1 << 32
_SHORT = 1 << 20  # bytes of tables that never are too many
_SPARE = 1 << 10  # bytes; LZW of 12 bits a byte, and the codes it begins and ends with


@dataclass(frozen=True, slots=True, kw_only=True)
class Strips:
    """Offsets and lengths in bytes of strips, int64 of shape (pages, strips of a page); offset 0 is none.

    `needed` are the bytes of each strip before compression, of shape (strips of a page,).
    """

    offsets: NDArray[np.int64]
    counts: NDArray[np.int64]
    needed: NDArray[np.int64]


def read(chain: Chain, pages: PageSequence, structure: Structure, depths: tuple[int, ...]) -> Strips:
    """The strips of `pages`, which share a structure, as they are stated.

    Raises
    ------
    CorruptFileError
        A table of strips does not lie in the file, or all together are longer than it.
    """
    needed = _needed(structure, depths)
    if 16 * len(pages) * len(needed) > 4 * chain.file.size + _SHORT:
        raise chain.page_error(
            pages[0].index, f"{len(pages)} pages with {len(needed)} strips each: their tables overlap"
        )
    offsets, counts = [], []
    for run in _joined(pages):
        at = numbers(chain, run, STRIP_OFFSETS, len(needed), allow_scattered=True)
        if at is None:
            raise chain.page_error(run.first, f"it has no offsets of its {len(needed)} strips")
        n = numbers(chain, run, STRIP_COUNTS, len(needed), allow_scattered=True)
        offsets.append(at)
        counts.append(np.broadcast_to(needed, at.shape) if n is None else n)
    return Strips(offsets=np.concatenate(offsets), counts=np.concatenate(counts), needed=needed)


def _joined(pages: PageSequence) -> Iterator[Run]:
    """The runs of pages, those of one layout as one: between two pages there is a thumbnail, so each is a run."""
    for _, alike in itertools.groupby(pages.runs, key=lambda run: id(run.layout)):
        runs = list(alike)
        yield replace(
            runs[0], offsets=np.concatenate([run.offsets for run in runs]),
            tables=np.concatenate([run.tables for run in runs]),
        )  # fmt: skip


def _needed(structure: Structure, depths: tuple[int, ...]) -> NDArray[np.int64]:
    rows = np.full(structure.grid[0], structure.rows, np.int64)
    rows[-1] = structure.length - structure.rows * (structure.grid[0] - 1)
    each = depths if structure.planar else (structure.bits * structure.contig,)
    return np.concatenate([rows * structure.width * bits // 8 for bits in each])


def unwrapped(strips: Strips, chain: Chain, structure: Structure, orders: Iterable[NDArray[np.intp]]) -> Strips:
    """Offsets beyond 4 GB, of a file that is longer.

    Along the pages in the order they were taken offsets grow, so where one is smaller than that before it, 4 GB begin
    anew. A result counts only if every strip lies in the file and none overlaps that before it.

    Parameters
    ----------
    orders
        Orders in which the pages may have been taken, the likelier first; each a permutation of their indices.

    Raises
    ------
    CorruptFileError
        Offsets make sense in none of the orders.
    """
    size = chain.file.size
    if size <= _WRAP or chain.form.big:
        return strips
    shape = strips.offsets.shape
    lengths = np.broadcast_to(strips.needed if structure.compression == NONE else np.ones_like(strips.needed), shape)
    for order in orders:
        stored = strips.offsets[order].reshape(-1)
        there = stored > 0
        whole = stored[there]
        if not whole.size:
            return strips
        whole[1:] += np.cumsum(whole[1:] < whole[:-1]) * _WRAP
        ends = whole + lengths[order].reshape(-1)[there]
        if ends[-1] <= size and bool((whole[1:] >= ends[:-1]).all()):
            stored[there] = whole
            offsets = np.empty(shape, np.int64)
            offsets[order] = stored.reshape(shape)
            return replace(strips, offsets=offsets)
    raise CorruptFileError(
        f"{chain.file.path} has strips whose places beyond 4 GB cannot be told",
        evidence=f"{shape[0]} pages in a file of {size} bytes; their offsets fit no order of taking them",
        remedy="copy the file again from where it came from, or save it again with the program that made it",
        path=chain.file.path,
    )


def recounted(strips: Strips, structure: Structure, size: int) -> Strips:
    """Lengths of compressed strips: up to the next strip, where what is stated is the length before compression.

    What stands between two strips (an IFD, a thumbnail) is read with the first, whose end the codec knows.
    """
    if structure.compression == NONE:
        return strips
    known = np.append(np.unique(strips.offsets), size)
    following = known[np.minimum(np.searchsorted(known, strips.offsets, side="right"), len(known) - 1)]
    room = np.minimum(following - strips.offsets, 2 * strips.needed + _SPARE)
    wrong = (strips.counts == strips.needed) | (strips.counts > room)
    inside = (strips.offsets > 0) & (strips.offsets < size) & (strips.counts > 0)
    return replace(strips, counts=np.where(wrong & inside, room, strips.counts))
