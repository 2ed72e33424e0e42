"""Boxes that should be disjoint regions of a shape, and are not: each fault in words, for many boxes too."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from omio_core.geometry import disjoint
from omio_core.geometry.box import Box, grid
from omio_core.geometry.disjoint import box_fault

SHAPE = (4, 6)


def box(*spans):
    return Box(tuple(spans))


@pytest.mark.parametrize(
    ("boxes", "words"),
    [
        ((box((0, 4), (0, 6)), "no box"), "'no box' at 1, no Box"),
        ((box((0, 4)),), "for each of 2 axes"),
        ((Box(((0, 4), (0, 6, 7))),), "two integers"),
        ((Box([(0, 4), (0, 6)]),), None),
        ((Box(((0, 4), (0, 6.0))),), "two integers"),
        ((Box(((0, 4), (0, True))),), "two integers"),
        ((Box(((0, 4), (np.int64(0), 6))),), "two integers"),
        ((Box(7),), "two integers"),
        ((Box(((0, 1 << 80), (0, 6))),), "two integers"),
        ((box((0, 4), (3, 3)),), "empty or not inside"),
        ((box((-1, 4), (0, 6)),), "empty or not inside"),
        ((box((0, 4), (0, 7)),), r"\(\(0, 4\), \(0, 7\)\), which is empty or not inside the shape \(4, 6\)"),
        ((box((0, 2), (0, 6)), box((0, 2), (0, 6))), "overlap"),
        ((box((0, 2), (0, 6)), box((1, 3), (0, 6))), r"overlap: \(\(0, 2\), \(0, 6\)\) and another in \(\(1, 2\)"),
        ((box((0, 4), (0, 6)), box((1, 3), (0, 6))), "together they are larger"),
    ],
)
def test_each_fault_is_told_in_words(boxes, words):
    if words is None:
        assert box_fault(boxes, SHAPE) is None
        return
    with pytest.raises(AssertionError, match=words):
        raise AssertionError(box_fault(boxes, SHAPE))


def test_an_axis_may_have_to_be_whole():
    parts = (box((0, 4), (0, 3)),)
    assert box_fault(parts, SHAPE, whole_axis=0) is None
    assert "only a part of the samples" in box_fault(parts, SHAPE, whole_axis=1)


def test_nothing_and_everything_are_no_fault():
    assert box_fault((), SHAPE) is None
    assert box_fault((Box.whole(SHAPE),), SHAPE) is None
    assert box_fault((Box(()),), ()) is None


@given(st.lists(st.tuples(*(st.tuples(st.integers(0, 5), st.integers(1, 3)) for _ in "YX")), min_size=1, max_size=6))
def test_overlaps_are_those_that_an_array_shows(corners):
    boxes = tuple(box(*((start, start + length) for start, length in corner)) for corner in corners)
    count = np.zeros((8, 8), int)
    for one in boxes:
        count[one.within(Box.whole((8, 8)))] += 1
    assert (box_fault(boxes, (8, 8)) is not None) == (count.max() > 1)


def test_one_chunk_of_many_that_stands_twice_is_found(monkeypatch):
    monkeypatch.setattr(disjoint, "MOST_COMPARED", 0)  # chunks need no comparison of each with all
    chunks = tuple(grid(Box.whole((20, 30, 40)), (1, 10, 10)))
    assert box_fault(chunks, (20, 30, 40)) is None
    assert "overlap" in box_fault((*chunks[1:], chunks[77]), (20, 30, 40))
