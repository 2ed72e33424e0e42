"""Policies on axes and absence: one warning a file, or an error, before a pixel is read."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from omio_toy_read import image

from omio_core.errors import AbsentDataError, AbsentPlanesWarning, AmbiguousAxesError, AssumedAxesWarning, OmioError
from omio_core.images.opening import open_source
from omio_core.images.overrides import Request
from omio_core.pixels import handles
from omio_core.pixels.absence import absence
from omio_core.policies import Policies
from tests.core.images.arrays import PIXELS


def request(axes="warn", absent_planes="warn", **more):
    return Request(policies=Policies(axes=axes, absent_planes=absent_planes), **more)


def test_assumed_axes_are_one_warning_a_file(file):
    path = file(image(PIXELS, "QYX"), image(PIXELS, "QYX"), image(PIXELS, "VYX"))
    with pytest.warns(AssumedAxesWarning) as said:
        source = open_source(path)
    assert len(said) == 1
    for words in ("taken for T", "V (view, length 3)", "axes=", str(path)):
        assert words in str(said[0].message)
    assert source.images[0].shape == (3, 1, 1, 4, 5)
    assert any("taken for T" in a for a in source.images[0].metadata.assumptions), "recorded"


def test_assumed_axes_may_be_forbidden_or_accepted(file):
    path = file(image(PIXELS, "QYX"))
    with pytest.raises(AmbiguousAxesError, match="does not name all its axes") as caught:
        open_source(path, request(axes="raise"))
    assert caught.value.path == str(path)
    assert len(handles.HANDLES) == 0, "what was refused is not kept open"
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert open_source(path, request(axes="accept")).images[0].metadata.assumptions


def test_a_warning_made_an_error_comes_as_it_is(file):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(AssumedAxesWarning):
            open_source(file(image(PIXELS, "QYX")))
    assert len(handles.HANDLES) == 0


def test_what_the_reader_assumed_is_recorded(file):
    one = open_source(file(image(PIXELS, "ZYX", assumptions=["the stage was still"]))).images[0]
    assert one.metadata.assumptions == ("the stage was still",)


SPARSE = [[[0, 1], [0, 4], [0, 5]], [[2, 3], [0, 2], [0, 5]]]


def test_absent_planes_are_0_and_one_warning_a_file(file):
    path = file(image(PIXELS, "ZYX", present=SPARSE), image(PIXELS, "ZYX"), image(PIXELS, "ZYX", present=SPARSE))
    with pytest.warns(AbsentPlanesWarning) as said:
        source = open_source(path)
    assert len(said) == 1
    assert "image 0: 50 % of the pixels are absent, first in the planes T0 Z1 C0, T0 Z2 C0" in str(said[0].message)
    assert "image 1" not in str(said[0].message)
    wanted = np.zeros_like(PIXELS)
    wanted[0], wanted[2, :2] = PIXELS[0], PIXELS[2, :2]
    for index in (0, 2):
        assert np.array_equal(source.images[index].to_numpy()[0, :, 0], wanted)
    assert np.array_equal(source.images[0][0, 1:, 0, 1:3, ::2], wanted[1:, 1:3, ::2])
    assert absence(source.images[0].picture).startswith("50 %")
    assert absence(source.images[1].picture) == ""
    assert absence(source.images[0].at(Z=0).picture) == "", "that plane is whole"


def test_absent_planes_may_be_forbidden_or_accepted(file):
    path = file(image(PIXELS, "ZYX", present=SPARSE))
    with pytest.raises(AbsentDataError, match="does not hold all its planes") as caught:
        open_source(path, request(absent_planes="raise"))
    assert "Z1" in caught.value.evidence
    assert list(caught.value.absent) == [0]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        open_source(path, request(absent_planes="accept"))


def test_a_picture_of_which_nothing_exists(file):
    with pytest.warns(AbsentPlanesWarning, match="100 %"):
        one = open_source(file(image(PIXELS, "ZYX", present=[]))).images[0]
    assert not one.to_numpy().any()


def test_absent_files_are_an_error_or_a_warning(file):
    path = file(image(PIXELS, "ZYX", present=SPARSE, absent_files=["b.toy", "c.toy"]))
    with pytest.raises(AbsentDataError, match="a set that is not complete") as caught:
        open_source(path)
    assert "b.toy, c.toy" in caught.value.evidence
    assert caught.value.absent == ("b.toy", "c.toy")
    lenient = Request(policies=Policies(absent_files="warn", absent_planes="accept"))
    with pytest.warns(AbsentPlanesWarning, match=r"2 file\(s\) of its set are not there: b\.toy, c\.toy") as said:
        source = open_source(path, lenient)
    assert len(said) == 1
    assert not source.images[0][0, 1].any(), "what they hold is absent"


def test_absent_files_that_lie_one_folder_up_are_named(file, tmp_path):
    (tmp_path / "set").mkdir()
    (tmp_path / "master.toy").write_bytes(b"")
    path = file(image(PIXELS, "ZYX", absent_files=["../out", "b.toy", "master.toy"]))
    path = path.rename(tmp_path / "set" / path.name)
    with pytest.raises(AbsentDataError, match="a set that is not complete") as caught:
        open_source(path)
    assert f"put them beside it (one folder up there is {tmp_path / 'master.toy'})" in str(caught.value)


def test_a_policy_that_is_not_there(file, catalogue, toy):
    catalogue(toy, policies=())
    with pytest.raises(OmioError, match="no policy axes='warn'"):
        open_source(file(image(PIXELS, "QYX")))
    assert open_source(file(image(PIXELS, "ZYX"))).images, "where nothing is to be decided, none is asked"
