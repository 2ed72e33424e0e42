"""The tour of `omio demo`: it writes, explains, converts and reads back, and its advice can be followed."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import omio.cli


def test_demo(cli: Callable[..., Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Writes, explains, converts, reads back, says where; a second run takes the next name."""
    monkeypatch.chdir(tmp_path)
    done = cli("demo")
    assert done.exit_code == 0
    made = sorted(p.relative_to(tmp_path).as_posix() for p in tmp_path.rglob("*") if p.is_file())
    assert made == [
        "omio-demo/cells_export.tif",
        "omio-demo/cells_hyperstack.tif",
        "omio-demo/converted/cells_export.ome.tif",
        "omio-demo/converted/cells_hyperstack.ome.tif",
    ]
    said = done.stdout
    assert all(Path(name).name in said for name in made)
    assert said.count("the pixels are equal") == 2
    assert "NOT EQUAL" not in said
    assert "PhysicalSizeZ     1.5 µm   from file (ImageJ description: spacing, unit um)" in said
    assert "taken for T" in said
    assert said.rstrip().endswith(str(tmp_path / "omio-demo"))
    assert done.stderr == ""

    (advice,) = [line.split() for line in said.splitlines() if line.strip().startswith("omio convert")]
    assert cli(*advice[1:], "-o", "followed.ome.tif").exit_code == 0
    array, metadata = omio.imread("followed.ome.tif")
    assert array.shape == (1, 5, 1, 96, 128)
    assert metadata["PhysicalSizeZ"] == 1.5

    before = {p: p.read_bytes() for p in Path("omio-demo").rglob("*") if p.is_file()}
    assert cli("demo").exit_code == 0
    assert Path("omio-demo-1", "converted").is_dir()
    assert {p: p.read_bytes() for p in before} == before
    assert cli("demo", "elsewhere/deep").exit_code == 0
    assert Path("elsewhere/deep/cells_export.tif").is_file()
