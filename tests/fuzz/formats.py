"""Which formats there are sound files of."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from . import czi, lsm, ome_zarr, thorlabs, tiff
from .flavours import Sound

# From a format to what makes a sound file of each of its flavours, in a folder that is empty again afterwards: the
# same bytes each time, or a seed would say nothing.
FORMATS: Mapping[str, Callable[[Path], tuple[Sound, ...]]] = {
    "tiff": tiff.sound,
    "lsm": lsm.sound,
    "czi": czi.sound,
    "thorlabs": thorlabs.sound,
    "ome_zarr": ome_zarr.sound,
}
