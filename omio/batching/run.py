"""Carry out a batch: plan all leaves, then do the jobs one after another; a job that fails, fails alone."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from omio.sources.notices import Message, issue, one_per_kind, recorded
from omio.sources.walk import Skipped
from omio_core.errors import BatchError, FileChangedError, OmioError, ReadError, WriteError
from omio_core.files.local import locate
from omio_core.files.location import Location
from omio_core.files.temporaries import tidy

from . import functions, status
from .discover import Leaf, Project, discover
from .functions import Function
from .journal import Journal, Ledger, Made, mark, read, relative
from .lock import Hold, hold
from .looks import look, manner
from .plans import Conversion, LeafPlan, is_done, marks_of, plan_leaf, refuse_clashes
from .requests import conversion_of
from .rules import Rules
from .values import BatchReport, Job, JobReport, reason

Told = Callable[[JobReport], None]
"""Called with each job as soon as it is known what became of it."""

TRANSIENT = (OSError, ReadError, WriteError)
"""The errors that another attempt may not meet, each of exactly this class: of a share that was away for a moment."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """A batch: what is converted, and how.

    Parameters
    ----------
    project, conversion
        What is converted, and how.
    retries
        How often a job that failed for a reason that may pass is tried again.
    only_failed
        Whether only what failed in the run before is done.
    told
        Called with each job that is settled.
    """

    project: Project
    conversion: Conversion
    retries: int = 1
    only_failed: bool = False
    told: Told | None = None

    @classmethod
    def of(
        cls,
        root: str | os.PathLike[str] | Location,
        rules: Rules | Mapping[str, Any] | None,
        *,
        out: str | os.PathLike[str] | None = None,
        beside: str | None = None,
        job: str | Function | None = None,
        keywords: Mapping[str, Any],
        **others: Any,
    ) -> Batch:
        """Find a project by its rules.

        Parameters
        ----------
        root, rules, out, job
            As for `omio.batch`.
        beside
            As in `omio.batching.plans.Conversion`.
        keywords
            Those of `omio.convert`.
        **others
            As for the class.

        Raises
        ------
        FileNotFoundError, OmioError
            As for `omio.batching.discover.discover` and `omio.batching.requests.conversion_of`.
        """
        chosen = rules if isinstance(rules, Rules) else Rules(**(rules or {}))
        location = locate(root)
        conversion = conversion_of(location, out, beside, keywords)
        if job is not None:
            written = replace(conversion.writing, process=functions.name_of(job))
            conversion = replace(conversion, writing=written, function=job)
        closed = () if beside is not None else (locate(conversion.out),)
        return cls(project=discover(location, chosen, closed=closed), conversion=conversion, **others)

    def run(self) -> BatchReport:
        """Do what is missing.

        Raises
        ------
        BatchError
            Two sources want the same name, then nothing is written; another batch works in the folder of the outputs;
            or the journal cannot be written.
        """
        home = self.conversion.out
        try:
            os.makedirs(home, exist_ok=True)
        except OSError as error:
            raise BatchError(f"the folder {home} cannot be made", evidence=str(error), path=str(home)) from error
        with hold(home) as held, Journal(home, self.project.root.name) as journal:
            for folder in {(home / path).parent for paths in journal.ledger.begun.values() for path in paths}:
                tidy(folder)  # a run was killed while it wrote there
            plans = self._plans(journal.ledger)
            reports: list[JobReport] = []
            messages: list[Message] = []
            for plan in plans:
                reports += self._do_leaf(plan, journal, held, messages)
        issue(messages)
        return self._report(plans, reports, notes=(held.note,) if held.note else ())

    def plan(self) -> BatchReport:
        """Say what would be done; nothing is written.

        Raises
        ------
        BatchError
            Two sources want the same name, or the journal cannot be read.
        """
        plans = self._plans(read(self.conversion.out, self.project.root.name))
        reports = []
        for plan in plans:
            reports += [_done(job) if is_done(job) else _waiting(job) for job in plan.jobs]
            reports += plan.reports
        return self._report(plans, reports)

    def status(self) -> BatchReport:
        """Say how far the batch is, by its journal; no image is opened, and nothing is written.

        Raises
        ------
        BatchError
            The journal cannot be read.
        """
        ledger = read(self.conversion.out, self.project.root.name)
        plans: list[LeafPlan] = []
        reports: list[JobReport] = []
        for leaf in self.project.leaves:
            known = self._known(leaf, ledger, look(leaf)) or LeafPlan(leaf=leaf)
            plans.append(known)
            reports += known.reports or status.of_leaf(leaf, self.project.root, self.conversion, ledger)
        return self._report(plans, reports)

    def _plans(self, ledger: Ledger) -> list[LeafPlan]:
        plans = [self._plan(leaf, ledger) for leaf in self.project.leaves]
        refuse_clashes(plans, template=self.conversion.writing.name)
        return plans

    def _plan(self, leaf: Leaf, ledger: Ledger) -> LeafPlan:
        now = look(leaf)
        known = None if self.conversion.remake else self._known(leaf, ledger, now)
        if known is not None:
            return known
        with recorded():  # what it warns of, the job says again
            plan = plan_leaf(leaf, self.conversion, ledger, now)
        if not self.only_failed:
            return plan
        jobs = tuple(job for job in plan.jobs if is_done(job) or job.key in ledger.failed or leaf.key in ledger.failed)
        left = tuple(_waiting(job) for job in plan.jobs if job not in jobs)
        return replace(plan, jobs=jobs, reports=(*plan.reports, *left))

    def _known(self, leaf: Leaf, ledger: Ledger, now: str) -> LeafPlan | None:
        """Return what the journal says of a leaf if it is settled and unchanged; else None."""
        settled = ledger.leaves.get(leaf.key)
        if settled is None or not now or settled.look != now or settled.settings != manner(leaf, self.conversion):
            return None
        reports = []
        for key in settled.jobs:
            made = ledger.stands(key, self.conversion.out)
            if made is None:
                return None
            reports.append(_of_ledger(key, made, self.conversion))
        skipped = tuple(Skipped(path=path, why=why) for path, why in settled.skipped)
        return LeafPlan(leaf=leaf, look=now, reports=tuple(reports), skipped=skipped, known=True)

    def _do_leaf(self, plan: LeafPlan, journal: Journal, held: Hold, messages: list[Message]) -> Iterator[JobReport]:
        """Do the jobs of a leaf, and write down what became of them."""
        reports = []
        for report in plan.reports:
            reports.append(report)
            if report.status == "failed":
                _write_failure(journal, report, self.conversion)
            self._tell(report)
        for job in plan.jobs:
            held.check()
            report = self._do(job, journal, messages)
            reports.append(report)
            self._tell(report)
        if not plan.known and plan.look and all(report.status in ("written", "current") for report in reports):
            journal.add(
                "settled",
                plan.leaf.key,
                look=plan.look,
                settings=manner(plan.leaf, self.conversion),
                jobs=[report.key for report in reports],
                skipped=[[skip.path, skip.why] for skip in plan.skipped],
            )
        yield from reports

    def _do(self, job: Job, journal: Journal, messages: list[Message]) -> JobReport:
        home = self.conversion.out
        if is_done(job):
            report = _done(job)
            if journal.ledger.stands(job.key, home) is None:  # a run was killed before it could write it down
                report = _write_done(journal, job, report, self.conversion)
            made = journal.ledger.made[job.key]
            return replace(report, seconds=made.seconds, nbytes=sum(size for _, size, *_ in made.outputs))
        journal.add("begun", job.key, outputs=[relative(path, home) for path in job.outputs])
        report = attempt(job, self.retries, messages)
        if report.status == "failed":
            _write_failure(journal, report, self.conversion)
            return report
        return _write_done(journal, job, report, self.conversion)

    def _tell(self, report: JobReport) -> None:
        if self.told is not None:
            self.told(report)

    def _report(
        self, plans: Sequence[LeafPlan], reports: Sequence[JobReport], notes: tuple[str, ...] = ()
    ) -> BatchReport:
        return BatchReport(
            root=str(self.project.root),
            out=str(self.conversion.out),
            jobs=tuple(reports),
            left_out=(*self.project.skipped, *(skip for one in plans for skip in one.skipped)),
            notes=notes,
        )


def _waiting(job: Job) -> JobReport:
    return JobReport(key=job.key, leaf=job.leaf, source=job.source, status="waiting", outputs=job.outputs)


def _done(job: Job) -> JobReport:
    return replace(_waiting(job), status="current")


def _of_ledger(key: str, made: Made, conversion: Conversion) -> JobReport:
    """Return what the journal says of a job that is up to date."""
    return JobReport(
        key=key,
        leaf=made.leaf,
        source=str(Path(conversion.root, made.source)),
        status="current",
        outputs=tuple(conversion.out / path for path, *_ in made.outputs),
        seconds=made.seconds,
        nbytes=sum(size for _, size, *_ in made.outputs),
    )


def _write_failure(journal: Journal, report: JobReport, conversion: Conversion) -> None:
    journal.add(
        "failed", report.key, leaf=report.leaf, source=conversion.within(report.source), error=dict(report.error or {})
    )


def _write_done(journal: Journal, job: Job, report: JobReport, conversion: Conversion) -> JobReport:
    """Write down that a job is done; return its report with the bytes of its outputs."""
    try:
        outputs = [mark(path, conversion.out) for path in job.outputs]
    except FileChangedError as error:  # somebody removed it at once
        return replace(report, status="failed", error=reason(job.source, error))
    journal.add(
        "made",
        job.key,
        leaf=job.leaf,
        source=conversion.within(job.source),
        inputs=marks_of(job.plan.outputs, conversion),
        outputs=outputs,
        seconds=report.seconds,
    )
    return replace(report, nbytes=sum(size for _, size, *_ in outputs))


def attempt(job: Job, retries: int, messages: list[Message]) -> JobReport:
    """Do a job, and again where it fails for a reason that may pass; warnings are added to `messages`."""
    report = _waiting(job)
    start = time.perf_counter()
    for number in range(1, retries + 2):
        try:
            with _kept(messages):
                if job.function is None:
                    job.plan.run()
                else:
                    functions.run(job, functions.load(job.function))
        except (OmioError, OSError) as error:
            why = reason(job.source, error)
            report = replace(report, status="failed", error=why, problem=error, attempts=number)
            if type(error) not in TRANSIENT:
                break
        else:
            report = replace(report, status="written", error=None, problem=None, attempts=number)
            break
    return replace(report, seconds=round(time.perf_counter() - start, 4))


@contextlib.contextmanager
def _kept(messages: list[Message]) -> Iterator[None]:
    """Keep warnings back; they are issued at the end of the batch."""
    with recorded() as records:
        try:
            yield
        finally:
            messages += one_per_kind(records)
