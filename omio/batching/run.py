"""Carry out a batch: plan all leaves, then do the jobs one after another; a job that fails, fails alone."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, wait
from dataclasses import dataclass, field, replace
from itertools import islice
from pathlib import Path
from typing import Any

from omio.sources.notices import Message, issue, recorded
from omio.sources.walk import Skipped
from omio_core.errors import BatchError, FileChangedError
from omio_core.files.local import locate
from omio_core.files.location import Location
from omio_core.files.temporaries import tidy

from . import functions, status
from .discover import Leaf, Project, discover
from .executors import Answer, Executor, failure, start
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
    executor, timeout
        Where jobs are done, and after how many seconds one is ended: see `omio.batching.executors.start`.
    told
        Called with each job that is settled.
    """

    project: Project
    conversion: Conversion
    retries: int = 1
    only_failed: bool = False
    executor: str | int | None = None
    timeout: float | None = None
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
            messages: list[Message] = []
            with start(self.executor, self.timeout, self.conversion.function) as executor:
                reports = self._do_all(plans, journal, held, executor, messages)
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

    def _do_all(
        self, plans: Sequence[LeafPlan], journal: Journal, held: Hold, executor: Executor, messages: list[Message]
    ) -> list[JobReport]:
        """Do all jobs, write down what became of each, and return the reports in the order of the project."""
        open_leaves = {}
        for plan in plans:
            leaf = open_leaves[plan.leaf.key] = _Leaf(plan)
            for report in plan.reports:
                if report.status == "failed":
                    _write_failure(journal, report, self.conversion)
                self._tell(report)
            for job in plan.jobs:
                if is_done(job):
                    leaf.done[job.key] = self._note_done(job, journal)
            self._end(leaf, journal)
        waiting = iter([job for plan in plans for job in plan.jobs if not is_done(job)])
        running: dict[Future[Answer], Job] = {}
        while True:
            for job in islice(waiting, executor.window - len(running)):
                held.check()
                journal.add("begun", job.key, outputs=[relative(path, self.conversion.out) for path in job.outputs])
                running[executor.submit(job, self.retries)] = job
            if not running:
                break
            for future in wait(running, return_when=FIRST_COMPLETED).done:
                job = running.pop(future)
                leaf = open_leaves[job.leaf]
                leaf.done[job.key] = self._finish(job, future, journal, messages)
                self._end(leaf, journal)
        return [report for leaf in open_leaves.values() for report in leaf.reports()]

    def _note_done(self, job: Job, journal: Journal) -> JobReport:
        report = _done(job)
        if journal.ledger.stands(job.key, self.conversion.out) is None:  # a run was killed before it wrote it down
            report = _write_done(journal, job, report, self.conversion)
        made = journal.ledger.made.get(job.key)
        if made is not None:
            report = replace(report, seconds=made.seconds, nbytes=sum(size for _, size, *_ in made.outputs))
        self._tell(report)
        return report

    def _finish(self, job: Job, future: Future[Answer], journal: Journal, messages: list[Message]) -> JobReport:
        """Write down what became of a job."""
        gone = future.exception()
        if gone is None:
            report, warned = future.result()
            messages += warned
        else:
            error = failure(job, gone, self.timeout)
            report = replace(_waiting(job), status="failed", error=reason(job.source, error), problem=error, attempts=1)
        if report.status == "failed":
            _write_failure(journal, report, self.conversion)
        else:
            report = _write_done(journal, job, report, self.conversion)
        self._tell(report)
        return report

    def _end(self, leaf: _Leaf, journal: Journal) -> None:
        """Write down that a leaf is settled, if it is."""
        plan = leaf.plan
        if plan.known or not plan.look or not leaf.is_settled():
            return
        journal.add(
            "settled",
            plan.leaf.key,
            look=plan.look,
            settings=manner(plan.leaf, self.conversion),
            jobs=[report.key for report in leaf.reports()],
            skipped=[[skip.path, skip.why] for skip in plan.skipped],
        )

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


@dataclass(frozen=True, slots=True)
class _Leaf:
    """A leaf, and what became of its jobs so far."""

    plan: LeafPlan
    done: dict[str, JobReport] = field(default_factory=dict)

    def reports(self) -> list[JobReport]:
        """What became of its jobs, in order."""
        return [*(self.done[job.key] for job in self.plan.jobs if job.key in self.done), *self.plan.reports]

    def is_settled(self) -> bool:
        """Whether all its jobs are done."""
        reports = self.reports()
        whole = len(self.done) == len(self.plan.jobs)
        return whole and all(report.status in ("written", "current") for report in reports)


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
