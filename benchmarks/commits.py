"""``python -m benchmarks.commits TREE [--runs 15]``: this tree against another checkout, job by job, in one run.

Each job runs in fresh processes that import OMIO from one of the two trees, in turns; printed are medians of both and
the ratio of their least times, which other work on the machine disturbs least. TREE is a checkout such as ``git
worktree add TREE COMMIT`` makes. The jobs use public calls only, so that they run on any commit.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import tifffile

ROOT = Path(__file__).resolve().parents[1]

# the code before the clock starts, and the code that is timed
JOBS = {
    "import omio": ("", "import omio; omio.imread"),
    "read 64 MiB": ("import omio; omio.imread('small.tif')", "omio.imread('large.tif')"),
    "open a file of one plane, all facts": (
        "import omio; omio.imread('small.tif')", "[omio.imopen('small.tif').metadata for _ in range(50)]",
    ),
    "open 10,000 pages": ("import omio; omio.imread('small.tif')", "omio.imopen('pages.tif').close()"),
    "plan a folder of 300 files": ("import omio; omio.imread('small.tif')", "omio.plan('folder')"),
    "plan a merge of 300 files": ("import omio; omio.imread('small.tif')", "omio.plan('folder', merge='T')"),
}  # fmt: skip
CHILD = """
import json, sys, time, warnings
warnings.simplefilter("ignore")
prepared, timed = json.loads(sys.argv[1])
exec(prepared)
began = time.perf_counter()
exec(timed)
print(time.perf_counter() - began)
"""


def prepare(folder: Path) -> None:
    """Write the files of all jobs."""
    generator = np.random.default_rng(7)
    plane = generator.integers(0, 4000, (64, 64)).astype("u2")
    tifffile.imwrite(folder / "small.tif", plane, imagej=True, resolution=(4, 4), metadata={"unit": "um"})
    tifffile.imwrite(folder / "large.tif", np.zeros((32, 1024, 1024), "u2") + 7)
    with tifffile.TiffWriter(folder / "pages.tif") as writer:
        for _ in range(10_000):
            writer.write(plane[:4, :4], contiguous=False, metadata=None)
    (folder / "folder").mkdir()
    for index in range(300):
        tifffile.imwrite(folder / "folder" / f"T_{index}.tif", plane, imagej=True)


def seconds(tree: Path, job: str, folder: Path) -> float:
    """Time a job in a process that imports OMIO from `tree`."""
    command = [sys.executable, "-c", f"import sys; sys.path.insert(0, {str(tree)!r})" + CHILD, json.dumps(JOBS[job])]
    process = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    if process.returncode:
        raise SystemExit(f"{job}, {tree}: {process.stderr}")
    return float(process.stdout)


def main() -> None:
    """Measure every job in both trees and print one table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.commits", description=__doc__)
    parser.add_argument("tree", type=Path, help="the other checkout")
    parser.add_argument("--runs", type=int, default=15, help="measurements of each job in each tree")
    arguments = parser.parse_args()
    trees = (ROOT, arguments.tree.resolve())
    print("| job | this tree | the other | this / other |\n|---|--:|--:|--:|")
    with tempfile.TemporaryDirectory(prefix="omio-commits-") as name:
        prepare(Path(name))
        for job in JOBS:
            times_by_tree: dict[Path, list[float]] = {tree: [] for tree in trees}
            for turn in range(arguments.runs + 1):
                for tree in trees:
                    time = seconds(tree, job, Path(name))
                    if turn:  # the first turn compiles modules and warms the page cache
                        times_by_tree[tree].append(time)
            own_times, other_times = (times_by_tree[tree] for tree in trees)
            medians = (f"{statistics.median(times) * 1000:.1f} ms" for times in (own_times, other_times))
            print(f"| {job} | {' | '.join(medians)} | {min(own_times) / min(other_times):.2f} |", flush=True)


if __name__ == "__main__":
    main()
