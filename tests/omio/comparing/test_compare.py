"""Two images compared: what is lost, changed, added or the same in another unit, and which planes differ."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile

import omio
from omio.comparing.values import Pixels
from omio_core.errors import OmioError
from omio_core.pixels import digests
from tests.omio.comparing.examples import DELTA, FULL, PIXELS, SHAPE, image, names

# --- metadata


def test_an_image_equals_itself() -> None:
    """Every fact, every plane; and it says so."""
    found = omio.diff(image(), image())
    assert found.equal
    assert (found.lost, found.changed, found.added, found.same_in_another_unit) == ((), (), (), ())
    assert found.pixels == "equal"
    assert found.images[0].pixels == Pixels(verdict="equal", compared=12, of=12)
    assert str(found).splitlines()[-2:] == ["  pixels: equal, 12 planes", "equal"]


@pytest.mark.parametrize(
    ("other", "kind", "fact"),
    [
        ({"PhysicalSizeX": None}, "lost", "PhysicalSizeX"),
        ({"PhysicalSizeX": 0.2500005}, "changed", "PhysicalSizeX"),
        ({"PhysicalSizeY": 0.25}, "added", "PhysicalSizeY"),
        ({"TimeIncrement": 31.0}, "changed", "TimeIncrement"),
        ({"Name": "Embryo"}, "changed", "Name"),
        ({"AcquisitionDate": "2024-03-01T10:00:01"}, "changed", "AcquisitionDate"),
        ({"AcquisitionDate": "yesterday"}, "changed", "AcquisitionDate"),
        ({"Objective": {"LensNA": 1.2, "Model": "Plan"}}, "changed", "Objective.LensNA"),
        ({"Objective": {"Model": "Plan"}}, "lost", "Objective.LensNA"),
        ({"Objective": None}, "lost", "Objective.LensNA"),
        ({"Objective": {**FULL["Objective"], "Immersion": "Oil"}}, "added", "Objective.Immersion"),
        ({"Channels": [{"Name": "GFP"}, {"Name": "RFP"}]}, "lost", "Channels[0].EmissionWavelength"),
        ({"Channels": [FULL["Channels"][0], {"Name": "DAPI"}]}, "changed", "Channels[1].Name"),
        ({"Channels": [FULL["Channels"][0], {"Name": "RFP", "Color": 255}]}, "added", "Channels[1].Color"),
        ({"Planes": None}, "lost", "Planes.DeltaT"),
        ({"Planes": {"DeltaT": np.add(np.nan_to_num(np.array(DELTA, float)), 1).tolist()}}, "changed", "Planes.DeltaT"),
        ({"Planes": {"DeltaT": DELTA, "ExposureTime": DELTA}}, "added", "Planes.ExposureTime"),
        ({"Annotations": {"lab": {"laser": 3, "steps": [1, 2]}}}, "lost", "Annotations[lab][note]"),
        ({"Annotations": {"lab": {**FULL["Annotations"]["lab"], "laser": 4}}}, "changed", "Annotations[lab][laser]"),
        ({"Annotations": {**FULL["Annotations"], "b": {"c": 1}}}, "added", "Annotations[b][c]"),
        ({"Annotations": None}, "lost", "Annotations[lab][laser]"),
    ],
)
def test_each_fact(other: dict[str, Any], kind: str, fact: str) -> None:
    """Known in A alone is lost, in B alone added, in both and unequal changed; seen from B it is the converse."""
    found = omio.diff(image(), image(**other))
    assert fact in names(getattr(found, kind))
    assert not found.equal
    assert found.pixels == "equal"
    converse = omio.diff(image(**other), image())
    assert fact in names(getattr(converse, {"lost": "added", "added": "lost"}.get(kind, kind)))
    json.dumps(found.to_dict(), allow_nan=False)
    assert fact in str(found)


@pytest.mark.parametrize(
    "other",
    [
        {"PhysicalSizeX": 0.25 * (1 + 9e-7)},
        {"PhysicalSizeX": 250, "PhysicalSizeXUnit": "nm"},
        {"AcquisitionDate": "2024-03-01 10:00:00"},
        {"Annotations": {"lab": {"laser": "3", "note": "warm", "steps": "[1, 2]"}}},
        {"Annotations": {"lab": {"laser": 3.0, "note": "warm", "steps": (1, 2)}}},
        {"Annotations": {**FULL["Annotations"], "omio/assumptions": {"assumption": ["Q is T"]}}},
        {"Annotations": {**FULL["Annotations"], "omio/provenance": {"reader": "toy"}}},
        {"Annotations": {**FULL["Annotations"], "omio/origins": {"PhysicalSizeX": "file"}}},
    ],
)
def test_what_is_no_difference(other: dict[str, Any]) -> None:
    """Rounding of files, spellings of numbers as MapAnnotations have them, and OMIO's own record of a run."""
    assert omio.diff(image(), image(**other)).equal


def test_line_ends_are_those_of_xml() -> None:
    """An XML element ends its lines with a newline, whatever the text had."""
    a, b = (image(Annotations={"lab": {"note": f"one{end}two"}}) for end in ("\r\n", "\n"))
    assert omio.diff(a, b).equal


def test_characters_that_xml_cannot_hold_are_no_difference(tmp_path: Path) -> None:
    """No OME-XML can hold them; all other characters count."""
    with_controls = {"lab": {"note": "wa\x00rm\x1f"}}
    assert omio.diff(image(Annotations=with_controls), image(Annotations={"lab": {"note": "warm"}})).equal
    found = omio.diff(image(Annotations=with_controls), image(Annotations={"lab": {"note": "war m"}}))
    assert names(found.changed) == ["Annotations[lab][note]"]
    for suffix in (".ome.tif", ".ome.zarr"):
        written = omio.imwrite(tmp_path / f"a{suffix}", image(Annotations=with_controls))
        assert omio.diff(image(Annotations=with_controls), written).equal


def test_what_is_of_the_run_is_mentioned() -> None:
    """Assumptions and provenance: told, and no part of the verdict."""
    other = image(Annotations={**FULL["Annotations"], "omio/assumptions": {"assumption": ["Q is T"]},
                               "omio/provenance": {"reader": "toy"}})  # fmt: skip
    found = omio.diff(image(), other)
    assert found.equal
    assert found.images[0].aside == ("provenance", "assumed of B: Q is T")
    assert "left aside: provenance; assumed of B: Q is T" in str(found)


def test_cells_of_a_table_are_told() -> None:
    """What is NaN is unknown; the first cell is named, the others are counted."""
    other = [[[None, 0.1], [1.5, 1.1], [2.0, 2.1]], [[3.5, 3.1], [4.0, 4.1], [5.0, 5.1]]]
    found = omio.diff(image(), image(Planes={"DeltaT": other}))
    (lost,), (changed,), (added,) = found.lost, found.changed, found.added
    assert (lost.a, lost.b) == ("0 s at T0 Z0 C0", None)
    assert (changed.a, changed.b) == ("1 s at T0 Z1 C0 and 1 more", "1.5 s at T0 Z1 C0 and 1 more")
    assert (added.a, added.b) == (None, "5.1 s at T1 Z2 C1")


def test_the_unit_that_a_file_spells(tmp_path: Path) -> None:
    """nm in one file and µm in the other: the same, in another unit; where no file spells one, none is told."""
    stated = {"PhysicalSizeX": 0.25, "TimeIncrement": 0.5}
    written = omio.imwrite(tmp_path / "a.ome.tif", PIXELS, stated, order="XYCZT")
    other = tmp_path / "b.ome.tif"
    with tifffile.TiffFile(written) as file:
        text = file.ome_metadata
    said = text.replace('PhysicalSizeX="0.25" PhysicalSizeXUnit="µm"', 'PhysicalSizeX="250" PhysicalSizeXUnit="nm"')
    said = said.replace('TimeIncrement="0.5" TimeIncrementUnit="s"', 'TimeIncrement="500" TimeIncrementUnit="ms"')
    assert said != text
    with tifffile.TiffWriter(other) as writer:
        for i, plane in enumerate(PIXELS.reshape(-1, 4, 5)):
            writer.write(plane, contiguous=False, metadata=None, description=said.encode() if i == 0 else None)
    found = omio.diff(written, other)
    assert found.equal
    sizes, times = found.same_in_another_unit
    assert (sizes.fact, sizes.a, sizes.unit_a, sizes.unit_b) == ("PhysicalSizeX", 0.25, "µm", "nm")
    assert (times.fact, times.b, times.unit_a, times.unit_b) == ("TimeIncrement", 0.5, "s", "ms")
    assert "same in another unit  PhysicalSizeX  0.25, in µm and in nm" in str(found)
    assert omio.diff(image(), image(PhysicalSizeX=250, PhysicalSizeXUnit="nm")).same_in_another_unit == ()


def test_what_the_schema_has_no_place_for_is_not_lost(tmp_path: Path) -> None:
    """A date without a time of day goes to an annotation of the file written, and is known there."""
    one = image(AcquisitionDate="2024-03-01", Objective={"LensNA": 1.4, "Colour": "red"})
    written = omio.imwrite(tmp_path / "a.ome.tif", one)
    assert omio.imread(written)[1]["AcquisitionDate"] is None
    assert omio.diff(one, written).equal


# --- pixels


@pytest.mark.parametrize(
    ("at", "expected"),
    [
        ((0, 0, 0, 0, 0), (0, 0, 0)),
        ((1, 2, 1, 3, 4), (1, 2, 1)),
        ((0, 2, 0, 1, 1), (0, 2, 0)),
        ((1, 0, 1, 0, 4), (1, 0, 1)),
    ],
)
def test_one_pixel(at: tuple[int, ...], expected: tuple[int, ...]) -> None:
    """One bit of one pixel of any plane is found, and its plane named."""
    other = PIXELS.copy()
    other[at] ^= 1
    found = omio.diff(image(), image(other))
    assert (found.pixels, found.equal) == ("different", False)
    pixels = found.images[0].pixels
    assert (pixels.planes, pixels.count, pixels.compared, pixels.of) == ((expected,), 1, 12, 12)
    t, z, c = expected
    assert f"different in 1 of 12 planes: T{t} Z{z} C{c}" in str(found)
    assert found.to_dict()["images"][0]["pixels"]["planes"] == [{"T": t, "Z": z, "C": c}]


def test_looking_stops_at_the_tenth_plane(monkeypatch: pytest.MonkeyPatch) -> None:
    """Unless all are asked for; then all are counted and ten are named."""
    few, every = (omio.diff(image(), image(PIXELS + np.uint16(1)), pixels=p).images[0].pixels for p in (True, "all"))
    assert (few.count, few.compared, few.of, len(few.planes)) == (10, 10, 12, 10)
    assert "different in at least 10 of 12 planes" in str(few)
    assert (every.count, every.compared, every.of, len(every.planes)) == (12, 12, 12, 10)
    assert str(every).startswith("different in 12 of 12 planes: T0 Z0 C0, ")
    assert str(every).endswith(", ...")
    monkeypatch.setattr(digests, "plane_digest", lambda plane: pytest.fail("no pixel was asked for"))
    found = omio.diff(image(), image(PIXELS + np.uint16(1)), pixels=False)
    assert (found.pixels, found.equal) == ("not compared", True)
    with pytest.raises(OmioError, match="pixels cannot be 'some'"):
        omio.diff(image(), image(), pixels="some")  # type: ignore[arg-type]


@pytest.mark.parametrize("dtype", ["uint32", "float32", "int32", ">u2"])
def test_values_equal_and_the_type_is_another(dtype: str) -> None:
    """Said, and different: a type is a fact. The byte order in memory is none."""
    found = omio.diff(image(), image(PIXELS.astype(dtype)))
    if dtype == ">u2":
        assert found.equal
        return
    assert not found.equal
    assert names(found.changed) == ["dtype"]
    assert found.pixels == "equal"
    assert found.images[0].pixels.note == f"values compared; the types are uint16 and {dtype}"
    other = PIXELS.astype(dtype)
    other[0, 0, 1] = 7
    assert omio.diff(image(), image(other)).images[0].pixels.planes == ((0, 0, 1),)


def test_types_that_none_holds_together() -> None:
    """int64 and float64: nothing holds the values of both, and nothing is said of them."""
    found = omio.diff(image(PIXELS.astype("int64")), image(PIXELS.astype("float64")))
    assert (found.pixels, found.equal) == ("not compared", False)
    assert "no type holds all values of int64 and float64" in str(found)


def test_another_shape() -> None:
    """Lengths are told, and no plane is looked at."""
    found = omio.diff(image(), image(PIXELS[:1], Planes={"DeltaT": DELTA[:1]}))
    assert found.pixels == "different"
    assert names(found.changed) == ["shape", "Planes.DeltaT"]
    assert found.images[0].pixels.note == f"TZCYX {SHAPE} and {(1, *SHAPE[1:])}"
    assert found.images[0].pixels.compared == 0


def test_planes_larger_than_a_band(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Planes that are digested in bands of rows are named right, too; read from files of different blocks."""
    monkeypatch.setattr(digests, "BAND", 1 << 12)
    pixels = np.random.default_rng(3).integers(0, 4096, (2, 1, 2, 130, 70), np.uint16)
    a = omio.imwrite(tmp_path / "a.ome.tif", pixels, compression_level=0)
    other = pixels.copy()
    other[1, 0, 0, 129, 69] += 1
    b = omio.imwrite(tmp_path / "b.ome.tif", other, tile=16, compression="lzw")
    assert omio.diff(a, b).images[0].pixels.planes == ((1, 0, 0),)
    assert omio.diff(a, a).equal
