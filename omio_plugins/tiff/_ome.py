"""The OME flavour of TIFF, one file or a set: checks the OME-XML against the pages; it reads no pixel.

`omio_core.ome` reads the metadata, `_sets` finds the files, and `_planes` assigns IFDs to planes.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np

from omio_core.contract import (
    CorruptFileError,
    ImageDescription,
    Level,
    Location,
    OmeDocument,
    OmeImage,
    Position,
    TiffData,
    ome_facts,
    parse_ome,
)

from . import _plain, _series
from ._ifd import Chain, Page
from ._levels import stacks
from ._members import Members
from ._notkept import of_ome
from ._pages import kinds
from ._picture import Picture, Stack, picture
from ._planes import Planes, assign
from ._sets import Home, Sources, sources
from ._structure import Structure
from ._xml import normalize_uuid

_ROOT = re.compile(r"<(\w+:)?OME[\s>]")
_TYPES = {
    "int8": "i1", "int16": "i2", "int32": "i4", "uint8": "u1", "uint16": "u2", "uint32": "u4", "float": "f4",
    "double": "f8", "complex": "c8", "double-complex": "c16", "bit": "bool",
}  # fmt: skip


def is_ome(description: str) -> bool:
    """Whether a description is OME-XML."""
    return description.lstrip("\ufeff \t\r\n").startswith("<") and bool(_ROOT.search(description[: 1 << 16]))


def pictures(chain: Chain, description: str, members: Members) -> list[Picture]:
    """Describe the images of an OME-TIFF, or of the set to which it belongs.

    Raises
    ------
    CorruptFileError
        The XML is broken, names IFDs that do not exist, or contradicts them; a file of the set must not be opened, or
        is another file than the set expects.
    """
    document = parse_ome(description)
    home = Home(location=chain.location, text=description, document=document, chain=chain)
    if document.metadata_file is None:
        return _describe_all(_series.listing(home, members) or home, members)
    location = members.find(document.metadata_file, members.folder)
    uuid = normalize_uuid(document.metadata_uuid)
    if location is None and uuid is not None:
        location = members.find_uuid(uuid, members.folder)
    if location is not None:
        return _describe_all(_read_metadata_file(location, document, members), members)
    images = _describe_all(home, members) if document.images else _describe_without_metadata(chain)
    absent = members.name_absent(document.metadata_file, uuid, members.folder)
    return [_add_absent_file(image, absent) for image in images]


def companion(members: Members) -> list[Picture]:
    """Describe the images of a set whose metadata file was opened: OME-XML that is no TIFF.

    Raises
    ------
    CorruptFileError
        As `pictures`.
    AbsentDataError
        The OME-XML names no file for its planes.
    UnsupportedFeatureError
        The OME-XML holds its planes itself.
    """
    text = members.text(members.location)
    return _describe_all(Home(location=members.location, text=text, document=parse_ome(text), chain=None), members)


def _read_metadata_file(location: Location, reference: OmeDocument, members: Members) -> Home:
    """Read the document that a BinaryOnly element names."""
    text, path = members.text(location), str(location)
    try:
        document = parse_ome(text)
    except CorruptFileError as error:
        raise CorruptFileError(f"{path}: {error.what}", evidence=error.evidence, path=path) from error
    expected, stated = normalize_uuid(reference.metadata_uuid), normalize_uuid(document.uuid)
    if expected and stated and expected != stated:
        raise CorruptFileError(
            f"{path} is not the metadata of {members.first.path}",
            evidence=f"it states the UUID {stated}, {expected} is expected",
            path=path,
        )
    chain = members.chain(location) if members.is_tiff(location) else None
    return Home(location=location, text=text, document=document, chain=chain)


def _describe_without_metadata(chain: Chain) -> list[Picture]:
    """Describe the pages of a file whose metadata file is missing."""
    note = "the file that says which planes these are is not there: its pages are taken one after the other"
    return _plain.pictures(chain, _plain.full_pages(chain.pages), assumptions=(note,), kind="OME-TIFF set")


def _add_absent_file(image: Picture, name: str) -> Picture:
    absent = (name, *image.description.absent_files)
    return replace(image, description=replace(image.description, absent_files=absent))


def _describe_all(home: Home, members: Members) -> list[Picture]:
    if not home.document.images:
        raise CorruptFileError(
            f"the OME-XML of {home.path} describes no image",
            evidence=f"{len(home.text)} characters, and no Image element among them",
            path=home.path,
        )
    files = sources(home, members)
    return [_describe_image(home, image, files, members) for image in home.document.images]


def _describe_image(home: Home, image: OmeImage, files: Sources, members: Members) -> Picture:
    samples = _count_samples(home, image, files)
    channels = image.size_c // samples
    declared = (image.size_t, image.size_z, channels)
    part = _series.part(home, image, declared)
    sizes = dict(zip("TZC", declared, strict=True)) if part is None else part.sizes
    axes = image.order[:1:-1]  # the order is written fastest first
    planes = Planes(axes=axes, lead=tuple(sizes[a] for a in axes), name=f"image {image.index} of {home.path}")
    pages, absent, assumptions = assign(files, image, planes) if part is None else part.pages(axes)
    plane_facts: dict[str, Any] = {} if part is None else {"spans": part.spans}
    if part is None and (
        attributes := _series.plane_attributes(home, image, declared, members, partial(_find_file, pages, planes))
    ):
        plane_facts["beside"] = attributes
    fields: dict[str, Any] = {
        "kind": "OME-TIFF set" if files.several else "OME-TIFF",
        "facts": partial(ome_facts, home.text, image.index, channels=channels, **plane_facts),
        "part_of": "" if part is None else part.words,
        "name": image.name,
        "absent_files": absent,
        "vendor": partial(str, home.text),
        "not_kept": _name_not_kept(home, files, pages, part is None),
    }
    if not pages and absent:
        return _describe_absent(image, planes, samples, {**fields, "assumptions": assumptions})
    if not pages:
        raise CorruptFileError(
            f"{planes.name} has no plane in this file",
            evidence=f"{planes.total} planes are declared, the file has {files.pages} pages",
            path=home.path,
        )
    dtype, type_notes = _compare(image, planes, pages)
    return picture(
        axes=axes,
        lead=planes.lead,
        stacks=stacks(pages),
        dtype=dtype,
        assumptions=(*assumptions, *type_notes),
        **fields,
    )


def _name_not_kept(home: Home, files: Sources, pages: Mapping[int, Page], is_whole: bool) -> tuple[str, ...]:
    images = len(home.document.images)
    is_counted = home.chain is not None and is_whole and images == 1 and not files.several
    total, planes = (len(home.chain.pages), len(pages)) if home.chain is not None and is_counted else (0, 0)
    return of_ome(home.text, images=images, pages=total, planes=planes)


def _find_file(pages: Mapping[int, Page], planes: Planes, at: Position) -> Location | None:
    """The file that holds the plane at T, Z and channel `at`; None if none does."""
    page = pages.get(planes.place(at))
    return None if page is None else page.chain.location


def _describe_absent(image: OmeImage, planes: Planes, samples: int, fields: Mapping[str, Any]) -> Picture:
    """Describe an image whose files are all missing: its axes and sizes, with nothing present."""
    if image.pixel_type not in _TYPES:
        raise CorruptFileError(f"{planes.name} has no type of pixel", evidence=f"Type is {image.pixel_type[:80]!r}")
    axis_lengths = [(a, n) for a, n in zip(planes.axes, planes.lead, strict=True) if n > 1]
    lead = tuple(n for _, n in axis_lengths)
    axes = "YX"
    page: tuple[int, ...] = (image.size_y, image.size_x)
    if samples > 1:
        axes, page = "YXS", (*page, samples)
    level = Level(shape=(*lead, *page), blocks=(*(1 for _ in lead), *page), present=())
    description = ImageDescription(
        axes="".join(a for a, _ in axis_lengths) + axes,
        dtype=np.dtype(_TYPES[image.pixel_type]),
        levels=(level,),
        **fields,
    )
    return Picture(description=description, lead=lead, levels=(Stack(pages={}),))


def _count_samples(home: Home, image: OmeImage, files: Sources) -> int:
    """Samples per pixel of the pages; SizeC counts each of them."""
    tiff_data = image.tiff_data or (TiffData(),)
    candidates = ((data, chain) for data in tiff_data if (chain := files.chain(data)) is not None)
    first = next(candidates, None)
    if first is None:  # as in the Channel elements, if they agree
        stated = image.samples[0] if image.samples else 1
        return stated if set(image.samples) == {stated} and stated * len(image.samples) == image.size_c else 1
    data, chain = (
        first
        if first[0].ifd is not None
        else next((candidate for candidate in candidates if candidate[0].ifd is not None), first)
    )
    page = chain.pages[min(data.ifd or 0, len(chain.pages) - 1)]
    samples = page.structure.samples
    if image.size_c % samples:
        raise CorruptFileError(
            f"image {image.index} of {home.path} contradicts its pages",
            evidence=f"SizeC is {image.size_c}, page {page.index} of {chain.file.path} has {samples} samples a pixel",
            path=chain.file.path,
        )
    return samples


def _compare(
    image: OmeImage, planes: Planes, pages: Mapping[int, Page]
) -> tuple[np.dtype[np.generic] | None, tuple[str, ...]]:
    """Check the OME-XML against the pages; the type of the pixels if only the OME-XML states it, with a note."""
    alike = kinds(pages)
    first = alike[0].structure
    stated = _TYPES.get(image.pixel_type)
    type_from_xml = False
    for page in alike:
        structure = page.structure
        same_type = stated is None or structure.dtype == stated or (stated == "bool" and structure.dtype == "u1")
        type_from_xml |= not same_type and _may_have_type(structure, stated)
        same_size = (structure.width, structure.length) == (image.size_x, image.size_y)
        same_page = (structure.axes, structure.shape, structure.dtype) == (first.axes, first.shape, first.dtype)
        if not same_size or not (same_type or type_from_xml) or not same_page:
            path = page.chain.file.path
            raise CorruptFileError(
                f"{planes.name} contradicts its pages",
                evidence=f"OME-XML: {image.size_x}x{image.size_y} of {image.pixel_type}, {image.size_c} in C; page "
                f"{page.index} of {path}: {structure.width}x{structure.length} of {structure.dtype}, "
                f"{structure.samples} samples",
                path=path,
                page=page.index,
            )
    if not type_from_xml:
        return None, ()
    note = f"the pages do not say the type of a sample (no SampleFormat tag); the OME-XML says {image.pixel_type}"
    return np.dtype(stated), (note,)


def _may_have_type(structure: Structure, stated: str | None) -> bool:
    """Whether the tags leave the type open and the size of a sample fits."""
    plain = structure.kind is None and structure.dtype.kind == "u" and structure.bits == 8 * structure.dtype.itemsize
    return plain and stated != "bool" and np.dtype(stated).itemsize == structure.dtype.itemsize
