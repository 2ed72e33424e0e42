"""`omio diff`: what it prints, how much of it, and its exit codes."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import omio
from omio_core.errors import NoReaderError
from tests.omio.comparing.examples import PIXELS


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
