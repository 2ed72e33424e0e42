"""Two images compared: their facts, tables and annotations, and the digests of their planes; it opens what it must."""

from __future__ import annotations

import json
import math
import os
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, closing
from dataclasses import dataclass
from datetime import datetime
from numbers import Real
from typing import Any, Literal

import numpy as np

from omio import opening
from omio_core.errors import ManyImagesError, first_few
from omio_core.images.image import Image
from omio_core.images.overrides import Request
from omio_core.merging.conflicts import ALIKE
from omio_core.merging.merge import is_exact
from omio_core.metadata.facts import PLANE_COLUMNS
from omio_core.metadata.model import Metadata
from omio_core.metadata.plain import plain
from omio_core.metadata.units import micrometres, nanometres, seconds
from omio_core.ome.write import UNPLACED
from omio_core.pixels.digests import of_image

from .values import Change, ImageDifference, Pixels

FEW = 10
"""Planes that are named one by one; a comparison that is not asked for all of them stops there."""


# --- what is compared


def images(
    source: str | os.PathLike[str] | Image, image: int | str | None, said: Request, stack: ExitStack
) -> tuple[Image, ...]:
    """The images of one side; `stack` lets go of what is opened here.

    Raises
    ------
    OmioError
        As `read.pick`.
    """
    if isinstance(source, Image):
        return (source,)
    try:
        found = opening.pick(source, "all" if image is None else image, said, single=image is not None)
    except ManyImagesError:
        found = opening.pick(source, "all", said, single=False)
        if len(found) > 1:
            raise
    stack.enter_context(found[0])  # all of them share the one file
    return found


def name(source: str | os.PathLike[str] | Image) -> str:
    """What one side is called."""
    return repr(source) if isinstance(source, Image) else os.fspath(source)


def pair(title: str, a: Image, b: Image, *, pixels: bool | Literal["all"]) -> ImageDifference:
    """What two images differ in."""
    found: dict[str, list[Change]] = {"lost": [], "changed": [], "added": [], "same_in_another_unit": []}
    for kind, change in (*_facts(a, b), *_tables(a.metadata, b.metadata), *_annotations(a.metadata, b.metadata)):
        found[kind].append(change)
    return ImageDifference(
        name=title,
        **{kind: tuple(changes) for kind, changes in found.items()},
        pixels=_pixels(a, b, every=pixels == "all") if pixels else Pixels(verdict="not compared", note="not asked for"),
        aside=tuple(_aside(a.metadata, b.metadata)),
        assumptions=tuple(sentence for _, sentence in _assumed(a.metadata, b.metadata)),
    )


# --- facts


@dataclass(frozen=True, slots=True, kw_only=True)
class _Said:
    value: Any
    where: str = ""
    unit: str = ""


_NOTHING = _Said(value=None)


def _facts(a: Image, b: Image) -> Iterator[tuple[str, Change]]:
    left, right = dict(_stated(a)), dict(_stated(b))
    for fact in dict.fromkeys([*left, *right]):
        one, other = left.get(fact, _NOTHING), right.get(fact, _NOTHING)
        if one.value is None and other.value is None:
            continue
        units = _unit(fact, one.unit), _unit(fact, other.unit)
        change = Change(
            fact=fact,
            a=plain(one.value),
            b=plain(other.value),
            where_a=one.where,
            where_b=other.where,
            unit_a=units[0] and units[0][0],
            unit_b=units[1] and units[1][0],
        )
        if other.value is None:
            yield "lost", change
        elif one.value is None:
            yield "added", change
        elif not (_same_moment if fact == "AcquisitionDate" else _alike)(one.value, other.value):
            yield "changed", change
        elif units[0] and units[1] and units[0][1] != units[1][1]:
            yield "same_in_another_unit", change


def _stated(image: Image) -> Iterator[tuple[str, _Said]]:
    """Every fact by its public name, the parts of an objective apart; first what the array itself says."""
    metadata = image.metadata
    yield "shape", _Said(value=list(image.shape))
    yield "dtype", _Said(value=str(image.dtype))
    yield "SamplesPerPixel", _Said(value=metadata.samples)
    unplaced = metadata.facts.annotations.get(UNPLACED, {})  # what OME's schema had no place for is no less known
    for fact, stated in metadata.stated():
        if fact == "Objective":
            lens = dict(stated.value) if stated else {}
            rest = unplaced.get(fact)
            for key, value in {**(rest if isinstance(rest, Mapping) else {}), **lens}.items():
                yield f"Objective.{key}", _Said(value=value, where=stated.origin_text if stated else "")
        elif stated is None:
            yield fact, _Said(value=unplaced.get(fact), where=f"annotation {UNPLACED}" if fact in unplaced else "")
        else:
            yield fact, _Said(value=stated.value, where=stated.origin_text, unit=stated.unit)


def _unit(fact: str, spelled: str) -> tuple[str, float] | None:
    """The unit that a file spells, and what one of it is in OMIO's own; None where that is not known."""
    if not spelled:
        return None
    convert = seconds if fact == "TimeIncrement" else nanometres if fact.endswith("Wavelength") else micrometres
    one = convert(1.0, spelled)
    return None if one is None else (spelled, one)


def _alike(a: Any, b: Any) -> bool:
    if _is_number(a) and _is_number(b):
        return a == b or math.isclose(a, b, rel_tol=ALIKE) or (a != a and b != b)
    if isinstance(a, Mapping) and isinstance(b, Mapping):
        return set(a) == set(b) and all(_alike(a[key], b[key]) for key in a)
    if isinstance(a, list | tuple) and isinstance(b, list | tuple):
        return len(a) == len(b) and all(_alike(one, other) for one, other in zip(a, b, strict=True))
    if isinstance(a, str) and isinstance(b, str):
        return a == b or _lines(a) == _lines(b)
    return bool(a == b)


def _lines(text: str) -> str:
    """The text with its line ends as XML has them (https://www.w3.org/TR/xml/#sec-line-ends)."""
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _is_number(value: Any) -> bool:
    return isinstance(value, Real) and not isinstance(value, bool)


def _same_moment(a: Any, b: Any) -> bool:
    """Two dates in ISO 8601, spelled with a T or a blank, with an offset or not."""
    try:
        return bool(a == b) or datetime.fromisoformat(a) == datetime.fromisoformat(b)
    except (TypeError, ValueError):
        return False


# --- facts a plane


def _tables(a: Metadata, b: Metadata) -> Iterator[tuple[str, Change]]:
    left, right = ({} if one.facts.planes is None else dict(one.facts.planes.columns) for one in (a, b))
    for column in dict.fromkeys([*left, *right]):
        first = left.get(column)
        second = right.get(column)
        if first is None or second is None:
            there = first if second is None else second
            assert there is not None
            empty = np.full(there.shape, np.nan)
            first, second = (empty if first is None else first), (empty if second is None else second)
        fact = f"Planes.{column}"
        if first.shape != second.shape:
            sizes = (f"a table of (T, Z, channels) {one.shape}" for one in (first, second))
            yield "changed", Change(fact=fact, a=next(sizes), b=next(sizes))
            continue
        known, also = np.isfinite(first), np.isfinite(second)
        with np.errstate(invalid="ignore", over="ignore"):
            alike = np.abs(first - second) <= ALIKE * np.maximum(np.abs(first), np.abs(second))
        for kind, at in (("lost", known & ~also), ("added", also & ~known), ("changed", known & also & ~alike)):
            if at.any():
                yield kind, Change(fact=fact, a=_cells(column, first, at, known), b=_cells(column, second, at, also))


def _cells(column: str, table: np.ndarray[Any, Any], at: np.ndarray[Any, Any], known: np.ndarray[Any, Any]) -> Any:
    """The first of some cells in words, and how many there are; None where they are unknown."""
    if not (at & known).any():
        return None
    t, z, c = (int(i) for i in np.argwhere(at)[0])
    count = int(at.sum())
    cell = f"{table[t, z, c]:.10g} {PLANE_COLUMNS[column]} at T{t} Z{z} C{c}"
    return first_few([cell], 1, last=" ", total=count)


# --- annotations


def _annotations(a: Metadata, b: Metadata) -> Iterator[tuple[str, Change]]:
    """Key by key; a MapAnnotation holds texts, so a number and its JSON are the same."""
    left, right = a.facts.annotations, b.facts.annotations
    for namespace in dict.fromkeys([*left, *right]):
        if namespace == UNPLACED:
            continue
        one, other = left.get(namespace, {}), right.get(namespace, {})
        for key in dict.fromkeys([*one, *other]):
            change = Change(fact=f"Annotations[{namespace}][{key}]", a=plain(one.get(key)), b=plain(other.get(key)))
            if key not in other:
                yield "lost", change
            elif key not in one:
                yield "added", change
            elif not (_alike(one[key], other[key]) or _text(one[key]) == _text(other[key])):
                yield "changed", change


def _text(value: Any) -> str:
    return _lines(value) if isinstance(value, str) else json.dumps(value, default=str)


def _aside(a: Metadata, b: Metadata) -> Iterator[str]:
    """What tells of the runs that read and wrote, and not of the picture."""
    if plain(a.provenance) != plain(b.provenance):
        yield "provenance"
    yield from (f"assumed of {side}: {sentence}" for side, sentence in _assumed(a, b))


def _assumed(a: Metadata, b: Metadata) -> Iterator[tuple[str, str]]:
    """What was assumed of one side only: which side, and the sentence."""
    alone = [set(one.assumptions) - set(other.assumptions) for one, other in ((a, b), (b, a))]
    for side, sentences in zip("AB", alone, strict=True):
        yield from ((side, sentence) for sentence in sorted(sentences))


# --- pixels


def _pixels(a: Image, b: Image, *, every: bool) -> Pixels:
    if a.shape != b.shape:
        return Pixels(verdict="different", note=f"TZCYX {a.shape} and {b.shape}")
    wanted, note = None, ""
    if a.dtype != b.dtype:
        try:
            wanted = np.result_type(a.dtype, b.dtype)
        except TypeError:
            wanted = None
        if wanted is None or not (is_exact(a.dtype, wanted) and is_exact(b.dtype, wanted)):
            return Pixels(verdict="not compared", note=f"no type holds all values of {a.dtype} and {b.dtype}")
        note = f"values compared; the types are {a.dtype} and {b.dtype}"
    t, z, c = a.shape[:3]
    different: list[tuple[int, int, int]] = []
    count = compared = 0
    digests: list[Any] = [of_image(one, wanted) for one in (a, b)]
    with closing(digests[0]) as left, closing(digests[1]) as right:  # who stops early reads no further
        for index, (one, other) in enumerate(zip(left, right, strict=True)):
            compared = index + 1
            if one != other:
                count += 1
                if count <= FEW:
                    different.append((index // (z * c), index // c % z, index % c))
                if count >= FEW and not every:
                    break
    return Pixels(
        verdict="different" if count else "equal",
        note=note,
        planes=tuple(different),
        count=count,
        compared=compared,
        of=t * z * c,
    )
