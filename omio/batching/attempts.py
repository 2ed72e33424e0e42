"""Do a job, and again where it fails for a reason that may pass; it writes no journal."""

from __future__ import annotations

import time
from dataclasses import replace

from omio.sources.notices import Message, one_per_kind, recorded
from omio_core.errors import OmioError, ReadError, WriteError

from . import functions
from .values import Job, JobReport, reason

TRANSIENT = (OSError, ReadError, WriteError)
"""The errors that another attempt may not meet, each of exactly this class: of a share that was away for a moment."""


def attempt(job: Job, retries: int) -> tuple[JobReport, list[Message]]:
    """Do a job; return what became of it, and what it warns of."""
    report = JobReport(key=job.key, leaf=job.leaf, source=job.source, status="waiting", outputs=job.outputs)
    start = time.perf_counter()
    messages: list[Message] = []
    for number in range(1, retries + 2):
        with recorded() as records:
            report = replace(_once(job, report), attempts=number)
        messages = list(one_per_kind(records))
        if report.status == "written" or type(report.problem) not in TRANSIENT:
            break
    return replace(report, seconds=round(time.perf_counter() - start, 4)), messages


def _once(job: Job, report: JobReport) -> JobReport:
    try:
        if job.function is None:
            job.plan.run()
        else:
            functions.run(job, functions.load(job.function))
    except (OmioError, OSError) as error:
        return replace(report, status="failed", error=reason(job.source, error), problem=error)
    return replace(report, status="written", error=None, problem=None)
