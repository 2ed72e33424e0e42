"""Where an image was acquired, from OME-XML: well of a plate, label of the stage; it knows no pixel and no file.

The attributes are those of https://www.openmicroscopy.org/Schemas/OME/2016-06/ome.xsd, Plate, Well, WellSample and
StageLabel. Rows, columns and fields count from 0 there.
"""

from __future__ import annotations

import math
from typing import Any

from omio_core.metadata.facts import Fact
from omio_core.parsing.xml import Element, first_named

from .tree import Document

PLATE, STAGE = "ome/plate", "ome/stage_label"
_NUMBERS = ("X", "Y", "Z", "PositionX", "PositionY")
_DIGITS = 6  # no plate has rows or columns of more digits


def name_of(tree: Document, image: Element) -> Fact[str] | None:
    """The name of an image: its own, else a name from its well, such as ``"Plate 1, B3, field 2"``.

    In this name the field counts from 1, as the label of the well does.
    """
    name = image.get("Name", "")
    if name.strip():
        return Fact(name, "file", "OME-XML Image/@Name")
    place = _well(tree, image)
    if not place:
        return None
    parts = [place.get("plate"), place.get("well"), f"field {place['field'] + 1}"]
    return Fact(", ".join(part for part in parts if part), "file", "OME-XML Plate/Well")


def places(tree: Document, image: Element) -> dict[str, dict[str, Any]]:
    """The annotations `PLATE` and `STAGE` by their namespaces, as far as the file states them."""
    annotations: dict[str, dict[str, Any]] = {}
    if place := _well(tree, image):
        annotations[PLATE] = place
    label = first_named(image, "StageLabel")
    if label is not None and (stated := _attributes(label)):
        annotations[STAGE] = stated
    return annotations


def modelled_attributes(tree: Document, image: Element) -> dict[Element, tuple[str, ...]]:
    """From an element to those of its attributes that `places` puts into annotations."""
    modelled: dict[Element, tuple[str, ...]] = {}
    if (entry := tree.samples.get(image.get("ID", ""))) is not None:
        plate, well, sample, _ = entry
        has_label = "well" in _well(tree, image)
        modelled[plate] = ("Name", *(("RowNamingConvention", "ColumnNamingConvention") if has_label else ()))
        modelled[well] = ("Row", "Column") if has_label else ()
        modelled[sample] = tuple(sample.attrib)
    if (label := first_named(image, "StageLabel")) is not None:
        modelled[label] = tuple(label.attrib)
    return modelled


def _well(tree: Document, image: Element) -> dict[str, Any]:
    """Plate, label of the well, row, column and field; empty if no plate refers to the image."""
    entry = tree.samples.get(image.get("ID", ""))
    if entry is None:
        return {}
    plate, well, sample, field = entry
    values: dict[str, Any] = {"plate": plate.get("Name") or plate.get("ID")}
    row, column = _index(well.get("Row")), _index(well.get("Column"))
    if row is not None and column is not None:
        # ome.xsd, Plate: letters or numbers; if not stated, rows get letters and columns numbers, as on real plates
        rows = _label(row, plate.get("RowNamingConvention") != "number")
        columns = _label(column, plate.get("ColumnNamingConvention") == "letter")
        values |= {"well": rows + columns, "row": row, "column": column}
    values["field"] = field
    values |= {key: value for key, value in _attributes(sample).items() if key != "ID"}
    return {key: value for key, value in values.items() if value is not None}


def _index(text: str | None) -> int | None:
    text = (text or "").strip()
    return int(text) if text.isascii() and text.isdigit() and len(text) <= _DIGITS else None


def _label(index: int, letters: bool) -> str:
    """The label of a row or column: A, B, ... Z, AA, AB, ..., or 1, 2, ..."""
    if not letters:
        return str(index + 1)
    text, index = "", index + 1
    while index:
        index, letter = divmod(index - 1, 26)
        text = chr(ord("A") + letter) + text
    return text


def _attributes(element: Element) -> dict[str, Any]:
    """The attributes that are not empty; lengths as numbers, their units as separate attributes."""
    values: dict[str, Any] = {}
    for key, text in element.attrib.items():
        if not text.strip():
            continue
        try:
            number = float(text) if key in _NUMBERS and "_" not in text else math.nan
        except ValueError:
            number = math.nan
        values[key] = number if math.isfinite(number) else text
    return values
