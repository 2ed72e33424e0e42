"""Rules about names."""

from __future__ import annotations

import pytest

from omio import Rules
from omio.batching.rules import Rule, fits, parse, several
from omio_core.errors import BatchError


@pytest.mark.parametrize(
    ("text", "plain", "fitting", "others"),
    [
        ("sub-", "prefix", ["sub-01", "sub-"], ["Sub-01", "x_sub-01"]),
        ("TP", "contains", ["exp_TP001", "TP"], ["exp_tp001", "exp"]),
        ("prefix:exp", "contains", ["exp_1"], ["my_exp"]),
        ("contains:b", "prefix", ["abc"], ["ac"]),
        ("exact:TP001", "contains", ["TP001"], ["TP0011", "exp_TP001"]),
        ("glob:exp_TP00[12]", "contains", ["exp_TP001", "exp_TP002"], ["exp_TP003", "xexp_TP001"]),
        (r"re:TP\d+$", "contains", ["exp_TP001"], ["exp_TP001b"]),
        ("a:b", "prefix", ["a:bc"], ["ab"]),
        ("", "contains", ["anything"], []),
    ],
)
def test_a_rule_is_a_text_or_a_kind_and_a_text(text: str, plain: str, fitting: list[str], others: list[str]) -> None:
    """A colon after anything but a kind is part of the text."""
    rule = parse(text, plain)
    assert [name for name in (*fitting, *others) if rule.fits(name)] == fitting


def test_one_of_several_rules_must_fit() -> None:
    """A list of rules is an alternative."""
    rules = several(["TP001", "exact:rest"], "contains")
    assert rules == (Rule(kind="contains", text="TP001"), Rule(kind="exact", text="rest"))
    assert [fits(name, rules) for name in ("exp_TP001", "rest", "rest2")] == [True, True, False]


@pytest.mark.parametrize(
    ("keywords", "words"),
    [
        ({"experiments": "re:TP("}, "no regular expression"),
        ({"subjects": [3]}, "int"),
        ({"merges": ["folders"]}, "files, tags"),
        ({"merges": ["files"], "along": "X"}, "T, Z, C"),
    ],
)
def test_what_is_no_rule_is_an_error_at_once(keywords: dict[str, object], words: str) -> None:
    """It says what a rule is."""
    with pytest.raises(BatchError) as caught:
        Rules(**keywords)  # type: ignore[arg-type]
    assert words in str(caught.value)
