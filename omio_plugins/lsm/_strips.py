"""The corrected offsets and lengths of the strips of all planes, also beyond 4 GB; it decodes nothing.

Zeiss's programs keep all IFDs below 4 GB, and offsets of strips beyond 4 GB wrap around; the StripByteCounts of
compressed strips state their bytes before compression. tifffile's notes on LSM (its module text, BSD licence) describe
both, Bio-Formats the former (ZeissLSMReader, "fix the offsets for > 4 GB files").
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from omio_core.contract import CorruptFileError
from omio_plugins.tiff.family import NONE, STRIP_COUNTS, STRIP_OFFSETS, Chain, PageSequence, Run, Structure, numbers

_WRAP = 1 << 32
_SHORT = 1 << 20  # bytes of tables that are always allowed
_SPARE = 1 << 10  # bytes; LZW with 12 bits per byte, and its first and last codes


@dataclass(frozen=True, slots=True, kw_only=True)
class Strips:
    """Offsets and lengths in bytes of strips, int64 of shape (pages, strips per page); offset 0 means no strip.

    `needed` is the size in bytes of each strip before compression, of shape (strips per page,).
    """

    offsets: NDArray[np.int64]
    counts: NDArray[np.int64]
    needed: NDArray[np.int64]


def read(chain: Chain, pages: PageSequence, structure: Structure, depths: tuple[int, ...]) -> Strips:
    """Read the strips of `pages`, which share a structure, as the file states them.

    Raises
    ------
    CorruptFileError
        A table of strips does not lie in the file, or all tables together are longer than the file.
    """
    needed = _uncompressed_sizes(structure, depths)
    if 16 * len(pages) * len(needed) > 4 * chain.file.size + _SHORT:
        raise chain.page_error(
            pages[0].index, f"{len(pages)} pages with {len(needed)} strips each: their tables overlap"
        )
    offsets, counts = [], []
    for run in _join_runs(pages):
        offsets_of_run = numbers(chain, run, STRIP_OFFSETS, len(needed), allow_scattered=True)
        if offsets_of_run is None:
            raise chain.page_error(run.first, f"it has no offsets of its {len(needed)} strips")
        counts_of_run = numbers(chain, run, STRIP_COUNTS, len(needed), allow_scattered=True)
        offsets.append(offsets_of_run)
        counts.append(np.broadcast_to(needed, offsets_of_run.shape) if counts_of_run is None else counts_of_run)
    return Strips(offsets=np.concatenate(offsets), counts=np.concatenate(counts), needed=needed)


def _join_runs(pages: PageSequence) -> Iterator[Run]:
    """Join the runs of pages of one layout: a thumbnail lies between two pages, so each page is a run."""
    for _, group in itertools.groupby(pages.runs, key=lambda run: id(run.layout)):
        runs = list(group)
        yield replace(
            runs[0], offsets=np.concatenate([run.offsets for run in runs]),
            tables=np.concatenate([run.tables for run in runs]),
        )  # fmt: skip


def _uncompressed_sizes(structure: Structure, depths: tuple[int, ...]) -> NDArray[np.int64]:
    rows = np.full(structure.grid[0], structure.rows, np.int64)
    rows[-1] = structure.length - structure.rows * (structure.grid[0] - 1)
    depths_of_planes = depths if structure.planar else (structure.bits * structure.contig,)
    return np.concatenate([rows * structure.width * bits // 8 for bits in depths_of_planes])


def unwrap(strips: Strips, chain: Chain, structure: Structure, orders: Iterable[NDArray[np.intp]]) -> Strips:
    """Correct the offsets beyond 4 GB, in a file that is longer.

    In the order of acquisition the offsets of pages grow, so an offset smaller than the one before has wrapped around
    4 GB once more. A result counts only if every strip lies in the file and none overlaps the one before.

    Parameters
    ----------
    orders
        Possible orders of acquisition, the likelier first; each is a permutation of the indices of the pages.

    Raises
    ------
    CorruptFileError
        The offsets are inconsistent in all orders.
    """
    size = chain.file.size
    if size <= _WRAP or chain.form.big:
        return strips
    shape = strips.offsets.shape
    lengths = np.broadcast_to(strips.needed if structure.compression == NONE else np.ones_like(strips.needed), shape)
    for order in orders:
        stored = strips.offsets[order].reshape(-1)
        exists = stored > 0
        absolute = stored[exists]
        if not absolute.size:
            return strips
        absolute[1:] += np.cumsum(absolute[1:] < absolute[:-1]) * _WRAP
        ends = absolute + lengths[order].reshape(-1)[exists]
        if ends[-1] <= size and bool((absolute[1:] >= ends[:-1]).all()):
            stored[exists] = absolute
            offsets = np.empty(shape, np.int64)
            offsets[order] = stored.reshape(shape)
            return replace(strips, offsets=offsets)
    raise CorruptFileError(
        f"{chain.file.path} has strips whose places beyond 4 GB cannot be told",
        evidence=f"{shape[0]} pages in a file of {size} bytes; their offsets fit no order of taking them",
        remedy="copy the file again from where it came from, or save it again with the program that made it",
        path=chain.file.path,
    )


def recount(strips: Strips, structure: Structure, size: int) -> Strips:
    """Correct the lengths of compressed strips: up to the next strip, if the stated length is that before compression.

    Data between two strips (an IFD, a thumbnail) are read with the first strip, whose end the codec finds.
    """
    if structure.compression == NONE:
        return strips
    bounds = np.append(np.unique(strips.offsets), size)
    following = bounds[np.minimum(np.searchsorted(bounds, strips.offsets, side="right"), len(bounds) - 1)]
    room = np.minimum(following - strips.offsets, 2 * strips.needed + _SPARE)
    wrong = (strips.counts == strips.needed) | (strips.counts > room)
    inside = (strips.offsets > 0) & (strips.offsets < size) & (strips.counts > 0)
    return replace(strips, counts=np.where(wrong & inside, room, strips.counts))
