"""The handle of an open TIFF: finds the pages that hold the planes of a box; it knows no flavour and decodes nothing.

Planes that lie together, in the file and in memory, are read at once. This module starts no thread.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from omio_core.contract import Box, ImageDescription, Location, OmioError, Opened, UnsupportedFeatureError, either

from . import _ome
from ._digests import stated_digests
from ._fill import Fill, Spans
from ._flavour import as_they_lie, pictures
from ._ifd import Chain, Page
from ._members import Members
from ._options import IGNORE, READ, ignores_description
from ._pages import first_of
from ._picture import Picture, Stack, flat_indices
from ._segments import strip_place
from ._structure import Structure

_Place = tuple[tuple[int, ...], Page, int | None]
_SIGN = np.uint16(0x8000)  # v - 32768 as int16 has the bits of v with the highest bit flipped


def open_tiff(location: Location, *, description: str = READ) -> TiffImages:
    """Open a TIFF, or the metadata file of a set.

    Parameters
    ----------
    description
        "ignore" gives the pages of this file as they lie, and asks none of its texts.

    Raises
    ------
    CorruptFileError
        The file is damaged or contradicts itself.
    LimitExceededError
        The file declares more than the settings allow.
    UnsupportedFeatureError
        The file stores its pixels in a way that OMIO does not read.
    UnknownOptionError
        `description` is neither "read" nor "ignore".
    ReadError
        The file cannot be opened or read.
    FileNotFoundError
        The file does not exist.
    """
    return TiffImages(location, _describe_pages if ignores_description(description) else None)


class TiffImages(Opened):
    """The images of an open TIFF.

    Parameters
    ----------
    describe
        From the file to its pictures; a format built on TIFF passes its own function.
    """

    def __init__(self, location: Location, describe: Callable[[Members], Sequence[Picture]] | None = None):
        self._members = Members(location)
        try:
            self._pictures = tuple((describe or _describe)(self._members))
        except OmioError as error:
            self._members.close()
            if "path" in error.facts:
                raise
            raise _add_path(error, str(location)) from error
        except BaseException:
            self._members.close()
            raise
        # for signed pixels absent data are filled with 32768, which becomes 0 when 32768 is subtracted
        self._fills = {
            signed: Fill(int(_SIGN) if signed else 0) for signed in {picture.signed for picture in self._pictures}
        }

    @property
    def images(self) -> tuple[ImageDescription, ...]:
        """The images in file order."""
        return tuple(picture.description for picture in self._pictures)

    @property
    def members(self) -> tuple[Location, ...]:
        """The file, and the existing other files of its set."""
        return self._members.locations

    def digests(self, image: int) -> tuple[str, ...] | None:
        """The digests that a file written by OMIO states of the planes of an image; None for every other file."""
        return stated_digests(self._pictures[image].description)

    def close(self) -> None:
        """Close all files."""
        self._members.close()

    def read_into(self, out: NDArray[Any], image: int, box: Box, level: int) -> None:
        """Fill `out` with `box`; see `omio_core.contract.Opened`.

        Raises
        ------
        CorruptFileError
            The file ends too soon, or a strip or tile cannot be decoded.
        UnsupportedFeatureError
            No decoder for its compression is available.
        """
        picture = self._pictures[image]
        stack, rank = picture.levels[level], len(picture.lead)
        structure = first_of(stack.pages).structure
        if out.dtype != structure.dtype:  # a description states another type of the same size, the tags none
            out = out.view(structure.dtype)
        spans = box.spans[rank:]
        places = [(index, *self._place(stack, flat)) for index, flat in flat_indices(picture.lead, box.spans[:rank])]
        fill = self._fills[picture.signed]
        if out.flags.c_contiguous and spans == tuple((0, n) for n in structure.shape):
            self._planes(fill, out, structure, places)
        else:
            for index, page, start in places:
                fill.page(_as_four_axes(out[index], page.structure), page, _spans(spans, page.structure), start)
        if picture.signed:
            np.bitwise_xor(out, _SIGN, out=out)

    def _planes(self, fill: Fill, out: NDArray[Any], structure: Structure, places: list[_Place]) -> None:
        """Fill whole planes that are contiguous in memory; one read fills all planes that lie together in the file."""
        spans = tuple((0, n) for n in structure.shape)
        rows = out.reshape(len(places), -1, structure.width, structure.contig)
        for first, last in _adjacent_runs([(page.chain, start) for _, page, start in places], structure.nbytes):
            index, page, start = places[first]
            if start:
                part = rows[first:last].reshape(-1, structure.width, structure.contig)
                fill.rows(part, page, start, ((0, structure.width), (0, structure.contig)))
            else:
                fill.page(_as_four_axes(out[index], page.structure), page, _spans(spans, page.structure), start)

    def _place(self, stack: Stack, flat: int) -> tuple[Page, int | None]:
        """The page of a plane, and the offset of its pixels if they are one run of the file; 0 if not stored."""
        if stack.start is not None:
            page = stack.pages[0]
            return page, stack.start + flat * page.structure.nbytes
        page = stack.pages[flat]
        structure = page.structure
        if structure.segments > 1 or structure.tile is not None or not structure.direct:
            return page, None
        start, count = strip_place(page)
        if start and 0 < count < structure.nbytes:
            raise page.chain.page_error(page.index, f"its strip has {count} bytes, its rows take {structure.nbytes}")
        return page, start


def _describe(members: Members) -> list[Picture]:
    if members.is_companion():
        return _ome.companion(members)
    chain = members.chain(members.location)
    try:
        return pictures(chain, members)
    except OmioError as error:
        if not _is_readable_without_texts(chain):
            raise
        raise _with_way_round(error) from error


def _describe_pages(members: Members) -> list[Picture]:
    """Describe the pages of the file without its texts."""
    if members.is_companion():
        raise UnsupportedFeatureError(
            f"{members.location} is a text, and holds no pixels",
            evidence="it begins as OME-XML",
            remedy="open a TIFF of its set",
            path=str(members.location),
        )
    return as_they_lie(members.chain(members.location))


def _is_readable_without_texts(chain: Chain) -> bool:
    try:
        as_they_lie(chain)
    except OmioError:
        return False
    return True


def _with_way_round(error: OmioError) -> OmioError:
    """The same error with a remedy that says how to read the pages without the texts."""
    remedy = IGNORE if not error.remedy else either(error.remedy, IGNORE)
    return type(error)(error.what, evidence=error.evidence, remedy=remedy, **error.facts)


def _adjacent_runs(starts: list[tuple[Chain, int | None]], nbytes: int) -> Iterator[tuple[int, int]]:
    """Runs of planes in which each begins at the end of the previous one, in the same file."""
    first = 0
    for k in range(1, len(starts) + 1):
        chain, before = starts[k - 1]
        if k == len(starts) or not before or starts[k] != (chain, before + nbytes):
            yield first, k
            first = k


def _as_four_axes(plane: NDArray[Any], structure: Structure) -> NDArray[Any]:
    """View a plane with native axes as (planes, rows, columns, samples)."""
    if structure.axes == "YX":
        return plane[None, :, :, None]
    return plane[..., None] if structure.planar else plane[None]


def _spans(spans: Spans, structure: Structure) -> Spans:
    if structure.axes == "YX":
        return ((0, 1), *spans, (0, 1))
    return (*spans, (0, 1)) if structure.planar else ((0, 1), *spans)


def _add_path(error: OmioError, path: str) -> OmioError:
    """The same error with the file's path."""
    what = error.what if path in error.what else f"{path}: {error.what}"
    return type(error)(what, evidence=error.evidence, remedy=error.remedy, **{**error.facts, "path": path})
