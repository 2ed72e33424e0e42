"""What plugins describe themselves by: values, and a ladder of how sure a reader is."""

from __future__ import annotations

import pickle
from dataclasses import FrozenInstanceError

import numpy as np
import omio_toy
import pytest
from omio_toy_read import Toy, image, write_toy

from omio_core.images.opening import open_source
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


def test_a_class_that_inherits_from_opened_has_the_optional_answers():
    class Bare(Opened):
        images = members = ()

        def read_into(self, out, image, box, level):
            out[...] = 0

        def close(self):
            pass

    assert Bare().stamp == ""
    assert Bare().digests(0) is None


def test_a_class_that_inherits_from_opened_may_set_plain_attributes():
    class Plain(Opened):
        def __init__(self):
            self.images, self.members, self.stamp = (1,), (2,), "3"

    plain = Plain()
    assert (plain.images, plain.members, plain.stamp) == ((1,), (2,), "3")
    assert "in file order" in Opened.images.__doc__


def test_a_class_that_does_not_inherit_needs_no_optional_answer(toy, tmp_path):
    path = write_toy(tmp_path / "a.toy", image(np.ones((2, 2), "u1"), "YX"))
    one = open_source(path).images[0]
    assert not hasattr(Toy, "stamp")
    assert one.picture.stored.key.listing == ""
    one.close()
    assert one.to_numpy().sum() == 4, "opened again without a stamp"
