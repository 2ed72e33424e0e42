"""Sizes and times in any unit: the float nearest to the decimal that the file states, and the same read back."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from pathlib import Path

import numpy as np
import pytest
import tifffile

import omio
from omio_core.errors import AbsentPlanesWarning

PLANE = np.arange(12, dtype="u1").reshape(3, 4)
OME = "{http://www.openmicroscopy.org/Schemas/OME/2016-06}"


def ome_tiff(path: Path, pixels: str, planes: str = "", times: int = 1) -> Path:
    text = (
        '<?xml version="1.0" encoding="UTF-8"?><OME xmlns="http://www.openmicroscopy.org/Schemas/OME/2016-06">'
        f'<Image ID="Image:0"><Pixels ID="Pixels:0" DimensionOrder="XYZCT" Type="uint8" SizeX="4" SizeY="3" SizeZ="1" '
        f'SizeC="1" SizeT="{times}" {pixels}><Channel ID="Channel:0:0" SamplesPerPixel="1" EmissionWavelength="0.5089" '
        f'EmissionWavelengthUnit="µm"/><TiffData/>{planes}</Pixels></Image></OME>'
    )
    tifffile.imwrite(
        path, np.stack([PLANE] * times), description=text.encode(), metadata=None, photometric="minisblack"
    )
    return path


# doubles do not multiply to the nearest: 1.6e-6 * 1e6 is 1.5999999999999999, and 2.1 / 1000 is 0.0021000000000000003
SPELLED = [
    ("1.6E-6", "m", 1.6), ("0.0016", "mm", 1.6), ("1600.1", "nm", 1.6001), ("2.1", "nm", 0.0021),
    ("0.00016", "cm", 1.6), ("16000", "Å", 1.6), ("0.0001", "in", 2.54), ("0.07", "thou", 1.778),
]  # fmt: skip


@pytest.mark.parametrize(("number", "unit", "wanted"), SPELLED)
def test_a_length_of_ome_xml_and_back(tmp_path: Path, number: str, unit: str, wanted: float) -> None:
    path = ome_tiff(tmp_path / "a.ome.tif", f'PhysicalSizeX="{number}" PhysicalSizeXUnit="{unit}"')
    array, metadata = omio.imread(path)
    assert metadata["PhysicalSizeX"] == wanted
    assert metadata["Channels"][0]["EmissionWavelength"] == 508.9
    written = omio.imwrite(tmp_path / "b.ome.tif", array, metadata)
    with tifffile.TiffFile(written) as file:
        pixels = ET.fromstring(file.ome_metadata).find(f".//{OME}Pixels")
    assert pixels is not None
    assert (pixels.get("PhysicalSizeX"), pixels.get("PhysicalSizeXUnit")) == (str(wanted), "µm")
    assert omio.imread(written)[1]["PhysicalSizeX"] == wanted


def test_times_of_planes_in_milliseconds(tmp_path: Path) -> None:
    stated = ["0", "2.1", "1234.5678", "1600", "4.9"]
    planes = "".join(
        f'<Plane TheT="{t}" TheZ="0" TheC="0" DeltaT="{text}" DeltaTUnit="ms" PositionX="{text}" PositionXUnit="mm"/>'
        for t, text in enumerate(stated)
    )
    path = ome_tiff(tmp_path / "a.ome.tif", 'TimeIncrement="2.1" TimeIncrementUnit="ms"', planes, times=5)
    metadata = omio.imread(path)[1]
    assert np.ravel(metadata["Planes"]["DeltaT"]).tolist() == [0.0, 0.0021, 1.2345678, 1.6, 0.0049]
    assert np.ravel(metadata["Planes"]["PositionX"]).tolist() == [0.0, 2100.0, 1234567.8, 1600000.0, 4900.0]
    assert metadata["TimeIncrement"] == 0.0021


@pytest.mark.parametrize(
    ("resolution", "unit", "wanted"),
    [((6250, 1), 3, 1.6), ((100_000, 7), 3, 0.7), ((254_000, 11), 2, 1.1), ((1_000_000_000, 160_000), 3, 1.6)],
)
def test_a_resolution_tag(tmp_path: Path, resolution: tuple[int, int], unit: int, wanted: float) -> None:
    path = tmp_path / "a.tif"
    tifffile.imwrite(path, PLANE, resolution=(resolution, resolution), resolutionunit=unit, metadata=None)
    metadata = omio.imread(path)[1]
    assert (metadata["PhysicalSizeX"], metadata["PhysicalSizeY"]) == (wanted, wanted)


@pytest.mark.parametrize(
    ("resolution", "unit", "interval", "wanted"),
    [((10, 21), "nm", 2.1, (0.0021, 0.0021)), ((1000, 7), "mm", 4.9, (7.0, 0.0049)), ((1, 7), "cm", 7, (7e4, 0.007))],
)
def test_an_imagej_file(
    tmp_path: Path, resolution: tuple[int, int], unit: str, interval: float, wanted: tuple[float, float]
) -> None:
    path = tmp_path / "a.tif"
    text = f"ImageJ=1.54f\nimages=2\nframes=2\nunit={unit}\nfinterval={interval}\ntunit=ms\n"
    pages = np.stack([PLANE] * 2)
    tifffile.imwrite(
        path, pages, description=text, resolution=(resolution,) * 2, resolutionunit=1, metadata=None,
        photometric="minisblack",
    )  # fmt: skip
    metadata = omio.imread(path)[1]
    assert (metadata["PhysicalSizeX"], metadata["TimeIncrement"]) == wanted


def test_what_a_caller_states(tmp_path: Path) -> None:
    sizes = {"PhysicalSizeX": 1.6e-6, "PhysicalSizeXUnit": "m", "TimeIncrement": 2.1, "TimeIncrementUnit": "ms"}
    written = omio.imwrite(tmp_path / "a.ome.tif", np.zeros((2, 3, 4), "u1"), sizes, axes="TYX")
    metadata = omio.imread(written)[1]
    assert (metadata["PhysicalSizeX"], metadata["TimeIncrement"]) == (1.6, 0.0021)
    assert omio.imread(written, physicalsize_xyz=(2.1, 4.9, 7), pixelunit="nm")[1]["PhysicalSizeY"] == 0.0049
    assert omio.create_empty_metadata(physicalsize_x=2.1, pixelunit="nm")["PhysicalSizeX"] == 0.0021


def test_a_real_czi_states_metres(data: Path) -> None:
    """Its XML has 1.6E-06 m."""
    with pytest.warns(AbsentPlanesWarning, match=r"image 2: 27\.9 %"):
        image = omio.imopen(data / "czi/S3_1Pos_2Mosaic_T2_Z3_CH2_sm.czi", image=0)
    assert image.metadata.to_dict()["PhysicalSizeX"] == 1.6


def test_a_real_lsm_states_metres(data: Path) -> None:
    """It holds the double that is written 1.0378322762047988e-06."""
    assert omio.imopen(data / "lsm/032113-18.lsm", image=0).metadata.to_dict()["PhysicalSizeX"] == 1.0378322762047988
