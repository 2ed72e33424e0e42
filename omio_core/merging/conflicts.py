"""Facts of several inputs made one: by agreement, or by the policy `conflict`; it knows no picture and no axis."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from omio_core.errors import MetadataConflictError
from omio_core.metadata.checks import shown
from omio_core.metadata.facts import Fact
from omio_core.metadata.plain import as_dict
from omio_core.plugins import rules
from omio_core.wording import advise, either

ALIKE = 1e-6
"""Numbers that differ by less than this part of themselves are the same: files round them."""

_REMEDIES = {
    "size": advise("state it for all of them with {pixel_size}", pixel_size=None),
    "time": advise("state it for all of them with {time_increment}", time_increment=None),
}
_CHOOSE = either(
    advise("choose the policy {conflict}", conflict="first"), advise("{conflict}", conflict="null"), joint=" or "
)


class Conflicts:
    """Facts of several inputs made one, and what was decided and assumed on the way.

    Parameters
    ----------
    labels
        What each input is called, with its folder for errors, and without for the record.
    policy
        The name of the policy `conflict`.
    """

    def __init__(self, labels: Sequence[tuple[str, str]], policy: str):
        self.labels, self.policy = labels, policy
        self.entries: list[dict[str, Any]] = []
        self.assumptions: list[str] = []
        self.notes: list[str] = []

    def differs(self, name: str, kind: str, values: Sequence[Any]) -> str | None:
        """The action on a fact that is stated differently, recorded; None where it is not. Unknown is None.

        Raises
        ------
        MetadataConflictError
        """
        known = [i for i, value in enumerate(values) if value is not None]
        others = [i for i in known if not _alike(kind, values[i], values[known[0]])]
        if not others:
            return None
        pair = (values[known[0]], values[others[0]])
        at = (self.labels[known[0]], self.labels[others[0]])
        action = rules.decide("conflict", self.policy, fact=name, about=kind, values=pair, sources=(at[0][0], at[1][0]))
        if action == "raise":
            raise MetadataConflictError(
                f"{name} is {shown(pair[0])} in {at[0][0]}, and {shown(pair[1])} in {at[1][0]}",
                evidence=f"{len(others)} of {len(values)} inputs differ from the first that states it",
                remedy=either(_REMEDIES.get(kind, "leave out what does not belong"), _CHOOSE),
                fact=name,
                values=pair,
                sources=(at[0][0], at[1][0]),
            )
        self.entries.append(
            {
                "fact": name,
                "action": action,
                "value": as_dict(pair[0]) if action == "first" else None,
                "from": at[0][1] if action == "first" else None,
                "differing": len(others),
                "such as": at[1][1],
            }
        )
        return action

    def resolve(
        self, name: str, kind: str, facts: Sequence[Fact[Any] | None], asked: Sequence[bool] | None = None
    ) -> Fact[Any] | None:
        """One fact of all; where some inputs say nothing, that of the others stands for them, and that is recorded.

        Parameters
        ----------
        name, kind
            What the policy is told: the public name, and ``"size"``, ``"time"`` or ``"fact"``.
        facts
            One an input, None where unknown.
        asked
            Which inputs have what the fact is about: of two planes, not of one, Z has a size. All where None.
        """
        action = self.differs(name, kind, [None if fact is None else fact.value for fact in facts])
        at = next((i for i, fact in enumerate(facts) if fact is not None), None)
        if at is None or action == "null":
            return None
        fact = facts[at]
        assert fact is not None
        if action == "first":
            return Fact(fact.value, f"policy:{self.policy}", f"{fact} in {self.labels[at][1]}")
        if silent := sum(one is None and (asked is None or asked[i]) for i, one in enumerate(facts)):
            self.assumptions.append(
                f"{name} is unknown in {silent} of {len(facts)} inputs; that of {self.labels[at][1]} is taken for all"
            )
        return fact


def _alike(kind: str, a: Any, b: Any) -> bool:
    if kind != "annotation" and isinstance(a, float) and isinstance(b, float):
        return math.isclose(a, b, rel_tol=ALIKE)
    return bool(as_dict(a) == as_dict(b))
