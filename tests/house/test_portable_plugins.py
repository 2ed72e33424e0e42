"""The microscope's computer runs Windows: the plugins' tests again, without what only Unix has."""

from __future__ import annotations

from pathlib import Path

import pytest

from .test_portable import run_without_unix

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]


def test_the_readers_of_tiff_without_unix(root: Path, environment: dict[str, str], tmp_path: Path) -> None:
    """As much of their tests as is quick."""
    run_without_unix(root, environment, tmp_path / "base", "tests/plugins/tiff", "tests/plugins/lsm")


def test_the_other_plugins_without_unix(root: Path, environment: dict[str, str], tmp_path: Path) -> None:
    """As much of their tests as is quick."""
    done = {"tiff", "lsm", "__pycache__"}
    others = sorted(
        folder for folder in (root / "tests/plugins").iterdir() if folder.is_dir() and folder.name not in done
    )
    assert {"czi", "thorlabs", "ome_tiff", "ome_zarr"} <= {folder.name for folder in others}
    run_without_unix(root, environment, tmp_path / "base", *(str(folder) for folder in others))
