"""What an image explains: origins, and what is unknown."""

from __future__ import annotations

import pytest
from omio_toy_late import READER, late, write_late

from omio_core.errors import AbsentPlanesWarning, MetadataWarning
from omio_core.images.explain import image_dict
from omio_core.images.opening import open_source
from omio_core.merging.merge import merge


def test_explain_names_origins_and_what_is_unknown(of_file):
    lines = of_file().explain().splitlines()
    (size,) = (line for line in lines if "PhysicalSizeX" in line)
    (name,) = (line for line in lines if "GFP" in line)
    assert "unknown" in size
    assert "file" in name
    assert "header: channels" in name


def test_explain_names_what_the_image_does_not_hold(catalogue, tmp_path):
    catalogue(READER)
    shape = (2, 1, 4, 5)
    paths = [
        write_late(tmp_path / "a.late", late(shape, not_kept=["3 regions of interest", "a\x1bmacro"])),
        write_late(tmp_path / "b.late", late(shape, not_kept=["3 regions of interest", "a lookup table"])),
        write_late(tmp_path / "c.late", late(shape)),
    ]
    first, second, bare = (open_source(path).images[0] for path in paths)
    rows = [line.split(maxsplit=2) for line in first.explain().splitlines() if line.startswith("not kept")]
    assert [row[2] for row in rows] == ["3 regions of interest", "a\\x1bmacro"]
    assert image_dict(first)["not_kept"] == ["3 regions of interest", "a\x1bmacro"]
    assert image_dict(first.at(T=0))["not_kept"] == ["3 regions of interest", "a\x1bmacro"]
    assert image_dict(bare)["not_kept"] == []
    assert "not kept" not in bare.explain()
    assert "not_kept" not in bare.metadata.provenance
    whole = merge([first, second, bare], "T")
    assert image_dict(whole)["not_kept"] == ["3 regions of interest", "a\x1bmacro", "a lookup table"], "each once"
    assert whole.metadata.provenance["not_kept"] == image_dict(whole)["not_kept"]
    inputs = whole.metadata.facts.annotations["omio/merge"]["inputs"]
    assert inputs[1]["not_kept"] == ["3 regions of interest", "a lookup table"]
    assert inputs[1]["reader_revision"] == 4


def test_explain_of_merged_late_pictures_says_what_is_absent(catalogue, tmp_path):
    catalogue(READER)
    here = [[[0, 1], [0, 1], [0, 4], [0, 5]]]
    parts = [write_late(tmp_path / f"{n}.late", late((2, 1, 4, 5), ask=here, fill=3)) for n in "ab"]
    whole = merge([open_source(path).images[0] for path in parts], "T")
    with pytest.warns(AbsentPlanesWarning) as told:
        text = whole.explain()
    assert "50 % of the pixels are absent, first in the planes T1 Z0 C0, T3 Z0 C0" in text
    assert sorted(warning.message.path for warning in told) == [str(path) for path in parts]
    inputs = whole.metadata.facts.annotations["omio/merge"]["inputs"]
    assert [entry["present"][0]["T"] for entry in inputs] == [[0, 1], [2, 3]]


def test_no_sentence_is_said_twice(catalogue, tmp_path):
    catalogue(READER)
    said = ["the step is a guess", "the order is a guess"]
    more = {"assumptions": said, "warnings": [said[0], *said], "not_kept": ["a palette", "a palette"]}
    path = write_late(tmp_path / "a.late", late((2, 1, 4, 5), **more))
    with pytest.warns(MetadataWarning) as told:
        image = open_source(path).images[0]
    assert str(told[0].message).count(said[0]) == 1
    text = image.explain()
    assert [text.count(sentence) for sentence in (*said, "a palette")] == [1, 1, 1]
    assert image_dict(image)["assumptions"] == said
    assert image.metadata.provenance["not_kept"] == ["a palette"]
