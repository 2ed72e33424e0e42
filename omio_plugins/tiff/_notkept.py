"""What a TIFF states and neither pixels nor facts hold, in words for `ImageDescription.not_kept`; it reads no pixel.

Only what costs no more than a look at tables that are read anyway, or at a few bytes, and only what is certain.
"""

from __future__ import annotations

import re

from ._ifd import Chain, Page
from ._imagej_tags import kinds
from ._structure import MASK, Structure
from ._tags import DESCRIPTION, RawTags

# TIFF Technical Note 5 and Photoshop's (Adobe), TIFF/EP (ISO 12234-2), Exif 2.3 (CIPA DC-008), ICC.1:2010, annex B.4
_TAGS = {
    33723: "press data (IPTC)", 34377: "image resources of Photoshop", 34665: "camera data (Exif)",
    34675: "a colour profile (ICC)", 34853: "a place on the globe (GPS)", 37724: "layers of Photoshop",
}  # fmt: skip
_TEXT = 2  # the type of tags that are kept as annotations
_BYTES = "only as ImageJ's bytes, among the annotations"
_ROI = re.compile(r"<(?:[\w.-]+:)?ROI[\s>/]")


def of_tags(page: Page) -> tuple[str, ...]:
    """What tags of the first page of an image hold that OMIO does not read."""
    found = page.layout.positions.keys() & _TAGS.keys()
    tags = ((code, page.chain.tag(page, code)) for code in sorted(found))
    return tuple(_TAGS[code] for code, tag in tags if tag is not None and tag.type != _TEXT)


def of_pages(chain: Chain) -> tuple[str, ...]:
    """What pages hold besides the planes, in flavours whose descriptions stand on the first page."""
    runs = chain.pages.runs
    words = []
    if masks := sum(len(run) for run in runs if _is_mask(run.layout.structure)):
        words.append(f"{_count(masks, 'mask')} of what is transparent")
    described = sum(len(run) for run in runs if DESCRIPTION in run.layout.positions)
    if described > 1:
        words.append(f"the descriptions of {_count(described - 1, 'further page')}")
    return tuple(words)


def _is_mask(structure: Structure) -> bool:
    return bool(structure.subfile & 0b100) or structure.photometric == MASK


def of_imagej(raw: RawTags) -> tuple[str, ...]:
    """What ImageJ's private tags hold besides texts."""
    found = kinds(*raw.imagej, raw.order) if raw.imagej is not None else {}
    rois, elements, tables = (found.get(name, 0) for name in ("ROI", "Overlays", "LUTs"))
    words = []
    if rois:
        words.append(f"{_count(rois, 'region')} of interest (ROI), {_BYTES}")
    if elements:
        words.append(f"an overlay of {_count(elements, 'element')}, {_BYTES}")
    if tables:
        words.append(f"look-up tables of {_count(tables, 'channel')}, only among the annotations")
    if found.get("Plot"):
        words.append(f"a plot, {_BYTES}")
    return tuple(words)


def of_ome(text: str, *, images: int, pages: int, planes: int) -> tuple[str, ...]:
    """What OME-XML and its file hold besides the model and its planes.

    Parameters
    ----------
    text
        The OME-XML.
    images
        The number of images in it; of several, it is not looked up to which of them a region of interest belongs.
    pages, planes
        The number of pages of the file, and of those that are planes of the image; both 0 if that cannot be told.
    """
    words = []
    rois = len(_ROI.findall(text)) if images == 1 and "ROI" in text else 0
    if rois:
        words.append(f"{_count(rois, 'region')} of interest (ROI), only as XML, among the annotations")
    if pages > planes:
        words.append(f"{_count(pages - planes, 'page')} that the OME-XML does not mention")
    return tuple(words)


def _count(n: int, noun: str) -> str:
    return f"{n} {noun}" if n == 1 else f"{n} {noun}s"
