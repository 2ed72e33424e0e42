"""What plugins describe themselves by: values, and a ladder of how sure a reader is."""

from __future__ import annotations

import pickle
from dataclasses import FrozenInstanceError

import numpy as np
import omio_toy
import pytest
from omio_toy_read import image, open_toy, write_toy

from omio_core.plugins.descriptions import Match, Opened, Policy, Reader, Verdict, Writer


def test_the_ladder():
    assert Match.NO < Match.SUFFIX < Match.SIDECAR < Match.SIGNATURE < Match.EXACT
    assert [match for match in Match if not match] == [Match.NO]


def test_a_verdict_brings_its_reason():
    with pytest.raises(TypeError):
        Verdict(Match.NO)
    assert not Verdict(Match.NO, "too short").no_image


def test_descriptions_are_values():
    again = pickle.loads(pickle.dumps(omio_toy.READER))
    assert again == omio_toy.READER
    with pytest.raises(FrozenInstanceError):
        again.name = "other"
    for kind in (Reader, Writer, Policy):
        with pytest.raises(TypeError, match="positional"):
            kind("name")


def test_options_nobody_gave_cannot_be_added():
    bare = Reader(name="a", title="A", suffixes=(), sniff=omio_toy.sniff, open="a:b")
    assert dict(bare.options) == {}
    with pytest.raises(TypeError):
        bare.options["x"] = "y"


def test_an_open_file_is_known_by_what_it_offers(tmp_path):
    opened = open_toy(str(write_toy(tmp_path / "a.toy", image(np.zeros((2, 2), "u1"), "YX"))))
    assert isinstance(opened, Opened)
    opened.close()
    assert not isinstance(tmp_path, Opened)
