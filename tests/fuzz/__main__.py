"""The command: ``python -m tests.fuzz --format all --count 3000 --seed 1``, from the root of the repository."""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
from pathlib import Path

from .bounded import GROWTH, SECONDS, Bounded
from .campaign import Case, run
from .formats import FORMATS

MOST = 1_000_000  # of the seeds that are drawn


def _asked() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m tests.fuzz", description="Read damaged files, and see what breaks."
    )
    parser.add_argument("--format", choices=(*FORMATS, "all"), default="all", help="what is damaged (default all)")
    parser.add_argument("--count", type=int, default=1000, help="mutations of each format (default 1000)")
    parser.add_argument("--seed", type=int, default=random.randrange(MOST), help="default: any; it is printed")
    parser.add_argument("--only", type=int, nargs="+", help="numbers of cases to do again, instead of --count")
    parser.add_argument("--keep", type=Path, help="folder for files with a fault (default: a new one)")
    return parser.parse_args()


def main() -> int:
    """Run, print a table for each format; 1 where there is a fault."""
    asked = _asked()
    keep = asked.keep or Path(tempfile.mkdtemp(prefix="omio-fuzz-"))
    faults = sum(
        _campaign(name, asked, keep / name) for name in (FORMATS if asked.format == "all" else (asked.format,))
    )
    sys.stdout.write(f"{SECONDS:g} s and {GROWTH >> 20} MiB a file; files with a fault are in {keep}\n")
    return 1 if faults else 0


def _campaign(name: str, asked: argparse.Namespace, folder: Path) -> int:
    """Run that of one format and print its table; how many faults there are."""
    folder.mkdir(parents=True, exist_ok=True)

    def told(case: Case) -> None:
        if asked.only:
            sys.stderr.write(f"case {case.number}, {case.flavour}: {case.answer.fault or case.outcome}\n")
        elif sys.stderr.isatty() and not case.number % 50:
            sys.stderr.write(f"\r{case.number} of {asked.count}\r")

    numbers = asked.only or range(asked.count)
    with Bounded() as child:
        tally = run(FORMATS[name](folder), numbers, seed=asked.seed, folder=folder, child=child, told=told)
        versions = ", ".join(f"{package} {version}" for package, version in child.versions.items())
    sys.stdout.write(f"{name}: {tally.table()}{versions}; children started: {child.started}\n\n")
    sys.stdout.flush()
    return len(tally.faults)


if __name__ == "__main__":
    raise SystemExit(main())
