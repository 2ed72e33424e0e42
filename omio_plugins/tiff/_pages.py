"""Sequences of many pages: keeps tables of tags as arrays, and creates a `Page` on access; it knows no flavour.

Most pages of a file share a layout, so a question about all pages is answered once per run or by one column.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import accumulate
from typing import overload

import numpy as np
from numpy.typing import NDArray

from ._ifd import Chain, Page, PageSequence
from ._tables import Layout, Run


class Pages(Sequence[Page]):
    """Pages of one chain, in order; equal indices give the same object."""

    def __init__(self, chain: Chain, runs: Iterable[Run], cache: dict[int, Page] | None = None):
        self.chain = chain
        self.runs = tuple(run for run in runs if len(run))
        self._begins = [0, *accumulate(len(run) for run in self.runs)]  # of each run, and the end of the last
        self._cache: dict[int, Page] = {} if cache is None else cache
        self._offsets: set[int] | None = None
        self._kinds: list[Page] | None = None

    def __len__(self) -> int:
        return self._begins[-1]

    @overload
    def __getitem__(self, index: int) -> Page: ...
    @overload
    def __getitem__(self, index: slice) -> Pages: ...
    def __getitem__(self, index: int | slice) -> Page | Pages:
        if isinstance(index, slice):
            start, stop, step = index.indices(len(self))
            if step != 1:
                raise IndexError("pages are taken in steps of 1")
            return self._slice(start, stop)
        if index < 0:
            index += len(self)
        if not 0 <= index < len(self):
            raise IndexError(f"page {index} of {len(self)}")
        k = bisect_right(self._begins, index) - 1
        run = self.runs[k]
        within = index - self._begins[k]
        page = self._cache.get(run.first + within)
        if page is None:
            new_page = Page(
                run.first + within, int(run.offsets[within]), run.tables[within].tobytes(), run.layout, self.chain
            )
            page = self._cache.setdefault(run.first + within, new_page)  # two threads may have created it: keep one
        return page

    def _slice(self, start: int, stop: int) -> Pages:
        if start == 0 and stop == len(self):
            return self
        runs = []
        for run, begin in zip(self.runs, self._begins, strict=False):
            a, b = max(start - begin, 0), min(stop - begin, len(run))
            if a < b:
                runs.append(run.part(a, b))
        return self.select(runs)

    def select(self, runs: Iterable[Run]) -> Pages:
        """The pages of some runs of the same chain."""
        return Pages(self.chain, runs, self._cache)

    def offsets(self) -> set[int]:
        """The offsets of their IFDs."""
        if self._offsets is None:
            self._offsets = {offset for run in self.runs for offset in run.offsets.tolist()}
        return self._offsets

    def kinds(self) -> list[Page]:
        """The first page of each layout."""
        if self._kinds is None:
            firsts: dict[int, int] = {}
            for run, begin in zip(self.runs, self._begins, strict=False):
                firsts.setdefault(id(run.layout), begin)
            self._kinds = [self[index] for index in firsts.values()]
        return self._kinds


class PagesInOrder(Mapping[int, Page]):
    """Pages by the flat index of their plane: the first page holds plane 0, and so on."""

    def __init__(self, pages: PageSequence):
        self.pages = pages

    def __getitem__(self, index: int) -> Page:
        if not 0 <= index < len(self.pages):
            raise KeyError(index)
        return self.pages[index]

    def __iter__(self) -> Iterator[int]:
        return iter(range(len(self.pages)))

    def __len__(self) -> int:
        return len(self.pages)


def first_of(pages: Mapping[int, Page]) -> Page:
    """The page of the first plane."""
    return pages.pages[0] if isinstance(pages, PagesInOrder) else next(iter(pages.values()))


def last_pages(pages: Mapping[int, Page]) -> Iterable[Page]:
    """Pages among which is the last of the chain."""
    return (pages.pages[-1],) if isinstance(pages, PagesInOrder) else pages.values()


def kinds(pages: Mapping[int, Page]) -> list[Page]:
    """One page of each layout, in the order of their first pages."""
    if isinstance(pages, PagesInOrder):
        return pages.pages.kinds()
    firsts: dict[int, Page] = {}
    for page in pages.values():
        firsts.setdefault(id(page.layout), page)
    return list(firsts.values())


class PageCollector:
    """Collects pages in the order of the chain."""

    def __init__(self) -> None:
        self.count = 0
        self._stretches: list[tuple[Layout, list[NDArray[np.int64]], bytearray]] = []  # bytes that grow in place

    def add(self, layout: Layout, offsets: NDArray[np.int64], tables: bytes | memoryview) -> None:
        """Add pages of one layout; `tables` holds their tables one after the other."""
        if not self._stretches or self._stretches[-1][0] is not layout:
            self._stretches.append((layout, [], bytearray()))
        _, known_offsets, table_bytes = self._stretches[-1]
        known_offsets.append(offsets)
        table_bytes += tables
        self.count += len(offsets)

    def offsets(self) -> NDArray[np.int64]:
        """The offsets of all IFDs so far."""
        return np.concatenate([part for _, parts, _ in self._stretches for part in parts])

    def pages(self, chain: Chain) -> Pages:
        """All pages; nothing can be added afterwards."""
        runs, first = [], 0
        for layout, offsets, tables in self._stretches:
            rows = np.frombuffer(tables, np.uint8).reshape(-1, layout.size)
            runs.append(Run(first=first, offsets=np.concatenate(offsets), tables=rows, layout=layout))
            first += len(rows)
        return Pages(chain, runs)
