"""A process is killed, or finds the disk full, at every call of a cache build: an entry is whole or absent."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

import omio
from omio_core.files import temporaries

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(shutil.which("strace") is None, reason="strace, which kills at a call, is not installed"),
]

ROOT = Path(__file__).resolve().parents[3]
CALLS = ("openat", "write", "fsync", "mkdir", "rmdir", "unlink", "rename", "renameat2", "flock")
FULL = ("write", "mkdir", "openat", "fsync")
PIXELS = (np.arange(2 * 20 * 30) + 1).astype("u2").reshape(1, 2, 1, 20, 30)
CHILD = """
import os, sys
import omio
from omio_core import threads
from omio_core.files import renames
from omio_core.pixels import zarrlevels
renames._rename_call()
threads.WAITING = 1  # in one thread, so that the calls come in the same order each time
zarrlevels._grown = lambda shape, blocks, itemsize, floor: (1, 1, 1, 20, shape[4])
omio.imread(sys.argv[1], zarr_store="disk", zarr_store_path=sys.argv[2])  # loads every module
os.getppid()  # where the build begins
omio.imread(sys.argv[1], zarr_store="disk", reuse_disk_cache=False)
os._exit(0)
"""


@pytest.fixture(autouse=True)
def _small_chunks() -> None:
    """The chunks of this file are made in the child."""


def _run(source: Path, *options: str) -> subprocess.CompletedProcess[str]:
    path = os.pathsep.join([str(ROOT), *(entry for entry in sys.path if "site-packages" in entry)])
    scratch = source.parent.parent / f"{source.parent.name}-first"
    return subprocess.run(
        ["strace", "-f", "-qq", *options, sys.executable, "-c", CHILD, str(source), str(scratch)],
        env={**os.environ, "PYTHONPATH": path, "OMIO_WORKERS": "1", "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip


def _points(source: Path) -> list[tuple[str, int]]:
    """The calls of a build that change something: the name of each, and its number among those of that name."""
    done = _run(source, "-e", f"trace=getppid,{','.join(CALLS)}")
    if done.returncode and "ptrace" in done.stderr:
        pytest.skip(f"strace may not trace here: {done.stderr[-300:]}")
    assert done.returncode == 0, done.stderr[-2000:]
    counted: Counter[str] = Counter()
    begun, points = False, []
    for name, rest in re.findall(r"^(?:\[pid +\d+\] )?(\w+)\((.*)", done.stderr, re.MULTILINE):
        begun = begun or name == "getppid"
        counted[name] += 1
        if begun and name in CALLS and (name != "openat" or "O_CREAT" in rest):
            points.append((name, counted[name]))
    return points


def _prepare(tmp_path: Path, number: int, old: bool) -> Path:
    """A source, with an entry if `old`."""
    folder = tmp_path / str(number)
    folder.mkdir()
    source = omio.imwrite(folder / "a.ome.tif", PIXELS, axes="TZCYX")
    if old:
        omio.imread(source, zarr_store="disk")
    return source


def _look(source: Path, old: bool) -> str:
    """What is there after a run; then the next run, which must find or make it and leave nothing else."""
    folder = source.parent / ".omio_cache"
    left = sorted(path.name for path in folder.glob("*.zarr")) if folder.exists() else []
    assert len(left) <= 1
    assert left or not old
    for name in left:
        array = omio.imread(source, zarr_store="disk")[0]
        assert np.array_equal(array[:], PIXELS), name
    temporaries._tidy_once_per_interval.cache_clear()  # the next run is another process
    array, metadata = omio.imread(source, zarr_store="disk", reuse_disk_cache=False)
    assert np.array_equal(array[:], PIXELS)
    assert [path.name for path in folder.iterdir()] == [metadata["omio_zarr_store_name"]]
    return "whole" if left else "absent"


@pytest.mark.timeout(600)
@pytest.mark.parametrize("old", [False, True])
def test_killed_at_every_call_an_entry_is_whole_or_absent(tmp_path: Path, old: bool) -> None:
    points = _points(_prepare(tmp_path, 0, old))
    assert len(points) > 20, points
    sources = [_prepare(tmp_path, number + 1, old) for number in range(len(points))]

    def killed(number: int) -> int:
        name, count = points[number]
        inject = ("-e", f"trace={name}", "-e", f"inject={name}:signal=KILL:when={count}")
        return _run(sources[number], *inject).returncode

    with ThreadPoolExecutor(2) as threads:
        codes = list(threads.map(killed, range(len(points))))
    assert [point for point, code in zip(points, codes, strict=True) if code == 0] == []
    outcomes = Counter(_look(source, old) for source in sources)
    assert outcomes["whole"] > 2
    assert old or outcomes["absent"] > 10


@pytest.mark.timeout(600)
@pytest.mark.parametrize("old", [False, True])
def test_a_disk_that_is_full_from_any_call_on_leaves_nothing_but_the_old_entry(tmp_path: Path, old: bool) -> None:
    points = [point for point in _points(_prepare(tmp_path, 0, old)) if point[0] in FULL]
    assert len(points) > 10, points
    sources = [_prepare(tmp_path, number + 1, old) for number in range(len(points))]

    def full(number: int) -> subprocess.CompletedProcess[str]:
        name, count = points[number]
        # what only opens and flushes works on a full disk, too
        when = f"{count}+" if name in ("write", "mkdir") else str(count)
        return _run(sources[number], "-e", f"trace={name}", "-e", f"inject={name}:error=ENOSPC:when={when}")

    with ThreadPoolExecutor(2) as threads:
        runs = list(threads.map(full, range(len(points))))
    failed = 0
    for point, source, done in zip(points, sources, runs, strict=True):
        assert "INJECTED" in done.stderr, point
        folder = source.parent / ".omio_cache"
        names = {path.name for path in folder.iterdir()} if folder.exists() else set()
        assert {name for name in names if not name.endswith(".zarr")} == set(), point
        if done.returncode:
            assert "WriteError" in done.stderr, (point, done.stderr[-800:])
            failed += 1
        assert _look(source, old) == ("absent" if done.returncode and not old else "whole")
    assert failed > 4
