"""The kit's checks of pixels: every part, every way to read them, every process."""

from __future__ import annotations

import sys
import types

import omio_toy_read
import pytest

from tests.core.testing.kits import breaking

CAUGHT = [
    ("Forgets", "test_out_is_filled", "bytes of out are not written"),
    ("Shifts", "test_regions_equal_whole", "not that part of the whole"),
    ("Shifts", "test_lazy_equals_whole", "another part"),
    ("Contiguous", "test_regions_equal_whole", "Fortran order"),
    ("Misplaced", "test_maps_equal_whole", "other pixels"),
    ("Unsafe", "test_eight_threads_read_the_same", "eight threads"),
    ("Fickle", "test_two_reads_are_identical", "another time"),
]


@pytest.mark.parametrize(("name", "check", "words"), CAUGHT, ids=[f"{name}-{check}" for name, check, _ in CAUGHT])
def test_the_kit_catches(tmp_path, name, check, words):
    with pytest.raises((AssertionError, pytest.fail.Exception), match=words):
        getattr(breaking(name), check)(tmp_path)


def test_a_reader_that_cannot_travel_is_caught(tmp_path, monkeypatch):
    here = types.ModuleType("omio_toy_only_here")
    here.open_toy = omio_toy_read.open_toy
    monkeypatch.setitem(sys.modules, "omio_toy_only_here", here)
    kit = breaking("", open="omio_toy_only_here:open_toy")
    kit.test_pixels_are_the_expected(tmp_path)
    with pytest.raises(AssertionError, match=r"(?s)another process cannot read.*omio_toy_only_here"):
        kit.test_another_process_reads_the_same(tmp_path)
