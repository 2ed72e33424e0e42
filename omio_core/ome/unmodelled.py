"""The parts of OME-XML that OMIO's model lacks, kept as OME-XML in an annotation; it reads no value and opens no file.

The remainder is the document without the facts, without the location and layout of the pixels, and without other
images and the elements that only they refer to. Names are those of
https://www.openmicroscopy.org/Schemas/OME/2016-06/ome.xsd and of earlier schemas.
"""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from collections.abc import Collection, Iterator, Mapping
from typing import Any

from omio_core.metadata.facts import Facts
from omio_core.metadata.namespaces import ASSUMPTIONS
from omio_core.parsing.xml import Element, first_named, local_name

from . import plate
from .references import ownership_of
from .tree import Document, modelled_annotations

REST, KEY = "ome/xml", "Remainder"
"""Namespace of the annotation, and its only key, whose value is an XML document."""

MOST = 1 << 20
"""The most characters of a remainder; a longer one is left out, and a sentence reports that."""

Modelled = Mapping[Element, Collection[str] | None]
"""From an element to those of its attributes that are facts; None if all of it is."""

_STORED = ("DimensionOrder", "Type", "PixelType", "BigEndian", "Interleaved", *(f"Size{axis}" for axis in "XYZCT"))
_WHERE = ("TiffData", "BinData", "MetadataOnly", "Plane")  # children of Pixels; each Plane is decided separately
_IDENTITIES = frozenset({"ID", "TheZ", "TheC", "TheT"})  # they identify an element and say nothing else about it


class _TooLongError(Exception):
    pass


def remainder(
    tree: Document,
    image: Element,
    pixels: Element,
    channels: Collection[Element],
    planes: Mapping[Element, Collection[str]],
    facts: Facts,
) -> dict[str, dict[str, Any]]:
    """Annotations by their namespaces: `REST`, or the reason why it is left out; empty if nothing remains.

    Parameters
    ----------
    tree, image, pixels, channels
        The document, and the elements of one image.
    planes
        The Plane elements that are only in part facts, with the names of the attributes that are.
    facts
        The facts that have been read from the image.
    """
    modelled: dict[Element, Collection[str] | None] = {
        tree.root: ("UUID",),
        image: ("Name", "DefaultPixels") if facts.name is not None else ("DefaultPixels",),
        **plate.modelled_attributes(tree, image),
        **modelled_annotations(tree, image),
        **_modelled_parts(tree, image, pixels, facts),
        **{e: _modelled_of_channel(e, facts, i) for i, e in enumerate(channels)},
        **planes,
    }
    try:
        text = _Remainder(tree, image, pixels, modelled).text()
    except _TooLongError:
        return _omission(
            facts, f"what the OME-XML says beyond OMIO's model is more than {MOST >> 20} MiB: it is left out"
        )
    except RecursionError:
        return _omission(facts, "what the OME-XML says beyond OMIO's model nests too deep: it is left out")
    existing = [content for name, content in facts.annotations.items() if name == REST or name.startswith(f"{REST} (")]
    if not text or {KEY: text} in existing:
        return {}
    return {f"{REST} ({len(existing) + 1})" if existing else REST: {KEY: text}}


def _omission(facts: Facts, sentence: str) -> dict[str, dict[str, Any]]:
    assumptions = facts.annotations.get(ASSUMPTIONS, {}).get("assumption", [])
    assumptions = [assumptions] if isinstance(assumptions, str) else list(assumptions)
    return {ASSUMPTIONS: {"assumption": [*assumptions, *(() if sentence in assumptions else (sentence,))]}}


# --- the parts that are facts


def _measures(element: Element, names: Mapping[str, Any]) -> Iterator[str]:
    """The measures that are facts, with their units; also the units without a measure, which mean nothing."""
    for name, fact in names.items():
        if fact is not None or name not in element.attrib:
            yield from (name, f"{name}Unit")


def _modelled_parts(tree: Document, image: Element, pixels: Element, facts: Facts) -> Modelled:
    measures = {f"PhysicalSize{a}": getattr(facts, f"physical_size_{a.lower()}") for a in "XYZ"}
    modelled: dict[Element, Collection[str] | None] = {
        pixels: {*_STORED, *_measures(pixels, {**measures, "TimeIncrement": facts.time_increment})}
    }
    if (date := first_named(image, "AcquisitionDate", "AcquiredDate", "CreationDate")) is not None:
        modelled[date] = None
    settings = first_named(image, "ObjectiveSettings", "ObjectiveRef")
    objective = None if settings is None else tree.objectives.get(settings.get("ID", ""))
    if objective is not None and facts.objective is not None:
        modelled[objective] = tuple(objective.attrib)
        modelled |= {e: None for e in objective if not e.tag.endswith("Ref")}
    return modelled


def _modelled_of_channel(element: Element, facts: Facts, index: int) -> Collection[str]:
    if not facts.channels:  # the annotation "ome" contains these elements with all attributes
        return tuple(element.attrib) if "ome" in facts.annotations else ()
    channel = facts.channels[index]
    waves = {"ExcitationWavelength": channel.excitation, "EmissionWavelength": channel.emission}
    modelled = {"SamplesPerPixel", *_measures(element, waves)}
    stated = {
        "Name": channel.name, "Color": channel.color, "Fluor": channel.fluor, "ExWave": channel.excitation,
        "EmWave": channel.emission,
    }  # fmt: skip
    return modelled | {name for name, fact in stated.items() if fact is not None}


# --- the remainder


class _Remainder:
    """A copy of the tree without the modelled parts, and then without empty elements.

    Raises
    ------
    _TooLongError
        The copy has more than `MOST` characters.
    RecursionError
        The elements nest deeper than Python's calls can.
    """

    def __init__(self, tree: Document, image: Element, pixels: Element, modelled: Modelled):
        self._image, self._pixels, self._modelled = image, pixels, modelled
        self._root = tree.root
        self._belongs_elsewhere = ownership_of(tree).elsewhere_than(image)
        self._left = MOST

    def text(self) -> str:
        copy = self._copy(self._root)
        alive = {self._image.get("ID", "")}
        if copy is None or not _weigh(copy, alive):
            return ""
        _prune(copy, alive)
        return _serialize(copy)

    def _copy(self, element: Element) -> Element | None:
        """Copy an element without its modelled parts; None if not even a reference remains."""
        names = self._modelled.get(element, ())
        if names is None:
            return None
        attributes = {
            key: value
            for key, value in element.attrib.items()
            if key not in names and value.strip() and not key.endswith("}schemaLocation")
        }
        result = Element(element.tag, attributes)
        if element.text and element.text.strip():
            result.text = element.text
        if local_name(element) == "Value":  # of an annotation: may contain foreign XML
            result.extend(list(element))
            self._left -= sum(
                2 * len(local_name(e)) + 5 + len(e.text or "") + 16 * len(e.attrib) for e in element.iter()
            )
        else:
            result.extend([copy for child in self._children(element) if (copy := self._copy(child)) is not None])
        if not result.text and not len(result) and attributes.keys() <= _IDENTITIES and not _refers(element):
            return None
        self._left -= 2 * len(local_name(element)) + 5 + sum(len(k) + len(v) + 4 for k, v in attributes.items())
        self._left -= len(result.text or "")
        if self._left < 0:
            raise _TooLongError
        return result

    def _children(self, element: Element) -> Iterator[Element]:
        of_pixels, of_root, elsewhere = local_name(element) == "Pixels", element is self._root, self._belongs_elsewhere
        for child in element:
            if elsewhere(child):
                continue
            name = local_name(child)
            if of_pixels and name in _WHERE:
                wanted = name == "Plane" and (element is not self._pixels or child in self._modelled)
            else:
                wanted = name != "ChannelComponent" and (child is self._image or not of_root or name != "Image")
            if wanted:
                yield child


def _refers(element: Element) -> bool:
    """Whether an element refers to another by its ID."""
    return element.tag.endswith(("Ref", "Settings")) or local_name(element) in ("Leader", "Contact", "Pump")


def _weigh(element: Element, alive: set[str]) -> bool:
    """Whether anything except identities and references remains; the IDs of such elements are added to `alive`."""
    if local_name(element) == "Value":
        return bool(element.text or len(element))
    below = [_weigh(child, alive) for child in element]
    own = local_name(element) != "OME" and not element.attrib.keys() <= _IDENTITIES
    heavy = own or bool(element.text) or any(below)
    if heavy and not _refers(element):
        alive.add(element.get("ID", ""))
    return heavy


def _prune(element: Element, alive: Collection[str]) -> bool:
    """Remove the elements without content; references to elements that are `alive` remain."""
    if local_name(element) != "Value":
        element[:] = [child for child in element if _prune(child, alive)]
    if element.text or len(element) or not element.attrib.keys() <= _IDENTITIES:
        return True
    return _refers(element) and element.get("ID", "") in alive


def _serialize(root: Element) -> str:
    """The XML text; the namespace of the root becomes the default, unless an element has no namespace."""
    text = ET.tostring(root, encoding="unicode").replace("\r\n", "\n").replace("\r", "\n")
    if len(text) > MOST:
        raise _TooLongError
    prefix = re.match(r"<([\w.-]+):", text)
    if prefix is None or f" {prefix[1]}:" in text or any(e.tag[:1] != "{" for e in root.iter()):
        return text
    name = prefix[1]
    text = text.replace(f"<{name}:", "<").replace(f"</{name}:", "</")
    return text.replace(f" xmlns:{name}=", " xmlns=", 1)
