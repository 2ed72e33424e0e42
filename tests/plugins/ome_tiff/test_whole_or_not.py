"""A write that is killed, or runs out of room, leaves the old file or the whole new one; two at once leave two.

The writers are forks of one warm process, so that a case costs a write and not the start of an interpreter.
"""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile

from omio_core.files.temporaries import PART, tidy

ROOT = Path(__file__).resolve().parents[3]
SHAPE = (1, 24, 1, 400, 500)  # 9.6 MB

# reads a line of JSON a case: target, value of every pixel, level, collision, limit on the size of files or 0;
# answers with the pid of the fork that writes, and to an empty line with what became of it
WARM = """
import json, os, sys
import numpy as np
from omio_core.images import writing
from omio_core.errors import WriteError
from omio_core.images.image import Image
noise = np.random.default_rng(0).integers(0, 4, {shape}, np.uint16)
import omio_plugins.ome_tiff._write, omio_plugins.ome_tiff._check, omio_core.ome.validate
omio_core.ome.validate._schema()
for line in iter(sys.stdin.readline, ""):
    cases = json.loads(line)
    pids = []
    for case in cases:
        out, into = os.pipe()
        pid = os.fork()
        if pid:
            os.close(into)
            pids.append((pid, out))
            continue
        os.close(out)
        if case["limit"]:
            import resource, signal
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
            resource.setrlimit(resource.RLIMIT_FSIZE, (case["limit"], case["limit"]))
        image = Image.of_array(noise + np.uint16(case["value"]), axes="TZCYX")
        try:
            level, collision = case["level"], case["collision"]
            path = writing.write(case["target"], [image], compression_level=level, collision=collision, workers=2)
            said = str(path)
        except WriteError as error:
            said = "WriteError"
        os.write(into, said.encode())
        os._exit(0)
    print(json.dumps([pid for pid, _ in pids]), flush=True)
    sys.stdin.readline()  # until then nobody is waited for, so that a pid stays its writer's
    ended = []
    for pid, out in pids:
        said = os.read(out, 4096).decode()
        os.close(out)
        ended.append([said, os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])])
    print(json.dumps(ended), flush=True)
"""


class Warm:
    """The process that forks the writers."""

    def __init__(self) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-c", WARM.format(shape=SHAPE)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
        )  # fmt: skip

    def begin(self, *cases: dict[str, Any]) -> list[int]:
        """Start writing; gives the pids of the writers."""
        usual = {"level": 3, "collision": "overwrite", "limit": 0}
        return self._ask(json.dumps([{**usual, **case} for case in cases]))

    def end(self) -> list[Any]:
        """Of each writer what it said and its exit code, negative for a signal."""
        return self._ask("")

    def _ask(self, line: str) -> Any:
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        assert line, "the process that forks the writers has died"
        return json.loads(line)


@pytest.fixture(scope="module")
def warm() -> Iterator[Warm]:
    if not hasattr(os, "fork"):
        pytest.skip("this system has no fork")
    started = Warm()
    yield started
    started.process.kill()
    started.process.communicate()


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
@pytest.mark.parametrize("over", [True, False], ids=["over a file", "where none is"])
def test_killed_at_any_moment(tmp_path: Path, warm: Warm, over: bool, level: int) -> None:
    """25 moments each; 100 in all."""
    target = tmp_path / "a.ome.tif"
    durations = []
    for _ in range(3):
        begun = time.perf_counter()
        warm.begin({"target": str(target), "value": 100, "level": level})
        assert warm.end() == [[str(target), 0]]
        durations.append(time.perf_counter() - begun)
    seed = random.randrange(1 << 32)
    sys.stdout.write(f"seed {seed}\n")
    moments = random.Random(seed)
    now, killed = 100, 0
    for value in range(200, 225):
        if not over:
            target.unlink(missing_ok=True)
        (pid,) = warm.begin({"target": str(target), "value": value, "level": level})
        time.sleep(moments.uniform(0, 1.1 * min(durations)))
        os.kill(pid, signal.SIGKILL)
        ((said, _),) = warm.end()
        found = stands(target) if over or target.exists() else None
        assert found in ((now if over else None), value)
        assert found == value or not said  # what it said it has done is done
        killed += found != value
        now = value if found == value else now
    assert killed  # else nothing was killed in time, and this has shown nothing
    # what was left is recognised, and nothing else is there
    left = [p.name for p in tmp_path.iterdir() if p != target]
    assert all(name.endswith(PART) for name in left)
    tidy(tmp_path)
    assert [p.name for p in tmp_path.iterdir() if p != target] == []


@pytest.mark.slow
@pytest.mark.parametrize("over", [True, False], ids=["over a file", "where none is"])
@pytest.mark.parametrize("level", [0, 3])
def test_no_room(tmp_path: Path, warm: Warm, over: bool, level: int) -> None:
    """13 sizes each, from the first bytes of pixels to the last of the directories; 52 in all."""
    pytest.importorskip("resource", reason="this system has no limits on the size of files")
    target = tmp_path / "a.ome.tif"
    warm.begin({"target": str(target), "value": 100, "level": level})
    assert warm.end() == [[str(target), 0]]
    before, size = target.read_bytes(), target.stat().st_size
    limits = [1, 16, 4096, *np.linspace(5000, size - 20_000, 6).astype(int).tolist(), size - 9000, size - 900, size - 9]
    for limit in [*limits, size - 1]:
        if not over:
            target.unlink(missing_ok=True)
        warm.begin({"target": str(target), "value": 200, "level": level, "limit": limit})
        assert warm.end() == [["WriteError", 0]]
        assert [p.name for p in tmp_path.iterdir()] == (["a.ome.tif"] if over else [])
        assert not over or target.read_bytes() == before


@pytest.mark.slow
def test_two_processes_one_name(tmp_path: Path, warm: Warm) -> None:
    """20 times: the policy "number" gives two whole files, "raise" one."""
    for turn in range(20):
        folder = tmp_path / str(turn)
        folder.mkdir()
        target = folder / "a.ome.tif"
        collision = "number" if turn % 2 else "raise"
        warm.begin(*({"target": str(target), "value": value, "collision": collision} for value in (100, 200)))
        said = sorted(one for one, _ in warm.end())
        names = sorted(p.name for p in folder.iterdir())
        if collision == "number":
            assert names == ["a-1.ome.tif", "a.ome.tif"]
            assert said == sorted(map(str, folder.iterdir()))
            assert {stands(path) for path in folder.iterdir()} == {100, 200}
        else:
            assert names == ["a.ome.tif"]
            assert said == sorted([str(target), "WriteError"])
            assert stands(target) in (100, 200)


def test_no_room_at_all(tmp_path: Path, warm: Warm) -> None:
    """The quick one of the above."""
    pytest.importorskip("resource", reason="this system has no limits on the size of files")
    warm.begin({"target": str(tmp_path / "a.ome.tif"), "value": 200, "limit": 5000})
    assert warm.end() == [["WriteError", 0]]
    assert list(tmp_path.iterdir()) == []
