"""What the tests of the CZI reader share: whole reads through the contract."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from omio_core.contract import Box, locate
from omio_core.geometry.axes import layout
from omio_plugins.czi._read import CziImages, open_czi


def _whole(opened: CziImages, image: int = 0, level: int = 0) -> np.ndarray:
    """All of an image as TZCYX; what is absent is 0, as core has it."""
    described = opened.images[image]
    one = described.levels[level]
    lay = layout(described.axes, one.shape)
    out = np.zeros(lay.shape, described.dtype)
    for canonical, native in lay.unfold(Box.whole(lay.shape)):
        view = lay.view(out[canonical.within(Box.whole(lay.shape))], native)
        for box in [native] if one.present is None else one.present:
            view[box.within(native)] = 1  # so that an element left alone shows
            opened.read_into(view[box.within(native)], image, box, level)
    return out


@pytest.fixture(scope="session")
def whole() -> Callable[..., np.ndarray]:
    """From an open CZI, the index of an image and of a level to its TZCYX array."""
    return _whole


@pytest.fixture
def read() -> Callable[..., list[np.ndarray]]:
    """From a path to the TZCYX arrays of all its images."""

    def arrays(path: Path, **options: Any) -> list[np.ndarray]:
        opened = open_czi(locate(path), **options)
        try:
            return [_whole(opened, k) for k in range(len(opened.images))]
        finally:
            opened.close()

    return arrays


@pytest.fixture
def describe() -> Callable[..., list[Any]]:
    """From a path to the descriptions of its images; the file is closed."""

    def descriptions(path: Path, **options: Any) -> list[Any]:
        opened = open_czi(locate(path), **options)
        opened.close()
        return list(opened.images)

    return descriptions
