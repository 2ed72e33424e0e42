"""What the tests of plans share: a folder whose files state their sizes, and pixels that cannot be read."""

from __future__ import annotations

from pathlib import Path

import pytest

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
