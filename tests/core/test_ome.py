"""OME-XML read: structure, facts, and what hostile text is answered with."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest

from omio_core import ome, ometree
from omio_core.errors import CorruptFileError, LimitExceededError, OmioError
from omio_core.facts import Fact, Facts
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
    found = ome.parse(
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
        ome.TiffData(ifd=3, first_z=1, first_t=2, count=4, uuid="urn:uuid:2", file_name="b.tif"),
        ome.TiffData(),
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
    assert ome.parse(text).images[0].samples == samples


def test_any_namespace_and_prefix() -> None:
    for ns in ("http://www.openmicroscopy.org/Schemas/OME/2003-FC", "http://x", NS):
        assert ome.parse(document(ns=ns)).images[0].size_t == 5
    text = document().replace('xmlns="', 'xmlns:o="').replace("<", "<o:").replace("<o:/", "</o:")
    assert ome.parse(text).images[0].size_t == 5
    assert ome.parse("<OME><BinaryOnly MetadataFile='a.companion.ome' UUID='urn:uuid:1'/></OME>").metadata_file == (
        "a.companion.ome"
    )


@pytest.mark.parametrize("value", ["0", "-1", "", "x", "1.5", "99999999999", "2147483648", "١"])
def test_sizes_that_are_none(value: str) -> None:
    with pytest.raises(CorruptFileError, match="SizeZ"):
        ome.parse(document(sizes=f'SizeX="4" SizeY="3" SizeZ="{value}" SizeC="1" SizeT="5"'))


@pytest.mark.parametrize("attribute", ["IFD", "FirstZ", "FirstC", "FirstT", "PlaneCount"])
@pytest.mark.parametrize("value", ["-1", "x", "", "1e3", "99999999999"])
def test_tiff_data_that_is_none(attribute: str, value: str) -> None:
    with pytest.raises(CorruptFileError, match=attribute):
        ome.parse(document(f'<TiffData {attribute}="{value}"/>'))


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
        ome.parse(text)
    assert caught.value.evidence or "no Pixels" in caught.value.what


def test_malformed_says_where() -> None:
    with pytest.raises(CorruptFileError) as caught:
        ome.parse("<OME>\n  <Image></OME>")
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
@pytest.mark.parametrize("function", [ome.parse, lambda text: ome.facts(text, 0)])
def test_doctype_is_refused(text: str | bytes, function) -> None:
    with pytest.raises(CorruptFileError, match="DOCTYPE"):
        function(text)


def test_doctype_in_an_annotation_is_text() -> None:
    rest = (
        '<StructuredAnnotations><CommentAnnotation ID="A:1"><Value><![CDATA[<!DOCTYPE html>]]></Value>'
        "</CommentAnnotation></StructuredAnnotations>"
    )
    assert ome.facts(document(rest=rest), 0).annotations == {
        "CommentAnnotation": {"CommentAnnotation": "<!DOCTYPE html>"}
    }


def test_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    text = document("<TiffData/>" * 20) + " " * 40
    with using(max_xml=len(text) - 1), pytest.raises(LimitExceededError, match="too long"):
        ome.parse(text)
    monkeypatch.setattr(ometree, "MOST_TAGS", 10)
    with pytest.raises(LimitExceededError, match="too long"):
        ome.parse(text + " ")


def test_encodings_and_the_end_of_a_tag() -> None:
    text = document(attributes='PhysicalSizeX="2" PhysicalSizeXUnit="µm"')
    for given in (text, text + "\0\0", text.encode(), text.encode() + b"\0", ("\ufeff" + text).encode()):
        assert ome.facts(given, 0).physical_size_x == Fact(2.0, "file", "OME-XML Pixels/@PhysicalSizeX")
    declared = ('<?xml version="1.0" encoding="utf-16"?>' + text).encode("utf-16")
    assert ome.facts(declared, 0).physical_size_x is not None
    latin = ('<?xml version="1.0" encoding="ISO-8859-1"?>' + text).encode("latin-1")
    assert ome.facts(latin, 0).physical_size_x is not None
    # the text of a tag was decoded already, whatever it declares
    assert ome.facts('<?xml version="1.0" encoding="utf-16"?>' + text, 0).physical_size_x is not None


def test_many_planes_are_read_once() -> None:
    text = document(
        "".join(f'<TiffData IFD="{i}" FirstZ="{i}" PlaneCount="1"/>' for i in range(10_000)),
        sizes='SizeX="4" SizeY="3" SizeZ="10000" SizeC="1" SizeT="1"',
    )
    assert [d.ifd for d in ome.parse(text).images[0].tiff_data] == list(range(10_000))
    assert ometree.document(text) is ometree.document(text)


# --- facts


def test_sizes_and_units() -> None:
    facts = ome.facts(
        document(
            attributes='PhysicalSizeX="250" PhysicalSizeXUnit="nm" PhysicalSizeY="0.5" PhysicalSizeZ="2" '
            'PhysicalSizeZUnit="pixel" TimeIncrement="20" TimeIncrementUnit="ms"'
        ),
        0,
    )
    assert facts.physical_size_x == Fact(0.25, "file", "OME-XML Pixels/@PhysicalSizeX")
    assert facts.physical_size_y == Fact(0.5, "file", "OME-XML Pixels/@PhysicalSizeY")
    assert facts.physical_size_z is None
    assert facts.time_increment == Fact(0.02, "file", "OME-XML Pixels/@TimeIncrement")
    assert facts.name == Fact("one", "file", "OME-XML Image/@Name")


@pytest.mark.parametrize("value", ["0", "-1", "NaN", "INF", "1e-9", "1e-300", "x", "", "1_0", "0,5"])
@pytest.mark.parametrize("name", ["PhysicalSizeX", "PhysicalSizeZ"])
def test_no_size_is_invented(name: str, value: str) -> None:
    facts = ome.facts(document(attributes=f'{name}="{value}"'), 0)
    assert facts.physical_size_x is None
    assert facts.physical_size_z is None


def test_nothing_known_is_nothing() -> None:
    facts = ome.facts(document().replace(' Name="one"', ""), 0)
    assert facts == Facts()


def test_channels() -> None:
    facts = ome.facts(
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
    assert first.emission == Fact(509.0, "file", "OME-XML Channel/@EmissionWavelength")
    assert first.excitation is not None
    assert first.excitation.value == pytest.approx(488)
    assert first.fluor == Fact("EGFP", "file", "OME-XML Channel/@Fluor")
    assert (second.name, second.color, second.emission, second.excitation) == (None,) * 4


def test_rgb_is_one_channel() -> None:
    text = document(
        '<Channel ID="C:0" SamplesPerPixel="3" Name="RGB"/>',
        sizes='SizeX="4" SizeY="3" SizeZ="1" SizeC="3" SizeT="1"',
    )
    (channel,) = ome.facts(text, 0).channels
    assert channel.samples == 3


def test_channels_that_do_not_fit_are_kept_aside() -> None:
    text = document(
        '<Channel ID="C:0" Name="only" SamplesPerPixel="1"/>',
        sizes='SizeX="4" SizeY="3" SizeZ="2" SizeC="3" SizeT="5"',
    )
    facts = ome.facts(text, 0)
    assert facts.channels == ()
    assert "only" in facts.annotations["ome"]["Channel 0"]
    assert len(ome.facts(text, 0, channels=1).channels) == 1


def test_planes() -> None:
    text = document(
        '<Plane TheT="1" TheZ="0" TheC="0" DeltaT="20" DeltaTUnit="ms" PositionX="1" PositionXUnit="mm" PositionY="7"/>'
        '<Plane TheT="4" TheZ="1" TheC="0" DeltaT="2" ExposureTime="x"/>'
        '<Plane TheT="5" TheZ="1" TheC="0" DeltaT="3"/>'  # there is no such plane
        '<Plane TheT="-1" TheZ="1" TheC="0" DeltaT="3"/><Plane DeltaT="3"/>'
    )
    planes = ome.facts(text, 0).planes
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
    assert ome.facts(text, 0).planes is None


def test_date_and_objective() -> None:
    facts = ome.facts(
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
    found = ome.facts(text, 0).annotations
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
    assert ome.facts(document(rest=rest), 0).annotations == {"XMLAnnotation": {"XMLAnnotation": "core"}}


def test_no_such_image() -> None:
    for index in (1, -1):
        with pytest.raises(CorruptFileError, match="no image"):
            ome.facts(document(), index)


# --- real documents


def test_every_real_document_is_read(data: Path) -> None:
    """Each gives facts of every image, or an error of ours; none another exception."""
    paths = sorted((data / "ome-xml").rglob("*.ome.xml"))
    assert len(paths) > 60
    refused = []
    for path in paths:
        text = path.read_bytes()
        try:
            found = ome.parse(text)
            for image in found.images:
                facts = ome.facts(text, image.index)
                for size in (facts.physical_size_x, facts.physical_size_y, facts.physical_size_z):
                    assert size is None or (math.isfinite(size.value) and size.value > 0)
        except OmioError as error:
            refused.append((path.name, str(error)))
    assert refused == []


def test_real_facts(data: Path) -> None:
    text = (data / "ome-xml" / "ome-types" / "MMStack.ome.xml").read_bytes()
    image = ome.parse(text).images[0]
    assert (image.size_t, image.size_z, image.size_c, len(image.tiff_data)) == (2, 5, 3, 30)
    facts = ome.facts(text, 0)
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
        found = ome.parse(text)
        assert found.images
        for image in found.images:
            facts = ome.facts(text, image.index)
            assert len(facts.channels) in (0, image.size_c)
