"""Merging images along T, Z or C into one lazy Image: checks them and places them; reads no pixel.

Sizes, types and samples are checked at once, from the descriptions alone. `omio_core.merging.facts` joins the facts
when the metadata of the result are first requested. Conflicts are reported then, before a writer receives any pixel.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from typing import Any

import numpy as np

from omio_core.errors import MergeError
from omio_core.geometry.axes import CANONICAL
from omio_core.geometry.box import Box
from omio_core.images.image import Image
from omio_core.pixels.joined import JoinedPicture
from omio_core.pixels.protocol import Picture
from omio_core.plugins import rules
from omio_core.plugins.cases import DtypesCase, ShapesCase
from omio_core.wording import Aside, advise, either

from .facts import join
from .recipe import AXES, Merge

__all__ = ["merge"]


def merge(
    images: Sequence[Image], axis: str, *, shapes: str = "strict", dtypes: str = "strict", conflict: str = "careful"
) -> Image:
    """Merge images along an axis, lazily: nothing is read, and no file is opened.

    Parameters
    ----------
    images
        At least one image, in order. A single image is returned as it is. Images that are merges are split into their
        inputs: a merge of merges is the merge of all inputs.
    axis
        ``"T"``, ``"Z"`` or ``"C"``.
    shapes
        Policy for lengths that differ on the other axes: ``"strict"``, or ``"pad"`` with zeros at their ends, which
        are not `present`.
    dtypes
        Policy for types that differ: ``"strict"``, or ``"promote"`` to the type that represents every value exactly.
    conflict
        Policy for facts that differ: ``"careful"``, ``"raise"``, ``"first"`` or ``"null"``. It is applied when the
        metadata are first requested: by `Image.metadata`, or by a writer before it receives any pixel.

    Returns
    -------
    Image
        Its metadata have the annotation ``"omio/merge"``: every input, its place, and the facts in which it differs.

    Raises
    ------
    MergeError
        There is nothing to merge, the axis is invalid, the samples per pixel differ (RGB with grey), or a policy
        forbids the difference.
    OmioError
        There is no policy of that name.

    Examples
    --------
    >>> a, b = (Image.of_array(np.zeros((n, 3, 4), "u1"), axes="ZYX") for n in (2, 5))
    >>> merge([a, b], "Z").shape
    (1, 7, 1, 3, 4)
    """
    images = tuple(images)
    _refuse_no_images(images)
    if axis not in tuple(AXES):
        raise MergeError(
            f"images cannot be merged along {axis!r}",
            evidence=f"{len(images)} image(s), the first is {images[0].picture.label()}",
            remedy=f"choose one of {', '.join(AXES)}",
            axis=axis,
            path=_path(images[0]),
        )
    for kind, name in (("shapes", shapes), ("dtypes", dtypes), ("conflict", conflict)):
        rules.find(kind, name)  # refuse an unknown policy now, not only when something differs
    if len(images) == 1:
        return images[0]
    samples = _common_samples(images)
    _check_shapes(images, axis, shapes)
    dtype = _common_dtype(images, dtypes)
    inputs = tuple(part for image in images for part in _inputs_of(image, axis, conflict))
    places, shape = _places([image.shape for image in inputs], CANONICAL.index(axis))
    parts, part_places = _leaves(inputs, places)
    names = {image.name for image in inputs}
    picture = JoinedPicture(
        parts=parts,
        places=part_places,
        shape=shape,
        dtype=dtype,
        samples=samples,
        name=names.pop() if len(names) == 1 else None,
    )
    recipe = Merge(
        axis=axis, shapes=shapes, dtypes=dtypes, conflict=conflict, inputs=inputs, places=places,
        shape=shape, dtype=str(dtype), samples=samples,
    )  # fmt: skip
    return Image(picture, partial(join, recipe), merged=recipe)


# --- checks


def _refuse_no_images(images: tuple[Any, ...]) -> None:
    if not images:
        raise MergeError("there is nothing to merge", remedy="give at least one image")
    for index, image in enumerate(images):
        if not isinstance(image, Image):
            raise MergeError(
                f"input {index} is no Image", evidence=f"it is of the type {type(image).__name__}",
                remedy="open a file with imopen(...), or make one with Image.of_array(array, axes=...)", index=index,
            )  # fmt: skip


def _path(image: Image) -> str | None:
    return next((leaf.stored.key.path for leaf in image.picture.leaves if leaf.stored is not None), None)


def _common_samples(images: Sequence[Image]) -> int:
    """Return the samples per pixel; RGB and grey cannot be in one picture, because C would have two meanings."""
    counts = [image.samples for image in images]
    differing = next((index for index, count in enumerate(counts) if count != counts[0]), None)
    if differing is None:
        return counts[0]
    raise MergeError(
        f"input {differing}, {images[differing].picture.label()}, cannot be merged: its pixels have other samples",
        evidence=f"{counts[differing]} sample(s) a pixel, TZCYX {images[differing].shape}; "
        f"{counts[0]} in input 0, {images[0].picture.label()}, TZCYX {images[0].shape}",
        remedy=advise(
            "merge RGB with RGB and grey with grey{}",
            Aside("; image.at(C=0) takes one sample of RGB as a channel"),
        ),
        path=_path(images[differing]),
        samples=(counts[0], counts[differing]),
    )


def _check_shapes(images: Sequence[Image], axis: str, policy: str) -> None:
    axis_index = CANONICAL.index(axis)
    shapes = [image.shape for image in images]
    other_lengths = [(*shape[:axis_index], *shape[axis_index + 1 :]) for shape in shapes]
    differing = [index for index, lengths in enumerate(other_lengths) if lengths != other_lengths[0]]
    if not differing:
        return
    other = differing[0]
    names = (images[0].picture.label(), images[other].picture.label())
    action = rules.decide("shapes", policy, ShapesCase(axis=axis, shapes=(shapes[0], shapes[other]), sources=names))
    if action == "raise":
        unequal = [a for a, n, m in zip(CANONICAL, shapes[0], shapes[other], strict=True) if a != axis and n != m]
        raise MergeError(
            f"input {other}, {names[1]}, cannot be merged along {axis}: it differs along {', '.join(unequal)}",
            evidence=f"TZCYX {shapes[other]}; {shapes[0]} in input 0, {names[0]}"
            + (f"; {len(differing)} inputs differ from it" if len(differing) > 1 else ""),
            remedy=either(
                "merge images of one size",
                Aside("cut them with image.at(...)"),
                advise("fill up with zeros: {shapes}", shapes="pad"),
            ),
            path=_path(images[other]),
            shapes=(shapes[0], shapes[other]),
        )


def _common_dtype(images: Sequence[Image], policy: str) -> np.dtype[Any]:
    input_dtypes = [image.dtype for image in images]
    differing = next((index for index, dtype in enumerate(input_dtypes) if dtype != input_dtypes[0]), None)
    if differing is None:
        return input_dtypes[0]
    names = (images[0].picture.label(), images[differing].picture.label())
    types = (str(input_dtypes[0]), str(input_dtypes[differing]))
    action = rules.decide("dtypes", policy, DtypesCase(dtypes=types, sources=names))
    if action == "raise":
        raise MergeError(
            f"input {differing}, {names[1]}, cannot be merged: its pixels are of another type",
            evidence=f"{types[1]}; {types[0]} in input 0, {names[0]}",
            remedy=either(
                "convert them to one type",
                advise("let both become one that holds all values: {dtypes}", dtypes="promote"),
            ),
            path=_path(images[differing]),
            dtypes=types,
        )
    return _promote(images)


def _promote(images: Sequence[Image]) -> np.dtype[Any]:
    """Return the type that holds every value exactly; computed from all leaves, as promotion is not associative."""
    first_images = {dtype: image for image in reversed(images) for dtype in _dtypes(image.picture)}
    listed = ", ".join(sorted(str(dtype) for dtype in first_images))
    try:
        result: np.dtype[Any] = np.result_type(*first_images)
        lossy = next((dtype for dtype in first_images if not is_exact(dtype, result)), None)
        why = f"{lossy} as {result} would be rounded"
    except TypeError as error:
        lossy, why = next(iter(first_images)), str(error)
    if lossy is None:
        return result
    raise MergeError(
        f"{first_images[lossy].picture.label()} cannot be merged with the others: no type holds all values exactly",
        evidence=f"the types are {listed}; {why}",
        remedy="convert the pixels to one type first, where you can tell that nothing is lost",
        path=_path(first_images[lossy]),
        dtypes=tuple(sorted(str(dtype) for dtype in first_images)),
    )


def _dtypes(picture: Picture) -> set[np.dtype[Any]]:
    return {leaf.dtype for leaf in picture.leaves}


def is_exact(source: np.dtype[Any], target: np.dtype[Any]) -> bool:
    """Whether `target` holds every value of `source` exactly; numpy calls int64 to float64 safe, but it rounds.

    Examples
    --------
    >>> is_exact(np.dtype("i4"), np.dtype("f8")), is_exact(np.dtype("i8"), np.dtype("f8"))
    (True, False)
    """
    if source.kind in "iu" and target.kind in "fc":
        digits = source.itemsize * 8 - (source.kind == "i")
        return digits <= np.finfo(target).nmant + 1  # the first binary digit of a mantissa is not stored
    return np.can_cast(source, target, "safe")


# --- places


def _inputs_of(image: Image, axis: str, conflict: str) -> Iterator[Image]:
    """Yield the inputs of an image that is a merge with the same axis and policy, else the image itself."""
    recipe = image.merged
    if isinstance(recipe, Merge) and (recipe.axis, recipe.conflict) == (axis, conflict):
        yield from recipe.inputs
    else:
        yield image


def _places(shapes: Sequence[tuple[int, ...]], axis_index: int) -> tuple[tuple[Box, ...], tuple[int, ...]]:
    """Return the boxes of the images, one after another along the axis, and the shape of the whole."""
    places, start = [], 0
    for shape in shapes:
        spans = [(0, n) for n in shape]
        spans[axis_index] = (start, start + shape[axis_index])
        start += shape[axis_index]
        places.append(Box(tuple(spans)))
    lengths = [max(along_axis) for along_axis in zip(*shapes, strict=True)]
    lengths[axis_index] = start
    return tuple(places), tuple(lengths)


def _leaves(images: Sequence[Image], places: Sequence[Box]) -> tuple[tuple[Picture, ...], tuple[Box, ...]]:
    """Return the parts of all images and their places; pictures joined along another axis are split too."""
    parts: list[Picture] = []
    part_places: list[Box] = []
    for image, place in zip(images, places, strict=True):
        picture = image.picture
        if isinstance(picture, JoinedPicture):
            offset = [start for start, _ in place.spans]
            parts += picture.parts
            part_places += [box.shift(offset) for box in picture.places]
        else:
            parts.append(picture)
            part_places.append(place)
    return tuple(parts), tuple(part_places)
