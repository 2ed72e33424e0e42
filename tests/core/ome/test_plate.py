"""Plates: a well names an image, and says where on the plate it is."""

from __future__ import annotations

from pathlib import Path

import pytest

from omio_core.metadata.facts import Fact
from omio_core.ome import read
from tests.core.ome.documents import document

PLATE = (
    '<Plate ID="Plate:0" {plate}><Well ID="Well:0" Row="{row}" Column="{column}"><WellSample ID="S:0" Index="4"/>'
    '<WellSample ID="S:1" Index="5" PositionX="1.5" PositionXUnit="mm"><ImageRef ID="Image:0"/></WellSample></Well>'
    "</Plate>"
)


@pytest.mark.parametrize(
    ("plate", "row", "column", "well"),
    [
        ("", "0", "0", "A1"),
        ('RowNamingConvention="letter" ColumnNamingConvention="number"', "7", "11", "H12"),
        ('RowNamingConvention="number" ColumnNamingConvention="letter"', "1", "2", "2C"),
        ("", "26", "0", "AA1"),
        ("", "701", "5", "ZZ6"),
        ("", "702", "5", "AAA6"),
    ],
)
def test_a_well_names_an_image_that_has_no_name(plate: str, row: str, column: str, well: str) -> None:
    rest = PLATE.format(plate=f'Name="P" {plate}', row=row, column=column)
    text = document(rest=rest).replace(' Name="one"', "")
    assert read.parse_ome(text).images[0].name == f"P, {well}, field 2"
    facts = read.ome_facts(text, 0)
    assert facts.name == Fact(f"P, {well}, field 2", "file", "OME-XML Plate/Well")
    assert facts.annotations["ome/plate"] == {
        "plate": "P", "well": well, "row": int(row), "column": int(column), "field": 1, "Index": "5",
        "PositionX": 1.5, "PositionXUnit": "mm",
    }  # fmt: skip


def test_a_name_of_its_own_is_kept() -> None:
    facts = read.ome_facts(document(rest=PLATE.format(plate="", row="0", column="1")), 0)
    assert facts.name == Fact("one", "file", "OME-XML Image/@Name")
    assert facts.annotations["ome/plate"]["well"] == "A2"
    assert facts.annotations["ome/plate"]["plate"] == "Plate:0"


@pytest.mark.parametrize("row", ["", "-1", "x", "9" * 5000, "1.5"])
def test_rows_that_are_none(row: str) -> None:
    text = document(rest=PLATE.format(plate="", row=row, column="1")).replace(' Name="one"', "")
    assert read.parse_ome(text).images[0].name == "Plate:0, field 2"
    assert "row" not in read.ome_facts(text, 0).annotations["ome/plate"]


def test_a_stage_label_is_an_annotation() -> None:
    image = '<StageLabel Name="Pos0" X="-256.0" XUnit="µm" Y="left" Z="nan" YUnit=" "/>'
    found = read.ome_facts(document(image=image), 0).annotations
    assert found == {"ome/stage_label": {"Name": "Pos0", "X": -256.0, "XUnit": "µm", "Y": "left", "Z": "nan"}}
    assert read.ome_facts(document(image="<StageLabel/>"), 0).annotations == {}


def test_real_plates_and_stages(data: Path) -> None:
    folder = data / "ome-xml"
    text = (folder / "ome-types" / "fake-plate-rows-2.ome.xml").read_bytes()
    places = [read.ome_facts(text, one.index).annotations["ome/plate"] for one in read.parse_ome(text).images]
    assert [place["well"] for place in places] == ["A1", "B1"]
    assert places[0]["plate"] == "Plate Name 0"
    stack = (folder / "ome-types" / "MMStack.ome.xml").read_bytes()
    assert read.ome_facts(stack, 0).annotations["ome/stage_label"]["Name"] == "2-Pos000_000"
    assert read.ome_facts(stack, 1).annotations["ome/stage_label"]["X"] == 256.0
