"""The paths of a command: each in its turn, and files named as the caller named their folder."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result

from tests.omio.folders import put

Cli = Callable[..., Result]


def test_convert_goes_on(cli: Callable[..., Any], stated: Path, bare: Path, tmp_path: Path) -> None:
    """One bad path: named with its remedy, exit code 1, the others are done."""
    bad = tmp_path / "notes.tif"
    bad.write_text("not a picture")
    done = cli("convert", bad, stated, tmp_path / "missing.tif", bare, "-o", tmp_path / "out")
    assert done.exit_code == 1
    assert sorted(p.name for p in (tmp_path / "out").iterdir()) == ["cells_export.ome.tif", "cells_hyperstack.ome.tif"]
    assert done.stdout.count(" -> ") == 2
    assert done.stderr.count("error: ") == 2
    assert f"error: no reader recognises {bad}\n  evidence: " in done.stderr
    assert "missing.tif" in done.stderr
    assert "remedy: " in done.stderr


def test_files_are_named_as_the_folder_is(tmp_path: Path, cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    put(tmp_path / "f" / "a.tif", 1)
    monkeypatch.chdir(tmp_path)
    (line, _) = cli("convert", "f", "-o", "out").stdout.splitlines()
    assert line == f"{Path('f', 'a.tif')} -> {Path('out', 'a.ome.tif')}"
