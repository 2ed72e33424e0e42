"""Descriptions with one wrong field each: the error names the reader, the image, the level and the field."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import numpy as np
import omio_toy_read
import pytest
from omio_toy_read import image, write_toy

from omio_core.errors import PluginContractError
from omio_core.files.local import locate
from omio_core.geometry.box import Box
from omio_core.images.opening import open_source
from omio_core.pixels.description import ImageDescription, Level, MappedLayout
from omio_core.plugins.fields import Place, check_images, check_present_boxes, count, kind_of

LEVEL = Level(shape=(3, 4, 5), blocks=(1, 4, 5))
GOOD = ImageDescription(axes="ZYX", dtype=np.dtype("u2"), levels=(LEVEL, Level(shape=(3, 2, 3), blocks=(1, 2, 3))))
RAW = MappedLayout(location=locate("/a"), offset=0, strides=(40, 10, 2), dtype=">u2")


def refused(described, words, *, level=None, field=None):
    with pytest.raises(PluginContractError) as caught:
        check_images((GOOD, described), "toy", "/a.toy")
    error = caught.value
    assert (error.reader, error.path, error.image, error.level) == ("toy", "/a.toy", 1, level)
    assert error.what == "the reader toy describes /a.toy wrongly"
    where = "image 1, level " + str(level) if level is not None else "image 1"
    assert error.evidence.startswith(f"{where}: {field or error.field} ")
    assert words in error.evidence


def test_good_descriptions_are_returned_as_a_tuple():
    raw = replace(LEVEL, raw=RAW, fill=65535, present=(Box.whole((3, 4, 5)),), unmapped="in two files")
    whole = replace(GOOD, levels=(raw,), name="a", not_kept=("3 regions of interest",), vendor=dict, part_of="a set")
    assert check_images([GOOD, whole], "toy", "/a.toy") == (GOOD, whole)
    assert check_images((), "toy", "/a.toy") == ()
    unlabelled = replace(GOOD, axes="QQX")
    assert check_images([unlabelled], "toy", "/a.toy") == (unlabelled,), "the user is asked what they are"


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("axes", "zyx", "upper-case"),
        ("axes", ("Z", "Y", "X"), "upper-case"),
        ("axes", "ZYY", "'ZYY', in which a letter occurs twice"),
        ("axes", "Z X", "upper-case"),
        ("dtype", "uint16", "is a str, no numpy.dtype"),
        ("dtype", np.uint16, "is a type, no numpy.dtype"),
        ("dtype", np.dtype(">u2").newbyteorder("S") if np.dtype(">u2").isnative else np.dtype(">u2"), "byte order"),
        ("dtype", np.dtype("U3"), "is <U3"),
        ("dtype", np.dtype("M8[s]"), "pixels are bool"),
        ("facts", None, "is None; a function"),
        ("facts", {"a": 1}, "is a dict; a function"),
        ("vendor", "text", "is a str; a function"),
        ("name", 3, "is an int, no text"),
        ("kind", None, "is None, no text"),
        ("part_of", None, "is None, no text"),
        ("assumptions", "one sentence", "is a str; a tuple of texts"),
        ("warnings", ["one"], "is a list; a tuple of texts"),
        ("absent_files", (None,), "holds None, no text"),
        ("not_kept", ("a", ""), "holds '', no text"),
        ("levels", (), "is empty; a tuple of at least one Level"),
        ("levels", [LEVEL], "is a list; a tuple of at least one Level"),
        ("levels", LEVEL, "is a Level; a tuple"),
    ],
)
def test_a_wrong_field_of_an_image_is_named(field, value, words):
    refused(replace(GOOD, **{field: value}), words, field=field)


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("shape", (4, 5), "has 2 lengths, axes ZYX has 3"),
        ("shape", [3, 4, 5], "is a list; a tuple of lengths"),
        ("shape", (3, 4, 0), "holds 0 for X; lengths are positive"),
        ("shape", (3, np.int64(4), 5), "for Y, which is an int64, no int"),
        ("shape", (True, 4, 5), "holds True for Z"),
        ("blocks", (4, 5), "has 2 lengths, axes ZYX has 3"),
        ("blocks", (0, 4, 5), "holds 0 for Z"),
        ("blocks", None, "is None; a tuple of lengths"),
        ("present", [Box.whole((3, 4, 5))], "is a list; a tuple of Box"),
        ("present", (Box.whole((4, 5)),), "for each of 3 axes"),
        ("present", (Box.whole((3, 4, 6)),), "not inside the shape (3, 4, 5)"),
        ("present", (Box.whole((3, 4, 5)),) * 2, "overlap"),
        ("fill", -1, "is -1, which is no value of the type uint16"),
        ("fill", 70_000, "is 70000, which"),
        ("fill", 0.5, "is 0.5, which"),
        ("fill", float("nan"), "is nan, which"),
        ("fill", "0", "is a str, no number"),
        ("fill", None, "is None, no number"),
        ("raw", "/a", "is a str, no MappedLayout"),
        ("raw", replace(RAW, location="/a"), "has the location '/a'; give a Location"),
        ("raw", replace(RAW, offset=-1), "has the offset -1"),
        ("raw", replace(RAW, strides=(10, 2)), "has the strides (10, 2), axes ZYX has 3"),
        ("raw", replace(RAW, strides=(40, 10, 2.0)), "numbers of bytes"),
        ("raw", replace(RAW, dtype="word"), "has the dtype 'word', which is none"),
        ("raw", replace(RAW, dtype="<i2"), "has the dtype '<i2', the image has uint16"),
        ("unmapped", None, "is None, no text"),
    ],
)
def test_a_wrong_field_of_a_level_is_named(field, value, words):
    refused(replace(GOOD, levels=(replace(LEVEL, **{field: value}),)), words, level=0, field=field)


def test_levels_do_not_grow_and_are_levels():
    refused(replace(GOOD, levels=(LEVEL, replace(LEVEL, shape=(3, 4, 6)))), "larger than", level=1, field="shape")
    refused(replace(GOOD, levels=(LEVEL, (3, 2, 3))), "is a tuple, no Level", level=1, field="it")


@pytest.mark.parametrize("answer", [None, "ZYX", {"axes": "ZYX"}, iter([GOOD])])
def test_images_are_a_sequence(answer):
    with pytest.raises(PluginContractError, match=r"images is .*, no sequence of ImageDescription"):
        check_images(answer, "toy", "/a.toy")


def test_an_image_is_a_description():
    refused(None, "is None, no ImageDescription", field="it")
    refused("ZYX", "is a str, no ImageDescription", field="it")


@pytest.mark.parametrize(("dtype", "fill"), [("f4", float("nan")), ("f4", np.float32(0.1)), ("f8", 0.1), ("?", True)])
def test_any_value_of_the_type_fills(dtype, fill):
    described = replace(GOOD, dtype=np.dtype(dtype), levels=(replace(LEVEL, fill=fill),))
    assert check_images([described], "toy", "/a.toy") == (described,)


def test_a_fill_that_would_be_rounded_is_refused():
    refused(replace(GOOD, dtype=np.dtype("f4"), levels=(replace(LEVEL, fill=0.1),)), "float32", level=0, field="fill")
    refused(replace(GOOD, dtype=np.dtype("?"), levels=(replace(LEVEL, fill=2),)), "bool", level=0, field="fill")


def test_boxes_that_a_function_returns_are_checked_alike():
    place = Place("toy", "/a.toy", 0, 0)
    assert check_present_boxes(None, LEVEL, "ZYX", place) is None
    assert check_present_boxes((), LEVEL, "ZYX", place) == ()
    with pytest.raises(PluginContractError, match="image 0, level 0: present is a list"):
        check_present_boxes([], LEVEL, "ZYX", place)
    rgb = Level(shape=(4, 5, 3), blocks=(4, 5, 3))
    with pytest.raises(PluginContractError, match="only a part of the samples"):
        check_present_boxes((Box(((0, 4), (0, 5), (0, 2))),), rgb, "YXS", place)


def test_a_wrong_description_is_refused_when_the_file_is_opened(toy, tmp_path, monkeypatch):
    original = omio_toy_read.Toy._described
    wrong = partial(replace, axes="YX")
    monkeypatch.setattr(omio_toy_read.Toy, "_described", lambda self: tuple(map(wrong, original(self))))
    path = write_toy(tmp_path / "a.toy", image(np.zeros((3, 4, 5), "u1"), "ZYX"))
    with pytest.raises(PluginContractError, match="image 0, level 0: shape has 3 lengths, axes YX has 2"):
        open_source(path)


def test_words_for_counts_and_types():
    assert [count(n, "length") for n in (0, 1, 2000)] == ["0 lengths", "1 length", "2,000 lengths"]
    assert [kind_of(value) for value in (None, 1, "a")] == ["None", "an int", "a str"]
