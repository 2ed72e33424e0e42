"""A process is killed while a plugin writes a folder, ours or a stranger's: it is left whole, or none is.

The stranger's is omio-tiles, an example package that stands behind its own entry point.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path

import numpy as np
import pytest

import omio
from omio_core.files import temporaries
from omio_core.plugins import catalogue
from omio_core.testing.pictures import ramp

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(shutil.which("strace") is None, reason="strace, which kills at a call, is not installed"),
]

ROOT = Path(__file__).resolve().parents[2]
TILES = ROOT / "docs" / "examples" / "omio-tiles"
SUFFIXES = (".ome.zarr", ".tiles")
CALLS = ("openat", "write", "fsync", "mkdir", "rmdir", "unlink", "rename", "renameat2")
SAMPLE = 12
"""Calls at which the stranger's writer is killed; ours is killed at every call."""
OLD, NEW = ramp((1, 2, 1, 40, 50), "uint16"), ramp((1, 1, 2, 60, 30), "uint8")
INSTALL = """
import sys
from importlib.metadata import EntryPoint, entry_points
from omio_core.plugins import catalogue
sys.path.insert(0, {tiles!r})
ours = list(entry_points(group=catalogue.GROUP))
known = catalogue.load([*ours, EntryPoint("tiles", "omio_tiles", catalogue.GROUP)])
"""
CHILD = """
import os, sys
import numpy as np
import omio
from omio_core import threads
from omio_core.files import renames
from omio_core.testing.pictures import ramp
renames._rename_call()
threads.WAITING = 1  # in one thread, so that the calls come in the same order each time
installed = catalogue.using(known)
installed.__enter__()
pixels = ramp((1, 1, 2, 60, 30), "uint8")
omio.imwrite(sys.argv[2], pixels, axes="TZCYX")  # loads every module
os.getppid()  # where the write begins
omio.imwrite(sys.argv[1], pixels, axes="TZCYX", tile=32, collision="overwrite")
os._exit(0)
"""


def _run(target: Path, *options: str) -> subprocess.CompletedProcess[str]:
    path = os.pathsep.join([str(ROOT), *(entry for entry in sys.path if "site-packages" in entry)])
    return subprocess.run(
        ["strace", "-f", "-qq", *options, sys.executable, "-c", INSTALL.format(tiles=str(TILES)) + CHILD, str(target),
         str(target.with_name(f"first{target.name[1:]}"))],
        env={**os.environ, "PYTHONPATH": path, "OMIO_WORKERS": "1", "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip


def _points(target: Path) -> list[tuple[str, int]]:
    """The calls of a write that change something: the name of each, and its number among those of that name."""
    done = _run(target, "-e", f"trace=getppid,{','.join(CALLS)}")
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


@pytest.fixture
def _tiles(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """With the stranger's plugin in this process, too."""
    monkeypatch.syspath_prepend(str(TILES))
    ours = list(entry_points(group=catalogue.GROUP))
    with catalogue.using(catalogue.load([*ours, EntryPoint("tiles", "omio_tiles", catalogue.GROUP)])):
        yield


@pytest.mark.usefixtures("_tiles")
@pytest.mark.timeout(600)
@pytest.mark.parametrize("suffix", SUFFIXES)
@pytest.mark.parametrize("old", [False, True])
def test_killed_while_writing_one_whole_folder_or_none_is_left(tmp_path: Path, old: bool, suffix: str) -> None:
    def prepare(number: int) -> Path:
        folder = tmp_path / str(number)
        folder.mkdir()
        if old:
            omio.imwrite(folder / f"a{suffix}", OLD, axes="TZCYX")
        return folder / f"a{suffix}"

    points = _points(prepare(0))
    assert len(points) > 30, points
    chosen = points if suffix == ".ome.zarr" else [points[k * (len(points) - 1) // (SAMPLE - 1)] for k in range(SAMPLE)]
    targets = [prepare(number + 1) for number in range(len(chosen))]

    def killed(number: int) -> int:
        name, count = chosen[number]
        inject = ("-e", f"trace={name}", "-e", f"inject={name}:signal=KILL:when={count}")
        return _run(targets[number], *inject).returncode

    with ThreadPoolExecutor(2) as threads:
        codes = list(threads.map(killed, range(len(chosen))))
    assert 0 not in codes
    outcomes: Counter[str] = Counter()
    for point, target in zip(chosen, targets, strict=True):
        temporaries._tidy_once_per_interval.cache_clear()  # the next run is another process
        omio.imwrite(target.with_name(f"next{suffix}"), NEW, axes="TZCYX")
        left = {path.name for path in target.parent.iterdir()} - {f"next{suffix}", f"first{suffix}"}
        assert left <= {target.name}, f"killed at {point}"
        if not target.exists():
            assert not old, f"killed at {point}"
            outcomes["none"] += 1
            continue
        found = omio.imread(target)[0]
        new = np.array_equal(found, NEW)
        assert new or (old and np.array_equal(found, OLD)), f"killed at {point}"
        outcomes["new" if new else "old"] += 1
    assert outcomes["old" if old else "none"] > len(chosen) // 2


@pytest.mark.usefixtures("_tiles")
@pytest.mark.timeout(600)
@pytest.mark.parametrize("suffix", SUFFIXES)
def test_on_a_full_disk_the_old_folder_stays_and_nothing_is_left_beside_it(tmp_path: Path, suffix: str) -> None:
    first = tmp_path / "0" / f"a{suffix}"
    first.parent.mkdir()
    omio.imwrite(first, OLD, axes="TZCYX")
    points = [point for point in _points(first) if point[0] in ("write", "mkdir")]
    chosen = points if suffix == ".ome.zarr" else points[:: max(1, len(points) // 10)]
    assert len(chosen) >= 10, points
    for number, (name, count) in enumerate(chosen, 1):
        target = tmp_path / str(number) / f"a{suffix}"
        target.parent.mkdir()
        omio.imwrite(target, OLD, axes="TZCYX")
        full = ("-e", f"trace={name}", "-e", f"inject={name}:error=ENOSPC:when={count}+")
        done = _run(target, *full)
        assert done.returncode == 1, (name, count, done.stderr[-500:])
        assert "INJECTED" in done.stderr, (name, count)
        assert {path.name for path in target.parent.iterdir()} <= {target.name, f"first{suffix}"}
        np.testing.assert_array_equal(omio.imread(target)[0], OLD)
        omio.imwrite(target, NEW, axes="TZCYX", collision="overwrite")  # the next run is not in its way
        np.testing.assert_array_equal(omio.imread(target)[0], NEW)
