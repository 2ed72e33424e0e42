"""A plan as text: what is alike is said once, and a problem promises nothing."""

from __future__ import annotations

from pathlib import Path

import omio
from tests.omio.folders import put


def test_what_is_alike_is_said_once(series: Path) -> None:
    """Of the inputs of a merge, of which one is another; and of outputs."""
    put(series / "T_11.tif", shape=(7, 6), size=0.25)
    merged = str(omio.plan(series, merge="T", shapes="pad")).splitlines()
    assert "    T=2  T_10.tif" in merged
    assert "    T=3  T_11.tif  (YX (7, 6) -> T=1 Z=1 C=1 Y=7 X=6 uint16)" in merged
    assert "    all others: YX (5, 6) -> T=1 Z=1 C=1 Y=5 X=6 uint16" in merged
    assert "    all: axes named by the file" in merged
    each = str(omio.plan(omio.Folder(series, patterns=["!T_11*"]))).splitlines()
    at = each.index("each of the 3 outputs:")
    common = [line for line in each[at + 1 :] if line.startswith("  ")]
    assert "  axes named by the file" in common
    assert "  T=1 Z=1 C=1 Y=5 X=6 uint16, 60 B" in common
    assert [line for line in each[:at] if line.startswith("  ")] == [
        f"  from {series / f'T_{t}.tif'}" for t in (8, 9, 10)
    ]
    sizes = str(omio.plan(series)).splitlines()
    assert sum("Y=5 X=6 uint16, 60 B" in line for line in sizes) == 3
    assert sum("axes named by the file" in line for line in sizes) == 1
    assert "output 0:" in str(omio.plan(series / "T_8.tif"))
    assert "each of the" not in str(omio.plan(series / "T_8.tif"))


def test_a_plan_with_a_problem_promises_nothing(tmp_path: Path) -> None:
    put(tmp_path / "f" / "a.tif", shape=(5, 6))
    put(tmp_path / "f" / "b.tif", shape=(4, 6))
    text = str(omio.plan(tmp_path / "f", tmp_path / "x.ome.tif", merge="T"))
    assert "x.ome.tif would be written" in text
    assert "PROBLEM" in text
    assert " will " not in text
    assert "0 B" not in text
    assert text.endswith("in all: 1 output; nothing is done as long as there is a problem")
