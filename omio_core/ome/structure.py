"""The structure that OME-XML of any schema year states: images, sizes, location of the planes; no facts, no file.

Elements are matched by their local names, so that all schemas from 2003 to 2016-06 need no separate code. Attribute
names and defaults are those of https://www.openmicroscopy.org/Schemas/OME/2016-06/ome.xsd. No memory is allocated for
sizes that are only declared.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from omio_core.errors import CorruptFileError
from omio_core.parsing.xml import Element, children_named, first_named, local_name

from .plate import name_of
from .tree import Document, document, pixels_of

DIMENSION_ORDERS = ("XYZCT", "XYZTC", "XYCTZ", "XYCZT", "XYTCZ", "XYTZC")
"""The values of DimensionOrder, fastest axis first."""

_MOST_INT = 2**31 - 1  # the schema's PositiveInt and NonNegativeInt are xsd:int


@dataclass(frozen=True, slots=True, kw_only=True)
class TiffData:
    """The location of planes; None if the attribute is absent. Indices count from 0."""

    ifd: int | None = None
    first_z: int = 0
    first_c: int = 0
    first_t: int = 0
    count: int | None = None
    uuid: str | None = None
    file_name: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OmeImage:
    """The structure of one Image; `size_c` counts samples, `samples` has one entry per Channel element.

    Attributes
    ----------
    order
        DimensionOrder as the document spells it; it may be none of `DIMENSION_ORDERS`. TiffData and pages then decide.
    size_x, size_y
        0 where the document states no positive integer: the pages have these lengths, too.
    """

    index: int
    name: str | None
    order: str
    pixel_type: str
    size_x: int
    size_y: int
    size_z: int
    size_c: int
    size_t: int
    samples: tuple[int, ...] = ()
    tiff_data: tuple[TiffData, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class OmeDocument:
    """The structure of a document.

    Attributes
    ----------
    metadata_file, metadata_uuid
        The file with the metadata of the complete set, and its UUID, if a BinaryOnly element refers to it.
    """

    uuid: str | None = None
    creator: str | None = None
    images: tuple[OmeImage, ...] = ()
    metadata_file: str | None = None
    metadata_uuid: str | None = None


def parse_ome(xml: str | bytes) -> OmeDocument:
    """Read the structure of a document.

    Raises
    ------
    CorruptFileError
        The document is not well-formed, contains a DOCTYPE, has no OME element, or an image without Pixels, or with a
        SizeZ, SizeC or SizeT that is not a positive integer.
    LimitExceededError
        There are more bytes or tags than the limits allow.

    Examples
    --------
    >>> parse_ome('<OME><Image><Pixels DimensionOrder="XYZCT" Type="uint8" SizeX="4" SizeY="3" SizeZ="1" SizeC="1" '
    ...       'SizeT="1"/></Image></OME>').images[0].size_x
    4
    """
    tree = document(xml)
    return structure_of(tree, tuple(image_of(tree, i, e) for i, e in enumerate(children_named(tree.root, "Image"))))


def structure_of(tree: Document, images: tuple[OmeImage, ...]) -> OmeDocument:
    """The structure of a document that has these images."""
    binary_only = first_named(tree.root, "BinaryOnly")
    return OmeDocument(
        uuid=_strip(tree.root.get("UUID")),
        creator=tree.root.get("Creator"),
        images=images,
        metadata_file=None if binary_only is None else binary_only.get("MetadataFile"),
        metadata_uuid=None if binary_only is None else _strip(binary_only.get("UUID")),
    )


def channel_elements(image: Element, pixels: Element) -> list[Element]:
    """The Channel elements; Image/LogicalChannel from 2007-06 to 2008-09, Image/ChannelInfo in 2003-FC."""
    elements = list(children_named(pixels, "Channel"))
    return elements or list(children_named(image, "LogicalChannel")) or list(children_named(image, "ChannelInfo"))


def image_of(tree: Document, index: int, image: Element, *, with_tiff_data: bool = True) -> OmeImage:
    """The structure of an Image element; without its TiffData if `with_tiff_data` is false."""
    pixels = pixels_of(index, image)
    size_c = _length(pixels, "SizeC")
    stated = [e.get("SamplesPerPixel") for e in channel_elements(image, pixels)]
    if stated and not any(stated) and size_c % len(stated) == 0:
        # "The total number of ChannelComponents for a set of pixels must equal SizeC" (ome.xsd, Channel)
        samples = (size_c // len(stated),) * len(stated)
    else:
        samples = tuple(whole_number(s, least=1) or 1 for s in stated)
    name = name_of(tree, image)
    return OmeImage(
        index=index,
        name=None if name is None else name.value,
        order=pixels.get("DimensionOrder", "").strip(),
        # PixelType: before 2009-09; spellings such as Uint8: 2003-FC
        pixel_type=(pixels.get("Type") or pixels.get("PixelType") or "").strip().lower(),
        size_x=whole_number(pixels.get("SizeX"), least=1) or 0,
        size_y=whole_number(pixels.get("SizeY"), least=1) or 0,
        size_z=_length(pixels, "SizeZ"),
        size_c=size_c,
        size_t=_length(pixels, "SizeT"),
        samples=samples,
        tiff_data=tuple(_tiff_data(e) for e in children_named(pixels, "TiffData")) if with_tiff_data else (),
    )


_TIFF_DATA = {
    "IFD": "ifd", "FirstZ": "first_z", "FirstC": "first_c", "FirstT": "first_t",
    "NumPlanes": "count", "PlaneCount": "count",  # NumPlanes: before 2009-09
}  # fmt: skip


def _tiff_data(element: Element) -> TiffData:
    values: dict[str, Any] = {}
    for key, text in element.attrib.items():
        if key in _TIFF_DATA:
            # there may be one element per plane: usual numbers take the fast path
            is_plain = len(text) < 10 and text.isascii() and text.isdigit()
            values[_TIFF_DATA[key]] = int(text) if is_plain else _integer(element, key)
    for uuid in element:  # UUID is the only child that a TiffData may have
        values["uuid"] = _strip(uuid.text)
        values["file_name"] = uuid.get("FileName")
    return TiffData(**values)


def whole_number(text: str | None, least: int) -> int | None:
    """The integer that a text is, from `least` up to the schema's largest; None if it is none."""
    digits = (text or "").strip().removeprefix("+")
    if not (digits.isascii() and digits.isdigit() and len(digits) <= 10):
        return None
    return number if least <= (number := int(digits)) <= _MOST_INT else None


def _integer(element: Element, name: str, least: int = 0) -> int:
    number = whole_number(element.get(name), least)
    if number is None:
        raise CorruptFileError(
            f"{local_name(element)}/@{name} of the OME-XML is no {'positive' if least else 'non-negative'} integer",
            evidence=f"{name}={str(element.get(name))[:80]!r}",
        )
    return number


def _length(pixels: Element, name: str) -> int:
    """A size; 1 if the attribute is missing: ilastik leaves out those of axes that an image does not have."""
    return 1 if pixels.get(name) is None else _integer(pixels, name, least=1)


def _strip(text: str | None) -> str | None:
    return (text or "").strip() or None
