"""What the reader says of a file besides its pixels: origins, units, and nothing that the file does not say."""

from __future__ import annotations

import json
import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile

from omio_core.contract import Channel, Facts, ImageDescription
from omio_plugins.lsm._channels import objective

from . import made
from .made import ramp, stack, write
from .samples import KINDS

Images = Callable[..., tuple[ImageDescription, ...]]


@pytest.fixture
def images(tmp_path: Path, read: Callable[[Path], Any]) -> Images:
    """Describe a file of these IFDs, fields and blocks."""

    def described(array: np.ndarray, info: dict | None = None, **blocks: bytes) -> tuple[ImageDescription, ...]:
        return read(write(tmp_path / "a.lsm", stack(array), info, blocks).path)[0]

    return described


@pytest.fixture
def facts(images: Images) -> Callable[..., Facts]:
    """The facts of the first image of such a file, after pickling."""
    return lambda *arguments, **blocks: pickle.loads(pickle.dumps(images(*arguments, **blocks)[0])).facts()


TWO = ramp(2, 7, 9)
SERIES = ramp(4, 1, 7, 9)


def test_metres_become_micrometres(facts: Callable[..., Facts]) -> None:
    found = facts(TWO, {"VoxelSizeX": 6.5e-8, "VoxelSizeY": 1e-16, "VoxelSizeZ": float("nan")})
    assert found.physical_size_x is not None
    assert found.physical_size_x.value == pytest.approx(0.065, rel=1e-12)
    assert found.physical_size_x.origin == "file"
    assert found.physical_size_y is None
    assert found.physical_size_z is None


@pytest.mark.parametrize(("metres", "size"), [(1.6e-6, 1.6), (2.1e-7, 0.21), (1e-7, 0.1), (4e-7, 0.4)])
def test_metres_are_scaled_as_decimals(facts: Callable[..., Facts], metres: float, size: float) -> None:
    found = facts(TWO, {f"VoxelSize{axis}": metres for axis in "XYZ"})
    assert [fact.value for fact in (found.physical_size_x, found.physical_size_y, found.physical_size_z)] == [size] * 3


def test_names_colours_dyes_and_lines(facts: Callable[..., Facts]) -> None:
    tracks = [
        made.track("Track 1", [("Ch1", "DAPI", 1), ("Ch3", "unused", 0)], [405.00000000000006]),
        made.track("Track 2", [("Ch5", "unused", 1)], [488.0], used=0),
        made.track("Track 3", [("Ch2", "Cy3", 1)], [561.0, 633.0]),
    ]
    colors = made.colors(["Ch1-T1", "Grün"], [[0, 0, 255], [0, 0, 0]])
    found = facts(TWO, ChannelColors=colors, ScanInformation=made.scan(tracks=tracks))
    first, second = found.channels
    assert (first.name.value, first.color.value, first.fluor.value) == ("Ch1-T1", 0x0000FFFF, "DAPI")
    assert first.excitation.value == 405.0
    assert first.emission is None
    assert (second.name.value, second.color, second.fluor.value) == ("Grün", None, "Cy3")
    assert second.excitation is None, "two lines: nobody knows which"


def test_detectors_are_told_by_name_where_numbers_differ(facts: Callable[..., Facts]) -> None:
    track = made.track("T", [("Ch1", "a", 1), ("Ch2", "b", 1), ("Ch3", "c", 1)], [488.0])
    colors = made.colors(["Ch3-T1", "ratio"], [[255, 0, 0], [0, 255, 0]])
    first, second = facts(TWO, ChannelColors=colors, ScanInformation=made.scan(tracks=[track])).channels
    assert first.fluor.value == "c"
    assert first.excitation.value == 488.0
    assert second.fluor is second.excitation is None


def test_spectral_bands_have_a_middle(facts: Callable[..., Facts]) -> None:
    bands = made.tuples((4.1e-7, 4.2e-7), (-1.0, -1.0))
    first, second = facts(TWO, {"SpectralScan": 1}, ChannelWavelength=bands).channels
    assert first.emission.value == 415.0
    assert first.emission.origin == "derived"
    assert second == Channel()
    plain = facts(TWO, {"SpectralScan": 0}, ChannelWavelength=bands)
    assert plain.channels == ()
    assert plain.annotations["lsm"]["ChannelWavelength"] == [[4.1e-7, 4.2e-7], [-1.0, -1.0]]


def test_names_that_are_not_as_many_are_left_out(facts: Callable[..., Facts]) -> None:
    assert facts(TWO, ChannelColors=made.colors(["a"], [[1, 2, 3]])).channels == ()


def test_stamps_are_times_of_planes(facts: Callable[..., Facts]) -> None:
    array = ramp(2, 3, 2, 7, 9)
    info = {"ScanType": 6, "DimensionTime": 2, "DimensionZ": 3}
    found = facts(array, info, TimeStamps=made.stamps(100.0, 102.5))
    assert found.planes is not None
    delta = found.planes.columns["DeltaT"]
    assert delta.shape == (2, 3, 2)
    assert delta[:, 2, 1].tolist() == [0.0, 2.5]
    assert found.time_increment is not None
    assert (found.time_increment.value, found.time_increment.origin) == (2.5, "derived")
    assert found.annotations["lsm"]["FirstTimeStamp"] == 100.0


@pytest.mark.parametrize(
    ("seconds", "interval", "increment"),
    [((0.0, 1.0, 2.0, 3.0), 0.9, 0.9), ((0.0, 1.0, 2.0, 9.0), 0.0, None), ((0.0, 1.0, 2.0), 0.0, None)],
)
def test_intervals(facts: Callable[..., Facts], seconds: tuple, interval: float, increment: float | None) -> None:
    info = {"ScanType": 3, "DimensionTime": 4, "TimeIntervall": interval}
    found = facts(SERIES, info, TimeStamps=made.stamps(*seconds))
    assert (found.time_increment.value if found.time_increment else None) == increment
    assert (found.planes is None) == (len(seconds) < 4)


def test_stamps_of_positions(tmp_path: Path, read: Callable[[Path], Any]) -> None:
    info = {"ScanType": 3, "DimensionTime": 2, "DimensionP": 2}
    blocks = {"TimeStamps": made.stamps(1.0, 2.0, 3.0, 4.0)}
    described, _ = read(write(tmp_path / "a.lsm", stack(SERIES), info, blocks).path)
    assert [d.facts().planes.columns["DeltaT"].ravel().tolist() for d in described] == [[0.0, 1.0], [2.0, 3.0]]


def test_places_of_positions_and_tiles(tmp_path: Path, read: Callable[[Path], Any]) -> None:
    described, _ = read(KINDS["places"](tmp_path / "a.lsm").file.path)
    assert [d.name for d in described][:2] == ["position 1, tile 1", "position 2, tile 1"]
    last = described[5].facts()
    assert last.planes is not None
    assert set(last.planes.columns) == {"PositionX", "PositionY"}
    assert last.planes.columns["PositionX"] == pytest.approx(np.full((2, 2, 1), 510.0))
    assert last.name.value == "a cell (position 3, tile 2)"


def test_the_recording(facts: Callable[..., Facts]) -> None:
    scan = made.scan(objective="Plan-Apochromat 63x/1.40 Oil DIC M27", zero=41353.5)
    found = facts(TWO, {"TypeOfData": 1}, ScanInformation=scan, EventList=made.events((1.5, 2, "bleach")))
    assert found.name.value == "a cell"
    assert found.acquisition_date.value == "2013-03-20T12:00:00"
    assert found.objective.value["Immersion"] == "Oil"
    said = found.annotations["lsm"]
    assert said["ScanInformation.ZoomX"] == 0.8
    assert said["ScanTypeName"] == "x-y-z scan"
    assert said["TypeOfData"] == 1
    assert said["EventList"] == [{"Time": 1.5, "EventType": 2, "Description": "bleach"}]
    assert not any(name.startswith("Offset") for name in said)


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("EC Plan-Neofluar 10x/0.30 M27", {"NominalMagnification": 10.0, "LensNA": 0.3}),
        ("LCI Plan-Apochromat 25x/0,8 Imm Corr", {"NominalMagnification": 25.0, "LensNA": 0.8, "Immersion": "Multi"}),
        ("something", {}),
    ],
)  # fmt: skip
def test_objectives(text: str, wanted: dict) -> None:
    found = objective(text)
    assert found is not None
    assert found.value == {"Model": text, **wanted}


def test_no_objective() -> None:
    assert objective("") is None
    assert objective(None) is None


def test_the_vendor_is_cz_lsminfo_in_its_own_terms(tmp_path: Path, read: Callable[[Path], Any]) -> None:
    """All fields as tifffile reads them, which is no relation."""
    one = KINDS["tzc"](tmp_path / "a.lsm")
    (image,), _ = read(one.file.path)
    said = image.vendor()
    json.dumps(said, allow_nan=False)
    with tifffile.TiffFile(one.file.path) as file:
        theirs = file.lsm_metadata
    ours = {name: value for name, value in said.items() if name in theirs and not isinstance(value, dict | list)}
    assert len(ours) > 50
    assert ours == {name: theirs[name] for name in ours}
    assert said["ChannelColors"] == {"Mono": False, "Colors": [[255, 0, 0], [0, 9, 0]], "ColorNames": ["a", "b"]}
    assert said["TimeStamps"] == theirs["TimeStamps"].tolist()


@pytest.mark.parametrize(
    ("block", "data"),
    [
        ("ChannelColors", b"\xff" * 24),
        ("TimeStamps", b"\x10\0\0\0\xff\xff\xff\x7f" + bytes(8)),
        ("ScanInformation", b"\0\0\0\x10\0\0\0\0\0\0\0\0" + b"\0\0\0\x40\0\0\0\0\0\0\0\0" * 40),
        ("ScanInformation", made.block(0x10000000, made.block(0xFFFFFFFE, made.entry(0x10000001, "x")))),
        ("Positions", b"\xff\xff\xff\xff"),
        ("EventList", b"\x40\0\0\0\xff\xff\xff\x7f" + bytes(56)),
    ],
)
def test_a_block_that_makes_no_sense_costs_itself(facts: Callable[..., Facts], block: str, data: bytes) -> None:
    found = facts(TWO, **{block: data})
    assert found.physical_size_x is not None
    assert found.channels == ()
    assert found.planes is None


def test_a_block_that_lies_outside_costs_itself(facts: Callable[..., Facts]) -> None:
    found = facts(TWO, {"OffsetTimeStamps": 1 << 31, "OffsetScanInformation": 3})
    assert found.planes is None
    assert found.physical_size_x is not None


def test_numbers_that_json_lacks(facts: Callable[..., Facts]) -> None:
    scan = made.block(0x10000000, made.entry(0x10000016, float("inf")))
    said = facts(TWO, {"OriginX": float("nan")}, ScanInformation=scan).annotations["lsm"]
    assert said["OriginX"] == "nan"
    assert said["ScanInformation.ZoomX"] == "inf"
