"""Single values of the public dict: numbers of numpy, colours, and what no schema holds."""

from __future__ import annotations

import json

import numpy as np
import pytest

from omio_core.metadata import checks
from omio_core.metadata.from_dict import from_dict
from omio_core.metadata.model import to_dict
from tests.core.metadata.described import SHAPE


def test_numbers_of_numpy_are_numbers():
    said = {
        "SizeT": np.int64(2),
        "shape": np.array(SHAPE),
        "SamplesPerPixel": np.int16(1),
        "PhysicalSizeX": np.float32(0.5),
        "Channels": [{"Color": np.int64(5), "EmissionWavelength": np.float32(509)}, {}],
        "Objective": {"LensNA": np.float32(1.5)},
        "Annotations": {
            "mine": {"x": np.linspace(0, 1, 5000), "n": np.int64(7), "b": np.bool_(True), "l": [np.int8(1)]}
        },
    }
    public = to_dict(from_dict(said, SHAPE, "uint16"))
    assert json.loads(json.dumps(public)) == public
    assert (public["SamplesPerPixel"], public["PhysicalSizeX"], public["Objective"]) == (1, 0.5, {"LensNA": 1.5})
    assert (public["Channels"][0]["Color"], public["Channels"][0]["EmissionWavelength"]) == (5, 509.0)
    mine = {"x": np.linspace(0, 1, 5000).tolist(), "n": 7, "b": True, "l": [1]}
    assert public["Annotations"]["mine"] == mine


@pytest.mark.parametrize(
    ("color", "signed"),
    [(0xFF0000FF, -16776961), (2**31, -(2**31)), (2**32 - 1, -1), (2**31 - 1, 2**31 - 1), (-(2**31), -(2**31))],
)
def test_colours_are_signed(color, signed):
    public = to_dict(from_dict({"Channels": [{"Color": color}, {}]}, SHAPE, "uint16"))
    assert public["Channels"][0]["Color"] == signed


@pytest.mark.parametrize("value", [None, True, "1", float("nan"), float("inf"), 10**400, 1e39, 1j])
def test_what_is_no_number_of_32_bits_is_unknown(value):
    assert checks.number(value) is None
    assert checks.positive(value) is None


def test_what_a_message_shows_is_short_and_never_an_error():
    assert checks.shown("a") == "'a'"
    assert checks.shown("x" * 1000) == f"'{'x' * 299}..."
    assert checks.shown(10**5000) == "a int"
