"""Conflicts between the facts of several inputs, resolved by the policy `conflict`; knows no picture and no axis."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from omio_core.errors import MetadataConflictError
from omio_core.metadata.checks import shown
from omio_core.metadata.facts import Fact
from omio_core.metadata.plain import as_dict
from omio_core.plugins import rules
from omio_core.plugins.cases import About, ConflictCase
from omio_core.wording import advise, either

ALIKE = 1e-6
"""Relative difference below which two numbers count as equal: files round them."""

_REMEDIES = {
    "size": advise("state it for all of them with {pixel_size}", pixel_size=None),
    "time": advise("state it for all of them with {time_increment}", time_increment=None),
}
_CHOOSE = either(
    advise("choose the policy {conflict}", conflict="first"), advise("{conflict}", conflict="null"), joint=" or "
)


class Conflicts:
    """Resolves conflicts between the facts of several inputs, and records decisions and assumptions.

    Parameters
    ----------
    labels
        The label of each input: with its folder, for errors; and without, for the record.
    policy
        The name of the policy `conflict`.
    """

    def __init__(self, labels: Sequence[tuple[str, str]], policy: str):
        self.labels, self.policy = labels, policy
        self.entries: list[dict[str, Any]] = []
        self.assumptions: list[str] = []
        self.notes: list[str] = []

    def differs(self, name: str, kind: About, values: Sequence[Any]) -> str | None:
        """Record and return the action on a fact whose values differ; None if they agree. An unknown value is None.

        Raises
        ------
        MetadataConflictError
            The values differ, and the policy forbids that.
        """
        known = [index for index, value in enumerate(values) if value is not None]
        differing = [index for index in known if not _equal(kind, values[index], values[known[0]])]
        if not differing:
            return None
        pair = (values[known[0]], values[differing[0]])
        labels = (self.labels[known[0]], self.labels[differing[0]])
        case = ConflictCase(fact=name, about=kind, values=pair, sources=(labels[0][0], labels[1][0]))
        action = rules.decide("conflict", self.policy, case)
        if action == "raise":
            raise MetadataConflictError(
                f"{name} is {shown(pair[0])} in {labels[0][0]}, and {shown(pair[1])} in {labels[1][0]}",
                evidence=f"{len(differing)} of {len(values)} inputs differ from the first that states it",
                remedy=either(_REMEDIES.get(kind, "leave out what does not belong"), _CHOOSE),
                fact=name,
                values=pair,
                sources=(labels[0][0], labels[1][0]),
            )
        self.entries.append(
            {
                "fact": name,
                "action": action,
                "value": as_dict(pair[0]) if action == "first" else None,
                "from": labels[0][1] if action == "first" else None,
                "differing": len(differing),
                "such as": labels[1][1],
            }
        )
        return action

    def resolve(
        self, name: str, kind: About, facts: Sequence[Fact[Any] | None], expected: Sequence[bool] | None = None
    ) -> Fact[Any] | None:
        """Return one fact for all inputs; if some do not state it, record that the fact of the others is used.

        Parameters
        ----------
        name, kind
            The case for the policy: the public name, and ``"size"``, ``"time"`` or ``"fact"``.
        facts
            One fact per input; None if unknown.
        expected
            Which inputs should state the fact: a single plane, for example, needs no size along Z. All if None.

        Raises
        ------
        MetadataConflictError
            The values differ, and the policy forbids that.
        """
        action = self.differs(name, kind, [None if fact is None else fact.value for fact in facts])
        at = next((index for index, fact in enumerate(facts) if fact is not None), None)
        if at is None or action == "null":
            return None
        fact = facts[at]
        assert fact is not None
        if action == "first":
            return Fact(fact.value, f"policy:{self.policy}", f"{fact} in {self.labels[at][1]}")
        if silent := sum(
            candidate is None and (expected is None or expected[index]) for index, candidate in enumerate(facts)
        ):
            self.assumptions.append(
                f"{name} is unknown in {silent} of {len(facts)} inputs; that of {self.labels[at][1]} is taken for all"
            )
        return fact


def _equal(kind: str, a: Any, b: Any) -> bool:
    if kind != "annotation" and isinstance(a, float) and isinstance(b, float):
        return math.isclose(a, b, rel_tol=ALIKE)
    return bool(as_dict(a) == as_dict(b))
