"""Where OME-XML contradicts its pages: pages and TiffData decide, and each contradiction is said; it reads no pixel."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from omio_core.contract import DIMENSION_ORDERS, CorruptFileError, OmeImage, TiffData

from ._ifd import Page
from ._pages import kinds
from ._sets import Home, Sources
from ._structure import Structure

TYPES = {
    "int8": "i1", "int16": "i2", "int32": "i4", "uint8": "u1", "uint16": "u2", "uint32": "u4", "float": "f4",
    "double": "f8", "complex": "c8", "double-complex": "c16", "bit": "bool",
}  # fmt: skip
"""From the values of Pixels/@Type to numpy's types."""

UNLABELLED = "Q"


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """A value that decides where OME-XML and pages differ, and what is said of it.

    Attributes
    ----------
    warnings
        Sentences of which the user is warned; empty if the two agree.
    """

    value: Any
    warnings: tuple[str, ...] = ()


# --- the order of the planes


def order(image: OmeImage, lengths: Mapping[str, int]) -> Judgement:
    """The axes Z, C and T, slowest first, in the order of the pages; `UNLABELLED` if nothing states that order.

    Parameters
    ----------
    image
        Its DimensionOrder may be none: ilastik leaves out axes of length 1, as in ``XYCZ``.
    lengths
        Lengths along T, Z and channels.
    """
    if image.order in DIMENSION_ORDERS:
        return Judgement(value=image.order[:1:-1])
    letters = image.order.upper()
    stated = [a for a in dict.fromkeys(letters[2:]) if a in "ZCT"] if letters.startswith("XY") else []
    long = [a for a in "ZCT" if lengths[a] > 1]
    what = f"DimensionOrder is {image.order[:40]!r}, which is none" if image.order else "there is no DimensionOrder"
    axes = "".join(reversed([*stated, *(a for a in "ZCT" if a not in stated)]))
    if len(long) < 2:
        return Judgement(value=axes, warnings=(f"{what}; not more than one of its axes is longer than 1",))
    if image.tiff_data and all(map(_is_one_plane, image.tiff_data)):
        return Judgement(value=axes, warnings=(f"{what}; its TiffData say which plane each page is",))
    if set(long) <= set(stated):
        return Judgement(value=axes, warnings=(f"{what}; it names the axes that are longer than 1, in this order",))
    unknown = ", ".join(f"Size{a} {lengths[a]}" for a in long)
    return Judgement(value=UNLABELLED, warnings=(f"{what}: in which order the pages go through {unknown} is unknown",))


def _is_one_plane(data: TiffData) -> bool:
    return data.count == 1 or (data.count is None and data.ifd is not None)


# --- samples and channels


def samples(home: Home, image: OmeImage, files: Sources) -> tuple[int, int, tuple[str, ...]]:
    """Samples per pixel of the pages, the number of channels, and what is said; SizeC counts each sample."""
    tiff_data = image.tiff_data or (TiffData(),)
    candidates = ((data, chain) for data in tiff_data if (chain := files.chain(data)) is not None)
    first = next(candidates, None)
    if first is None:  # as in the Channel elements, if they agree
        stated = image.samples[0] if image.samples else 1
        same = set(image.samples) == {stated} and stated * len(image.samples) == image.size_c
        n = stated if same else 1
        return n, image.size_c // n, ()
    data, chain = (
        first
        if first[0].ifd is not None
        else next((candidate for candidate in candidates if candidate[0].ifd is not None), first)
    )
    page = chain.pages[min(data.ifd or 0, len(chain.pages) - 1)]
    n = page.structure.samples
    if image.size_c % n == 0:
        return n, image.size_c // n, ()
    planes = image.size_t * image.size_z * image.size_c
    named = max(data.first_c for data in tiff_data) + 1
    by_pages = image.size_c if files.pages == planes else max(1, image.size_c // n)
    channels = min(max(named, by_pages), image.size_c)
    page_words = f"page {page.index} has {n} samples a pixel"
    return n, channels, (f"SizeC is {image.size_c}, and {page_words}: the image has {channels} channel(s) of {n}",)


# --- the pages themselves


def compare(image: OmeImage, name: str, pages: Mapping[int, Page]) -> tuple[Judgement, tuple[str, ...]]:
    """Hold the OME-XML against the pages.

    Parameters
    ----------
    name
        The image's name for messages.

    Returns
    -------
    Judgement
        The type of the pixels if only the OME-XML states it, else None.
    tuple of str
        The assumption that this is.

    Raises
    ------
    CorruptFileError
        The pages are not alike: they are no image.
    """
    alike = kinds(pages)
    first = alike[0].structure
    stated = TYPES.get(image.pixel_type)
    type_from_xml, is_other = False, False
    for page in alike:
        structure = page.structure
        if (structure.axes, structure.shape, structure.dtype) != (first.axes, first.shape, first.dtype):
            raise _difference(image, name, alike[0], page)
        same = stated is None or structure.dtype == stated or (stated == "bool" and structure.dtype == "u1")
        type_from_xml |= not same and _may_have_type(structure, stated)
        is_other |= not same and not _may_have_type(structure, stated)
    warnings = []
    if is_other or (stated is None and image.pixel_type):
        warnings.append(f"Type is {image.pixel_type[:40]!r}, the pages are {first.dtype}: the pages are right")
    if (first.width, first.length) != (image.size_x, image.size_y):
        size = f"{image.size_x} x {image.size_y}" if image.size_x and image.size_y else "no size"
        warnings.append(f"SizeX x SizeY is {size}, the pages are {first.width} x {first.length}: the pages are right")
    if not type_from_xml or is_other:
        return Judgement(value=None, warnings=tuple(warnings)), ()
    note = f"the pages do not say the type of a sample (no SampleFormat tag); the OME-XML says {image.pixel_type}"
    return Judgement(value=np.dtype(stated), warnings=tuple(warnings)), (note,)


def _difference(image: OmeImage, name: str, first: Page, other: Page) -> CorruptFileError:
    one, two = (
        f"page {page.index} of {page.chain.file.path}: {page.structure.width}x{page.structure.length} of "
        f"{page.structure.dtype}, {page.structure.samples} samples"
        for page in (first, other)
    )
    stated = f"OME-XML: {image.size_x}x{image.size_y} of {image.pixel_type[:40]}, {image.size_c} in C"
    return CorruptFileError(
        f"{name} contradicts its pages, which differ",
        evidence=f"{stated}; {one}; {two}",
        path=other.chain.file.path,
        page=other.index,
    )


def _may_have_type(structure: Structure, stated: str | None) -> bool:
    """Whether the tags leave the type open and the size of a sample fits."""
    plain = structure.kind is None and structure.dtype.kind == "u" and structure.bits == 8 * structure.dtype.itemsize
    return plain and stated != "bool" and np.dtype(stated).itemsize == structure.dtype.itemsize


def unmentioned(home: Home, files: Sources, used: int) -> tuple[str, ...]:
    """A sentence on full pages of the only file that no image of the document has; `used` are in images."""
    if home.chain is None or files.several or not home.has_all:
        return ()
    full = sum(len(run) for run in home.chain.pages.runs if not run.layout.structure.subfile & 0b101)
    if full <= used:
        return ()
    n = full - used
    return (
        f"the file has {full} full pages, and its OME-XML describes {used}: {n} {'is' if n == 1 else 'are'} not read",
    )
