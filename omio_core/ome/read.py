"""Read the facts of one image from OME-XML of any schema year; it knows no TIFF and opens no file.

Elements are matched by their local names, so that all schemas from 2003 to 2016-06 need no separate code. Attribute
names, defaults and units are those of https://www.openmicroscopy.org/Schemas/OME/2016-06/ome.xsd.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from omio_core.errors import CorruptFileError
from omio_core.metadata.facts import PLANE_COLUMNS, Channel, Fact, Facts, Planes
from omio_core.metadata.units import micrometres, nanometres, seconds
from omio_core.parsing.xml import Element, children_named, first_named, local_name

from .plate import name_of, places
from .positions import PLACE, Spans
from .structure import DIMENSION_ORDERS as DIMENSION_ORDERS  # many modules import the structure from here
from .structure import OmeDocument as OmeDocument
from .structure import OmeImage as OmeImage
from .structure import TiffData as TiffData
from .structure import channel_elements, image_of, whole_number
from .structure import parse_ome as parse_ome
from .tree import Document, annotations_of, document, pixels_of
from .unmodelled import remainder

if TYPE_CHECKING:
    import numpy as np

_MOST_MISSING = 1000  # Channel elements that may be missing behind those that are there


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
        If the Channel elements do not fit this number, they become the annotation ``"ome"``; fewer are those of the
        first channels.
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
    structure, pixels = image_of(tree, index, image, with_tiff_data=False), pixels_of(index, image)
    elements = channel_elements(image, pixels)
    count = channels
    if count is None:
        count = len(elements) if sum(structure.samples) == structure.size_c else structure.size_c
    annotations = {**annotations_of(tree, image), **places(tree, image)}
    known_channels: tuple[Channel, ...] = ()
    if len(elements) <= count:  # there may be very many that fit nothing
        known_channels = tuple(_channel(e, s) for e, s in zip(elements, structure.samples, strict=True))
    warnings: tuple[str, ...] = ()
    if len(elements) != count and elements:
        annotations["ome"] = {f"Channel {i}": json.dumps(dict(e.attrib)) for i, e in enumerate(elements)}
        missing = count - len(elements)
        known_channels = (*known_channels, *(Channel() for _ in range(missing))) if 0 < missing < _MOST_MISSING else ()
        if missing < 0:
            words = f"{len(elements)} Channel elements for {count} channel{'' if count == 1 else 's'}"
            warnings = (f"the OME-XML has {words}: which is which is unknown, and they are only among the annotations",)
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
        warnings=warnings,
    )
    rest = remainder(tree, image, pixels, elements, unread, known)
    return replace(known, channels=known_channels[slice(*spans[2])], annotations={**annotations, **rest})


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
    color = _color(element.get("Color", ""))
    return Channel(
        name=_text(element.get("Name"), f"OME-XML {local_name(element)}/@Name"),
        color=None if color is None else Fact(color, "file", "OME-XML Channel/@Color"),
        excitation=excitation if excitation and excitation.value > 0 else None,
        emission=emission if emission and emission.value > 0 else None,
        fluor=_text(element.get("Fluor"), f"OME-XML {local_name(element)}/@Fluor"),
        samples=samples,
    )


def _color(text: str) -> int | None:
    """A colour as OME's signed 32-bit number; some programs write the same bits unsigned."""
    if not re.fullmatch(r"\s*[+-]?\d{1,10}\s*", text) or not -(2**31) <= (color := int(text)) < 2**32:
        return None
    return color - 2**32 if color >= 2**31 else color


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
        t, z, c = (whole_number(element.get(name), 0) for name in PLACE)
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
