"""Sources of a few small planes, a user's cache folder of the test's own, and many small chunks."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import omio
from omio.cache import places
from omio_core.pixels import zarrlevels

PIXELS = (np.arange(3 * 4 * 2 * 20 * 30) % 60_000).astype("u2").reshape(3, 4, 2, 20, 30)


@pytest.fixture(autouse=True)
def own(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The user's cache folder: no test touches that of the machine."""
    folder = tmp_path_factory.mktemp("own") / places.FOLDER
    monkeypatch.setattr(places, "user_folder", lambda: folder)
    return folder


@pytest.fixture(autouse=True)
def _small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Chunks of half a plane, as a large picture has many of them."""
    monkeypatch.setattr(zarrlevels, "_grown", lambda shape, blocks, itemsize, floor: (1, 1, 1, 10, shape[4]))


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """An OME-TIFF alone in its folder."""
    folder = tmp_path / "data"
    folder.mkdir()
    return omio.imwrite(folder / "cells.ome.tif", PIXELS, {"PhysicalSizeX": 0.5}, axes="TZCYX")
