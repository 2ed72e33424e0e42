"""Files that end too soon or were changed give an error of ours, or pixels; in a child that may not die of it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from omio_core.errors import CorruptFileError, LimitExceededError, OmioError
from omio_plugins.lsm._read import open_lsm
from tests.fuzz.bounded import Bounded
from tests.fuzz.campaign import run
from tests.fuzz.flavours import Sound
from tests.fuzz.lsm import sound

from .made import LZW, Way, ramp, stack, write
from .samples import KINDS

COUNT, SEED = 100, 34412


@pytest.fixture(scope="module")
def sounds(tmp_path_factory: pytest.TempPathFactory) -> tuple[Sound, ...]:
    return sound(tmp_path_factory.mktemp("sound"))


@pytest.fixture(scope="module")
def child() -> Iterator[Bounded]:
    with Bounded() as bounded:
        yield bounded


@pytest.mark.slow
def test_a_hundred_mutations(sounds: tuple[Sound, ...], child: Bounded, tmp_path: Path) -> None:
    tally = run(sounds, range(COUNT), seed=SEED, folder=tmp_path, child=child)
    assert not tally.faults, tally.table()
    assert tally.count == COUNT
    assert tally.outcomes["CorruptFileError"] > 0


@pytest.mark.slow
def test_truncations(sounds: tuple[Sound, ...], child: Bounded, tmp_path: Path) -> None:
    """At every tenth: an error of ours, since no file is whole without its end."""
    found = {}
    for one in sounds:
        for tenth in range(1, 10):
            path = tmp_path / f"{one.name}-{tenth}.lsm"
            path.write_bytes(one.data[: len(one.data) * tenth // 10])
            answer = child.ask(path)
            found[path.name] = answer.fault
            assert answer.error is not None, path.name
    assert {name: fault for name, fault in found.items() if fault} == {}
    assert len(found) == 9 * len(sounds)


def test_sound_files_are_the_same_each_time(sounds: tuple[Sound, ...], tmp_path: Path) -> None:
    assert [(one.name, one.data) for one in sound(tmp_path)] == [(one.name, one.data) for one in sounds]
    assert len(sounds) == len(KINDS)


# --- files that lie


def test_many_planes_cost_nothing(tmp_path: Path) -> None:
    """Of each of four dimensions a thousand million declared, and two planes there."""
    info = {"ScanType": 6, **dict.fromkeys(("DimensionTime", "DimensionZ", "DimensionP", "DimensionM"), 1 << 30)}
    path = write(tmp_path / "a.lsm", stack(ramp(2, 1, 7, 9)), info).path
    opened = open_lsm(str(path))
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
        open_lsm(str(path)).close()


def test_tables_of_strips_that_overlap(tmp_path: Path) -> None:
    """Many pages that share one long table of strips."""
    array = ramp(60, 1, 1200, 1)
    path = write(tmp_path / "a.lsm", stack(array), {"DimensionZ": 60}, way=Way(strips=1200, thumbnails=False)).path
    data = bytearray(path.read_bytes())
    opened = open_lsm(str(path))
    opened.close()
    path.write_bytes(bytes(data[: len(data) // 2]))
    with pytest.raises(OmioError):
        open_lsm(str(path)).close()


def test_a_strip_outside_the_file(tmp_path: Path) -> None:
    array = np.asarray(ramp(7, 9))
    way = Way(compression=LZW, place=lambda k, at: at + (1 << 20 if k else 0))
    path = write(tmp_path / "a.lsm", [[array]], way=way).path
    with path.open("r+b") as file:
        file.truncate(600)
    with pytest.raises(OmioError):
        open_lsm(str(path)).close()
