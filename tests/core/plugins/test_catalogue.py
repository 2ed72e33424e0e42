"""Plugins: each is loaded on its own, and what one does wrong harms nobody else."""

from __future__ import annotations

import sys
import textwrap
import warnings
from importlib.metadata import EntryPoint

import pytest

from omio_core.contract import AxesCase
from omio_core.errors import PluginContractError, PluginLoadError, PluginLoadWarning
from omio_core.plugins import catalogue, rules

GOOD = """
    from omio_core.contract import Match, Policy, Reader, Verdict, Writer, hookimpl

    OMIO_API = 1
    ASKED = []

    def sniff(probe):
        if probe.head.startswith(b"GOOD"):
            return Verdict(Match.EXACT, "begins with GOOD")
        return Verdict(Match.NO, "does not begin with GOOD")

    @hookimpl
    def omio_readers():
        ASKED.append("readers")
        return [Reader(name="NAME", title="Good", suffixes=(".good",), sniff=sniff, open="x:y")]

    @hookimpl
    def omio_writers():
        return [Writer(name="NAME", title="Good", suffixes=(".good",), write="x:y",
                       accepts=lambda images: Verdict(Match.SIGNATURE, "any"))]

    @hookimpl
    def omio_policies():
        return [Policy(kind="axes", name="NAME", decide=lambda case: "raise", summary="never")]

    @hookimpl
    def omio_annotate(metadata, source):
        return {"seen": source}
"""
HEAD = "from omio_core.contract import *\nfrom omio_core.contract import hookimpl\nOMIO_API = 1\n"
READER = "Reader(name='bad', title='', suffixes=(), sniff={sniff}, open='x:y')"


def reader(sniff):
    return f"{HEAD}\n@hookimpl\ndef omio_readers():\n    return [{READER.format(sniff=sniff)}]\n"


def readers(statement):
    """A plugin whose hook for readers consists of one statement."""
    return f"{HEAD}\n@hookimpl\ndef omio_readers():\n    {statement}\n"


def policy(field):
    """A plugin whose policy is right but for the field."""
    name, _, value = field.partition("=")
    fields = {"kind": "'axes'", "name": "'a'", "decide": "lambda case: 'raise'", "summary": "''"} | {name: value}
    given = ", ".join(f"{key}={text}" for key, text in fields.items())
    return f"{HEAD}\n@hookimpl\ndef omio_policies():\n    return [Policy({given})]\n"


BAD = {
    "import error": ("import a_package_that_is_not_there", PluginLoadError, "No module named"),
    "syntax error": ("def (", PluginLoadError, "SyntaxError"),
    "exit": ("import sys; sys.exit(3)", PluginLoadError, "SystemExit: 3"),
    "exception": ("1 / 0", PluginLoadError, "ZeroDivisionError"),
    "no version": ("x = 1", PluginLoadError, "states no OMIO_API; write OMIO_API = 1"),
    "other version": ("OMIO_API = 99", PluginLoadError, "its OMIO_API is 99"),
    "version as a text": ("OMIO_API = '1'", PluginLoadError, "no whole number; write OMIO_API = 1"),
    "version that is true": ("OMIO_API = True", PluginLoadError, "no whole number; write OMIO_API = 1"),
    "misspelt": (readers("return []").replace("readers", "raeders"), PluginContractError, "did you mean omio_readers"),
    "arguments": (
        readers("return []").replace("()", "(path)"),
        PluginContractError,
        "takes 'path', which no hook is given; write omio_readers()",
    ),
    "hook raises": (readers("1 / 0"), PluginContractError, "ZeroDivisionError"),
    "hook exits": (readers("raise SystemExit"), PluginContractError, "SystemExit"),
    "nonsense": (readers("return 'tiff'"), PluginContractError, "'tiff', no list of Reader"),
    "a number": (readers("return 42"), PluginContractError, "42, no list of Reader"),
    "one reader": (readers(f"return {READER.format(sniff='len')}"), PluginContractError, "return [Reader(...)]"),
    "nothing": (readers("pass"), PluginContractError, "returns None, no list"),
    "no class": (readers("return [Reader]"), PluginContractError, "which is no Reader"),
    "name with a dash": (reader("len").replace("'bad'", "'bad-2014'"), PluginContractError, "no single word"),
    "no name": (reader("len").replace("'bad'", "None"), PluginContractError, "the name None"),
    "a writer": (f"{HEAD}\n@hookimpl\ndef omio_writers():\n    return [42]\n", PluginContractError, "is no Writer"),
    "policy kind": (policy("kind='taste'"), PluginContractError, "'taste' is none of"),
    "policy kind no text": (policy("kind=['axes']"), PluginContractError, "none of shapes"),
    "policy without function": (policy("decide='raise'"), PluginContractError, "'raise' is no function"),
    "policy of two arguments": (policy("decide=lambda kind, case: 'raise'"), PluginContractError, "only argument"),
    "policy without argument": (policy("decide=lambda: 'raise'"), PluginContractError, "AxesCase(path, assumptions)"),
    "policy without sentence": (policy("summary=None"), PluginContractError, "summary None is no text"),
    "claims everything": (reader("lambda probe: Verdict(Match.EXACT, 'all')"), PluginContractError, "it says EXACT"),
    "claims by name": (reader("lambda probe: Verdict(Match.SUFFIX, '')"), PluginContractError, "it says SUFFIX"),
    "no verdict": (reader("lambda probe: True"), PluginContractError, "True"),
    "sniff raises": (reader("lambda probe: probe.head[9]"), PluginContractError, "IndexError"),
    "no sniff": (reader("None"), PluginContractError, "sniff is None"),
    "no mark": (f"{HEAD}\ndef omio_readers():\n    return []\n", PluginContractError, "omio_readers has no @hookimpl"),
    "upper-case suffix": (
        reader("lambda probe: Verdict(Match.NO, 'no')").replace("suffixes=()", "suffixes=('.BAD',)"),
        PluginContractError,
        "write '.bad'",
    ),
    "suffix without a dot": (
        reader("lambda probe: Verdict(Match.NO, 'no')").replace("suffixes=()", "suffixes=('bad',)"),
        PluginContractError,
        "write '.bad'",
    ),
    "revision": (
        reader("lambda probe: Verdict(Match.NO, 'no')").replace("suffixes=()", "suffixes=(), revision=0"),
        PluginContractError,
        "revision is 0",
    ),
    "asks for the catalogue": (
        f"{HEAD}\nfrom omio_core.plugins.catalogue import catalogue\n"
        "@hookimpl\ndef omio_readers():\n    return catalogue().readers\n",
        PluginContractError,
        "the catalogue",
    ),
}


@pytest.fixture
def entry(tmp_path, monkeypatch):
    """A function that makes a module of a text and an entry point for it."""
    monkeypatch.syspath_prepend(tmp_path)
    made = []

    def make(name, text, module=None):
        module = module or f"omio_test_{name}"
        (tmp_path / f"{module}.py").write_text(textwrap.dedent(text).replace("NAME", name))
        made.append(module)
        return EntryPoint(name, module, catalogue.GROUP)

    yield make
    for module in made:
        sys.modules.pop(module, None)


def test_a_plugin_offers(entry):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        known = catalogue.load([entry("good", GOOD)])
    assert [reader.name for reader in known.readers] == ["good"]
    assert [writer.name for writer in known.writers] == ["good"]
    assert [(policy.kind, policy.name) for policy in known.policies] == [("axes", "good")]
    (plugin,) = known.plugins
    assert plugin.offers == ("reader good", "writer good", "policy axes=good", "annotations")
    assert plugin.error is None
    assert known.blocked == ()


@pytest.mark.parametrize(("text", "kind", "words"), BAD.values(), ids=BAD)
def test_a_bad_plugin_is_left_out_and_harms_nobody(entry, monkeypatch, text, kind, words):
    found = [entry("one", GOOD), entry("bad", text), entry("two", GOOD)]
    monkeypatch.setattr(catalogue, "_entry_points", lambda: found)
    catalogue.forget()
    with pytest.warns(PluginLoadWarning) as said:
        known = catalogue.catalogue()
    assert [reader.name for reader in known.readers] == ["one", "two"]
    assert len(known.policies) == 2
    assert len(said) == 1, "one warning"
    assert "bad" in str(said[0].message), "it names the plugin"
    (blocked,) = known.blocked
    assert blocked.name == "bad"
    assert type(blocked.error) is kind
    assert words in str(blocked.error)
    assert blocked.offers == ()


def test_the_catalogue_is_made_once(entry, monkeypatch):
    monkeypatch.setattr(catalogue, "_entry_points", lambda: [entry("good", GOOD)])
    catalogue.forget()
    assert catalogue.catalogue() is catalogue.catalogue()
    assert sys.modules["omio_test_good"].ASKED == ["readers"]
    catalogue.forget()
    catalogue.catalogue()
    assert sys.modules["omio_test_good"].ASKED == ["readers", "readers"]


def test_a_plugin_without_hooks_offers_nothing(entry):
    known = catalogue.load([entry("none", "OMIO_API = 1")])
    assert known.plugins[0].offers == ()
    assert known.blocked == ()


def test_one_plugin_found_twice_is_loaded_once(entry):
    good = entry("good", GOOD)
    known = catalogue.load([good, good])
    assert [plugin.name for plugin in known.plugins] == ["good"]


def test_a_name_is_given_once(entry):
    first, second = entry("good", GOOD), entry("other", GOOD.replace('name="NAME"', 'name="good"'))
    with pytest.warns(PluginLoadWarning, match="other is left out: the name 'good' is taken"):
        known = catalogue.load([first, second])
    assert [reader.name for reader in known.readers] == ["good"]
    assert known.blocked[0].name == "other"


def test_a_plugin_cannot_offer_a_name_twice(entry):
    twice = GOOD.replace('sniff=sniff, open="x:y")]', 'sniff=sniff, open="x:y")] * 2')
    with pytest.warns(PluginLoadWarning, match="is taken"):
        assert catalogue.load([entry("good", twice)]).readers == ()


def test_a_disabled_plugin_is_not_imported(entry, monkeypatch):
    monkeypatch.setattr(catalogue, "_entry_points", lambda: [entry("bad", "1 / 0"), entry("good", GOOD)])
    catalogue.forget()
    monkeypatch.setenv("OMIO_DISABLE", "bad")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        known = catalogue.catalogue()
    assert "omio_test_bad" not in sys.modules
    assert [reader.name for reader in known.readers] == ["good"]
    assert "disabled" in str(known.blocked[0].error), "it stays visible"


def test_keyboard_interrupt_is_the_users(entry):
    with pytest.raises(KeyboardInterrupt):
        catalogue.load([entry("bad", "raise KeyboardInterrupt")])


def test_the_distribution_is_found_by_entry_points():
    found = catalogue._entry_points()
    assert found == sorted(
        found, key=lambda e: (catalogue._distribution(e)[0] != "omio-core", *catalogue._distribution(e)[:1], e.name)
    )


def test_a_reader_has_the_version_of_its_distribution(entry, monkeypatch):
    monkeypatch.setattr(catalogue, "_distribution", lambda entry: ("omio-good", "2.5"))
    known = catalogue.load([entry("good", GOOD)])
    assert known.readers[0].version == "2.5"
    assert (known.plugins[0].distribution, known.plugins[0].version) == ("omio-good", "2.5")


def test_annotations_stand_under_the_plugins_name(entry):
    with catalogue.using(catalogue.load([entry("good", GOOD)])):
        assert catalogue.annotate(None, "a.good") == {"good": {"seen": "a.good"}}


@pytest.mark.parametrize(
    "answer", ["1 / 0", "42", "{'a': float('nan')}", "{'a': object()}"], ids=["raises", "number", "NaN", "object"]
)
def test_annotations_that_fail_are_left_out(entry, answer):
    bad = f"{HEAD}\n@hookimpl\ndef omio_annotate(metadata, source):\n    return {answer}\n"
    with (
        catalogue.using(catalogue.load([entry("bad", bad), entry("good", GOOD)])),
        pytest.warns(PluginLoadWarning, match="omio_annotate of bad failed"),
    ):
        assert list(catalogue.annotate(None, "a.good")) == ["good"]


def test_policies_come_from_plugins(entry):
    with catalogue.using(catalogue.load([entry("good", GOOD)])):
        assert rules.decide("axes", "good", AxesCase(path="a", assumptions=("Q is T",))) == "raise"


def test_another_catalogue_for_a_while(entry):
    before = catalogue.catalogue()
    with catalogue.using(catalogue.load([entry("good", GOOD)])) as known:
        assert catalogue.catalogue() is known
        assert [reader.name for reader in known.readers] == ["good"]
    assert catalogue.catalogue() is before
