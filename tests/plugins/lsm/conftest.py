"""What the tests of the LSM reader share: whole reads through the contract."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from omio_core.contract import Box, ImageDescription
from omio_core.files.local import locate
from omio_core.geometry.axes import layout
from omio_plugins.lsm._read import LsmImages, open_lsm


def _whole(opened: LsmImages, image: int) -> np.ndarray:
    described = opened.images[image]
    level = described.levels[0]
    lay = layout(described.axes, level.shape)
    out = np.zeros(lay.shape, described.dtype)
    for canonical, native in lay.unfold(Box.whole(lay.shape)):
        view = lay.view(out[canonical.within(Box.whole(lay.shape))], native)
        for box in [native] if level.present is None else level.present:
            inside = box & native
            if inside is not None:
                view[inside.within(native)] = 1  # so that an element left alone shows
                opened.read_into(view[inside.within(native)], image, inside, 0)
    return out


@pytest.fixture
def read() -> Callable[[Path], tuple[tuple[ImageDescription, ...], list[np.ndarray]]]:
    """From a path to the descriptions of all images and their TZCYX pixels; the file is closed."""

    def images(path: Path) -> tuple[tuple[ImageDescription, ...], list[np.ndarray]]:
        opened = open_lsm(locate(path))
        try:
            return opened.images, [_whole(opened, k) for k in range(len(opened.images))]
        finally:
            opened.close()

    return images
