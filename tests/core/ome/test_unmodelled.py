"""What no fact holds is kept as XML, bounded, and once."""

from __future__ import annotations

import pytest

from omio_core.ome import read, unmodelled
from tests.core.ome.documents import OLD, document, rest


def test_what_is_held_leaves_nothing() -> None:
    text = document(
        '<Channel ID="C:0" Name="n" SamplesPerPixel="1" ExcitationWavelength="488" Color="7"/><TiffData IFD="0"/>'
        '<Plane TheZ="0" TheC="0" TheT="1" DeltaT="2" PositionX="1" PositionXUnit="mm"/>',
        image="<AcquisitionDate>2010-02-23T12:51:30</AcquisitionDate><InstrumentRef ID='I:0'/>"
        "<ObjectiveSettings ID='Objective:0'/><StageLabel Name='s' X='1'/>",
        attributes='PhysicalSizeX="1" PhysicalSizeYUnit="nm" BigEndian="true"',
        rest="<Instrument ID='I:0'><Objective ID='Objective:0' Model='M'/></Instrument><StructuredAnnotations>"
        "<MapAnnotation ID='A:0' Namespace='n'><Description>d</Description><Value/></MapAnnotation>"
        "<MapAnnotation ID='A:1' Namespace='n'><Value/></MapAnnotation></StructuredAnnotations>",
    )
    assert rest(text) == ""


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ({"attributes": 'PhysicalSizeX="0" PhysicalSizeXUnit="nm"'}, 'PhysicalSizeX="0" PhysicalSizeXUnit="nm"'),
        ({"pixels": '<Channel ID="C:0" Color="4294967296" Name="n"/>'}, '<Channel ID="C:0" Color="4294967296" />'),
        ({"pixels": '<Plane TheZ="9" TheC="0" TheT="0" DeltaT="2"/>'}, 'DeltaT="2"'),
        ({"pixels": '<Plane TheZ="0" TheC="0" TheT="0" DeltaT="2"><HashSHA1>f</HashSHA1></Plane>'},
         '<Plane TheZ="0" TheC="0" TheT="0"><HashSHA1>f</HashSHA1></Plane>'),
        ({"rest": "<Instrument ID='I:0'><Objective ID='O:1' Model='spare'/></Instrument>"}, 'Model="spare"'),
        ({"rest": "<Rights><RightsHeld>all</RightsHeld></Rights>"}, "<RightsHeld>all</RightsHeld>"),
        ({"rest": "<StructuredAnnotations><ListAnnotation ID='A:0' Namespace='l'/></StructuredAnnotations>"},
         'Namespace="l"'),
        ({"rest": "<StructuredAnnotations><TagAnnotation ID='A:0' Annotator='E:0'><Value>t</Value></TagAnnotation>"
          "</StructuredAnnotations>"}, '<TagAnnotation ID="A:0" Annotator="E:0" />'),
        ({"rest": "<StructuredAnnotations><MapAnnotation ID='A:0'><Description>d</Description><Value>"
          "<M K='Description'>m</M></Value></MapAnnotation></StructuredAnnotations>"},
         "<Description>d</Description>"),
    ],
)  # fmt: skip
def test_what_is_no_fact_is_left(given: dict[str, str], kept: str) -> None:
    assert kept in rest(document(**given))
    assert "TiffData" not in rest(document(**given))


def test_what_an_older_schema_says_is_left() -> None:
    found = rest(OLD)
    assert '<StagePosition PositionX="1" PositionY="2" PositionZ="3" />' in found
    assert "Pixels:0" in found  # other pixels of the image than those that are read
    for held in ("PlaneTiming", "ExWave", "GFP", "CreationDate", "LensNA", "ChannelComponent", "Fluor"):
        assert held not in found


def test_a_remainder_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    deep = document(rest="<a b='1'>" * 50_000 + "</a>" * 50_000)
    (sentence,) = read.ome_facts(deep, 0).annotations["omio/assumptions"]["assumption"]
    assert "too deep" in sentence
    value = "<StructuredAnnotations><XMLAnnotation ID='A:0'><Value>{}</Value></XMLAnnotation></StructuredAnnotations>"
    value = value.format("<a>" * 5_000 + "</a>" * 5_000) + "<Project><AnnotationRef ID='A:0'/></Project>"
    assert "too deep" in str(read.ome_facts(document(rest=value), 0).annotations)
    monkeypatch.setattr(unmodelled, "MOST", 1000)
    assert len(rest(document(rest="<Rights>" + "x" * 600 + "</Rights>"))) < 1000
    long = document(rest="<Rights>" + "x" * 1000 + "</Rights>")
    assert list(read.ome_facts(long, 0).annotations) == ["omio/assumptions"]


def test_a_remainder_is_not_kept_twice() -> None:
    text = document(rest="<Rights>mine</Rights>")
    kept = rest(text)
    inner = kept.replace("&", "&amp;").replace("<", "&lt;")
    for said, names in ((inner, ["ome/xml"]), ("other", ["ome/xml", "ome/xml (2)"])):
        annotation = f"<M K='Remainder'>{said}</M>"
        annotation = f"<MapAnnotation ID='A:0' Namespace='ome/xml'><Value>{annotation}</Value></MapAnnotation>"
        both = text.replace("<Image ", f"<StructuredAnnotations>{annotation}</StructuredAnnotations><Image ", 1)
        found = read.ome_facts(both, 0).annotations
        assert list(found) == names
        assert found[names[-1]] == {"Remainder": kept}
