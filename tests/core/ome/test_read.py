"""OME-XML read: structure, facts, and what hostile text is answered with."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest

from omio_core.errors import CorruptFileError, OmioError
from omio_core.metadata.facts import Fact, Facts
from omio_core.ome import read
from tests.core.ome.documents import NS, OLD, document, of_planes

# --- structure


def test_structure() -> None:
    found = read.parse_ome(
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
    assert read.parse_ome(text).images[0].samples == samples


def test_any_namespace_and_prefix() -> None:
    for ns in ("http://www.openmicroscopy.org/Schemas/OME/2003-FC", "http://x", NS):
        assert read.parse_ome(document(ns=ns)).images[0].size_t == 5
    text = document().replace('xmlns="', 'xmlns:o="').replace("<", "<o:").replace("<o:/", "</o:")
    assert read.parse_ome(text).images[0].size_t == 5
    assert read.parse_ome(
        "<OME><BinaryOnly MetadataFile='a.companion.ome' UUID='urn:uuid:1'/></OME>"
    ).metadata_file == ("a.companion.ome")


@pytest.mark.parametrize("value", ["0", "-1", "", "x", "1.5", "99999999999", "2147483648", "١"])
def test_sizes_that_are_none(value: str) -> None:
    with pytest.raises(CorruptFileError, match="SizeZ"):
        read.parse_ome(document(sizes=f'SizeX="4" SizeY="3" SizeZ="{value}" SizeC="1" SizeT="5"'))


@pytest.mark.parametrize("attribute", ["IFD", "FirstZ", "FirstC", "FirstT", "PlaneCount"])
@pytest.mark.parametrize("value", ["-1", "x", "", "1e3", "99999999999"])
def test_tiff_data_that_is_none(attribute: str, value: str) -> None:
    with pytest.raises(CorruptFileError, match=attribute):
        read.parse_ome(document(f'<TiffData {attribute}="{value}"/>'))


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
        "<a>" * 100_000,
    ],
)
def test_malformed(text: str | bytes) -> None:
    with pytest.raises(CorruptFileError) as caught:
        read.parse_ome(text)
    assert caught.value.evidence or "no Pixels" in caught.value.what


# --- facts


def test_sizes_and_units() -> None:
    facts = read.ome_facts(
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
    facts = read.ome_facts(document(attributes=f'{name}="{value}"'), 0)
    assert facts.physical_size_x is None
    assert facts.physical_size_z is None


def test_nothing_known_is_nothing() -> None:
    facts = read.ome_facts(document().replace(' Name="one"', ""), 0)
    assert facts == Facts()


def test_channels() -> None:
    facts = read.ome_facts(
        document(
            '<Channel ID="C:0" Name="GFP" Color="-16711936" EmissionWavelength="509" ExcitationWavelength="0.488" '
            'ExcitationWavelengthUnit="µm" Fluor="EGFP"/>'
            '<Channel ID="C:1" Color="4294967296" EmissionWavelength="red"/>',
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
    (channel,) = read.ome_facts(text, 0).channels
    assert channel.samples == 3


def test_fewer_channel_elements_are_the_first_channels() -> None:
    text = document(
        '<Channel ID="C:0" Name="only" SamplesPerPixel="1"/>',
        sizes='SizeX="4" SizeY="3" SizeZ="2" SizeC="3" SizeT="5"',
    )
    facts = read.ome_facts(text, 0)
    assert [channel.name.value if channel.name else None for channel in facts.channels] == ["only", None, None]
    assert facts.warnings == ()
    assert "only" in facts.annotations["ome"]["Channel 0"]
    assert len(read.ome_facts(text, 0, channels=1).channels) == 1


def test_more_channel_elements_than_channels_are_told() -> None:
    text = document('<Channel Name="a"/><Channel Name="b"/>', sizes='SizeX="4" SizeY="3" SizeC="2"')
    facts = read.ome_facts(text, 0, channels=1)
    assert facts.channels == ()
    assert "2 Channel elements for 1 channel" in facts.warnings[0]


def test_planes() -> None:
    text = document(
        '<Plane TheT="1" TheZ="0" TheC="0" DeltaT="20" DeltaTUnit="ms" PositionX="1" PositionXUnit="mm" PositionY="7"/>'
        '<Plane TheT="4" TheZ="1" TheC="0" DeltaT="2" ExposureTime="x"/>'
        '<Plane TheT="5" TheZ="1" TheC="0" DeltaT="3"/>'  # there is no such plane
        '<Plane TheT="-1" TheZ="1" TheC="0" DeltaT="3"/><Plane DeltaT="3"/>'
    )
    planes = read.ome_facts(text, 0).planes
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
    assert read.ome_facts(text, 0).planes is None


def test_date_and_objective() -> None:
    facts = read.ome_facts(
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


def test_no_such_image() -> None:
    for index in (1, -1):
        with pytest.raises(CorruptFileError, match="no image"):
            read.ome_facts(document(), index)


# --- real documents


def test_every_real_document_is_read(data: Path) -> None:
    """Each gives facts of every image, or an error of ours; none another exception."""
    paths = sorted((data / "ome-xml").rglob("*.ome.xml"))
    assert len(paths) > 60
    refused = []
    for path in paths:
        text = path.read_bytes()
        try:
            found = read.parse_ome(text)
            for image in found.images:
                facts = read.ome_facts(text, image.index)
                for size in (facts.physical_size_x, facts.physical_size_y, facts.physical_size_z):
                    assert size is None or (math.isfinite(size.value) and size.value > 0)
        except OmioError as error:
            refused.append((path.name, str(error)))
    assert refused == []


def test_real_facts(data: Path) -> None:
    text = (data / "ome-xml" / "ome-types" / "MMStack.ome.xml").read_bytes()
    image = read.parse_ome(text).images[0]
    assert (image.size_t, image.size_z, image.size_c, len(image.tiff_data)) == (2, 5, 3, 30)
    facts = read.ome_facts(text, 0)
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
        found = read.parse_ome(text)
        assert found.images
        for image in found.images:
            facts = read.ome_facts(text, image.index)
            assert len(facts.channels) in (0, image.size_c)


def test_the_schema_of_2008() -> None:
    (image,) = read.parse_ome(OLD).images
    assert (image.order, image.pixel_type, image.size_x, image.samples) == ("XYCZT", "uint16", 4, (1, 1))
    assert image.tiff_data == (read.TiffData(ifd=1, count=3),)
    facts = read.ome_facts(OLD, 0)
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
    assert [c.name.value for c in read.ome_facts(text, 0).channels if c.name] == ["GFP"]


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
    assert read.parse_ome(text).images[0].tiff_data[0].count == 2
    facts = read.ome_facts(text, 0)
    assert facts.acquisition_date == Fact("2010-02-23T12:51:30", "file", f"OME-XML Image/{element}")
    assert facts.physical_size_x == Fact(0.25, "file", "OME-XML Pixels/@PhysicalSizeX", unit="µm")
    assert facts.channels[0].emission == Fact(520.0, "file", "OME-XML Channel/@EmissionWavelength", unit="nm")
    assert facts.planes is not None
    assert set(facts.planes.columns) == {"DeltaT"}


def test_real_facts_of_each_year(data: Path) -> None:
    """What the documents state, as they state it."""
    folder = data / "ome-xml"
    older = read.ome_facts((folder / "samples-2013-06" / "multi-channel-z-series.ome.xml").read_bytes(), 0)
    newer = read.ome_facts((folder / "samples-2016-06" / "multi-channel-z-series.ome.xml").read_bytes(), 0)
    assert older.acquisition_date is not None
    assert older == newer
    sequence = read.ome_facts((folder / "ome-types" / "seq0000xy01c1.ome.xml").read_bytes(), 0)  # 2015-01
    assert sequence.acquisition_date is not None
    assert sequence.physical_size_x is not None
    assert len(sequence.channels) == 1


def test_the_pointer_of_a_binary_only_document() -> None:
    found = read.parse_ome('<OME><BinaryOnly MetadataFile="a.companion.ome" UUID=" urn:uuid:7 "/></OME>')
    assert (found.metadata_file, found.metadata_uuid) == ("a.companion.ome", "urn:uuid:7")


def test_facts_of_a_part_are_those_of_its_planes() -> None:
    text = of_planes('<Plane TheT="2" TheZ="1" TheC="1" DeltaT="7"/><Plane TheT="0" TheZ="0" TheC="0" DeltaT="5"/>')
    found = read.ome_facts(text, 0, spans=((1, 3), (1, 2), (1, 2)))
    assert found.planes is not None
    np.testing.assert_array_equal(found.planes.columns["DeltaT"], [[[np.nan]], [[7.0]]])
    assert [channel.name.value for channel in found.channels if channel.name] == ["b"]


def test_planes_of_other_files_count_less_than_its_own() -> None:
    text = of_planes('<Plane TheT="0" TheZ="0" TheC="0" DeltaT="5"/>')
    beside = [{"TheT": "0", "TheZ": "0", "TheC": i, "DeltaT": "9", "ExposureTime": "0.5"} for i in "01"]
    found = read.ome_facts(text, 0, beside=beside)
    assert found.planes is not None
    assert found.planes.columns["DeltaT"][0, 0].tolist() == [5.0, 9.0]
    assert found.planes.columns["ExposureTime"][0, 0].tolist() == [0.5, 0.5]
