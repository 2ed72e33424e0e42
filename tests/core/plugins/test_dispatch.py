"""Dispatch: content decides, a tie is never guessed, and a no explains itself."""

from __future__ import annotations

from dataclasses import replace

import pytest

from omio_core import settings
from omio_core.contract import Match, Reader, Verdict, Writer
from omio_core.errors import (
    AmbiguousReaderError,
    NoReaderError,
    NoWriterError,
    OmioError,
    PluginContractError,
    PluginLoadError,
    PluginLoadWarning,
    ReadError,
    UnknownOptionError,
    UnknownReaderError,
)
from omio_core.files.probe import MOST_A_READ, MOST_IN_ALL, Probe
from omio_core.plugins import catalogue as plugins
from omio_core.plugins.catalogue import Catalogue, Plugin
from omio_core.plugins.dispatch import check_options, choose, verdicts, writer_for, writer_named

AAA = Probe.of_bytes(b"AAA and more", "picture.bbb")


def reader(name, match=Match.NO, why="because", **more):
    return Reader(
        name=name, title=name, suffixes=(f".{name}",), sniff=lambda probe: Verdict(match, why), open="no:thing", **more
    )


def by_content(name, magic):
    def sniff(probe):
        if probe.head.startswith(magic):
            return Verdict(Match.SIGNATURE, f"begins with {magic!r}")
        if probe.suffix == f".{name}":
            return Verdict(Match.SUFFIX, f"named .{name}")
        return Verdict(Match.NO, f"does not begin with {magic!r}")

    return replace(reader(name), sniff=sniff)


def known(*readers, **more):
    return Catalogue(readers=readers, **more)


def writer(name, *suffixes, match=Match.SIGNATURE, why="fits"):
    return Writer(
        name=name, title=name, suffixes=suffixes, accepts=lambda images: Verdict(match, why), write="no:thing"
    )


def test_content_wins_over_the_name():
    decision = choose(AAA, known=known(by_content("bbb", b"BBB"), by_content("aaa", b"AAA")))
    assert decision.reader.name == "aaa"
    assert decision.because == "the only SIGNATURE claim"
    assert list(decision.verdicts) == ["aaa", "bbb"], "the best first"
    assert decision.verdicts["bbb"] == Verdict(Match.SUFFIX, "named .bbb")


def test_the_highest_rung_wins():
    rungs = [reader(match.name.lower(), match) for match in Match]
    assert choose(AAA, known=known(*rungs)).reader.name == "exact"


def test_a_tie_is_not_guessed():
    two = known(reader("one", Match.EXACT, "it is one"), reader("two", Match.EXACT, "it is two"))
    with pytest.raises(AmbiguousReaderError, match="2 readers claim") as caught:
        choose(AAA, known=two)
    assert "it is one" in caught.value.evidence
    assert "it is two" in caught.value.evidence
    assert "OMIO_PREFER" in caught.value.remedy
    assert caught.value.readers == ("one", "two")


def test_preference_settles_a_tie_and_nothing_else(monkeypatch):
    tie = known(reader("one", Match.EXACT), reader("two", Match.EXACT), reader("weak", Match.SUFFIX))
    monkeypatch.setenv("OMIO_PREFER", "weak, two, one")
    decision = choose(AAA, known=tie)
    assert (decision.reader.name, decision.because) == ("two", "OMIO_PREFER settles a tie")


def test_the_caller_settles_everything():
    decision = choose(AAA, "weak", known=known(reader("one", Match.EXACT), reader("weak", Match.NO, "not mine")))
    assert (decision.reader.name, decision.because) == ("weak", "the caller named it")
    assert decision.verdicts["weak"].why == "not mine", "what it said itself is kept"


def test_a_reader_that_is_not_there():
    with pytest.raises(UnknownReaderError, match="no reader 'three'") as caught:
        choose(AAA, "three", known=known(reader("one")))
    assert "installed: one" in caught.value.evidence


def test_nobody_knows_the_file():
    blocked = Plugin(name="broken", distribution="", version="", error=PluginLoadError("cannot be imported"))
    with pytest.raises(NoReaderError, match="no reader recognises") as caught:
        choose(AAA, known=known(reader("one", why="wrong start"), reader("two", why="too short"), plugins=(blocked,)))
    for words in ("one: wrong start", "two: too short", "broken (cannot be imported)"):
        assert words in caught.value.evidence
    assert caught.value.verdicts["one"] == Verdict(Match.NO, "wrong start")


def test_nobody_is_there():
    with pytest.raises(NoReaderError):
        choose(AAA, known=known())


@pytest.mark.parametrize(("make", "words"), [(lambda p: p.touch(), "is empty"), (lambda p: p.mkdir(), "is a folder")])
def test_what_is_empty_or_a_folder_is_called_so(tmp_path, make, words):
    make(tmp_path / "x")
    with pytest.raises(NoReaderError, match=words) as caught:
        choose(Probe(tmp_path / "x"), known=known(reader("one")))
    assert caught.value.remedy


def test_a_sniff_that_raises_says_no_and_the_rest_is_unharmed():
    def broken(probe):
        raise IndexError("index out of range")

    both = known(replace(reader("broken"), sniff=broken), by_content("aaa", b"AAA"))
    with pytest.warns(PluginLoadWarning, match="broken failed to look at"):
        decision = choose(AAA, known=both)
    assert decision.reader.name == "aaa"
    assert "IndexError: index out of range" in decision.verdicts["broken"].why


def test_a_sniff_that_answers_nonsense_says_no():
    both = known(replace(reader("nonsense"), sniff=lambda probe: True), by_content("aaa", b"AAA"))
    with pytest.warns(PluginLoadWarning, match="nonsense"):
        assert choose(AAA, known=both).reader.name == "aaa"


def test_a_greedy_sniff_leaves_the_budget_of_the_others(tmp_path):
    (tmp_path / "large").write_bytes(b"AAA" + bytes(2 * MOST_IN_ALL))

    def greedy(probe):
        for k in range(MOST_IN_ALL // MOST_A_READ):
            probe.read(k * MOST_A_READ, MOST_A_READ)
        return Verdict(Match.NO, "read it all")

    def modest(probe):
        return Verdict(Match.EXACT if probe.read(0, 3) == b"AAA" else Match.NO, "looked")

    both = known(replace(reader("greedy"), sniff=greedy), replace(reader("modest"), sniff=modest))
    assert choose(Probe(tmp_path / "large"), known=both).reader.name == "modest"


def test_a_file_that_cannot_be_read_is_not_the_plugins_fault(tmp_path):
    path = tmp_path / "gone"
    path.write_bytes(b"AAA")
    probe = Probe(path)
    path.unlink()
    with pytest.raises(ReadError, match="cannot be read"):
        verdicts(probe, known(by_content("aaa", b"AAA")))


def test_the_catalogue_of_the_process_is_the_default(catalogue):
    catalogue(reader("one", Match.EXACT))
    assert choose(AAA).reader.name == "one"
    assert plugins.catalogue().readers[0].name == "one"


def test_options_are_spelled_rightly():
    with_options = reader("one", options={"scene": "which one"})
    check_options(with_options, {"scene": 3})
    check_options(with_options, {})
    with pytest.raises(UnknownOptionError, match="no option 'sceen'") as caught:
        check_options(with_options, {"sceen": 3})
    assert "scene: which one" in caught.value.evidence
    with pytest.raises(UnknownOptionError) as caught:
        check_options(reader("two"), {"a": 1})
    assert "no options" in caught.value.evidence
    with pytest.raises(UnknownOptionError, match="cannot be a list"):
        check_options(with_options, {"scene": [1, 2]})


def test_a_writer_by_suffix_and_by_name(catalogue):
    catalogue(writers=[writer("a", ".aa"), writer("b", ".ome.bb", ".bb")])
    assert writer_for("x.AA", []).name == "a"
    assert writer_for("x.ome.bb", []).name == "b"
    assert writer_for("x.aa", [], "b").name == "b"


def test_a_writer_by_a_name_spelled_freely(catalogue):
    catalogue(writers=[writer("ome_aa", ".aa"), writer("omeaa", ".bb"), writer("one_b", ".cc")])
    assert [writer_named(name).name for name in ("one-b", "ONE B", "oneb", "one.b")] == ["one_b"] * 4
    assert [writer_named(name).name for name in ("ome_aa", "omeaa")] == ["ome_aa", "omeaa"]
    with pytest.raises(NoWriterError, match="no writer 'OME-AA'"):
        writer_named("OME-AA")  # it may be either
    assert writer_for("x", [], "One-B").name == "one_b"


def test_preference_chooses_between_writers(catalogue):
    catalogue(writers=[writer("a", ".aa"), writer("b", ".aa"), writer("sure", ".aa", match=Match.EXACT)])
    assert writer_for("x.aa", []).name == "sure"
    with settings.using(prefer=("b",)):
        assert writer_for("x.aa", []).name == "b"


def test_no_writer(catalogue):
    catalogue(writers=[writer("a", ".aa"), writer("picky", ".pp", match=Match.NO, why="no such pixels")])
    with pytest.raises(NoWriterError, match=r"named like x\.zz") as caught:
        writer_for("x.zz", [])
    assert ".aa" in caught.value.evidence
    with pytest.raises(NoWriterError, match="no writer 'c'"):
        writer_for("x.aa", [], "c")
    with pytest.raises(NoWriterError, match="cannot be written as it is") as caught:
        writer_for("x.pp", [])
    assert "no such pixels" in caught.value.evidence


def test_a_writer_that_fails_to_look_is_named(catalogue):
    def broken(images):
        raise KeyError("x")

    catalogue(writers=[replace(writer("a", ".aa"), accepts=broken)])
    with pytest.raises(PluginContractError, match="the writer a failed"):
        writer_for("x.aa", [])
    assert issubclass(PluginContractError, OmioError)


def test_an_option_settles_who_reads_what_nobody_claims():
    """Only where one reader of files named so has all options that were given; the option is no claim otherwise."""
    options = {"beside": "what lies beside"}
    one, two = reader("bbb", options=options), reader("ccc", options=options)
    assert choose(AAA, known=known(one, two), options={"beside"}).reader is one
    assert "option beside" in choose(AAA, known=known(one, two), options={"beside"}).because
    for readers, given in (((one, two), set()), ((two,), {"beside"}), ((one,), {"beside", "other"})):
        with pytest.raises(NoReaderError):
            choose(AAA, known=known(*readers), options=given)
    claims = reader("ddd", Match.SIGNATURE)
    assert choose(AAA, known=known(one, claims), options={"beside"}).reader is claims


def test_who_reads_files_named_so_has_the_word():
    with pytest.raises(NoReaderError) as told:
        choose(AAA, known=known(reader("aaa", why="no A"), reader("bbb", why="no B")))
    assert told.value.evidence == "bbb: no B"
    assert "its name says" in told.value.remedy
