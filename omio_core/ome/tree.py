"""OME-XML as a tree, with its annotations and what is looked up by ID; it knows no values.

Elements are matched by their local names, so that the schemas of every year are one case.
"""

from __future__ import annotations

import json
import xml.etree.ElementTree as ET
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from omio_core.errors import CorruptFileError
from omio_core.parsing.xml import Element, first, local, named, parse

from .uris import name_of

_CACHED_BYTES = 16 << 20  # longer texts are parsed again rather than kept
OURS = "omio/"  # namespaces of annotations whose values are JSON


@dataclass(frozen=True, slots=True)
class Document:
    """The root, and what is looked up by ID.

    Attributes
    ----------
    annotations, objectives
        By their own IDs.
    samples
        From the ID of an Image to its Plate, Well and WellSample, and which sample of the well that is, from 0.
    referenced
        The annotations that something refers to.
    """

    root: Element
    annotations: dict[str, Element]
    objectives: dict[str, Element]
    samples: dict[str, tuple[Element, Element, Element, int]]
    referenced: frozenset[str]


def document(xml: str | bytes) -> Document:
    """Parse a document; a few recent ones are kept.

    Raises
    ------
    CorruptFileError
        Not well-formed, a DOCTYPE, or no OME element at the root.
    LimitExceededError
        More bytes or tags than allowed.
    """
    return _kept(xml) if len(xml) <= _CACHED_BYTES else _read(xml)


def _read(xml: str | bytes) -> Document:
    root = parse(xml, "OME-XML")
    if local(root) != "OME":
        raise CorruptFileError("the XML is no OME-XML", evidence=f"its root is <{local(root)[:80]}>")
    annotations = {e.get("ID", ""): e for part in named(root, "StructuredAnnotations") for e in part}
    objectives = {e.get("ID", ""): e for i in named(root, "Instrument") for e in named(i, "Objective")}
    referenced = frozenset(_references(root)) if annotations else frozenset()
    return Document(root, annotations, objectives, _samples(root), referenced)


def _samples(root: Element) -> dict[str, tuple[Element, Element, Element, int]]:
    """Plates stand beside the images and name them (ome.xsd, Plate; SPW.xsd until 2013-06); the first counts."""
    found: dict[str, tuple[Element, Element, Element, int]] = {}
    for plate in named(root, "Plate"):
        for well in named(plate, "Well"):
            for number, sample in enumerate(named(well, "WellSample")):
                for image in named(sample, "ImageRef"):
                    found.setdefault(image.get("ID", ""), (plate, well, sample, number))
    return found


_kept = lru_cache(maxsize=8)(_read)


def _references(element: Element) -> Iterator[str]:
    return (e.get("ID", "") for e in element.iter() if e.tag.endswith("AnnotationRef"))


def pixels_of(index: int, image: Element) -> Element:
    """The Pixels of an image; before 2009-09 there may be several, of which Image/@DefaultPixels is the one.

    Raises
    ------
    CorruptFileError
        It has none.
    """
    several = list(named(image, "Pixels"))
    if not several:
        raise CorruptFileError(f"image {index} of the OME-XML has no Pixels")
    primary = image.get("DefaultPixels")
    return next((pixels for pixels in several if pixels.get("ID") == primary), several[0])


# --- annotations


def annotations_of(document: Document, image: Element) -> dict[str, dict[str, Any]]:
    """From a namespace (or the kind, where there is none) to the content; of this image and of nobody."""
    found: dict[str, dict[str, Any]] = {}
    times: dict[str, int] = {}
    for element in _own(document, image):
        if content := _content(element):
            namespace = name_of(element.get("Namespace", "").strip()) or local(element)
            if namespace.startswith(OURS):
                content = {key: _decoded(value) for key, value in content.items()}
            times[namespace] = number = times.get(namespace, 0) + 1
            found[namespace if number == 1 else f"{namespace} ({number})"] = content
    return found


def _own(document: Document, image: Element) -> Iterator[Element]:
    """The annotations of an image, those that they refer to, and those of nobody."""
    if not document.annotations:
        return
    waiting = deque([*_references(image), *(i for i in document.annotations if i not in document.referenced)])
    seen: set[str] = set()
    while waiting:
        identity = waiting.popleft()
        element = document.annotations.get(identity)
        if element is None or identity in seen:
            continue
        seen.add(identity)
        waiting.extend(_references(element))
        yield element


def annotations_held(document: Document, image: Element) -> dict[Element, tuple[str, ...] | None]:
    """From an element to its attributes that are in `annotations_of`; None where all of it is."""
    found: dict[Element, tuple[str, ...] | None] = {}
    for element in _own(document, image):
        kind, description = local(element), first(element, "Description")
        # a list has no content, and so no place for its namespace
        found[element] = () if kind == "ListAnnotation" else ("Namespace",)
        value = first(element, "BinaryFile" if kind == "FileAnnotation" else "Value")
        if value is not None:
            found[value] = tuple(value.attrib) if kind == "FileAnnotation" else None
        if description is not None and not (kind == "MapAnnotation" and _has_description(value)):
            found[description] = None
    return found


def _has_description(value: Element | None) -> bool:
    """Whether a pair of that name stands where the element Description would."""
    return value is not None and any(pair.get("K") == "Description" for pair in named(value, "M"))


def _content(element: Element) -> dict[str, Any]:
    content: dict[str, Any] = {}
    kind = local(element)
    value = first(element, "Value")
    description = first(element, "Description")
    if kind == "FileAnnotation" and (file := first(element, "BinaryFile")) is not None:
        content.update(file.attrib)
    elif kind == "MapAnnotation" and value is not None:
        for pair in named(value, "M"):
            key, text = pair.get("K", ""), pair.text or ""
            if key not in content:
                content[key] = text
            elif isinstance(content[key], list):
                content[key].append(text)
            else:
                content[key] = [content[key], text]
    elif value is not None:
        content[kind] = _inner(value) if len(value) else (value.text or "").strip()
    if description is not None and description.text and description.text.strip():
        content.setdefault("Description", description.text.strip())
    return content


def _inner(value: Element) -> str:
    """The XML inside an element; its bare text where it nests too deep to be written again."""
    try:
        return ((value.text or "") + "".join(ET.tostring(e, encoding="unicode") for e in value)).strip()
    except RecursionError:
        return "".join(value.itertext()).strip()


def _decoded(value: Any) -> Any:
    try:
        return json.loads(value) if isinstance(value, str) else value
    except (ValueError, RecursionError):
        return value
