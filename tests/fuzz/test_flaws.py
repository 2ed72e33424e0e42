"""A flaw in a text costs what it says, and no pixel: the planes are those of the sound file, or it is an error."""

from __future__ import annotations

import hashlib
import warnings
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from omio_core.errors import OmioError, OmioWarning
from omio_core.images.opening import open_source
from omio_core.pixels import handles

from .flaws import FLAWS, flawed
from .formats import FORMATS

SEEDS = 3


def _planes(path: Path) -> Counter[str]:
    """How often each plane occurs in the images of a file, at full resolution; the facts are asked, too."""
    found: Counter[str] = Counter()
    try:
        for image in open_source(path).images:
            assert image.metadata.to_dict()["axes"] == "TZCYX"
            array = image.to_numpy()
            found.update(
                hashlib.sha256(np.ascontiguousarray(plane).tobytes()).hexdigest()
                for plane in array.reshape(-1, *array.shape[-2:])
            )
    finally:
        handles.HANDLES.clear()
    return found


@pytest.mark.slow
@pytest.mark.parametrize("name", ["tiff", "czi", "thorlabs", "ome_zarr"])
@pytest.mark.parametrize("flaw", FLAWS)
def test_no_plane_is_another_one(name: str, flaw: str, tmp_path: Path) -> None:
    whole, told, cases = 0, 0, 0
    made = tmp_path / "made"
    made.mkdir()
    for sound in FORMATS[name](made):
        with warnings.catch_warnings(record=True):
            warnings.simplefilter("always")
            expected = _planes(sound.put(sound.data, tmp_path / f"sound-{sound.name}"))
        for seed in range(SEEDS):
            data = flawed(sound.data, flaw, seed)
            if data is None or data == sound.data:
                continue
            cases += 1
            with warnings.catch_warnings(record=True) as caught:
                warnings.simplefilter("always")
                try:
                    planes = _planes(sound.put(data, tmp_path / f"{sound.name}-{seed}"))
                except OmioError:
                    continue
            assert not [one for one in caught if not issubclass(one.category, OmioWarning)]
            whole += planes == expected
            told += bool(caught)
            assert planes <= expected, f"{sound.name}, seed {seed}: a plane that the sound file does not have"
            assert planes == expected or caught, f"{sound.name}, seed {seed}: planes are lost in silence"
    assert cases > 0
    assert whole + told > 0 or name == "thorlabs", f"none of {cases} is read"  # there the text has the layout
