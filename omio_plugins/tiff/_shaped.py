"""tifffile's own flavour of TIFF: the shape as JSON in the description of an image's first page; it reads no pixel.

The form: https://github.com/cgohlke/tifffile, "shaped" in the documentation of `TiffWriter.write`.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from functools import partial
from typing import Any

from omio_core.contract import Fact, Facts, micrometres, seconds

from . import _plain
from ._ifd import Chain, PageSequence
from ._imagej_sizes import number
from ._levels import reduced_candidates, stacks
from ._pages import PagesInOrder
from ._picture import Picture, Stack, picture
from ._segments import contiguous_start
from ._structure import Structure
from ._tags import (
    DESCRIPTION,
    RESOLUTION_UNITS,
    RawTags,
    is_unmarked,
    jsonable,
    notes,
    print_notes,
    raw_tags,
    sizes_by_resolution,
    sizes_by_tags,
)


def parse(description: str) -> dict[str, Any] | None:
    """The JSON of a description; None if it is not tifffile's, or its shape is invalid."""
    if not description.startswith('{"') or '"shape"' not in description:
        return None
    try:
        value = json.loads(description)
    except (ValueError, RecursionError):
        return None
    shape = value.get("shape") if isinstance(value, dict) else None
    if not isinstance(shape, list) or not shape:
        return None
    good = all(isinstance(n, int) and not isinstance(n, bool) and 0 < n < 1 << 40 for n in shape)
    return value if good else None


def pictures(chain: Chain, pages: PageSequence, description: str) -> list[Picture]:
    """Describe the images of a file whose first page has such a `description`; an empty list for other files.

    Raises
    ------
    CorruptFileError
        A shape needs more pages than the file has.
    """
    images: list[Picture] = []
    at = 0
    while at < len(pages):
        if at:
            description = chain.text(pages[at], DESCRIPTION) or ""
        stated = parse(description)
        if stated is None:  # pages appended by another program
            return images + _plain.pictures(chain, pages[at:]) if at else []
        cut = _cut(stated, pages[at].structure)
        if cut is None:
            # an editor changed the picture and kept the comment
            note = f"the description says shape {stated['shape']}, which is not that of the pages; it is left out"
            return images + _plain.pictures(chain, pages[at:], assumptions=(note,))
        image, count = _describe_series(chain, pages[at:], stated, cut, description)
        images.append(image)
        at += count
    return images


_Cut = tuple[str, tuple[int, ...], str | None]


def _cut(stated: Mapping[str, Any], structure: Structure) -> _Cut | None:
    """Axes and lengths before those of a page, and letters for the page; None if the shape is of another picture."""
    shape = tuple(stated["shape"])
    page = math.prod(structure.shape)
    planes, rest = divmod(math.prod(shape), page)
    if rest or planes < 1:
        return None
    letters = None if _is_no_image(_letters(stated)) else _letters(stated)
    for k in range(len(shape) + 1):
        tail = shape[k:]
        if math.prod(shape[:k]) != planes or _drop_ones(tail) != _drop_ones(structure.shape):
            continue
        lead = "Q" * k if letters is None else "".join(map(_letter, letters[:k]))
        exact = letters is not None and tail == structure.shape
        return lead, shape[:k], letters[k:] if exact and letters is not None else None
    return "Q", (planes,), None


def _letters(stated: Mapping[str, Any]) -> str | None:
    """The axes of the description, one letter per length of its shape; None if absent or invalid."""
    axes = stated.get("axes")
    fits = isinstance(axes, str) and len(axes) == len(stated["shape"]) and axes.isascii() and axes.isalpha()
    return axes.upper() if isinstance(axes, str) and fits else None


def _is_no_image(letters: str | None) -> bool:
    """Whether the letters have neither Y nor X, although every page has both."""
    return letters is not None and not {"Y", "X"} & set(letters)


def _drop_ones(shape: tuple[int, ...]) -> tuple[int, ...]:
    return tuple(n for n in shape if n > 1)


def _letter(axis: str) -> str:
    return "Q" if axis == "I" else axis  # tifffile's I is a sequence of anything


def _describe_series(
    chain: Chain, pages: PageSequence, stated: Mapping[str, Any], cut: _Cut, description: str
) -> tuple[Picture, int]:
    """Describe the image that begins with the first of `pages`, and count its pages."""
    axes, lead, page_axes = cut
    planes, first = math.prod(lead), pages[0]
    name = stated.get("name")
    series = pages[:planes]
    alike = sum(len(run) for run in series.runs if run.layout.structure.picture == first.structure.picture)
    start = None
    if stated.get("truncated") is True or alike < planes:
        start = contiguous_start([first], planes) if planes > 1 else None
    image_pages = PagesInOrder(pages[:1] if start is not None else series)
    raw = raw_tags(chain, first)
    assumptions = print_notes(raw) if is_unmarked(chain, first) else ()
    if _is_no_image(_letters(stated)):
        assumptions = (
            *assumptions,
            f"the description names the axes {_letters(stated)}, without Y and X; its letters are left out",
        )
    image = picture(
        axes=axes, lead=lead, page_axes=page_axes,
        stacks=(
            stacks(image_pages, reduced_candidates(image_pages)) if start is None
            else [Stack(pages=image_pages, start=start)]
        ),
        kind="TIFF written by tifffile", facts=partial(shaped_facts, raw),
        vendor=partial(str, description), assumptions=assumptions,
        name=name if isinstance(name, str) and name else None,
    )  # fmt: skip
    return image, len(image_pages)


def shaped_facts(raw: RawTags) -> Facts:
    """Sizes and interval by the JSON, else by the resolution tags; all other keys of the JSON as an annotation.

    tifffile writes into the JSON what its caller passes as metadata. Callers pass the words of ImageJ (`spacing`,
    `unit`, `finterval`) or of OME (`PhysicalSizeX`, `PhysicalSizeXUnit`, `TimeIncrement`).
    """
    annotations = notes(raw, description=False)
    stated = parse(raw.description) or {}
    annotations["tifffile"] = {k: jsonable(v) for k, v in stated.items() if k not in ("shape", "axes")}
    if not annotations["tifffile"]:
        del annotations["tifffile"]
    return Facts(**{**_sizes(raw, stated), **_increment(stated)}, annotations=annotations)


def _sizes(raw: RawTags, stated: Mapping[str, Any]) -> dict[str, Any]:
    unit = stated.get("unit")
    facts = sizes_by_tags(raw)
    if raw.unit not in RESOLUTION_UNITS and isinstance(unit, str):  # as ImageJ does: the unit of the tags, too
        facts = sizes_by_resolution(raw, dict.fromkeys("xy", unit))
    for key, axis, default in (("spacing", "z", unit), *((f"PhysicalSize{a}", a.lower(), "µm") for a in "XYZ")):
        symbol, value = stated.get(f"{key}Unit", default), number(stated, key)
        size = None if value is None or not isinstance(symbol, str) else micrometres(abs(value), symbol)
        if size:
            facts[f"physical_size_{axis}"] = Fact(size, "file", f"tifffile's JSON: {key}", unit=symbol)
    return facts


def _increment(stated: Mapping[str, Any]) -> dict[str, Any]:
    for key, symbol in (
        ("finterval", stated.get("tunit", "s")),
        ("TimeIncrement", stated.get("TimeIncrementUnit", "s")),
    ):
        value = number(stated, key)
        interval = None if value is None or not isinstance(symbol, str) else seconds(value, symbol)
        if interval:
            return {"time_increment": Fact(interval, "file", f"tifffile's JSON: {key}", unit=symbol)}
    return {}
