"""Guarded YAML: what is written is what is meant, and what could do harm is refused with its line."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from omio_core.errors import LimitExceededError, MetadataError, OmioError
from omio_core.parsing.yaml import DEEPEST, MOST, parse_scalar, parse_yaml


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1", 1), ("-7", -7), ("+7", 7), ("007", 7), ("0o17", 15), ("0x1F", 31), ("1.5", 1.5), (".5", 0.5),
        ("1e3", 1000.0), ("-1.5E-3", -0.0015), (".inf", math.inf), ("-.INF", -math.inf), ("true", True),
        ("FALSE", False), ("null", None), ("~", None), ("", None), ("# only a comment", None),
        ("no", "no"), ("on", "on"), ("1:30", "1:30"), ("2024-05-01", "2024-05-01"), ("1_000", "1_000"),
        ("'1'", "1"), ('"true"', "true"), ('"\\u00b5m"', "µm"), ("|\n  7\n", "7\n"), ("<<", "<<"),
    ],
)  # fmt: skip
def test_scalars_are_those_of_the_core_schema(text: str, value: object) -> None:
    """As YAML 1.2 has them; texts are in quotes, or are none of the others."""
    found = parse_yaml(f"a: {text}")["a"]
    assert found == value
    assert type(found) is type(value)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("3", 3), ("0.5", 0.5), ("true", True), ("null", None), ("GFP", "GFP"), ("'3'", "3"), ('"a\\tb"', "a\tb"),
        ("a: b", "a: b"), ("#1", "#1"), ("x #1", "x #1"), ("[1, 2]", "[1, 2]"), ("*.xml", "*.xml"), ("@", "@"),
        ("C:\\a.xml", "C:\\a.xml"), ("'", "'"), ("- a", "- a"), ("!t a", "!t a"), (" 3", " 3"), ("a\nb", "a\nb"),
    ],
)  # fmt: skip
def test_a_single_value_is_a_scalar_or_the_text_itself(text: str, value: object) -> None:
    found = parse_scalar(text)
    assert found == value
    assert type(found) is type(value)


@pytest.mark.parametrize("text", ["1" * 101, '"\\q"'])
def test_a_single_value_that_cannot_be_one_is_refused(text: str) -> None:
    with pytest.raises(MetadataError):
        parse_scalar(text)


def test_nan_is_a_number() -> None:
    assert math.isnan(parse_yaml(".NaN"))


def test_lists_and_mappings() -> None:
    """In either notation; empty ones too."""
    text = "a:\n  - 1\n  - {b: [x, 'y'], c: {}}\nd: []\n"
    assert parse_yaml(text) == {"a": [1, {"b": ["x", "y"], "c": {}}], "d": []}


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_bytes_are_decoded(encoding: str) -> None:
    assert parse_yaml("unit: µm".encode(encoding)) == {"unit": "µm"}


@pytest.mark.parametrize(
    ("text", "line", "problem"),
    [
        ("a: 1\nb: 2\na: 3\n", 3, "'a' stands twice"),
        ("a:\n  b: 1\n  b: 1\n", 3, "'b' stands twice"),
        ("1: a\n1.0: b\n", 2, "stands twice"),
        ("a: &x [1]\n", 1, "anchors and aliases"),
        ("a: 1\nb: *x\n", 2, "anchors and aliases"),
        ("a: !!python/object/apply:os.system ['true']\n", 1, "tag"),
        ("!!set {a, b}\n", 1, "tag"),
        ("a: ! 1\n", 1, "tag"),
        ("? [1, 2]\n: 3\n", 1, "a key is a list"),
        ("a: 1\n---\nb: 2\n", 2, "another document"),
        ("a: 1\nb: [1, 2\n", 3, "expected"),
        ("a: 1\n\tb: 2\n", 2, ""),
        ("a: 'x\n", 2, ""),
        ("a: 1\n  b: 2\n", 2, "mapping values"),
        ("%YAML 3.0\n---\na: 1\n", 1, "incompatible"),
        ("a: " + "9" * 5000, 1, "digits"),
    ],
)  # fmt: skip
def test_what_is_refused_names_its_line(text: str, line: int, problem: str) -> None:
    with pytest.raises(MetadataError, match="the settings is malformed") as told:
        parse_yaml(text, "settings")
    assert told.value.line == line
    assert problem in told.value.evidence


@pytest.mark.parametrize("text", ["a: \x07", "a: \ud800", b"a: \xff\xff", b"\xff\xfea"])
def test_what_is_no_text_is_refused(text: str | bytes) -> None:
    with pytest.raises(MetadataError, match="malformed"):
        parse_yaml(text)


@pytest.mark.parametrize("opening", ["[", "{a: ", "- ", "? "])
def test_depth_is_bounded(opening: str) -> None:
    """Far below what would end the interpreter; `DEEPEST` itself is allowed."""
    with pytest.raises(MetadataError, match="malformed"):
        parse_yaml(opening * 50_000)
    nested = "[" * DEEPEST + "]" * DEEPEST
    assert parse_yaml(nested) is not None
    with pytest.raises(MetadataError) as told:
        parse_yaml(f"[{nested}]")
    assert "deeper" in told.value.evidence


def test_length_is_bounded() -> None:
    assert parse_yaml(b"# " + b"x" * (MOST - 2)) is None
    with pytest.raises(LimitExceededError, match="too long"):
        parse_yaml(b"# " + b"x" * (MOST - 1))
    with pytest.raises(LimitExceededError):
        parse_yaml("µ" * 6, most=10)


@given(st.text(alphabet=st.sampled_from(list("ab:-?[]{}&*!|>'\"%@#,~ \n\t0.e\\")), max_size=60))
def test_any_text_ends_in_plain_values_or_an_error(text: str) -> None:
    def plain(value: object) -> bool:
        if isinstance(value, dict):
            return all(plain(one) for pair in value.items() for one in pair)
        if isinstance(value, list):
            return all(map(plain, value))
        return value is None or type(value) in (str, int, float, bool)

    try:
        found = parse_yaml(text)
    except OmioError:
        found = None
    assert plain(found)
