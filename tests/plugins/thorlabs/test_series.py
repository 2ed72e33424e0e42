"""TIFF series of ThorImageLS carry OME-XML of 2010-06: any file of the series opens all of it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import tifffile

import omio

from .made import xml

UUID = "urn:uuid:00000000-0000-0000-0000-{:012d}"


@pytest.fixture
def series(tmp_path: Path) -> tuple[Path, np.ndarray]:
    """Two time points of three planes and two channels, a file each, beside the Experiment.xml of capture mode 0."""
    array = np.arange(2 * 3 * 2 * 6 * 5, dtype="u2").reshape(2, 3, 2, 6, 5)
    places = [(t, z, c) for c in range(2) for t in range(2) for z in range(3)]
    names = {(t, z, c): f"Chan{'AB'[c]}_0001_0001_{z + 1:04d}_{t + 1:04d}.tif" for t, z, c in places}
    uuids = {place: UUID.format(k) for k, place in enumerate(places)}
    planes = "".join(
        f'<TiffData IFD="0" FirstT="{t}" FirstZ="{z}" FirstC="{c}" PlaneCount="1">'
        f'<UUID FileName="{names[t, z, c]}">{uuids[t, z, c]}</UUID></TiffData>'
        for t, z, c in places
    )
    for place in places:
        said = (
            '<?xml version="1.0" encoding="UTF-8"?><OME xmlns="http://www.openmicroscopy.org/Schemas/OME/2010-06" '
            f'UUID="{uuids[place]}"><Image ID="Image:0" Name="{names[place]}"><Pixels ID="Pixels:0" Type="uint16" '
            'DimensionOrder="XYCZT" SizeX="5" SizeY="6" SizeC="2" SizeZ="3" SizeT="2" PhysicalSizeX="0.5" '
            'PhysicalSizeY="0.5" PhysicalSizeZ="2"><Channel ID="Channel:0:0" Name="ChanA"/>'
            f'<Channel ID="Channel:0:1" Name="ChanB"/>{planes}</Pixels></Image></OME>'
        )
        tifffile.imwrite(tmp_path / names[place], array[place], description=said, metadata=None)
    (tmp_path / "Experiment.xml").write_text(xml(CaptureMode={"mode": 0}), "utf-8")
    return tmp_path, array


@pytest.mark.parametrize(
    "name", ["ChanA_0001_0001_0001_0001.tif", "ChanB_0001_0001_0003_0002.tif", "ChanA_0001_0001_0002_0001.tif"]
)
def test_any_file_opens_the_series(series: tuple[Path, np.ndarray], name: str) -> None:
    folder, array = series
    image = omio.imopen(folder / name)
    assert image.shape == (2, 3, 2, 6, 5)
    assert np.array_equal(image.to_numpy(), array)
    facts = image.metadata.facts
    assert (facts.physical_size_x.value, facts.physical_size_z.value) == (0.5, 2.0)
    assert [one.name.value for one in image.metadata.channels] == ["ChanA", "ChanB"]
