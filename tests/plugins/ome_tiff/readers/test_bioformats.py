"""Bio-Formats reads what OMIO writes: as OME-TIFF, with these pixels, these sizes and these metadata.

It never says that OME-XML is invalid: the file is read as some TIFF then, all pages along T. So the name of the format
is the first thing to hold.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
import tifffile
from numpy.typing import NDArray

from tests.plugins.ome_tiff.readers.cases import RICH, TYPES, Case, dimension_order, some
from tests.plugins.ome_tiff.readers.conftest import Answers, Written

pytestmark = pytest.mark.slow

# complex pixels, predictor 3 and the other compressions of OMIO's list end in an error (Bio-Formats 7.3)
KNOWN = some(samples=(1, 3, 4), codecs="zstd jpeg2000", float_predictor=False)
MICROMETRE = "\u00b5m"


def digests(planes: Sequence[NDArray[Any]]) -> list[str]:
    return [hashlib.sha256(np.ascontiguousarray(plane).tobytes()).hexdigest() for plane in planes]


def by_plane(pixels: NDArray[Any], interleaved: bool) -> list[NDArray[Any]]:
    """The planes of TZCYXS pixels, C fastest, as Bio-Formats gives them: samples apart unless interleaved."""
    flat = pixels.reshape(-1, *pixels.shape[3:])
    return list(flat if interleaved else flat.transpose(0, 3, 1, 2))


def ask(case: Case, written: Written, bioformats: Answers) -> dict[str, Any]:
    """The answer about a case, which must be one about an OME-TIFF, and have no complaint."""
    written(case)
    answer = bioformats[case.name]
    assert answer.get("error") is None
    assert answer["format"] == "OME-TIFF"
    assert answer["log"] == ""
    assert answer["files"] == 1
    assert len(answer["series"]) == len(case.images)
    return answer


@pytest.mark.parametrize("case", KNOWN, ids=lambda case: case.name)
def test_sizes_and_pixels(case: Case, written: Written, bioformats: Answers) -> None:
    for one, found in zip(case.images, ask(case, written, bioformats)["series"], strict=True):
        t, z, c, y, x, s = one.sizes.values()
        assert found["sizes"] == [t, z, c * s, y, x]
        assert found["samples"] == s
        assert found["type"] == TYPES[one.stored or one.dtype]
        assert found["little"] is True
        level = found["levels"][0]
        assert level["size"] == [y, x]
        assert level["digests"] == digests(by_plane(one.pixels(), found["interleaved"]))
        assert len(found["channels"]) == c


@pytest.mark.parametrize("case", KNOWN, ids=lambda case: case.name)
def test_order_and_levels(case: Case, written: Written, bioformats: Answers) -> None:
    path = written(case)
    series = ask(case, written, bioformats)["series"]
    with tifffile.TiffFile(path) as tif:
        for index, found in enumerate(series):
            assert found["order"] == case.options.get("order", dimension_order(tif.ome_metadata, index))
        sizes = [tuple(level["size"]) for level in series[0]["levels"]]
        assert sizes == [(case.sizes["Y"], case.sizes["X"]), *case.levels]
        # of the reduced levels nobody states the pixels, but two readers must agree
        for number, level in enumerate(series[0]["levels"]):
            assert level["digests"] == digests(by_plane(_level(tif, number), series[0]["interleaved"]))
        if "tile" in case.options and case.options["tile"] is not None:
            edge = case.options["tile"]
            assert series[0]["levels"][0]["tile"] == [edge, edge]


def _level(tif: tifffile.TiffFile, number: int) -> NDArray[Any]:
    """A level of the first image by tifffile, as TZCYXS."""
    level = tif.series[0].levels[number]
    array, axes = level.asarray(), level.axes
    for axis in "TZCYXS":
        if axis not in axes:
            array, axes = array[np.newaxis], axis + axes
    return array.transpose([axes.index(axis) for axis in "TZCYXS"])


@pytest.mark.parametrize("case", KNOWN, ids=lambda case: case.name)
def test_what_is_not_known_is_not_stated(case: Case, written: Written, bioformats: Answers) -> None:
    for one, found in zip(case.images, ask(case, written, bioformats)["series"], strict=True):
        for axis in "XYZ":
            size = one.metadata.get(f"PhysicalSize{axis}")
            assert found[axis.lower()] == (None if size is None else [size, MICROMETRE])
        increment = one.metadata.get("TimeIncrement")
        assert found["increment"] == (None if increment is None else [increment, "s"])
        assert found["name"] == one.metadata.get("Name")
        assert found["date"] == one.metadata.get("AcquisitionDate")
        given = one.metadata.get("Channels") or [{}] * one.sizes["C"]
        assert [channel["name"] for channel in found["channels"]] == [channel.get("Name") for channel in given]
        assert [channel["color"] for channel in found["channels"]] == [channel.get("Color") for channel in given]


@pytest.mark.parametrize("case", [case for case in KNOWN if case.metadata is RICH], ids=lambda case: case.name)
def test_channels_and_planes(case: Case, written: Written, bioformats: Answers) -> None:
    answer = ask(case, written, bioformats)
    found = answer["series"][0]
    assert found["channels"] == [
        {"name": "GFP ä", "color": 16711935, "fluor": "dye", "excitation": [488.0, "nm"], "emission": [509.5, "nm"]},
        {"name": "RFP", "color": -16776961, "fluor": None, "excitation": None, "emission": None},
    ]
    tables = RICH["Planes"]
    assert len(found["planes"]) == 12
    for plane in found["planes"]:
        t, z, c = plane["at"]
        assert plane["delta"] == [tables["DeltaT"][t][z][c], "s"]
        assert plane["exposure"] == [tables["ExposureTime"][t][z][c], "s"]
        assert plane["x"] == [-12.5, MICROMETRE]
        assert plane["y"] is None
        assert plane["z"] == [tables["PositionZ"][t][z][c], MICROMETRE]
    assert answer["annotations"]["example.org/ns"] == {"kéy": "välue", "n": "3"}
    assert answer["annotations"]["omio/provenance"]
