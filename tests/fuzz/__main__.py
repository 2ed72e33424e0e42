"""The command: ``python -m tests.fuzz --count 5000 --seed 1``, from the root of the repository."""

from __future__ import annotations

import argparse
import sys
import tempfile
from datetime import date
from pathlib import Path

from .bounded import GROWTH, SECONDS, Bounded
from .campaign import Case, run
from .flavours import sound


def _asked() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m tests.fuzz", description="Read damaged TIFFs, and see what breaks."
    )
    parser.add_argument("--count", type=int, default=1000, help="mutations (default 1000)")
    parser.add_argument("--seed", type=int, default=date.today().toordinal(), help="default: of today's date")
    parser.add_argument("--only", type=int, nargs="+", help="numbers of cases to do again, instead of --count")
    parser.add_argument("--keep", type=Path, help="folder for files with a fault (default: a new one)")
    return parser.parse_args()


def main() -> int:
    """Run, print the table; 1 where there is a fault."""
    asked = _asked()
    folder = asked.keep or Path(tempfile.mkdtemp(prefix="omio-fuzz-"))
    folder.mkdir(parents=True, exist_ok=True)
    sounds = sound(folder)
    numbers = asked.only or range(asked.count)

    def told(case: Case) -> None:
        if asked.only:
            sys.stderr.write(f"case {case.number}, {case.flavour}: {case.answer.fault or case.outcome}\n")
        elif sys.stderr.isatty() and not case.number % 50:
            sys.stderr.write(f"\r{case.number} of {asked.count}\r")

    with Bounded() as child:
        tally = run(sounds, numbers, seed=asked.seed, folder=folder, child=child, told=told)
        versions = ", ".join(f"{name} {version}" for name, version in child.versions.items())
    limits = f"{SECONDS:g} s and {GROWTH >> 20} MiB a file"
    sys.stdout.write(f"{tally.table()}\n{versions}; {limits}; files with a fault are in {folder}\n")
    return 1 if tally.faults else 0


if __name__ == "__main__":
    raise SystemExit(main())
