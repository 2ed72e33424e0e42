"""Where an image was taken, as OME-XML says it: the well of a plate, the stage's label; it knows no pixel and no file.

Attributes: https://www.openmicroscopy.org/Schemas/OME/2016-06/ome.xsd, Plate, Well, WellSample and StageLabel; rows,
columns and fields count from 0 there.
"""

from __future__ import annotations

import math
from typing import Any

from omio_core.metadata.facts import Fact
from omio_core.parsing.xml import Element, first

from .tree import Document

PLATE, STAGE = "ome/plate", "ome/stage_label"
_NUMBERS = ("X", "Y", "Z", "PositionX", "PositionY")
_DIGITS = 6  # a row or column of more is of no plate


def name_of(tree: Document, image: Element) -> Fact[str] | None:
    """The name of an image: its own, or else that of its well, such as ``"Plate 1, B3, field 2"``.

    The field counts from 1 there, as the label of the well does.
    """
    own = image.get("Name", "")
    if own.strip():
        return Fact(own, "file", "OME-XML Image/@Name")
    place = _well(tree, image)
    if not place:
        return None
    parts = [place.get("plate"), place.get("well"), f"field {place['field'] + 1}"]
    return Fact(", ".join(part for part in parts if part), "file", "OME-XML Plate/Well")


def places(tree: Document, image: Element) -> dict[str, dict[str, Any]]:
    """Annotations by their namespaces: `PLATE` and `STAGE`, where the file says them."""
    found: dict[str, dict[str, Any]] = {}
    if place := _well(tree, image):
        found[PLATE] = place
    label = first(image, "StageLabel")
    if label is not None and (said := _attributes(label)):
        found[STAGE] = said
    return found


def held(tree: Document, image: Element) -> dict[Element, tuple[str, ...]]:
    """From an element to its attributes that are in the annotations of `places`."""
    found: dict[Element, tuple[str, ...]] = {}
    if (entry := tree.samples.get(image.get("ID", ""))) is not None:
        plate, well, sample, _ = entry
        labelled = "well" in _well(tree, image)
        found[plate] = ("Name", *(("RowNamingConvention", "ColumnNamingConvention") if labelled else ()))
        found[well] = ("Row", "Column") if labelled else ()
        found[sample] = tuple(sample.attrib)
    if (label := first(image, "StageLabel")) is not None:
        found[label] = tuple(label.attrib)
    return found


def _well(tree: Document, image: Element) -> dict[str, Any]:
    """Plate, label of the well, row, column and field; empty where no plate names the image."""
    entry = tree.samples.get(image.get("ID", ""))
    if entry is None:
        return {}
    plate, well, sample, field = entry
    found: dict[str, Any] = {"plate": plate.get("Name") or plate.get("ID")}
    row, column = _index(well.get("Row")), _index(well.get("Column"))
    if row is not None and column is not None:
        # ome.xsd, Plate: letters or numbers; where it is not said, rows have letters and columns numbers, as plates do
        rows = _label(row, plate.get("RowNamingConvention") != "number")
        columns = _label(column, plate.get("ColumnNamingConvention") == "letter")
        found |= {"well": rows + columns, "row": row, "column": column}
    found["field"] = field
    found |= {key: value for key, value in _attributes(sample).items() if key != "ID"}
    return {key: value for key, value in found.items() if value is not None}


def _index(text: str | None) -> int | None:
    text = (text or "").strip()
    return int(text) if text.isascii() and text.isdigit() and len(text) <= _DIGITS else None


def _label(index: int, letters: bool) -> str:
    """A, B, ... Z, AA, AB, ..., or 1, 2, ..."""
    if not letters:
        return str(index + 1)
    text, index = "", index + 1
    while index:
        index, letter = divmod(index - 1, 26)
        text = chr(ord("A") + letter) + text
    return text


def _attributes(element: Element) -> dict[str, Any]:
    """What is stated, lengths as numbers with their units beside them."""
    found: dict[str, Any] = {}
    for key, text in element.attrib.items():
        if not text.strip():
            continue
        try:
            number = float(text) if key in _NUMBERS and "_" not in text else math.nan
        except ValueError:
            number = math.nan
        found[key] = number if math.isfinite(number) else text
    return found
