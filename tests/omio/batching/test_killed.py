"""A batch is killed at calls of the system spread over journal, lock and landing: the next one finishes it.

The child imports everything once, and forks for each run before it has started any thread.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from .projects import OUTPUTS, pixels, project

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not hasattr(os, "fork"), reason="this system cannot fork"),
]

ROOT = Path(__file__).resolve().parents[3]
POINTS = 60
CALLS = ("write", "fsync", "open", "mkdir", "rename", "replace", "link", "unlink", "utime")
CHILD = f"""
import json, os, shutil, sys, warnings
from pathlib import Path
import omio
from omio.batching import run, functions
from omio.planning import execute, prepare
import omio_plugins.tiff._read, omio_plugins.ome_tiff._write, omio_plugins.ome_tiff._records, omio_plugins.czi._read
from tests.omio.batching.projects import RULES

CALLS = {CALLS!r}
project, scratch, points = Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3])


def killing(at, after):
    count = [0]

    def wrap(name):
        original = getattr(os, name)

        def call(*arguments, **keywords):
            count[0] += 1
            if count[0] == at and not after:
                os._exit(9)
            answer = original(*arguments, **keywords)
            if count[0] == at and after:
                os._exit(9)
            return answer

        setattr(os, name, call)

    for name in CALLS:
        wrap(name)
    return count


def run_once(root, at=0, after=False):
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        original = os.write
        warnings.simplefilter("ignore")
        count = killing(at, after)
        try:
            report = omio.batch(root, RULES)
            text = json.dumps([count[0], report.summary(), report.failed])
        except BaseException as error:
            text = json.dumps([count[0], repr(error), {{}}])
        original(writing, text.encode())
        os._exit(0)
    os.close(writing)
    with open(reading, "rb") as file:
        text = file.read()
    status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    return status, json.loads(text) if text else None


total = run_once(shutil.copytree(project, scratch / "whole" / "project_root"))[1][0]
results = []
for number in range(points):
    root = shutil.copytree(project, scratch / str(number) / "project_root")
    at = 1 + number * (total - 1) // max(1, points - 1)
    status, _ = run_once(root, at, after=number % 2 == 1)
    if number % 3 == 0:  # a second one is killed, too
        run_once(root, 1 + at // 2, after=number % 2 == 0)
    last, answer = run_once(root)
    results.append([str(root), at, status, last, answer])
print(json.dumps([total, results]))
"""


def everything(out: Path) -> list[str]:
    """All that lies in a folder, hidden or not."""
    return sorted(path.relative_to(out).as_posix() for path in out.rglob("*"))


@pytest.mark.timeout(300)
def test_killed_anywhere_it_is_finished_by_the_next(tmp_path: Path) -> None:
    """Outputs equal those of an undisturbed run, nothing is left over, and nothing fails."""
    root = project(tmp_path)
    path = os.pathsep.join([str(ROOT), *(entry for entry in sys.path if "site-packages" in entry)])
    done = subprocess.run(
        [sys.executable, "-c", CHILD, str(root), str(tmp_path), str(POINTS)],
        env={**os.environ, "PYTHONPATH": path, "OMIO_WORKERS": "1"}, capture_output=True, text=True, timeout=280,
        check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-3000:]
    total, results = json.loads(done.stdout)
    assert total > POINTS
    undisturbed = tmp_path / "whole" / "project_root" / "omio_converted"
    expected, wanted = everything(undisturbed), pixels(undisturbed)
    assert sorted(wanted) == sorted(OUTPUTS)
    assert sum(status == 9 for _, _, status, *_ in results) >= POINTS - 2  # they were killed
    for folder, at, _, last, answer in results:
        assert last == 0, (at, answer)
        assert answer[2] == {}, (at, answer)
        assert everything(Path(folder) / "omio_converted") == expected, at
        assert pixels(Path(folder) / "omio_converted") == wanted, at
