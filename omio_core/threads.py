"""The thread pool: `ordered` runs tasks on all cores and yields results in their order; it knows no pixel.

No other file starts threads. The bytes in flight are limited. A call from inside a worker (a dask task, a nested pull)
runs in the calling thread. Tasks that others wait for, and that may wait for others, run `apart`.
"""

from __future__ import annotations

import os
import threading
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from typing import TypeVar

from .settings import current_settings

R = TypeVar("R")

WAITING = 8
"""How many tasks that mostly wait run at once: flushing 10,000 files takes less than half as long as with 2."""


MOST_APART = 4096
"""How many tasks run apart at once: more than can be waiting, for each needs a caller that waits for it."""

_inside = threading.local()
_lock = threading.Lock()
_pools: dict[int, ThreadPoolExecutor] = {}  # by number of workers: one, one for tasks that wait, one for those apart


def _mark_as_worker() -> None:
    _inside.yes = True


def inside() -> bool:
    """Whether this thread belongs to the pool."""
    return getattr(_inside, "yes", False)


def _executor(workers: int) -> ThreadPoolExecutor:
    with _lock:
        if workers not in _pools:
            _pools[workers] = ThreadPoolExecutor(workers, thread_name_prefix="omio", initializer=_mark_as_worker)
        return _pools[workers]


def _after_fork() -> None:
    global _pools, _lock
    _pools, _lock = {}, threading.Lock()  # threads do not survive a fork
    _inside.yes = False


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)


@contextmanager
def meanwhile(task: Callable[[], None], stop: Callable[[], None]) -> Iterator[None]:
    """Run a task beside the block, in its own thread; for a task that mostly waits.

    Parameters
    ----------
    task
        Must handle its own exceptions. It is not run if no thread can be started, as at the end of the interpreter.
    stop
        Called when the block ends, also with an exception. It must make the task end, which is then waited for.
    """
    thread = threading.Thread(target=task, name="omio-meanwhile", daemon=True)
    try:
        with suppress(RuntimeError):
            thread.start()
        yield
    finally:
        stop()
        if thread.ident is not None:
            thread.join()


def _submit(executor: ThreadPoolExecutor, task: Callable[[], R]) -> Future[R]:
    try:
        return executor.submit(task)
    except RuntimeError:  # the interpreter is shutting down and the pool is gone: run the task in the calling thread
        future: Future[R] = Future()
        future.set_result(task())
        return future


def apart(task: Callable[[], R]) -> Future[R]:
    """Run a task in a thread that no other task can wait for; for event loops that must not be blocked.

    A thread is started whenever none is idle: a task that waits for another task, of the same kind too, never keeps it
    from running. The caller limits how many run at once.
    """
    return _submit(_executor(MOST_APART), task)


def ordered(
    tasks: Iterable[tuple[int, Callable[[], R]]],
    *,
    workers: int | None = None,
    max_bytes: int | None = None,
    waiting: bool = False,
) -> Generator[R]:
    """Run tasks in the pool and yield their results in the order of the tasks.

    Parameters
    ----------
    tasks
        Pairs: the bytes that a task occupies until its result is consumed, and the task.
    workers
        How many tasks run at once; None means the settings' number. 1 runs them in the calling thread, and so does a
        call from inside the pool.
    max_bytes
        Limit of the bytes in flight; one task may always run, however large.
    waiting
        Whether the tasks mostly wait for a disk; then `WAITING` of them run at once, however few cores there are.

    Notes
    -----
    Closing the iterator cancels the tasks that have not started and waits for those that have.
    """
    settings = current_settings()
    most_workers = max(WAITING, settings.workers) if waiting else settings.workers
    workers = min(workers or most_workers, most_workers)
    budget = max_bytes or settings.max_bytes
    remaining = iter(tasks)
    first, following = next(remaining, None), next(remaining, None)
    if first is None:
        return
    if following is None or workers < 2 or inside():
        while first is not None:
            yield first[1]()
            first, following = following, next(remaining, None)
        return
    executor = _executor(most_workers)
    # where the pool has more threads than `workers`, it would also run the tasks that wait in its queue
    most = workers + 2 if workers == most_workers else workers
    in_flight = first[0]
    queue: deque[tuple[int, Future[R]]] = deque([(in_flight, _submit(executor, first[1]))])
    try:
        while queue:
            while following is not None and (not queue or (in_flight + following[0] <= budget and len(queue) < most)):
                in_flight += following[0]
                queue.append((following[0], _submit(executor, following[1])))
                following = next(remaining, None)
            result = queue[0][1].result()
            in_flight -= queue.popleft()[0]
            if following is not None and not queue:
                in_flight += following[0]
                queue.append((following[0], _submit(executor, following[1])))
                following = next(remaining, None)
            yield result
    finally:
        for _, future in queue:
            future.cancel()
        for _, future in queue:
            if not future.cancelled():
                future.exception()  # wait: no task may write into the caller's memory after this
