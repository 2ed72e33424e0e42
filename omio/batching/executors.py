"""Where jobs are done: in this process, or in processes of their own; each answers a job with what became of it.

An executor has one method, ``submit``, which returns a future. A job in a process of its own takes nothing with it: a
process that dies, hangs or eats the memory of the machine fails this job alone.
"""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing.context import SpawnContext, SpawnProcess
from types import ModuleType
from typing import Any, Protocol

from omio.sources.notices import Message
from omio_core.errors import BatchError, missing_package
from omio_core.settings import cores

from .attempts import attempt
from .values import Job, JobReport

Answer = tuple[JobReport, list[Message]]
"""What became of a job, and what it warns of."""


class Executor(Protocol):
    """Something that does jobs."""

    @property
    def window(self) -> int:
        """How many jobs it is given at once."""
        ...

    def submit(self, job: Job, retries: int) -> Future[Answer]:
        """Begin a job, or do it at once."""
        ...


class Serial:
    """Jobs one after another, in this process."""

    window = 1

    def submit(self, job: Job, retries: int) -> Future[Answer]:
        """Do a job."""
        future: Future[Answer] = Future()
        future.set_result(attempt(job, retries))
        return future


@dataclass(frozen=True, slots=True)
class Processes:
    """Jobs in processes of their own, which begin as new interpreters: a fork would inherit locks that threads hold.

    Parameters
    ----------
    pool
        The pool of processes.
    window
        How many jobs it is given at once.
    timeout
        Seconds after which a job is ended; None: never.
    """

    pool: Any
    window: int
    timeout: float | None

    def submit(self, job: Job, retries: int) -> Future[Answer]:
        """Begin a job."""
        future: Future[Answer] = Future()
        try:
            future = self.pool.schedule(attempt, args=(job, retries), timeout=self.timeout)
        except RuntimeError as error:  # no process can be started any more
            future.set_exception(error)
        return future


class _Process(SpawnProcess):
    """A new interpreter that does not run the caller's script again: the script need not guard itself."""

    @staticmethod
    def _Popen(process_obj: Any) -> Any:  # noqa: N802 - the name of multiprocessing
        with _main:
            script = sys.modules["__main__"]
            sys.modules["__main__"] = ModuleType("__main__")
            try:
                return SpawnProcess._Popen(process_obj)
            finally:
                sys.modules["__main__"] = script


_main = threading.Lock()


class _Context(SpawnContext):
    """How processes are started without the caller's script."""

    Process = _Process


@contextmanager
def start(executor: str | int | None, timeout: float | None, function: Any = None) -> Iterator[Executor]:
    """Start an executor for a batch, and end it with all its processes.

    Parameters
    ----------
    executor
        None or ``"serial"``: in this process; ``"processes"``: as many processes as there are cores; or their number.
    timeout
        Seconds after which a job is ended.
    function
        The caller's own function; if it stands in the script that runs, each process runs this script, too.

    Raises
    ------
    BatchError
        There is no such executor; or a job of this process shall be ended, which nobody can.
    MissingDependencyError
        The package that runs the processes is not installed.
    """
    count = _number(executor)
    if timeout is not None and (count is None or timeout <= 0):
        raise BatchError(
            f"a job cannot be ended after {timeout:g} s" if timeout > 0 else f"timeout={timeout!r} is no time",
            evidence="it runs in this process" if timeout > 0 else "it is not above 0 s",
            remedy="take processes: executor=\"processes\" (--processes N)",
        )  # fmt: skip
    if count is None:
        yield Serial()
        return
    try:
        from pebble import ProcessPool  # type: ignore[import-not-found, unused-ignore]  # where it is not installed
    except ImportError as error:
        raise missing_package(error, "batch in processes", None) from error
    threads = max(1, cores() // count)
    context = SpawnContext() if getattr(function, "__module__", "") == "__main__" else _Context()
    pool = ProcessPool(count, initializer=_begin, initargs=[threads], context=context)
    try:
        yield Processes(pool, 2 * count, timeout)
        pool.close()  # type: ignore[no-untyped-call]
    except BaseException:
        pool.stop()  # type: ignore[no-untyped-call]
        raise
    finally:
        pool.join()


def _number(executor: str | int | None) -> int | None:
    """Return how many processes an executor has; None for this process."""
    if executor in (None, "serial"):
        return None
    if executor == "processes":
        return cores()
    if isinstance(executor, int) and not isinstance(executor, bool) and executor > 0:
        return executor
    raise BatchError(
        f"there is no executor {executor!r}", remedy='choose "serial", "processes", or a number of processes'
    )


def _begin(threads: int) -> None:
    """Set up a process: the cores are divided among the processes."""
    os.environ["OMIO_WORKERS"] = str(threads)


def failure(job: Job, error: BaseException, timeout: float | None) -> BatchError:
    """Return the error for a job whose process gave no answer."""
    if isinstance(error, TimeoutError):
        return BatchError(
            f"{job.source} took longer than {timeout:g} s and was ended", path=job.source,
            remedy="give it more time with timeout= (--timeout), or leave it out",
        )  # fmt: skip
    code = getattr(error, "exitcode", None)
    return BatchError(
        f"the process that converted {job.source} ended", path=job.source,
        evidence=f"exit code {code}" if code is not None else f"{type(error).__name__}: {error}",
        remedy="it was killed, or ran out of memory: take fewer processes, or less max_memory= (--max-memory)",
    )  # fmt: skip
