"""The OME flavour of TIFF, one file or a set: checks the OME-XML against the pages; it reads no pixel.

`omio_core.ome` reads the metadata, `_sets` finds the files, and `_planes` assigns IFDs to planes.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np

from omio_core.contract import (
    CorruptFileError,
    Facts,
    ImageDescription,
    Level,
    LimitExceededError,
    Location,
    OmeDocument,
    OmeImage,
    Position,
    ome_facts,
)

from . import _plain, _series
from ._contradictions import TYPES, UNLABELLED, compare, order, samples, unmentioned
from ._ifd import Chain, Page
from ._levels import stacks
from ._members import Members
from ._notkept import of_ome
from ._options import OPEN_TIFF
from ._pages import last_pages
from ._picture import Picture, Stack, picture
from ._planes import Planes, assign
from ._sets import Home, Sources, sources
from ._xml import normalize_uuid, without_junk

_ROOT = re.compile(r"<(\w+:)?OME[\s>]")
_SCHEMA = "openmicroscopy.org/Schemas"


def is_ome(description: str) -> bool:
    """Whether a description is OME-XML, be it flawed: it begins as XML, and has the root or the schema of OME."""
    head = without_junk(description[: 1 << 16])
    return head.startswith("<") and (bool(_ROOT.search(head)) or _SCHEMA in head)


def pictures(chain: Chain, description: str, members: Members) -> list[Picture]:
    """Describe the images of an OME-TIFF, or of the set to which it belongs.

    Of a flawed text that is used which stands complete before the flaw. If that is nothing, the pages are one
    unlabelled axis, and no set is followed.

    Raises
    ------
    CorruptFileError
        The XML names IFDs that do not exist; a file of the set must not be opened, or is another file than the set
        expects.
    """
    home = Home.of(chain.location, description, chain)
    document = home.document
    if home.lost:
        return without_text(chain, home.lost, description)
    if document.metadata_file is None:
        return _describe_all(_series.listing(home, members) or home, members, description)
    location = members.find(document.metadata_file, members.folder)
    uuid = normalize_uuid(document.metadata_uuid)
    if location is None and uuid is not None:
        location = members.find_uuid(uuid, members.folder)
    if location is not None:
        metadata = _read_metadata_file(location, document, members)
        if not metadata.document.images:
            flaw = metadata.flaw or "its OME-XML describes no image"
            return without_text(chain, f"the metadata of its set, {location.name}: {flaw}", description)
        return _describe_all(metadata, members, description)
    images = _describe_all(home, members, description) if document.images else _describe_without_metadata(chain)
    absent = members.name_absent(document.metadata_file, uuid, members.folder)
    return [_add_absent_file(image, absent) for image in images]


def without_text(chain: Chain, flaw: str, description: str = "", kind: str = "OME-TIFF") -> list[Picture]:
    """Describe the pages of a file whose description cannot be used: they are one unlabelled axis."""
    pages = _plain.full_pages(chain.pages)
    return _plain.pictures(chain, pages, warnings=(flaw,), kind=kind, vendor=description or None)


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
    home = Home.of(members.location, text, None)
    if home.lost and home.flaw:
        raise CorruptFileError(f"{home.path} cannot be used", evidence=home.flaw, remedy=OPEN_TIFF, path=home.path)
    return _describe_all(home, members, text)


def _read_metadata_file(location: Location, reference: OmeDocument, members: Members) -> Home:
    """Read the document that a BinaryOnly element names."""
    path = str(location)
    try:
        text = members.text(location)
    except (CorruptFileError, LimitExceededError) as error:  # it is a text, or should be one
        words = f"{error.what} ({error.evidence})" if error.evidence else error.what
        return Home(location=location, text="", document=OmeDocument(), chain=None, flaw=words)
    chain = members.chain(location) if members.is_tiff(location) else None
    home = Home.of(location, text, chain)
    expected, stated = normalize_uuid(reference.metadata_uuid), normalize_uuid(home.document.uuid)
    if expected and stated and expected != stated:
        raise CorruptFileError(
            f"{path} is not the metadata of {members.first.path}",
            evidence=f"it states the UUID {stated}, {expected} is expected",
            path=path,
        )
    return home


def _describe_without_metadata(chain: Chain) -> list[Picture]:
    """Describe the pages of a file whose metadata file is missing."""
    note = "the file that says which planes these are is not there: its pages are taken one after the other"
    return _plain.pictures(chain, _plain.full_pages(chain.pages), assumptions=(note,), kind="OME-TIFF set")


def _add_absent_file(image: Picture, name: str) -> Picture:
    absent = (name, *image.description.absent_files)
    return replace(image, description=replace(image.description, absent_files=absent))


def _describe_all(home: Home, members: Members, description: str) -> list[Picture]:
    if not home.document.images:
        raise CorruptFileError(
            f"the OME-XML of {home.path} describes no image",
            evidence=f"{len(home.text)} characters, and no Image element among them",
            remedy=OPEN_TIFF if home.chain is None else None,
            path=home.path,
        )
    files = sources(home, members)
    images = [_describe_image(home, image, files, members, description) for image in home.document.images]
    used = _count_pages(home, images)
    warnings = (*((home.flaw,) if home.flaw else ()), *unmentioned(home, files, used))
    rest: list[Picture] = []
    if home.chain is not None and not home.has_all and not files.several and used < len(home.chain.pages):
        behind = _plain.full_pages(home.chain.pages[used:])
        rest = _plain.pictures(home.chain, behind, kind="OME-TIFF", vendor=description)
    return [*(image.with_warnings(warnings) for image in images), *rest]


def _count_pages(home: Home, images: Sequence[Picture]) -> int:
    """The number of pages, from the first on, among which those of the images are."""
    stacks = (image.levels[0].pages for image in images)
    last = (max((page.index for page in last_pages(pages) if page.chain is home.chain), default=-1) for pages in stacks)
    return max(last, default=-1) + 1


def _describe_image(home: Home, image: OmeImage, files: Sources, members: Members, description: str) -> Picture:
    n_samples, channels, warnings = samples(home, image, files)
    declared = (image.size_t, image.size_z, channels)
    part = _series.part(home, image, declared)
    sizes = dict(zip("TZC", declared, strict=True)) if part is None else part.sizes
    judged = order(image, sizes)
    is_ordered = judged.value != UNLABELLED
    axes = judged.value if is_ordered else "TCZ"
    planes = Planes(axes=axes, lead=tuple(sizes[a] for a in axes), name=f"image {image.index} of {home.path}")
    pages, absent, assumptions = assign(files, image, planes) if part is None else part.pages(axes)
    plane_facts: dict[str, Any] = {} if part is None else {"spans": part.spans}
    if part is None and (
        attributes := _series.plane_attributes(home, image, declared, members, partial(_find_file, pages, planes))
    ):
        plane_facts["beside"] = attributes
    known = partial(ome_facts, home.text, image.index, channels=channels, **plane_facts)
    fields: dict[str, Any] = {
        "kind": "OME-TIFF set" if files.several else "OME-TIFF",
        "facts": known if is_ordered else partial(_facts_of_image, known),
        "part_of": "" if part is None else part.words,
        "name": image.name,
        "absent_files": absent,
        "vendor": partial(str, description),
        "not_kept": _name_not_kept(home, files, pages, part is None),
    }
    if not pages and absent:
        fields["warnings"] = (*warnings, *judged.warnings)
        return _describe_absent(image, planes, n_samples, {**fields, "assumptions": assumptions})
    if not pages:
        raise CorruptFileError(
            f"{planes.name} has no plane in this file",
            evidence=f"{planes.total} planes are declared, the file has {files.pages} pages",
            path=home.path,
        )
    dtype, type_notes = compare(image, planes.name, pages)
    return picture(
        axes=axes if is_ordered else UNLABELLED,
        lead=planes.lead if is_ordered else (planes.total,),
        stacks=stacks(pages),
        dtype=dtype.value,
        assumptions=(*assumptions, *type_notes),
        warnings=(*warnings, *judged.warnings, *dtype.warnings),
        **fields,
    )


def _facts_of_image(known: Callable[[], Facts]) -> Facts:
    """The facts without those of single planes and channels: which those are is unknown."""
    return replace(known(), channels=(), planes=None)


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
    if image.pixel_type not in TYPES:
        raise CorruptFileError(f"{planes.name} has no type of pixel", evidence=f"Type is {image.pixel_type[:80]!r}")
    if not (image.size_x and image.size_y):
        raise CorruptFileError(f"{planes.name} has no size", evidence="SizeX and SizeY, and no page that has them")
    axis_lengths = [(a, n) for a, n in zip(planes.axes, planes.lead, strict=True) if n > 1]
    lead = tuple(n for _, n in axis_lengths)
    axes = "YX"
    page: tuple[int, ...] = (image.size_y, image.size_x)
    if samples > 1:
        axes, page = "YXS", (*page, samples)
    level = Level(shape=(*lead, *page), blocks=(*(1 for _ in lead), *page), present=())
    description = ImageDescription(
        axes="".join(a for a, _ in axis_lengths) + axes,
        dtype=np.dtype(TYPES[image.pixel_type]),
        levels=(level,),
        **fields,
    )
    return Picture(description=description, lead=lead, levels=(Stack(pages={}),))
