"""The resolutions of an image: its pages, and the smaller pictures in SubIFDs or behind them; it reads no pixel.

A page names smaller pictures in its tag SubIFDs (Adobe PageMaker 6.0 TIFF Technical Notes, note 1; for OME-TIFF
https://ome-model.readthedocs.io/en/stable/ome-tiff/specification.html, "Sub-resolutions"), or they follow it in the
chain with bit 0 of NewSubfileType set (TIFF 6.0, section 8).

A damaged SubIFD is an error although the full resolution may be intact: one damaged table casts doubt on the whole
file, and a picture that silently loses its pyramid is slow although its maker prevented that. An intact picture that is
no smaller copy of the image is left out, and a note reports it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from omio_core.contract import UnsupportedFeatureError

from ._chain import Tables
from ._ifd import Chain, Page
from ._pages import first_of, kinds
from ._picture import Stack
from ._structure import MASK, SUB_IFDS, Structure
from ._tables import Run

_MOST_SUB_IFDS = 64  # of one page: each resolution is half of the one before, and no width exceeds 2**64
_TABLE = 1 << 10  # bytes in which nearly every table of tags fits
_POINTERS = (4, 13, 16, 18)  # LONG, IFD, LONG8, IFD8
_LSM = 34412  # the reduced pages of Zeiss LSM files are thumbnails: 128 pixels, in colour


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A possible smaller resolution.

    Attributes
    ----------
    name
        A description of its place, for messages.
    pages
        From the flat index of a plane to its page.
    refusal
        Why it is no smaller resolution; empty if nothing speaks against it so far.
    """

    name: str
    pages: Mapping[int, Page]
    refusal: str = ""


def stacks(pages: Mapping[int, Page], candidates: Sequence[Candidate] = ()) -> list[Stack]:
    """The full resolution, and every smaller one that all pages have, in order of decreasing size.

    Parameters
    ----------
    pages
        From the flat index of a plane to its page.
    candidates
        Candidates besides those that the pages name as SubIFDs.

    Raises
    ------
    CorruptFileError
        A SubIFD lies outside the file, is invalid, is a page of the main chain, or is named twice.
    LimitExceededError
        There are more pages than the settings allow.
    """
    alike = kinds(pages)
    if not candidates and not any(page.chain.has(page, SUB_IFDS) for page in alike):
        return [Stack(pages=pages)]
    sub_ifds, notes = _sub_ifd_candidates(pages)
    return _select(pages, [*sub_ifds, *candidates], notes)


def _select(pages: Mapping[int, Page], candidates: Sequence[Candidate], notes: list[str]) -> list[Stack]:
    """The stack of the full resolution with the notes, and the stacks of all candidates that are smaller ones."""
    full = first_of(pages).structure
    by_size: dict[tuple[int, int], Candidate] = {}
    for candidate in candidates:
        why = candidate.refusal or _find_mismatch(full, candidate.pages)
        structure = first_of(candidate.pages).structure if candidate.pages else full
        size = structure.width, structure.length
        if not why and size in by_size:
            why = f"it is as large as {by_size[size].name}"
        if why:
            notes.append(f"{candidate.name} is no smaller resolution of the picture: {why}; it is left out")
        else:
            by_size[size] = candidate
    order = sorted(by_size, key=lambda size: size[0] * size[1], reverse=True)
    return [Stack(pages=pages, notes=tuple(notes)), *(Stack(pages=by_size[size].pages) for size in order)]


def _find_mismatch(full: Structure, pages: Mapping[int, Page]) -> str:
    """The reason why pages are no smaller resolution of a picture; empty if they are one."""
    alike = [page.structure for page in kinds(pages)]
    small = alike[0]
    if any(other.shape != small.shape for other in alike):
        return "it is not of one size on all pages"
    if any((s.axes, s.dtype, s.samples) != (full.axes, full.dtype, full.samples) for s in alike):
        return f"it has {small.axes} of {small.dtype}, the picture {full.axes} of {full.dtype}, or other samples"
    if any(s.photometric == MASK or s.subfile & 0b100 for s in alike):
        return "it is a mask"
    if small.width > full.width or small.length > full.length or small.nbytes == full.nbytes:
        return f"it has {small.width}x{small.length} pixels, the picture {full.width}x{full.length}"
    reduced = all(s.subfile & 0b1 for s in alike)
    if not reduced and not _same_shape(full, small):
        return f"it is not marked as reduced, and {small.width}x{small.length} pixels are of another shape"
    return ""


def _same_shape(full: Structure, small: Structure) -> bool:
    """Whether two sizes differ by one factor, up to the rounding of a pixel."""
    across = full.width / (small.width + 1), full.width / max(small.width - 1, 0.5)
    down = full.length / (small.length + 1), full.length / max(small.length - 1, 0.5)
    return across[0] <= down[1] and down[0] <= across[1]


def _sub_ifd_candidates(pages: Mapping[int, Page]) -> tuple[list[Candidate], list[str]]:
    """Candidates of the SubIFDs of all pages, the first ones together, and notes on SubIFDs that some pages lack."""
    offsets = {index: _offsets(page) for index, page in pages.items()}
    shared = min(map(len, offsets.values()))
    notes = []
    if shared < max(map(len, offsets.values())):
        notes.append(f"some pages have more SubIFDs than others; only the first {shared} of each are looked at")
    readers = {id(page.chain): _SubIfdReader(page.chain) for page in kinds(pages)}
    by_chain: dict[int, list[int]] = {number: [] for number in readers}
    for index, page in pages.items():
        by_chain[id(page.chain)] += offsets[index][:shared]
    for number, reader in readers.items():
        reader.prefetch(by_chain[number])
    candidates = [_sub_ifd_candidate(pages, offsets, k, readers) for k in range(shared)]
    return candidates, notes


def _sub_ifd_candidate(
    pages: Mapping[int, Page], offsets: Mapping[int, tuple[int, ...]], k: int, readers: Mapping[int, _SubIfdReader]
) -> Candidate:
    """The candidate of SubIFD `k` of every page."""
    name = f"SubIFD {k}"
    sub_pages: dict[int, Page] = {}
    refusal = ""
    for index, page in pages.items():
        try:
            sub_pages[index] = readers[id(page.chain)].read(page, offsets[index][k])
        except UnsupportedFeatureError as error:  # it is intact, but no copy of a picture that OMIO reads
            refusal = f"{error.what} ({error.evidence})"
    return Candidate(name=name, pages=sub_pages, refusal=refusal)


def _offsets(page: Page) -> tuple[int, ...]:
    chain = page.chain
    tag = chain.tag(page, SUB_IFDS)
    if tag is None:
        return ()
    if tag.type not in _POINTERS:
        raise chain.page_error(page.index, f"its SubIFDs are of type {tag.type}, which is no offset")
    return chain.values(page, SUB_IFDS, _MOST_SUB_IFDS)


class _SubIfdReader:
    """Reads the SubIFDs of one file, none twice and none of the main chain; ignores the SubIFDs of SubIFDs."""

    def __init__(self, chain: Chain):
        self._chain, self._tables = chain, Tables(chain)
        self._main = chain.pages.offsets()
        self._seen: set[int] = set()

    def prefetch(self, offsets: Sequence[int]) -> None:
        """Hint that the SubIFDs at `offsets` are read next."""
        file = self._chain.file
        file.prefetch([(at, min(_TABLE, file.size - at)) for at in offsets if 0 < at < file.size])

    def read(self, page: Page, offset: int) -> Page:
        """The SubIFD at `offset` that `page` names."""
        if offset in self._main:
            raise self._chain.page_error(page.index, f"its SubIFD at {offset} is a page of the main chain")
        if offset in self._seen:
            raise self._chain.page_error(page.index, f"its SubIFD at {offset} is named twice")
        self._seen.add(offset)
        self._tables.check_page_count(len(self._main) + len(self._seen) - 1)
        table, layout, _ = self._tables.read(offset, page.index)
        return Page(page.index, offset, table, layout, self._chain)


def reduced_candidates(pages: Mapping[int, Page]) -> list[Candidate]:
    """Candidates of reduced pages of the main chain that follow the pages of an image.

    n pages of the image are followed by n pages of each smaller size; n is 1 if every page has its pyramid behind it.
    Reduced pages in any other order are no pyramid.
    """
    chain = first_of(pages).chain
    has_none = not any(_is_reduced(run) for run in chain.pages.runs)  # true of most files; creates no page
    if has_none or chain.has(chain.pages[0], _LSM):
        return []
    indices = {page.index: plane for plane, page in pages.items()}
    behind: dict[int, dict[int, Page]] = {}
    for start, stop in _stretches(sorted(indices)):
        n = stop - start
        for k, at in enumerate(range(stop, len(chain.pages), n)[:_MOST_SUB_IFDS]):
            block = chain.pages[at : min(at + n, len(chain.pages))]
            reduced_runs = [run for run in block.runs if _is_reduced(run)]
            if sum(map(len, reduced_runs)) < n or len({run.layout.structure.shape for run in reduced_runs}) > 1:
                break
            for i, page in enumerate(block):
                behind.setdefault(k, {})[indices[start + i]] = page
    candidates = []
    for k, reduced_pages in behind.items():
        refusal = "" if len(reduced_pages) == len(pages) else f"{len(reduced_pages)} of {len(pages)} pages have it"
        candidates.append(Candidate(name=f"reduced page {k} behind each page", pages=reduced_pages, refusal=refusal))
    return candidates


def _is_reduced(run: Run) -> bool:
    """Whether NewSubfileType marks pages as a reduced resolution, and not as masks."""
    return run.layout.structure.subfile & 0b101 == 1


def _stretches(indices: Sequence[int]) -> list[tuple[int, int]]:
    """Runs of whole numbers, half-open."""
    stretches: list[tuple[int, int]] = []
    for index in indices:
        if stretches and stretches[-1][1] == index:
            stretches[-1] = stretches[-1][0], index + 1
        else:
            stretches.append((index, index + 1))
    return stretches
