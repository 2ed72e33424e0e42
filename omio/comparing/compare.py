"""Compare two images: their facts, tables and annotations, and the digests of their planes; opens what it needs."""

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
from omio_core.ome.uris import ILLEGAL
from omio_core.ome.write import UNPLACED
from omio_core.pixels.digests import image_digests

from .values import Change, ImageDifference, Pixels

FEW = 10
"""Number of differing planes that are named; unless all are wanted, a comparison stops there."""


# --- the two sides


def images(
    source: str | os.PathLike[str] | Image, image: int | str | None, request: Request, stack: ExitStack
) -> tuple[Image, ...]:
    """Return the images of one side; `stack` closes what is opened here.

    Raises
    ------
    OmioError
        As for `omio.opening.pick`.
    """
    if isinstance(source, Image):
        return (source,)
    try:
        result = opening.pick(source, "all" if image is None else image, request, single=image is not None)
    except ManyImagesError:
        result = opening.pick(source, "all", request, single=False)
        if len(result) > 1:
            raise
    stack.enter_context(result[0])  # all images share one file
    return result


def name(source: str | os.PathLike[str] | Image) -> str:
    """Return the name of one side."""
    return repr(source) if isinstance(source, Image) else str(source)


def pair(title: str, a: Image, b: Image, *, pixels: bool | Literal["all"]) -> ImageDifference:
    """Compare two images."""
    by_kind: dict[str, list[Change]] = {"lost": [], "changed": [], "added": [], "same_in_another_unit": []}
    for kind, change in (*_facts(a, b), *_tables(a.metadata, b.metadata), *_annotations(a.metadata, b.metadata)):
        by_kind[kind].append(change)
    return ImageDifference(
        name=title,
        lost=tuple(by_kind["lost"]),
        changed=tuple(by_kind["changed"]),
        added=tuple(by_kind["added"]),
        same_in_another_unit=tuple(by_kind["same_in_another_unit"]),
        pixels=pixels_of(a, b, every=pixels == "all")
        if pixels
        else Pixels(verdict="not compared", note="not asked for"),
        aside=tuple(_aside(a.metadata, b.metadata)),
        assumptions=tuple(sentence for _, sentence in _assumptions(a.metadata, b.metadata)),
    )


# --- facts


@dataclass(frozen=True, slots=True, kw_only=True)
class _Statement:
    value: Any
    where: str = ""
    unit: str = ""


_UNKNOWN = _Statement(value=None)


def _facts(a: Image, b: Image) -> Iterator[tuple[str, Change]]:
    left, right = dict(_statements(a)), dict(_statements(b))
    for fact in dict.fromkeys([*left, *right]):
        first, second = left.get(fact, _UNKNOWN), right.get(fact, _UNKNOWN)
        if first.value is None and second.value is None:
            continue
        units = _unit(fact, first.unit), _unit(fact, second.unit)
        change = Change(
            fact=fact,
            a=plain(first.value),
            b=plain(second.value),
            where_a=first.where,
            where_b=second.where,
            unit_a=units[0] and units[0][0],
            unit_b=units[1] and units[1][0],
        )
        if second.value is None:
            yield "lost", change
        elif first.value is None:
            yield "added", change
        elif not (_same_moment if fact == "AcquisitionDate" else _is_alike)(first.value, second.value):
            yield "changed", change
        elif units[0] and units[1] and units[0][1] != units[1][1]:
            yield "same_in_another_unit", change


def _statements(image: Image) -> Iterator[tuple[str, _Statement]]:
    """Yield every fact by its public name, the parts of an objective apart; first those of the array itself."""
    metadata = image.metadata
    yield "shape", _Statement(value=list(image.shape))
    yield "dtype", _Statement(value=str(image.dtype))
    yield "SamplesPerPixel", _Statement(value=metadata.samples)
    unplaced = metadata.facts.annotations.get(UNPLACED, {})  # facts without a place in OME's schema are known, too
    for fact, stated in metadata.stated():
        if fact == "Objective":
            lens = dict(stated.value) if stated else {}
            rest = unplaced.get(fact)
            for key, value in {**(rest if isinstance(rest, Mapping) else {}), **lens}.items():
                yield f"Objective.{key}", _Statement(value=value, where=stated.origin_text if stated else "")
        elif stated is None:
            yield fact, _Statement(value=unplaced.get(fact), where=f"annotation {UNPLACED}" if fact in unplaced else "")
        else:
            yield fact, _Statement(value=stated.value, where=stated.origin_text, unit=stated.unit)


def _unit(fact: str, spelled: str) -> tuple[str, float] | None:
    """Return the unit that a file spells and its size in OMIO's own unit; None where that is unknown."""
    if not spelled:
        return None
    convert = seconds if fact == "TimeIncrement" else nanometres if fact.endswith("Wavelength") else micrometres
    factor = convert(1.0, spelled)
    return None if factor is None else (spelled, factor)


def _is_alike(a: Any, b: Any) -> bool:
    if _is_number(a) and _is_number(b):
        return a == b or math.isclose(a, b, rel_tol=ALIKE) or (a != a and b != b)
    if isinstance(a, Mapping) and isinstance(b, Mapping):
        return set(a) == set(b) and all(_is_alike(a[key], b[key]) for key in a)
    if isinstance(a, list | tuple) and isinstance(b, list | tuple):
        return len(a) == len(b) and all(_is_alike(first, second) for first, second in zip(a, b, strict=True))
    if isinstance(a, str) and isinstance(b, str):
        return a == b or _as_in_xml(a) == _as_in_xml(b)
    return bool(a == b)


def _as_in_xml(text: str) -> str:
    """Return the text as XML can hold it: line ends are newlines, and control characters are none.

    See https://www.w3.org/TR/xml/#sec-line-ends and https://www.w3.org/TR/xml/#charsets.
    """
    return ILLEGAL.sub("", text).replace("\r\n", "\n").replace("\r", "\n")


def _is_number(value: Any) -> bool:
    return isinstance(value, Real) and not isinstance(value, bool)


def _same_moment(a: Any, b: Any) -> bool:
    """Compare two dates in ISO 8601, written with a T or a blank, with an offset or without."""
    try:
        return bool(a == b) or datetime.fromisoformat(a) == datetime.fromisoformat(b)
    except (TypeError, ValueError):
        return False


# --- facts per plane


def _tables(a: Metadata, b: Metadata) -> Iterator[tuple[str, Change]]:
    left, right = ({} if metadata.facts.planes is None else dict(metadata.facts.planes.columns) for metadata in (a, b))
    for column in dict.fromkeys([*left, *right]):
        first = left.get(column)
        second = right.get(column)
        if first is None or second is None:
            known_table = first if second is None else second
            assert known_table is not None
            empty = np.full(known_table.shape, np.nan)
            first, second = (empty if first is None else first), (empty if second is None else second)
        fact = f"Planes.{column}"
        if first.shape != second.shape:
            sizes = (f"a table of (T, Z, channels) {table.shape}" for table in (first, second))
            yield "changed", Change(fact=fact, a=next(sizes), b=next(sizes))
            continue
        known, also = np.isfinite(first), np.isfinite(second)
        with np.errstate(invalid="ignore", over="ignore"):
            alike = np.abs(first - second) <= ALIKE * np.maximum(np.abs(first), np.abs(second))
        for kind, at in (("lost", known & ~also), ("added", also & ~known), ("changed", known & also & ~alike)):
            if at.any():
                yield kind, Change(fact=fact, a=_cells(column, first, at, known), b=_cells(column, second, at, also))


def _cells(column: str, table: np.ndarray[Any, Any], at: np.ndarray[Any, Any], known: np.ndarray[Any, Any]) -> Any:
    """Describe the first of some cells and how many there are; None where they are unknown."""
    if not (at & known).any():
        return None
    t, z, c = (int(i) for i in np.argwhere(at)[0])
    count = int(at.sum())
    cell = f"{table[t, z, c]:.10g} {PLANE_COLUMNS[column]} at T{t} Z{z} C{c}"
    return first_few([cell], 1, last=" ", total=count)


# --- annotations


def _annotations(a: Metadata, b: Metadata) -> Iterator[tuple[str, Change]]:
    """Compare key by key; a MapAnnotation holds texts, so a number and its JSON are the same."""
    left, right = a.facts.annotations, b.facts.annotations
    for namespace in dict.fromkeys([*left, *right]):
        if namespace == UNPLACED:
            continue
        first, second = left.get(namespace, {}), right.get(namespace, {})
        for key in dict.fromkeys([*first, *second]):
            change = Change(fact=f"Annotations[{namespace}][{key}]", a=plain(first.get(key)), b=plain(second.get(key)))
            if key not in second:
                yield "lost", change
            elif key not in first:
                yield "added", change
            elif not (_is_alike(first[key], second[key]) or _text(first[key]) == _text(second[key])):
                yield "changed", change


def _text(value: Any) -> str:
    return _as_in_xml(value) if isinstance(value, str) else json.dumps(value, default=str)


def _aside(a: Metadata, b: Metadata) -> Iterator[str]:
    """Yield what describes the runs that read and wrote, not the picture."""
    if plain(a.provenance) != plain(b.provenance):
        yield "provenance"
    yield from (f"assumed of {side}: {sentence}" for side, sentence in _assumptions(a, b))


def _assumptions(a: Metadata, b: Metadata) -> Iterator[tuple[str, str]]:
    """Yield what was assumed of one side only: which side, and the sentence."""
    alone = [set(metadata.assumptions) - set(counterpart.assumptions) for metadata, counterpart in ((a, b), (b, a))]
    for side, sentences in zip("AB", alone, strict=True):
        yield from ((side, sentence) for sentence in sorted(sentences))


# --- pixels


def pixels_of(a: Image, b: Image, *, every: bool = False) -> Pixels:
    """Compare the pixels of two images plane by plane; of images of two types, their values."""
    if a.shape != b.shape:
        return Pixels(verdict="different", note=f"TZCYX {a.shape} and {b.shape}")
    common_type, note = None, ""
    if a.dtype != b.dtype:
        try:
            common_type = np.result_type(a.dtype, b.dtype)
        except TypeError:
            common_type = None
        if common_type is None or not (is_exact(a.dtype, common_type) and is_exact(b.dtype, common_type)):
            return Pixels(verdict="not compared", note=f"no type holds all values of {a.dtype} and {b.dtype}")
        note = f"values compared; the types are {a.dtype} and {b.dtype}"
    t, z, c = a.shape[:3]
    different: list[tuple[int, int, int]] = []
    count = compared = 0
    digests: list[Any] = [image_digests(image, common_type) for image in (a, b)]
    with (
        closing(digests[0]) as left,
        closing(digests[1]) as right,
    ):  # a comparison that stops early ends the reading, too
        for index, (first, second) in enumerate(zip(left, right, strict=True)):
            compared = index + 1
            if first != second:
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
