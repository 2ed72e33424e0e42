"""`omio methods`: what it prints, and its exit codes."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import omio


def test_the_verb(cli: Callable[..., Any], series: Path, tmp_path: Path) -> None:
    """One paragraph on standard output; files without a record are named beside it, and the exit code is 1."""
    out = tmp_path / "out"
    omio.convert_to_ometiff(series, out)
    done = cli("methods", out)
    assert (done.exit_code, done.stderr) == (0, "")
    assert done.stdout == f"{omio.methods(out)}\n"
    done = cli("methods", out, series, tmp_path / "nothing", "--json")
    assert done.exit_code == 1
    told = json.loads(done.stdout)
    assert [Path(path).name for path in told["without_record"]] == ["T_8.tif", "T_9.tif", "T_10.tif"]
    assert [Path(one["path"]).name for one in told["failed"]] == ["nothing"]
    assert done.stderr.count("carries no record of OMIO") == 3
    assert "error: " in done.stderr
    done = cli("methods", series)
    assert (done.exit_code, done.stdout) == (1, "")
