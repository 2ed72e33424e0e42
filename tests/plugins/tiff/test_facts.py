"""What a TIFF states and what it does not: units, defaults of writers, and that nothing is lost."""

from __future__ import annotations

import json
import pickle
from pathlib import Path

import numpy as np
import pytest
import tifffile

from omio_core.contract import Facts


def facts_of(describe, path: Path) -> Facts:
    (image,) = describe(path)
    found = pickle.loads(pickle.dumps(image)).facts()
    json.dumps(found.annotations, allow_nan=False)
    return found


def value(fact) -> float | None:
    return None if fact is None else fact.value


def imagej(*lines: str) -> tuple[int, bytes]:
    return 2, "\n".join(("ImageJ=1.54f", *lines)).encode() + b"\0"


UNITS = {
    "\\u00B5m": 1, "µm": 1, "μm": 1, "um": 1, "micron": 1, "microns": 1, "micrometer": 1, "nm": 1e-3, "mm": 1e3,
    "cm": 1e4, "inch": 25400, "m": 1e6, "pixel": None, "pixels": None, "px": None, "": None, "furlong": None,
}  # fmt: skip


@pytest.mark.parametrize("unit", UNITS)
@pytest.mark.parametrize("encoding", ["utf-8", "latin-1"])
def test_every_spelling_of_an_imagej_unit(make, page, describe, unit: str, encoding: str) -> None:
    text = f"ImageJ=1.54f\nunit={unit}\nspacing=0.5\n".encode(encoding, "replace") + b"\0"
    if b"?" in text:
        text = text.replace(b"?", b"\xb5")
    tags = page(t270=(2, text), t282=(5, (4_000_000, 1_000_000)), t283=(5, (5, 1)), t296=(3, 1))
    found = facts_of(describe, make([tags], data=bytes(12)))
    factor = UNITS[unit]
    expected = [None] * 3 if factor is None else [0.25 * factor, 0.2 * factor, 0.5 * factor]
    sizes = [value(f) for f in (found.physical_size_x, found.physical_size_y, found.physical_size_z)]
    assert sizes == (expected if factor is None else pytest.approx(expected))
    if factor is not None:
        assert found.physical_size_x.origin == "file"
        assert found.physical_size_x.where_text.startswith("XResolution tag, unit")
        assert found.physical_size_z.where.startswith("ImageJ description: spacing")


@pytest.mark.parametrize("ratio", [(1, 1), (0, 1), (1, 0), (0, 0)])
def test_a_writer_s_default_is_no_size(make, page, describe, ratio: tuple[int, int]) -> None:
    for tags in (page(t270=imagej("unit=um"), t282=(5, ratio)), page(t282=(5, ratio), t296=(3, 2))):
        assert facts_of(describe, make([tags], data=bytes(12))).physical_size_x is None


def test_one_micrometre_that_imagej_states_is_one(make, page, describe) -> None:
    tags = page(t270=imagej("unit=um"), t282=(5, (1_000_000, 1_000_000)))
    assert value(facts_of(describe, make([tags], data=bytes(12))).physical_size_x) == 1.0


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        (["finterval=2.5"], 2.5),
        (["finterval=500", "tunit=ms"], 0.5),
        (["finterval=2", "tunit=min"], 120.0),
        (["finterval=0"], None),
        (["finterval=-3"], None),
        (["finterval=nan"], None),
        (["finterval=1_0"], None),
        (["finterval=2", "tunit=frames"], None),
        (["fps=7"], None),
    ],
)
def test_the_interval_between_frames(make, page, describe, lines: list[str], expected: float | None) -> None:
    found = facts_of(describe, make([page(t270=imagej(*lines))], data=bytes(12)))
    assert value(found.time_increment) == expected


@pytest.mark.parametrize("spacing", ["0", "inf", "1e-300", "x"])
def test_a_spacing_that_is_none(make, page, describe, spacing: str) -> None:
    found = facts_of(describe, make([page(t270=imagej("unit=um", f"spacing={spacing}"))], data=bytes(12)))
    assert found.physical_size_z is None
    assert "spacing" in found.annotations["imagej"]


def test_nothing_that_imagej_says_is_lost(tmp_path: Path, describe) -> None:
    path = tmp_path / "a.tif"
    lut = np.tile(np.arange(256, dtype="u1"), (3, 1))
    tifffile.imwrite(
        path, np.zeros((2, 4, 5), "u2"), imagej=True,
        metadata={
            "axes": "CYX", "Labels": ["one", "zwölf"], "Info": "a\nb=c", "LUTs": [lut, lut],
            "Ranges": (0.0, 1.0, 0.0, 2.0), "ROI": b"Iout\0\xe4", "min": 3.5, "note": "x=y",
        },
    )  # fmt: skip
    found = facts_of(describe, path)
    said = found.annotations["imagej"]
    assert said["Labels"] == ["one", "zwölf"]
    assert said["Info"] == "a\nb=c"
    assert said["LUTs"] == [lut.tolist()] * 2
    assert said["Ranges"] == [0.0, 1.0, 0.0, 2.0]
    assert said["ROI"] == "SW91dADk"
    assert (said["min"], said["note"], said["images"]) == (3.5, "x=y", 2)
    assert found.channels == ()  # labels are of slices, not names of channels


@pytest.mark.parametrize("order", ["<", ">"])
def test_private_tags_of_either_order(tmp_path: Path, describe, order: str) -> None:
    path = tmp_path / "a.tif"
    tifffile.imwrite(
        path, np.zeros((4, 5), "u1"), imagej=True, byteorder=order, metadata={"Info": "häh", "Labels": ["l"]}
    )
    said = facts_of(describe, path).annotations["imagej"]
    assert (said["Info"], said["Labels"]) == ("häh", ["l"])


def test_private_tags_that_contradict_themselves_are_kept_raw(make, page, describe) -> None:
    tags = page(t270=imagej("a line that is no key"), t50838=(4, (12, 999)), t50839=(1, b"IJIJlabl\0\0\0\1"))
    said = facts_of(describe, make([tags], data=bytes(12))).annotations["imagej"]
    assert said["IJMetadata"]
    assert "a line that is no key" in said["description"]


@pytest.mark.parametrize(
    ("ratio", "unit", "size"),
    [
        ((250, 1), 2, 25400 / 250),
        ((300, 1), 2, None),
        ((20000, 1), 3, 0.5),
        ((72, 1), 2, None),
        ((96, 1), 2, None),
        ((7200, 100), 2, None),
        ((2835, 100), 3, None),
        ((300, 1), 1, None),
        ((300, 1), None, None),
        ((300, 1), 99, None),
    ],
)
def test_the_resolution_of_a_plain_tiff(make, page, describe, ratio, unit, size) -> None:
    tags = page(t282=(5, ratio), t283=(5, ratio))
    if unit is not None:
        tags[296] = (3, unit)
    found = facts_of(describe, make([tags], data=bytes(12)))
    assert value(found.physical_size_x) == (None if size is None else pytest.approx(size))
    assert value(found.physical_size_y) == value(found.physical_size_x)
    assert found.physical_size_z is None


def test_a_plain_tiff_states_nothing(tmp_path: Path, describe) -> None:
    path = tmp_path / "a.tif"
    tifffile.imwrite(path, np.zeros((4, 5), "u1"), metadata=None, software=False)
    assert facts_of(describe, path) == Facts()


def test_texts_of_tags_are_notes(make, page, describe) -> None:
    tags = page(
        t270=(2, b"caf\xe9\0"), t305=(2, b"prog\0"), t306=(2, b"2020:01:01 00:00:00\0"), t315=(2, b"me\0"), t274=(3, 3),
        t65000=(2, b"own\0"), t271=(2, b"  \0"),
    )  # fmt: skip
    path = make([tags], data=bytes(12))
    found = facts_of(describe, path)
    assert found.annotations == {
        "tiff": {
            "ImageDescription": "café", "Software": "prog", "DateTime": "2020:01:01 00:00:00", "Artist": "me",
            "tag 65000": "own", "Orientation": 3,
        }
    }  # fmt: skip
    assert found.acquisition_date is None
    assert describe(path)[0].vendor() == "café"


def test_a_note_outside_the_file_costs_the_note_only(make, page, describe, read) -> None:
    path = make([page(t305=(2, b"a program\0"))], data=bytes(12))
    data = bytearray(path.read_bytes())
    at = data.index(b"\x31\x01\x02\x00")
    data[at + 8 : at + 12] = b"\xff\xff\xff\x7f"
    path.write_bytes(bytes(data))
    assert facts_of(describe, path).annotations == {}
    assert read(path)[0].shape == (1, 1, 1, 3, 4)


def test_what_tifffile_says_beyond_the_shape(tmp_path: Path, describe) -> None:
    path = tmp_path / "a.tif"
    tifffile.imwrite(
        path, np.zeros((2, 4, 5), "u1"), metadata={"axes": "ZYX", "spacing": 3.0, "key": {"a": [1, 2]}},
        resolution=(20000, 20000), resolutionunit="CENTIMETER", photometric="minisblack",
    )  # fmt: skip
    found = facts_of(describe, path)
    assert found.annotations["tifffile"] == {"spacing": 3.0, "key": {"a": [1, 2]}}
    assert value(found.physical_size_x) == pytest.approx(0.5)
    assert found.physical_size_z is None


def test_ome_facts_come_from_the_xml(tmp_path: Path, describe) -> None:
    path = tmp_path / "a.ome.tif"
    metadata = {
        "axes": "CYX", "PhysicalSizeX": 0.3, "PhysicalSizeXUnit": "µm", "Channel": {"Name": ["DAPI", "GFP"]},
    }  # fmt: skip
    tifffile.imwrite(path, np.zeros((2, 4, 5), "u1"), metadata=metadata, photometric="minisblack")
    (image,) = describe(path)
    found = image.facts()
    assert value(found.physical_size_x) == 0.3
    assert [c.name.value for c in found.channels] == ["DAPI", "GFP"]
    assert image.vendor().startswith("<?xml")


PRINT = "pixel size 101.6 µm from a resolution of 250 dots per inch, which may be for print"


@pytest.mark.parametrize(
    ("x", "y", "said"),
    [
        ((250, 1), (250, 1), PRINT),
        ((250, 1), (500, 1), "pixel size 101.6 x 50.8 µm from a resolution of 250 x 500 dots per inch"),
        ((250, 1), (1, 1), PRINT),
        ((72, 1), (72, 1), None),  # those are no sizes
        ((96, 1), (96, 1), None),
        ((354928192, 32768), (354928192, 32768), None),  # of a microscope: no print has 10,800 dots an inch
    ],
)
def test_a_resolution_in_inches_may_be_for_print(make, page, describe, x, y, said) -> None:
    (image,) = describe(make([page(t282=(5, x), t283=(5, y), t296=(3, 2))] * 3, data=bytes(12)))
    assert len(image.assumptions) == (0 if said is None else 1)
    assert said is None or image.assumptions[0].startswith(said)
    fact = image.facts().physical_size_x
    assert fact is None or (fact.origin, fact.where) == ("file", "XResolution tag, ResolutionUnit inch")


@pytest.mark.parametrize(
    "tags",
    [
        {"t296": (3, 3)},  # centimetres
        {"t296": (3, 1)},
        {"t270": imagej("unit=inch")},
        {"t270": imagej()},
        {"t51123": (2, b"{}\0")},  # Micro-Manager
        {"t34118": (2, b"0\0")},  # Zeiss SEM
    ],
)
def test_a_microscope_s_resolution_is_not_for_print(make, page, describe, tags) -> None:
    tags = {"t282": (5, (250, 1)), "t283": (5, (250, 1)), "t296": (3, 2), **tags}
    (image,) = describe(make([page(**tags)], data=bytes(12)))
    assert not any("print" in one for one in image.assumptions)


@pytest.mark.parametrize("shaped", [True, False])
def test_a_resolution_for_print_by_tifffile(tmp_path: Path, describe, shaped: bool) -> None:
    path = tmp_path / "a.tif"
    tifffile.imwrite(
        path, np.zeros((3, 4, 5), "u1"), resolution=(250, 250), resolutionunit="INCH", photometric="minisblack",
        metadata={"axes": "ZYX"} if shaped else None,
    )  # fmt: skip
    (image,) = describe(path)
    assert image.assumptions == (PRINT,)
