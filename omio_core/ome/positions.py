"""Which planes the Plane elements of OME-XML describe; it knows none of their other attributes and no file.

The attributes are those of https://www.openmicroscopy.org/Schemas/OME/2016-06/ome.xsd, Plane. Indices count from 0.
"""

from __future__ import annotations

from collections.abc import Mapping

from omio_core.parsing.xml import children_named

from .tree import document, pixels_of

PLACE = ("TheT", "TheZ", "TheC")
"""The attributes that identify the plane, in the order T, Z, C, which everything here has."""

Position = tuple[int, int, int]
"""T, Z and channel."""

Spans = tuple[tuple[int, int], tuple[int, int], tuple[int, int]]
"""Start and stop along T, Z and channels."""

_DIGITS = 10  # the schema's NonNegativeInt is an xsd:int


def plane_positions(xml: str | bytes, index: int, sizes: Position) -> tuple[Position | None, ...]:
    """The position of the plane that each Plane element of an image describes; None if the element does not state it.

    Parameters
    ----------
    xml
        The complete document.
    index
        Index of the Image, in document order.
    sizes
        Lengths along T, Z and channels; an element may omit its index along an axis of length 1.

    Raises
    ------
    CorruptFileError
        The document is not well-formed, contains a DOCTYPE, is not OME-XML, or the image has no Pixels.
    LimitExceededError
        There are more bytes or tags than the limits allow.

    Examples
    --------
    >>> pixels = '<Pixels><Plane TheT="0" TheZ="2" TheC="1"/><Plane TheZ="1"/></Pixels>'
    >>> plane_positions(f"<OME><Image>{pixels}</Image></OME>", 0, (1, 3, 2))
    ((0, 2, 1), None)
    """
    image = list(children_named(document(xml).root, "Image"))[index]
    return tuple(plane_position(element.attrib, sizes) for element in children_named(pixels_of(index, image), "Plane"))


def plane_position(stated: Mapping[str, str], sizes: Position) -> Position | None:
    """The position that the attributes of one Plane element state; see `positions`."""
    t, z, c = (_index(stated.get(name, "0" if n == 1 else "")) for name, n in zip(PLACE, sizes, strict=True))
    return None if t is None or z is None or c is None else (t, z, c)


def _index(text: str) -> int | None:
    text = text.strip()
    return int(text) if text.isascii() and text.isdigit() and len(text) <= _DIGITS else None
