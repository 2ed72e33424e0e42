"""What the tests of the writer share."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from omio_core.contract import WriteRequest, Written
from omio_core.files.atomic import land
from omio_core.images.image import Image
from omio_plugins.ome_tiff import _check, _write

Save = Callable[..., Written]


@pytest.fixture
def save() -> Save:
    """Write, check and land, as the core does."""

    def saved(
        path: Path, *images: Image, compression_level: Any = 3, tile: int | None = None, **options: Any
    ) -> Written:
        asked = WriteRequest(name=path.name, compression_level=compression_level, tile=tile, options=options)
        return land(
            path, lambda p: _write.write(p, images, asked), check=lambda p: _check.check(p, images), replace=True
        )

    return saved


@pytest.fixture
def noisy() -> Callable[..., NDArray[Any]]:
    """Smooth pixels under noise, which compress as camera data do, and tell every plane apart."""

    def made(*shape: int, dtype: str = "uint16") -> NDArray[Any]:
        random = np.random.default_rng(len(shape) + shape[-1])
        y, x = np.mgrid[: shape[-2], : shape[-1]]
        smooth = 90 + 40 * np.sin(y / 9) * np.cos(x / 7) + random.normal(0, 5, shape)
        return smooth.astype(dtype)

    return made
