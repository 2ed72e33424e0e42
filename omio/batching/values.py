"""The values of a batch: a job, what became of it, and the report; plain values, they read nothing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from omio.reports import failure, head
from omio.sources.walk import Skipped
from omio_core.errors import BatchError, first_few

if TYPE_CHECKING:
    from omio.planning.plan import Plan

    from .records import BatchImageRecord

STATUSES = ("written", "current", "waiting", "failed")
"""What became of a job: its outputs were written in this run; they are up to date; they are still to be written (of a
dry run, of the status, or where the run ended early); it failed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """What is converted in one piece, and fails alone: all images of a source file, or one merge.

    Parameters
    ----------
    key
        What tells it from other jobs of the batch: the path of its source in the project, with "/".
    leaf
        The key of its leaf.
    source
        The path of its source; of a merge, of the first file.
    plan
        The part of the plan that makes its outputs.
    function
        The caller's own function that changes each image: itself, or its name.
    record
        What the function is told.
    """

    key: str
    leaf: str
    source: str
    plan: Plan
    function: Any = None
    record: BatchImageRecord | None = None

    @property
    def outputs(self) -> tuple[Path, ...]:
        """The files or folders that it makes."""
        return tuple(Path(output.path or "") for output in self.plan.outputs)


@dataclass(frozen=True, slots=True, kw_only=True)
class JobReport:
    """What became of a job.

    Parameters
    ----------
    key, leaf, source
        As in `Job`; of a folder that cannot be listed or planned, the folder.
    status
        One of `STATUSES`.
    outputs
        What it made or would make.
    error
        Why it failed: the class of the error, ``what``, ``evidence`` and ``remedy``.
    seconds
        How long it took, in this run or in the run that made its outputs; None where that is unknown.
    nbytes
        The bytes of its outputs on disk.
    attempts
        How often it was tried in this run.
    problem
        The error itself, where it happened in this process.
    """

    key: str
    leaf: str
    source: str
    status: str
    outputs: tuple[Path, ...] = ()
    error: Mapping[str, Any] | None = None
    seconds: float | None = None
    nbytes: int | None = None
    attempts: int = 0
    problem: Exception | None = field(default=None, compare=False, repr=False)

    @property
    def exception(self) -> Exception:
        """Why it failed, as an error."""
        parts = self.error or {}
        return self.problem or BatchError(
            str(parts.get("what")), evidence=parts.get("evidence"), remedy=parts.get("remedy")
        )

    def to_dict(self) -> dict[str, Any]:
        """Return plain values, JSON-able."""
        return {
            "key": self.key,
            "source": self.source,
            "status": self.status,
            "outputs": [str(path) for path in self.outputs],
            "error": None if self.error is None else dict(self.error),
            "seconds": self.seconds,
            "bytes": self.nbytes,
            "attempts": self.attempts,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchReport:
    """What became of each job of a batch, in the order of the project.

    Parameters
    ----------
    root, out
        The folder of the project, and that of the outputs.
    jobs
        All jobs that the rules find.
    left_out
        Paths that are left out, and why.
    notes
        What is worth knowing of the whole batch, such as a lock that was taken over.
    """

    root: str
    out: str
    jobs: tuple[JobReport, ...] = ()
    left_out: tuple[Skipped, ...] = ()
    notes: tuple[str, ...] = field(default=())

    def _paths(self, status: str) -> list[Path]:
        return [path for job in self.jobs if job.status == status for path in job.outputs]

    @property
    def written(self) -> list[Path]:
        """The files written in this run, in order."""
        return self._paths("written")

    @property
    def current(self) -> list[Path]:
        """The files that are up to date."""
        return self._paths("current")

    @property
    def outputs(self) -> list[Path]:
        """All files that stand: written in this run, or up to date."""
        return [path for job in self.jobs if job.status in ("written", "current") for path in job.outputs]

    @property
    def failed(self) -> dict[str, Mapping[str, Any]]:
        """From each source that failed to its error, as plain values."""
        return {job.source: job.error or {} for job in self.jobs if job.status == "failed"}

    @property
    def ok(self) -> bool:
        """Whether no job failed."""
        return not self.failed

    def counts(self) -> dict[str, int]:
        """Return how many jobs have each status, and how many paths are left out."""
        found = Counter(job.status for job in self.jobs)
        return {**{status: found[status] for status in STATUSES}, "left out": len(self.left_out)}

    def summary(self) -> str:
        """Return one line that counts.

        Examples
        --------
        >>> BatchReport(root="/p", out="/p/omio_converted").summary()
        '0 written, 0 up to date, 0 failed, 0 left out'
        """
        counts = self.counts()
        words = [f"{counts['written']} written", f"{counts['current']} up to date"]
        words += [f"{counts['waiting']} to do"] if counts["waiting"] else []
        return ", ".join([*words, f"{counts['failed']} failed", f"{counts['left out']} left out"])

    def error(self) -> BatchError | None:
        """Return one error for all jobs that failed, with each of them; None if none did."""
        if self.ok:
            return None
        listed = [f"{source}: {error.get('what')}" for source, error in self.failed.items()]
        return BatchError(
            f"{len(listed)} of {len(self.jobs)} jobs failed", evidence=first_few(listed, 5, joint="; "),
            remedy="see why each failed in the attribute `failed`; mend it, and run the batch again",
            failed=self.failed, written=tuple(self.written),
        )  # fmt: skip

    def to_dict(self) -> dict[str, Any]:
        """Return plain values, JSON-able; with the keys that all reports of OMIO have."""
        common = head(
            "batch", ok=self.ok, counts=self.counts(), left_out=self.left_out,
            failed=[{"path": source, **error} for source, error in self.failed.items()],
        )  # fmt: skip
        return {
            **common, "root": self.root, "out": self.out, "notes": list(self.notes),
            "jobs": [job.to_dict() for job in self.jobs],
        }  # fmt: skip


def reason(path: str, error: Exception) -> dict[str, Any]:
    """Return an error as plain values, without its path."""
    return {name: value for name, value in failure(path, error).items() if name != "path"}
