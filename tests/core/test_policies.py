"""Policies: chosen by name, answering only what their kind allows."""

from __future__ import annotations

from dataclasses import fields

import pytest

from omio_core.contract import Policy
from omio_core.errors import MetadataConflictError, OmioError, PluginContractError
from omio_core.plugins.rules import decide, find
from omio_core.policies import ACTIONS, KINDS, Policies


def rule(kind="axes", name="mine", decide=lambda case: "raise"):
    return Policy(kind=kind, name=name, decide=decide, summary="")


def test_a_field_for_every_kind():
    assert {f.name for f in fields(Policies)} == set(KINDS) == set(ACTIONS)


def test_choices_are_recorded():
    chosen = Policies(axes="raise", collision="skip")
    assert chosen.changed() == {"axes": "raise", "collision": "skip"}
    assert Policies().changed() == {}
    assert set(chosen.to_dict()) == set(KINDS)
    assert chosen.to_dict()["axes"] == "raise"


def test_a_policy_sees_the_case(catalogue):
    catalogue(policies=[rule(decide=lambda case: "warn" if case["length"] > 1 else "accept")])
    assert decide("axes", "mine", length=3) == "warn"
    assert decide("axes", "mine", length=1) == "accept"


def test_kinds_are_apart(catalogue):
    catalogue(policies=[rule("axes", "same"), rule("missing", "same", lambda case: "accept")])
    assert (decide("axes", "same"), decide("missing", "same")) == ("raise", "accept")


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


def test_an_answer_that_is_no_action(catalogue):
    catalogue(policies=[rule(decide=lambda case: "shrug")])
    with pytest.raises(PluginContractError, match="answered 'shrug'") as caught:
        decide("axes", "mine")
    assert "accept, warn, raise" in caught.value.evidence


def test_a_policy_that_fails_is_named(catalogue):
    catalogue(policies=[rule(decide=lambda case: case["nothing"])])
    with pytest.raises(PluginContractError, match="the policy axes='mine' failed") as caught:
        decide("axes", "mine")
    assert isinstance(caught.value.__cause__, KeyError)


def test_a_policy_may_raise_an_error_of_ours(catalogue):
    def conflict(case):
        raise MetadataConflictError("they differ")

    catalogue(policies=[rule("conflict", decide=conflict)])
    with pytest.raises(MetadataConflictError, match="they differ"):
        decide("conflict", "mine")
