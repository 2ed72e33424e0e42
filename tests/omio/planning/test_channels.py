"""Channel names of a merge along C: those of the result, or those of each input."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from click.testing import Result

import omio
from omio_core.errors import MetadataError

Cli = Callable[..., Result]


def _names(metadata: dict) -> list[str | None]:
    return [one["Name"] for one in metadata["Channels"]]


def _pair(folder: Path) -> list[Path]:
    paths = [folder / "one.ome.tif", folder / "two.ome.tif"]
    for path, count in zip(paths, (1, 2), strict=True):
        omio.imwrite(path, np.zeros((count, 4, 5), "u2"), axes="CYX")
    return paths


def test_names_are_those_of_the_result(tmp_path: Path, cli: Cli) -> None:
    paths = _pair(tmp_path)
    array, metadata = omio.imread(paths, merge="C", channel_names=["A", "B", "C"])
    assert array.shape[2] == 3
    assert _names(metadata) == ["A", "B", "C"]
    done = cli("merge", *paths, "--along", "C", "--channel-names", "A,B,C", "-o", tmp_path / "x.ome.tif")
    assert done.exit_code == 0, done.stderr
    assert _names(omio.imread(tmp_path / "x.ome.tif")[1]) == ["A", "B", "C"]
    plan = omio.plan(paths, tmp_path / "y.ome.tif", merge="C", channel_names=["A", "B", "C"])
    (path,) = omio.Plan.from_json(plan.to_json()).run()
    assert _names(omio.imread(path)[1]) == ["A", "B", "C"]


def test_names_of_each_input_are_given_to_each(tmp_path: Path) -> None:
    _, two = _pair(tmp_path)
    assert _names(omio.imread([two, two], merge="C", channel_names=["A", "B"])[1]) == ["A", "B", "A", "B"]


def test_names_that_fit_neither_are_refused_with_both_counts(tmp_path: Path) -> None:
    paths = _pair(tmp_path)
    said = r"channel_names has 2 name\(s\), and the images merged along C have 3 channel\(s\)"
    with pytest.raises(MetadataError, match=said):
        omio.imread(paths, merge="C", channel_names=["A", "B"])
    (problem,) = omio.plan(paths, merge="C", channel_names=["A", "B"]).problems
    assert "3 channel(s)" in problem
    with pytest.raises(MetadataError, match="does not fit"):
        omio.imread(paths, merge="C", channel_names="ABC")


def test_names_along_t_are_those_of_each(tmp_path: Path) -> None:
    _, two = _pair(tmp_path)
    assert _names(omio.imread([two, two], merge="T", channel_names=["A", "B"])[1]) == ["A", "B"]
