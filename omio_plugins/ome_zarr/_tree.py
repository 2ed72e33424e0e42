"""Which images a store has, and where: one image, a series, a plate, a well, labels; it reads no array.

https://ngff.openmicroscopy.org/0.5: "bioformats2raw.layout", "plate", "well" and "labels" metadata.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from omio_core.contract import AbsentDataError, CorruptFileError, LimitExceededError, current_settings, first_few

from ._groups import Group, Groups, joined
from ._json import items, mapping, text
from ._versions import check_version

METADATA = "OME/METADATA.ome.xml"


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A group that is an image.

    Parameters
    ----------
    group
        The group with its multiscales.
    name
        Its path, by which it is chosen; "" for the root.
    xml_index
        The index of the image in the OME-XML of the store; None if the OME-XML does not describe it.
    plate
        Where in a plate it is, as plain values; empty if it is in none.
    """

    group: Group
    name: str
    xml_index: int | None = None
    plate: Mapping[str, Any] = field(default_factory=dict)


@dataclass(slots=True)
class Tree:
    """The images of a store, and the paths that it names and does not have."""

    places: list[Place]
    absent: list[str]
    kind: str


def read_tree(groups: Groups) -> Tree:
    """Find the images of a store.

    Raises
    ------
    CorruptFileError
        The metadata is not valid, or describes no image.
    AbsentDataError
        It names images, and none of them is there.
    UnsupportedFeatureError
        The version is not read.
    LimitExceededError
        There are more images than the settings allow.
    """
    root = groups.root()
    tree = Tree(places=[], absent=[], kind="")
    for place in _places(groups, root, tree):
        tree.places.append(place)
        if len(tree.places) > current_settings().max_pages // 100:
            raise LimitExceededError(f"{groups.store.location} names too many images", path=str(groups.store.location))
    if not tree.places:
        path = str(groups.store.location)
        if tree.absent:
            raise AbsentDataError(
                f"{path} has none of its images",
                evidence=f"it names {first_few(tree.absent, 5)}",
                remedy="copy the whole store",
                path=path,
            )
        raise CorruptFileError(
            f"{path} describes no image",
            evidence=f"{root.document} names no multiscales, plate, well, labels or series of images",
            path=path,
        )
    return tree


def _places(groups: Groups, root: Group, tree: Tree) -> Iterator[Place]:
    attributes = root.attributes
    if "multiscales" in attributes:
        yield Place(group=root, name="", xml_index=0 if groups.store.has(METADATA) is not False else None)
    elif "plate" in attributes:
        tree.kind = "plate"
        yield from _plate(groups, root, tree)
    elif "bioformats2raw.layout" in attributes:
        tree.kind = "series"
        yield from _series(groups, root, tree)
    elif "well" in attributes:
        tree.kind = "well"
        check_version(attributes, root.zarr, groups.store.where(root.document))
        yield from _well(groups, root, {}, tree)
    elif "labels" in attributes:
        tree.kind = "labels"
        for name in _names(attributes.get("labels"), groups.store.where(root.document)):
            yield from _image(groups, root, name, {}, tree)


def _names(stated: Any, where: str) -> list[str]:
    names = [text(name) for name in items(stated)]
    if not all(names) or len(set(names)) < len(names):
        raise CorruptFileError(f"{where} is not valid", evidence=f"it names {str(stated)[:100]}", path=where)
    return names


def _image(
    groups: Groups, parent: Group, name: Any, plate: Mapping[str, Any], tree: Tree, xml_index: int | None = None
) -> Iterator[Place]:
    """The image that a group names, if it is there."""
    path = joined(parent.path, name, groups.store.where(parent.document))
    group = groups.read(path)
    if group is None:
        tree.absent.append(path)
        return
    yield Place(group=group, name=path, xml_index=xml_index, plate=plate)


def _series(groups: Groups, root: Group, tree: Tree) -> Iterator[Place]:
    """The images in their order: that of the group OME if it states one, else 0, 1, 2 and so on."""
    where = groups.store.where(root.document)
    if (layout := root.attributes.get("bioformats2raw.layout")) != 3:
        raise CorruptFileError(
            f"{where} is not valid", evidence=f"bioformats2raw.layout is {layout!r}, not 3", path=where
        )
    if root.zarr == 3:
        check_version(root.attributes, root.zarr, where)
    names = _stated_series(groups)
    if names is None:
        names = []
        while groups.read(str(len(names))) is not None and len(names) < current_settings().max_pages // 100:
            names.append(str(len(names)))
        if not names:
            tree.absent.append("0")
    for index, name in enumerate(names):
        yield from _image(groups, root, name, {}, tree, index)


def _stated_series(groups: Groups) -> list[str] | None:
    ome = groups.read("OME")
    if ome is None or "series" not in ome.attributes:
        return None
    return _names(ome.attributes["series"], groups.store.where(ome.document))


def _plate(groups: Groups, root: Group, tree: Tree) -> Iterator[Place]:
    where = groups.store.where(root.document)
    check_version(root.attributes, root.zarr, where)
    plate = mapping(root.attributes.get("plate"))
    wells = [mapping(well) for well in items(plate.get("wells"))]
    paths = _names([well.get("path") for well in wells], where)
    series = {name: index for index, name in enumerate(_stated_series(groups) or [])}
    for path, well in zip(paths, wells, strict=True):
        group = groups.read(joined(root.path, path, where))
        if group is None:
            tree.absent.append(path)
            continue
        place = {
            "plate": text(plate.get("name")),
            "well": path.replace("/", ""),
            "row": well.get("rowIndex"),
            "column": well.get("columnIndex"),
        }
        place = {key: value for key, value in place.items() if value not in (None, "") and not isinstance(value, dict)}
        for found in _well(groups, group, place, tree):
            yield Place(group=found.group, name=found.name, plate=found.plate, xml_index=series.get(found.name))


def _well(groups: Groups, well: Group, plate: Mapping[str, Any], tree: Tree) -> Iterator[Place]:
    """The fields of a well."""
    images = [mapping(image) for image in items(mapping(well.attributes.get("well")).get("images"))]
    names = _names([image.get("path") for image in images], groups.store.where(well.document))
    for field_index, (name, image) in enumerate(zip(names, images, strict=True)):
        place: dict[str, Any] = {**plate, "field": field_index} if plate else {}
        if place and type(image.get("acquisition")) is int:
            place["acquisition"] = image["acquisition"]
        yield from _image(groups, well, name, place, tree)


def label_names(groups: Groups, place: Place) -> list[str]:
    """The names of the label images of an image."""
    group = groups.read(f"{place.group.path}/labels" if place.group.path else "labels")
    if group is None:
        return []
    return [name for name in map(text, items(group.attributes.get("labels"))) if name]


def label_place(groups: Groups, place: Place, label: str) -> Place | None:
    """The label image of an image; None if it has none of that name."""
    if label not in label_names(groups, place):
        return None
    parent = f"{place.group.path}/labels" if place.group.path else "labels"
    path = joined(parent, label, groups.store.where(place.group.document))
    group = groups.read(path)
    return None if group is None else Place(group=group, name=path, plate=place.plate)
