"""What is reported of a plan that was carried out, and the one error for what failed."""

from __future__ import annotations

from pathlib import Path

from omio.planning.report import Report
from omio.sources.walk import Skipped
from omio_core.errors import NoReaderError, OmioError, WriteError


def test_a_line_that_counts() -> None:
    report = Report(
        written=(Path("a"), Path("b")), current=(Path("c"),), left_out=(Skipped(path="x", why="hidden"),),
        failed={"d": WriteError("full")},
    )  # fmt: skip
    assert report.counts() == "2 written, 1 up to date, 1 left out, 1 failed"


def test_one_error_for_all_that_failed() -> None:
    assert Report().error() is None
    failed = {"a": NoReaderError("no reader recognises a", evidence="0 bytes"), "b": NoReaderError("none for b")}
    error = Report(failed=failed, written=(Path("c"),)).error()
    assert type(error) is NoReaderError
    assert (error.failed, error.written) == (failed, (Path("c"),))
    assert "no reader recognises a (0 bytes)" in str(error)
    assert type(Report(failed=failed | {"c": FileNotFoundError("gone")}).error()) is OmioError
