"""What keeps a plugin out: hooks without a mark, and descriptions that the core cannot use."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import omio_toy
import pytest

from omio_core.contract import Match, Verdict, Writer, hookimpl
from omio_core.plugins.admission import HOOKS, call_fault, description_faults, suffix_faults, unmarked

WRITER = Writer(
    name="toy",
    title="Toy pictures",
    suffixes=(".toy",),
    write="a.b:write",
    accepts=lambda images: Verdict(Match.EXACT, "any"),
)
READER_FAULTS = {
    "suffixes": (".TOY", "'.TOY'"),
    "sniff": (None, "sniff is None"),
    "open": ("omio_toy_read.open_toy", "open is 'omio_toy_read.open_toy'"),
    "template": (len, "template is <built-in function len>"),
    "title": (None, "title is None"),
    "install": (7, "install is 7"),
    "revision": (0, "revision is 0"),
    "options": ({"add": None}, "the option 'add' is described by None"),
}
WRITER_FAULTS = {
    "accepts": (True, "accepts is True"),
    "write": ("write", "write is 'write'"),
    "check": ("a:b:c", "check is 'a:b:c'"),
    "makes": ("directory", "makes is 'directory'"),
    "revision": (True, "revision is True"),
    "options": (["speed"], "options is ['speed']"),
}


def test_every_hook_is_known_in_calling_order():
    assert list(HOOKS) == ["omio_readers", "omio_writers", "omio_policies", "omio_annotate"]
    assert list(HOOKS["omio_annotate"].parameters) == ["metadata", "source"]


def test_an_unmarked_hook_is_told_with_the_remedy():
    def hook():
        return []

    plugin = SimpleNamespace(omio_readers=list, omio_writers=hookimpl(hook), omio_others=list)
    (fault,) = unmarked(plugin)
    assert fault == "omio_readers has no @hookimpl and is never called; write @hookimpl above it"


def test_a_sound_description_has_no_fault():
    assert list(description_faults(omio_toy.READER)) == []
    assert list(description_faults(WRITER)) == []
    assert list(description_faults(replace(WRITER, check="a.b:check", options={"speed": "how fast"}))) == []


@pytest.mark.parametrize(
    ("suffixes", "words"),
    [
        (".toy", "write a tuple: ('.toy',)"),
        ([".toy"], "no tuple"),
        (("toy",), "write '.toy'"),
        ((".",), "does not begin with a dot"),
        ((".Toy",), "write '.toy'"),
        ((".a/b",), "is no end of a file's name"),
        ((7,), "is no text"),
    ],
)
def test_a_wrong_suffix_is_told_with_the_right_one(suffixes, words):
    (fault,) = suffix_faults(suffixes)
    assert words in fault


@pytest.mark.parametrize(
    ("description", "field", "value", "words"),
    [(omio_toy.READER, field, *fault) for field, fault in READER_FAULTS.items()]
    + [(WRITER, field, *fault) for field, fault in WRITER_FAULTS.items()],
)
def test_a_field_of_a_wrong_form_is_named(description, field, value, words):
    value = (value,) if field == "suffixes" else value
    (fault,) = description_faults(replace(description, **{field: value}))
    assert words in fault


def test_a_function_that_does_not_take_an_option_is_told_with_its_arguments():
    def open_file(location, add=0):
        return location, add

    assert call_fault(open_file, "open", 1, {"add": 1}) == ""
    assert call_fault(open_file, "open", 1, {}) == ""
    assert call_fault(dict, "open", 1, {"any": 1}) == "", "a function of C does not tell"
    assert call_fault(lambda location, **options: location, "open", 1, {"any": 1}) == ""
    fault = call_fault(open_file, "open", 1, {"plus": 1})
    assert fault == "open does not take the option 'plus'; it is open(location, add=0)"
    assert "cannot be called with 3 arguments: too many" in call_fault(open_file, "write", 3, {})
