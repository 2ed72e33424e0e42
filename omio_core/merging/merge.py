"""Images joined along T, Z or C into one lazy Image: whether they may be, and what goes where; it reads no pixel.

Sizes, types and samples are judged at once, from descriptions alone. Facts are joined by `omio_core.merging.facts` when
the metadata of the result are first asked for: conflicts are told then, which is before a writer gets any pixel.
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
from omio_core.wording import Aside, advise, either

from .facts import join
from .recipe import AXES, Merge

__all__ = ["merge"]


def merge(
    images: Sequence[Image], axis: str, *, shapes: str = "strict", dtypes: str = "strict", conflict: str = "careful"
) -> Image:
    """Join images along an axis, lazily: nothing is read, and no file is opened.

    Parameters
    ----------
    images
        At least one, in order. One alone is given back as it is. Images that are merges themselves are taken apart:
        a merge of merges is the merge of all.
    axis
        ``"T"``, ``"Z"`` or ``"C"``.
    shapes
        Policy for lengths that differ on the other axes: ``"strict"``, or ``"pad"`` with zeros at their ends, which
        are not `present`.
    dtypes
        Policy for types that differ: ``"strict"``, or ``"promote"`` to the type that holds every value exactly.
    conflict
        Policy for facts that differ: ``"careful"``, ``"raise"``, ``"first"`` or ``"null"``. It is asked when the
        metadata are: of `Image.metadata`, or by a writer before any pixel.

    Returns
    -------
    Image
        Its metadata have the annotation ``"omio/merge"``: every input, where it lies, and what it states else.

    Raises
    ------
    MergeError
        There is nothing to merge, the axis is another, samples of a pixel differ (RGB with grey), or a policy forbids
        what differs.
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
        rules.find(kind, name)  # a name that is none is told now, not when something happens to differ
    if len(images) == 1:
        return images[0]
    samples = _samples(images)
    _judge_shapes(images, axis, shapes)
    dtype = _dtype(images, dtypes)
    inputs = tuple(one for image in images for one in _apart(image, axis, conflict))
    places, shape = _places([one.shape for one in inputs], CANONICAL.index(axis))
    parts, at = _leaves(inputs, places)
    names = {image.name for image in inputs}
    picture = JoinedPicture(
        parts=parts, places=at, shape=shape, dtype=dtype, samples=samples, name=names.pop() if len(names) == 1 else None
    )
    recipe = Merge(
        axis=axis, shapes=shapes, dtypes=dtypes, conflict=conflict, inputs=inputs, places=places,
        shape=shape, dtype=str(dtype), samples=samples,
    )  # fmt: skip
    return Image(picture, partial(join, recipe), merged=recipe)


# --- whether they may be merged


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


def _samples(images: Sequence[Image]) -> int:
    """Samples of a pixel; RGB and grey cannot lie in one picture, because C would mean two things."""
    found = [image.samples for image in images]
    other = next((i for i, n in enumerate(found) if n != found[0]), None)
    if other is None:
        return found[0]
    raise MergeError(
        f"input {other}, {images[other].picture.label()}, cannot be merged: its pixels have other samples",
        evidence=f"{found[other]} sample(s) a pixel, TZCYX {images[other].shape}; "
        f"{found[0]} in input 0, {images[0].picture.label()}, TZCYX {images[0].shape}",
        remedy=advise(
            "merge RGB with RGB and grey with grey{}",
            Aside("; image.at(C=0) takes one sample of RGB as a channel"),
        ),
        path=_path(images[other]),
        samples=(found[0], found[other]),
    )


def _judge_shapes(images: Sequence[Image], axis: str, policy: str) -> None:
    along = CANONICAL.index(axis)
    shapes = [image.shape for image in images]
    across = [(*shape[:along], *shape[along + 1 :]) for shape in shapes]
    differ = [i for i, lengths in enumerate(across) if lengths != across[0]]
    if not differ:
        return
    other = differ[0]
    names = (images[0].picture.label(), images[other].picture.label())
    action = rules.decide("shapes", policy, axis=axis, shapes=(shapes[0], shapes[other]), sources=names)
    if action == "raise":
        unequal = [a for a, n, m in zip(CANONICAL, shapes[0], shapes[other], strict=True) if a != axis and n != m]
        raise MergeError(
            f"input {other}, {names[1]}, cannot be merged along {axis}: it differs along {', '.join(unequal)}",
            evidence=f"TZCYX {shapes[other]}; {shapes[0]} in input 0, {names[0]}"
            + (f"; {len(differ)} inputs differ from it" if len(differ) > 1 else ""),
            remedy=either(
                "merge images of one size",
                Aside("cut them with image.at(...)"),
                advise("fill up with zeros: {shapes}", shapes="pad"),
            ),
            path=_path(images[other]),
            shapes=(shapes[0], shapes[other]),
        )


def _dtype(images: Sequence[Image], policy: str) -> np.dtype[Any]:
    found = [image.dtype for image in images]
    other = next((i for i, dtype in enumerate(found) if dtype != found[0]), None)
    if other is None:
        return found[0]
    names = (images[0].picture.label(), images[other].picture.label())
    types = (str(found[0]), str(found[other]))
    action = rules.decide("dtypes", policy, dtypes=types, sources=names)
    if action == "raise":
        raise MergeError(
            f"input {other}, {names[1]}, cannot be merged: its pixels are of another type",
            evidence=f"{types[1]}; {types[0]} in input 0, {names[0]}",
            remedy=either(
                "convert them to one type",
                advise("let both become one that holds all values: {dtypes}", dtypes="promote"),
            ),
            path=_path(images[other]),
            dtypes=types,
        )
    return _promoted(images)


def _promoted(images: Sequence[Image]) -> np.dtype[Any]:
    """The type that holds every value of every leaf exactly; of leaves, because promotion is not associative."""
    holders = {dtype: image for image in reversed(images) for dtype in _dtypes(image.picture)}
    listed = ", ".join(sorted(str(dtype) for dtype in holders))
    try:
        result: np.dtype[Any] = np.result_type(*holders)
        lossy = next((dtype for dtype in holders if not is_exact(dtype, result)), None)
        why = f"{lossy} as {result} would be rounded"
    except TypeError as error:
        lossy, why = next(iter(holders)), str(error)
    if lossy is None:
        return result
    raise MergeError(
        f"{holders[lossy].picture.label()} cannot be merged with the others: no type holds all values exactly",
        evidence=f"the types are {listed}; {why}",
        remedy="convert the pixels to one type first, where you can tell that nothing is lost",
        path=_path(holders[lossy]),
        dtypes=tuple(sorted(str(dtype) for dtype in holders)),
    )


def _dtypes(picture: Picture) -> set[np.dtype[Any]]:
    return {leaf.dtype for leaf in picture.leaves}


def is_exact(source: np.dtype[Any], target: np.dtype[Any]) -> bool:
    """Whether every value of one type is a value of the other; numpy calls int64 to float64 safe, and it rounds.

    Examples
    --------
    >>> is_exact(np.dtype("i4"), np.dtype("f8")), is_exact(np.dtype("i8"), np.dtype("f8"))
    (True, False)
    """
    if source.kind in "iu" and target.kind in "fc":
        digits = source.itemsize * 8 - (source.kind == "i")
        return digits <= np.finfo(target).nmant + 1  # the first binary digit of a mantissa is not stored
    return np.can_cast(source, target, "safe")


# --- what goes where


def _apart(image: Image, axis: str, conflict: str) -> Iterator[Image]:
    """The inputs of an image that is itself a merge of the same axis and policy, else the image."""
    recipe = image.merged
    if isinstance(recipe, Merge) and (recipe.axis, recipe.conflict) == (axis, conflict):
        yield from recipe.inputs
    else:
        yield image


def _places(shapes: Sequence[tuple[int, ...]], along: int) -> tuple[tuple[Box, ...], tuple[int, ...]]:
    """The box of each image one after another, and the shape of all."""
    places, at = [], 0
    for shape in shapes:
        spans = [(0, n) for n in shape]
        spans[along] = (at, at + shape[along])
        at += shape[along]
        places.append(Box(tuple(spans)))
    lengths = [max(ns) for ns in zip(*shapes, strict=True)]
    lengths[along] = at
    return tuple(places), tuple(lengths)


def _leaves(images: Sequence[Image], places: Sequence[Box]) -> tuple[tuple[Picture, ...], tuple[Box, ...]]:
    """The parts of all images and their places; pictures that are joined along another axis are taken apart too."""
    parts: list[Picture] = []
    found: list[Box] = []
    for image, place in zip(images, places, strict=True):
        picture = image.picture
        if isinstance(picture, JoinedPicture):
            by = [start for start, _ in place.spans]
            parts += picture.parts
            found += [one.shift(by) for one in picture.places]
        else:
            parts.append(picture)
            found.append(place)
    return tuple(parts), tuple(found)
