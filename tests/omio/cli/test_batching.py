"""``omio batch``: what it prints, and its exit codes."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result

from tests.omio.batching.projects import OUTPUTS, found, project

FLAGS = ("--exp", "TP", "--tagfolder", "TAG_", "--merge-tagfolders")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """The tree of six images, which become five."""
    return project(tmp_path)


def test_a_project_from_the_dry_run_to_the_status(root: Path, cli: Callable[..., Result]) -> None:
    """A dry run writes nothing; then all is written; then all is up to date."""
    dry = cli("batch", root, *FLAGS, "--dry-run")
    assert dry.exit_code == 0
    assert dry.stdout.count("to do: ") == 5
    assert not (root / "omio_converted").exists()
    done = cli("batch", root, *FLAGS)
    assert done.exit_code == 0
    assert done.stdout.splitlines()[-1] == "5 written, 0 up to date, 0 failed, 0 left out"
    assert found(root / "omio_converted") == sorted(OUTPUTS)
    assert cli("batch", root, *FLAGS, "--status").stdout.count("up to date: ") == 5


def test_what_failed_has_its_reason_and_is_retried(root: Path, cli: Callable[..., Result]) -> None:
    """Exit code 1; the status says why; what else is there waits when only failures are retried."""
    bad = root / "sub-02" / "exp_TP001" / "bad.tif"
    bad.write_bytes(b"no image")
    failed = cli("batch", root, *FLAGS)
    assert failed.exit_code == 1
    assert failed.stderr.startswith("error: ")
    assert "patterns" not in failed.stderr  # the keyword is spelled as a flag
    assert "--pattern '!bad.tif'" in failed.stderr
    status = cli("batch", root, *FLAGS, "--status")
    assert status.exit_code == 1
    assert "FAILED: " in status.stdout
    assert "no reader recognises" in status.stdout
    assert cli("batch", root, *FLAGS, "--pattern", "!bad.tif").exit_code == 0
    assert cli("batch", root, *FLAGS, "--retry").exit_code == 1


def test_json_is_one_report(root: Path, cli: Callable[..., Result]) -> None:
    """With the keys that all reports have."""
    report = json.loads(cli("batch", root, *FLAGS, "--json").stdout)
    assert (report["verb"], report["ok"], report["counts"]["written"]) == ("batch", True, 5)
    assert [Path(job["outputs"][0]).relative_to(report["out"]).as_posix() for job in report["jobs"]] == list(OUTPUTS)


@pytest.mark.parametrize("flags", [("--dry-run", "--status"), ("--retry", "--status")])
def test_modes_exclude_each_other(root: Path, cli: Callable[..., Result], flags: tuple[str, ...]) -> None:
    """The command was not understood."""
    assert cli("batch", root, *flags).exit_code == 2


def test_rules_that_find_nothing_advise_flags(root: Path, cli: Callable[..., Result]) -> None:
    """In the words of the command line."""
    result = cli("batch", root, "--exp", "session")
    assert result.exit_code == 1
    assert "--sub prefix:sub- and --exp contains:TP" in result.stderr
