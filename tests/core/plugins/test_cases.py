"""Cases of policies: one documented class for each kind, values that can be kept, and policies that fit them."""

from __future__ import annotations

import inspect
import pickle
import typing
from dataclasses import FrozenInstanceError, fields
from typing import Any

import pytest

from omio_core.errors import PluginContractError
from omio_core.plugins import cases
from omio_core.plugins.cases import CASES, described, refuse_malformed
from omio_core.policies import KINDS

EXAMPLES: dict[str, dict[str, Any]] = {
    "shapes": {"axis": "T", "shapes": ((1, 1, 1, 2, 2), (1, 1, 1, 3, 2)), "sources": ("a", "b")},
    "dtypes": {"dtypes": ("uint8", "uint16"), "sources": ("a", "b")},
    "conflict": {"fact": "Name", "about": "fact", "values": ("a", "b"), "sources": ("a", "b")},
    "missing": {"path": "a", "missing": ("PhysicalSizeX",)},
    "axes": {"path": "a", "assumptions": ("Q is T",)},
    "absent_files": {"path": "a", "absent": ("b.tif",)},
    "absent_planes": {"path": "a", "absent": {0: "T=1"}},
    "collision": {"path": "a"},
}


def test_each_kind_has_a_case_of_its_own() -> None:
    assert tuple(CASES) == KINDS == tuple(EXAMPLES)
    assert set(CASES.values()) == set(typing.get_args(cases.Case))
    assert len(set(CASES.values())) == len(KINDS)


@pytest.mark.parametrize("kind", KINDS)
def test_a_case_is_a_frozen_value(kind: str) -> None:
    case = CASES[kind](**EXAMPLES[kind])
    assert pickle.loads(pickle.dumps(case)) == case
    name = fields(case)[0].name
    with pytest.raises(FrozenInstanceError):
        setattr(case, name, "other")
    with pytest.raises(TypeError):
        CASES[kind](*EXAMPLES[kind].values())  # type: ignore[call-arg]  # by keyword only


@pytest.mark.parametrize("kind", KINDS)
def test_each_field_is_documented_where_it_stands(kind: str) -> None:
    text = inspect.getdoc(CASES[kind]) or ""  # Python 3.13 takes the indentation away itself
    assert [f.name for f in fields(CASES[kind]) if f"\n{f.name}\n    " not in text] == []


def test_a_case_is_described_for_messages() -> None:
    assert described("conflict") == "ConflictCase(fact, about, values, sources)"


def test_policies_that_fit_are_let_in() -> None:
    class Rule:
        def __call__(self, case: object, *, strength: int = 1) -> str:
            return "raise"

    for decide in (Rule(), lambda case: "raise", lambda *cases: "raise", len):
        refuse_malformed("mine", "axes", decide, "", plugin="mine")


@pytest.mark.parametrize("decide", [lambda: "raise", lambda a, b: "raise", lambda *, case: "raise", "raise", None])
def test_policies_that_do_not_fit_are_named(decide: Any) -> None:
    with pytest.raises(PluginContractError, match="the policy axes='mine' is malformed") as caught:
        refuse_malformed("mine", "axes", decide, "", plugin="omio_mine")
    assert "AxesCase(path, assumptions)" in (caught.value.remedy or "")
    assert (caught.value.plugin, caught.value.policy) == ("omio_mine", "axes=mine")
