"""Carry out a batch: plan all leaves, then do the jobs one after another; a job that fails, fails alone."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace

from omio_core.errors import OmioError

from .discover import Project
from .plans import Conversion, LeafPlan, plan_leaf, refuse_clashes
from .values import BatchReport, Job, JobReport, reason

Told = Callable[[JobReport], None]
"""Called with each job as soon as it is known what became of it."""


def run(project: Project, conversion: Conversion, *, dry: bool = False, told: Told | None = None) -> BatchReport:
    """Convert a project.

    Parameters
    ----------
    project
        What is converted.
    conversion
        How.
    dry
        Whether only to plan.
    told
        Called with each job that is settled.

    Raises
    ------
    BatchError
        Two sources want the same name; then nothing is written.
    """
    plans = [plan_leaf(leaf, conversion) for leaf in project.leaves]
    refuse_clashes(plans, template=conversion.writing.name)
    reports: list[JobReport] = []
    for one in plans:
        for report in _leaf(one, dry=dry):
            reports.append(report)
            if told is not None:
                told(report)
    return BatchReport(
        root=str(project.root),
        out=str(conversion.out),
        jobs=tuple(reports),
        left_out=(*project.skipped, *(skip for one in plans for skip in one.skipped)),
    )


def _leaf(plan: LeafPlan, *, dry: bool) -> list[JobReport]:
    return [*(_waiting(job) if dry else do(job) for job in plan.jobs), *plan.settled]


def _waiting(job: Job) -> JobReport:
    return JobReport(key=job.key, leaf=job.leaf, source=job.source, status="waiting", outputs=job.outputs)


def do(job: Job) -> JobReport:
    """Do a job, and say what became of it."""
    start = time.perf_counter()
    report = replace(_waiting(job), attempts=1)
    try:
        job.plan.run()
    except (OmioError, OSError) as error:
        seconds = time.perf_counter() - start
        return replace(report, status="failed", error=reason(job.source, error), seconds=seconds)
    return replace(report, status="written", seconds=time.perf_counter() - start)
