"""A write that is killed, or runs out of room, leaves the old file or the whole new one."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import tifffile

from omio_core.landing import PART, tidy

ROOT = Path(__file__).resolve().parents[3]
SHAPE = (1, 24, 1, 400, 500)  # 9.6 MB

# argv: target, value of every pixel, level, limit on the size of files or 0
CHILD = """
import sys
import numpy as np
from omio_core.contract import WriteRequest
from omio_core.errors import WriteError
from omio_core.image import Image
from omio_core.landing import land
from omio_plugins.ome_tiff import _check, _write
target, value, level, limit = sys.argv[1], *map(int, sys.argv[2:])
shape = {shape}
noise = np.random.default_rng(0).integers(0, 4, shape, np.uint16)
images = [Image.of_array(noise + np.uint16(value), axes="TZCYX")]
request = WriteRequest(level=level, name="a.ome.tif", workers=2)
if limit:
    import resource
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
print("ready", flush=True)
try:
    land(target, lambda p: _write.write(p, images, request), check=lambda p: _check.check(p, images), replace=True)
except WriteError as error:
    print("WriteError", error.what.replace(chr(10), " "), flush=True)
    sys.exit(3)
print("done", flush=True)
"""


def child(target: Path, value: int, level: int, limit: int = 0) -> subprocess.Popen[str]:
    """A process that is about to write; it has said so."""
    started = subprocess.Popen(
        [sys.executable, "-c", CHILD.format(shape=SHAPE), str(target), str(value), str(level), str(limit)],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    assert started.stdout is not None
    assert started.stdout.readline() == "ready\n"
    return started


def finish(process: subprocess.Popen[str]) -> tuple[int, str, str]:
    out, err = process.communicate(timeout=120)
    return process.returncode, out, err


def stands(target: Path) -> int:
    """Which of the values the whole file holds; it is never part of one."""
    array = tifffile.imread(target)
    assert array.shape == tuple(n for n in SHAPE if n > 1)
    value = int(array.min())
    noise = np.random.default_rng(0).integers(0, 4, SHAPE, np.uint16)
    np.testing.assert_array_equal(array.reshape(SHAPE), noise + np.uint16(value))
    return value


@pytest.mark.slow
@pytest.mark.parametrize("level", [0, 3])
def test_killed_at_any_moment(tmp_path: Path, level: int) -> None:
    kill = getattr(signal, "SIGKILL", None)
    if kill is None:
        pytest.skip("this system has no SIGKILL")
    target = tmp_path / "a.ome.tif"
    assert finish(child(target, 100, level))[0] == 0
    process = child(target, 100, level)
    begun = time.perf_counter()
    assert finish(process)[0] == 0
    duration = time.perf_counter() - begun
    seed = random.randrange(1 << 32)
    sys.stdout.write(f"seed {seed}\n")
    moments = random.Random(seed)
    now, outcomes = 100, []
    for value in range(200, 220):
        process = child(target, value, level)
        time.sleep(moments.uniform(0, duration))
        process.send_signal(kill)
        finish(process)
        found = stands(target)
        assert found in (now, value)
        outcomes.append(found == value)
        now = found
    assert not all(outcomes)  # else nothing was killed in time, and this has shown nothing
    # what was left is recognised, and nothing else is there
    left = [p.name for p in tmp_path.iterdir() if p != target]
    assert all(name.endswith(PART) for name in left)
    tidy(tmp_path)
    assert [p.name for p in tmp_path.iterdir()] == ["a.ome.tif"]


@pytest.mark.slow
@pytest.mark.parametrize("level", [0, 3])
def test_no_room(tmp_path: Path, level: int) -> None:
    pytest.importorskip("resource", reason="this system has no limits on the size of files")
    target = tmp_path / "a.ome.tif"
    assert finish(child(target, 100, level))[0] == 0
    before, size = target.read_bytes(), target.stat().st_size
    for limit in np.linspace(1, size - 1, 10).astype(int):
        code, out, err = finish(child(target, 200, level, int(limit)))
        assert (code, err) == (3, "")
        assert out.startswith("WriteError")
        assert target.read_bytes() == before
        assert [p.name for p in tmp_path.iterdir()] == ["a.ome.tif"]


def test_no_room_at_all(tmp_path: Path) -> None:
    """The quick one of the above."""
    pytest.importorskip("resource", reason="this system has no limits on the size of files")
    code, out, err = finish(child(tmp_path / "a.ome.tif", 200, 3, 5000))
    assert (code, err) == (3, "")
    assert out.startswith("WriteError")
    assert list(tmp_path.iterdir()) == []
