"""Which policies are in force: what was said is told apart from the default, and each source has its turn."""

from __future__ import annotations

import copy
import itertools
import pickle
from dataclasses import replace
from pathlib import Path

import pytest

from omio_core.contract import Policy
from omio_core.errors import LimitExceededError, MetadataError, OmioError
from omio_core.plugins import rules
from omio_core.plugins.rules import MOST, VARIABLE, choose, find
from omio_core.policies import KINDS, Policies


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
