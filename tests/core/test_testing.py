"""The conformance kit: a sound reader passes, and every kind of misbehaviour is caught by the check named for it."""

from __future__ import annotations

import sys
import types
from dataclasses import replace

import numpy as np
import omio_toy
import omio_toy_broken
import omio_toy_read
import pytest
from omio_toy_read import image, write_toy

from omio_core.testing import ReaderContract, Sample


def ramp(*shape, dtype="u2"):
    return np.arange(np.prod(shape)).reshape(shape).astype(dtype)


class TestToy(ReaderContract):
    """How a plugin author uses the kit: name the reader, make small files that differ, say what is in them."""

    reader = omio_toy.READER

    def samples(self, folder):
        movie = ramp(3, 2, 2, 5, 7)
        rgb = ramp(4, 6, 3, dtype="u1")
        gaps = ramp(2, 3, 4, 5, dtype="f4")
        boxes = [[[0, 1], [0, 2], [0, 4], [0, 5]], [[1, 2], [1, 2], [0, 2], [0, 5]]]
        seen = np.zeros_like(gaps)
        seen[0, :2], seen[1, 1, :2] = gaps[0, :2], gaps[1, 1, :2]
        stated = {"physical_size_x": 0.25, "physical_size_y": 0.5, "time_increment": 3, "channels": ["a", "b"]}
        home = folder / "home"
        home.mkdir()
        write_toy(home / "index.toy", image(ramp(4, 5, dtype="u1"), "YX"))
        return {
            "movie": Sample(
                path=write_toy(folder / "movie.toy", image(movie, "TZCYX", blocks=(1, 1, 2, 2, 7), facts=stated)),
                arrays={0: movie},
                sizes={0: {"PhysicalSizeX": 0.25, "PhysicalSizeY": 0.5, "TimeIncrement": 3}},
            ),
            "rgb": Sample(
                path=write_toy(folder / "rgb.toy", image(rgb, "YXS", levels=2)),
                arrays={0: rgb.transpose(2, 0, 1)[None, None]},
            ),
            "gaps": Sample(
                path=write_toy(folder / "gaps.toy", image(gaps, "TZYX", present=boxes, absent_files=["gaps2.toy"])),
                arrays={0: seen[:, :, None]},
            ),
            "several": write_toy(
                folder / "several.toy",
                image(ramp(5, 4, 6), "QYX", name="first", assumptions=["the stage was still"]),
                image(ramp(2, 3, 5, 4, dtype="c8"), "VXYC", name="second", facts={"name": "mine"}),
                image(ramp(3, 3, dtype="f8") * np.nan, "YX"),
            ),
            "options": Sample(
                path=write_toy(folder / "options.toy", image(ramp(2, 2), "YX")),
                arrays={0: ramp(2, 2)[None, None, None] + np.uint16(5)},
                options={"add": 5},
            ),
            "folder": home,
        }


class Small(ReaderContract):
    """A tiny sample for readers that misbehave; no test class of its own."""

    def samples(self, folder):
        return {"small": write_toy(folder / "small.toy", image(ramp(2, 6, 5), "TYX"))}


def breaking(name: str, **changes) -> Small:
    kit = Small()
    kit.reader = replace(omio_toy.READER, **({"open": f"omio_toy_broken:{name}"} if name else {}), **changes)
    return kit


CAUGHT = [
    ("Forgets", "test_out_is_filled", "bytes of out are not written"),
    ("Shifts", "test_regions_equal_whole", "not that part of the whole"),
    ("Shifts", "test_lazy_equals_whole", "another part"),
    ("Contiguous", "test_regions_equal_whole", "Fortran order"),
    ("Misplaced", "test_maps_equal_whole", "other pixels"),
    ("Invents", "test_no_size_is_invented", "PhysicalSizeX is 1.0"),
    ("Pretends", "test_facts_have_origins", "'caller'"),
    ("Overlaps", "test_present_boxes_are_disjoint", "overlaps"),
    ("Swollen", "test_descriptions_are_consistent", "after"),
    ("Littering", "test_no_handle_is_leaked", "garbage collector"),
    ("Threads", "test_no_thread_is_started", "started"),
    ("Scribbles", "test_file_is_unchanged", "small.toy.index"),
    ("Touches", "test_file_is_unchanged", "small.toy"),
    ("Unsafe", "test_two_threads_read_the_same", "two threads"),
    ("Fickle", "test_two_reads_are_identical", "another time"),
    ("foreign", "test_truncated_is_refused", "is no OmioError"),
    ("Padding", "test_truncated_is_refused", "other pixels than the whole"),
]


@pytest.mark.parametrize(("name", "check", "words"), CAUGHT, ids=[f"{name}-{check}" for name, check, _ in CAUGHT])
def test_the_kit_catches(tmp_path, name, check, words):
    with pytest.raises((AssertionError, pytest.fail.Exception), match=words):
        getattr(breaking(name), check)(tmp_path)


def test_the_kit_catches_leaked_handles(tmp_path):
    kit = breaking("Leaks")
    if not sys.platform.startswith("linux"):
        pytest.skip("open handles are counted on Linux")
    with pytest.raises(AssertionError, match="handles are left open"):
        kit.test_no_handle_is_leaked(tmp_path)


def test_the_kit_catches_descriptions_that_hold_the_file(tmp_path):
    with pytest.raises((AssertionError, TypeError, ValueError), match=r"pickle|closed"):
        breaking("Holds").test_descriptions_are_values(tmp_path)


@pytest.mark.parametrize(
    ("sniff", "check", "words"),
    [
        ("claims", "test_sniff_declines_with_a_reason", "a text is claimed as SIGNATURE"),
        ("silent", "test_sniff_claims_its_own", "without a reason"),
        ("by_name", "test_sniff_declines_a_folder", "an empty folder"),
        ("by_name", "test_sniff_declines_with_a_reason", "an empty file named"),
    ],
)
def test_the_kit_catches_sniffs(tmp_path, sniff, check, words):
    kit = breaking("", sniff=getattr(omio_toy_broken, sniff))
    with pytest.raises(AssertionError, match=words):
        getattr(kit, check)(tmp_path)


def test_the_kit_catches_expectations_that_do_not_hold(tmp_path):
    class Wrong(Small):
        reader = omio_toy.READER

        def samples(self, folder):
            path = write_toy(folder / "a.toy", image(ramp(2, 2), "YX"))
            return {"a": Sample(path=path, arrays={0: ramp(1, 1, 1, 2, 2) + 1}, sizes={0: {"PhysicalSizeX": 2.0}})}

    with pytest.raises(AssertionError, match="other pixels"):
        Wrong().test_pixels_are_the_expected(tmp_path)
    with pytest.raises(AssertionError, match=r"unknown, and the sample states 2\.0"):
        Wrong().test_no_size_is_invented(tmp_path)


def test_a_kit_without_samples_does_not_pass(tmp_path):
    class Empty(Small):
        reader = omio_toy.READER

        def samples(self, folder):
            return {}

    for check in (name for name in dir(Empty) if name.startswith("test_") and "sniff_declines" not in name):
        with pytest.raises(AssertionError, match="there must be a sample"):
            getattr(Empty(), check)(tmp_path)


def test_a_reader_that_cannot_travel_is_caught(tmp_path, monkeypatch):
    here = types.ModuleType("omio_toy_only_here")
    here.open_toy = omio_toy_read.open_toy
    monkeypatch.setitem(sys.modules, "omio_toy_only_here", here)
    kit = breaking("", open="omio_toy_only_here:open_toy")
    kit.test_pixels_are_the_expected(tmp_path)
    with pytest.raises(AssertionError, match=r"(?s)another process cannot read.*omio_toy_only_here"):
        kit.test_another_process_reads_the_same(tmp_path)
