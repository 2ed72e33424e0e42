"""What the tests of comparisons compare: an image that states all that is compared."""

from __future__ import annotations

from typing import Any

import numpy as np

from omio.comparing.values import Change
from omio_core import Image, from_dict

SHAPE = (2, 3, 2, 4, 5)
PIXELS = np.arange(np.prod(SHAPE), dtype=np.uint16).reshape(SHAPE)
DELTA = [[[0.0, 0.1], [1.0, 1.1], [2.0, 2.1]], [[3.0, 3.1], [4.0, 4.1], [5.0, None]]]
FULL: dict[str, Any] = {
    "Name": "embryo",
    "PhysicalSizeX": 0.25,
    "PhysicalSizeZ": 1.5,
    "TimeIncrement": 30.0,
    "AcquisitionDate": "2024-03-01T10:00:00",
    "Objective": {"LensNA": 1.4, "Model": "Plan"},
    "Channels": [{"Name": "GFP", "EmissionWavelength": 509.0}, {"Name": "RFP"}],
    "Planes": {"DeltaT": DELTA},
    "Annotations": {"lab": {"laser": 3, "note": "warm", "steps": [1, 2]}},
}


def image(pixels: np.ndarray = PIXELS, **other: Any) -> Image:
    """An image in memory that states all of FULL, but for what is said otherwise."""
    said = {key: value for key, value in {**FULL, **other}.items() if value is not None}
    return Image.of_array(pixels, axes="TZCYX", metadata=from_dict(said, pixels.shape, str(pixels.dtype)))


def names(changes: tuple[Change, ...]) -> list[str]:
    return [change.fact for change in changes]
