"""What the tests of plans share: a folder whose files state their sizes, and pixels that cannot be read."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import tifffile

from omio_core.pixels.picture import FilePicture
from tests.omio.folders import put


@pytest.fixture
def series(tmp_path: Path) -> Path:
    """Three planes in a folder that state their sizes."""
    for t in (8, 9, 10):
        put(tmp_path / "series" / f"T_{t}.tif", t, size=0.25)
    return tmp_path / "series"


@pytest.fixture
def unread(monkeypatch: pytest.MonkeyPatch) -> None:
    """No pixel of a file can be read."""

    def refuse(*_: object) -> None:
        raise AssertionError("a pixel is read")

    monkeypatch.setattr(FilePicture, "read_into", refuse)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Three files; the third holds two images."""
    put(tmp_path / "in" / "a.tif", 1)
    put(tmp_path / "in" / "b.tif", 2)
    with tifffile.TiffWriter(tmp_path / "in" / "c.ome.tif", ome=True) as writer:
        for name in ("left", "right"):
            writer.write(np.full((8, 9), len(name), np.uint8), metadata={"axes": "YX", "Name": name})
    return tmp_path / "in"
