"""The one pool: bounded work in flight, cancelled when nobody wants it, and never waiting for itself."""

from __future__ import annotations

import contextlib
import gc
import subprocess
import sys
import threading
import time

import numpy as np
import pytest

from omio_core import settings, threads
from omio_core.pixels.stream import fill, pull
from omio_core.threads import WAITING, ordered
from tests.core.pixels.counted import Counted, planes


@pytest.fixture(autouse=True)
def four_workers():
    """Four threads, whatever the machine has."""
    with settings.using(workers=4):
        yield


def in_pool(work):
    """Run `work` in one of the pool's own threads."""
    done = list(ordered([(1, lambda: None), (1, work)]))
    return done[1]


def test_fewer_workers_than_the_pool_has():
    picture = Counted((20, 1, 1, 2, 2), (1, 1, 1, 2, 2), slow=0.002)
    assert len(list(pull(picture, planes(picture.shape), workers=2))) == 20
    assert picture.most <= 2


def test_bytes_in_flight_are_bounded():
    shape = (24, 1, 1, 16, 16)  # 512 bytes a plane, counted twice: the pixels and what is made of them
    picture = Counted(shape, (1, 1, 1, 16, 16))
    held = most = 0
    lock = threading.Lock()
    original = picture.read_into

    def counting(out, box):
        nonlocal held, most
        with lock:
            held += 1
            most = max(most, held)
        original(out, box)

    picture.read_into = counting
    for _ in pull(picture, planes(shape), max_bytes=3 * 1024):
        time.sleep(0.002)  # a slow consumer: the pool must not run ahead
        with lock:
            held -= 1
    assert most <= 3 + 1, "three in flight, and one that the consumer has"
    assert most > 1, "some in flight at once"


def test_one_box_over_the_budget_is_let_through():
    picture = Counted((3, 1, 1, 16, 16), (1, 1, 1, 16, 16))
    assert len(list(pull(picture, planes(picture.shape), max_bytes=10))) == 3
    assert picture.most == 1, "one at a time"


def test_closing_cancels_and_waits():
    picture = Counted((200, 1, 1, 8, 8), (1, 1, 1, 8, 8), slow=0.005)
    results = pull(picture, planes(picture.shape))
    next(results)
    results.close()
    after = len(picture.reads)
    assert picture.running == 0, "what had begun is over"
    assert after < 20
    time.sleep(0.05)
    assert len(picture.reads) == after, "no read after close"


def test_leaving_the_loop_cancels_too():
    picture = Counted((200, 1, 1, 8, 8), (1, 1, 1, 8, 8), slow=0.005)
    for box, _ in pull(picture, planes(picture.shape)):
        assert box.spans[0] == (0, 1)
        break
    gc.collect()
    after = len(picture.reads)
    time.sleep(0.05)
    assert (picture.running, len(picture.reads)) == (0, after)


@pytest.mark.parametrize("where", ["read", "then", "boxes"])
def test_exceptions_come_through_and_leave_nothing_running(where):
    picture = Counted((60, 1, 1, 8, 8), (1, 1, 1, 8, 8), slow=0.003)
    original = picture.read_into

    def read_into(out, box):
        if where == "read" and box.spans[0][0] == 5:
            raise ZeroDivisionError("in the read")
        original(out, box)

    def then(box, pixels):
        if where == "then" and box.spans[0][0] == 5:
            raise ZeroDivisionError("in the then")
        return box.spans[0][0]

    def boxes():
        for box in planes(picture.shape):
            if where == "boxes" and box.spans[0][0] == 5:
                raise ZeroDivisionError("in the boxes")
            yield box

    picture.read_into = read_into
    got = []
    with pytest.raises(ZeroDivisionError, match=f"in the {where}"):
        got += [made for _, made in pull(picture, boxes(), then)]
    assert picture.running == 0
    after = len(picture.reads)
    time.sleep(0.03)
    assert len(picture.reads) == after
    assert sum(1 for _ in pull(picture, planes(picture.shape)[:4])) == 4, "the pool is as good as before"


def test_a_pull_inside_a_pull_runs_inline():
    """With every worker waiting for a nested pull, a pool that waited for itself would stand still."""
    outer = Counted((16, 1, 1, 4, 4), (1, 1, 1, 4, 4))

    def nested(box, pixels):
        inner = Counted((6, 1, 1, 4, 4), (1, 1, 1, 4, 4))
        out = np.empty(inner.shape, inner.dtype)
        fill(inner, out)
        total = sum(int(p.sum()) for _, p in pull(inner, planes(inner.shape)))
        assert total == inner.pixels.sum() == out.sum()
        return inner.threads == {threading.current_thread()} and threads.inside()

    assert all(inline for _, inline in pull(outer, planes(outer.shape), nested))


def test_only_the_pools_threads_are_marked():
    assert not threads.inside()
    picture = Counted((8, 1, 1, 4, 4), (1, 1, 1, 4, 4))
    assert all(inside for _, inside in pull(picture, planes(picture.shape), lambda box, pixels: threads.inside()))
    list(pull(picture, planes(picture.shape), workers=1))
    list(pull(picture, planes(picture.shape)[:1]))
    assert not threads.inside(), "running a task here does not make this thread a worker"
    said = []
    other = threading.Thread(target=lambda: said.append(threads.inside()))
    other.start()
    other.join()
    assert said == [False]


@pytest.mark.parametrize("scheduler", ["threads", "synchronous"])
def test_dask_inside_a_worker(scheduler):
    from omio_core.images.image import Image

    picture = Counted((3, 2, 1, 8, 8), (1, 1, 1, 8, 8))
    image = Image(picture, lambda: None)

    def compute():
        assert threads.inside()
        total = image.to_dask((1, 1, 1, 8, 8)).sum().compute(scheduler=scheduler)
        return int(total), threading.current_thread()

    total, worker = in_pool(compute)
    assert total == picture.pixels.sum()
    if scheduler == "synchronous":
        assert picture.threads == {worker}
    assert not any(thread.name.startswith("omio") for thread in picture.threads - {worker}), "no other worker is asked"


def test_dask_tasks_never_use_the_pool(monkeypatch):
    from omio_core.images.image import Image

    picture = Counted((4, 1, 1, 8, 8), (1, 1, 1, 8, 8))
    monkeypatch.setattr(threads, "_executor", lambda workers: pytest.fail("a dask task asked for the pool"))
    lazy = Image(picture, lambda: None).to_dask((1, 1, 1, 8, 8))
    assert np.array_equal(lazy.compute(scheduler="threads"), picture.pixels)


def test_who_writes_after_the_main_thread_has_ended_does_it_himself():
    """As programs do that acquire in a thread: the pool of an ending interpreter takes no more tasks."""
    code = """
import threading, time
from omio_core.pixels.stream import ordered

def late():
    threading.main_thread().join()
    time.sleep(0.2)
    print(sum(ordered((1, lambda i=i: i) for i in range(10))))

assert sum(ordered((1, lambda i=i: i) for i in range(10))) == 45
threading.Thread(target=late).start()
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, timeout=60)
    assert (done.stdout, done.stderr) == ("45\n", "")


@pytest.mark.parametrize("fails", [False, True])
def test_what_runs_meanwhile_has_ended_when_the_block_is_over(fails):
    over, seen = threading.Event(), []

    def task():
        seen.append(threading.current_thread())
        over.wait(10)
        seen.append("ended")

    with pytest.raises(ZeroDivisionError) if fails else contextlib.nullcontext(), threads.meanwhile(task, over.set):
        assert not over.is_set()
        if fails:
            raise ZeroDivisionError
    assert seen[1:] == ["ended"]
    assert seen[0] is not threading.current_thread()
    assert not seen[0].is_alive()


def test_where_no_thread_can_be_had_the_block_runs_alone(monkeypatch):
    def refused(self):
        raise RuntimeError("can't create new thread at interpreter shutdown")

    monkeypatch.setattr(threading.Thread, "start", refused)
    ran = []
    with threads.meanwhile(lambda: ran.append("task"), lambda: ran.append("stop")):
        ran.append("block")
    assert ran == ["block", "stop"]


def test_tasks_that_wait_run_beside_each_other_on_one_core():
    """All of them are under way at once; the results come in their order."""
    meeting = threading.Barrier(WAITING, timeout=30)

    def task(number):
        meeting.wait()
        return number

    tasks = ((0, lambda number=number: task(number)) for number in range(2 * WAITING))
    with settings.using(workers=1):
        assert list(ordered(tasks, waiting=True)) == list(range(2 * WAITING))


def test_tasks_apart_may_wait_for_each_other():
    """However few workers there are, and however many tasks wait: each has a thread, and idle ones are used again."""

    def task(depth):
        return depth if depth == 0 else 1 + threads.apart(lambda: task(depth - 1)).result(timeout=30)

    with settings.using(workers=1):
        assert [future.result(timeout=30) for future in [threads.apart(lambda: task(20)) for _ in range(5)]] == [20] * 5
    before = threading.active_count()
    for _ in range(50):
        assert threads.apart(threads.inside).result(timeout=30), "a nested pull runs in the thread"
    assert threading.active_count() <= before


def test_an_error_apart_is_the_caller_s():
    with pytest.raises(ZeroDivisionError):
        threads.apart(lambda: 1 // 0).result(timeout=30)
