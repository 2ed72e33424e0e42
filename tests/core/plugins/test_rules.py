"""Policies by name: which are in force, and each answers only what its kind allows."""

from __future__ import annotations

import itertools
import re
from pathlib import Path

import pytest

from omio_core.contract import AxesCase, ConflictCase, MissingCase, Policy
from omio_core.errors import LimitExceededError, MetadataConflictError, MetadataError, OmioError, PluginContractError
from omio_core.plugins import rules
from omio_core.plugins.rules import MOST, VARIABLE, choose, decide, find
from omio_core.policies import Policies


@pytest.fixture(autouse=True)
def _rules(catalogue, monkeypatch):
    monkeypatch.delenv(VARIABLE, raising=False)
    names = {"missing": ("unknown", "raise"), "collision": ("number", "raise", "skip"), "conflict": ("careful", "null")}
    catalogue(
        policies=[Policy(kind=k, name=n, decide=lambda case: "raise", summary="") for k in names for n in names[k]]
    )


def write(folder: Path, text: str | bytes) -> Path:
    path = folder / "policies.yaml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def test_a_file(tmp_path):
    path = write(tmp_path, "# of our laboratory\nmissing: raise\ncollision: skip\n")
    for given in (path, str(path)):
        assert rules.from_file(given) == Policies(missing="raise", collision="skip")
    assert rules.from_file(path).chosen() == {"missing": "raise", "collision": "skip"}
    assert rules.from_file(write(tmp_path, "# nothing yet\n")).chosen() == {}
    assert rules.from_file(write(tmp_path, 'conflict: "null"')).conflict == "null"


@pytest.mark.parametrize(
    ("text", "error", "words"),
    [
        ("mising: raise", OmioError, "did you mean 'missing'?"),
        ("weather: fine", OmioError, "no kind of policy 'weather'"),
        ("3: raise", OmioError, "no kind of policy 3"),
        ("missing: rase", OmioError, "did you mean 'raise'?"),
        ("missing: true", OmioError, "it is True, no text"),
        ("missing: 1", OmioError, "it is 1, no text"),
        ("missing: [raise]", OmioError, "no text"),
        ("conflict: null", OmioError, 'conflict: "null"'),
        ("- missing", OmioError, "it holds a list"),
        ("raise", OmioError, "it holds a str"),
        ("missing: raise\nmissing: unknown", MetadataError, "stands twice"),
        ("missing: &a raise", MetadataError, "anchors"),
        ("missing: !!python/name:os.system raise", MetadataError, "tag"),
        ("missing: raise\n---\ncollision: skip", MetadataError, "malformed"),
        (b"missing: \xff", MetadataError, "malformed"),
        ("#" * (MOST + 1), LimitExceededError, "too long"),
    ],
)
def test_a_file_that_makes_no_sense(tmp_path, text, error, words):
    path = write(tmp_path, text)
    with pytest.raises(error) as caught:
        rules.from_file(path)
    assert words in str(caught.value)
    assert str(path) in str(caught.value)


def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(FileNotFoundError):
        rules.from_file(tmp_path / "none.yaml")
    with pytest.raises(FileNotFoundError):
        choose(str(tmp_path / "none.yaml"), {})


def test_the_environment():
    assert rules.from_environment({}).chosen() == {}
    assert rules.from_environment({VARIABLE: " , "}).chosen() == {}
    said = rules.from_environment({VARIABLE: " missing = raise, collision=skip ,"})
    assert said.chosen() == {"missing": "raise", "collision": "skip"}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("missing", "no kind=name"),
        ("mising=raise", "did you mean 'missing'?"),
        ("missing=rase", "did you mean 'raise'?"),
        ("missing=", "no policy missing=''"),
        ("missing=raise,missing=unknown", "missing twice"),
    ],
)
def test_an_environment_that_makes_no_sense(monkeypatch, text, words):
    monkeypatch.setenv(VARIABLE, text)
    with pytest.raises(OmioError) as caught:
        choose(None, {})
    assert words in str(caught.value)
    assert VARIABLE in str(caught.value)


@pytest.mark.parametrize("as_file", [False, True])
@pytest.mark.parametrize("mask", list(itertools.product([False, True], repeat=3)))
def test_whose_word_counts(monkeypatch, tmp_path, mask, as_file):
    """Keyword, then the object or the file, then the environment, then the default: a kind at a time."""
    by_keyword, by_policies, by_environment = mask
    if by_environment:
        monkeypatch.setenv(VARIABLE, "collision=raise,conflict=null")
    given: Policies | Path | None = None
    if by_policies:  # the name of the default, said: it counts against the environment
        given = write(tmp_path, "collision: number") if as_file else Policies(collision="number")
    chosen = choose(given, {"collision": "skip"} if by_keyword else {})
    expected = "skip" if by_keyword else "number" if by_policies or not by_environment else "raise"
    assert chosen.collision == expected
    assert chosen.conflict == ("null" if by_environment else "careful")
    assert chosen.missing == "unknown"


def test_what_is_no_choice():
    with pytest.raises(OmioError, match="policies= is no Policies"):
        choose({"missing": "raise"}, {})  # type: ignore[arg-type]
    with pytest.raises(OmioError, match="no policy missing='rase'"):
        choose(Policies(missing="rase"), {})
    with pytest.raises(OmioError, match="no policy collision='swap'"):
        choose(None, {"collision": "swap"})


@pytest.mark.parametrize("name", [None, 1, ["strict"], {}])
def test_what_is_no_name_is_told(name: object) -> None:
    with pytest.raises(OmioError, match="there is no policy shapes="):
        find("shapes", name)


AXES = AxesCase(path="a", assumptions=("Q is T",))
MISSING = MissingCase(path="a", missing=("PhysicalSizeX",))
CONFLICT = ConflictCase(fact="PhysicalSizeX", about="size", values=(1.0, 2.0), sources=("a", "b"))


def rule(kind="axes", name="mine", decide=lambda case: "raise"):
    return Policy(kind=kind, name=name, decide=decide, summary="")


def test_a_policy_sees_the_case(catalogue):
    catalogue(policies=[rule(decide=lambda case: "warn" if len(case.assumptions) > 1 else "accept")])
    assert decide("axes", "mine", AxesCase(path="a", assumptions=("Q is T", "H is C"))) == "warn"
    assert decide("axes", "mine", AXES) == "accept"


def test_kinds_are_apart(catalogue):
    catalogue(policies=[rule("axes", "same"), rule("missing", "same", lambda case: "accept")])
    assert (decide("axes", "same", AXES), decide("missing", "same", MISSING)) == ("raise", "accept")


def test_a_policy_that_is_not_there(catalogue):
    catalogue(policies=[rule(name="strict"), rule(name="lax")])
    with pytest.raises(OmioError, match="no policy axes='strikt'") as caught:
        find("axes", "strikt")
    assert caught.value.evidence == "installed: lax, strict"
    assert caught.value.remedy == "did you mean 'strict'?"
    with pytest.raises(OmioError, match="choose one of lax, strict"):
        find("axes", "zzz")
    with pytest.raises(OmioError, match="installed: none"):
        find("shapes", "strict")


@pytest.mark.parametrize("answer", ["shrug", None, True, ["raise"], {}])
def test_an_answer_that_is_no_action(catalogue, answer):
    catalogue(policies=[rule(decide=lambda case: answer)])
    with pytest.raises(PluginContractError, match=f"answered {re.escape(repr(answer))}") as caught:
        decide("axes", "mine", AXES)
    assert "accept, warn, raise" in caught.value.evidence


def test_a_policy_that_fails_is_named(catalogue):
    catalogue(policies=[rule(decide=lambda case: case["assumptions"])])
    with pytest.raises(PluginContractError, match="the policy axes='mine' failed") as caught:
        decide("axes", "mine", AXES)
    assert isinstance(caught.value.__cause__, TypeError)
    assert caught.value.policy == "axes=mine"
    assert "asked about AxesCase(path, assumptions), it raised TypeError" in caught.value.evidence


def test_a_policy_may_raise_an_error_of_ours(catalogue):
    def conflict(case):
        raise MetadataConflictError("they differ")

    catalogue(policies=[rule("conflict", decide=conflict)])
    with pytest.raises(MetadataConflictError, match="they differ"):
        decide("conflict", "mine", CONFLICT)
