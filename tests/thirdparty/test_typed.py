"""A stranger's plugin is checked by mypy and pyright at their strictest: they see every name of the one door."""

from __future__ import annotations

import importlib.util
import json
import shutil
import subprocess
import sys
from importlib.metadata import EntryPoint
from pathlib import Path

import numpy as np
import pytest

import omio
from omio_core.plugins import catalogue as plugins

TYPED = Path(__file__).resolve().parent / "typed"


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """The plugin in a folder of its own, far from the configuration of this repository."""
    return Path(shutil.copytree(TYPED, tmp_path / "typed", ignore=shutil.ignore_patterns("__pycache__")))


def _run(*command: str, folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command, cwd=folder, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=280, check=False
    )


@pytest.mark.slow
def test_mypy_finds_the_mistakes_and_no_others(copy: Path) -> None:
    """Each comment ``type: ignore`` in wrong.py stands for a mistake: one that ignores nothing is an error."""
    if importlib.util.find_spec("mypy") is None:
        pytest.skip("mypy is not installed in this environment")
    done = _run(sys.executable, "-m", "mypy", "--strict", "--cache-dir", "cache", "omio_ten", "wrong.py", folder=copy)
    assert (done.returncode, done.stdout) == (0, "Success: no issues found in 4 source files\n")


@pytest.mark.slow
def test_pyright_finds_the_mistakes_and_no_others(copy: Path) -> None:
    pyright = shutil.which("pyright")
    if pyright is None:
        pytest.skip("pyright is not installed: pip install pyright")
    settings = {
        "typeCheckingMode": "strict",
        "reportUnnecessaryTypeIgnoreComment": True,
        "include": ["omio_ten", "wrong.py"],
    }
    (copy / "pyrightconfig.json").write_text(json.dumps(settings | {"include": ["omio_ten", "wrong.py"]}))
    done = _run(pyright, "--outputjson", "--pythonpath", sys.executable, folder=copy)
    if not done.stdout.startswith("{"):
        pytest.skip(f"pyright does not run here: {done.stderr[-200:]}")
    found = json.loads(done.stdout)
    assert found["summary"]["filesAnalyzed"] == 4
    assert [
        (one["file"], one["range"]["start"]["line"] + 1, one["message"]) for one in found["generalDiagnostics"]
    ] == []


def test_the_plugin_that_is_checked_works(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What it writes it reads, its policy is offered, and its annotation is in the metadata."""
    monkeypatch.syspath_prepend(str(TYPED))
    known = plugins.load([EntryPoint("ten", "omio_ten", plugins.GROUP)])
    assert known.blocked == ()
    array = np.arange(2 * 2 * 3 * 4, dtype="u2").reshape(2, 2, 3, 4)
    with plugins.using(plugins.load([*plugins._entry_points(), EntryPoint("ten", "omio_ten", plugins.GROUP)])):
        path = omio.imwrite(tmp_path / "a.ten", array, axes="ZCYX", verify="pixels")
        with omio.imopen(path, conflict="ten") as image:
            assert image.to_numpy()[0].tolist() == array.tolist()
            assert image.metadata.facts.annotations["ten"] == {"name": "a.ten", "planes": 2}
        assert omio.imwrite(path, array, axes="ZCYX", collision="ten") == path
