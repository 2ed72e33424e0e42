"""The one pool: in the order asked, bounded in bytes, cancelled when closed, and never waiting for itself."""

from __future__ import annotations

import gc
import subprocess
import sys
import threading
import time

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from omio_core import settings, threads
from omio_core.geometry.axes import layout
from omio_core.geometry.box import Box, grid
from omio_core.pixels import stream
from omio_core.pixels.array import ArrayPicture
from omio_core.pixels.cropped import CroppedPicture
from omio_core.pixels.picture import PictureBase
from omio_core.pixels.stream import fill, groups, pull, unit
from omio_core.threads import ordered


@pytest.fixture(autouse=True)
def four_workers():
    """Four threads, whatever the machine has."""
    with settings.using(workers=4):
        yield


class Counted(PictureBase):
    """A picture of blocks that notes which native blocks each read touches, and how much is in flight."""

    present = None

    def __init__(self, shape, blocks, slow=0.0):
        self.pixels = np.arange(np.prod(shape), dtype="u2").reshape(shape)
        self.shape, self.blocks, self.slow = shape, blocks, slow
        self.dtype = self.pixels.dtype
        self.reads, self.touched, self.threads = [], [], set()
        self.running = self.most = 0
        self.lock = threading.Lock()

    def read_into(self, out, box):
        with self.lock:
            self.reads.append(box)
            self.touched += [block.spans for block in grid(box.aligned(self.blocks, self.shape), self.blocks)]
            self.threads.add(threading.current_thread())
            self.running += 1
            self.most = max(self.most, self.running)
        if self.slow:
            time.sleep(self.slow)
        out[...] = self.pixels[box.within(Box.whole(self.shape))]
        with self.lock:
            self.running -= 1


def planes(shape):
    return list(grid(Box.whole(shape), (1, 1, 1, *shape[3:])))


def in_pool(work):
    """Run `work` in one of the pool's own threads."""
    done = list(ordered([(1, lambda: None), (1, work)]))
    return done[1]


def test_results_come_in_the_order_asked():
    shape = (4, 3, 2, 5, 6)
    picture = Counted(shape, (1, 1, 1, 5, 6))
    asked = [*planes(shape)[::-1], *planes(shape)[::3]]

    def late_first(box, pixels):
        time.sleep(0.002 * (box.spans[0][0] % 3))
        return pixels.sum()

    got = list(pull(picture, asked, late_first))
    assert [box for box, _ in got] == asked
    assert [total for _, total in got] == [picture.pixels[b.within(Box.whole(shape))].sum() for b in asked]
    assert len(picture.threads) > 1, "more than one thread reads"


def test_without_then_the_pixels_come():
    picture = Counted((2, 1, 1, 3, 4), (1, 1, 1, 3, 4))
    got = list(pull(picture, planes(picture.shape)))
    assert all(np.array_equal(p, picture.pixels[b.within(Box.whole(picture.shape))]) for b, p in got)


def test_read_and_then_run_in_one_worker():
    picture = Counted((6, 1, 1, 3, 4), (1, 1, 1, 3, 4))
    seen = list(pull(picture, planes(picture.shape), lambda box, pixels: threading.current_thread().name))
    assert {name for _, name in seen} <= {thread.name for thread in picture.threads}
    assert all(name.startswith("omio") for _, name in seen)


def test_nothing_asked_nothing_given():
    assert list(pull(Counted((1, 1, 1, 2, 2), (1, 1, 1, 2, 2)), [])) == []


@pytest.mark.parametrize("workers", [1, None])
def test_one_box_or_one_worker_runs_here(workers):
    picture = Counted((3, 1, 1, 2, 2), (1, 1, 1, 2, 2))
    asked = planes(picture.shape)[: 1 if workers is None else 3]
    assert len(list(pull(picture, asked, workers=workers))) == len(asked)
    assert picture.threads == {threading.current_thread()}


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


def test_tiles_over_strips_read_each_strip_once():
    """A writer's tiles cut through the strips of the source: together they are read as a band."""
    shape = (1, 1, 1, 64, 96)
    picture = Counted(shape, (1, 1, 1, 4, 96))
    tiles = list(grid(Box.whole(shape), (1, 1, 1, 32, 32)))
    got = list(pull(picture, tiles))
    assert [box for box, _ in got] == tiles
    assert all(np.array_equal(p, picture.pixels[b.within(Box.whole(shape))]) for b, p in got)
    assert len(picture.touched) == len(set(picture.touched)) == 16, "each of the 16 strips once"
    assert len(picture.reads) == 2, "a band for each row of tiles"


def test_bands_over_a_plane_that_is_one_block():
    shape = (3, 1, 1, 64, 32)
    picture = Counted(shape, (1, 1, 1, 64, 32))
    bands = list(grid(Box.whole(shape), (1, 1, 1, 16, 32)))
    assert [box for box, _ in pull(picture, bands)] == bands
    assert len(picture.touched) == len(set(picture.touched)) == 3


def test_a_union_over_the_budget_is_not_made():
    shape = (1, 1, 1, 64, 96)
    picture = Counted(shape, (1, 1, 1, 4, 96))
    tiles = list(grid(Box.whole(shape), (1, 1, 1, 32, 32)))
    got = list(pull(picture, tiles, max_bytes=4 * 32 * 32 * 2))
    assert [box for box, _ in got] == tiles
    assert sorted(box.spans for box in picture.reads) == [box.spans for box in tiles], "each tile on its own"


def test_boxes_that_are_whole_blocks_stay_apart():
    shape = (2, 1, 1, 64, 64)
    parts = list(grid(Box.whole(shape), (1, 1, 1, 32, 64)))
    assert [group for _, group in groups(parts, (1, 1, 1, 16, 64), shape, 10**9)] == [[p] for p in parts]


@given(st.data())
def test_groups_keep_every_box_in_order(data):
    shape = tuple(data.draw(st.integers(1, 6)) for _ in range(2))
    blocks, step = (tuple(data.draw(st.integers(1, 6)) for _ in range(2)) for _ in range(2))
    boxes = list(grid(Box.whole(shape), step))
    most = data.draw(st.integers(1, 40))
    found = list(groups(boxes, blocks, shape, most))
    assert [box for _, group in found for box in group] == boxes
    for hull, group in found:
        assert all((box & hull) == box for box in group)
        assert len(group) == 1 or hull.size <= most


@given(st.data())
def test_a_unit_is_whole_blocks_of_enough_bytes(data):
    shape = tuple(data.draw(st.integers(1, 40)) for _ in range(5))
    blocks = tuple(data.draw(st.integers(1, 50)) for _ in range(5))
    floor = data.draw(st.integers(1, 20_000))
    found = unit(shape, blocks, 2, floor)
    for u, b, n in zip(found, blocks, shape, strict=True):
        assert u == n or (u < n and u % b == 0), "whole blocks, or all of the axis"
    assert np.prod(found) * 2 >= floor or found == shape
    smallest = np.prod([min(b, n) for b, n in zip(blocks, shape, strict=True)]) * 2
    if smallest >= floor:
        assert found == tuple(min(b, n) for b, n in zip(blocks, shape, strict=True)), "large blocks stay alone"


@pytest.mark.parametrize("dtype", ["u2", "f4", ">u2"])
def test_fill_reads_into_memory_of_any_manner(dtype):
    picture = Counted((2, 3, 1, 20, 30), (1, 1, 1, 7, 30))
    for out in (
        np.empty(picture.shape, dtype),
        np.empty(picture.shape[::-1], dtype).T,
        np.empty(picture.shape, dtype)[:, ::-1, :, ::-1],
    ):
        fill(picture, out)
        assert np.array_equal(out, picture.pixels)


def test_fill_of_a_box_reads_that_box_only(monkeypatch):
    monkeypatch.setattr(stream, "UNIT", 1)
    picture = Counted((4, 1, 1, 20, 30), (1, 1, 1, 5, 30))
    box = Box(((1, 3), (0, 1), (0, 1), (4, 11), (2, 30)))
    out = np.empty(box.shape, "u2")
    fill(picture, out, box)
    assert np.array_equal(out, picture.pixels[box.within(Box.whole(picture.shape))])
    assert all((read & box) == read for read in picture.reads)


def test_fill_uses_all_workers():
    picture = Counted((16, 1, 1, 512, 1024), (1, 1, 1, 512, 1024))
    together = threading.Barrier(4)
    original = picture.read_into

    def meet(out, box):
        if box.spans[0][0] < 4:
            together.wait(timeout=60)  # four reads at once, or this breaks
        original(out, box)

    picture.read_into = meet
    out = np.empty(picture.shape, "u2")
    fill(picture, out)
    assert np.array_equal(out, picture.pixels)


def test_a_crop_of_an_array_is_pulled():
    array = np.arange(5 * 6 * 7).reshape(5, 6, 7)
    picture = CroppedPicture(
        ArrayPicture(array, layout("ZYX", array.shape)), Box(((0, 1), (1, 4), (0, 1), (2, 6), (0, 7)))
    )
    got = np.concatenate([p for _, p in pull(picture, planes(picture.shape))], axis=1)
    assert np.array_equal(got[0, :, 0], array[1:4, 2:6])


def test_a_region_is_cut_along_the_blocks_of_the_whole():
    """Tasks of a crop that begins inside a block never read that block twice."""
    asked = []

    class Blocky(PictureBase):
        shape, dtype, blocks, present = (1, 1, 1, 64, 64), np.dtype("u1"), (1, 1, 1, 16, 64), None

        def read_into(self, out, box):
            asked.append(box)
            out[...] = 7

    region = CroppedPicture(Blocky(), Box(((0, 1), (0, 1), (0, 1), (8, 56), (0, 64))))
    boxes = [Box((*((0, 1),) * 3, (y, y + 4), (0, 64))) for y in range(0, 48, 4)]
    pulled = list(pull(region, boxes, workers=1, max_bytes=4 * 16 * 64))
    assert [box for box, _ in pulled] == boxes
    assert all((pixels == 7).all() and pixels.shape == box.shape for box, pixels in pulled)
    touched = [block for box in asked for block in range(box.spans[3][0] // 16, -(-box.spans[3][1] // 16))]
    assert sorted(touched) == sorted(set(touched))


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
