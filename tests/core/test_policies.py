"""Choices of policies: a field for every kind, told apart from the default, and recorded as plain text."""

from __future__ import annotations

import copy
import pickle
from dataclasses import fields, replace

from omio_core.policies import ACTIONS, KINDS, Policies


def test_a_field_for_every_kind():
    assert {f.name for f in fields(Policies)} == set(KINDS) == set(ACTIONS)


def test_choices_are_recorded():
    chosen = Policies(axes="raise", collision="skip")
    assert chosen.changed() == {"axes": "raise", "collision": "skip"}
    assert Policies().changed() == {}
    assert set(chosen.to_dict()) == set(KINDS)
    assert chosen.to_dict()["axes"] == "raise"


def test_what_was_said_is_told_from_the_default():
    assert Policies().chosen() == {}
    chosen = Policies(missing="unknown", collision="skip")
    assert chosen.chosen() == {"missing": "unknown", "collision": "skip"}
    assert chosen.changed() == {"collision": "skip"}
    assert chosen == Policies(collision="skip")
    for same in (pickle.loads(pickle.dumps(chosen)), copy.deepcopy(chosen), replace(chosen)):
        assert same == chosen
        assert same.chosen() == chosen.chosen()


def test_what_is_recorded_is_plain_text():
    recorded = Policies(missing="raise").to_dict()
    assert set(recorded) == set(KINDS)
    assert {type(name) for name in recorded.values()} == {str}
