"""Which parts of an OME-XML document are another image's: by who refers to whom; it knows no values.

Containers refer to what they hold (a Dataset to images, a Project to datasets, a Screen to plates), all else is
referred to by what uses it: https://www.openmicroscopy.org/Schemas/OME/2016-06/ome.xsd, the elements that end in Ref.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Set
from dataclasses import dataclass
from weakref import WeakKeyDictionary

from omio_core.parsing.xml import Element, local, named

from .tree import Document

_CONTAINED = ("DatasetRef", "PlateRef", "FolderRef")
_DEEPEST = 8  # elements between a plate and its images: two
_SHARED = -1


@dataclass(frozen=True, slots=True)
class Related:
    """How the parts of a document belong to its images; one for all of them.

    Attributes
    ----------
    images
        From an Image to its index.
    label
        From an element of the top level, or an annotation, to the index of the only image that it belongs to, or
        `_SHARED`; those of no image are not there.
    holders
        Elements around ImageRefs, such as plates and wells.
    own
        From an image's ID to the holders of its ImageRefs.
    """

    images: Mapping[Element, int]
    label: Mapping[Element, int]
    holders: Set[Element]
    own: Mapping[str, Set[Element]]

    def apart_from(self, image: Element) -> Callable[[Element], bool]:
        """Whether an element is only of others than an image; such are many, so it is asked often."""
        mine, index = self.own.get(image.get("ID", ""), frozenset()), self.images.get(image, _SHARED)
        holders, label = self.holders, self.label

        def is_apart(element: Element) -> bool:
            if element in holders:
                return element not in mine
            return label.get(element, _SHARED) not in (_SHARED, index)

        return is_apart


_KNOWN: WeakKeyDictionary[Element, Related] = WeakKeyDictionary()  # a plate of 96 wells is 96 images of one document


def related(tree: Document) -> Related:
    """How the parts of a document belong to its images; nothing is apart where there is one image."""
    if (known := _KNOWN.get(tree.root)) is not None:
        return known
    images = {image: i for i, image in enumerate(named(tree.root, "Image"))}
    if len(images) < 2:
        return Related(images, {}, frozenset(), {})
    holders, own = _holders(tree)
    _KNOWN[tree.root] = known = Related(images, _labels(tree, images, own), holders, own)
    return known


def _nodes(tree: Document) -> Iterator[Element]:
    for element in tree.root:
        if local(element) == "StructuredAnnotations":
            yield from element
        else:
            yield element


def _walk(node: Element, holders: Mapping[Element, int]) -> Iterator[tuple[Element, Element]]:
    """Every element, and what refers where it refers: the holder that it is in, or the whole."""
    waiting = [(node, node)]
    while waiting:
        element, giver = waiting.pop()
        yield element, giver
        waiting.extend((child, child if child in holders else giver) for child in element)


def _labels(tree: Document, images: Mapping[Element, int], own: Mapping[str, Set[Element]]) -> dict[Element, int]:
    """Labels handed on along references until nothing changes, which is after two changes of each at most."""
    label = dict(images)
    for image, index in images.items():
        for holder in own.get(image.get("ID", ""), ()):
            label[holder] = index if label.get(holder, index) == index else _SHARED
    holders = dict(label)
    owner: dict[str, Element] = {}
    references: list[tuple[Element, str, bool]] = []
    for node in _nodes(tree):
        for element, giver in _walk(node, holders):
            if (identity := element.get("ID")) is None:
                continue
            name = local(element)
            if name.endswith(("Ref", "Settings")):
                references.append((giver, identity, name in _CONTAINED))
            else:
                owner.setdefault(identity, node)
    onward: dict[Element, list[Element]] = {}
    for giver, identity, contained in references:
        if (target := owner.get(identity)) is not None and target is not giver:
            source, taker = (target, giver) if contained else (giver, target)
            onward.setdefault(source, []).append(taker)
    waiting = list(label)
    while waiting:
        source = waiting.pop()
        for taker in onward.get(source, ()):
            before = label.get(taker)
            after = label[source] if before in (None, label[source]) else _SHARED
            if after != before and taker not in images:
                label[taker] = after
                waiting.append(taker)
    return label


def _holders(tree: Document) -> tuple[set[Element], dict[str, set[Element]]]:
    every: set[Element] = set()
    own: dict[str, set[Element]] = {}
    for node in tree.root:
        if local(node) in ("Image", "StructuredAnnotations"):
            continue
        references = [e for e in node.iter() if local(e) == "ImageRef"]
        around = {child: parent for parent in node.iter() for child in parent} if references else {}
        for reference in references:
            mine = own.setdefault(reference.get("ID", ""), set())
            element: Element | None = reference
            for _ in range(_DEEPEST):
                if element is None or element in mine:
                    break
                mine.add(element)
                every.add(element)
                element = around.get(element)
    return every, own
