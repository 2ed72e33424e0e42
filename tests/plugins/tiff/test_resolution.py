"""Defaults are no measurements: the closed table, in every branch, at every door."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import tifffile

import omio
from omio_core.errors import MissingMetadataError
from omio_plugins.tiff._resolution import DOTS_A_CENTIMETRE, DOTS_AN_INCH, writer_of_default
from tests.plugins.tiff.made import ramp

INCH, CM, MM, MICROMETRE = 2, 3, 4, 5


def test_the_table_is_closed() -> None:
    assert [n for n, _ in DOTS_AN_INCH] == [
        72, 75, 96, 100, 120, 144, 150, 180, 200, 240, 300, 350, 360, 400, 600, 720, 1200, 2400,
    ]  # fmt: skip
    assert [n for n, _ in DOTS_A_CENTIMETRE] == [1, 10, 100]
    assert all(who for _, who in (*DOTS_AN_INCH, *DOTS_A_CENTIMETRE))


@pytest.mark.parametrize("dots", [90, 250, 450, 1000, 2540, 4800, 25400, 50000])
def test_any_other_resolution_is_a_measurement(dots: int) -> None:
    assert writer_of_default(25_400 / dots) == ""


def write(path: Path, dots: tuple[int, int] | float, unit: int, description: str | None = None, **other: Any) -> Path:
    options = {"resolution": (dots, dots), "resolutionunit": unit, "metadata": None, **other}
    tifffile.imwrite(path, ramp(2, 5, 7), photometric="minisblack", description=description, **options)
    return path


@pytest.mark.parametrize(
    ("dots", "unit"),
    [
        *(((n, 1), INCH) for n, _ in DOTS_AN_INCH),
        *(((round(n / 2.54 * 100), 100), CM) for n, _ in DOTS_AN_INCH),
        *(((n, 1), CM) for n in (10, 100)),
        *(((2, 2), unit) for unit in (CM,)),
        ((118, 1), CM),
        ((254, 10), INCH),
        ((13316915, 524288), INCH),
        ((2540, 10), INCH),
        ((2, 2), MM),
    ],
)
@pytest.mark.parametrize("description", [None, "ImageJ=1.53t\nimages=2\nunit=um", '{"shape": [2, 5, 7]}'])
def test_a_default_is_unknown_and_noted(
    tmp_path: Path, dots: tuple[int, int], unit: int, description: str | None
) -> None:
    path = write(tmp_path / "a.tif", dots, unit, description)
    with omio.imopen(path, axes="ZYX") as image:
        facts, notes = image.metadata.facts, image.metadata.assumptions
    assert (facts.physical_size_x, facts.physical_size_y, facts.default_sizes) == (None, None, {})
    (note,) = [note for note in notes if "is no measurement" in note]
    assert 'pixel_size="file"' in note
    with omio.imopen(path, axes="ZYX", pixel_size="file") as image:
        size = image.metadata.facts.physical_size_x
        assert not [note for note in image.metadata.assumptions if "is no measurement" in note]
    assert size is not None
    micrometres = {INCH: 25_400, CM: 10_000, MM: 1_000}[unit]
    assert size.value == pytest.approx(micrometres * dots[1] / dots[0])
    assert size.origin == "file"
    with pytest.raises(MissingMetadataError):
        omio.imread(path, axes="ZYX", missing="raise")


@pytest.mark.parametrize(("unit", "dots"), [("inch", 96), ("inch", 300), ("cm", 10), ("cm", 100)])
def test_imagej_s_unit_of_print_is_no_second_voice(tmp_path: Path, unit: str, dots: int) -> None:
    path = write(tmp_path / "a.tif", (dots, 1), 1, f"ImageJ=1.53t\nimages=2\nslices=2\nunit={unit}")
    assert omio.imread(path)[1]["PhysicalSizeX"] is None
    assert omio.imread(path, pixel_size="file")[1]["PhysicalSizeX"] == pytest.approx(
        {"inch": 25_400, "cm": 10_000}[unit] / dots
    )


def test_imagej_s_own_unit_is_a_measurement(tmp_path: Path) -> None:
    path = write(tmp_path / "a.tif", (10, 1), 1, "ImageJ=1.53t\nimages=2\nslices=2\nunit=mm")
    assert omio.imread(path)[1]["PhysicalSizeX"] == pytest.approx(100)


def test_what_the_caller_says_stands_above_it(tmp_path: Path) -> None:
    path = write(tmp_path / "a.tif", (300, 1), INCH)
    _, metadata = omio.imread(path, axes="ZYX", pixel_size=0.5)
    assert metadata["PhysicalSizeX"] == 0.5


@pytest.mark.parametrize(("unit", "size"), [(MM, 100.0), (MICROMETRE, 0.1)])
def test_the_units_that_tifffile_writes(tmp_path: Path, unit: int, size: float) -> None:
    path = write(tmp_path / "a.tif", (10, 1) if unit == MICROMETRE else (1001, 100), unit)
    assert omio.imread(path, axes="ZYX")[1]["PhysicalSizeX"] == pytest.approx(size, rel=2e-3)


@pytest.mark.parametrize(
    ("stated", "sizes"),
    [
        ({"spacing": 0.2, "unit": "um"}, (0.13, 0.2)),
        ({"spacing": -200, "unit": "nm"}, (0.00013, 0.2)),
        ({"PhysicalSizeX": 0.25, "PhysicalSizeZ": 500, "PhysicalSizeZUnit": "nm"}, (0.25, 0.5)),
        ({"PhysicalSizeX": "wide", "spacing": None, "unit": 7}, (None, None)),
    ],
)
def test_sizes_in_tifffile_s_json(tmp_path: Path, stated: dict[str, Any], sizes: tuple[float | None, ...]) -> None:
    path = write(tmp_path / "a.tif", (100, 13), 1, metadata={"axes": "ZYX", **stated})
    _, metadata = omio.imread(path)
    expected = tuple(n if n is None else pytest.approx(n) for n in sizes)
    assert (metadata["PhysicalSizeX"], metadata["PhysicalSizeZ"]) == expected


def test_a_stack_from_the_bottom_upwards(tmp_path: Path) -> None:
    path = write(tmp_path / "a.tif", (10, 1), 1, "ImageJ=1.53t\nimages=2\nslices=2\nunit=micron\nspacing=-0.5")
    assert omio.imread(path)[1]["PhysicalSizeZ"] == 0.5


@pytest.mark.parametrize(
    ("name", "sizes"),
    [
        ("vips_default_res.tif", (None, None)), ("dpi300_cm.tif", (None, None)), ("ij_96_inch.tif", (None, None)),
        ("ij_ru_j.tif", (None, 0.5)), ("ij_neg_spacing.tif", (0.1, 0.5)), ("sh_spacing.tif", (0.13, 0.2)),
        ("sh_phys.tif", (0.13, 0.5)), ("sh_um_unit.tif", (0.13, None)),
    ],
)  # fmt: skip
def test_found_files(data: Path, name: str, sizes: tuple[float | None, float | None]) -> None:
    _, metadata = omio.imread(data / "found" / name)
    assert (metadata["PhysicalSizeX"], metadata["PhysicalSizeZ"]) == tuple(
        n if n is None else pytest.approx(n) for n in sizes
    )
