"""Read OME-XML of any schema year to plain values and `Facts`; it knows no TIFF and opens no file.

`parse` returns the structure (sizes, location of the planes), `facts` the facts of one image. Elements are matched by
their local names, so that all schemas from 2003 to 2016-06 need no separate code. Attribute names, defaults and units
are those of https://www.openmicroscopy.org/Schemas/OME/2016-06/ome.xsd. No memory is allocated for sizes that are only
declared.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from omio_core.errors import CorruptFileError
from omio_core.metadata.facts import PLANE_COLUMNS, Channel, Fact, Facts, Planes
from omio_core.metadata.units import micrometres, nanometres, seconds
from omio_core.parsing.xml import Element, children_named, first_named, local_name

from .plate import name_of, places
from .positions import PLACE, Spans
from .tree import Document, annotations_of, document, pixels_of
from .unmodelled import remainder

if TYPE_CHECKING:
    import numpy as np

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
    """The structure of one Image; `size_c` counts samples, `samples` has one entry per Channel element."""

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
        The document is not well-formed, contains a DOCTYPE, has no OME element, or has a size that is not a positive
        integer or a DimensionOrder that is not valid.
    LimitExceededError
        There are more bytes or tags than the limits allow.

    Examples
    --------
    >>> parse_ome('<OME><Image><Pixels DimensionOrder="XYZCT" Type="uint8" SizeX="4" SizeY="3" SizeZ="1" SizeC="1" '
    ...       'SizeT="1"/></Image></OME>').images[0].size_x
    4
    """
    tree = document(xml)
    binary_only = first_named(tree.root, "BinaryOnly")
    return OmeDocument(
        uuid=_strip(tree.root.get("UUID")),
        creator=tree.root.get("Creator"),
        images=tuple(_image(tree, i, e) for i, e in enumerate(children_named(tree.root, "Image"))),
        metadata_file=None if binary_only is None else binary_only.get("MetadataFile"),
        metadata_uuid=None if binary_only is None else _strip(binary_only.get("UUID")),
    )


def ome_facts(
    xml: str | bytes,
    index: int,
    *,
    channels: int | None = None,
    spans: Spans | None = None,
    beside: Sequence[Mapping[str, str]] = (),
) -> Facts:
    """Read the facts of one image.

    Parameters
    ----------
    xml
        The complete document.
    index
        Index of the Image, in document order.
    channels
        The number of channels of the pixels, if the file contradicts the OME-XML; default: SizeC, samples not counted.
        If the Channel elements do not fit this number, they become the annotation ``"ome"``.
    spans
        The requested part of the image; default: all of it.
    beside
        Attributes of Plane elements of the same image in other files; values in `xml` override them.

    Notes
    -----
    A value that cannot be read (text instead of a number, a colour beyond 32 bits, a unit that is not a length, a Plane
    outside the image) is unknown, never an error.

    Raises
    ------
    CorruptFileError
        As in `parse`; or there is no image with this index.
    LimitExceededError
        There are more bytes or tags than the limits allow.
    """
    tree = document(xml)
    images = list(children_named(tree.root, "Image"))
    if not 0 <= index < len(images):
        raise CorruptFileError(f"the OME-XML has no image {index}", evidence=f"it has {len(images)}")
    image = images[index]
    structure, pixels = _image(tree, index, image, with_tiff_data=False), pixels_of(index, image)
    elements = _channels(image, pixels)
    count = channels
    if count is None:
        count = len(elements) if sum(structure.samples) == structure.size_c else structure.size_c
    annotations = {**annotations_of(tree, image), **places(tree, image)}
    known_channels = tuple(_channel(e, s) for e, s in zip(elements, structure.samples, strict=True))
    if len(elements) != count and elements:
        annotations["ome"] = {f"Channel {i}": json.dumps(dict(e.attrib)) for i, e in enumerate(elements)}
        known_channels = ()
    spans = spans or ((0, structure.size_t), (0, structure.size_z), (0, count))
    table, unread = _planes(
        [*(Element("Plane", dict(stated)) for stated in beside), *children_named(pixels, "Plane")], spans
    )
    known = Facts(
        name=name_of(tree, image),
        physical_size_x=_measure(pixels, "PhysicalSizeX", micrometres, "µm"),
        physical_size_y=_measure(pixels, "PhysicalSizeY", micrometres, "µm"),
        physical_size_z=_measure(pixels, "PhysicalSizeZ", micrometres, "µm"),
        time_increment=_measure(pixels, "TimeIncrement", seconds, "s"),
        channels=known_channels,
        acquisition_date=_date(image),
        objective=_objective(tree, image),
        planes=table,
        annotations=annotations,
    )
    rest = remainder(tree, image, pixels, elements, unread, known)
    return replace(known, channels=known_channels[slice(*spans[2])], annotations={**annotations, **rest})


# --- structure


def _channels(image: Element, pixels: Element) -> list[Element]:
    """The Channel elements; Image/LogicalChannel from 2007-06 to 2008-09, Image/ChannelInfo in 2003-FC."""
    elements = list(children_named(pixels, "Channel"))
    return elements or list(children_named(image, "LogicalChannel")) or list(children_named(image, "ChannelInfo"))


def _image(tree: Document, index: int, image: Element, *, with_tiff_data: bool = True) -> OmeImage:
    """The structure of an Image element; without its TiffData if `with_tiff_data` is false."""
    pixels = pixels_of(index, image)
    order = pixels.get("DimensionOrder", "").strip()
    if order not in DIMENSION_ORDERS:
        raise CorruptFileError(
            f"image {index} of the OME-XML has no DimensionOrder",
            evidence=f"{order[:80]!r} is none of {', '.join(DIMENSION_ORDERS)}",
        )
    size_c = _integer(pixels, "SizeC", least=1)
    stated = [e.get("SamplesPerPixel") for e in _channels(image, pixels)]
    if stated and not any(stated) and size_c % len(stated) == 0:
        # "The total number of ChannelComponents for a set of pixels must equal SizeC" (ome.xsd, Channel)
        samples = (size_c // len(stated),) * len(stated)
    else:
        samples = tuple(_number(s, least=1) or 1 for s in stated)
    name = name_of(tree, image)
    return OmeImage(
        index=index,
        name=None if name is None else name.value,
        order=order,
        # PixelType: before 2009-09; spellings such as Uint8: 2003-FC
        pixel_type=(pixels.get("Type") or pixels.get("PixelType") or "").strip().lower(),
        size_x=_integer(pixels, "SizeX", least=1),
        size_y=_integer(pixels, "SizeY", least=1),
        size_z=_integer(pixels, "SizeZ", least=1),
        size_c=size_c,
        size_t=_integer(pixels, "SizeT", least=1),
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


def _number(text: str | None, least: int) -> int | None:
    digits = (text or "").strip().removeprefix("+")
    if not (digits.isascii() and digits.isdigit() and len(digits) <= 10):
        return None
    return number if least <= (number := int(digits)) <= _MOST_INT else None


def _integer(element: Element, name: str, least: int = 0) -> int:
    number = _number(element.get(name), least)
    if number is None:
        raise CorruptFileError(
            f"{local_name(element)}/@{name} of the OME-XML is no {'positive' if least else 'non-negative'} integer",
            evidence=f"{name}={str(element.get(name))[:80]!r}",
        )
    return number


# --- facts


def _strip(text: str | None) -> str | None:
    return (text or "").strip() or None


def _text(text: str | None, where: str) -> Fact[str] | None:
    return Fact(text, "file", where) if text and text.strip() else None


def _float(text: str | None) -> float:
    """The number, or NaN if the text is none; Python's underscores in numbers are not allowed."""
    try:
        return float(text) if text and "_" not in text else math.nan
    except ValueError:
        return math.nan


_Convert = Callable[[float, str], float | None]


def _measure(element: Element, name: str, convert: _Convert, unit: str) -> Fact[float] | None:
    symbol = element.get(name + "Unit", unit)
    value = convert(_float(element.get(name)), symbol)
    return None if value is None else Fact(value, "file", f"OME-XML {local_name(element)}/@{name}", unit=symbol.strip())


def _date(image: Element) -> Fact[str] | None:
    # AcquiredDate: schemas from 2009-09 to 2011-06; CreationDate, "when the Image was acquired": those before
    date = first_named(image, "AcquisitionDate", "AcquiredDate", "CreationDate")
    return None if date is None else _text(date.text or "", f"OME-XML Image/{local_name(date)}")


def _channel(element: Element, samples: int) -> Channel:
    excitation, emission = (  # ExWave and EmWave, whole nanometres: before 2009-09
        _measure(element, name, nanometres, "nm") or _measure(element, name[:2] + "Wave", nanometres, "nm")
        for name in ("ExcitationWavelength", "EmissionWavelength")
    )
    color = re.fullmatch(r"\s*([+-]?\d{1,10})\s*", element.get("Color", ""))
    in_range = color is not None and -(2**31) <= int(color[1]) < 2**31
    return Channel(
        name=_text(element.get("Name"), f"OME-XML {local_name(element)}/@Name"),
        color=Fact(int(color[1]), "file", "OME-XML Channel/@Color") if color and in_range else None,
        excitation=excitation if excitation and excitation.value > 0 else None,
        emission=emission if emission and emission.value > 0 else None,
        fluor=_text(element.get("Fluor"), f"OME-XML {local_name(element)}/@Fluor"),
        samples=samples,
    )


_OBJECTIVE_NUMBERS = ("LensNA", "NominalMagnification", "CalibratedMagnification", "WorkingDistance")


def _objective(tree: Document, image: Element) -> Fact[Any] | None:
    settings = first_named(image, "ObjectiveSettings", "ObjectiveRef")  # ObjectiveRef: schemas before 2010-04
    objective = None if settings is None else tree.objectives.get(settings.get("ID", ""))
    if objective is None:
        return None
    # today's attributes were elements before 2009-09
    elements = {local_name(e): e.text.strip() for e in objective if e.text and not e.tag.endswith("Ref")}
    values: dict[str, Any] = {k: v for k, v in {**elements, **objective.attrib}.items() if k != "ID" and v.strip()}
    for name in _OBJECTIVE_NUMBERS:
        if name in values and math.isfinite(number := _float(values.pop(name))):
            values[name] = number
    return Fact(values, "file", "OME-XML Instrument/Objective") if values else None


def _planes(elements: Sequence[Element], spans: Spans) -> tuple[Planes | None, Mapping[Element, tuple[str, ...]]]:
    """The table of facts per plane; and the elements that it contains only in part, with the names in the table."""
    (t0, t1), (z0, z1), (c0, c1) = spans
    shape = (t1 - t0, z1 - z0, c1 - c0)
    # only a hostile file declares a table much larger than the document that fills it
    if not elements or math.prod(shape) > max(1 << 20, 64 * len(elements)):
        return None, dict.fromkeys(elements, ())
    import numpy as np

    columns: dict[str, np.ndarray[Any, Any]] = {}
    unread: dict[Element, tuple[str, ...]] = {}
    for element in elements:
        t, z, c = (_number(element.get(name), 0) for name in PLACE)
        if t is None or z is None or c is None or not (t0 <= t < t1 and z0 <= z < z1 and c0 <= c < c1):
            unread[element] = ()
            continue
        position = (t - t0, z - z0, c - c0)
        timing = first_named(element, "PlaneTiming") if len(element) else None  # before 2009-09
        read = 3  # attributes: those of PLACE
        for name, unit in PLANE_COLUMNS.items():
            text = element.get(name, None if timing is None else timing.get(name))
            if text is None:
                continue
            # ome.xsd, Plane: times default to s, positions to "reference frame", which is no length
            stated = element.get(name + "Unit")
            symbol = ("s" if unit == "s" else "reference frame") if stated is None else stated
            value: float | None = _float(text)
            if symbol != unit:
                value = (seconds if unit == "s" else micrometres)(_float(text), symbol)
            if value is not None and math.isfinite(value):
                if name not in columns:
                    columns[name] = np.full(shape, np.nan)
                columns[name][position] = value
                read += 1 if stated is None else 2
        if len(element) or read != len(element.attrib):
            names = [name for name, table in columns.items() if not math.isnan(table[position])]
            unread[element] = (*names, *(f"{name}Unit" for name in names))
            if timing is not None:
                unread[timing] = unread[element]
    planes = Planes(columns=columns, origin="file", where="OME-XML Plane") if columns else None
    return planes, unread
