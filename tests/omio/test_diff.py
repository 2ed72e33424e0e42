"""Comparisons: what is lost, changed, added or the same in another unit, which planes differ, and the exit codes."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import FrozenInstanceError, fields
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile

import omio
from omio.comparing.values import Change, Difference, ImageDifference, Pixels
from omio_core import Image, from_dict
from omio_core.errors import ManyImagesError, NoReaderError, OmioError
from omio_core.pixels import digests

SHAPE = (2, 3, 2, 4, 5)
PIXELS = np.arange(np.prod(SHAPE), dtype=np.uint16).reshape(SHAPE)
DELTA = [[[0.0, 0.1], [1.0, 1.1], [2.0, 2.1]], [[3.0, 3.1], [4.0, 4.1], [5.0, None]]]
FULL: dict[str, Any] = {
    "Name": "embryo",
    "PhysicalSizeX": 0.25,
    "PhysicalSizeZ": 1.5,
    "TimeIncrement": 30.0,
    "AcquisitionDate": "2024-03-01T10:00:00",
    "Objective": {"LensNA": 1.4, "Model": "Plan"},
    "Channels": [{"Name": "GFP", "EmissionWavelength": 509.0}, {"Name": "RFP"}],
    "Planes": {"DeltaT": DELTA},
    "Annotations": {"lab": {"laser": 3, "note": "warm", "steps": [1, 2]}},
}


def image(pixels: np.ndarray = PIXELS, **other: Any) -> Image:
    """An image in memory that states all of FULL, but for what is said otherwise."""
    said = {key: value for key, value in {**FULL, **other}.items() if value is not None}
    return Image.of_array(pixels, axes="TZCYX", metadata=from_dict(said, pixels.shape, str(pixels.dtype)))


def names(changes: tuple[Change, ...]) -> list[str]:
    return [change.fact for change in changes]


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
    monkeypatch.setattr(digests, "of_plane", lambda plane: pytest.fail("no pixel was asked for"))
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


# --- files, and several images


def test_a_conversion_loses_nothing(stated: Path, tmp_path: Path) -> None:
    """The reason to have it: what was converted equals its source, annotations and all."""
    (written,) = omio.convert_to_ometiff(stated, tmp_path / "out")
    found = omio.diff(stated, written)
    assert found.equal, str(found)
    assert (found.a, found.b) == (str(stated), str(written))


def test_what_the_caller_states_is_of_both(bare: Path, tmp_path: Path) -> None:
    """Statements and policies go to both paths; an Image is taken as it is."""
    (written,) = omio.convert_to_ometiff(bare, tmp_path / "out", axes="ZYX", pixel_size=0.5)
    found = omio.diff(bare, written, axes="ZYX")
    assert names(found.added) == ["PhysicalSizeX", "PhysicalSizeY"]
    assert found.added[0].where_b.startswith("file: OME-XML")
    assert omio.diff(bare, written, axes="ZYX", pixel_size=0.5).equal
    with omio.imopen(bare, axes="ZYX", pixel_size=0.5) as opened:
        assert omio.diff(opened, written, missing="unknown").equal
    with pytest.raises(OmioError, match="no policy missing='rase'"):
        omio.diff(bare, written, missing="rase")


def test_several_images_one_by_one(several: Callable[..., Path]) -> None:
    """In file order where both have as many; image= chooses one in each file that holds several."""
    a, b = several("left", "right", path="a.ome.tif"), several("left", "wrong", path="b.ome.tif")
    found = omio.diff(a, b)
    assert [one.name for one in found.images] == ["image 0", "image 1"]
    assert [one.equal for one in found.images] == [True, False]
    assert names(found.changed) == ["Name"]
    assert omio.diff(a, b, image=0).equal
    assert omio.diff(a, b, image="left").equal
    with pytest.raises(ManyImagesError):
        omio.diff(a, b, image="right")
    third = several("left", path="c.ome.tif")
    told = omio.diff(a, third)
    assert (told.equal, told.images, told.pixels) == (False, (), "not compared")
    assert "A holds 2 images, B 1" in str(told)
    assert told.to_dict()["uncompared"] == told.uncompared
    assert omio.diff(a, third, image="left").equal
    assert omio.diff(third, a, image=0).equal
    assert omio.diff(a, third, image=1).pixels == "different"


def test_real_files_lose_nothing(real: str, data: Path, tmp_path: Path) -> None:
    """Every given file of ours, converted: the same facts, the same pixels."""
    source = data / real
    if source.stat().st_size > 30_000_000:
        pytest.skip("large; other tests convert it")
    (written,) = omio.convert_to_ometiff(source, tmp_path / "out", compression_level=0, layout="one-file",
                                         axes="warn")  # fmt: skip
    found = omio.diff(source, written)
    assert found.equal, str(found)


# --- the command line


def test_the_verb(cli: Callable[..., Any], stated: Path, tmp_path: Path) -> None:
    """0 equal, 1 different."""
    (written,) = omio.convert_to_ometiff(stated, tmp_path / "out")
    (other,) = omio.convert_to_ometiff(stated, tmp_path / "other", pixel_size=9.0)
    done = cli("diff", stated, written)
    assert (done.exit_code, done.stderr) == (0, "")
    assert done.stdout.splitlines() == [
        f"A: {stated}",
        f"B: {written}",
        "image 0",
        "  pixels: equal, 40 planes",
        "  left aside: provenance",
        "equal",
    ]
    done = cli("diff", written, other, "--no-pixels")
    assert done.exit_code == 1
    assert "  changed  PhysicalSizeX  0.25 -> 9\n" in done.stdout
    assert "pixels: not compared; not asked for" in done.stdout
    done = cli("diff", written, other, "--json", "--all-planes")
    assert done.exit_code == 1
    told = json.loads(done.stdout)
    assert told == omio.diff(written, other, pixels="all").to_dict()
    assert told["images"][0]["changed"][0]["where_b"].startswith("file: OME-XML Pixels/@PhysicalSizeX")
    assert cli("diff", stated, other, "--pixel-size", "9", "--image", "0").exit_code == 0


def test_few_of_many_are_printed(cli: Callable[..., Any], tmp_path: Path) -> None:
    """Twenty of a kind, unless all are asked for; the verdict, the exit code and JSON are of all of them."""
    sides = {"a": {"gone": 50, "kept": 20}, "b": {"new": 21}}
    for name, counts in sides.items():
        notes = {f"{kind}{i}": i for kind, count in counts.items() for i in range(count)}
        notes |= {f"kept{i}": i + 1 for i in range(20)} if name == "b" else {}
        omio.imwrite(tmp_path / f"{name}.ome.tif", PIXELS, {"Annotations": {"lab": notes}})
    a, b = tmp_path / "a.ome.tif", tmp_path / "b.ome.tif"
    done = cli("diff", a, b)
    assert done.exit_code == 1
    lines = done.stdout.splitlines()
    counts = {kind: sum(line.startswith(f"  {kind} ") for line in lines) for kind in ("lost", "changed", "added")}
    assert counts == {"lost": 21, "changed": 20, "added": 21}
    assert [line for line in lines if " more " in line] == [
        "  lost     and 30 more (--all shows them)", "  added    and 1 more (--all shows them)",
    ]  # fmt: skip
    assert lines[-1] == "different"
    every = cli("diff", a, b, "--all")
    assert every.exit_code == 1
    assert every.stdout == f"{omio.diff(a, b)}\n"
    assert every.stdout.count("Annotations[lab]") == 91
    told = cli("diff", a, b, "--json")
    assert told.stdout == cli("diff", a, b, "--json", "--all").stdout
    assert len(json.loads(told.stdout)["images"][0]["lost"]) == 50


def test_vendor_annotations_are_shortened(cli: Callable[..., Any], data: Path) -> None:
    """Real files of two makers differ in hundreds of keys."""
    one, other = data / "czi" / "CellDivision_T3_Z5_CH2_X240_Y170.czi", data / "lsm" / "032113-18.lsm"
    done = cli("diff", one, other, "--no-pixels")
    assert done.exit_code == 1
    assert len(done.stdout.splitlines()) < 70
    assert "more (--all shows them)" in done.stdout
    assert len(cli("diff", one, other, "--no-pixels", "--all").stdout.splitlines()) > 300


def test_trouble_is_2(cli: Callable[..., Any], stated: Path, several: Callable[..., Path], tmp_path: Path) -> None:
    """A file that is not there, or no picture, or several where one is asked for; a command that makes no sense."""
    prose = tmp_path / "prose.tif"
    prose.write_text("no picture at all")
    for arguments in (
        (stated, tmp_path / "none.tif"),
        (tmp_path / "none.tif", stated),
        (stated, prose),
        (several("a", "b"), stated, "--image", "c"),
        (stated, stated, "--policies", tmp_path / "none.yaml"),
    ):
        done = cli("diff", *arguments)
        assert done.exit_code == 2, arguments
        assert done.stderr.startswith("error: ")
        assert done.stdout == ""
    assert cli("diff", stated).exit_code == 2
    assert cli("diff", stated, stated, "--no-pixels", "--all-planes").exit_code == 2
    with pytest.raises(NoReaderError):
        omio.diff(stated, prose)


def test_exit_codes_of_a_process(shell: Callable[..., Any], stated: Path, plane: Path, tmp_path: Path) -> None:
    """As a script sees them."""
    codes = [shell("diff", stated, other).returncode for other in (stated, plane, tmp_path / "none")]
    assert codes == [0, 1, 2]


def test_a_file_cannot_steer_the_terminal() -> None:
    """Names and annotations are printed as text."""
    text = str(omio.diff(image(Name="a\x1b[31m\nequal"), image(Name="b\u202e")))
    assert "\x1b" not in text
    assert "\u202e" not in text
    assert text.splitlines()[-1] == "different"
    assert text.count("\n") == str(omio.diff(image(Name="a"), image(Name="b"))).count("\n")


def test_values_are_frozen() -> None:
    """What came out of a comparison stays as it is."""
    found = omio.diff(image(), image())
    for value in (found, found.images[0], found.images[0].pixels, Change(fact="a")):
        assert isinstance(value, Difference | ImageDifference | Pixels | Change)
        with pytest.raises(FrozenInstanceError):
            setattr(value, fields(value)[0].name, "other")
