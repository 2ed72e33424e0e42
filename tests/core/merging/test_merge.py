"""Merging: pixels against numpy, presence against a mask, refusals with the file's name, and nothing read too early."""

from __future__ import annotations

import pickle

import numpy as np
import omio_toy_read
import pytest
from hypothesis import given
from hypothesis import strategies as st
from omio_toy import READER
from omio_toy_read import image as toy_image
from omio_toy_read import write_toy

from omio_core.contract import Policy
from omio_core.errors import MergeError, OmioError
from omio_core.geometry.axes import CANONICAL, layout
from omio_core.geometry.box import Box
from omio_core.images.image import Image
from omio_core.images.opening import open_source
from omio_core.images.overrides import Request
from omio_core.merging.merge import is_exact, merge
from omio_core.merging.recipe import AXES, Merge
from omio_core.metadata.model import Metadata
from omio_core.pixels import handles
from omio_core.pixels.array import ArrayPicture
from omio_core.pixels.cropped import CroppedPicture
from omio_core.pixels.joined import JoinedPicture
from omio_core.plugins import catalogue
from omio_core.plugins.catalogue import Catalogue
from omio_core.policies import Policies
from omio_core.settings import using
from omio_plugins.policies import omio_policies


@pytest.fixture(autouse=True)
def _policies():
    """The toy reader and the policies that come with OMIO."""
    with catalogue.using(Catalogue(readers=(READER,), policies=tuple(omio_policies()))):
        yield


TYPES = ("u1", "u2", "i2", "f4", "c8")


@st.composite
def several(draw, least=1, types=TYPES, unequal=True):
    """An axis and arrays that can be merged along it; of one type and one size where `unequal` is false."""
    axis = draw(st.sampled_from(AXES))
    shape = [draw(st.integers(1, 3)) for _ in range(5)]
    common = draw(st.sampled_from(types))
    arrays = []
    for n in range(draw(st.integers(least, 4))):
        own = [draw(st.integers(1, 3)) for _ in range(5)] if unequal else list(shape)
        own[CANONICAL.index(axis)] = draw(st.integers(1, 3))
        dtype = draw(st.sampled_from(types)) if unequal else common
        arrays.append((np.arange(np.prod(own)).reshape(own) + 1 + 10 * n).astype(dtype))
    return axis, arrays


def box_in(draw, shape):
    spans = []
    for n in shape:
        start = draw(st.integers(0, n - 1))
        spans.append((start, draw(st.integers(start + 1, n))))
    return Box(tuple(spans))


def of(array, axes=CANONICAL):
    return Image.of_array(array, axes=axes)


def by_numpy(arrays, axis):
    along = CANONICAL.index(axis)
    top = [max(lengths) for lengths in zip(*(array.shape for array in arrays), strict=True)]
    padded = [np.pad(a, [(0, 0 if k == along else top[k] - n) for k, n in enumerate(a.shape)]) for a in arrays]
    return np.concatenate(padded, axis=along)


def mask(image):
    """What is present, element by element."""
    there = np.zeros(image.shape, int)
    whole = Box.whole(image.shape)
    for box in [whole] if image.picture.present is None else image.picture.present:
        there[box.within(whole)] += 1
    assert there.max() <= 1, "boxes overlap"
    return there.astype(bool)


# --- pixels


@given(several(unequal=False), st.data())
def test_a_merge_is_numpys_concatenate(given_, data):
    axis, arrays = given_
    merged = merge([of(a) for a in arrays], axis)
    wanted = np.concatenate(arrays, axis=CANONICAL.index(axis))
    assert merged.dtype == wanted.dtype
    assert np.array_equal(merged.to_numpy(), wanted)
    assert merged.picture.present is None
    box = box_in(data.draw, wanted.shape)
    part = box.within(Box.whole(wanted.shape))
    assert np.array_equal(merged[part], wanted[part])


@given(several(), st.data())
def test_a_padded_and_promoted_merge_is_numpys(given_, data):
    axis, arrays = given_
    merged = merge([of(a) for a in arrays], axis, shapes="pad", dtypes="promote")
    wanted = by_numpy(arrays, axis)
    assert merged.dtype == wanted.dtype == np.result_type(*arrays)
    assert merged.shape == wanted.shape == merged.metadata.shape
    assert np.array_equal(merged.to_numpy(), wanted)
    assert np.array_equal(mask(merged), by_numpy([np.ones(a.shape, bool) for a in arrays], axis))
    box = box_in(data.draw, wanted.shape)
    part = box.within(Box.whole(wanted.shape))
    assert np.array_equal(merged[part], wanted[part])
    assert np.array_equal(
        Image(CroppedPicture(merged.picture, box), merged.metadata.crop(box)).to_numpy(), wanted[part]
    )
    chunks = tuple(data.draw(st.integers(1, n)) for n in merged.shape)
    assert np.array_equal(merged.to_dask(chunks).compute(scheduler="synchronous"), wanted)


@given(several(least=2), st.data())
def test_a_merge_of_merges_is_the_flat_merge(given_, data):
    axis, arrays = given_
    images = [of(a) for a in arrays]
    said = {"shapes": "pad", "dtypes": "promote"}
    cut = data.draw(st.integers(1, len(images) - 1))
    nested = merge([merge(images[:cut], axis, **said), merge(images[cut:], axis, **said)], axis, **said)
    flat = merge(images, axis, **said)
    assert nested.picture == flat.picture, "the same leaves at the same places, and nothing wrapped"
    assert nested.metadata == flat.metadata
    assert np.array_equal(nested.to_numpy(), flat.to_numpy())
    later = merge([merge(images[:cut], axis, **said), *images[cut:]], axis, **said)
    assert later.picture == flat.picture
    known = merge(images[:cut], axis, **said)
    assert known.metadata, "known now, and still taken apart"
    assert merge([known, *images[cut:]], axis, **said).metadata == flat.metadata


@given(several(unequal=False))
def test_merging_one_is_the_identity(given_):
    axis, arrays = given_
    image = of(arrays[0])
    for one in AXES:
        assert merge([image], one) is image
    assert merge([merge([image], axis)], axis) is image


@given(st.lists(st.lists(st.integers(1, 2), min_size=1, max_size=3), min_size=1, max_size=3), st.data())
def test_merges_along_several_axes(rows, data):
    """T merges of Z merges hold leaves only, and equal numpy's."""
    arrays = [
        [np.full((t, z, 1, 2, 3), 1 + 10 * i + k, "u2") for k, z in enumerate(lengths)]
        for i, (t, lengths) in enumerate((data.draw(st.integers(1, 2)), lengths) for lengths in rows)
    ]
    stacks = [merge([of(a) for a in row], "Z") for row in arrays]
    merged = merge(stacks, "T", shapes="pad")
    wanted = by_numpy([np.concatenate(row, axis=1) for row in arrays], "T")
    assert np.array_equal(merged.to_numpy(), wanted)
    ones = by_numpy([np.ones(np.concatenate(row, axis=1).shape, bool) for row in arrays], "T")
    assert np.array_equal(mask(merged), ones)
    if isinstance(merged.picture, JoinedPicture):
        assert not any(isinstance(part, JoinedPicture) for part in merged.picture.parts)
        assert len(merged.picture.parts) == sum(map(len, rows))
    record = merged.metadata.facts.annotations.get("omio/merge", {"inputs": [None] * sum(map(len, rows))})
    assert len(record["inputs"]) == sum(map(len, rows))


def test_rgb_stays_rgb():
    a, b = (np.arange(n * 4 * 5 * 3, dtype="u1").reshape(n, 4, 5, 3) for n in (2, 1))
    images = [of(a, "ZYXS"), of(b, "ZYXS")]
    along_z = merge(images, "Z")
    assert (along_z.samples, along_z.metadata.samples, along_z.shape) == (3, 3, (1, 3, 3, 4, 5))
    assert np.array_equal(along_z.to_numpy()[0].transpose(0, 2, 3, 1), np.concatenate([a, b]))
    along_c = merge(images, "C", shapes="pad")
    assert (along_c.samples, along_c.metadata.channel_count, along_c.shape) == (3, 2, (1, 2, 6, 4, 5))
    assert np.array_equal(along_c.to_numpy(), by_numpy([i.to_numpy() for i in images], "C"))
    twice = merge([along_c, merge([images[1]], "C")], "C", shapes="pad")
    assert twice.metadata.channel_count == 3


# --- lazily, and not twice


def toy_files(folder, arrays, axes="TZYX", **more):
    return [write_toy(folder / f"{i}.toy", toy_image(a, axes, **more)) for i, a in enumerate(arrays)]


def test_nothing_is_opened_before_pixels_are_asked_for(tmp_path):
    arrays = [np.full((2, 1, 4, 5), i + 1, "u2") for i in range(6)]
    images = [open_source(path).images[0] for path in toy_files(tmp_path, arrays)]
    handles.HANDLES.clear()
    before = len(omio_toy_read.OPENED)
    merged = merge(images, "T")
    copy = pickle.loads(pickle.dumps(merged))
    assert repr(merged) == "<Image T12 Z1 C1 Y4 X5 uint16>"
    assert merged.picture.blocks
    assert merged.metadata.shape == (12, 1, 1, 4, 5)
    assert merged.vendor is None
    assert merged.levels == (merged.shape,)
    assert len(omio_toy_read.OPENED) == before, "descriptions are enough"
    assert merged[5, 0, 0, 1, 2] == 3
    assert omio_toy_read.OPENED[before:] == [str(tmp_path / "2.toy")], "only the file that holds it"
    assert np.array_equal(copy.to_numpy(), np.concatenate(arrays)[:, :, None])
    assert copy.metadata == merged.metadata
    with merged:
        assert len(handles.HANDLES) == 6
    assert len(handles.HANDLES) == 0, "closed with the merge"
    assert [leaf.stored.key.path for leaf in merged.picture.leaves] == [str(tmp_path / f"{i}.toy") for i in range(6)]
    assert list(merged.at(T=0).picture.leaves) == list(merged.picture.leaves)


def test_many_files_and_few_handles(tmp_path):
    arrays = [np.full((1, 1, 4, 5), i, "u2") for i in range(40)]
    images = [open_source(path).images[0] for path in toy_files(tmp_path, arrays)]
    merged = merge(images, "T")
    with using(max_open=3, workers=2):
        assert np.array_equal(merged.to_numpy()[:, 0, 0, 0, 0], np.arange(40))
        assert len(handles.HANDLES) <= 3


def test_absence_of_inputs_moves_with_them(tmp_path):
    first = np.ones((2, 1, 2, 2), "u1")
    boxes = [[[1, 2], [0, 1], [0, 2], [0, 2]]]
    paths = [write_toy(tmp_path / f"{i}.toy", toy_image(first, "TZYX", present=boxes)) for i in range(2)]
    quiet = Request(policies=Policies(absent_planes="accept"))
    rule = Policy(kind="absent_planes", name="accept", decide=lambda case: "accept", summary="Says nothing.")
    axes = [policy for policy in omio_policies() if policy.kind == "axes"]
    with catalogue.using(Catalogue(readers=(READER,), policies=(rule, *axes))):
        images = [open_source(path, quiet).images[0] for path in paths]
    merged = merge(images, "T")
    assert merged[:, 0, 0, 0, 0].tolist() == [0, 1, 0, 1]
    assert mask(merged)[:, 0, 0, 0, 0].tolist() == [False, True, False, True]
    inputs = merged.metadata.facts.annotations["omio/merge"]["inputs"]
    assert [entry["present"][0]["T"] for entry in inputs] == [[1, 2], [3, 4]]


# --- refusals


def test_an_axis_that_is_none(tmp_path):
    image = open_source(toy_files(tmp_path, [np.ones((1, 1, 2, 2), "u1")])[0]).images[0]
    for axis in ("Y", "X", "S", "t", "", "TZ", None):
        with pytest.raises(MergeError, match="cannot be merged along") as caught:
            merge([image, image], axis)
        assert "0.toy" in caught.value.evidence
        assert caught.value.path == str(tmp_path / "0.toy")
        assert caught.value.remedy == "choose one of T, Z, C"


def test_nothing_to_merge():
    with pytest.raises(MergeError, match="nothing to merge"):
        merge([], "T")
    with pytest.raises(MergeError, match="input 1 is no Image") as caught:
        merge([of(np.zeros((2, 2)), "YX"), np.zeros((2, 2))], "T")
    assert "ndarray" in caught.value.evidence
    assert "imopen" in caught.value.remedy


def test_unequal_shapes_are_refused(tmp_path):
    arrays = [np.ones((1, 2, 4, 5), "u1"), np.ones((3, 2, 4, 5), "u1"), np.ones((1, 2, 4, 6), "u1")]
    images = [open_source(path).images[0] for path in toy_files(tmp_path, arrays)]
    before = len(omio_toy_read.OPENED)
    with pytest.raises(MergeError) as caught:
        merge(images, "T")
    error = caught.value
    assert str(tmp_path / "2.toy") in error.what
    assert "differs along X" in error.what
    assert "(1, 2, 1, 4, 6)" in error.evidence
    assert "(1, 2, 1, 4, 5)" in error.evidence
    assert str(tmp_path / "0.toy") in error.evidence
    assert 'shapes="pad"' in error.remedy
    assert (error.path, error.shapes) == (str(tmp_path / "2.toy"), ((1, 2, 1, 4, 5), (1, 2, 1, 4, 6)))
    assert len(omio_toy_read.OPENED) == before
    assert merge(images, "T", shapes="pad").shape == (5, 2, 1, 4, 6)


def test_unequal_types_are_refused(tmp_path):
    arrays = [np.ones((1, 1, 2, 2), "u1"), np.ones((1, 1, 2, 2), "f4")]
    images = [open_source(path).images[0] for path in toy_files(tmp_path, arrays)]
    with pytest.raises(MergeError) as caught:
        merge(images, "Z")
    assert str(tmp_path / "1.toy") in caught.value.what
    assert "float32; uint8" in caught.value.evidence
    assert 'dtypes="promote"' in caught.value.remedy
    assert caught.value.dtypes == ("uint8", "float32")
    assert merge(images, "Z", dtypes="promote").dtype == np.float32


@pytest.mark.parametrize(("types", "promoted"), [
    (("i4", "f4"), "f8"), (("u1", "i1"), "i2"), (("u4", "i4"), "i8"), (("?", "u2"), "u2"), (("i2", "f2"), "f4"),
    (("u2", "i2", "f4"), "f4"), (("f4", "c8"), "c8"), (("i4", "c8"), "c16"),
    (("i8", "f8"), None), (("u8", "i8"), None), (("u8", "i1"), None), (("i8", "f4"), None), (("i8", "c8"), None),
])  # fmt: skip
def test_types_become_one_that_loses_nothing(types, promoted):
    images = [of(np.ones((2, 2), dtype), "YX") for dtype in types]
    for order in (images, images[::-1]):
        if promoted is None:
            with pytest.raises(MergeError, match="no type holds all values exactly") as caught:
                merge(order, "T", dtypes="promote")
            assert "would be rounded" in caught.value.evidence
        else:
            merged = merge(order, "T", dtypes="promote")
            assert merged.dtype == np.dtype(promoted)
            assert merged.metadata.dtype == str(np.dtype(promoted))


@given(
    st.sampled_from(["?", "u1", "u2", "u4", "i1", "i2", "i4", "f2", "f4", "f8"]),
    st.sampled_from(["u2", "i4", "f2", "f4", "f8", "c8"]),
)
def test_exact_is_exact(a, b):
    a, b = np.dtype(a), np.dtype(b)
    if a.kind == "b":
        extremes = [0, 1]
    elif a.kind in "iu":
        extremes = [np.iinfo(a).min, np.iinfo(a).max, np.iinfo(a).max - 1]
    else:
        extremes = [np.finfo(a).max, np.finfo(a).eps]
    values = np.array(extremes, a)
    with np.errstate(all="ignore"):
        there = np.array_equal(values.astype(b).real.astype(a), values)
    assert there or not is_exact(a, b)


def test_types_without_a_common_one():
    other = of(np.zeros((2, 2), "u1"), "YX")
    times = Image(ArrayPicture(np.zeros((2, 2), "M8[s]"), layout("YX", (2, 2))),
                  Metadata(shape=(1, 1, 1, 2, 2), dtype="datetime64[s]"))  # fmt: skip
    with pytest.raises(MergeError, match="no type holds"):
        merge([other, times], "T", dtypes="promote")


def test_types_of_nested_merges_are_those_of_the_leaves():
    """int16 and uint16 alone need int32, which float32 would round; with it float32 holds both."""
    a, b, c = (of(np.full((2, 2), 300, dtype), "YX") for dtype in ("i2", "u2", "f4"))
    inner = merge([a, b], "T", dtypes="promote")
    assert inner.dtype == np.int32
    assert merge([inner, c], "T", dtypes="promote").dtype == np.float32


def test_rgb_and_grey_are_not_mixed(tmp_path):
    rgb = write_toy(tmp_path / "rgb.toy", toy_image(np.ones((2, 2, 3), "u1"), "YXS"))
    grey = write_toy(tmp_path / "grey.toy", toy_image(np.ones((2, 2), "u1"), "YX"))
    images = [open_source(path).images[0] for path in (grey, rgb)]
    for axis in AXES:
        with pytest.raises(MergeError, match="other samples") as caught:
            merge(images, axis, shapes="pad", dtypes="promote")
        assert "rgb.toy" in caught.value.what
        assert "grey.toy" in caught.value.evidence
    assert merge([images[0], images[1].at(C=0)], "C").shape == (1, 1, 2, 2, 2), "as the remedy says"


def test_policies_are_named():
    images = [of(np.zeros((2, 2)), "YX")]
    for kind in ("shapes", "dtypes", "conflict"):
        with pytest.raises(OmioError, match=f"no policy {kind}='pat'"):
            merge(images * 2, "T", **{kind: "pat"})


def test_a_policy_of_a_third_party_decides():
    seen = []

    def small(case):
        seen.append(case)
        return "pad" if all(n < 10 for shape in case.shapes for n in shape) else "raise"

    rule = Policy(kind="shapes", name="small", decide=small, summary="Pads what is small.")
    with catalogue.using(Catalogue(policies=(*omio_policies(), rule))):
        merged = merge([of(np.ones((2, 2)), "YX"), of(np.ones((3, 2)), "YX")], "T", shapes="small")
        with pytest.raises(MergeError, match="differs along Y"):
            merge([of(np.ones((2, 2)), "YX"), of(np.ones((30, 2)), "YX")], "T", shapes="small")
    assert merged.shape == (2, 1, 1, 3, 2)
    assert seen[0].axis == "T"
    assert seen[0].sources == ("an array in memory",) * 2


def test_a_strict_merge_of_padded_ones():
    padded = merge([of(np.ones((2, 2)), "YX"), of(np.ones((3, 3)), "YX")], "T", shapes="pad")
    merged = merge([padded, of(np.ones((3, 3)), "YX")], "T")
    assert merged.shape == (3, 1, 1, 3, 3)
    assert len(merged.picture.parts) == 3
    assert mask(merged).sum() == 4 + 9 + 9


def test_labels(tmp_path):
    path = write_toy(tmp_path / "a.toy", *(toy_image(np.ones((2, 2), "u1"), "YX", name=n) for n in ("one", None)))
    first, second = open_source(path).images
    assert first.picture.label() == f"{path} (image 'one')"
    assert second.picture.label(folder=False) == "a.toy (image 1)"
    assert first.at(Y=0).picture.label(folder=False) == "a part of a.toy (image 'one')"
    assert merge([first, second], "T").picture.label(folder=False) == "a.toy (image 'one') merged with 1 more"
    assert merge([first, first], "T").name == "one"
    assert merge([first, second], "T").name is None
    assert isinstance(merge([first, second], "T").merged, Merge)
