"""The record of a merge: every input, flat, with what it states and the whole does not."""

from __future__ import annotations

import json

import numpy as np
from omio_toy_read import image as toy_image
from omio_toy_read import write_toy

from omio_core.images.image import Image
from omio_core.images.opening import open_source
from omio_core.merging.merge import merge
from tests.core.merging.stating import of, record, told


def test_every_input_is_recorded(tmp_path):
    arrays = [np.full((1 + i, 1, 2 + i, 3), i, "u1") for i in range(3)]
    paths = [write_toy(tmp_path / f"{i}.toy", toy_image(a, "TZYX")) for i, a in enumerate(arrays)]
    merged = merge([open_source(path).images[0] for path in paths], "T", shapes="pad")
    entries = record(merged)["inputs"]
    assert [entry["name"] for entry in entries] == ["0.toy", "1.toy", "2.toy"]
    assert [(entry["start"], entry["stop"]) for entry in entries] == [(0, 1), (1, 3), (3, 6)]
    assert entries[1]["region"] == {"T": [1, 3], "Z": [0, 1], "C": [0, 1], "Y": [0, 3], "X": [0, 3]}
    assert entries[0]["reader"] == "toy"
    assert entries[0]["image"] == 0
    (source,) = entries[2]["source"]
    assert source["name"] == "2.toy"
    assert source["bytes"] == paths[2].stat().st_size
    assert len(source["sample_digest"]) == 32
    assert str(tmp_path) not in json.dumps(merged.metadata.to_dict()), "names, never folders"
    provenance = merged.metadata.provenance
    assert provenance["merged"] == {"axis": "T", "inputs": 3}
    assert provenance["policies"] == {"shapes": "pad", "dtypes": "strict", "conflict": "careful"}


def test_the_record_of_nested_merges_is_flat():
    z = merge([of(), of((1, 2, 1, 2, 3))], "Z")
    merged = merge([z, of((1, 3, 1, 2, 3))], "T")
    entries = record(merged)["inputs"]
    assert [entry["region"]["Z"] for entry in entries] == [[0, 1], [1, 3], [0, 3]]
    assert [entry["region"]["T"] for entry in entries] == [[0, 1], [0, 1], [1, 2]]
    assert [(entry["start"], entry["stop"]) for entry in entries] == [(0, 1), (0, 1), (1, 2)]


def test_the_word_of_an_input_of_an_input_is_kept():
    a = of(annotations={"n": {"k": 1, "l": 1}}, delta_t=[1])
    b = of(annotations={"n": {"k": 2, "l": 1}}, delta_t=[2])
    other = of((1, 2, 1, 2, 3), annotations={"n": {"k": 3, "l": 3}})
    merged = merge([other, merge([a, b], "Z")], "T")
    entries = record(merged)["inputs"]
    assert "stated" not in entries[0]
    assert entries[1]["stated"] == {"Annotations": {"n": {"k": 1, "l": 1}}, "DeltaT": [[[1.0]]]}
    assert entries[2]["stated"] == {"Annotations": {"n": {"k": 2, "l": 1}}, "DeltaT": [[[2.0]]]}


def test_another_policy_is_respected_inside():
    """What was decided with one policy is not decided again with another."""
    inner = merge([of(physical_size_x=0.5), of(physical_size_x=0.25)], "T", conflict="first")
    assert len(told(inner)) == 1
    outer = merge([inner, of(physical_size_x=0.5)], "T")
    assert told(outer) == []
    assert outer.metadata.facts.physical_size_x.value == 0.5
    assert len(record(outer)["inputs"]) == len(outer.picture.parts) == 3
    assert record(outer)["inputs"][1]["stated"]["PhysicalSizeX"] == 0.25


def test_types_are_recorded():
    images = [Image.of_array(np.ones((2, 2), dtype), axes="YX") for dtype in ("u1", "f4")]
    entries = record(merge(images, "T", dtypes="promote"))["inputs"]
    assert [entry.get("dtype") for entry in entries] == ["uint8", None]
