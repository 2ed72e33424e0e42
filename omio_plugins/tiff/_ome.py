"""OME-TIFF in one file: which IFD holds which plane; it reads no pixel and leaves the metadata to `omio_core.ome`.

Rules of TiffData: https://ome-model.readthedocs.io/en/stable/ome-tiff/specification.html, "The TiffData element".
What is only declared costs nothing: planes are counted by the IFDs that back them.
"""

from __future__ import annotations

import math
import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np

from omio_core import ome
from omio_core.errors import CorruptFileError, UnsupportedFeatureError

from ._ifd import Chain, Page
from ._levels import stacks
from ._picture import Picture, picture
from ._structure import Structure

_ROOT = re.compile(r"<(\w+:)?OME[\s>]")
_TYPES = {
    "int8": "i1", "int16": "i2", "int32": "i4", "uint8": "u1", "uint16": "u2", "uint32": "u4", "float": "f4",
    "double": "f8", "complex": "c8", "double-complex": "c16", "bit": "bool",
}  # fmt: skip


def is_ome(description: str) -> bool:
    """Whether a description is OME-XML."""
    return description.lstrip("\ufeff \t\r\n").startswith("<") and bool(_ROOT.search(description[: 1 << 16]))


def pictures(chain: Chain, description: str) -> list[Picture]:
    """Describe the images of an OME-TIFF.

    Raises
    ------
    CorruptFileError
        The XML is broken, names IFDs that are not there, or contradicts them.
    UnsupportedFeatureError
        Its planes or its metadata are in other files.
    """
    document = ome.parse(description)
    path = chain.file.path
    if document.metadata_file is not None and not document.images:
        raise UnsupportedFeatureError(
            f"{path} is one of several files of an image",
            evidence=f"its OME-XML points at {document.metadata_file}",
            remedy="OME-TIFF sets of several files are not read yet: save the image as one file",
            path=path,
            file_name=document.metadata_file,
        )
    if not document.images:
        raise CorruptFileError(f"the OME-XML of {path} describes no image", path=path)
    _refuse_other_files(path, document)
    return [_one(chain, image, description) for image in document.images]


def _refuse_other_files(path: str, document: ome.OmeDocument) -> None:
    """A file that was merely renamed is whole; one whose planes are elsewhere is not."""
    own = os.path.basename(path)
    folder = os.path.dirname(os.path.abspath(path))
    named: dict[str, None] = {}
    uuids: set[str] = set()
    for data in (data for image in document.images for data in image.tiff_data):
        if data.file_name is None and data.uuid is None:
            continue
        if (data.uuid or "").lower() == (document.uuid or "-").lower() or data.file_name == own:
            continue
        named[data.file_name or data.uuid or ""] = None
        uuids.add(data.uuid or "")
    # never more than names: what they point at is not opened
    renamed = len(named) == 1 and len(uuids) == 1 and (document.uuid is None or uuids == {""})
    if renamed and not _beside(folder, next(iter(named))):
        return
    if named:
        other = next(iter(named))
        raise UnsupportedFeatureError(
            f"{path} is one of several files of an image",
            evidence=f"its OME-XML names {other}" + (f" and {len(named) - 1} more" if len(named) > 1 else ""),
            remedy="OME-TIFF sets of several files are not read yet: save the image as one file",
            path=path,
            file_name=other,
        )


def _beside(folder: str, name: str) -> bool:
    try:
        return os.path.lexists(os.path.join(folder, name))
    except ValueError:  # a NUL in the name
        return False


@dataclass(frozen=True, slots=True, kw_only=True)
class _Planes:
    """Axes before those of a page, slowest first, their lengths, and what is said of the whole."""

    axes: str
    lead: tuple[int, ...]
    name: str

    @property
    def total(self) -> int:
        return math.prod(self.lead)


def _one(chain: Chain, image: ome.OmeImage, description: str) -> Picture:
    samples = _samples(chain, image)
    channels = image.size_c // samples
    sizes = {"Z": image.size_z, "C": channels, "T": image.size_t}
    axes = image.order[:1:-1]  # the order is written fastest first
    planes = _Planes(axes=axes, lead=tuple(sizes[a] for a in axes), name=f"image {image.index} of {chain.file.path}")
    pages, assumptions = _assign(chain.pages, image, planes)
    if not pages:
        raise CorruptFileError(
            f"{planes.name} has no plane in this file",
            evidence=f"{planes.total} planes are declared, the file has {len(chain.pages)} pages",
            path=chain.file.path,
        )
    dtype, said = _compare(chain, image, pages)
    return picture(
        axes=planes.axes,
        lead=planes.lead,
        stacks=stacks(pages),
        kind="OME-TIFF",
        dtype=dtype,
        facts=partial(ome.facts, description, image.index, channels=channels),
        name=image.name,
        assumptions=(*assumptions, *said),
        vendor=partial(str, description),
    )


def _samples(chain: Chain, image: ome.OmeImage) -> int:
    """Samples of a pixel: what the pages have, which SizeC counts one by one."""
    first = next((data.ifd for data in image.tiff_data if data.ifd is not None), 0)
    samples = chain.pages[min(first, len(chain.pages) - 1)].structure.samples
    if image.size_c % samples:
        raise CorruptFileError(
            f"image {image.index} of {chain.file.path} contradicts its pages",
            evidence=f"SizeC is {image.size_c}, a page has {samples} samples a pixel",
            path=chain.file.path,
        )
    return samples


def _assign(pages: Sequence[Page], image: ome.OmeImage, planes: _Planes) -> tuple[dict[int, Page], tuple[str, ...]]:
    """From the flat index of a plane to its page, for those that have one."""
    found: dict[int, Page] = {}
    outside = 0
    left = 16 * (len(pages) + 16) + len(image.tiff_data)  # planes are named once or so, whatever a file says
    for data in image.tiff_data or (ome.TiffData(),):
        firsts = {"Z": data.first_z, "C": data.first_c, "T": data.first_t}
        if any(firsts[a] >= n for a, n in zip(planes.axes, planes.lead, strict=True)):
            outside += 1  # ImageJ's cropping leaves such behind
            continue
        flat = 0
        for axis, n in zip(planes.axes, planes.lead, strict=True):
            flat = flat * n + firsts[axis]
        ifd, count = data.ifd or 0, data.count
        if count is None:
            count = 1 if data.ifd is not None else min(planes.total - flat, len(pages))
        named = min(count, planes.total - flat)
        if ifd + named > len(pages):
            raise CorruptFileError(
                f"{planes.name} lacks pages",
                evidence=f"its OME-XML names IFD {ifd + named - 1}, the file has {len(pages)}",
                remedy="the file is incomplete: copy it again from where it came from",
            )
        left -= named
        if left < 0:
            raise CorruptFileError(f"{planes.name} names the same planes again and again")
        for k in range(named):
            if found.setdefault(flat + k, pages[ifd + k]) is not pages[ifd + k]:
                raise CorruptFileError(
                    f"{planes.name} has two pages for one plane",
                    evidence=f"IFD {found[flat + k].index} and IFD {ifd + k} for plane {flat + k} of {image.order}",
                )
    said = f"{outside} TiffData name planes outside the declared sizes and are left out"
    return found, (said,) if outside else ()


def _compare(
    chain: Chain, image: ome.OmeImage, pages: dict[int, Page]
) -> tuple[np.dtype[np.generic] | None, tuple[str, ...]]:
    """Hold the OME-XML against the pages; another type where only the OME-XML tells it."""
    layouts = {id(page.layout): page for page in pages.values()}
    first = next(iter(layouts.values())).structure
    stated = _TYPES.get(image.pixel_type)
    unsaid = False
    for page in layouts.values():
        structure = page.structure
        same_type = stated is None or structure.dtype == stated or (stated == "bool" and structure.dtype == "u1")
        unsaid |= not same_type and _may_be(structure, stated)
        same_size = (structure.width, structure.length) == (image.size_x, image.size_y)
        if not same_size or not (same_type or unsaid) or structure.shape != first.shape:
            raise CorruptFileError(
                f"image {image.index} of {chain.file.path} contradicts its pages",
                evidence=f"OME-XML: {image.size_x}x{image.size_y} of {image.pixel_type}, {image.size_c} in C; page "
                f"{page.index}: {structure.width}x{structure.length} of {structure.dtype}, {structure.samples} samples",
                path=chain.file.path,
                page=page.index,
            )
    if not unsaid:
        return None, ()
    said = f"the pages do not say the type of a sample (no SampleFormat tag); the OME-XML says {image.pixel_type}"
    return np.dtype(stated), (said,)


def _may_be(structure: Structure, stated: str | None) -> bool:
    """Whether the tags leave the type open and its size agrees."""
    plain = structure.kind is None and structure.dtype.kind == "u" and structure.bits == 8 * structure.dtype.itemsize
    return plain and stated != "bool" and np.dtype(stated).itemsize == structure.dtype.itemsize
