"""The facts of a merge: those that agree, channels, annotations, assumptions, and planes of padding."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from omio_core.merging.merge import merge
from tests.core.merging.stating import described, of, record, told

SIZES = {"physical_size_x": 0.5, "physical_size_y": 0.5, "physical_size_z": 2.0}


def test_facts_that_agree_stay_as_they_are():
    images = [of(**SIZES, name="a", objective={"Model": "M"}, channels=["GFP"]) for _ in range(3)]
    facts = merge(images, "T").metadata.facts
    first = images[0].metadata.facts
    for slot in (*SIZES, "name", "objective", "channels"):
        assert getattr(facts, slot) == getattr(first, slot), slot
    assert merge(images, "T").metadata.assumptions == ()
    assert set(record(merge(images, "T"))) == {"axis", "inputs"}


def test_channels_follow_their_inputs():
    images = [of(channels=["GFP"]), of(), of((1, 1, 2, 2, 3), channels=["GFP", "RFP"])]
    names = [c.name.value if c.name else None for c in merge(images, "C").metadata.channels]
    assert names == ["GFP", None, "GFP", "RFP"], "verbatim: equal names stay equal, unknown ones unknown"
    assert merge([of(), of()], "C").metadata.facts.channels == ()
    padded = merge([images[0], images[2]], "T", shapes="pad").metadata
    assert [c.name.value for c in padded.channels] == ["GFP", "RFP"]
    assert padded.assumptions == (), "an input that padding gave the channel is not asked"


def test_annotations_are_kept_key_by_key():
    a = of(annotations={"n": {"same": 1, "own": 1, "a": "x"}})
    b = of(annotations={"n": {"same": 1, "own": 2}, "m": {"k": [1]}})
    merged = merge([a, b], "T")
    assert told(merged) == [], "files describe themselves differently as a rule"
    kept = merged.metadata.facts.annotations
    assert kept["n"] == {"same": 1, "own": 1, "a": "x"}
    assert kept["m"] == {"k": [1]}
    assert record(merged)["inputs"][1]["stated"] == {"Annotations": {"n": {"own": 2}}}
    assert "own" not in merge([a, b], "T", conflict="null").metadata.facts.annotations["n"]


def test_assumptions_of_inputs_are_told_once():
    merged = merge([of(assumptions=["X", "all"]), of(assumptions=["all"]), of(assumptions=["X", "all"])], "T")
    assert merged.metadata.assumptions == (
        "input 0 (an array in memory), input 2 (an array in memory): X",
        "all inputs: all",
    )


def test_planes_of_padding_are_unknown():
    a = of((1, 2, 1, 2, 3), planes={"PositionX": np.full((1, 2, 1), 7.0)})
    b = of((1, 1, 1, 2, 3), planes={"PositionX": np.full((1, 1, 1), 8.0), "ExposureTime": np.ones((1, 1, 1))})
    columns = merge([a, b], "T", shapes="pad").metadata.facts.planes.columns
    assert np.array_equal(columns["PositionX"][:, :, 0], [[7, 7], [8, np.nan]], equal_nan=True)
    assert np.array_equal(columns["ExposureTime"][:, :, 0], [[np.nan, np.nan], [1, np.nan]], equal_nan=True)


@given(described(), st.data())
def test_metadata_of_a_merge_of_merges_are_those_of_the_flat_merge(given_, data):
    axis, images = given_
    cut = data.draw(st.integers(1, len(images) - 1))
    flat = merge(images, axis, conflict="first")
    inner = [merge(images[:cut], axis, conflict="first"), merge(images[cut:], axis, conflict="first")]
    if data.draw(st.booleans()):
        told(inner[0])
    nested = merge(inner, axis, conflict="first")
    assert told(nested) == told(flat)
    assert nested.metadata == flat.metadata
