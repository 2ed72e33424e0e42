"""What the caller states: over the file's own, and refused where it does not fit."""

from __future__ import annotations

import warnings

import numpy as np
import omio_toy_read
import pytest
from omio_toy_read import image

from omio_core.errors import MetadataError
from omio_core.images.opening import open_source
from omio_core.images.overrides import Overrides, Request
from omio_core.metadata.facts import Fact
from omio_core.policies import Policies
from tests.core.images.arrays import PIXELS, stating


def test_the_callers_axes_settle_it(file):
    path = file(image(PIXELS, "QYX"))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        one = open_source(path, Request(policies=Policies(axes="raise"), overrides=Overrides(axes="ZYX"))).images[0]
    assert one.shape == (1, 3, 1, 4, 5)
    assert one.metadata.assumptions == ()
    assert one.metadata.provenance["caller"] == {"axes": "ZYX"}


@pytest.mark.parametrize(
    ("given", "wanted"),
    [
        (0.5, (0.5, 0.5, 7.0)),
        ((0.5, 0.25), (0.5, 0.25, 7.0)),
        ([0.5, 0.25, 2], (0.5, 0.25, 2.0)),
        ({"Z": 2}, (None, None, 2.0)),
        ({"x": 0.5, "y": 1}, (0.5, 1.0, 7.0)),
        (np.float32(0.5), (0.5, 0.5, 7.0)),
        (np.int64(2), (2.0, 2.0, 7.0)),
        (np.array([0.5, 0.25]), (0.5, 0.25, 7.0)),
    ],
)
def test_pixel_sizes_of_the_caller(file, given, wanted):
    path = file(image(PIXELS, "ZYX", facts={"physical_size_z": 7.0}))
    facts = open_source(path, stating(pixel_size=given)).images[0].metadata.facts
    sizes = (facts.physical_size_x, facts.physical_size_y, facts.physical_size_z)
    assert tuple(size.value if size else None for size in sizes) == wanted
    for size, value in zip(sizes, wanted, strict=True):
        if size is not None:
            assert type(size.value) is float
            assert size.origin == ("file" if value == 7.0 else "caller")


@pytest.mark.parametrize(
    "overrides",
    [
        {"pixel_size": 0}, {"pixel_size": -1}, {"pixel_size": float("nan")}, {"pixel_size": float("inf")},
        {"pixel_size": True}, {"pixel_size": "0.5"}, {"pixel_size": (1,)}, {"pixel_size": (1, 2, 3, 4)},
        {"pixel_size": {"Q": 1}}, {"pixel_size": {}}, {"pixel_size": {"X": None}}, {"pixel_size": 1e-10},
        {"pixel_size": object()}, {"time_increment": 0}, {"time_increment": -2}, {"time_increment": "2 s"},
        {"time_increment": float("nan")},
    ],
)  # fmt: skip
def test_sizes_that_are_none_are_refused_before_the_file_is_opened(file, overrides):
    path = file()
    omio_toy_read.OPENED.clear()
    with pytest.raises(MetadataError) as caught:
        open_source(path, stating(**overrides))
    assert caught.value.remedy
    assert omio_toy_read.OPENED == []


def test_the_callers_time_and_channels(file):
    path = file(image(PIXELS, "CYX", facts={"channels": ["a", "b", "c"], "time_increment": 3.0}))
    facts = open_source(path, stating(time_increment=2, channel_names=["x", "y", "z"])).images[0].metadata.facts
    assert facts.time_increment == Fact(2.0, "caller", "time_increment=")
    assert [channel.name for channel in facts.channels] == [Fact(n, "caller", "channel_names=") for n in "xyz"]


@pytest.mark.parametrize("names", [["x"], "xyz", ["x", "y", 3], []])
def test_channel_names_that_do_not_fit(file, names):
    one = open_source(file(image(PIXELS, "CYX")), stating(channel_names=names)).images[0]
    with pytest.raises(MetadataError, match="does not fit"):
        _ = one.metadata
