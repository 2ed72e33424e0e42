"""Pulling and filling: in the order asked, in bands that read each block once, into memory of any manner."""

from __future__ import annotations

import threading
import time

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from omio_core import settings
from omio_core.geometry.box import Box, grid
from omio_core.pixels import stream
from omio_core.pixels.stream import fill, groups, pull, unit
from tests.core.pixels.counted import Counted, planes


@pytest.fixture(autouse=True)
def four_workers():
    """Four threads, whatever the machine has."""
    with settings.using(workers=4):
        yield


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
