"""Facts that differ: each policy decides, and the record says what it decided."""

from __future__ import annotations

import numpy as np
import pytest
from omio_toy_read import image as toy_image
from omio_toy_read import write_toy

from omio_core.contract import Fact, Policy
from omio_core.errors import MetadataConflictError
from omio_core.images import writing
from omio_core.images.opening import open_source
from omio_core.merging.merge import merge
from omio_core.plugins import catalogue
from omio_core.plugins.catalogue import Catalogue
from omio_plugins.policies import omio_policies
from tests.core.merging.stating import frames, of, record, told


def test_sizes_that_differ_are_refused_when_metadata_are_asked_for(tmp_path):
    paths = [
        write_toy(tmp_path / f"{i}.toy", toy_image(np.ones((2, 2), "u1"), "YX", facts={"physical_size_x": size}))
        for i, size in enumerate((0.5, 0.5, 0.25))
    ]
    images = [open_source(path).images[0] for path in paths]
    merged = merge(images, "Z")
    with pytest.raises(MetadataConflictError) as caught:
        merged.metadata  # noqa: B018, the question is what is tested
    assert caught.value.what == f"PhysicalSizeX is 0.5 in {paths[0]}, and 0.25 in {paths[2]}"
    assert "1 of 3" in caught.value.evidence
    assert "pixel_size=" in caught.value.remedy
    assert 'conflict="first"' in caught.value.remedy
    assert (caught.value.fact, caught.value.values) == ("PhysicalSizeX", (0.5, 0.25))
    target = tmp_path / "out.ome.tif"
    with pytest.raises(MetadataConflictError):
        writing.write(target, [merged])
    assert sorted(p.name for p in tmp_path.iterdir()) == ["0.toy", "1.toy", "2.toy"], "nothing is written"
    assert told(merge(images, "Z", conflict="first")) == [
        "the images merged along Z state different values, decided by the policy conflict='first': PhysicalSizeX "
        "(that of 0.toy); each input's own are in the annotation 'omio/merge'"
    ]


def test_each_policy_on_a_size():
    images = [of(physical_size_x=x) for x in (0.5, 0.25)]
    first = merge(images, "T", conflict="first")
    assert len(told(first)) == 1
    size = first.metadata.facts.physical_size_x
    assert (size.value, size.origin) == (0.5, "policy:first")
    assert "input 0" in size.where
    assert record(first)["conflicts"] == [
        {"fact": "PhysicalSizeX", "action": "first", "value": 0.5, "from": "input 0 (an array in memory)",
         "differing": 1, "such as": "input 1 (an array in memory)"}
    ]  # fmt: skip
    assert [entry.get("stated") for entry in record(first)["inputs"]] == [None, {"PhysicalSizeX": 0.25}]
    null = merge(images, "T", conflict="null")
    assert "PhysicalSizeX (now unknown)" in told(null)[0]
    assert null.metadata.facts.physical_size_x is None
    assert [entry["stated"]["PhysicalSizeX"] for entry in record(null)["inputs"]] == [0.5, 0.25]
    for name in ("careful", "raise"):
        with pytest.raises(MetadataConflictError):
            merge(images, "T", conflict=name).metadata  # noqa: B018, the question is what is tested


def test_rounding_is_no_conflict():
    merged = merge([of(physical_size_x=0.1), of(physical_size_x=0.1000000001)], "T")
    assert told(merged) == []
    assert merged.metadata.facts.physical_size_x.value == 0.1


def test_a_size_that_some_do_not_state_is_an_assumption():
    merged = merge([of(), of(physical_size_x=0.5), of()], "T")
    assert merged.metadata.facts.physical_size_x == Fact(0.5, "file", "physical_size_x")
    assert merged.metadata.assumptions == (
        "PhysicalSizeX is unknown in 2 of 3 inputs; that of input 1 (an array in memory) is taken for all",
    )
    planes = [of((1, 3, 1, 2, 3), physical_size_z=2.0), of()]
    assert merge(planes, "T", shapes="pad").metadata.assumptions == (), "one plane has no distance to state"
    assert len(merge(planes, "Z").metadata.assumptions) == 1


def test_other_facts_are_the_first_ones():
    a = of(objective={"Model": "A"}, channels=["GFP"], name="a")
    b = of(objective={"Model": "B"}, channels=["RFP"], name="b")
    merged = merge([a, b], "Z")
    (said,) = told(merged)
    assert "Channels[0].Name" in said
    assert "Objective" in said
    assert "Name (" not in said.replace(".Name (", "")
    facts = merged.metadata.facts
    assert facts.objective.value == {"Model": "A"}
    assert facts.channels[0].name.value == "GFP"
    assert facts.name is None, "names differ as a rule"
    assert record(merged)["inputs"][1]["stated"] == {
        "Name": "b", "Objective": {"Model": "B"}, "Channels[0].Name": "RFP",
    }  # fmt: skip
    with pytest.raises(MetadataConflictError, match="GFP"):
        merge([a, b], "Z", conflict="raise").metadata  # noqa: B018, the question is what is tested


def test_a_third_partys_policy_sees_what_it_is_about():
    seen = {}

    def decide(case):
        seen[case.fact] = (case.about, case.values)
        return "null"

    rule = Policy(kind="conflict", name="mine", decide=decide, summary="Asks.")
    a = frames(2, "10:00:00", 1.0, physical_size_x=0.5, annotations={"n": {"k": 1}})
    b = frames(2, "10:00:09", 3.0, physical_size_x=0.25, annotations={"n": {"k": 2}})
    with catalogue.using(Catalogue(policies=(*omio_policies(), rule))):
        told(merge([a, b], "Z", conflict="mine"))
    assert {fact: about for fact, (about, _) in seen.items()} == {
        "PhysicalSizeX": "size", "TimeIncrement": "time", "AcquisitionDate": "fact", "Annotations[n][k]": "annotation",
    }  # fmt: skip
    assert seen["PhysicalSizeX"][1] == (0.5, 0.25)
