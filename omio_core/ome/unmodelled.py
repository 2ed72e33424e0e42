"""What OME-XML says beyond the model, kept as OME-XML under an annotation; it reads no value and opens no file.

The remainder is the document without what is a fact already, without where and how pixels lie, without other images
and what only they refer to. Names are those of https://www.openmicroscopy.org/Schemas/OME/2016-06/ome.xsd and of the
schemas before it.
"""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from collections.abc import Collection, Iterator, Mapping
from typing import Any

from omio_core.metadata.facts import Facts
from omio_core.metadata.namespaces import ASSUMPTIONS
from omio_core.parsing.xml import Element, first, local

from . import plate
from .references import related
from .tree import Document, annotations_held

REST, KEY = "ome/xml", "Remainder"
"""Namespace of the annotation, and its only key, whose value is an XML document."""

MOST = 1 << 20
"""Characters of a remainder that is kept; what is longer is told in words."""

Held = Mapping[Element, Collection[str] | None]
"""From an element to its attributes that are facts; None where all of it is."""

_STORED = ("DimensionOrder", "Type", "PixelType", "BigEndian", "Interleaved", *(f"Size{axis}" for axis in "XYZCT"))
_WHERE = ("TiffData", "BinData", "MetadataOnly", "Plane")  # of Pixels; planes are taken one by one
_IDENTITIES = frozenset({"ID", "TheZ", "TheC", "TheT"})  # which one, and nothing of it


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
    """Annotations by their namespaces: `REST`, or why there is none; empty where nothing is left.

    Parameters
    ----------
    tree, image, pixels, channels
        The document, and of one image its elements.
    planes
        Those elements Plane of which something is no fact, and the names of what is one.
    facts
        What is held of the image already.
    """
    found: dict[Element, Collection[str] | None] = {
        tree.root: ("UUID",),
        image: ("Name", "DefaultPixels") if facts.name is not None else ("DefaultPixels",),
        **plate.held(tree, image),
        **annotations_held(tree, image),
        **_held(tree, image, pixels, facts),
        **{e: _of_channel(e, facts, i) for i, e in enumerate(channels)},
        **planes,
    }
    try:
        text = _Rest(tree, image, pixels, found).text()
    except _TooLongError:
        return _told(facts, f"what the OME-XML says beyond OMIO's model is more than {MOST >> 20} MiB: it is left out")
    except RecursionError:
        return _told(facts, "what the OME-XML says beyond OMIO's model nests too deep: it is left out")
    before = [content for name, content in facts.annotations.items() if name == REST or name.startswith(f"{REST} (")]
    if not text or {KEY: text} in before:
        return {}
    return {f"{REST} ({len(before) + 1})" if before else REST: {KEY: text}}


def _told(facts: Facts, sentence: str) -> dict[str, dict[str, Any]]:
    said = facts.annotations.get(ASSUMPTIONS, {}).get("assumption", [])
    said = [said] if isinstance(said, str) else list(said)
    return {ASSUMPTIONS: {"assumption": [*said, *(() if sentence in said else (sentence,))]}}


# --- what is held


def _measured(element: Element, names: Mapping[str, Any]) -> Iterator[str]:
    """Measures that are facts, with their units; a unit of nothing is nothing."""
    for name, fact in names.items():
        if fact is not None or name not in element.attrib:
            yield from (name, f"{name}Unit")


def _held(tree: Document, image: Element, pixels: Element, facts: Facts) -> Held:
    measures = {f"PhysicalSize{a}": getattr(facts, f"physical_size_{a.lower()}") for a in "XYZ"}
    found: dict[Element, Collection[str] | None] = {
        pixels: {*_STORED, *_measured(pixels, {**measures, "TimeIncrement": facts.time_increment})}
    }
    if (date := first(image, "AcquisitionDate", "AcquiredDate", "CreationDate")) is not None:
        found[date] = None
    settings = first(image, "ObjectiveSettings", "ObjectiveRef")
    objective = None if settings is None else tree.objectives.get(settings.get("ID", ""))
    if objective is not None and facts.objective is not None:
        found[objective] = tuple(objective.attrib)
        found |= {e: None for e in objective if not e.tag.endswith("Ref")}
    return found


def _of_channel(element: Element, facts: Facts, index: int) -> Collection[str]:
    if not facts.channels:  # such elements are an annotation, attributes and all
        return tuple(element.attrib) if "ome" in facts.annotations else ()
    channel = facts.channels[index]
    waves = {"ExcitationWavelength": channel.excitation, "EmissionWavelength": channel.emission}
    found = {"SamplesPerPixel", *_measured(element, waves)}
    stated = {
        "Name": channel.name, "Color": channel.color, "Fluor": channel.fluor, "ExWave": channel.excitation,
        "EmWave": channel.emission,
    }  # fmt: skip
    return found | {name for name, fact in stated.items() if fact is not None}


# --- what is left


class _Rest:
    """A copy of the tree without what is held, then without what is empty.

    Raises
    ------
    _TooLongError
        More than `MOST` characters.
    RecursionError
        Elements nest deeper than Python calls.
    """

    def __init__(self, tree: Document, image: Element, pixels: Element, held: Held):
        self._image, self._pixels, self._held = image, pixels, held
        self._root = tree.root
        self._is_apart = related(tree).apart_from(image)
        self._left = MOST

    def text(self) -> str:
        copy = self._copy(self._root)
        alive = {self._image.get("ID", "")}
        if copy is None or not _weigh(copy, alive):
            return ""
        _prune(copy, alive)
        return _serial(copy)

    def _copy(self, element: Element) -> Element | None:
        """The element without what is held; None where not even a reference is left."""
        names = self._held.get(element, ())
        if names is None:
            return None
        attributes = {
            key: value
            for key, value in element.attrib.items()
            if key not in names and value.strip() and not key.endswith("}schemaLocation")
        }
        made = Element(element.tag, attributes)
        if element.text and element.text.strip():
            made.text = element.text
        if local(element) == "Value":  # of an annotation: XML of anybody's
            made.extend(list(element))
            self._left -= sum(2 * len(local(e)) + 5 + len(e.text or "") + 16 * len(e.attrib) for e in element.iter())
        else:
            made.extend([copy for child in self._children(element) if (copy := self._copy(child)) is not None])
        if not made.text and not len(made) and attributes.keys() <= _IDENTITIES and not _refers(element):
            return None
        self._left -= 2 * len(local(element)) + 5 + sum(len(k) + len(v) + 4 for k, v in attributes.items())
        self._left -= len(made.text or "")
        if self._left < 0:
            raise _TooLongError
        return made

    def _children(self, element: Element) -> Iterator[Element]:
        of_pixels, of_root, is_apart = local(element) == "Pixels", element is self._root, self._is_apart
        for child in element:
            if is_apart(child):
                continue
            name = local(child)
            if of_pixels and name in _WHERE:
                wanted = name == "Plane" and (element is not self._pixels or child in self._held)
            else:
                wanted = name != "ChannelComponent" and (child is self._image or not of_root or name != "Image")
            if wanted:
                yield child


def _refers(element: Element) -> bool:
    """Whether it names another element by its ID."""
    return element.tag.endswith(("Ref", "Settings")) or local(element) in ("Leader", "Contact", "Pump")


def _weigh(element: Element, alive: set[str]) -> bool:
    """Whether anything but identities and references is left; `alive` gets the IDs of what has that."""
    if local(element) == "Value":
        return bool(element.text or len(element))
    below = [_weigh(child, alive) for child in element]
    own = local(element) != "OME" and not element.attrib.keys() <= _IDENTITIES
    heavy = own or bool(element.text) or any(below)
    if heavy and not _refers(element):
        alive.add(element.get("ID", ""))
    return heavy


def _prune(element: Element, alive: Collection[str]) -> bool:
    """Take out what has no weight; references are kept to what is alive."""
    if local(element) != "Value":
        element[:] = [child for child in element if _prune(child, alive)]
    if element.text or len(element) or not element.attrib.keys() <= _IDENTITIES:
        return True
    return _refers(element) and element.get("ID", "") in alive


def _serial(root: Element) -> str:
    """The text; the namespace of the root is the default, unless an element has none."""
    text = ET.tostring(root, encoding="unicode").replace("\r\n", "\n").replace("\r", "\n")
    if len(text) > MOST:
        raise _TooLongError
    prefix = re.match(r"<([\w.-]+):", text)
    if prefix is None or f" {prefix[1]}:" in text or any(e.tag[:1] != "{" for e in root.iter()):
        return text
    name = prefix[1]
    text = text.replace(f"<{name}:", "<").replace(f"</{name}:", "</")
    return text.replace(f" xmlns:{name}=", " xmlns=", 1)
