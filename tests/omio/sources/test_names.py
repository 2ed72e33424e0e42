"""Numbers that are missing in the names of files that are merged: told, never filled, never an error."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result

import omio
from omio.sources.names import gaps
from omio_core.errors import MetadataWarning
from tests.omio.folders import along_t, put


def _names(form: str, *numbers: int) -> list[str]:
    return [form.format(n) for n in numbers]


TOLD = {
    "one": (_names("T_{}.tif", 1, 2, 4), ["between T_2.tif and T_4.tif the number 3 is missing"]),
    "two": (_names("T_{}.tif", 1, 2, 5, 6), ["between T_2.tif and T_5.tif the numbers 3 and 4 are missing"]),
    "several": (_names("{:03}a", 1, 2, 8, 9), ["between 002a and 008a the numbers 3 to 7 are missing"]),
    "twice": (
        _names("T{}", 1, 2, 4, 5, 6, 8),
        ["between T2 and T4 the number 3 is missing", "between T6 and T8 the number 7 is missing"],
    ),
    "another step": (
        _names("t{}s", 0, 10, 20, 40, 50, 90),
        [
            "between t20s and t40s the number 30 is missing",
            "between t50s and t90s the numbers 60 to 80 in steps of 10 are missing",
        ],
    ),
    "numbers that stay": (_names("C1_T{}_b9", 1, 2, 4), ["between C1_T2_b9 and C1_T4_b9 the number 3 is missing"]),
    "of one channel": (
        [*_names("C1_T{}", 1, 2, 3), *_names("C2_T{}", 1, 2, 4)], ["between C2_T2 and C2_T4 the number 3 is missing"],
    ),
    "of a channel alone": (_names("C{}_T7", 1, 2, 4), ["between C2_T7 and C4_T7 the number 3 is missing"]),
}  # fmt: skip


@pytest.mark.parametrize("case", TOLD)
def test_told(case: str) -> None:
    """Between which names, and which numbers."""
    names, words = TOLD[case]
    assert list(gaps(names)) == words


SILENT = {
    "nothing": [],
    "one": ["T_1"],
    "whole": _names("T_{}", 1, 2, 3),
    "padded": ["T_008", "T_009", "T_010", "T_11"],
    "even steps": _names("T_{}", 0, 10, 20),
    "two files": _names("T_{}", 1, 7),
    "a choice of many": _names("frame_{}", 1, 5, 6, 20, 31, 40),
    "uneven steps": _names("{}s", 0, 2, 4, 7),
    "days": _names("{}", 20240130, 20240131, 20240201),
    "the end of a channel": [*_names("C1_T{}", 1, 2, 3), *_names("C2_T{}", 1, 2)],
    "whole channels": [*_names("C1_T{}", 1, 2), *_names("C2_T{}", 1, 2), *_names("C4_T{}", 1, 2)],
    "two numbers at once": ["C1_T1", "C2_T2", "C4_T4"],
    "another text": ["T_1a", "T_2b", "T_4a"],
    "no numbers": ["a", "b", "d"],
    "twice the same": ["T_1", "T_2", "T_1", "T_2", "T_4"],
}


@pytest.mark.parametrize("case", SILENT)
def test_in_doubt_nothing_is_said(case: str) -> None:
    assert list(gaps(SILENT[case])) == []


def test_what_is_there_is_not_missing() -> None:
    """Left out or named elsewhere: it is in no gap."""
    assert list(gaps(["T_1", "T_2", "T_4"], there=["T_3", "notes", "T_9"])) == []
    assert list(gaps(["T_1", "T_2", "T_6"], there=["T_4"])) == ["between T_2 and T_6 the numbers 3, 5 are missing"]
    assert list(gaps(["T_1", "T_2", "T_4"], there=["U_3", "T_3_old"])) != []


SAID = "between img_T2.tif and img_T4.tif the number 3 is missing"


@pytest.fixture
def series(tmp_path: Path) -> Path:
    """A folder where the third of four is missing."""
    for t in (1, 2, 4):
        put(tmp_path / "series" / f"img_T{t}.tif", t)
    return tmp_path / "series"


def test_a_plan_says_it(series: Path, cli: Callable[..., Result]) -> None:
    """In the notes, in print, after saving, and on the command line; planning warns of nothing."""
    plan = omio.plan(series, merge="T")
    assert plan.notes == (SAID,)
    assert f"note: {SAID}" in str(plan)
    assert plan.problems == ()
    assert omio.Plan.from_json(plan.to_json()) == plan
    assert f"note: {SAID}" in cli("plan", series, "--along", "T").stdout


MERGES = {
    "imread": lambda path: along_t(omio.imread(path, merge="T")[0]),
    "imopen": lambda path: along_t(omio.imopen(path, merge="T").to_numpy()),
    "convert": lambda path: along_t(omio.imread(omio.convert_to_ometiff(path, merge="T")[0])[0]),
}


@pytest.mark.parametrize("door", MERGES)
def test_a_merge_warns_of_it(series: Path, door: str) -> None:
    """Once; and nothing is filled."""
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        assert MERGES[door](series) == [1, 2, 4]
    assert [(one.category, str(one.message)) for one in told] == [
        (MetadataWarning, f"merged along T, one after another, although {SAID}")
    ]


def test_the_command_line_warns(series: Path, cli: Callable[..., Result]) -> None:
    done = cli("merge", series, "--along", "T")
    assert (done.exit_code, done.stderr.count(SAID)) == (0, 1)


def test_files_that_are_not_merged_or_were_named(series: Path) -> None:
    """Each read for itself, listed one by one, or left out on purpose: there is nothing to warn of."""
    assert len(omio.imread(series, return_list=True)[0]) == 3
    assert along_t(omio.imread(sorted(series.iterdir()), merge="T")[0]) == [1, 2, 4]
    put(series / "img_T3.tif", 3)
    assert along_t(omio.imread(omio.Folder(series, patterns=["!*T3*"]), merge="T")[0]) == [1, 2, 4]
    assert along_t(omio.imread([series / "img_T3.tif", series], merge="T")[0]) == [3, 1, 2, 4]


def test_stacks_and_folders_in_folders(tmp_path: Path) -> None:
    """A folder of the family that is missing, and a file in one of them; of many, a few."""
    for fov in (1, 2, 4):
        for t in (1, 2, 4) if fov == 2 else (1, 2, 3):
            put(tmp_path / "data" / f"FOV{fov}" / f"T_{t}.tif", t)
    inner = Path("FOV2")
    words = (
        "between FOV2 and FOV4 the number 3 is missing; "
        f"between {inner / 'T_2.tif'} and {inner / 'T_4.tif'} the number 3 is missing"
    )
    assert omio.plan(omio.FolderStack(tmp_path / "data" / "FOV1"), merge="T").notes == (words,)
    below = omio.plan(omio.Folder(tmp_path / "data", recursive=True), merge="T")
    assert below.notes == (words.partition("; ")[2],)
    for n in range(0, 40, 3):
        put(tmp_path / "many" / f"{n}.tif")
        put(tmp_path / "many" / f"{n + 1}.tif")
    (note,) = omio.plan(tmp_path / "many", merge="T").notes
    assert note.startswith("between 1.tif and 3.tif the number 2 is missing; ")
    assert note.endswith("; and 8 more")
    assert note.count("is missing") == 5
