"""Which parts of an OME-XML document belong to which image, from the references in it; it knows no values.

Containers refer to their content (a Dataset to images, a Project to datasets, a Screen to plates). All other elements
are referred to by those that use them: https://www.openmicroscopy.org/Schemas/OME/2016-06/ome.xsd, the elements whose
names end in Ref.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from weakref import WeakKeyDictionary

from omio_core.parsing.xml import Element, children_named, local_name

from .tree import Document

_CONTAINED = ("DatasetRef", "PlateRef", "FolderRef")
_DEEPEST = 8  # the most elements from an ImageRef outwards; a plate needs four: ImageRef, WellSample, Well, Plate

Targets = Mapping[Element, Sequence[Element]]
"""From an element to those that belong to whatever it belongs to, because one of the two refers to the other."""


@dataclass(frozen=True, slots=True)
class Ownership:
    """Which parts of a document belong to which of its images.

    Attributes
    ----------
    images
        The Images of the document.
    targets
        The references between elements of the top level, annotations and holders.
    owned
        The elements that belong to at least one image. All others belong to none, and so to all of them.
    holders
        The elements around ImageRefs, such as plates and wells.
    holders_of
        From the ID of an image to the holders of its ImageRefs.
    """

    images: Set[Element]
    targets: Targets
    owned: Set[Element]
    holders: Set[Element]
    holders_of: Mapping[str, Set[Element]]

    def elsewhere_than(self, image: Element) -> Callable[[Element], bool]:
        """A predicate: whether an element belongs only to other images. A closure, because it is called often."""
        mine = self.holders_of.get(image.get("ID", ""), frozenset())
        reached = _reached((image, *mine), self.targets, self.images)
        holders, owned = self.holders, self.owned

        def belongs_elsewhere(element: Element) -> bool:
            if element in holders:
                return element not in mine
            return element in owned and element not in reached

        return belongs_elsewhere


_CACHE: WeakKeyDictionary[Element, Ownership] = WeakKeyDictionary()  # a plate of 96 wells is 96 images of one document


def ownership_of(tree: Document) -> Ownership:
    """Find which parts of a document belong to which image; with a single image, all parts belong to it."""
    if (known := _CACHE.get(tree.root)) is not None:
        return known
    images = set(children_named(tree.root, "Image"))
    if len(images) < 2:
        return Ownership(images, {}, frozenset(), frozenset(), {})
    holders, holders_of = _holders(tree)
    targets = _targets(tree, holders)
    owned = _reached((*images, *holders), targets, images)
    _CACHE[tree.root] = known = Ownership(images, targets, owned, holders, holders_of)
    return known


def _nodes(tree: Document) -> Iterator[Element]:
    for element in tree.root:
        if local_name(element) == "StructuredAnnotations":
            yield from element
        else:
            yield element


def _walk(node: Element, holders: Set[Element]) -> Iterator[tuple[Element, Element]]:
    """Every element of a node, and the element that its references count for: the holder around it, or the node."""
    waiting = [(node, node)]
    while waiting:
        element, referrer = waiting.pop()
        yield element, referrer
        waiting.extend((child, child if child in holders else referrer) for child in element)


def _targets(tree: Document, holders: Set[Element]) -> Targets:
    """Find which elements refer to which."""
    owner: dict[str, Element] = {}
    references: list[tuple[Element, str, bool]] = []
    for node in _nodes(tree):
        for element, referrer in _walk(node, holders):
            if (identity := element.get("ID")) is None:
                continue
            name = local_name(element)
            if name.endswith(("Ref", "Settings")):
                references.append((referrer, identity, name in _CONTAINED))
            else:
                owner.setdefault(identity, node)
    targets: dict[Element, list[Element]] = {}
    for referrer, identity, contained in references:
        if (target := owner.get(identity)) is not None and target is not referrer:
            source, receiver = (target, referrer) if contained else (referrer, target)
            targets.setdefault(source, []).append(receiver)
    return targets


def _reached(starts: Iterable[Element], targets: Targets, images: Set[Element]) -> Set[Element]:
    """Follow references from some elements, but not into other images."""
    waiting = list(starts)
    reached = set(waiting)
    while waiting:
        for receiver in targets.get(waiting.pop(), ()):
            if receiver not in reached and receiver not in images:
                reached.add(receiver)
                waiting.append(receiver)
    return reached


def _holders(tree: Document) -> tuple[set[Element], dict[str, set[Element]]]:
    holders: set[Element] = set()
    holders_of: dict[str, set[Element]] = {}
    for node in tree.root:
        if local_name(node) in ("Image", "StructuredAnnotations"):
            continue
        references = [e for e in node.iter() if local_name(e) == "ImageRef"]
        parents = {child: parent for parent in node.iter() for child in parent} if references else {}
        for reference in references:
            of_image = holders_of.setdefault(reference.get("ID", ""), set())
            element: Element | None = reference
            for _ in range(_DEEPEST):
                if element is None or element in of_image:
                    break
                of_image.add(element)
                holders.add(element)
                element = parents.get(element)
    return holders, holders_of
