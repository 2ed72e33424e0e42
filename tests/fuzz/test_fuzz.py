"""Damaged files of every format end in an OmioError or pixels: no signal, hang, foreign exception or empty array."""

from __future__ import annotations

import os
import random
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from .__main__ import MOST
from .bounded import Answer, Bounded
from .campaign import run, tried, untouched
from .flavours import Sound
from .formats import FORMATS
from .mutate import cuts, mutated

COUNT = 100
SEED = int(os.environ.get("OMIO_FUZZ_SEED") or random.randrange(MOST))  # the suite takes OMIO_* away from tests


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[Sound, ...]]:
    """The sound files of each format."""
    return {name: sound(tmp_path_factory.mktemp(name)) for name, sound in FORMATS.items()}


@pytest.fixture(scope="module")
def child() -> Iterator[Bounded]:
    with Bounded() as bounded:
        yield bounded


@pytest.mark.slow
@pytest.mark.parametrize("name", FORMATS)
def test_a_hundred_mutations(
    name: str, made: dict[str, tuple[Sound, ...]], child: Bounded, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Another hundred every time; the same again with OMIO_FUZZ_SEED."""
    with capsys.disabled():
        sys.stdout.write(f"\nOMIO_FUZZ_SEED={SEED} ({name})\n")
    tally = run(made[name], range(COUNT), seed=SEED, folder=tmp_path, child=child)
    assert not tally.faults, tally.table()
    assert tally.count == COUNT
    assert tally.outcomes["CorruptFileError"] > 0
    assert tally.outcomes["pixels as before"] + tally.outcomes["other pixels"] > 0


@pytest.mark.slow
@pytest.mark.parametrize("name", FORMATS)
def test_cut_at_every_tenth(name: str, made: dict[str, tuple[Sound, ...]], child: Bounded, tmp_path: Path) -> None:
    """Refused, or no pixel is another one, or what is missing is said."""
    refused = 0
    for sound in made[name]:
        whole = untouched(sound, tmp_path, child).pictures
        for tenth, data in enumerate(cuts(sound)):
            answer = tried(sound, data, tmp_path / f"{sound.name}-{tenth}", child).sound()
            refused += answer.error is not None
            assert answer.error or answer.pictures == whole or answer.warnings, f"{sound.name}, cut to {tenth}0 %"
    assert refused > 5 * len(made[name])


@pytest.mark.parametrize("name", FORMATS)
def test_flavours_are_the_same_each_time(name: str, made: dict[str, tuple[Sound, ...]], tmp_path: Path) -> None:
    """Or a seed would say nothing."""
    again = FORMATS[name](tmp_path)
    assert [one.name for one in again] == [one.name for one in made[name]]
    assert [one.name for one, other in zip(again, made[name], strict=True) if one != other] == []
    assert len({one.name for one in again}) == len(again)
    assert not list(tmp_path.iterdir())


def test_mutations_are_the_same_each_time(made: dict[str, tuple[Sound, ...]]) -> None:
    one = made["tiff"][0]
    first = [mutated(one, 1, number) for number in range(50)]
    assert first == [mutated(one, 1, number) for number in range(50)]
    assert first != [mutated(one, 2, number) for number in range(50)]
    assert sum(data != one.data for data in first) > 40


def test_what_lies_beside_is_damaged_while_the_other_is_opened(
    made: dict[str, tuple[Sound, ...]], child: Bounded, tmp_path: Path
) -> None:
    (sound,) = (one for one in made["thorlabs"] if one.name == "streaming-sidecar")
    path = sound.put(b"<", tmp_path / "put")
    assert path.suffix == ".raw"
    assert (path.parent / "Experiment.xml").read_bytes() == b"<"
    answer: Answer = tried(sound, b"<", tmp_path / "tried", child).sound()
    assert answer.error is not None
    assert not (tmp_path / "tried").exists(), "files without a fault are kept"


def test_the_table_tells_what_came_of_it(made: dict[str, tuple[Sound, ...]], child: Bounded, tmp_path: Path) -> None:
    told = []
    tally = run(made["tiff"], [3, 4], seed=1, folder=tmp_path, child=child, told=told.append)
    assert [case.number for case in told] == [3, 4]
    table = tally.table()
    assert "2 mutations, seed 1" in table
    assert all(made["tiff"][number].name in table for number in (3, 4))
    assert not list(tmp_path.iterdir()), "files without a fault are kept"
