"""The verbs that plan, merge and run a plan: dry runs, problems, folders and stacks of folders."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from click.testing import Result

import omio
from tests.omio.folders import along_t, put


def test_the_verbs(series: Path, tmp_path: Path, cli: Callable[..., Result]) -> None:
    """Plan, save, run; run again; and dry runs."""
    told = cli("plan", series, "--along", "T", "-o", tmp_path / "out.ome.tif")
    assert (told.exit_code, "T=2  T_10.tif" in told.stdout) == (0, True)
    saved = tmp_path / "plan.json"
    saved.write_text(cli("plan", series, "--along", "T", "-o", tmp_path / "out.ome.tif", "--json").stdout, "utf-8")
    for verb in (["merge", "--along", "T"], ["convert"]):
        dry = cli(*verb, "--dry-run", series)
        assert (dry.exit_code, "output 0:" in dry.stdout) == (0, True)
    assert not list(tmp_path.rglob("*.ome.tif"))
    done = cli("run", saved)
    assert (done.exit_code, done.stdout.strip()) == (
        0,
        f"{saved} -> {tmp_path / 'out.ome.tif'}\n1 written, 0 up to date, 0 left out, 0 failed",
    )
    assert along_t(omio.imread(tmp_path / "out.ome.tif")[0]) == [8, 9, 10]
    again = cli("run", saved)
    assert (again.exit_code, "taken now" in again.stderr) == (1, True)


def test_a_problem_on_the_command_line(tmp_path: Path, cli: Callable[..., Result]) -> None:
    """The plan is printed, and the exit code is 1; merging says the error."""
    put(tmp_path / "f" / "a.tif")
    put(tmp_path / "f" / "b.tif", shape=(4, 6))
    told = cli("plan", tmp_path / "f", "--along", "T")
    assert (told.exit_code, "PROBLEM" in told.stdout) == (1, True)
    failed = cli("merge", tmp_path / "f", "--along", "T")
    assert (failed.exit_code, "b.tif" in failed.stderr) == (1, True)
    assert failed.stdout == "0 written, 0 up to date, 0 left out, 1 failed\n"
    padded = cli("merge", tmp_path / "f", "--along", "T", "--shapes", "pad", "-o", tmp_path / "out")
    assert (padded.exit_code, (tmp_path / "out" / "f_merged_T.ome.tif").exists()) == (0, True)
    assert cli("merge", tmp_path / "f", "--along", "X").exit_code == 2


def test_the_command_line(series: Path, tmp_path: Path, cli: Callable[..., Result]) -> None:
    """Convert a folder; merge files, folders and stacks of folders."""
    put(series / "below" / "b_old.tif", 7)
    done = cli("convert", series, "-o", tmp_path / "out", "--recursive", "--pattern", "!*_old*")
    assert (done.exit_code, done.stdout.count(" -> ")) == (0, 3)
    done = cli("merge", series / "T_10.tif", series / "T_8.tif", "--along", "t", "-o", tmp_path / "two.ome.tif")
    assert done.exit_code == 0
    assert along_t(omio.imread(tmp_path / "two.ome.tif")[0]) == [10, 8]
    for t in (1, 2):
        put(tmp_path / f"S_{t}" / "a.tif", t)
    done = cli("merge", tmp_path / "S_1", "--stack", "--along", "T", "-o", tmp_path / "out")
    assert along_t(omio.imread(tmp_path / "out" / "S_merged_T.ome.tif")[0]) == [1, 2]
    assert done.stdout.splitlines()[0] == f"{tmp_path / 'S_1'} -> {tmp_path / 'out' / 'S_merged_T.ome.tif'}"
    done = cli("merge", tmp_path, "--tag", "S_", "--along", "T", "-o", tmp_path / "out", "--collision", "skip", "-q")
    assert (done.exit_code, done.stdout) == (0, "")
