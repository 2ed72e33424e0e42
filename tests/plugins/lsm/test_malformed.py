"""Files that lie: what they cost, and what is said. Damage of all kinds is in `tests/fuzz`."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from omio_core.errors import CorruptFileError, LimitExceededError, OmioError
from omio_core.files.local import locate
from omio_plugins.lsm._read import open_lsm

from .made import LZW, Way, ramp, stack, write


def test_many_planes_cost_nothing(tmp_path: Path) -> None:
    """Of each of four dimensions a thousand million declared, and two planes there."""
    info = {"ScanType": 6, **dict.fromkeys(("DimensionTime", "DimensionZ", "DimensionP", "DimensionM"), 1 << 30)}
    path = write(tmp_path / "a.lsm", stack(ramp(2, 1, 7, 9)), info).path
    opened = open_lsm(locate(path))
    (image,) = opened.images
    opened.close()
    assert image.levels[0].shape == (1 << 30, 1 << 30, 7, 9)
    assert image.levels[0].present is not None
    assert sum(box.size for box in image.levels[0].present) == 2 * 7 * 9
    assert image.facts().planes is None


@pytest.mark.parametrize("compression", [1, LZW])
def test_a_picture_that_cannot_be_in_the_file(tmp_path: Path, compression: int) -> None:
    array = ramp(7, 9)
    size = {256: (4, (1 << 20,)), 257: (4, (1 << 20,))}
    way = Way(compression=compression, extra=size, thumbnails=False)
    path = write(tmp_path / "a.lsm", [[array]], way=way).path
    with pytest.raises((CorruptFileError, LimitExceededError)):
        open_lsm(locate(path)).close()


def test_tables_of_strips_that_overlap(tmp_path: Path) -> None:
    """Many pages that share one long table of strips."""
    array = ramp(60, 1, 1200, 1)
    path = write(tmp_path / "a.lsm", stack(array), {"DimensionZ": 60}, way=Way(strips=1200, thumbnails=False)).path
    data = bytearray(path.read_bytes())
    opened = open_lsm(locate(path))
    opened.close()
    path.write_bytes(bytes(data[: len(data) // 2]))
    with pytest.raises(OmioError):
        open_lsm(locate(path)).close()


def test_a_strip_outside_the_file(tmp_path: Path) -> None:
    array = np.asarray(ramp(7, 9))
    way = Way(compression=LZW, place=lambda k, at: at + (1 << 20 if k else 0))
    path = write(tmp_path / "a.lsm", [[array]], way=way).path
    with path.open("r+b") as file:
        file.truncate(600)
    with pytest.raises(OmioError):
        open_lsm(locate(path)).close()
