"""Which unit the sizes of an ImageJ file have: that of the tag, or that of the description for each axis."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

import omio
from omio.cli.app import app
from omio_core.errors import MetadataWarning


def found(data: Path, name: str) -> Path:
    path = data / "found" / name
    if not path.is_file():
        pytest.skip(f"{name} is not among the real files")
    return path


def imagej(*lines: str) -> tuple[int, bytes]:
    return 2, "\n".join(("ImageJ=1.53t", *lines)).encode() + b"\0"


def seen(path: Path) -> tuple[dict[str, Any], list[str]]:
    """The metadata, and what is warned of."""
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        _, metadata = omio.imread(path)
    assert all(one.category is MetadataWarning for one in told)
    return metadata, [str(one.message) for one in told]


def sizes(path: Path) -> list[float | None]:
    """Along X, Y, Z; nothing is warned of."""
    metadata, told = seen(path)
    assert told == []
    return [metadata[f"PhysicalSize{axis}"] for axis in "XYZ"]


# --- a unit an axis


def test_three_units_by_imagej(data: Path) -> None:
    path = found(data, "ij152_three_units.tif")
    assert sizes(path) == pytest.approx([0.1, 0.1, 0.3])
    origins = omio.imread(path)[1]["Annotations"]["omio/origins"]
    assert origins["PhysicalSizeX"] == "file: XResolution tag, unit micron"
    assert origins["PhysicalSizeY"] == "file: YResolution tag, unit nm"
    assert origins["PhysicalSizeZ"] == "file: ImageJ description: spacing, unit nm"


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        (["unit=um", "zunit=mm"], [0.25, 0.2, 500.0]),
        (["unit=mm", "yunit=um"], [250.0, 0.2, 500.0]),
        (["unit=um", "yunit=pixel"], [0.25, None, 0.5]),
        (["unit=pixel", "yunit=nm", "zunit=\\u00B5m"], [None, 2e-4, 0.5]),
        (["yunit=um", "zunit=um"], [None, 0.2, 0.5]),
        (["unit=um", "zunit="], [0.25, 0.2, None]),
    ],
)
def test_an_axis_has_the_unit_of_its_own(make, page, lines: list[str], expected: list[float | None]) -> None:
    tags = page(t270=imagej(*lines, "spacing=0.5"), t282=(5, (4, 1)), t283=(5, (5, 1)), t296=(3, 1))
    for size, one in zip(sizes(make([tags], data=bytes(12))), expected, strict=True):
        assert size == (one if one is None else pytest.approx(one))


# --- the unit of the tag


@pytest.mark.parametrize("name", ["ij_ru_a.tif", "ij_ru_c.tif"])
def test_the_unit_of_the_tag_in_found_files(data: Path, name: str) -> None:
    path = found(data, name)
    assert sizes(path) == pytest.approx([0.2, 0.2, 0.5])
    unit = {"ij_ru_a.tif": "cm", "ij_ru_c.tif": "inch"}[name]
    assert omio.imread(path)[1]["Annotations"]["omio/origins"]["PhysicalSizeX"] == (
        f"file: XResolution tag, ResolutionUnit {unit}"
    )


@pytest.mark.parametrize(
    ("number", "unit", "size"),
    [
        (3, "unit=um", 0.5),
        (2, "unit=um", 1.27),
        (3, "unit=pixel", 0.5),
        (3, "unit=cm", 0.5),
        (3, "loop=false", 0.5),
        (1, "unit=nm", 5e-8),
        (None, "unit=nm", 5e-8),
        (6, "unit=nm", 5e-8),
        (4, "unit=pixel", 0.05),
    ],
)
def test_the_unit_of_the_tag_is_of_x_and_y(make, page, number: int | None, unit: str, size: float) -> None:
    tags = page(t270=imagej(unit), t282=(5, (20_000, 1)), t283=(5, (20_000, 1)))
    if number is not None:
        tags[296] = (3, number)
    assert sizes(make([tags], data=bytes(12))) == [pytest.approx(size), pytest.approx(size), None]


# --- two sizes


def test_two_sizes_in_a_found_file(data: Path) -> None:
    path = found(data, "ij_ru_h.tif")
    metadata, told = seen(path)
    both = "along X and Y 2000 µm by ResolutionUnit cm and 0.2 µm by unit um of the ImageJ description"
    stated = "pixel_size= (--pixel-size on the command line) states another"
    what = f"the size of a pixel is {both}: that of the tag is taken; {stated}"
    assert told == [f"{path}: {what}"]
    assert metadata["PhysicalSizeX"] == 2000.0
    assert metadata["Annotations"]["omio/assumptions"]["assumption"] == [what]
    with pytest.warns(MetadataWarning, match="2000 µm"):
        explained = omio.explain(path)
    assert what in str(explained)
    with pytest.warns(MetadataWarning, match="2000 µm"):
        assert omio.imread(path, pixel_size=0.2)[1]["PhysicalSizeX"] == 0.2
    with pytest.raises(MetadataWarning, match="2000 µm"):  # made an error, as tests have it, it stays itself
        omio.imread(path)


def test_two_sizes_on_the_command_line(data: Path, tmp_path: Path) -> None:
    path = found(data, "ij_ru_h.tif")
    done = CliRunner().invoke(app, ["convert", str(path), "-o", str(tmp_path), "--pixel-size", "0.2"])
    assert done.exit_code == 0
    assert done.stderr.count("2000 µm by ResolutionUnit cm and 0.2 µm by unit um") == 1
    (target,) = tmp_path.iterdir()
    _, metadata = omio.imread(target)
    assert metadata["PhysicalSizeX"] == 0.2


def test_two_sizes_that_both_are_possible(data: Path) -> None:
    metadata, told = seen(found(data, "ij_ru_d.tif"))
    assert len(told) == 1
    assert "0.2 µm by ResolutionUnit cm and 0.02 µm by unit mm" in told[0]
    assert (metadata["PhysicalSizeX"], metadata["PhysicalSizeZ"]) == (pytest.approx(0.2), 500.0)


@pytest.mark.parametrize(
    ("ratio", "number", "unit", "words"),
    [
        ((2, 1), 3, "nm", "5000 µm by ResolutionUnit cm and 0.0005 µm by unit nm"),  # of an electron microscope
        ((4, 1), 2, "mm", "6350 µm by ResolutionUnit inch and 250 µm by unit mm"),
        ((5000, 1), 2, "mm", "5.08 µm by ResolutionUnit inch and 0.2 µm by unit mm"),
        ((500, 1), 3, "centimeter", ""),
        ((153_846, 1), 3, "um", ""),  # as Micro-Manager writes it: unit= is of spacing=
        ((3077, 1), 3, "um", ""),
        ((300, 1), 2, "um", ""),  # neither is: of print
    ],
)
def test_two_sizes(make, page, ratio: tuple[int, int], number: int, unit: str, words: str) -> None:
    tags = page(t270=imagej(f"unit={unit}", "spacing=1"), t282=(5, ratio), t296=(3, number))
    _, told = seen(make([tags], data=bytes(12)))
    assert len(told) == bool(words)
    assert not words or f"along X {words} of the ImageJ description" in told[0]


def test_each_axis_is_compared_in_its_own_unit(make, page) -> None:
    tags = page(t270=imagej("unit=cm", "yunit=um"), t282=(5, (5, 1)), t283=(5, (5, 1)), t296=(3, 3))
    _, told = seen(make([tags], data=bytes(12)))
    assert len(told) == 1
    assert "along Y 2000 µm by ResolutionUnit cm and 0.2 µm by unit um" in told[0]
    assert "X" not in told[0].partition(": the size")[2]


# --- screen and print


@pytest.mark.parametrize(("name", "depth"), [("ij_ru_j.tif", 0.5), ("ij_96_inch.tif", None)])
def test_screens_in_found_files(data: Path, name: str, depth: float | None) -> None:
    assert sizes(found(data, name)) == [None, None, depth]


DOTS = (72, 75, 96, 100, 150, 200, 240, 300, 360, 400, 600, 1200, 2400)


@pytest.mark.parametrize("dots", DOTS)
@pytest.mark.parametrize(
    ("number", "lines"), [(1, ["unit=inch"]), (1, ["unit=inches"]), (2, ["unit=um"]), (2, []), (2, ["unit=pixel"])]
)
def test_dots_an_inch_are_no_sizes(make, page, dots: int, number: int, lines: list[str]) -> None:
    tags = page(t270=imagej(*lines), t282=(5, (dots, 1)), t283=(5, (dots * 10**5, 10**5)), t296=(3, number))
    assert sizes(make([tags], data=bytes(12))) == [None, None, None]


@pytest.mark.parametrize("ratio", [(118, 1), (11811, 100), (59, 1), (2835, 100), (37795, 1000), (472441, 2000)])
@pytest.mark.parametrize(("number", "unit"), [(1, "cm"), (3, "um"), (3, "pixel")])
def test_nor_are_they_a_centimetre(make, page, ratio: tuple[int, int], number: int, unit: str) -> None:
    tags = page(t270=imagej(f"unit={unit}"), t282=(5, ratio), t283=(5, ratio), t296=(3, number))
    assert sizes(make([tags], data=bytes(12))) == [None, None, None]


@pytest.mark.parametrize(
    ("ratio", "unit", "size"),
    [
        ((2540, 1), "inch", 10.0),
        ((5080, 1), "inch", 5.0),
        ((1270, 1), "inch", 20.0),
        ((127_000, 1), "inch", 0.2),
        ((1000, 1), "cm", 10.0),
        ((1538, 1), "cm", 6.50195),
        ((300, 1), "mm", 3.33333),
        ((96, 1), "micron", 0.0104167),
        ((300, 1), "um", 0.00333333),
    ],
)
def test_what_is_a_size_all_the_same(make, page, ratio: tuple[int, int], unit: str, size: float) -> None:
    tags = page(t270=imagej(f"unit={unit}"), t282=(5, ratio), t296=(3, 1))
    assert sizes(make([tags], data=bytes(12)))[0] == pytest.approx(size, rel=1e-5)
