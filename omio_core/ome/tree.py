"""OME-XML as a tree, with its annotations and its indices by ID; it knows no values.

Elements are matched by their local names, so that the schemas of all years need no separate code.
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
from omio_core.parsing.xml import Element, children_named, first_named, local_name, parse_xml

from .uris import name_of

_CACHED_BYTES = 16 << 20  # longer texts are not cached but parsed again
OURS = "omio/"  # namespaces of annotations whose values are JSON


@dataclass(frozen=True, slots=True)
class Document:
    """The root, and elements by ID.

    Attributes
    ----------
    annotations, objectives
        From their IDs to the elements.
    samples
        From the ID of an Image to its Plate, Well and WellSample, and the index of that sample in the well, from 0.
    referenced
        The IDs of the annotations that some element refers to.
    """

    root: Element
    annotations: dict[str, Element]
    objectives: dict[str, Element]
    samples: dict[str, tuple[Element, Element, Element, int]]
    referenced: frozenset[str]


def document(xml: str | bytes) -> Document:
    """Parse a document; a few recent ones are cached.

    Raises
    ------
    CorruptFileError
        The text is not well-formed, contains a DOCTYPE, or its root is not an OME element.
    LimitExceededError
        There are more bytes or tags than the limits allow.
    """
    return _read_cached(xml) if len(xml) <= _CACHED_BYTES else _read(xml)


def _read(xml: str | bytes) -> Document:
    root = parse_xml(xml, "OME-XML")
    if local_name(root) != "OME":
        raise CorruptFileError("the XML is no OME-XML", evidence=f"its root is <{local_name(root)[:80]}>")
    annotations = {e.get("ID", ""): e for part in children_named(root, "StructuredAnnotations") for e in part}
    objectives = {
        e.get("ID", ""): e for i in children_named(root, "Instrument") for e in children_named(i, "Objective")
    }
    referenced = frozenset(_references(root)) if annotations else frozenset()
    return Document(root, annotations, objectives, _samples(root), referenced)


def _samples(root: Element) -> dict[str, tuple[Element, Element, Element, int]]:
    """The wells of images: plates refer to images (ome.xsd, Plate; SPW.xsd until 2013-06); the first plate counts."""
    samples: dict[str, tuple[Element, Element, Element, int]] = {}
    for plate in children_named(root, "Plate"):
        for well in children_named(plate, "Well"):
            for number, sample in enumerate(children_named(well, "WellSample")):
                for image in children_named(sample, "ImageRef"):
                    samples.setdefault(image.get("ID", ""), (plate, well, sample, number))
    return samples


_read_cached = lru_cache(maxsize=8)(_read)


def _references(element: Element) -> Iterator[str]:
    return (e.get("ID", "") for e in element.iter() if e.tag.endswith("AnnotationRef"))


def pixels_of(index: int, image: Element) -> Element:
    """The Pixels of an image; before 2009-09 there may be several, of which Image/@DefaultPixels names the main one.

    Raises
    ------
    CorruptFileError
        The image has no Pixels.
    """
    several = list(children_named(image, "Pixels"))
    if not several:
        raise CorruptFileError(f"image {index} of the OME-XML has no Pixels")
    primary = image.get("DefaultPixels")
    return next((pixels for pixels in several if pixels.get("ID") == primary), several[0])


# --- annotations


def annotations_of(document: Document, image: Element) -> dict[str, dict[str, Any]]:
    """From a namespace (or the kind, if there is none) to the content; of the image, and of no image at all."""
    annotations: dict[str, dict[str, Any]] = {}
    counts: dict[str, int] = {}
    for element in _annotations_for(document, image):
        if content := _content(element):
            namespace = name_of(element.get("Namespace", "").strip()) or local_name(element)
            if namespace.startswith(OURS):
                content = {key: decode(value) for key, value in content.items()}
            counts[namespace] = number = counts.get(namespace, 0) + 1
            annotations[namespace if number == 1 else f"{namespace} ({number})"] = content
    return annotations


def _annotations_for(document: Document, image: Element) -> Iterator[Element]:
    """The annotations of an image, those that they refer to, and those that no element refers to."""
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


def modelled_annotations(document: Document, image: Element) -> dict[Element, tuple[str, ...] | None]:
    """From an element to those of its attributes that `annotations_of` contains; None if it contains all of it."""
    modelled: dict[Element, tuple[str, ...] | None] = {}
    for element in _annotations_for(document, image):
        kind, description = local_name(element), first_named(element, "Description")
        # a list has no content, so its namespace is not in `annotations_of`
        modelled[element] = () if kind == "ListAnnotation" else ("Namespace",)
        value = first_named(element, "BinaryFile" if kind == "FileAnnotation" else "Value")
        if value is not None:
            modelled[value] = tuple(value.attrib) if kind == "FileAnnotation" else None
        if description is not None and not (kind == "MapAnnotation" and _has_description(value)):
            modelled[description] = None
    return modelled


def _has_description(value: Element | None) -> bool:
    """Whether the content has a pair named Description, which hides the element Description."""
    return value is not None and any(pair.get("K") == "Description" for pair in children_named(value, "M"))


def _content(element: Element) -> dict[str, Any]:
    content: dict[str, Any] = {}
    kind = local_name(element)
    value = first_named(element, "Value")
    description = first_named(element, "Description")
    if kind == "FileAnnotation" and (file := first_named(element, "BinaryFile")) is not None:
        content.update(file.attrib)
    elif kind == "MapAnnotation" and value is not None:
        for pair in children_named(value, "M"):
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
    """The XML inside an element; only its text if it nests too deep for the serializer."""
    try:
        return ((value.text or "") + "".join(ET.tostring(e, encoding="unicode") for e in value)).strip()
    except RecursionError:
        return "".join(value.itertext()).strip()


def decode(value: Any) -> Any:
    """The value of a text in an annotation of OMIO: JSON, else the text itself."""
    if not isinstance(value, str) or (value[:1].isalpha() and value not in _WORDS):
        return value
    try:
        return json.loads(value)
    except (ValueError, RecursionError):
        return value


_WORDS = ("true", "false", "null", "NaN", "Infinity")  # what begins with a letter and is JSON as Python reads it
