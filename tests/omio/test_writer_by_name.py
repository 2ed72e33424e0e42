"""A writer by its name, at every door: whatever the suffix, and the suffix of its own where the name is OMIO's."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from click.testing import Result

import omio
from omio_core.errors import NoWriterError, UnknownOptionError
from omio_core.plugins import catalogue as plugins
from omio_core.plugins.catalogue import catalogue

Cli = Callable[..., Result]


@pytest.fixture(autouse=True)
def _twin() -> Iterator[None]:
    """A writer of another package, with a suffix of its own and one option."""
    known = catalogue()
    (ours,) = [writer for writer in known.writers if writer.name == "ome_tiff"]
    twin = dataclasses.replace(ours, name="twin", suffixes=(".twin",), options={"order": "the order of the planes"})
    with plugins.using(dataclasses.replace(known, writers=(*known.writers, twin))):
        yield


def names(paths: list[Path]) -> list[str]:
    return [path.name for path in paths]


def test_a_name_overrides_the_suffix(tmp_path: Path) -> None:
    array = np.arange(12, dtype="u2").reshape(3, 4)
    path = omio.imwrite(tmp_path / "a.dat", array, writer="ome_tiff")
    assert path == tmp_path / "a.dat"
    assert omio.imread(path)[0].ravel().tolist() == array.ravel().tolist()
    with pytest.raises(NoWriterError, match="named like"):
        omio.imwrite(tmp_path / "b.dat", array)
    with pytest.raises(UnknownOptionError, match="twin has no option 'pyramid'"):
        omio.imwrite(tmp_path / "b.ome.tif", array, writer="twin", pyramid=1)
    assert names(list(tmp_path.iterdir())) == ["a.dat"]


def test_the_suffix_is_that_of_the_writer(series: Path, tmp_path: Path) -> None:
    beside = omio.convert_to_ometiff(series / "T_8.tif", writer="twin")
    assert names(beside) == ["T_8.twin"]
    in_a_folder = omio.imconvert(series, tmp_path / "out", writer="twin", name="{stem}-new")
    assert names(in_a_folder) == ["T_8-new.twin", "T_9-new.twin", "T_10-new.twin"]
    merged = omio.convert_to_ometiff(series, tmp_path / "out", merge="T", writer="twin")
    assert names(merged) == ["series_merged_T.twin"]
    assert omio.imread(merged[0])[0].shape[0] == 3


def test_a_name_that_a_format_has_is_a_file_of_the_writer(series: Path, tmp_path: Path) -> None:
    """Without a writer such a name is refused: nobody wants a folder that is called x.tif."""
    (path,) = omio.convert_to_ometiff(series / "T_8.tif", tmp_path / "x.tif", writer="ome_tiff")
    assert path == tmp_path / "x.tif"
    with pytest.raises(NoWriterError, match="named like") as caught:
        omio.convert_to_ometiff(series / "T_8.tif", tmp_path / "y.tif")
    assert 'writer="ome_tiff"' in caught.value.remedy


def test_a_plan_keeps_the_writer(series: Path, tmp_path: Path) -> None:
    plan = omio.plan(series, tmp_path / "out", merge="T", writer="twin")
    assert json.loads(plan.to_json())["writing"]["writer"] == "twin"
    again = omio.Plan.from_json(plan.to_json())
    assert again == plan
    assert "writer: twin" in str(again).splitlines()
    assert names(again.run()) == ["series_merged_T.twin"]
    with_file = omio.plan(series / "T_8.tif", tmp_path / "z.tif", writer="twin")
    assert omio.Plan.from_json(with_file.to_json()).run() == [tmp_path / "z.tif"]


def test_a_plan_whose_writer_is_not_installed_any_more_writes_nothing(series: Path, tmp_path: Path) -> None:
    saved = omio.plan(series / "T_8.tif", tmp_path / "out.ome.tif", writer="twin").to_json()
    known = catalogue()
    with (
        plugins.using(dataclasses.replace(known, writers=known.writers[:1])),
        pytest.raises(NoWriterError, match="there is no writer 'twin'"),
    ):
        omio.Plan.from_json(saved).run()
    assert not (tmp_path / "out.ome.tif").exists()


DOORS: dict[str, Callable[[Path, Path], object]] = {
    "imwrite": lambda series, out: omio.imwrite(out / "a.ome.tif", np.zeros((3, 4), "u1"), writer="nobody"),
    "convert": lambda series, out: omio.convert_to_ometiff(series, out, writer="nobody"),
    "merge": lambda series, out: omio.convert_to_ometiff(series, out, merge="T", writer="nobody"),
    "plan": lambda series, out: omio.plan(series, writer="nobody"),
    "into a file": lambda series, out: omio.plan(series / "T_8.tif", out / "a.ome.tif", writer="nobody"),
}


@pytest.mark.parametrize("door", DOORS)
def test_a_name_that_nobody_has_lists_those_installed(door: str, series: Path, tmp_path: Path) -> None:
    with pytest.raises(NoWriterError, match="there is no writer 'nobody'") as caught:
        DOORS[door](series, tmp_path / "out")
    assert "installed: ome_tiff, ome_zarr, twin" in caught.value.evidence
    assert caught.value.writer == "nobody"
    assert not (tmp_path / "out").exists()


def test_on_the_command_line(cli: Cli, series: Path, tmp_path: Path) -> None:
    assert cli("convert", series, "-o", tmp_path / "out", "--writer", "twin").exit_code == 0
    assert sorted(names(list((tmp_path / "out").iterdir()))) == ["T_10.twin", "T_8.twin", "T_9.twin"]
    assert cli("merge", series, "--along", "T", "-o", tmp_path / "m.tif", "--writer", "twin").exit_code == 0
    assert (tmp_path / "m.tif").exists()
    done = cli("plan", series, "--along", "T", "--writer", "twin", "--json")
    saved = tmp_path / "plan.json"
    saved.write_text(done.stdout, "utf-8")
    assert cli("run", saved).exit_code == 0
    assert (tmp_path / "series_merged_T.twin").exists()
    wrong = cli("convert", series, "--writer", "nobody")
    assert wrong.exit_code == 1
    assert "installed: ome_tiff, ome_zarr, twin" in wrong.stderr
    refused = cli("convert", series / "T_8.tif", "-o", tmp_path / "n.tif")
    assert "name a writer: --writer ome_tiff" in refused.stderr


def test_several_files_into_one_of_a_named_writer_are_refused(cli: Cli, series: Path, tmp_path: Path) -> None:
    done = cli("convert", series / "T_8.tif", series / "T_9.tif", "-o", tmp_path / "n.tif", "--writer", "twin")
    assert done.exit_code == 2
    assert "cannot go into the one file" in done.stderr
