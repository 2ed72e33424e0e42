"""Named policies: which kinds there are, what each may decide, and which the caller chose; it knows no rule itself.

The rules come from plugins (ours: `omio_plugins.policies`) and are chosen by name. A policy's ``decide`` is a pure
function from a case, a mapping of evidence, to one of the actions of its kind.
"""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from .errors import OmioError, PluginContractError

if TYPE_CHECKING:
    from .contract import Policy

ACTIONS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "shapes": ("raise", "pad"),
        "dtypes": ("raise", "promote"),
        "conflict": ("raise", "first", "null"),
        "missing": ("accept", "raise"),
        "axes": ("accept", "warn", "raise"),
        "absent_files": ("warn", "raise"),
        "absent_planes": ("accept", "warn", "raise"),
        "collision": ("number", "raise", "overwrite", "skip"),
    }
)
"""From each kind of decision to the actions a policy of that kind may answer."""

KINDS = tuple(ACTIONS)


@dataclass(frozen=True, slots=True, kw_only=True)
class Policies:
    """The names chosen, one field a kind.

    Examples
    --------
    >>> Policies(axes="raise").axes
    'raise'
    """

    shapes: str = "strict"
    dtypes: str = "strict"
    conflict: str = "careful"
    missing: str = "unknown"
    axes: str = "warn"
    absent_files: str = "raise"
    absent_planes: str = "warn"
    collision: str = "number"

    def changed(self) -> dict[str, str]:
        """The choices that are not the default, for the record."""
        return {f.name: value for f in fields(self) if (value := getattr(self, f.name)) != f.default}

    def to_dict(self) -> dict[str, str]:
        """Every kind and its choice."""
        return asdict(self)


def find(kind: str, name: str) -> Policy:
    """The installed policy of that kind and name.

    Raises
    ------
    OmioError
        There is none; the message lists those there are.
    """
    from .plugins import catalogue

    known = {policy.name: policy for policy in catalogue().policies if policy.kind == kind}
    if name not in known:
        near = difflib.get_close_matches(name, known, n=1)
        if near:
            remedy = f"did you mean {near[0]!r}?"
        else:
            remedy = f"choose one of {', '.join(sorted(known))}" if known else f"leave {kind}= out"
        raise OmioError(
            f"there is no policy {kind}={name!r}",
            evidence=f"installed: {', '.join(sorted(known)) or 'none'}",
            remedy=remedy,
        )
    return known[name]


def decide(kind: str, name: str, **case: Any) -> str:
    """The action that the policy `name` takes in a case.

    Raises
    ------
    PluginContractError
        The policy fails, or answers what is no action of its kind.
    """
    policy = find(kind, name)
    try:
        action = policy.decide(case)
    except OmioError:
        raise
    except Exception as error:  # the plugin border
        raise PluginContractError(
            f"the policy {kind}={name!r} failed",
            evidence=f"{type(error).__name__}: {error}",
            remedy="choose another policy, and tell its author",
        ) from error
    if action not in ACTIONS[kind]:
        raise PluginContractError(
            f"the policy {kind}={name!r} answered {action!r}",
            evidence=f"the actions of {kind} are {', '.join(ACTIONS[kind])}",
            remedy="choose another policy, and tell its author",
        )
    return action
