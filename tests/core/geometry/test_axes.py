"""Axis strings: folding, what is assumed, what is refused; views against numpy's own transpose and reshape."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from omio_core.errors import AmbiguousAxesError
from omio_core.geometry.axes import axis_name, fold, layout, of_array, unfold
from omio_core.geometry.box import Box, runs

RADICES = st.lists(st.integers(1, 4), min_size=0, max_size=3).map(tuple)


@st.composite
def native_axes(draw):
    letters = draw(st.permutations([*draw(st.sets(st.sampled_from("TZCSHV"), max_size=4)), "Y", "X"]))
    return "".join(letters), tuple(draw(st.integers(1, 3)) for _ in letters)


@st.composite
def span(draw, n):
    start = draw(st.integers(0, n - 1))
    return start, draw(st.integers(start + 1, n))


def canonical_array(native, axes):
    """What the layout has to give, by numpy: others, C and S to the end of C, in the file's order, S last."""
    others = "".join(a for a in axes if a not in "TZCYXS")
    folded = others + "".join(a for a in "CS" if a in axes)
    order = [a for a in "TZ" + folded + "YX" if a in axes]
    moved = native.transpose([axes.index(a) for a in order])
    lengths = dict(zip(axes, native.shape, strict=True))
    c = math.prod(lengths[a] for a in folded)
    return moved.reshape(lengths.get("T", 1), lengths.get("Z", 1), c, lengths["Y"], lengths["X"])


@given(RADICES, st.data())
def test_unfold_gives_runs_that_fold_back(radices, data):
    start, stop = data.draw(span(math.prod(radices)))
    pieces = unfold(start, stop, radices)
    back = [fold(spans, radices) for spans in pieces]
    assert all(len(one) == 1 for one in back)
    assert [i for (one,) in back for i in range(*one)] == list(range(start, stop))


@given(RADICES, st.data())
def test_fold_takes_the_flat_indices_of_a_box(radices, data):
    spans = tuple(data.draw(span(n)) for n in radices)
    flat = [
        sum(i * math.prod(radices[k + 1 :]) for k, i in enumerate(index))
        for index in itertools.product(*(range(a, b) for a, b in spans))
    ]
    assert [i for run in fold(spans, radices) for i in range(*run)] == flat


@given(native_axes(), st.data())
def test_views_equal_numpy(case, data):
    axes, shape = case
    native = np.arange(math.prod(shape)).reshape(shape)
    understood = layout(axes, shape)
    wanted = canonical_array(native, axes)
    assert understood.shape == wanted.shape
    box = Box(tuple(data.draw(span(n)) for n in understood.shape))
    out = np.full(understood.shape, -1)
    for canonical, part in understood.unfold(box):
        target = out[canonical.within(Box.whole(understood.shape))]
        view = understood.view(target, part)
        assert np.shares_memory(view, out), "a view, never a copy"
        view[...] = native[part.within(Box.whole(shape))]
    asked = box.within(Box.whole(understood.shape))
    assert np.array_equal(out[asked], wanted[asked])
    s = understood.samples
    assert ((out == -1) | (out == wanted)).all(), "what is filled besides is filled rightly"
    beside = np.ones(out.shape, bool)
    (t, z, (c0, c1), y, x) = box.spans
    beside[slice(*t), slice(*z), c0 // s * s : -(-c1 // s) * s, slice(*y), slice(*x)] = False
    assert (out[beside] == -1).all(), "no more than whole pixels is filled"


@given(native_axes(), st.data())
def test_native_boxes_become_canonical_ones(case, data):
    axes, shape = case
    understood = layout(axes, shape)
    spans = tuple((0, n) if a == "S" else data.draw(span(n)) for a, n in zip(axes, shape, strict=True))
    there = np.zeros(shape, bool)
    there[tuple(slice(a, b) for a, b in spans)] = True
    seen = np.zeros(understood.shape, int)
    for box in understood.canonical(Box(spans)):
        seen[box.within(Box.whole(understood.shape))] += 1
    assert np.array_equal(seen, canonical_array(there, axes).astype(int)), "exactly, and once"


@given(native_axes(), st.data())
def test_blocks_are_whole_native_blocks(case, data):
    axes, shape = case
    understood = layout(axes, shape)
    native = tuple(data.draw(st.integers(1, n)) for n in shape)
    blocks = understood.blocks(native)
    sizes = dict(zip(axes, native, strict=True))
    assert blocks[:2] == (sizes.get("T", 1), sizes.get("Z", 1))
    assert (blocks[3], blocks[4]) == (sizes["Y"], sizes["X"])
    first = understood.unfold(Box(((0, 1), (0, 1), (0, blocks[2]), (0, 1), (0, 1))))
    assert len(first) == 1, "a run of C inside one block is one native box"


def test_rgb_is_folded_into_c_with_samples_last():
    understood = layout("YXS", (4, 5, 3))
    assert (understood.shape, understood.samples, understood.assumptions) == ((1, 1, 3, 4, 5), 3, ())
    assert layout("SCYX", (3, 2, 4, 5)).folded == "CS"


def test_strange_axes_fold_into_c_and_say_so():
    understood = layout("VTHYX", (2, 3, 4, 5, 6))
    assert understood.shape == (3, 1, 8, 5, 6)
    assert understood.folded == "VH"
    assert any("V (view, length 2)" in a for a in understood.assumptions)
    assert any("H (phase, length 4)" in a for a in understood.assumptions)
    assert layout("VYX", (1, 5, 6)).assumptions == (), "an axis of length 1 changes nothing"


def test_one_unlabelled_axis_becomes_time_and_says_so():
    understood = layout("QYX", (7, 5, 6))
    assert understood.shape == (7, 1, 1, 5, 6)
    assert understood.assumptions
    assert "T (time)" in understood.assumptions[0]
    assert layout("QQYX", (1, 7, 5, 6)).shape == (7, 1, 1, 5, 6)
    assert layout("TQYX", (3, 1, 5, 6)).shape == (3, 1, 1, 5, 6)


@pytest.mark.parametrize(("axes", "shape"), [("QQYX", (2, 3, 4, 5)), ("TQYX", (2, 3, 4, 5))])
def test_two_axes_for_one_place_are_never_guessed(axes, shape):
    with pytest.raises(AmbiguousAxesError, match="does not say what its axes are") as caught:
        layout(axes, shape)
    assert caught.value.shape == shape
    assert "axes=" in caught.value.remedy


@pytest.mark.parametrize(
    ("axes", "shape", "caller", "wanted"),
    [
        ("QYX", (5, 8, 9), "ZYX", (1, 5, 1, 8, 9)),
        ("QQYX", (2, 3, 8, 9), "TZYX", (2, 3, 1, 8, 9)),
        ("TZCYX", (1, 4, 1, 8, 9), "TYX", (4, 1, 1, 8, 9)),
        ("TZCYX", (1, 4, 1, 8, 9), "ztcyx", (4, 1, 1, 8, 9)),
        ("QYXQ", (5, 8, 9, 1), "CYX", (1, 1, 5, 8, 9)),
        ("QQYX", (1, 5, 8, 9), "TZYX", (1, 5, 1, 8, 9)),
        ("YX", (8, 9), "XY", (1, 1, 1, 9, 8)),
    ],
)
def test_the_caller_names_the_axes(axes, shape, caller, wanted):
    understood = layout(axes, shape, caller=caller)
    assert understood.shape == wanted
    assert understood.assumptions == (), "what the caller says is not assumed"


@pytest.mark.parametrize("caller", ["TZ", "TZYXC", "TTYX", "T1YX", "QZYX", ""])
def test_letters_that_do_not_fit_are_refused(caller):
    with pytest.raises(AmbiguousAxesError) as caught:
        layout("QZYX", (5, 4, 8, 9), caller=caller)
    assert caught.value.evidence
    assert caught.value.remedy


def test_a_letter_cannot_stand_twice():
    with pytest.raises(AmbiguousAxesError, match="no axes for the shape"):
        layout("TTYX", (2, 3, 4, 5))
    with pytest.raises(AmbiguousAxesError):
        layout("TYX", (2, 3, 4, 5))


def test_another_level_has_the_same_axes():
    full = layout("QYXS", (5, 8, 6, 3))
    small = full.at((5, 4, 3, 3))
    assert small.shape == (5, 1, 3, 4, 3)
    assert small.assumptions == full.assumptions


def test_sparse_planes_of_folded_axes():
    """Two views of two channels, the second view without its second channel."""
    understood = layout("VCYX", (2, 2, 4, 4))
    planes = runs([(0, 0), (0, 1), (1, 0)], (2, 2))
    boxes = [b for p in planes for b in understood.canonical(Box((*p.spans, (0, 4), (0, 4))))]
    assert sorted(i for b in boxes for i in range(*b.spans[2])) == [0, 1, 2]


def test_axes_have_names():
    assert (axis_name("Z"), axis_name("R"), axis_name("J")) == ("depth", "rotation", "axis J")


@pytest.mark.parametrize(
    ("axes", "shape", "caller", "evidence", "remedy"),
    [
        ("QYX", (5, 8, 9), "ABC", "missing: Y, X", 'axes="ZYX"'),
        ("QQYX", (2, 5, 8, 9), "TZCY", "missing: X", 'axes="TZYX"'),
        ("YXS", (8, 9, 3), "ZCX", "missing: Y", 'axes="YXS"'),
        ("QYX", (5, 8, 9), "XYX", "twice: X", 'axes="ZYX"'),
        ("QYX", (5, 8, 9), "Z\nX", "not an axis: '\\n'; missing: Y", 'axes="ZYX"'),
        ("QYX", (5, 8, 9), "WRONG", "the file has axes QYX of shape (5, 8, 9)", 'give 3 letters, such as axes="ZYX"'),
        ("QYX", (5, 1, 9), "T", "the file has axes QYX", 'give 3 letters, or 2 for the axes longer than 1, such as'),
    ],
)  # fmt: skip
def test_a_caller_s_axes_have_y_and_x(axes, shape, caller, evidence, remedy):
    with pytest.raises(AmbiguousAxesError) as caught:
        layout(axes, shape, caller=caller)
    assert f"axes={caller!r}" in caught.value.what
    assert caught.value.evidence.startswith(evidence)
    assert remedy in caught.value.remedy
    advised = caught.value.remedy.split('axes="')[1].split('"')[0]
    assert layout(axes, shape, caller=advised).assumptions == ()


def test_a_file_without_rows_needs_none():
    assert layout("TX", (5, 9), caller="ZX").shape == (1, 5, 1, 1, 9)
    with pytest.raises(AmbiguousAxesError, match="no axes"):
        layout("TX", (5, 9), caller="TZ")


def test_axes_of_an_array():
    assert of_array("zyx", (2, 3, 4)).shape == (1, 2, 1, 3, 4)
    for axes in ("TX", "", "YXZ", "QYX", None, ["Y", "X"]):
        with pytest.raises(AmbiguousAxesError):
            of_array(axes, (5, 9))
