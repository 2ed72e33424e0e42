"""The verbs that plan, merge and run a plan: dry runs, problems, folders and stacks of folders."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

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


def test_reports_as_json(cli: Callable[..., Any], series: Path, tmp_path: Path) -> None:
    """One schema for plan, convert, merge and run: a version, what failed and why, what was left out and why."""
    (series / "bad.tif").write_bytes(b"II*\0\xff\xff\xff\xff")
    (series / "notes.txt").write_text("no picture")
    out = tmp_path / "out"
    planned = cli("plan", series, "-o", out, "--json")
    (tmp_path / "plan.json").write_text(planned.stdout, "utf-8")
    ran = cli("run", tmp_path / "plan.json", "--json")
    converted = cli("convert", series, "-o", tmp_path / "again", "--json")
    for verb, done in (("plan", planned), ("run", ran), ("convert", converted)):
        assert done.exit_code == 1
        report = json.loads(done.stdout)
        assert (report["omio_report"], report["verb"], report["ok"]) == (1, verb, False)
        (failure,) = report["failed"]
        assert Path(failure["path"]).name == "bad.tif"
        assert failure["what"]
        assert [Path(one["path"]).name for one in report["left_out"]] == ["notes.txt"]
        assert report["counts"]["failed"] == report["counts"]["left_out"] == 1
        assert len(report["outputs"]) == 3
    assert json.loads(converted.stdout)["outputs"][0] == {
        "source": str(series / "T_8.tif"), "target": str(tmp_path / "again" / "T_8.ome.tif"),
    }  # fmt: skip
    (series / "bad.tif").unlink()
    merged = json.loads(cli("merge", series, "--along", "T", "-o", out, "--json").stdout)
    assert (merged["ok"], merged["counts"]["written"]) == (True, 1)
    dry = json.loads(cli("merge", series, "--along", "T", "-o", out, "--json", "--dry-run").stdout)
    assert (dry["verb"], dry["ok"], len(dry["outputs"])) == ("plan", True, 1)


def test_a_plan_of_many_files_is_a_page(cli: Callable[..., Any], tmp_path: Path, monkeypatch: Any) -> None:
    """The first of many, and those with a problem; the whole with --all; paths as they were typed."""
    for number in range(40):
        put(tmp_path / "in" / f"T_{number}.tif", number, shape=(5, 6 + (number == 20)))
    monkeypatch.chdir(tmp_path)
    done = cli("plan", "in", "-o", "out")
    lines = done.stdout.splitlines()
    assert len(lines) < 40
    assert lines[0] == f"output 0: out{os.sep}T_0.ome.tif will be written"
    assert f"  from in{os.sep}T_0.tif" in lines
    assert "... and 35 more outputs (--all shows them)" in lines
    assert str(tmp_path) not in done.stdout
    every = cli("plan", "in", "-o", "out", "--all").stdout
    assert every.count("output ") >= 40
    merged = cli("plan", "in", "-o", "out", "--along", "T").stdout
    assert "    ... and 35 more, up to T_39.tif (--all shows them)\n" in merged
    assert "PROBLEM" in merged
    assert len(merged.splitlines()) < 20
    assert "(omio plan --all shows them)" in cli("convert", "in", "-o", "out", "--dry-run").stdout


def test_axes_are_spelled_large_and_may_be_small(cli: Callable[..., Result], tmp_path: Path) -> None:
    series = put(tmp_path / "series" / "T_1.tif", 1).parent
    put(series / "T_2.tif", 2)
    assert "is not one of 'T', 'Z', 'C'" in cli("merge", series, "--along", "q").stderr
    assert "[T|Z|C]" in cli("merge", "--help").stdout
    assert cli("merge", series, "--along", "z", "-o", tmp_path / "out.ome.tif").exit_code == 0
    assert omio.imread(tmp_path / "out.ome.tif")[0].shape[1] == 2


def test_remedies_of_sources_that_fail_are_flags(cli: Callable[..., Result], tmp_path: Path) -> None:
    folder = put(tmp_path / "in" / "a.tif", 1).parent
    (folder / "b.tif").write_text("version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 12345\n")
    assert "leave it out: --pattern '!b.tif'" in cli("plan", folder).stdout
    assert cli("plan", folder, "--pattern", "!b.tif").exit_code == 0
