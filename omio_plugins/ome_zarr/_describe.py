"""From the images of a store to their descriptions, with the arrays of their levels; it reads no pixel."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from omio_core.contract import (
    AbsentDataError,
    CorruptFileError,
    ImageDescription,
    Level,
    LimitExceededError,
    current_settings,
    first_few,
)

from ._array import Array, read_array
from ._facts import channel_warning, combined, compare_sizes, own_facts, read_sizes
from ._groups import Groups
from ._multiscales import Multiscale, read_multiscales
from ._presence import Names, Presence
from ._tree import METADATA, Place, Tree, label_names, label_place
from ._xml import Xml, read_xml

_UNMAPPED = "its pixels are stored in chunks, each a file or a part of one"


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """An image: its description, and the arrays of its levels.

    Parameters
    ----------
    description
        For the core.
    arrays
        One for each level.
    split
        The axis of the arrays that the image has as two, C and S, and the length of S; None if there is none.
    """

    description: ImageDescription
    arrays: tuple[Array, ...]
    split: tuple[int, int] | None = None


def describe(groups: Groups, tree: Tree, label: str | None) -> tuple[Picture, ...]:
    """Describe the images of a store, or with `label` their label images of that name.

    Raises
    ------
    CorruptFileError
        The metadata is not valid, or an image has no label of that name.
    UnsupportedFeatureError
        A version, a codec, a type of pixel or a transformation is not read.
    LimitExceededError
        There are more planes than the settings allow, or chunks that no memory holds.
    """
    xml, problem = read_xml(groups.store.read(METADATA) if groups.store.has(METADATA) is not False else None)
    if xml is not None:
        groups.documents[METADATA] = None
    pictures: list[Picture] = []
    for place in tree.places:
        if label is None:
            pictures.extend(_image(groups, place, tree, xml))
        elif (found := label_place(groups, place, label)) is not None:
            pictures.extend(_image(groups, found, tree, None))
    if not pictures:
        names = [name for place in tree.places[:20] for name in label_names(groups, place)]
        raise CorruptFileError(
            f"{groups.store.location} has no label image {label!r}",
            evidence=f"it has {first_few(sorted(set(names)), 10)}" if names else "it has none",
            remedy="choose one of its label images" if names else None,
            path=str(groups.store.location),
        )
    extra = {"warnings": (problem,) if problem else (), "absent_files": tuple(tree.absent)}
    first = pictures[0].description
    fields: Any = {name: (*getattr(first, name), *values) for name, values in extra.items() if values}
    pictures[0] = replace(pictures[0], description=replace(first, **fields))
    return _named(pictures, xml)


def _named(pictures: list[Picture], xml: Xml | None) -> tuple[Picture, ...]:
    """Images of a series get their names in the OME-XML, if these tell them apart; none where it names none."""
    if xml is None or len(pictures) < 2 or len(xml.images) != len(pictures):
        return tuple(pictures)
    names = [image.name for image in xml.images]
    in_order = all(p.description.name == str(k) for k, p in enumerate(pictures))
    named = None not in names and len(set(names)) == len(names)
    if not in_order or not (named or set(names) == {None}):  # a path such as "0" is the index, and no name
        return tuple(pictures)
    return tuple(
        replace(one, description=replace(one.description, name=name)) for one, name in zip(pictures, names, strict=True)
    )


def _image(groups: Groups, place: Place, tree: Tree, xml: Xml | None) -> Iterator[Picture]:
    """The images of one group: one, unless it has several multiscales."""
    where = groups.store.where(place.group.document)
    images = read_multiscales(place.group, where)
    for image in images:
        alone = place.name if len(images) == 1 else f"{place.name}/{image.name}".strip("/")
        yield _picture(groups, place, image, alone or image.name or None, tree.kind, xml)


def _picture(groups: Groups, place: Place, image: Multiscale, name: str | None, kind: str, xml: Xml | None) -> Picture:
    arrays, left_out = _arrays(groups, place, image)
    first = arrays[0]
    letters = "".join(axis.letter for axis in image.axes)
    _check_planes(groups, first, letters)
    sizes = read_sizes(image)
    lengths = dict(zip(letters, first.shape, strict=True))
    samples, index, warnings = 1, place.xml_index, list(image.warnings)
    if xml is not None and index is not None:
        problem = _contradiction(xml, index, lengths)
        if problem:
            warnings.append(f"{problem}: its facts are left out")
            index = None
        else:
            samples = _samples(xml, index, lengths)
    described = xml is not None and index is not None
    split = (letters.index("C"), samples) if samples > 1 else None
    assumptions, conflicts = compare_sizes(sizes, xml.sizes[index] if xml is not None and index is not None else {})
    channels = math.prod(n for letter, n in lengths.items() if letter not in "TZYX") // samples
    omero = place.group.attributes.get("omero")
    warnings += channel_warning(omero, channels, samples)
    own = own_facts(image, sizes, omero, channels, place.plate)
    facts: Any = partial(_same, own)
    if xml is not None and index is not None:
        facts = partial(combined, xml.text, index, channels, own)
        name = name if place.name else xml.images[index].name or name
    labels = label_names(groups, place)
    not_kept = (
        *image.not_kept,
        *sizes.not_kept,
        *left_out,
        *(["OME/METADATA.ome.xml, which does not say which of its images this is"] if xml and not described else []),
        *([f"the label images {first_few(labels, 5)}; choose one by the reader's option label"] if labels else []),
    )
    description = ImageDescription(
        axes=letters if split is None else letters.replace("C", "CS"),
        dtype=first.dtype,
        levels=tuple(_level(groups, array, split) for array in arrays),
        facts=facts,
        name=name,
        kind=f"OME-Zarr {image.version}" + (f", {kind}" if kind else ""),
        compression=first.compression,
        assumptions=(*image.assumptions, *assumptions, *(array.note for array in arrays if array.note)),
        warnings=(*warnings, *_other_names(first, image), *conflicts),
        not_kept=not_kept,
        vendor=partial(json.loads, place.group.text),
    )
    return Picture(description=description, arrays=arrays, split=split)


def _same(value: Any) -> Any:
    return value


def _arrays(groups: Groups, place: Place, image: Multiscale) -> tuple[tuple[Array, ...], list[str]]:
    """The arrays of the levels, and in words those that are left out because they do not fit the first."""
    found: list[Array] = []
    left_out: list[str] = []
    for path in image.paths:
        if found:
            try:
                array = read_array(groups.store, path, groups.consolidated)
            except CorruptFileError as error:
                left_out.append(f"the level {path}: {error.evidence or error.what}"[:200])
                continue
        else:
            array = read_array(groups.store, path, groups.consolidated)
        problem = _misfit(array, found[-1] if found else None, len(image.axes))
        if array is None or problem:
            if not found:
                kind = AbsentDataError if array is None else CorruptFileError
                what = "is not there" if array is None else "does not fit it"
                raise kind(
                    f"{groups.store.where(place.group.document)} names an array that {what}",
                    evidence=f"{path}: {problem}",
                    remedy="copy the whole store" if array is None else None,
                    path=str(groups.store.location),
                )
            left_out.append(f"the level {path}: {problem}")
            continue
        found.append(array)
        if not array.note:  # else it is the copy of a document that is missing
            groups.documents[array.document] = None
    return tuple(found), left_out


def _misfit(array: Array | None, above: Array | None, rank: int) -> str:
    if array is None:
        return "there is no array"
    if len(array.shape) != rank:
        return f"its array has {len(array.shape)} dimensions, and there are {rank} axes"
    if above is not None and array.dtype != above.dtype:
        return f"its pixels are {array.dtype}, those of the level above are {above.dtype}"
    if above is not None and any(n > m for n, m in zip(array.shape, above.shape, strict=True)):
        return f"its shape {array.shape} is larger than that of the level above, {above.shape}"
    return ""


def _other_names(array: Array, image: Multiscale) -> tuple[str, ...]:
    """A warning if the array names its dimensions otherwise than the axes."""
    names = [axis.name for axis in image.axes]
    if not any(array.names) or list(array.names) == names:
        return ()
    return (f"the array names its dimensions {', '.join(array.names)}; the axes are {', '.join(names)}"[:200],)


def _check_planes(groups: Groups, array: Array, letters: str) -> None:
    planes = math.prod(n for n, letter in zip(array.shape, letters, strict=True) if letter not in "YX")
    if planes > current_settings().max_pages:
        raise LimitExceededError(
            f"{groups.store.location} declares too many planes",
            evidence=f"{planes:,}; at most {current_settings().max_pages:,}",
            remedy="raise OMIO_MAX_PAGES, if you trust the store",
            path=str(groups.store.location),
        )


def _contradiction(xml: Xml, index: int, lengths: Mapping[str, int]) -> str:
    """What the OME-XML says otherwise than the array; "" if they agree."""
    if index >= len(xml.images):
        return f"the OME-XML of the store describes {len(xml.images)} images, and not number {index}"
    stated = xml.images[index]
    pixels = {axis: lengths.get(axis, 1) for axis in "TZYX"}
    pixels["C"] = math.prod(n for letter, n in lengths.items() if letter not in "TZYX")
    other = {a: n for a in pixels if (n := getattr(stated, f"size_{a.lower()}")) != pixels[a]}
    if not other:
        return ""
    text = ", ".join(f"Size{a} is {n}, the array has {pixels[a]}" for a, n in other.items())
    return f"the OME-XML of the store describes another image ({text})"


def _samples(xml: Xml, index: int, lengths: Mapping[str, int]) -> int:
    """Samples per pixel, if the OME-XML states that all channels have as many; they are along C in the array."""
    samples = set(xml.images[index].samples)
    n = samples.pop() if len(samples) == 1 else 1
    return n if n > 1 and lengths.get("C", 1) == n * len(xml.images[index].samples) else 1


def _level(groups: Groups, array: Array, split: tuple[int, int] | None) -> Level:
    shape, block = array.shape, tuple(min(b, n) for b, n in zip(array.block, array.shape, strict=True))
    listed = groups.store.below(array.keys.path)
    present = None
    if listed is not None and (split is None or array.keys.chunks[split[0]] % split[1] == 0):
        present = Presence(groups.store.location, array.keys, Names(listed), split)
    if split is not None:
        axis, samples = split
        shape = (*shape[:axis], shape[axis] // samples, samples, *shape[axis + 1 :])
        block = (*block[:axis], max(1, block[axis] // samples), samples, *block[axis + 1 :])
    return Level(shape=shape, blocks=block, present=present, fill=array.fill, unmapped=_UNMAPPED)
