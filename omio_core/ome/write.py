"""Write OME-XML: from `Metadata` to a document that is valid against the 2016-06 schema; it knows no TIFF.

Element order, names and types are those of https://www.openmicroscopy.org/Schemas/OME/2016-06/ome.xsd. The text is
UTF-8 without character references (see `omio_core.ome.text`). If Bio-Formats cannot parse one attribute, it drops all
of them: therefore sizes are finite and positive, units explicit, colours signed 32-bit, characters those of XML 1.0.
Facts that do not fit go to the annotation `UNPLACED`, so that no metadata produce a document that the schema refuses.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from omio_core.errors import MetadataError
from omio_core.metadata.checks import color, number, positive
from omio_core.metadata.facts import Channel, Fact
from omio_core.metadata.model import Metadata, annotated
from omio_core.metadata.plain import finite

from . import planes as ome_planes
from .planes import refuse as refuse_planes
from .text import as_text, attributes, escape, map_annotation, measure, namespaces, value_of
from .validate import NAMESPACE, check_ome, model

__all__ = ["PIXEL_TYPES", "UNPLACED", "build_ome", "check_ome", "model", "one", "refuse_planes"]

UNPLACED = "omio/unplaced"
"""Namespace of the facts that have no place in the schema, such as a date without a time of day."""

PIXEL_TYPES: Mapping[str, str] = {
    **{name: name for name in ("int8", "int16", "int32", "uint8", "uint16", "uint32")},
    "float32": "float", "float64": "double", "complex64": "complex", "complex128": "double-complex",
}  # fmt: skip
"""From the name of a numpy dtype to OME's PixelType, as far as one exists (ome.xsd, PixelType)."""


def build_ome(
    images: Sequence[Metadata],
    *,
    pixel_types: Sequence[str],
    creator: str,
    first_ifds: Sequence[int] | None = None,
    orders: Sequence[str] | str = "XYZCT",
    uuid: str | None = None,
    file_name: str = "",
) -> str:
    """Make the document of one file that contains `images`.

    Parameters
    ----------
    images
        The metadata of each image; `samples` is that of the file, channels times samples is SizeC.
    pixel_types
        OME's PixelType of each image, see `PIXEL_TYPES`.
    creator
        The program that writes the file, and its version.
    first_ifds
        The IFD of each image's first plane, counted from 0; its other planes follow in its DimensionOrder. None for a
        document without pixels.
    orders
        The DimensionOrder of each image, or one for all images.
    uuid
        UUID of the file, as ``urn:uuid:`` and the UUID.
    file_name
        The name of the file, without its folder.

    Returns
    -------
    str
        The document, to be encoded as UTF-8.

    Raises
    ------
    MetadataError
        A table of facts per plane does not fit its image.
    """
    maps: dict[str, str] = {}  # from the text of an annotation without its ID to the ID
    instruments: list[str] = []
    all_orders = (orders,) * len(images) if isinstance(orders, str) else orders
    each = ome_planes.have_each(images)
    uuid_element = f"<UUID{attributes(FileName=file_name or None)}>{escape(uuid)}</UUID>" if uuid else ""
    bodies: list[str] = []
    for i, metadata in enumerate(images):
        ome_planes.refuse(metadata)
        pixels = _Pixels(pixel_type=pixel_types[i], order=all_orders[i], where="<MetadataOnly/>", each=False)
        if first_ifds is not None:
            shape = ome_planes.of(metadata)
            where = ome_planes.tiff_data(shape, first_ifds[i], pixels.order, uuid_element, each=each[i])
            pixels = replace(pixels, where=where, each=each[i])
        bodies += _image(i, metadata, pixels, maps, instruments)
    annotations = [f'<MapAnnotation ID="{i}"{text}</MapAnnotation>' for text, i in maps.items()]
    parts = [
        '<?xml version="1.0" encoding="UTF-8"?>\n',
        f'<OME xmlns="{NAMESPACE}" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" '
        f'xsi:schemaLocation="{NAMESPACE} {NAMESPACE}/ome.xsd"{attributes(UUID=uuid, Creator=creator)}>',
        *instruments,
        *bodies,
        *(["<StructuredAnnotations>", *annotations, "</StructuredAnnotations>"] if annotations else []),
        "</OME>",
    ]
    return "".join(parts)


def one(metadata: Metadata) -> str:
    """Make the document of one picture that is not in a file.

    Raises
    ------
    MetadataError
        OME has no PixelType for its dtype, or a table of facts per plane does not fit it.
    """
    from omio_core.metadata.namespaces import omio_version

    pixel_type = {"bool": "bit", "float16": "float"}.get(metadata.dtype) or PIXEL_TYPES.get(metadata.dtype)
    if pixel_type is None:
        raise MetadataError(
            f"OME has no pixel type for {metadata.dtype}",
            evidence=f"it has {', '.join(PIXEL_TYPES.values())}",
            remedy="convert the pixels first",
        )
    return build_ome([metadata], pixel_types=[pixel_type], creator=f"omio-core {omio_version()}")


# --- an image


@dataclass(frozen=True, slots=True, kw_only=True)
class _Pixels:
    """How the pixels of an image are stored: PixelType, DimensionOrder, and `where`, the elements that locate them.

    `each` is true if these are one TiffData per plane.
    """

    pixel_type: str
    order: str
    where: str
    each: bool


def _image(
    index: int, metadata: Metadata, pixels: _Pixels, maps: dict[str, str], instruments: list[str]
) -> Iterator[str]:
    facts, unplaced = metadata.facts, _Unplaced()
    yield f"<Image{attributes(ID=f'Image:{index}', Name=value_of(facts.name))}>"
    if facts.acquisition_date is not None:
        if (date := _date_time(as_text(facts.acquisition_date.value))) is None:
            unplaced["AcquisitionDate"] = facts.acquisition_date.value
        else:
            yield f"<AcquisitionDate>{escape(date)}</AcquisitionDate>"
    if facts.objective is not None:
        lens, others = _objective(facts.objective.value)
        if others:
            unplaced["Objective"] = others
        if lens:
            instruments.append(
                f'<Instrument ID="Instrument:{index}"><Objective ID="Objective:{index}"{attributes(**lens)}/>'
                "</Instrument>"
            )
            yield f'<InstrumentRef ID="Instrument:{index}"/><ObjectiveSettings ID="Objective:{index}"/>'
    yield from _pixels(index, metadata, pixels, unplaced)
    annotations = dict(annotated(metadata))
    if unplaced:
        annotations[UNPLACED] = {**annotations.get(UNPLACED, {}), **unplaced}
    for namespace, content in namespaces(annotations):
        if content:
            identity = maps.setdefault(map_annotation(namespace, content), f"Annotation:{len(maps)}")
            yield f'<AnnotationRef ID="{identity}"/>'
    yield "</Image>"


class _Unplaced(dict[str, Any]):
    """The values that have no place in the schema, by their public names."""

    def place(self, name: str, fact: Fact[Any] | None, convert: Callable[[Any], Any]) -> Any:
        """Convert the value of a fact; if `convert` returns None, keep the value here."""
        if fact is None:
            return None
        if (converted := convert(fact.value)) is None:
            self[name] = finite(fact.value)
        return converted


def _pixels(index: int, metadata: Metadata, pixels: _Pixels, unplaced: _Unplaced) -> Iterator[str]:
    facts, (t, z, c, y, x) = metadata.facts, metadata.shape
    stored = {"DimensionOrder": pixels.order, "Type": pixels.pixel_type}
    sizes = {"SizeX": x, "SizeY": y, "SizeZ": z, "SizeC": c, "SizeT": t}
    yield f"<Pixels{attributes(ID=f'Pixels:{index}', **stored, **sizes)}"
    yield attributes(BigEndian="false", Interleaved="true" if metadata.samples > 1 else "false")
    for name, fact, unit in (
        ("PhysicalSizeX", facts.physical_size_x, "µm"),
        ("PhysicalSizeY", facts.physical_size_y, "µm"),
        ("PhysicalSizeZ", facts.physical_size_z, "µm"),
        ("TimeIncrement", facts.time_increment, "s"),
    ):
        yield measure(name, unplaced.place(name, fact, positive), unit)
    yield ">"
    for i, channel in enumerate(metadata.channels):
        yield _channel(f"Channel:{index}:{i}", channel, f"Channels[{i}]", unplaced)
    yield pixels.where
    if facts.planes is not None:
        columns, shape = facts.planes.columns, ome_planes.of(metadata)
        for name, values in ome_planes.beyond(columns).items():
            unplaced[f"Planes.{name}"] = {plane: finite(value) for plane, value in values.items()}
        yield from ome_planes.planes(columns, shape, pixels.order, each=pixels.each)
    yield "</Pixels>"


def _channel(identity: str, channel: Channel, name: str, unplaced: _Unplaced) -> str:
    excitation = unplaced.place(f"{name}.ExcitationWavelength", channel.excitation, positive)
    emission = unplaced.place(f"{name}.EmissionWavelength", channel.emission, positive)
    rgba = unplaced.place(f"{name}.Color", channel.color, color)
    return (
        f"<Channel{attributes(ID=identity, Name=value_of(channel.name), SamplesPerPixel=int(channel.samples))}"
        f"{measure('ExcitationWavelength', excitation, 'nm')}{measure('EmissionWavelength', emission, 'nm')}"
        f"{attributes(Fluor=value_of(channel.fluor), Color=rgba)}/>"
    )


# --- the objective and the date, for which the schema has strict rules

_CORRECTIONS = frozenset({
    "UV", "PlanApo", "PlanFluor", "SuperFluor", "VioletCorrected", "Achro", "Achromat", "Fluor", "Fl", "Fluar",
    "Neofluar", "Fluotar", "Apo", "PlanNeofluar", "Other",
})  # fmt: skip
_IMMERSIONS = frozenset({"Oil", "Water", "WaterDipping", "Air", "Multi", "Glycerol", "Other"})
_LENGTHS = frozenset({
    "Ym", "Zm", "Em", "Pm", "Tm", "Gm", "Mm", "km", "hm", "dam", "m", "dm", "cm", "mm", "µm", "nm", "pm", "fm", "am",
    "zm", "ym", "Å", "thou", "li", "in", "ft", "yd", "mi", "pt", "pixel",
})  # fmt: skip
_TEXTS = ("Manufacturer", "Model", "SerialNumber", "LotNumber")
_NUMBERS = ("LensNA", "NominalMagnification", "CalibratedMagnification", "WorkingDistance")


def _objective(stated: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """The attributes that the schema's Objective allows, and the others."""
    lens: dict[str, Any] = {}
    for name, value in stated.items():
        if value is None:
            continue
        text = as_text(value)
        fits = (
            name in _TEXTS
            or (name in _NUMBERS and number(value) is not None)
            or (name == "Correction" and text in _CORRECTIONS)
            or (name == "Immersion" and text in _IMMERSIONS)
            or (name == "Iris" and text.lower() in ("true", "false"))
            or (name == "WorkingDistanceUnit" and text in _LENGTHS)
        )
        if fits:
            lens[name] = text.lower() if name == "Iris" else number(value) if name in _NUMBERS else text
    if "WorkingDistance" in lens:
        lens.setdefault("WorkingDistanceUnit", "µm")  # the schema's default, written explicitly
    return lens, {name: finite(value) for name, value in stated.items() if name not in lens and value is not None}


_DATE_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-](0\d|1[0-3]):[0-5]\d|[+-]14:00)?", re.ASCII)


def _date_time(text: str) -> str | None:
    """The date as an xsd:dateTime; None if it is not a date, or has no time of day."""
    text = text.strip()
    try:
        if _DATE_TIME.fullmatch(text):
            datetime.fromisoformat(text[:19])
            return text
        iso = datetime.fromisoformat(text).isoformat() if ":" in text else ""
    except ValueError:
        return None
    return iso if _DATE_TIME.fullmatch(iso) else None
