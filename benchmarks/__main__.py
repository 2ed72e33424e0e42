"""``python -m benchmarks [--mib 256] [--runs 7] [CASE ...]``: run the cases and print one table of ratios."""

from __future__ import annotations

import argparse
import json
import platform
import statistics
import subprocess
import sys
import tempfile
from importlib.metadata import version
from pathlib import Path

from .cases import CASES, GROUPS

Numbers = dict[str, float]


def measure(case: str, folder: Path, runs: int) -> dict[str, Numbers]:
    """Medians of wall time, CPU time and peak memory of each contender; the contenders take turns."""
    runs_by_name: dict[str, list[Numbers]] = {name: [] for name in CASES[case].contenders}
    for turn in range(runs + 1):
        for name in runs_by_name:
            process = subprocess.run(
                [sys.executable, "-m", "benchmarks.child", case, name, str(folder)],
                capture_output=True,
                text=True,
                check=False,
            )
            if process.returncode:
                raise SystemExit(f"{case}, {name}: {process.stderr}")
            if turn:  # the first turn warms the page cache and the disk
                runs_by_name[name].append(json.loads(process.stdout))
    return {
        name: {key: statistics.median(run[key] for run in all_runs) for key in ("wall", "cpu", "peak")}
        for name, all_runs in runs_by_name.items()
    }


def table(case: str, medians: dict[str, Numbers]) -> list[str]:
    """Rows of Markdown: each contender, and its wall time as a multiple of OMIO's."""
    ours = medians["omio"]["wall"]
    rows = []
    for name, numbers in medians.items():
        rows.append(
            f"| {CASES[case].title if name == 'omio' else ''} | {name} | {numbers['wall'] * 1000:.1f} ms "
            f"| {numbers['cpu'] * 1000:.1f} ms | {numbers['peak'] / (1 << 20):.0f} MiB "
            f"| {numbers['wall'] / ours:.2f} |"
        )
    return rows


def main() -> None:
    """Prepare the files once, run every case, print the table as it grows."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("cases", nargs="*", metavar="CASE", help=f"of {', '.join(CASES)}; all where none is named")
    parser.add_argument("--mib", type=int, default=256, help="size of the picture")
    parser.add_argument("--runs", type=int, default=7, help="measurements of each contender")
    arguments = parser.parse_args()
    if unknown := set(arguments.cases) - set(CASES):
        parser.error(f"there is no case {', '.join(sorted(unknown))}")
    with tempfile.TemporaryDirectory(prefix="omio-benchmarks-") as name:
        folder = Path(name)
        names = arguments.cases or list(CASES)
        for group in GROUPS:
            if not set(names).isdisjoint(group.CASES):
                group.prepare(folder, arguments.mib)
        packages = ", ".join(f"{p} {version(p)}" for p in ("tifffile", "imagecodecs", "numpy"))
        print(
            f"Python {platform.python_version()}, {packages}; {arguments.mib} MiB of uint16, median of {arguments.runs}"
        )
        print("\n| case | | wall | CPU | peak memory | wall / OMIO's |\n|---|---|--:|--:|--:|--:|")
        for case in names:
            print("\n".join(table(case, measure(case, folder, arguments.runs))), flush=True)


if __name__ == "__main__":
    main()
