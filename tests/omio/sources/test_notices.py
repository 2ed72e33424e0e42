"""Warnings about many files: one of a kind, which names them; padding is told once."""

from __future__ import annotations

import warnings
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import pytest

import omio
from omio_core.errors import AbsentPlanesWarning, AssumedAxesWarning, MetadataWarning, warn
from tests.omio.folders import along_t, put


def test_absent_planes_are_told_of_every_file() -> None:
    from omio.sources.notices import one_per_kind, recorded

    with recorded() as told:
        for name in ("a", "b", "b"):
            warn(f"/f/{name}.tif: filled with 0", AbsentPlanesWarning, path=f"/f/{name}.tif")
        for number in range(8):
            warn(f"/f/{number}.tif: left out", MetadataWarning, path=f"/f/{number}.tif")
    assert tuple((one.category, one.text) for one in one_per_kind(told)) == (
        (AbsentPlanesWarning, "/f/a.tif: filled with 0"),
        (AbsentPlanesWarning, "/f/b.tif: filled with 0"),
        (
            MetadataWarning,
            "/f/0.tif: left out (and 7 more of this kind: 1.tif, 2.tif, 3.tif, 4.tif, 5.tif, and 2 more)",
        ),
    )


def test_files_of_one_name_are_told_in_full() -> None:
    from omio.sources.notices import one_per_kind, recorded

    with recorded() as told:
        for folder in ("t1", "t2"):
            warn(f"/{folder}/a.tif: left out", MetadataWarning, path=f"/{folder}/a.tif")
        warnings.warn("of no file", UserWarning, stacklevel=1)
        warnings.warn("of no file", UserWarning, stacklevel=1)
    assert [one.path for one in one_per_kind(told)] == ["/t1/a.tif", None], "of several files, the first"
    assert [one.text for one in one_per_kind(told)] == [
        "/t1/a.tif: left out (and 1 more of this kind: /t2/a.tif)", "of no file (and 1 more of this kind)",
    ]  # fmt: skip


@pytest.mark.parametrize("way", ["imread", "convert", "run"])
def test_padding_is_told_once(tmp_path: Path, way: str) -> None:
    put(tmp_path / "f" / "a.tif", 1, (5, 6))
    put(tmp_path / "f" / "b.tif", 2, (4, 6))
    put(tmp_path / "f" / "c.tif", 3, (3, 6))
    plan = omio.plan(tmp_path / "f", tmp_path / "x.ome.tif", merge="T", shapes="pad")  # silent: warnings are errors
    said = r"images merged that are too small and padded with 0: 2 \(b\.tif: Y 4 to 5; c\.tif: Y 3 to 5\)"
    do = {
        "imread": partial(omio.imread, tmp_path / "f", merge="T", shapes="pad"),
        "convert": partial(omio.convert_to_ometiff, tmp_path / "f", tmp_path / "x.ome.tif", merge="T", shapes="pad"),
        "run": plan.run,
    }
    with pytest.warns(AbsentPlanesWarning, match=said) as told:
        do[way]()
    assert len(told) == 1


def test_warnings_of_many_files(tmp_path: Path) -> None:
    """One a kind, with how many there were, and of which files."""
    for name in "abc":
        put(tmp_path / "f" / f"{name}.tif", shape=(2, 5, 6), bare=True)
    with pytest.warns(AssumedAxesWarning, match=r"a\.tif.*\(and 2 more of this kind: b\.tif, c\.tif\)") as told:
        omio.imread(tmp_path / "f", return_list=True)
    assert len(told) == 1
    with pytest.warns(AssumedAxesWarning) as told:
        omio.convert_to_ometiff(tmp_path / "f", tmp_path / "out")
    assert len(told) == 1
    omio.plan(tmp_path / "f")  # says it in the plan


def test_threads_leave_the_filters_alone(series: Path) -> None:
    """Many at once: each gets its picture, and warnings are what they were."""
    before = list(warnings.filters), warnings.showwarning
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda _: along_t(omio.imread(series, merge="T")[0]), range(16)))
    assert found == [[8, 9, 10]] * 16
    assert (list(warnings.filters), warnings.showwarning) == before
