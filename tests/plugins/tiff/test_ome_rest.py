"""What OME-XML says beyond the model survives a conversion, once, and does not grow."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile

import omio
from omio_core.ome import unmodelled, validate
from omio_core.ome.tree import OURS

NS = "http://www.openmicroscopy.org/Schemas/OME/2016-06"
REST, KEY = "ome/xml", "Remainder"

RICH = f"""<OME xmlns="{NS}" Creator="somebody 1.0">
<Experimenter ID="Experimenter:0" FirstName="Ada" LastName="L"/>
<Instrument ID="Instrument:0"><Microscope Manufacturer="Maker" Model="Scope"/>
  <Laser ID="LightSource:0" Power="5" Type="Gas" Wavelength="488"/>
  <Detector ID="Detector:0" Model="PMT 7"/><Objective ID="Objective:0" Model="Plan" LensNA="1.4"/></Instrument>
<Image ID="Image:0" Name="rich"><AcquisitionDate>2020-01-02T03:04:05</AcquisitionDate>
  <Description>what it was &lt;about&gt; &amp; µ</Description><ExperimenterRef ID="Experimenter:0"/>
  <InstrumentRef ID="Instrument:0"/><ObjectiveSettings ID="Objective:0" RefractiveIndex="1.515"/>
  <Pixels ID="Pixels:0" DimensionOrder="XYZCT" Type="uint16" SizeX="8" SizeY="6" SizeZ="2" SizeC="1" SizeT="1"
    SignificantBits="12" PhysicalSizeX="0.5" PhysicalSizeXUnit="µm" BigEndian="false">
    <Channel ID="Channel:0:0" Name="GFP" SamplesPerPixel="1" Color="-1" PinholeSize="99" PinholeSizeUnit="nm"
      AcquisitionMode="LaserScanningConfocalMicroscopy" NDFilter="0.25">
      <LightSourceSettings ID="LightSource:0"/><DetectorSettings ID="Detector:0" Gain="2.5"/></Channel>
    <TiffData IFD="0" PlaneCount="2"/>
    <Plane TheZ="0" TheC="0" TheT="0" DeltaT="1" DeltaTUnit="s" PositionX="7" PositionXUnit="reference frame"/>
    <Plane TheZ="1" TheC="0" TheT="0" DeltaT="2" DeltaTUnit="s"/></Pixels>
  <ROIRef ID="ROI:0"/><AnnotationRef ID="Annotation:0"/></Image>
<StructuredAnnotations><MapAnnotation ID="Annotation:0" Namespace="ns"><Value><M K="a">b</M></Value></MapAnnotation>
</StructuredAnnotations>
<ROI ID="ROI:0"><Union><Rectangle ID="Shape:0" X="1" Y="2" Width="3" Height="4"/></Union></ROI></OME>"""


@pytest.fixture
def write(tmp_path: Path) -> Callable[..., Path]:
    def made(xml: str, name: str = "source.ome.tif", pages: int = 2, dtype: str = "u2") -> Path:
        path = tmp_path / name
        pixels = np.arange(pages * 48).reshape(pages, 6, 8).astype(dtype)
        tifffile.imwrite(path, pixels, photometric="minisblack", metadata=None, description=xml.encode())
        return path

    return made


def annotations(path: Path | list[Path], **options: Any) -> dict[str, Any]:
    return omio.imread(path, **options)[1]["Annotations"]


def foreign(found: dict[str, Any]) -> dict[str, Any]:
    return {name: content for name, content in found.items() if not name.startswith(OURS)}


def converted(path: Path, out: Path, **options: Any) -> Path:
    (made,) = omio.convert_to_ometiff(path, out, **options)
    with tifffile.TiffFile(made) as tif:
        validate.check_ome(tif.pages[0].description)
    return Path(made)


def test_what_has_no_place_survives_three_generations(write, tmp_path: Path) -> None:
    path = write(RICH)
    found = foreign(annotations(path))
    root = ET.fromstring(found[REST][KEY])

    def get(where: str, name: str) -> str | None:
        element = root.find(where, {"": NS})
        assert element is not None, where
        return element.get(name) if name else element.text

    assert get("Image/Description", "") == "what it was <about> & µ"
    assert get("Experimenter", "FirstName") == "Ada"
    assert get("Image/ExperimenterRef", "ID") == "Experimenter:0"
    assert get("Instrument/Microscope", "Model") == "Scope"
    assert get("Instrument/Laser", "Power") == "5"
    assert get("Instrument/Detector", "Model") == "PMT 7"
    assert get("Image/ObjectiveSettings", "RefractiveIndex") == "1.515"
    assert get("Image/Pixels", "SignificantBits") == "12"
    channel = "Image/Pixels/Channel"
    assert [get(channel, n) for n in ("PinholeSize", "PinholeSizeUnit", "NDFilter")] == ["99", "nm", "0.25"]
    assert get(channel, "AcquisitionMode") == "LaserScanningConfocalMicroscopy"
    assert get(f"{channel}/DetectorSettings", "Gain") == "2.5"
    assert get(f"{channel}/LightSourceSettings", "ID") == "LightSource:0"
    assert get("Image/Pixels/Plane", "PositionXUnit") == "reference frame"
    assert get("ROI/Union/Rectangle", "Width") == "3"
    assert get(".", "Creator") == "somebody 1.0"
    text = found[REST][KEY]
    for held in ("TiffData", "PhysicalSize", "GFP", "Objective ", "StructuredAnnotations", "SizeX", "DeltaT", "Color",
                 "AcquisitionDate", "BigEndian", 'TheZ="1"'):  # fmt: skip
        assert held not in text, held

    first = converted(path, tmp_path / "1.ome.tif")
    second = converted(first, tmp_path / "2.ome.tif")
    third = converted(second, tmp_path / "3.ome.tif")
    assert set(found) == {"ns", REST}
    assert foreign(annotations(first)) == foreign(annotations(second)) == foreign(annotations(third)) == found
    assert annotations(first)["omio/origins"] == annotations(third)["omio/origins"]


def test_files_of_tifffile_and_of_ours_leave_nothing(tmp_path: Path) -> None:
    path = tmp_path / "a.ome.tif"
    metadata = {
        "axes": "TCYX", "Name": "n", "Channel": {"Name": ["a", "b"]}, "PhysicalSizeX": 0.5, "PhysicalSizeXUnit": "µm",
        "TimeIncrement": 2.0, "TimeIncrementUnit": "s", "Plane": {"DeltaT": [0.0, 1.0, 2.0, 3.0]},
    }  # fmt: skip
    tifffile.imwrite(path, np.zeros((2, 2, 6, 8), "u1"), metadata=metadata, photometric="minisblack")
    assert foreign(annotations(path)) == {}
    said = {
        "Objective": {"Model": "M", "LensNA": 1.4}, "PhysicalSizeZ": 2.0, "AcquisitionDate": "2020-01-02",
        "Channels": [{"Name": "x", "Color": -1, "EmissionWavelength": 509.5, "Fluor": "f"}],
        "Planes": {"PositionX": [[[1.0], [None]]], "ExposureTime": [[[0.5], [0.25]]]},
        "Annotations": {"mine": {"k": "v", "Description": "d", "l": [1, "2"]}, "empty": {}},
    }  # fmt: skip
    own = tmp_path / "own.ome.tif"
    omio.imwrite(own, np.zeros((1, 2, 1, 6, 8), "u2"), metadata=said)
    assert REST not in annotations(own)
    assert REST not in annotations(converted(own, tmp_path / "again.ome.tif"))


def test_every_real_file_keeps_its_remainder(data: Path, tmp_path: Path) -> None:
    paths = sorted([*(data / "ome-tiff").glob("*.tif*"), *(data / "ome-tiff").glob("*/*.companion.ome")])
    assert len(paths) > 5
    kept = 0
    for k, path in enumerate(paths):
        many = {"image": 0} if isinstance(omio.imopen(path, image="all"), list) else {}
        before = foreign(annotations(path, **many))
        first = converted(path, tmp_path / f"{k}.ome.tif", **many)
        second = converted(first, tmp_path / f"{k} again.ome.tif")
        assert annotations(first).get(REST) == before.get(REST), path.name
        assert foreign(annotations(second)) == foreign(annotations(first)), path.name
        kept += REST in before
    assert kept >= 2


def test_more_than_is_kept_is_told(write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(unmodelled, "MOST", 1 << 20)
    long = RICH.replace("what it was", "x" * (1 << 20))
    made = converted(write(long), tmp_path / "1.ome.tif")
    again = converted(made, tmp_path / "2.ome.tif")
    for path in (made, again):
        found = annotations(path)
        assert REST not in found
        (sentence,) = found["omio/assumptions"]["assumption"]
        assert re.fullmatch(r"what the OME-XML says beyond OMIO's model is more than 1 MiB.*", sentence)


def test_a_merge_keeps_each_input_s_own(write, tmp_path: Path) -> None:
    one = write(RICH, "a.ome.tif")
    two = write(RICH.replace("Ada", "Eve"), "b.ome.tif")
    found = annotations([one, two], merge="T")
    assert "Ada" in found[REST][KEY]
    stated = [entry.get("stated", {}).get("Annotations", {}) for entry in found["omio/merge"]["inputs"]]
    assert REST not in stated[0]
    assert "Eve" in stated[1][REST][KEY]


def test_entities_are_text(write, tmp_path: Path) -> None:
    sly = RICH.replace("what it was", "&lt;!DOCTYPE OME [&lt;!ENTITY a 'b'>]>&#10;&amp;a; &#13;").replace(
        "Ada", "&#10;"
    )
    path = write(sly)
    found = foreign(annotations(path))
    assert "<!DOCTYPE" not in found[REST][KEY]
    first = converted(path, tmp_path / "1.ome.tif")
    second = converted(first, tmp_path / "2.ome.tif")
    assert foreign(annotations(first)) == foreign(annotations(second)) == found
    with tifffile.TiffFile(second) as tif:
        assert "&#" not in tif.pages[0].description
