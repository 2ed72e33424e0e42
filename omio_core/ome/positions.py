"""Which planes the Plane elements of OME-XML are about; it knows nothing of what they state besides, and no file.

Attributes: https://www.openmicroscopy.org/Schemas/OME/2016-06/ome.xsd, Plane; indices count from 0.
"""

from __future__ import annotations

from collections.abc import Mapping

from omio_core.parsing.xml import named

from .tree import document, pixels_of

PLACE = ("TheT", "TheZ", "TheC")
"""The attributes that say which plane, in the order of all that is here."""

Position = tuple[int, int, int]
"""T, Z and channel."""

Spans = tuple[tuple[int, int], tuple[int, int], tuple[int, int]]
"""First index and the one after the last, along T, Z and channels."""

_DIGITS = 10  # the schema's NonNegativeInt is an xsd:int


def positions(xml: str | bytes, index: int, sizes: Position) -> tuple[Position | None, ...]:
    """Where each Plane element of an image puts its plane; None for one that does not say.

    Parameters
    ----------
    xml
        The whole document.
    index
        Of the Image, in document order.
    sizes
        Lengths along T, Z and channels; along one of length 1 an element need not say it.

    Raises
    ------
    CorruptFileError, LimitExceededError
        As `omio_core.ome.parse`.

    Examples
    --------
    >>> pixels = '<Pixels><Plane TheT="0" TheZ="2" TheC="1"/><Plane TheZ="1"/></Pixels>'
    >>> positions(f"<OME><Image>{pixels}</Image></OME>", 0, (1, 3, 2))
    ((0, 2, 1), None)
    """
    image = list(named(document(xml).root, "Image"))[index]
    return tuple(position(element.attrib, sizes) for element in named(pixels_of(index, image), "Plane"))


def position(stated: Mapping[str, str], sizes: Position) -> Position | None:
    """Where the attributes of one Plane element put it; as `positions`."""
    t, z, c = (_index(stated.get(name, "0" if n == 1 else "")) for name, n in zip(PLACE, sizes, strict=True))
    return None if t is None or z is None or c is None else (t, z, c)


def _index(text: str) -> int | None:
    text = text.strip()
    return int(text) if text.isascii() and text.isdigit() and len(text) <= _DIGITS else None
