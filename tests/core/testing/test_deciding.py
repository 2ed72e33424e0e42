"""Checks of policies: a case for each kind, answered by those that come with the package."""

from __future__ import annotations

from omio_core.policies import KINDS
from omio_core.testing.deciding import cases, policy_findings
from omio_plugins.policies import omio_policies


def test_every_kind_has_cases_that_are_made_anew():
    for kind in KINDS:
        assert len(cases(kind)) >= 2
        assert cases(kind) == cases(kind)
        assert cases(kind)[0] is not cases(kind)[0]


def test_the_policies_of_the_package_keep_the_contract():
    policies = omio_policies()
    assert len(policies) > 15
    assert [str(finding) for policy in policies for finding in policy_findings(policy)] == []
