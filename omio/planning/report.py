"""What became of each source when a plan was carried out; values only."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from omio.sources.walk import Skipped
from omio_core.errors import OmioError, first_few

_FEW = 10


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
    """

    written: tuple[Path, ...] = ()
    current: tuple[Path, ...] = ()
    left_out: tuple[Skipped, ...] = ()
    failed: Mapping[str, OmioError | OSError] = field(default_factory=dict)
    stale: tuple[Skipped, ...] = ()
    older: int = 0

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
        messages = [f"{path}: {getattr(error, 'what', error)}" for path, error in self.failed.items()]
        names = first_few([str(path) for path in self.written], _FEW)
        return OmioError(
            f"{len(self.failed)} of the source files could not be converted",
            evidence=f"{first_few(messages, _FEW, joint='; ')}; written and whole: {names or 'nothing'}",
            remedy="each error is in the attribute failed, by its file; what was written, in written",
            failed=dict(self.failed),
            written=self.written,
        )
