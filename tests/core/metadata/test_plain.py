"""Values as JSON has them: what becomes of each type, and what is refused."""

from __future__ import annotations

import json
from types import MappingProxyType

import numpy as np
import pytest

from omio_core.errors import MetadataError
from omio_core.metadata.plain import as_dict, checked, finite, json_default, plain


def test_any_value_becomes_plain() -> None:
    """Arrays are lists, keys are texts, what JSON has no type for is a text; all of it can be dumped strictly."""
    value = {1: np.arange(3, dtype="u2"), "s": np.float32(0.5), "t": (1, {2}), "b": b"x", "n": None, "f": float("inf")}
    found = plain(value)
    assert found == {"1": [0, 1, 2], "s": 0.5, "t": [1, [2]], "b": "b'x'", "n": None, "f": "inf"}
    assert json.loads(json.dumps(found, allow_nan=False)) == found
    assert plain({"b": b"x"}, other=lambda value: f"a {type(value).__name__}") == {"b": "a bytes"}


def test_parts_of_it() -> None:
    """`finite` and `as_dict` change no more than they say."""
    assert (finite(float("nan")), finite(0.25), finite("a")) == ("nan", 0.25, "a")
    mapping = MappingProxyType({"a": 1})
    assert type(as_dict(mapping)) is dict
    assert as_dict(mapping) == {"a": 1}
    assert as_dict([mapping]) == [mapping]


def test_what_is_checked_is_unchanged_or_refused() -> None:
    """Numpy is taken; bytes, sets and keys that become equal are refused by name."""
    assert checked("notes", {"a": np.int16(3), "b": {"c": [np.float64(0.5)]}}) == {"a": 3, "b": {"c": [0.5]}}
    for wrong in ({"a": b"x"}, {"a": {1, 2}}, {(1, 2): "a"}, {"a": {1: "x", "1": "y"}}):
        with pytest.raises(MetadataError):
            checked("notes", wrong)
    with pytest.raises(TypeError, match="no bytes"):
        json_default(b"x")
