"""What the tests of updates share: update a folder, and look what came of it."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import omio
from omio.planning.report import Report
from omio_core.errors import OmioError

NAMES = ["a.ome.tif", "b.ome.tif", "c_left.ome.tif", "c_right.ome.tif"]


def update(source: Any, out: Path | None, **said: Any) -> tuple[Report, OmioError | None]:
    """Update, and return what is reported, with the error that followed."""
    reports: list[Report] = []
    error = None
    try:
        omio.convert_to_ometiff(source, out, collision="update", reported=reports.append, **said)
    except OmioError as caught:
        error = caught
    (report,) = reports
    return report, error


def written(source: Any, out: Path | None, **said: Any) -> list[str]:
    """Update without an error, and return the names of the files that were written."""
    report, error = update(source, out, **said)
    assert error is None
    return [path.name for path in report.written]


def actions(source: Any, out: Path | None, **said: Any) -> dict[str, str]:
    """From the name of each output to what an update would do with it."""
    plan = omio.plan(source, out, collision="update", **said)
    return {Path(output.path or "").name: output.action for output in plan.outputs}


def later(path: Path, seconds: int = 100) -> None:
    """Give a file another time."""
    status = path.stat()
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns + seconds * 10**9))


def snapshot(out: Path) -> dict[str, tuple[int, int]]:
    """From each file to its number and its time: what a write changes."""
    return {str(p.relative_to(out)): (p.stat().st_ino, p.stat().st_mtime_ns) for p in out.rglob("*") if p.is_file()}
