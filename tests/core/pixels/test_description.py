"""Descriptions: values that travel, with nothing stated where the reader states nothing."""

from __future__ import annotations

import pickle
from dataclasses import FrozenInstanceError

import numpy as np
import pytest

from omio_core.files.local import locate
from omio_core.geometry.box import Box
from omio_core.metadata.facts import Facts
from omio_core.pixels.description import ImageDescription, Level, MappedLayout, no_facts

LEVEL = Level(shape=(4, 5), blocks=(2, 5))


def test_what_is_not_stated_is_unknown():
    described = ImageDescription(axes="YX", dtype=np.dtype("u1"), levels=(LEVEL,))
    assert no_facts() == Facts()
    assert described.facts() == Facts()
    assert (described.name, described.kind, described.vendor, described.part_of) == (None, "", None, "")
    assert described.assumptions == described.warnings == described.absent_files == ()
    assert (LEVEL.present, LEVEL.raw, LEVEL.unmapped) == (None, None, "")


def test_a_description_is_a_value():
    raw = MappedLayout(location=locate("a"), offset=8, strides=(5, 1), dtype="<u2")
    level = Level(shape=(4, 5), blocks=(2, 5), present=(Box(((0, 2), (0, 5))),), raw=raw)
    described = ImageDescription(axes="YX", dtype=np.dtype("u2"), levels=(level, LEVEL), name="a")
    assert pickle.loads(pickle.dumps(described)) == described
    for value, name in ((described, "name"), (level, "shape"), (raw, "location")):
        with pytest.raises(FrozenInstanceError):
            setattr(value, name, None)
        assert not hasattr(value, "__dict__")
