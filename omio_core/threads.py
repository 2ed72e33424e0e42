"""The one thread pool: `ordered` runs tasks on all cores and yields results in the order given; it knows no pixel.

No other file starts threads. Work in flight is bounded in bytes. A call from inside a worker (a dask task, a nested
pull) runs inline.
"""

from __future__ import annotations

import os
import threading
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from typing import TypeVar

from .settings import current

R = TypeVar("R")


_inside = threading.local()
_lock = threading.Lock()
_pools: dict[int, ThreadPoolExecutor] = {}  # by size: one, unless the settings change


def _mark() -> None:
    _inside.yes = True


def inside() -> bool:
    """Whether this thread is one of the pool's."""
    return getattr(_inside, "yes", False)


def _executor(workers: int) -> ThreadPoolExecutor:
    with _lock:
        if workers not in _pools:
            _pools[workers] = ThreadPoolExecutor(workers, thread_name_prefix="omio", initializer=_mark)
        return _pools[workers]


def _after_fork() -> None:
    global _pools, _lock
    _pools, _lock = {}, threading.Lock()  # threads do not survive a fork
    _inside.yes = False


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)


@contextmanager
def meanwhile(task: Callable[[], None], stop: Callable[[], None]) -> Iterator[None]:
    """Run a task that waits more than it works beside the block, in a thread of its own.

    Parameters
    ----------
    task
        It keeps what it raises. Where no more threads can be had, as at the end of the interpreter, it is not run.
    stop
        Called when the block is over, however it ended, and makes the task end; then it is waited for.
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


def _submitted(executor: ThreadPoolExecutor, task: Callable[[], R]) -> Future[R]:
    try:
        return executor.submit(task)
    except RuntimeError:  # the interpreter is shutting down and the pool is gone: run the task in the calling thread
        done: Future[R] = Future()
        done.set_result(task())
        return done


def ordered(
    tasks: Iterable[tuple[int, Callable[[], R]]], *, workers: int | None = None, max_bytes: int | None = None
) -> Generator[R]:
    """Run tasks in the pool and yield their results in the order given.

    Parameters
    ----------
    tasks
        Pairs of the bytes a task holds until its result is taken, and the task.
    workers
        How many run at once; the settings' where None. 1 runs them here, as does a call from inside the pool.
    max_bytes
        Bytes in flight; one task is always let through.

    Closing the iterator cancels what has not begun and waits for what has.
    """
    settings = current()
    workers = min(workers or settings.workers, settings.workers)
    budget = max_bytes or settings.max_bytes
    waiting = iter(tasks)
    first, ahead = next(waiting, None), next(waiting, None)
    if first is None:
        return
    if ahead is None or workers < 2 or inside():
        while first is not None:
            yield first[1]()
            first, ahead = ahead, next(waiting, None)
        return
    executor = _executor(settings.workers)
    most = workers + 2 if workers == settings.workers else workers  # fewer than the pool has: no waiting line
    held = first[0]
    queue: deque[tuple[int, Future[R]]] = deque([(held, _submitted(executor, first[1]))])
    try:
        while queue:
            while ahead is not None and (not queue or (held + ahead[0] <= budget and len(queue) < most)):
                held += ahead[0]
                queue.append((ahead[0], _submitted(executor, ahead[1])))
                ahead = next(waiting, None)
            result = queue[0][1].result()
            held -= queue.popleft()[0]
            if ahead is not None and not queue:
                held += ahead[0]
                queue.append((ahead[0], _submitted(executor, ahead[1])))
                ahead = next(waiting, None)
            yield result
    finally:
        for _, future in queue:
            future.cancel()
        for _, future in queue:
            if not future.cancelled():
                future.exception()  # wait: nobody may write into the caller's memory any more
