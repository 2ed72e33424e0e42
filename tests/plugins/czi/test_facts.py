"""Facts of the whole image from a CZI's XML: sizes, date, interval, objective, scenes, and the text itself."""

from __future__ import annotations

import math
import os
import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from omio_core.contract import Facts
from omio_core.errors import FileChangedError
from omio_core.settings import using
from omio_plugins.czi import _facts
from omio_plugins.czi._document import regular_interval
from omio_plugins.czi._facts import NAMESPACE, scene_names

from .made import Block, ramp, write

Facts_of = Callable[..., Facts]


def document(inner: str) -> bytes:
    return f"<ImageDocument><Metadata>{inner}</Metadata></ImageDocument>".encode()


def image(inner: str) -> bytes:
    return document(f"<Information><Image>{inner}</Image></Information>")


def distance(value: str, axis: str = "X") -> bytes:
    return document(f'<Scaling><Items><Distance Id="{axis}"><Value>{value}</Value></Distance></Items></Scaling>')


@pytest.fixture
def facts(tmp_path: Path, describe: Callable[..., list[Any]]) -> Facts_of:
    """From an XML to the facts of a file that has it, with one sub-block unless others are given."""

    def of(xml: bytes | None, *blocks: Block, index: int = 0) -> Facts:
        path = write(tmp_path / "one.czi", blocks or [Block(pixels=ramp(4, 5))], xml=xml)
        return describe(path)[index].facts()

    return of


# --- sizes


def test_sizes_are_metres_in_the_file(facts: Facts_of) -> None:
    items = "".join(
        f'<Distance Id="{a}"><Value>{v}</Value><DefaultUnitFormat>nm</DefaultUnitFormat></Distance>'
        for a, v in (("X", "9.0576674152210312E-08"), ("Y", "1.6e-006"), ("Z", "3.2E-07"))
    )
    found = facts(document(f"<Scaling><Items>{items}</Items></Scaling>"))
    assert found.physical_size_x is not None
    assert found.physical_size_x.value == pytest.approx(0.090576674152210312, rel=1e-12)
    assert found.physical_size_x.origin == "file"
    assert found.physical_size_x.where == "CZI Scaling/Items/Distance[@Id='X']"
    assert found.physical_size_y is not None
    assert found.physical_size_y.value == pytest.approx(1.6)
    assert found.physical_size_z is not None
    assert found.physical_size_z.value == pytest.approx(0.32)


@pytest.mark.parametrize(
    ("metres", "size"),
    [("1.6e-006", 1.6), ("1.6E-06", 1.6), ("2.1E-07", 0.21), ("9.0576674152210312E-08", 0.09057667415221031)],
)
def test_metres_are_scaled_as_decimals(facts: Facts_of, metres: str, size: float) -> None:
    found = facts(distance(metres))
    assert found.physical_size_x is not None
    assert found.physical_size_x.value == size


@pytest.mark.parametrize(
    "value", ["0", "-1e-7", "NaN", "INF", "", " ", "n/a", "1e-7 m", "1,5e-7", "1_0", "0x1", "1e-15", "1e-16", "1e999"]
)
def test_no_size_is_none(facts: Facts_of, value: str) -> None:
    """1e-15 metres are 1e-9 micrometres, which is a size that nobody measured."""
    assert facts(distance(value)).physical_size_x is None


@pytest.mark.parametrize("axis", ["x", "T", "", "XY"])
def test_other_axes_are_not_sizes(facts: Facts_of, axis: str) -> None:
    found = facts(distance("1e-7", axis))
    assert (found.physical_size_x, found.physical_size_y, found.physical_size_z) == (None, None, None)


def test_a_scaling_in_pixels_is_no_size(facts: Facts_of) -> None:
    """ZEN 2.3 writes Pixel instead of Distance where nothing is calibrated."""
    found = facts(document('<Scaling><Items><Pixel Id="X"><Value>1</Value></Pixel></Items></Scaling>'))
    assert found.physical_size_x is None


# --- date and interval


def test_the_acquisition_date_is_as_the_file_has_it(facts: Facts_of) -> None:
    found = facts(image("<AcquisitionDateAndTime>2016-02-12T09:41:02.4915604Z</AcquisitionDateAndTime>"))
    assert found.acquisition_date is not None
    assert found.acquisition_date.value == "2016-02-12T09:41:02.4915604Z"
    assert found.acquisition_date.where == "CZI Information/Image/AcquisitionDateAndTime"


@pytest.mark.parametrize("said", ["0001-01-01T00:00:00", "", "yesterday", "2016-02-12", "2016-13-12T09:41:02Z"])
def test_no_date_is_none(facts: Facts_of, said: str) -> None:
    assert facts(image(f"<AcquisitionDateAndTime>{said}</AcquisitionDateAndTime>")).acquisition_date is None


def test_the_date_of_the_document_is_not_the_acquisition(facts: Facts_of) -> None:
    xml = document("<Information><Document><CreationDate>2023-03-22T10:58:51</CreationDate></Document></Information>")
    assert facts(xml).acquisition_date is None


def positions(inner: str) -> bytes:
    return image(f"<Dimensions><T><Positions>{inner}</Positions></T></Dimensions>")


def test_the_interval_is_stated(facts: Facts_of) -> None:
    found = facts(positions("<Interval><Start>0</Start><Increment>33.412</Increment></Interval>"))
    assert found.time_increment is not None
    assert (found.time_increment.value, found.time_increment.origin) == (33.412, "file")


def test_regular_offsets_are_an_interval(facts: Facts_of) -> None:
    found = facts(positions("<List><Offsets>0 60.075 120.15</Offsets></List>"))
    assert found.time_increment is not None
    assert (found.time_increment.value, found.time_increment.origin) == (60.075, "derived")


@pytest.mark.parametrize(
    "inner",
    [
        "<Interval><Increment>0</Increment></Interval>",
        "<Interval><Increment>-3</Increment></Interval>",
        "<Interval><Increment>NaN</Increment></Interval>",
        "<Interval/>",
        "<List><Offsets>0 1 100</Offsets></List>",
        "<List><Offsets>0 0 0</Offsets></List>",
        "<List><Offsets>5</Offsets></List>",
        "<List><Offsets/></List>",
        "<BinaryList><AttachmentName>TimeStamps</AttachmentName></BinaryList>",
    ],
)
def test_no_interval_is_none(facts: Facts_of, inner: str) -> None:
    assert facts(positions(inner)).time_increment is None


def test_what_was_planned_is_no_interval(facts: Facts_of) -> None:
    planned = "<TimeSeriesSetup><Interval><TimeSpan><Value>60</Value></TimeSpan></Interval></TimeSeriesSetup>"
    assert facts(document(f"<Experiment>{planned}</Experiment>")).time_increment is None


def test_regular_moments() -> None:
    found = regular_interval([1.0, 2.0, 3.02], "here")
    assert found is not None
    assert found.value == pytest.approx(1.01)
    assert regular_interval([1.0, math.nan, 3.0], "here") is None
    assert regular_interval([0.0, math.inf], "here") is None
    assert regular_interval([], "here") is None


# --- the objective

LENS = (
    '<Objective Id="Objective:1" Name="Plan-Apochromat 50x/1.2"><LensNA>1.2</LensNA>'
    "<NominalMagnification>50</NominalMagnification><WorkingDistance>800</WorkingDistance><Immersion>Water</Immersion>"
    "<Manufacturer><Model>Plan-Apochromat 50x</Model></Manufacturer></Objective>"
)


def with_lens(reference: str, lenses: str) -> bytes:
    return document(
        f"<Information><Image><ObjectiveSettings>{reference}</ObjectiveSettings></Image>"
        f"<Instrument><Objectives>{lenses}</Objectives></Instrument></Information>"
    )


def test_the_objective_that_the_image_refers_to(facts: Facts_of) -> None:
    other = '<Objective Id="Objective:0"><NominalMagnification>10</NominalMagnification></Objective>'
    found = facts(with_lens('<ObjectiveRef Id="Objective:1"/>', other + LENS)).objective
    assert found is not None
    assert found.value == {
        "Model": "Plan-Apochromat 50x", "LensNA": 1.2, "NominalMagnification": 50.0, "WorkingDistance": 800.0,
        "WorkingDistanceUnit": "µm", "Immersion": "Water",
    }  # fmt: skip


def test_the_only_objective_needs_no_reference(facts: Facts_of) -> None:
    found = facts(with_lens("", LENS)).objective
    assert found is not None
    assert found.value["LensNA"] == 1.2


@pytest.mark.parametrize(
    ("reference", "lenses"),
    [
        ("", LENS + LENS.replace("Objective:1", "Objective:2")),
        ('<ObjectiveRef Id="Objective:7"/>', LENS),
        (
            "",
            '<Objective Id="a"><LensNA>NaN</LensNA><NominalMagnification>0</NominalMagnification></Objective>',
        ),
        ("", ""),
    ],
)
def test_no_objective_is_chosen_by_guessing(facts: Facts_of, reference: str, lenses: str) -> None:
    assert facts(with_lens(reference, lenses)).objective is None


def test_a_model_without_maker_is_the_name(facts: Facts_of) -> None:
    found = facts(with_lens("", '<Objective Id="Objective:1" Name="10x/0.3"/>')).objective
    assert found is not None
    assert found.value == {"Model": "10x/0.3"}


# --- scenes


def scenes(inner: str) -> bytes:
    return image(f"<Dimensions><S><Scenes>{inner}</Scenes></S></Dimensions>")


@pytest.mark.parametrize(
    ("inner", "names"),
    [
        ('<Scene Index="0" Name="TR1"/><Scene Index="2" Name="P1"/>', {0: "TR1", 2: "P1"}),
        ('<Scene Index="0"><Shape Name="B4"/></Scene>', {0: "B4"}),
        ('<Scene Index="0" Name="D6"><Shape Name="D6"/></Scene>', {0: "D6"}),
        (
            '<Scene Index="0" Name="P1"><Shape Name="B2"/></Scene>'
            '<Scene Index="1" Name="P1"><Shape Name="B4"/></Scene>',
            {0: "B2 P1", 1: "B4 P1"},
        ),
        ('<Scene Index="0"/><Scene Index="x" Name="a"/><Scene Index="-1" Name="b"/><Scene Index="1" Name=""/>', {}),
        ('<Scene Name="first"/><Scene Name="second"/>', {0: "first", 1: "second"}),
        ('<Scene Index="0" Name="a"/><Scene Index="0" Name="b"/>', {0: "a"}),
    ],
)
def test_scene_names(inner: str, names: dict[int, str]) -> None:
    assert scene_names(scenes(inner)) == names


@pytest.mark.parametrize("xml", [b"", b"<Scenes", b"<Scenes/>", b"<Scenes><Scene></Scenes>", b"</Scenes><Scenes>"])
def test_scenes_that_cannot_be_read_have_no_names(xml: bytes) -> None:
    assert scene_names(xml) == {}


def test_scenes_of_the_experiment_are_not_the_images() -> None:
    experiment = b'<Experiment><Scenes><Scene Index="0" Name="planned"/></Scenes></Experiment>'
    assert scene_names(experiment + scenes('<Scene Index="0" Name="done"/>')) == {0: "done"}


def test_an_image_has_its_scenes_name(facts: Facts_of) -> None:
    blocks = [Block(pixels=ramp(4, 5), at={"X": 9 * s, "S": s}) for s in (0, 1)]
    xml = scenes('<Scene Index="0" Name="A1"/><Scene Index="1" Name="A2"/>')
    names = [facts(xml, *blocks, index=k).name for k in (0, 1)]
    assert [name and name.value for name in names] == ["A1", "A2"]


# --- the document itself


def test_no_metadata_segment_is_no_error(facts: Facts_of) -> None:
    assert facts(None) == Facts()


def test_the_text_is_kept_whole(tmp_path: Path, describe: Callable[..., list[Any]]) -> None:
    xml = image("<Dimensions/>").replace(b"<Image>", "<!-- µ \r\n &amp; --> <Image>".encode())
    described = describe(write(tmp_path / "one.czi", [Block(pixels=ramp(4, 5))], xml=xml))[0]
    assert described.vendor().encode() == xml
    assert described.facts().annotations == {NAMESPACE: {"Metadata": xml.decode()}}


def test_no_metadata_segment_has_no_vendor(tmp_path: Path, describe: Callable[..., list[Any]]) -> None:
    assert describe(write(tmp_path / "one.czi", [Block(pixels=ramp(4, 5))]))[0].vendor() is None


def test_a_long_text_is_a_list_of_parts(facts: Facts_of, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_facts, "PART", 50)
    xml = image("<Dimensions/>" * 9)
    parts = facts(xml).annotations[NAMESPACE]["Metadata"]
    assert [len(part) for part in parts[:-1]] == [50] * (len(parts) - 1)
    assert "".join(parts).encode() == xml


@pytest.mark.parametrize(
    "xml",
    [
        b'<!DOCTYPE a [<!ENTITY b "c">]><ImageDocument/>',
        b"<ImageDocument><Metadata></ImageDocument>",
        b"not XML",
        b"<a>\xff\xfe</a>",
    ],
)
def test_a_document_that_is_none_costs_the_facts(facts: Facts_of, xml: bytes) -> None:
    known = facts(xml)
    assert (known.name, known.physical_size_x, known.channels) == (None, None, ())
    assert len(known.warnings) == 1
    assert known.warnings[0].startswith("the CZI metadata ")


def test_a_document_that_is_too_long_costs_the_facts(facts: Facts_of, tmp_path: Path) -> None:
    assert facts(image(" " * 200)).warnings == ()
    with using(max_xml=100):
        assert "at most 100" in facts(image(" " * 200)).warnings[0]


@pytest.mark.parametrize("xml", [b"<ImageDocument/>", b"<Other><Metadata/></Other>", b"<Metadata/>"])
def test_a_document_that_says_nothing_says_nothing(facts: Facts_of, xml: bytes) -> None:
    found = facts(xml)
    assert (found.physical_size_x, found.channels, found.planes, found.objective) == (None, (), None, None)


@pytest.mark.parametrize(
    "before",
    [
        "<Experiment><a/></Experiment><HardwareSetting/>",
        "<Experiment><Experiment/><b/><Experiment>x</Experiment></Experiment>",
        "<Experiment/><c><Experiment>x</Experiment></c>",
        "<!-- <Experiment> --><d><HardwareSetting> </HardwareSetting></d>",
        "<Experiment Version='1'><Scaling/></Experiment><HardwareSetting><HardwareSetting/></HardwareSetting >",
    ],
)
def test_what_stands_before_is_left_out_or_parsed(facts: Facts_of, before: str) -> None:
    """Most of a document is planned and set, and is left out before it is parsed: nothing else may go with it."""
    scaling = '<Scaling><Items><Distance Id="X"><Value>2e-6</Value></Distance></Items></Scaling>'
    date = (
        "<Information><Image><AcquisitionDateAndTime>2020-01-01T00:00:00</AcquisitionDateAndTime></Image></Information>"
    )
    for inner in (before + date + scaling, scaling + before + date):
        found = facts(document(inner))
        assert found.physical_size_x is not None
        assert found.physical_size_x.value == pytest.approx(2)
        assert found.acquisition_date is not None


def test_namespaces_do_not_matter(facts: Facts_of) -> None:
    xml = distance("1e-6").replace(b"<ImageDocument>", b'<ImageDocument xmlns="urn:zeiss">')
    assert facts(xml).physical_size_x is not None


# --- the file


def test_facts_pickle_and_outlive_the_handle(tmp_path: Path, describe: Callable[..., list[Any]]) -> None:
    described = describe(write(tmp_path / "one.czi", [Block(pixels=ramp(4, 5))], xml=distance("1e-6")))[0]
    again = pickle.loads(pickle.dumps(described))
    assert again.facts() == described.facts()
    assert again.vendor() == described.vendor()


def test_a_file_that_changed_is_noticed(tmp_path: Path, describe: Callable[..., list[Any]]) -> None:
    path = write(tmp_path / "one.czi", [Block(pixels=ramp(4, 5))], xml=distance("1e-6"))
    described = describe(path)[0]
    os.truncate(path, path.stat().st_size - 1)
    for ask in (described.facts, described.vendor):
        with pytest.raises(FileChangedError):
            ask()
    path.unlink()
    with pytest.raises(FileChangedError):
        described.facts()
