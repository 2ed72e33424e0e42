"""A process is killed at every call of the system that it makes while a folder lands; the next run finds it whole."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from omio_core.files import temporaries
from omio_core.files.folders import land_folder
from tests.core.files.texts import names
from tests.core.files.trees import NEW, OLD, build, made, tree

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(shutil.which("strace") is None, reason="strace, which kills at a call, is not installed"),
]

ROOT = Path(__file__).resolve().parents[3]
CALLS = (
    "openat", "write", "fsync", "flock", "mkdir", "rmdir", "unlink", "rename", "renameat2", "chmod", "utimensat",
)  # fmt: skip
CHILD = """
import os, sys
from omio_core import threads
from omio_core.files import renames
from omio_core.files.folders import land_folder
from tests.core.files.trees import NEW, build
if sys.argv[2] == "plain":
    renames._rename_call = lambda: None
else:
    renames._rename_call()
threads.WAITING = 1  # in one thread, so that the calls come in the same order each time
os.getppid()  # where the landing begins
land_folder(sys.argv[1], build(NEW), replace=True)
os._exit(0)
"""


def _run(target: Path, how: str, *options: str) -> subprocess.CompletedProcess[str]:
    python = [sys.executable, "-S", "-c", CHILD, str(target), how]
    path = os.pathsep.join([str(ROOT), *(entry for entry in sys.path if "site-packages" in entry)])
    return subprocess.run(
        ["strace", "-f", "-qq", *options, *python],
        env={**os.environ, "PYTHONPATH": path, "OMIO_WORKERS": "1", "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip


def _points(target: Path, how: str) -> Iterator[tuple[str, int]]:
    """Every call of a landing that changes something: its name, and its number among those of that name."""
    done = _run(target, how, "-e", f"trace=getppid,{','.join(CALLS)}")
    if done.returncode and "ptrace" in done.stderr:
        pytest.skip(f"strace may not trace here: {done.stderr[-300:]}")
    assert done.returncode == 0, done.stderr[-2000:]
    counted: Counter[str] = Counter()
    begun = False
    for name, rest in re.findall(r"^(?:\[pid +\d+\] )?(\w+)\((.*)", done.stderr, re.MULTILINE):
        begun = begun or name == "getppid"
        counted[name] += 1
        if begun and name in CALLS and (name != "openat" or "O_CREAT" in rest):
            yield name, counted[name]


@pytest.mark.timeout(300)
@pytest.mark.parametrize("how", ["exchange", "plain"])
@pytest.mark.parametrize("old", [False, True])
def test_killed_at_every_call_one_whole_folder_is_left(tmp_path: Path, how: str, old: bool) -> None:
    def prepare(number: int) -> Path:
        folder = tmp_path / str(number)
        folder.mkdir()
        if old:
            made(folder / "a", OLD)
        return folder

    points = list(_points(prepare(0) / "a", how))
    assert len(points) > 25, points

    def killed(number: int) -> tuple[int, int]:
        name, count = points[number - 1]
        done = _run(prepare(number) / "a", how, "-e", f"trace={name}", "-e", f"inject={name}:signal=KILL:when={count}")
        return number, done.returncode

    with ThreadPoolExecutor(2) as threads:
        codes = dict(threads.map(killed, range(1, len(points) + 1)))
    assert [points[number - 1] for number, code in codes.items() if code == 0] == []
    outcomes: Counter[str] = Counter()
    for number in codes:
        folder = tmp_path / str(number)
        temporaries._tidy_once_per_interval.cache_clear()  # the next run is another process
        land_folder(folder / "next", build({"next": "next"}))
        where = f"killed at {points[number - 1]}"
        assert names(folder) in (["a", "next"], *([] if old else [["next"]])), where
        found = tree(folder / "a") if (folder / "a").exists() else None
        assert found in (NEW, OLD if old else None), where
        outcomes["new" if found == NEW else "before"] += 1
    assert outcomes["new"] > 2
    assert outcomes["before"] > 15
