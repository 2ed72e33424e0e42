"""Values that cannot be pickled, or held by JSON, are told with the part that is at fault."""

from __future__ import annotations

import json
from types import MappingProxyType

import numpy as np
import pytest

from omio_core.pixels.description import ImageDescription, Level
from omio_core.testing.values import json_fault, pickle_fault

PLAIN = {"a": {"b": [1, 2.5, "c", True, None, {"d": []}]}, "e": np.float64(0.5)}


def test_what_json_can_hold_has_no_fault():
    assert json_fault(PLAIN, "it") == ""
    assert json.dumps(PLAIN)
    assert json_fault(MappingProxyType({"a": MappingProxyType({})}), "it") == ""


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (float("nan"), "it['a']['b'][1] is nan; JSON has finite numbers only"),
        (b"x", "it['a']['b'][1] is b'x', a bytes"),
        (np.int32(1), "a numpy.int32; JSON has texts"),
        (np.zeros(1), "a numpy.ndarray; JSON has texts"),
        ({1}, "is {1}, a set"),
        ({1: 2}, "it['a']['b'][1] has the key 1, no text"),
    ],
    ids=str,
)
def test_what_json_cannot_hold_is_named_with_its_place(value, words):
    assert words in json_fault({"a": {"b": [0, value]}}, "it")


def test_the_field_that_cannot_be_pickled_is_named():
    level = Level(shape=(2, 3), blocks=(1, 3))
    sound = ImageDescription(axes="YX", dtype=np.dtype("u1"), levels=(level,))
    assert pickle_fault(sound) == ""
    assert pickle_fault(lambda: None).startswith("it cannot be pickled")
    facts = ImageDescription(axes="YX", dtype=np.dtype("u1"), levels=(level,), facts=lambda: None)
    assert pickle_fault(facts).startswith("facts cannot be pickled")
    present = Level(shape=(2, 3), blocks=(1, 3), present=lambda: None)
    told = pickle_fault(ImageDescription(axes="YX", dtype=np.dtype("u1"), levels=(level, present)))
    assert told.startswith("levels[1].present cannot be pickled")
    assert "write functools.partial" in told
