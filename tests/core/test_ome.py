"""OME-XML read: structure, facts, and what hostile text is answered with."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest

from omio_core.errors import CorruptFileError, LimitExceededError, OmioError
from omio_core.metadata.facts import Fact, Facts
from omio_core.ome import positions, read, tree, unmodelled
from omio_core.parsing import xml
from omio_core.settings import using

NS = "http://www.openmicroscopy.org/Schemas/OME/2016-06"


def document(pixels: str = "", *, image: str = "", rest: str = "", attributes: str = "", sizes: str = "", ns=NS) -> str:
    sizes = sizes or 'SizeX="4" SizeY="3" SizeZ="2" SizeC="1" SizeT="5"'
    return (
        f'<OME xmlns="{ns}" UUID="urn:uuid:1" Creator="me">{rest}<Image ID="Image:0" Name="one">{image}'
        f'<Pixels ID="Pixels:0" DimensionOrder="XYZCT" Type="uint16" {sizes} {attributes}>{pixels}</Pixels>'
        f"</Image></OME>"
    )


# --- structure


def test_structure() -> None:
    found = read.parse(
        document(
            '<Channel ID="Channel:0" SamplesPerPixel="1"/>'
            '<TiffData IFD="3" FirstZ="1" FirstT="2" PlaneCount="4"><UUID FileName="b.tif">urn:uuid:2</UUID></TiffData>'
            "<TiffData/>"
        )
    )
    assert (found.uuid, found.creator, found.metadata_file) == ("urn:uuid:1", "me", None)
    (image,) = found.images
    assert (image.index, image.name, image.order, image.pixel_type) == (0, "one", "XYZCT", "uint16")
    assert (image.size_x, image.size_y, image.size_z, image.size_c, image.size_t) == (4, 3, 2, 1, 5)
    assert image.samples == (1,)
    assert image.tiff_data == (
        read.TiffData(ifd=3, first_z=1, first_t=2, count=4, uuid="urn:uuid:2", file_name="b.tif"),
        read.TiffData(),
    )


@pytest.mark.parametrize(
    ("channels", "size_c", "samples"),
    [
        ("", 3, ()),
        ('<Channel ID="C:0"/>', 3, (3,)),  # channel components make up SizeC
        ('<Channel ID="C:0"/><Channel ID="C:1"/>', 2, (1, 1)),
        ('<Channel ID="C:0"/><Channel ID="C:1"/>', 3, (1, 1)),
        ('<Channel ID="C:0" SamplesPerPixel="3"/><Channel ID="C:1"/>', 4, (3, 1)),
        ('<Channel ID="C:0" SamplesPerPixel="none"/>', 1, (1,)),
    ],
)
def test_samples(channels: str, size_c: int, samples: tuple[int, ...]) -> None:
    text = document(channels, sizes=f'SizeX="4" SizeY="3" SizeZ="2" SizeC="{size_c}" SizeT="5"')
    assert read.parse(text).images[0].samples == samples


def test_any_namespace_and_prefix() -> None:
    for ns in ("http://www.openmicroscopy.org/Schemas/OME/2003-FC", "http://x", NS):
        assert read.parse(document(ns=ns)).images[0].size_t == 5
    text = document().replace('xmlns="', 'xmlns:o="').replace("<", "<o:").replace("<o:/", "</o:")
    assert read.parse(text).images[0].size_t == 5
    assert read.parse("<OME><BinaryOnly MetadataFile='a.companion.ome' UUID='urn:uuid:1'/></OME>").metadata_file == (
        "a.companion.ome"
    )


@pytest.mark.parametrize("value", ["0", "-1", "", "x", "1.5", "99999999999", "2147483648", "١"])
def test_sizes_that_are_none(value: str) -> None:
    with pytest.raises(CorruptFileError, match="SizeZ"):
        read.parse(document(sizes=f'SizeX="4" SizeY="3" SizeZ="{value}" SizeC="1" SizeT="5"'))


@pytest.mark.parametrize("attribute", ["IFD", "FirstZ", "FirstC", "FirstT", "PlaneCount"])
@pytest.mark.parametrize("value", ["-1", "x", "", "1e3", "99999999999"])
def test_tiff_data_that_is_none(attribute: str, value: str) -> None:
    with pytest.raises(CorruptFileError, match=attribute):
        read.parse(document(f'<TiffData {attribute}="{value}"/>'))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "<",
        "text",
        "<OME>",
        "<a/>",
        "<OME>&undefined;</OME>",
        "<OME>\udc80</OME>",
        "<OME>\x01</OME>",
        b"<OME>\xff</OME>",
        b'<?xml version="1.0" encoding="nonesuch"?><OME/>',
        b'<?xml version="1.0" encoding="utf-7"?><OME/>',
        "<OME><Image/></OME>",
        document().replace("XYZCT", "XYZ"),
        "<a>" * 100_000,
    ],
)
def test_malformed(text: str | bytes) -> None:
    with pytest.raises(CorruptFileError) as caught:
        read.parse(text)
    assert caught.value.evidence or "no Pixels" in caught.value.what


def test_malformed_says_where() -> None:
    with pytest.raises(CorruptFileError) as caught:
        read.parse("<OME>\n  <Image></OME>")
    assert caught.value.line == 2
    assert "line 2, column 11" in (caught.value.evidence or "")


BOMB = "<!DOCTYPE OME [" + "".join(
    f'<!ENTITY e{i} "{f"&e{i - 1};" * 10 if i else "x" * 100}">' for i in range(12)
) + "]>\n"  # fmt: skip


@pytest.mark.parametrize(
    "text",
    [
        "<!DOCTYPE OME><OME/>",
        BOMB + "<OME>&e11;</OME>",
        "\n<!-- " + "x" * 200_000 + " -->" + BOMB + "<OME/>",
        ('<?xml version="1.0" encoding="utf-16"?>' + BOMB + "<OME/>").encode("utf-16"),
        '<!DOCTYPE OME SYSTEM "file:///etc/passwd"><OME/>',
    ],
)
@pytest.mark.parametrize("function", [read.parse, lambda text: read.facts(text, 0)])
def test_doctype_is_refused(text: str | bytes, function) -> None:
    with pytest.raises(CorruptFileError, match="DOCTYPE"):
        function(text)


def test_doctype_in_an_annotation_is_text() -> None:
    rest = (
        '<StructuredAnnotations><CommentAnnotation ID="A:1"><Value><![CDATA[<!DOCTYPE html>]]></Value>'
        "</CommentAnnotation></StructuredAnnotations>"
    )
    assert read.facts(document(rest=rest), 0).annotations == {
        "CommentAnnotation": {"CommentAnnotation": "<!DOCTYPE html>"}
    }


def test_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    text = document("<TiffData/>" * 20) + " " * 40
    with using(max_xml=len(text) - 1), pytest.raises(LimitExceededError, match="too long"):
        read.parse(text)
    monkeypatch.setattr(xml, "MOST_TAGS", 10)
    with pytest.raises(LimitExceededError, match="too long"):
        read.parse(text + " ")


def test_encodings_and_the_end_of_a_tag() -> None:
    text = document(attributes='PhysicalSizeX="2" PhysicalSizeXUnit="µm"')
    for given in (text, text + "\0\0", text.encode(), text.encode() + b"\0", ("\ufeff" + text).encode()):
        assert read.facts(given, 0).physical_size_x == Fact(2.0, "file", "OME-XML Pixels/@PhysicalSizeX", unit="µm")
    declared = ('<?xml version="1.0" encoding="utf-16"?>' + text).encode("utf-16")
    assert read.facts(declared, 0).physical_size_x is not None
    latin = ('<?xml version="1.0" encoding="ISO-8859-1"?>' + text).encode("latin-1")
    assert read.facts(latin, 0).physical_size_x is not None
    # the text of a tag was decoded already, whatever it declares
    assert read.facts('<?xml version="1.0" encoding="utf-16"?>' + text, 0).physical_size_x is not None


def test_many_planes_are_read_once() -> None:
    text = document(
        "".join(f'<TiffData IFD="{i}" FirstZ="{i}" PlaneCount="1"/>' for i in range(10_000)),
        sizes='SizeX="4" SizeY="3" SizeZ="10000" SizeC="1" SizeT="1"',
    )
    assert [d.ifd for d in read.parse(text).images[0].tiff_data] == list(range(10_000))
    assert tree.document(text) is tree.document(text)


# --- facts


def test_sizes_and_units() -> None:
    facts = read.facts(
        document(
            attributes='PhysicalSizeX="250" PhysicalSizeXUnit="nm" PhysicalSizeY="0.5" PhysicalSizeZ="2" '
            'PhysicalSizeZUnit="pixel" TimeIncrement="20" TimeIncrementUnit="ms"'
        ),
        0,
    )
    assert facts.physical_size_x == Fact(0.25, "file", "OME-XML Pixels/@PhysicalSizeX", unit="nm")
    assert facts.physical_size_y == Fact(0.5, "file", "OME-XML Pixels/@PhysicalSizeY", unit="µm")
    assert facts.physical_size_z is None
    assert facts.time_increment == Fact(0.02, "file", "OME-XML Pixels/@TimeIncrement", unit="ms")
    assert facts.name == Fact("one", "file", "OME-XML Image/@Name")


@pytest.mark.parametrize("value", ["0", "-1", "NaN", "INF", "1e-9", "1e-300", "x", "", "1_0", "0,5"])
@pytest.mark.parametrize("name", ["PhysicalSizeX", "PhysicalSizeZ"])
def test_no_size_is_invented(name: str, value: str) -> None:
    facts = read.facts(document(attributes=f'{name}="{value}"'), 0)
    assert facts.physical_size_x is None
    assert facts.physical_size_z is None


def test_nothing_known_is_nothing() -> None:
    facts = read.facts(document().replace(' Name="one"', ""), 0)
    assert facts == Facts()


def test_channels() -> None:
    facts = read.facts(
        document(
            '<Channel ID="C:0" Name="GFP" Color="-16711936" EmissionWavelength="509" ExcitationWavelength="0.488" '
            'ExcitationWavelengthUnit="µm" Fluor="EGFP"/>'
            '<Channel ID="C:1" Color="4294967295" EmissionWavelength="red"/>',
            sizes='SizeX="4" SizeY="3" SizeZ="2" SizeC="2" SizeT="5"',
        ),
        0,
    )
    first, second = facts.channels
    assert first.name == Fact("GFP", "file", "OME-XML Channel/@Name")
    assert first.color == Fact(-16711936, "file", "OME-XML Channel/@Color")
    assert first.emission == Fact(509.0, "file", "OME-XML Channel/@EmissionWavelength", unit="nm")
    assert first.excitation is not None
    assert first.excitation.value == pytest.approx(488)
    assert first.fluor == Fact("EGFP", "file", "OME-XML Channel/@Fluor")
    assert (second.name, second.color, second.emission, second.excitation) == (None,) * 4


def test_rgb_is_one_channel() -> None:
    text = document(
        '<Channel ID="C:0" SamplesPerPixel="3" Name="RGB"/>',
        sizes='SizeX="4" SizeY="3" SizeZ="1" SizeC="3" SizeT="1"',
    )
    (channel,) = read.facts(text, 0).channels
    assert channel.samples == 3


def test_channels_that_do_not_fit_are_kept_aside() -> None:
    text = document(
        '<Channel ID="C:0" Name="only" SamplesPerPixel="1"/>',
        sizes='SizeX="4" SizeY="3" SizeZ="2" SizeC="3" SizeT="5"',
    )
    facts = read.facts(text, 0)
    assert facts.channels == ()
    assert "only" in facts.annotations["ome"]["Channel 0"]
    assert len(read.facts(text, 0, channels=1).channels) == 1


def test_planes() -> None:
    text = document(
        '<Plane TheT="1" TheZ="0" TheC="0" DeltaT="20" DeltaTUnit="ms" PositionX="1" PositionXUnit="mm" PositionY="7"/>'
        '<Plane TheT="4" TheZ="1" TheC="0" DeltaT="2" ExposureTime="x"/>'
        '<Plane TheT="5" TheZ="1" TheC="0" DeltaT="3"/>'  # there is no such plane
        '<Plane TheT="-1" TheZ="1" TheC="0" DeltaT="3"/><Plane DeltaT="3"/>'
    )
    planes = read.facts(text, 0).planes
    assert planes is not None
    assert set(planes.columns) == {"DeltaT", "PositionX"}  # a position without a unit is no length
    times = planes.columns["DeltaT"]
    assert times.shape == (5, 2, 1)
    assert times[1, 0, 0] == 0.02
    assert times[4, 1, 0] == 2
    assert np.isnan(times).sum() == 8
    assert planes.columns["PositionX"][1, 0, 0] == 1000
    assert planes.origin == "file"


def test_planes_of_a_picture_that_is_only_declared_take_no_memory() -> None:
    text = document(
        '<Plane TheT="0" TheZ="0" TheC="0" DeltaT="1"/>',
        sizes='SizeX="4" SizeY="3" SizeZ="100000" SizeC="1000" SizeT="100000"',
    )
    assert read.facts(text, 0).planes is None


def test_date_and_objective() -> None:
    facts = read.facts(
        document(
            image="<AcquisitionDate>2010-02-23T12:51:30</AcquisitionDate><ObjectiveSettings ID='Objective:1'/>",
            rest="<Instrument ID='Instrument:0'><Objective ID='Objective:0'/><Objective ID='Objective:1' Model='M' "
            "LensNA='1.4' NominalMagnification='x' Immersion='Oil'/></Instrument>",
        ),
        0,
    )
    assert facts.acquisition_date == Fact("2010-02-23T12:51:30", "file", "OME-XML Image/AcquisitionDate")
    assert facts.objective == Fact(
        {"Model": "M", "Immersion": "Oil", "LensNA": 1.4}, "file", "OME-XML Instrument/Objective"
    )


def test_annotations() -> None:
    rest = """<StructuredAnnotations>
      <MapAnnotation ID="A:0" Namespace="ns"><Description>about</Description>
        <Value><M K="a">1</M><M K="b">x</M><M K="b">y</M><M K="b">z</M><M K="e"/></Value></MapAnnotation>
      <MapAnnotation ID="A:1" Namespace="ns"><Value><M K="a">2</M></Value></MapAnnotation>
      <MapAnnotation ID="A:2" Namespace="omio/x"><Value><M K="n">[1, 2.5]</M><M K="s">plain</M></Value></MapAnnotation>
      <XMLAnnotation ID="A:3"><Value><p xmlns="http://p">q<r/></p></Value></XMLAnnotation>
      <LongAnnotation ID="A:4"><Value>7</Value></LongAnnotation>
      <FileAnnotation ID="A:5"><BinaryFile FileName="f" Size="3"/></FileAnnotation>
      <MapAnnotation ID="A:6" Namespace="elsewhere"><Value><M K="a">2</M></Value></MapAnnotation>
      <TagAnnotation ID="A:7"><Value>of a channel</Value></TagAnnotation>
      <ListAnnotation ID="A:8"><AnnotationRef ID="A:9"/></ListAnnotation>
      <TagAnnotation ID="A:9" Namespace="listed"><Value>of a list</Value></TagAnnotation>
    </StructuredAnnotations>"""
    text = document(
        '<Channel ID="C:0"><AnnotationRef ID="A:7"/></Channel>',
        rest=rest + "<Project ID='P:0'><AnnotationRef ID='A:6'/></Project>",
    ).replace("</Pixels>", "</Pixels><AnnotationRef ID='A:1'/><AnnotationRef ID='A:none'/><AnnotationRef ID='A:1'/>")
    found = read.facts(text, 0).annotations
    assert found["ns"] == {"a": "2"}  # this image's own come first
    assert found["ns (2)"] == {"a": "1", "b": ["x", "y", "z"], "e": "", "Description": "about"}
    assert found["omio/x"] == {"n": [1, 2.5], "s": "plain"}
    assert "http://p" in found["XMLAnnotation"]["XMLAnnotation"]
    assert found["LongAnnotation"] == {"LongAnnotation": "7"}
    assert found["FileAnnotation"] == {"FileName": "f", "Size": "3"}
    assert found["TagAnnotation"] == {"TagAnnotation": "of a channel"}
    assert found["listed"] == {"TagAnnotation": "of a list"}
    assert "elsewhere" not in found


def test_deep_annotation_is_text() -> None:
    deep = "<a>" * 50_000 + "core" + "</a>" * 50_000
    rest = (
        f'<StructuredAnnotations><XMLAnnotation ID="A:0"><Value>{deep}</Value></XMLAnnotation></StructuredAnnotations>'
    )
    assert read.facts(document(rest=rest), 0).annotations == {"XMLAnnotation": {"XMLAnnotation": "core"}}


def test_no_such_image() -> None:
    for index in (1, -1):
        with pytest.raises(CorruptFileError, match="no image"):
            read.facts(document(), index)


# --- real documents


def test_every_real_document_is_read(data: Path) -> None:
    """Each gives facts of every image, or an error of ours; none another exception."""
    paths = sorted((data / "ome-xml").rglob("*.ome.xml"))
    assert len(paths) > 60
    refused = []
    for path in paths:
        text = path.read_bytes()
        try:
            found = read.parse(text)
            for image in found.images:
                facts = read.facts(text, image.index)
                for size in (facts.physical_size_x, facts.physical_size_y, facts.physical_size_z):
                    assert size is None or (math.isfinite(size.value) and size.value > 0)
        except OmioError as error:
            refused.append((path.name, str(error)))
    assert refused == []


def test_real_facts(data: Path) -> None:
    text = (data / "ome-xml" / "ome-types" / "MMStack.ome.xml").read_bytes()
    image = read.parse(text).images[0]
    assert (image.size_t, image.size_z, image.size_c, len(image.tiff_data)) == (2, 5, 3, 30)
    facts = read.facts(text, 0)
    assert facts.physical_size_z is not None
    assert facts.physical_size_z.value == 1.75
    assert facts.time_increment is not None
    assert facts.time_increment.value == 0.001
    assert [c.name.value for c in facts.channels if c.name] == ["Cy5", "DAPI", "FITC"]
    assert facts.planes is not None
    assert facts.planes.columns["PositionX"].shape == (2, 5, 3)


def test_every_real_ome_tiff_is_read(data: Path) -> None:
    import tifffile

    paths = sorted((data / "ome-tiff").glob("*.tif*"))
    assert paths
    for path in paths:
        with tifffile.TiffFile(path) as tif:
            text = tif.pages[0].description
        found = read.parse(text)
        assert found.images
        for image in found.images:
            facts = read.facts(text, image.index)
            assert len(facts.channels) in (0, image.size_c)


# --- schemas of other years


OLD = """<OME xmlns="http://www.openmicroscopy.org/Schemas/OME/2008-02">
  <Instrument ID="I:0"><Objective ID="Objective:0" Manufacturer="M"><Correction>PlanApo</Correction>
    <LensNA>1.4</LensNA><NominalMagnification>60</NominalMagnification><Empty/></Objective></Instrument>
  <Image ID="Image:0" Name="old" DefaultPixels="Pixels:1"><CreationDate>2008-03-04T05:06:07</CreationDate>
    <ObjectiveRef ID="Objective:0"/>
    <LogicalChannel ID="L:0" Name="GFP" ExWave="488" EmWave="509" Fluor="EGFP" SamplesPerPixel="1">
      <ChannelComponent Index="0" Pixels="Pixels:1"/></LogicalChannel>
    <LogicalChannel ID="L:1" EmWave="0"><ChannelComponent Index="1" Pixels="Pixels:1"/></LogicalChannel>
    <Pixels ID="Pixels:0" DimensionOrder="XYZCT" PixelType="int8" BigEndian="true" SizeX="1" SizeY="1" SizeZ="1"
      SizeC="1" SizeT="1"/>
    <Pixels ID="Pixels:1" DimensionOrder="XYCZT" PixelType="Uint16" BigEndian="true" SizeX="4" SizeY="3" SizeZ="2"
      SizeC="2" SizeT="1" PhysicalSizeX="0.1" PhysicalSizeY="0.2" PhysicalSizeZ="0.5" TimeIncrement="1.5">
      <TiffData IFD="1" NumPlanes="3"/>
      <Plane TheZ="1" TheC="0" TheT="0"><PlaneTiming DeltaT="2.5" ExposureTime="0.1"/>
        <StagePosition PositionX="1" PositionY="2" PositionZ="3"/></Plane></Pixels></Image></OME>"""


def test_the_schema_of_2008() -> None:
    (image,) = read.parse(OLD).images
    assert (image.order, image.pixel_type, image.size_x, image.samples) == ("XYCZT", "uint16", 4, (1, 1))
    assert image.tiff_data == (read.TiffData(ifd=1, count=3),)
    facts = read.facts(OLD, 0)
    assert facts.acquisition_date == Fact("2008-03-04T05:06:07", "file", "OME-XML Image/CreationDate")
    assert facts.physical_size_z == Fact(0.5, "file", "OME-XML Pixels/@PhysicalSizeZ", unit="µm")
    assert facts.time_increment == Fact(1.5, "file", "OME-XML Pixels/@TimeIncrement", unit="s")
    first, second = facts.channels
    assert first.name == Fact("GFP", "file", "OME-XML LogicalChannel/@Name")
    assert first.excitation == Fact(488.0, "file", "OME-XML LogicalChannel/@ExWave", unit="nm")
    assert first.emission == Fact(509.0, "file", "OME-XML LogicalChannel/@EmWave", unit="nm")
    assert first.fluor == Fact("EGFP", "file", "OME-XML LogicalChannel/@Fluor")
    assert (second.name, second.emission, second.excitation) == (None, None, None)
    assert facts.objective is not None
    assert facts.objective.value == {
        "Manufacturer": "M", "Correction": "PlanApo", "LensNA": 1.4, "NominalMagnification": 60.0
    }  # fmt: skip
    assert facts.planes is not None
    assert {name: table[0, 1, 0] for name, table in facts.planes.columns.items()} == {
        "DeltaT": 2.5,
        "ExposureTime": 0.1,
    }


def test_the_schema_of_2003() -> None:
    text = OLD.replace("LogicalChannel", "ChannelInfo").replace("2008-02", "2003-FC")
    assert [c.name.value for c in read.facts(text, 0).channels if c.name] == ["GFP"]


@pytest.mark.parametrize("year", ["2009-09", "2010-04", "2010-06", "2011-06", "2012-06", "2013-06", "2015-01"])
def test_the_schemas_between(year: str) -> None:
    element = "AcquisitionDate" if year >= "2012" else "AcquiredDate"
    text = document(
        '<Channel ID="C:0" EmissionWavelength="520"/><TiffData IFD="0" PlaneCount="2"/>'
        '<Plane TheT="0" TheZ="0" TheC="0" DeltaT="2" PositionX="7"/>',
        ns=f"http://www.openmicroscopy.org/Schemas/OME/{year}",
        image=f"<{element}>2010-02-23T12:51:30</{element}>",
        attributes='PhysicalSizeX="0.25"',
    )
    assert read.parse(text).images[0].tiff_data[0].count == 2
    facts = read.facts(text, 0)
    assert facts.acquisition_date == Fact("2010-02-23T12:51:30", "file", f"OME-XML Image/{element}")
    assert facts.physical_size_x == Fact(0.25, "file", "OME-XML Pixels/@PhysicalSizeX", unit="µm")
    assert facts.channels[0].emission == Fact(520.0, "file", "OME-XML Channel/@EmissionWavelength", unit="nm")
    assert facts.planes is not None
    assert set(facts.planes.columns) == {"DeltaT"}


def test_real_facts_of_each_year(data: Path) -> None:
    """What the documents state, as they state it."""
    folder = data / "ome-xml"
    older = read.facts((folder / "samples-2013-06" / "multi-channel-z-series.ome.xml").read_bytes(), 0)
    newer = read.facts((folder / "samples-2016-06" / "multi-channel-z-series.ome.xml").read_bytes(), 0)
    assert older.acquisition_date is not None
    assert older == newer
    sequence = read.facts((folder / "ome-types" / "seq0000xy01c1.ome.xml").read_bytes(), 0)  # 2015-01
    assert sequence.acquisition_date is not None
    assert sequence.physical_size_x is not None
    assert len(sequence.channels) == 1


# --- where an image was taken


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
    assert read.parse(text).images[0].name == f"P, {well}, field 2"
    facts = read.facts(text, 0)
    assert facts.name == Fact(f"P, {well}, field 2", "file", "OME-XML Plate/Well")
    assert facts.annotations["ome/plate"] == {
        "plate": "P", "well": well, "row": int(row), "column": int(column), "field": 1, "Index": "5",
        "PositionX": 1.5, "PositionXUnit": "mm",
    }  # fmt: skip


def test_a_name_of_its_own_is_kept() -> None:
    facts = read.facts(document(rest=PLATE.format(plate="", row="0", column="1")), 0)
    assert facts.name == Fact("one", "file", "OME-XML Image/@Name")
    assert facts.annotations["ome/plate"]["well"] == "A2"
    assert facts.annotations["ome/plate"]["plate"] == "Plate:0"


@pytest.mark.parametrize("row", ["", "-1", "x", "9" * 5000, "1.5"])
def test_rows_that_are_none(row: str) -> None:
    text = document(rest=PLATE.format(plate="", row=row, column="1")).replace(' Name="one"', "")
    assert read.parse(text).images[0].name == "Plate:0, field 2"
    assert "row" not in read.facts(text, 0).annotations["ome/plate"]


def test_a_stage_label_is_an_annotation() -> None:
    image = '<StageLabel Name="Pos0" X="-256.0" XUnit="µm" Y="left" Z="nan" YUnit=" "/>'
    found = read.facts(document(image=image), 0).annotations
    assert found == {"ome/stage_label": {"Name": "Pos0", "X": -256.0, "XUnit": "µm", "Y": "left", "Z": "nan"}}
    assert read.facts(document(image="<StageLabel/>"), 0).annotations == {}


def test_real_plates_and_stages(data: Path) -> None:
    folder = data / "ome-xml"
    text = (folder / "ome-types" / "fake-plate-rows-2.ome.xml").read_bytes()
    places = [read.facts(text, one.index).annotations["ome/plate"] for one in read.parse(text).images]
    assert [place["well"] for place in places] == ["A1", "B1"]
    assert places[0]["plate"] == "Plate Name 0"
    stack = (folder / "ome-types" / "MMStack.ome.xml").read_bytes()
    assert read.facts(stack, 0).annotations["ome/stage_label"]["Name"] == "2-Pos000_000"
    assert read.facts(stack, 1).annotations["ome/stage_label"]["X"] == 256.0


def test_the_pointer_of_a_binary_only_document() -> None:
    found = read.parse('<OME><BinaryOnly MetadataFile="a.companion.ome" UUID=" urn:uuid:7 "/></OME>')
    assert (found.metadata_file, found.metadata_uuid) == ("a.companion.ome", "urn:uuid:7")


# --- what is left


def rest(text: str, index: int = 0) -> str:
    return read.facts(text, index).annotations.get("ome/xml", {}).get("Remainder", "")


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
        ({"pixels": '<Channel ID="C:0" Color="4294967295" Name="n"/>'}, '<Channel ID="C:0" Color="4294967295" />'),
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


def test_what_only_another_image_has_is_not_kept() -> None:
    pixels = '<Pixels ID="P" DimensionOrder="XYZCT" Type="int8" SizeX="1" SizeY="1" SizeZ="1" SizeC="1" SizeT="1"/>'
    images = "".join(
        f'<Image ID="Image:{i}"><ExperimenterRef ID="E:{i}"/>{pixels}<ROIRef ID="ROI:{i}"/></Image>' for i in range(3)
    )
    each = "".join(
        f'<Experimenter ID="E:{i}" LastName="e{i}"/>'
        f'<Dataset ID="D:{i}" Name="d{i}"><ImageRef ID="Image:{i}"/></Dataset>'
        f'<ROI ID="ROI:{i}"><Union><Label ID="S:{i}" Text="r{i}" X="1" Y="1"/></Union></ROI>'
        f'<Project ID="Project:{i}" Name="p{i}"><DatasetRef ID="D:{i}"/></Project>'
        for i in range(3)
    )
    wells = "".join(
        f'<Well ID="W:{i}" Row="0" Column="{i}" Type="w{i}"><WellSample ID="WS:{i}" Index="0">'
        f'<ImageRef ID="Image:{i}"/></WellSample><AnnotationRef ID="A:{i}"/></Well>'
        for i in range(3)
    )
    tags = "".join(f'<TagAnnotation ID="A:{i}"><Value>t{i}</Value></TagAnnotation>' for i in range(3))
    text = (
        f'<OME>{each}<Plate ID="Plate:0" Rows="1">{wells}</Plate><Experimenter ID="E:9" LastName="nobody"/>{images}'
        f"<StructuredAnnotations>{tags}</StructuredAnnotations></OME>"
    )
    for i in range(3):
        found = rest(text, i)
        for letter in "edrpwt":
            assert [k for k in range(3) if f'"{letter}{k}"' in found or f">{letter}{k}<" in found] == [i], letter
        assert "nobody" in found
        assert 'Rows="1"' in found
        assert f'<ImageRef ID="Image:{i}" />' in found


def test_a_remainder_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    deep = document(rest="<a b='1'>" * 50_000 + "</a>" * 50_000)
    (sentence,) = read.facts(deep, 0).annotations["omio/assumptions"]["assumption"]
    assert "too deep" in sentence
    value = "<StructuredAnnotations><XMLAnnotation ID='A:0'><Value>{}</Value></XMLAnnotation></StructuredAnnotations>"
    value = value.format("<a>" * 5_000 + "</a>" * 5_000) + "<Project><AnnotationRef ID='A:0'/></Project>"
    assert "too deep" in str(read.facts(document(rest=value), 0).annotations)
    monkeypatch.setattr(unmodelled, "MOST", 1000)
    assert len(rest(document(rest="<Rights>" + "x" * 600 + "</Rights>"))) < 1000
    long = document(rest="<Rights>" + "x" * 1000 + "</Rights>")
    assert list(read.facts(long, 0).annotations) == ["omio/assumptions"]


def test_a_remainder_is_not_kept_twice() -> None:
    text = document(rest="<Rights>mine</Rights>")
    kept = rest(text)
    inner = kept.replace("&", "&amp;").replace("<", "&lt;")
    for said, names in ((inner, ["ome/xml"]), ("other", ["ome/xml", "ome/xml (2)"])):
        annotation = f"<M K='Remainder'>{said}</M>"
        annotation = f"<MapAnnotation ID='A:0' Namespace='ome/xml'><Value>{annotation}</Value></MapAnnotation>"
        both = text.replace("<Image ", f"<StructuredAnnotations>{annotation}</StructuredAnnotations><Image ", 1)
        found = read.facts(both, 0).annotations
        assert list(found) == names
        assert found[names[-1]] == {"Remainder": kept}


# --- parts of an image, and what other files say of it


def of_planes(planes: str) -> str:
    return (
        '<OME><Image><Pixels DimensionOrder="XYZCT" Type="uint8" SizeX="4" SizeY="3" SizeZ="2" SizeC="2" SizeT="3">'
        f'<Channel Name="a"/><Channel Name="b"/>{planes}</Pixels></Image></OME>'
    )


def test_facts_of_a_part_are_those_of_its_planes() -> None:
    text = of_planes('<Plane TheT="2" TheZ="1" TheC="1" DeltaT="7"/><Plane TheT="0" TheZ="0" TheC="0" DeltaT="5"/>')
    found = read.facts(text, 0, spans=((1, 3), (1, 2), (1, 2)))
    assert found.planes is not None
    np.testing.assert_array_equal(found.planes.columns["DeltaT"], [[[np.nan]], [[7.0]]])
    assert [channel.name.value for channel in found.channels if channel.name] == ["b"]


def test_planes_of_other_files_count_less_than_its_own() -> None:
    text = of_planes('<Plane TheT="0" TheZ="0" TheC="0" DeltaT="5"/>')
    beside = [{"TheT": "0", "TheZ": "0", "TheC": i, "DeltaT": "9", "ExposureTime": "0.5"} for i in "01"]
    found = read.facts(text, 0, beside=beside)
    assert found.planes is not None
    assert found.planes.columns["DeltaT"][0, 0].tolist() == [5.0, 9.0]
    assert found.planes.columns["ExposureTime"][0, 0].tolist() == [0.5, 0.5]


def test_where_planes_are() -> None:
    text = of_planes('<Plane TheT="2" TheZ="1" TheC="0"/><Plane TheT="2" TheZ="1"/><Plane TheT="x" TheZ="0" TheC="0"/>')
    assert positions.positions(text, 0, (3, 2, 2)) == ((2, 1, 0), None, None)
    assert positions.positions(text, 0, (3, 2, 1)) == ((2, 1, 0), (2, 1, 0), None)
