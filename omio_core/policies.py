"""Named policies: their kinds, their possible actions, and the caller's choices; it contains no rule itself.

Plugins bring the rules (ours: `omio_plugins.policies`). For each kind the rule is chosen by its name, in this order:
by a keyword, by ``policies=`` (an object or a YAML file), by ``OMIO_POLICIES``, by default. A policy's ``decide`` is a
pure function from a case (`omio_core.plugins.cases`), which holds the evidence, to one of the actions of its kind.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from types import MappingProxyType

ACTIONS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "shapes": ("raise", "pad"),
        "dtypes": ("raise", "promote"),
        "conflict": ("raise", "first", "null"),
        "missing": ("accept", "raise"),
        "axes": ("accept", "warn", "raise"),
        "absent_files": ("warn", "raise"),
        "absent_planes": ("accept", "warn", "raise"),
        "collision": ("number", "raise", "overwrite", "skip", "update"),
    }
)
"""From each kind of decision to the actions that a policy of this kind may return."""

KINDS = tuple(ACTIONS)


class _Default(str):
    """The name of a default policy: equal to the same name from a caller, but recognisable as the default."""

    __slots__ = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Policies:
    """The chosen names, one field per kind.

    Examples
    --------
    >>> Policies(axes="raise").axes
    'raise'
    """

    shapes: str = _Default("strict")
    dtypes: str = _Default("strict")
    conflict: str = _Default("careful")
    missing: str = _Default("unknown")
    axes: str = _Default("warn")
    absent_files: str = _Default("raise")
    absent_planes: str = _Default("warn")
    collision: str = _Default("number")

    def chosen(self) -> dict[str, str]:
        """The names that the caller chose, including those equal to the default."""
        return {kind: str(name) for kind in KINDS if not isinstance(name := getattr(self, kind), _Default)}

    def changed(self) -> dict[str, str]:
        """The names that differ from the default, for the record."""
        return {f.name: str(value) for f in fields(self) if (value := getattr(self, f.name)) != f.default}

    def to_dict(self) -> dict[str, str]:
        """Every kind and its chosen name."""
        return {kind: str(getattr(self, kind)) for kind in KINDS}
