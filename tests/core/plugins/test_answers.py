"""Answers of plugins besides descriptions: each that is none is refused in words."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from omio_core.errors import NoReaderError, PluginContractError, PluginLoadWarning, WriteError
from omio_core.files.local import locate
from omio_core.files.probe import Probe
from omio_core.images.image import Image
from omio_core.images.writing import write
from omio_core.metadata.facts import Channel, Fact, Facts, Planes
from omio_core.plugins import dispatch
from omio_core.plugins.answers import (
    check_digests,
    check_facts,
    check_members,
    check_stamp,
    check_verdict,
    check_written,
)
from omio_core.plugins.descriptions import Match, Verdict, Writer, Written

HERE = locate("/a.toy")


def test_members_are_locations():
    assert check_members([HERE], "toy", "/a.toy") == (HERE,)
    for answer, words in [
        ((), "members is empty"),
        (None, "members is None"),
        ("/a.toy", "members is a str"),
        ((HERE, "/b.toy"), r"holds '/b.toy' at 1; give Locations, such as .*child\(name\)"),
    ]:
        with pytest.raises(PluginContractError, match=words) as caught:
            check_members(answer, "toy", "/a.toy")
        assert (caught.value.reader, caught.value.path, caught.value.field) == ("toy", "/a.toy", "members")


def test_a_stamp_is_a_text():
    assert check_stamp("3f", "toy", "/a.toy") == "3f"
    with pytest.raises(PluginContractError, match="stamp is an int, no text"):
        check_stamp(7, "toy", "/a.toy")


def test_digests_are_one_text_per_plane():
    assert check_digests(None, 2, "toy", "/a.toy", 0) is None
    assert check_digests(["a", "b"], 2, "toy", "/a.toy", 0) == ("a", "b")
    for answer, words in [
        (["a"], "image 3: digests gave 1 text, the image has 2 planes"),
        ("ab", "digests gave a str; one text per plane"),
        (["a", 7], "digests gave 7, no text"),
        ([None, "b"], "digests gave None, no text"),
    ]:
        with pytest.raises(PluginContractError, match=words):
            check_digests(answer, 2, "toy", "/a.toy", 3)


GOOD = Facts(
    name=Fact("a", "file"),
    channels=(Channel(name=Fact("GFP", "file")),),
    planes=Planes(columns={"DeltaT": np.zeros((1, 1, 1))}, origin="file"),
    annotations={"omio/toy": {"gain": 2}},
)


def test_facts_of_documented_types_pass():
    assert check_facts(GOOD, "toy", "/a.toy", 0) is GOOD


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("name", "a", r'image 0: facts.name is \'a\', no Fact; write Fact\(value, "file", where\)'),
        ("objective", {"NA": 1}, "facts.objective is .*, no Fact"),
        ("channels", [Channel()], "facts.channels is a list; a tuple of Channel"),
        ("channels", ("GFP",), r"facts.channels\[0\] is a str, no Channel"),
        ("channels", (Channel(), Channel(color=7)), r"facts.channels\[1\].color is 7, no Fact"),
        ("planes", {"DeltaT": np.zeros((1, 1, 1))}, "facts.planes is a dict, no Planes"),
        ("planes", replace(GOOD.planes, columns={"Time": np.zeros(1)}), "has the column 'Time'; the columns are"),
        ("planes", replace(GOOD.planes, columns={"DeltaT": [1.0]}), "has for DeltaT a list; an array of float64"),
        ("planes", replace(GOOD.planes, columns={"DeltaT": np.zeros(1, "f4")}), "an array of float64"),
        ("annotations", (), "facts.annotations is a tuple, no mapping"),
        ("annotations", {"a": 7}, "facts.annotations has an int under 'a'; a mapping"),
    ],
)
def test_a_wrong_fact_is_named(field, value, words):
    with pytest.raises(PluginContractError, match=words):
        check_facts(replace(GOOD, **{field: value}), "toy", "/a.toy", 0)


@pytest.mark.parametrize(
    ("verdict", "words"),
    [
        (None, "answered no Verdict"),
        (True, "it gave True"),
        (Verdict(3, "why"), "its match is 3, no Match"),
        (Verdict(Match.NO, None), "its why is None, no str"),
        (Verdict(Match.NO, "x", no_image="yes"), "its no_image is 'yes', no bool"),
    ],
)
def test_a_verdict_is_a_match_and_a_reason(verdict, words, toy, catalogue, tmp_path):
    with pytest.raises(PluginContractError, match=words) as caught:
        check_verdict(verdict, "the reader toy", plugin="p")
    assert caught.value.plugin == "p"
    path = tmp_path / "a.xyz"
    path.write_bytes(b"something")
    catalogue(replace(toy, sniff=lambda probe: verdict))
    with pytest.warns(PluginLoadWarning, match=words.split(" is ")[0]), pytest.raises(NoReaderError):
        dispatch.choose(Probe(path))


@pytest.mark.parametrize(
    ("result", "words"),
    [
        (None, "it gave None, no Written"),
        (Written(notes="rounded"), "its notes are 'rounded'; a tuple of texts"),
        (Written(notes=(None,)), "a tuple of texts"),
        (Written(digests=(("a",),)), r"one text per plane; the planes are \[2\]"),
        (Written(digests=(("a", 7),)), "its digests are not texts"),
        (Written(digests=[["a", "b"]]), "not one tuple per image"),
    ],
)
def test_the_result_of_a_writer_is_checked_before_the_file_gets_its_name(
    result, words, catalogue, monkeypatch, tmp_path
):
    with pytest.raises(PluginContractError, match=words):
        check_written(result, "w", [2])
    writer = Writer(name="w", title="", suffixes=(".w",), accepts=lambda images: Verdict(Match.EXACT, ""), write="m:f")
    catalogue(writers=[writer])
    monkeypatch.setattr("omio_core.images.writing.load", lambda reference: lambda path, images, request: result)
    with pytest.raises((PluginContractError, WriteError), match=words):
        write(tmp_path / "a.w", [Image.of_array(np.zeros((2, 3, 4), "u1"), axes="ZYX")])
    assert list(tmp_path.iterdir()) == []


def test_a_good_result_passes():
    for good in (Written(), Written(notes=("rounded",), digests=(("a", "b"), ("c",)))):
        assert check_written(good, "w", [2, 1]) is good
