"""Checks of image descriptions, once and at the border of the reader that gave them; knows no format.

A wrong description becomes a PluginContractError that names the reader, the image, the level and the field. Without
these checks the fault would show later and elsewhere, as an IndexError in code that trusts the description.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NoReturn

from omio_core.errors import PluginContractError
from omio_core.files.location import Location
from omio_core.geometry.disjoint import box_fault
from omio_core.pixels.description import ImageDescription, Level, MappedLayout

from .border import blame

if TYPE_CHECKING:
    from omio_core.geometry.box import Box

_LETTERS = re.compile("[A-Z]*")
_TEXTS = ("assumptions", "warnings", "absent_files", "not_kept")


class Place:
    """Where in the answer of a reader a value stands; makes the error that names it.

    Parameters
    ----------
    reader, path
        The name of the reader, and the source that it has opened.
    image, level
        The index of the image, and of its level; None if the value belongs to no single one.
    """

    __slots__ = ("image", "level", "path", "reader")

    def __init__(self, reader: str, path: str, image: int | None = None, level: int | None = None):
        self.reader, self.path, self.image, self.level = reader, path, image, level

    def refuse(self, field: str, evidence: str) -> NoReturn:
        """Raise the error for a field: `evidence` completes its name to a sentence.

        Raises
        ------
        PluginContractError
            Always.
        """
        where = [f"{what} {index}" for what in ("image", "level") if (index := getattr(self, what)) is not None]
        raise PluginContractError(
            f"the reader {self.reader} describes {self.path} wrongly",
            evidence=f"{', '.join(where)}{': ' if where else ''}{field} {evidence}",
            remedy=blame(self.reader),
            reader=self.reader,
            path=self.path,
            image=self.image,
            level=self.level,
            field=field,
        )


def check_images(answer: Any, reader: str, path: str) -> tuple[ImageDescription, ...]:
    """Return what ``Opened.images`` gave, as a tuple; it may be empty.

    Raises
    ------
    PluginContractError
        It is no sequence of `ImageDescription`, or a field of one has a wrong type or a value that cannot be.
    """
    if not isinstance(answer, Sequence) or isinstance(answer, str):
        Place(reader, path).refuse("images", f"is {kind_of(answer)}, no sequence of ImageDescription")
    images = tuple(answer)
    for index, image in enumerate(images):
        _check_image(image, Place(reader, path, index))
    return images


def _check_image(image: Any, place: Place) -> None:
    if not isinstance(image, ImageDescription):
        place.refuse("it", f"is {kind_of(image)}, no ImageDescription")
    _check_axes(image.axes, place)
    _check_dtype(image.dtype, place)
    for field in ("facts", "vendor"):
        value = getattr(image, field)
        if not callable(value) and (value is not None or field == "facts"):
            place.refuse(field, f"is {kind_of(value)}; a function without arguments is needed")
    if image.name is not None and not isinstance(image.name, str):
        place.refuse("name", f"is {kind_of(image.name)}, no text")
    for field in ("kind", "compression", "part_of"):
        if not isinstance(getattr(image, field), str):
            place.refuse(field, f"is {kind_of(getattr(image, field))}, no text")
    _check_texts(image, place)
    _check_levels(image, place)


def _check_axes(axes: Any, place: Place) -> None:
    if not isinstance(axes, str) or not _LETTERS.fullmatch(axes):
        place.refuse("axes", f"is {axes!r}; one upper-case letter an axis is needed")
    letters = axes.replace("Q", "")  # two unlabelled axes are no fault: the user is asked for their names
    if len(set(letters)) < len(letters):
        place.refuse("axes", f"is {axes!r}, in which a letter occurs twice")


def _check_texts(image: ImageDescription, place: Place) -> None:
    for field in _TEXTS:
        texts = getattr(image, field)
        if texts == ():
            continue
        if not isinstance(texts, tuple):
            place.refuse(field, f"is {kind_of(texts)}; a tuple of texts is needed")
        if not all(isinstance(text, str) and text for text in texts):
            place.refuse(field, f"holds {next(t for t in texts if not isinstance(t, str) or not t)!r}, no text")


def _check_dtype(dtype: Any, place: Place) -> None:
    import numpy as np

    if not isinstance(dtype, np.dtype):
        place.refuse("dtype", f"is {kind_of(dtype)}, no numpy.dtype")
    if dtype.kind not in "buifc":
        place.refuse("dtype", f"is {dtype}; pixels are bool, integers, floating point or complex numbers")
    if not dtype.isnative:
        place.refuse("dtype", f"is {dtype.str!r}; the machine's byte order is needed: dtype.newbyteorder('=')")


def _check_levels(image: ImageDescription, place: Place) -> None:
    if not isinstance(image.levels, tuple) or not image.levels:
        kind = "is empty" if image.levels == () else f"is {kind_of(image.levels)}"
        place.refuse("levels", f"{kind}; a tuple of at least one Level is needed")
    before: Level | None = None
    for number, level in enumerate(image.levels):
        at = Place(place.reader, place.path, place.image, number)
        if not isinstance(level, Level):
            at.refuse("it", f"is {kind_of(level)}, no Level")
        for field in ("shape", "blocks"):
            _check_lengths(field, getattr(level, field), image.axes, at)
        if before is not None and any(map(operator.gt, level.shape, before.shape)):
            at.refuse("shape", f"is {level.shape}, larger than that of the level before, {before.shape}")
        before = level
        if level.present is not None and not callable(level.present):
            check_present_boxes(level.present, level, image.axes, at)
        if level.fill != 0 or type(level.fill) is not int:
            _check_fill(level.fill, image.dtype, at)
        if level.raw is not None:
            _check_raw(level.raw, image, at)
        if not isinstance(level.unmapped, str):
            at.refuse("unmapped", f"is {kind_of(level.unmapped)}, no text")


def _check_lengths(field: str, lengths: Any, axes: str, place: Place) -> None:
    typed = type(lengths) is tuple and set(map(type, lengths)) <= {int}
    if typed and len(lengths) == len(axes) and min(lengths, default=1) > 0:
        return  # the common case, for thousands of images
    if not isinstance(lengths, tuple):
        place.refuse(field, f"is {kind_of(lengths)}; a tuple of lengths is needed")
    if len(lengths) != len(axes):
        place.refuse(field, f"has {count(len(lengths), 'length')}, axes {axes} has {len(axes)}")
    for axis, length in zip(axes, lengths, strict=True):
        if type(length) is not int:  # numpy's integers overflow, and JSON has none
            place.refuse(field, f"holds {length!r} for {axis}, which is {kind_of(length)}, no int")
        if length < 1:
            place.refuse(field, f"holds {length} for {axis}; lengths are positive")


def check_present_boxes(answer: Any, level: Level, axes: str, place: Place) -> tuple[Box, ...] | None:
    """Return the boxes that a level states as existing, also those that its function returned; None if all exists.

    Raises
    ------
    PluginContractError
        They are no tuple of boxes, or one is empty, outside the level, overlaps another, or cuts through a pixel.
    """
    if answer is None:
        return None
    if not isinstance(answer, tuple):
        place.refuse("present", f"is {kind_of(answer)}; a tuple of Box is needed, or None if everything exists")
    if fault := box_fault(answer, level.shape, whole_axis=axes.find("S")):
        place.refuse("present", fault)
    return answer


def _check_fill(fill: Any, dtype: Any, place: Place) -> None:
    import numpy as np

    if not isinstance(fill, int | float | complex | np.number | np.bool_):
        place.refuse("fill", f"is {kind_of(fill)}, no number")
    if fill != fill and dtype.kind in "fc":
        return  # not a number is a value of these types
    try:
        with np.errstate(all="ignore"):
            stated = fill.item() if isinstance(fill, np.generic) else fill
            exact = bool(dtype.type(stated).item() == stated)  # numpy alone would compare in the smaller type
    except (OverflowError, ValueError, TypeError):
        exact = False
    if not exact:
        place.refuse("fill", f"is {fill!r}, which is no value of the type {dtype}")


def _check_raw(raw: Any, image: ImageDescription, place: Place) -> None:
    import numpy as np

    if not isinstance(raw, MappedLayout):
        place.refuse("raw", f"is {kind_of(raw)}, no MappedLayout")
    if not isinstance(raw.location, Location):
        place.refuse("raw", f"has the location {raw.location!r}; give a Location, one of the members")
    if type(raw.offset) is not int or raw.offset < 0:
        place.refuse("raw", f"has the offset {raw.offset!r}; a number of bytes is needed")
    if not isinstance(raw.strides, tuple) or len(raw.strides) != len(image.axes):
        place.refuse("raw", f"has the strides {raw.strides!r}, axes {image.axes} has {len(image.axes)}")
    if not all(type(step) is int for step in raw.strides):
        place.refuse("raw", f"has the strides {raw.strides!r}; numbers of bytes are needed")
    try:
        stored = np.dtype(raw.dtype)
    except TypeError:
        place.refuse("raw", f"has the dtype {raw.dtype!r}, which is none")
    if stored.newbyteorder("=") != image.dtype:
        place.refuse("raw", f"has the dtype {raw.dtype!r}, the image has {image.dtype}")


def kind_of(value: Any) -> str:
    """Return the type of a value in words, such as "a list"."""
    name = type(value).__name__
    return "None" if value is None else f"an {name}" if name[0] in "aeiouAEIOU" else f"a {name}"


def count(number: int, noun: str) -> str:
    """Return a number with a noun, such as "2 lengths"."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"
