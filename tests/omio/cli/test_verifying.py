"""`omio verify`: what it prints, and its exit codes."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import omio


def test_the_verb(cli: Callable[..., Any], series: Path, tmp_path: Path, monkeypatch: Any) -> None:
    """0 proved; 1 not proved, damaged, or not there; paths as typed; a line that counts."""
    omio.convert_to_ometiff(series, tmp_path / "out")
    monkeypatch.chdir(tmp_path)
    done = cli("verify", "out")
    assert (done.exit_code, done.stderr) == (0, "")
    assert done.stdout.splitlines() == [
        *(f"out{os.sep}T_{t}.ome.tif: ok, 1 plane, as its digests say" for t in (8, 9, 10)),
        "3 ok",
    ]
    assert cli("verify", "-q", "out").stdout == ""
    done = cli("verify", "out", "--against", "series", "--json")
    assert done.exit_code == 0
    assert json.loads(done.stdout) == omio.verify("out", against="series").to_dict()
    (tmp_path / "out" / "notes.txt").write_text("no picture")
    damaged = Path("out", "T_9.ome.tif")
    data = bytearray(damaged.read_bytes())
    data[20] ^= 8
    damaged.write_bytes(data)
    done = cli("verify", "nothing", "series/T_8.tif", "out")
    assert done.exit_code == 1
    assert "error: nothing: there is no such file or folder\n" in done.stderr
    lines = done.stdout.splitlines()
    assert lines[0] == "series/T_8.tif: UNPROVED, no digests: 1 plane can be read, and nothing proves them"
    assert lines[2] == f"out{os.sep}T_9.ome.tif: DAMAGED, it is not what was written:"
    assert lines[3].startswith("  image 0, T=0 Z=0 C=0: ")
    assert lines[-1] == "2 ok, 1 damaged, 1 unproved, 1 left out"
    told = json.loads(cli("verify", "--json", "out").stdout)
    assert (told["ok"], told["counts"]["damaged"], [one["path"] for one in told["failed"]]) == (
        False, 1, [str(tmp_path / damaged)],
    )  # fmt: skip
    assert [Path(one["path"]).name for one in told["left_out"]] == ["notes.txt"]
    assert cli("verify").exit_code == 2
    assert cli("verify", "out", "--against", "nothing").exit_code == 1
