"""The assignment of IFDs to planes: from the TiffData of an image to the pages of its planes; it reads no pixel.

Rules: https://ome-model.readthedocs.io/en/stable/ome-tiff/specification.html, "The TiffData element". Planes that are
only declared cost nothing: the work depends on the number of IFDs that exist.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from omio_core.contract import CorruptFileError, OmeImage, Position, TiffData

from ._ifd import Chain, Page
from ._pages import PagesInOrder
from ._sets import Sources


@dataclass(frozen=True, slots=True, kw_only=True)
class Planes:
    """Axes before those of a page, slowest first, their lengths, and the image's name for messages."""

    axes: str
    lead: tuple[int, ...]
    name: str

    @property
    def total(self) -> int:
        """The number of declared planes."""
        return math.prod(self.lead)

    def place(self, at: Position) -> int:
        """The flat index of the plane at T, Z and channel `at`; -1 if there is none."""
        firsts, flat = dict(zip("TZC", at, strict=True)), 0
        for axis, n in zip(self.axes, self.lead, strict=True):
            if firsts[axis] >= n:
                return -1
            flat = flat * n + firsts[axis]
        return flat

    def flat(self, tiff_data: Iterable[TiffData]) -> Iterator[tuple[TiffData, int | None]]:
        """Each TiffData with the flat index of its first plane; None if that is outside the declared sizes."""
        (nz, wz), (nc, wc), (nt, wt) = (self._axis_step(axis) for axis in "ZCT")
        for data in tiff_data:
            z, c, t = data.first_z, data.first_c, data.first_t
            yield data, z * wz + c * wc + t * wt if z < nz and c < nc and t < nt else None

    def _axis_step(self, axis: str) -> tuple[int, int]:
        """The length of an axis, and the number of planes in one step along it."""
        k = self.axes.index(axis)
        return self.lead[k], math.prod(self.lead[k + 1 :])


_Table = dict[int, tuple[Chain, int]]


def assign(
    files: Sources, image: OmeImage, planes: Planes
) -> tuple[Mapping[int, Page], tuple[str, ...], tuple[str, ...]]:
    """From the flat index of a plane to its page, for planes that have one; missing files; assumptions."""
    table: _Table = {}
    absent: dict[str, None] = {}
    outside = 0
    tiff_data = image.tiff_data or (TiffData(),)
    budget = 16 * (files.pages + 16) + len(tiff_data)  # bounds the work: a valid file names each plane about once
    for data, flat in stretches(planes.flat(tiff_data)):
        if flat is None:
            outside += 1  # a result of cropping in ImageJ
            continue
        chain = files.chain(data)
        if chain is None:
            absent[files.absent[data.file_name, data.uuid]] = None
            continue
        ifd, number = _ifd_range(chain, data, planes, planes.total - flat)
        budget -= number
        if budget < 0:
            raise CorruptFileError(f"{planes.name} names the same planes again and again")
        for k in range(number):
            if table.setdefault(flat + k, (chain, ifd + k)) != (chain, ifd + k):
                raise CorruptFileError(
                    f"{planes.name} has two pages for one plane",
                    evidence=f"IFD {table[flat + k][1]} and IFD {ifd + k} for plane {flat + k} of {image.order}",
                )
    assumptions = []
    if outside:
        assumptions.append(f"{outside} TiffData name planes outside the declared sizes and are left out")
    if not image.tiff_data and len(table) < planes.total:
        assumptions.append(f"nothing says which planes its {len(table)} pages are: they are the first of {image.order}")
    return _find_pages(table), tuple(absent), tuple(assumptions)


def stretches(pairs: Iterable[tuple[TiffData, int | None]]) -> Iterator[tuple[TiffData, int | None]]:
    """Join TiffData of one plane each that follow one another, as planes and in their file, to one TiffData."""
    first: TiffData | None = None
    begin, n = 0, 0
    for data, flat in pairs:
        if (
            first is not None
            and data.count == 1
            and flat == begin + n
            and data.ifd == (first.ifd or 0) + n
            and (data.file_name, data.uuid) == (first.file_name, first.uuid)
        ):
            n += 1
            continue
        if first is not None:
            yield (replace(first, ifd=first.ifd or 0, count=n) if n > 1 else first), begin
        if flat is None or data.count != 1:
            first = None
            yield data, flat
        else:
            first, begin, n = data, flat, 1
    if first is not None:
        yield (replace(first, ifd=first.ifd or 0, count=n) if n > 1 else first), begin


def _ifd_range(chain: Chain, data: TiffData, planes: Planes, most: int) -> tuple[int, int]:
    """The first IFD that a TiffData names, and the number of IFDs, at most `most`."""
    ifd, count = data.ifd or 0, data.count
    if count is None:  # all of the file, or the named one (ome.xsd, TiffData/@PlaneCount)
        count = 1 if data.ifd is not None else len(chain.pages)
    number = min(count, most)
    if ifd + number > len(chain.pages):
        raise CorruptFileError(
            f"{planes.name} lacks pages",
            evidence=f"its OME-XML names IFD {ifd + number - 1} of {chain.file.path}, which has {len(chain.pages)}",
            remedy="the file is incomplete: copy it again from where it came from",
            path=chain.file.path,
        )
    return ifd, number


def _find_pages(table: _Table) -> Mapping[int, Page]:
    """The pages of the planes; a `PagesInOrder` if they stand in the file in the order of the planes."""
    if not table:
        return {}
    chain, first = table.get(0, (None, 0))
    n = len(table)
    if chain is not None and all(table.get(k) == (chain, first + k) for k in range(n)):
        return PagesInOrder(chain.pages[first : first + n])
    return {flat: chain.pages[ifd] for flat, (chain, ifd) in table.items()}
