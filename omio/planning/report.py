"""What became of each source when a plan was carried out; values only."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from omio.sources.failures import error_of
from omio.sources.walk import Skipped
from omio_core.errors import OmioError

from .values import Output


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What became of each source of a plan that writes files.

    Parameters
    ----------
    written
        The files written, new or in place of an older one, in order.
    current
        The files that are up to date, of an update.
    left_out
        The paths that were found and left out, and why; also those whose name is taken, under ``collision="skip"``.
    failed
        From each source that could not be converted to its error.
    stale
        Of an update: files whose source is gone; nothing happened to them.
    older
        How many of those up to date were written by another version of OMIO.
    sets
        From each file of a set of several files that is one source, links followed, to the source.
    """

    written: tuple[Path, ...] = ()
    current: tuple[Path, ...] = ()
    left_out: tuple[Skipped, ...] = ()
    failed: Mapping[str, OmioError | OSError] = field(default_factory=dict)
    stale: tuple[Skipped, ...] = ()
    older: int = 0
    sets: Mapping[str, str] = field(default_factory=dict)

    def counts(self) -> str:
        """Return one line that counts.

        Examples
        --------
        >>> Report(written=(Path("a.ome.tif"),)).counts()
        '1 written, 0 up to date, 0 left out, 0 failed'
        """
        return (
            f"{len(self.written)} written, {len(self.current)} up to date, {len(self.left_out)} left out, "
            f"{len(self.failed)} failed"
        )

    def error(self) -> OmioError | None:
        """Return one error for the sources that failed, with each of them; None if none did."""
        if not self.failed:
            return None
        return error_of(self.failed, "converted", self.written)


def sets_of(outputs: Iterable[Output]) -> dict[str, str]:
    """Return from each file of a set of several files, links followed, to the source that is the set."""
    return {
        os.path.realpath(member.path): source.path
        for output in outputs
        for source in output.inputs
        if len(source.members) > 1 and not source.is_folder
        for member in source.members
    }
