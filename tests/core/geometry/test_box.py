"""The algebra of boxes, against brute force over every element."""

from __future__ import annotations

import itertools
import pickle

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from omio_core.geometry.box import Box, Present, grid, runs

SHAPE = st.lists(st.integers(1, 5), min_size=1, max_size=3).map(tuple)


@st.composite
def boxes_in(draw, shape):
    spans = []
    for n in shape:
        start = draw(st.integers(0, n - 1))
        spans.append((start, draw(st.integers(start + 1, n))))
    return Box(tuple(spans))


@st.composite
def shape_and_boxes(draw, n=2):
    shape = draw(SHAPE)
    return shape, *(draw(boxes_in(shape)) for _ in range(n))


@st.composite
def shape_and_indices(draw):
    shape = draw(SHAPE)
    everything = list(itertools.product(*(range(n) for n in shape)))
    return shape, draw(st.lists(st.sampled_from(everything), max_size=20))


def elements(box):
    return set(itertools.product(*(range(a, b) for a, b in box.spans)))


@given(shape_and_boxes())
def test_overlap_and_hull(case):
    _, one, other = case
    both = elements(one) & elements(other)
    overlap = one & other
    assert (set() if overlap is None else elements(overlap)) == both
    assert (one & other) == (other & one)
    hull = one.hull(other)
    assert elements(hull) >= elements(one) | elements(other)
    for axis in range(len(hull.spans)):
        assert hull.spans[axis][0] in (one.spans[axis][0], other.spans[axis][0])
        assert hull.spans[axis][1] in (one.spans[axis][1], other.spans[axis][1])


@given(shape_and_boxes(n=1), st.integers(-9, 9))
def test_shift_there_and_back(case, by):
    _, box = case
    offsets = [by * (axis + 1) for axis in range(len(box.spans))]
    moved = box.shift(offsets)
    assert moved.shape == box.shape
    assert moved.size == box.size == len(elements(box))
    assert moved.shift([-n for n in offsets]) == box


@given(shape_and_boxes())
def test_within_picks_the_box_out_of_an_array(case):
    shape, one, other = case
    whole = np.arange(np.prod(shape)).reshape(shape)
    held = whole[one.within(Box.whole(shape))]
    assert held.shape == one.shape
    overlap = one & other
    if overlap is not None:
        assert np.array_equal(held[overlap.within(one)], whole[overlap.within(Box.whole(shape))])


def test_boxes_of_different_axes_do_not_mix():
    with pytest.raises(ValueError):
        _ = Box(((0, 1),)) & Box(((0, 1), (0, 1)))


@given(shape_and_boxes(n=1), st.data())
def test_grid_covers_once_and_is_aligned(case, data):
    shape, box = case
    unit = tuple(data.draw(st.integers(1, 4)) for _ in shape)
    parts = list(grid(box, unit))
    seen = [e for part in parts for e in elements(part)]
    assert len(seen) == len(set(seen))
    assert set(seen) == elements(box)
    assert parts == sorted(parts, key=lambda part: part.spans), "C order"
    for part in parts:
        for (start, stop), u in zip(part.spans, unit, strict=True):
            assert start // u == (stop - 1) // u, "a part lies in one cell of the grid"


@given(shape_and_boxes(n=1), st.data())
def test_aligned_grows_to_whole_units(case, data):
    shape, box = case
    unit = tuple(data.draw(st.integers(1, 4)) for _ in shape)
    grown = box.aligned(unit, shape)
    cells = {tuple(i // u for i, u in zip(e, unit, strict=True)) for e in elements(box)}
    wanted = {
        e
        for e in itertools.product(*(range(n) for n in shape))
        if tuple(i // u for i, u in zip(e, unit, strict=True)) in cells
    }
    assert elements(grown) == wanted


@given(shape_and_boxes(n=1), st.data())
def test_inside_one_cell_is_what_a_grid_does_not_cut(case, data):
    shape, box = case
    unit = tuple(data.draw(st.integers(1, 4)) for _ in shape)
    assert box.inside_one(unit) == (len(list(grid(box, unit))) == 1)


def test_what_is_empty_is_inside_no_cell():
    assert not Box(((0, 2), (3, 3))).inside_one((4, 4))


@given(shape_and_indices())
def test_runs_are_exact_and_disjoint(case):
    shape, indices = case
    found = runs(indices, shape)
    seen = [e for box in found for e in elements(box)]
    assert len(seen) == len(set(seen))
    assert set(seen) == set(indices)


def test_runs_of_everything_is_one_box():
    assert runs(itertools.product(range(3), range(4), range(5)), (3, 4, 5)) == (Box.whole((3, 4, 5)),)
    assert runs([], (3, 4)) == ()


def test_runs_take_a_missing_channel_for_few_boxes():
    """A movie that lacks its second channel after the first time point."""
    indices = [(t, c) for t in range(1000) for c in range(3) if t == 0 or c != 1]
    assert len(runs(indices, (1000, 3))) <= 3


@given(shape_and_indices(), st.data())
def test_present_equals_brute_force(case, data):
    shape, indices = case
    present = Present(runs(indices, shape))
    asked = data.draw(boxes_in(shape))
    hits = present.hits(asked)
    seen = [e for hit in hits for e in elements(hit)]
    assert len(seen) == len(set(seen))
    assert set(seen) == elements(asked) & set(indices)
    assert present.covers(asked) == (elements(asked) <= set(indices))


@given(shape_and_indices())
def test_present_is_a_value(case):
    shape, indices = case
    boxes = runs(indices, shape)
    present = Present(boxes)
    same = Present(reversed(boxes))
    assert present == same
    assert hash(present) == hash(same)
    assert pickle.loads(pickle.dumps(present)) == present
    assert set(present) == set(boxes)
    assert len(present) == len(boxes)
    assert str(len(boxes)) in repr(present)
    assert present != boxes


def test_boxes_of_unequal_lengths_are_found():
    """A long box before short ones: looking by start alone would miss it."""
    boxes = [Box(((0, 100), (0, 1))), *(Box(((k, k + 1), (1, 2))) for k in range(100))]
    present = Present(boxes)
    assert set(present.hits(Box(((97, 98), (0, 2))))) == {Box(((97, 98), (0, 1))), Box(((97, 98), (1, 2)))}
