"""Damaged TIFFs of every flavour end in an OmioError or pixels: no signal, hang, foreign exception or empty array."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from .bounded import Bounded
from .campaign import run
from .flavours import Sound, sound
from .mutate import mutated

COUNT = 100
SEED = int(os.environ.get("OMIO_FUZZ_SEED") or date.today().toordinal())  # the suite takes OMIO_* away from tests


@pytest.fixture(scope="module")
def sounds(tmp_path_factory: pytest.TempPathFactory) -> tuple[Sound, ...]:
    return sound(tmp_path_factory.mktemp("sound"))


@pytest.fixture(scope="module")
def child() -> Iterator[Bounded]:
    with Bounded() as bounded:
        yield bounded


@pytest.mark.slow
def test_a_hundred_mutations(
    sounds: tuple[Sound, ...], child: Bounded, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Another hundred every day; those of a day again with OMIO_FUZZ_SEED."""
    with capsys.disabled():
        sys.stdout.write(f"\nOMIO_FUZZ_SEED={SEED}\n")
    tally = run(sounds, range(COUNT), seed=SEED, folder=tmp_path, child=child)
    assert not tally.faults, tally.table()
    assert tally.count == COUNT
    assert tally.outcomes["CorruptFileError"] > 0
    assert tally.outcomes["pixels as before"] + tally.outcomes["other pixels"] > 0


def test_flavours_are_the_same_each_time(sounds: tuple[Sound, ...], tmp_path: Path) -> None:
    """Or a seed would say nothing."""
    again = {one.name: one for one in sound(tmp_path)}
    assert {one.name for one in sounds} == set(again)
    assert [one.name for one in sounds if one.data != again[one.name].data] == []
    assert not list(tmp_path.iterdir())


def test_mutations_are_the_same_each_time(sounds: tuple[Sound, ...]) -> None:
    one = sounds[0]
    first = [mutated(one, 1, number) for number in range(50)]
    assert first == [mutated(one, 1, number) for number in range(50)]
    assert first != [mutated(one, 2, number) for number in range(50)]
    assert sum(data != one.data for data in first) > 40


def test_the_table_tells_what_came_of_it(sounds: tuple[Sound, ...], child: Bounded, tmp_path: Path) -> None:
    told = []
    tally = run(sounds, [3, 4], seed=1, folder=tmp_path, child=child, told=told.append)
    assert [case.number for case in told] == [3, 4]
    table = tally.table()
    assert "2 mutations, seed 1" in table
    assert all(sounds[number].name in table for number in (3, 4))
    assert not list(tmp_path.iterdir()), "files without a fault are kept"
