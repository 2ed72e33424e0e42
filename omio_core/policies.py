"""Named policies: which kinds there are, what each may decide, and which the caller chose; it knows no rule itself.

The rules come from plugins (ours: `omio_plugins.policies`) and are chosen by name: by a keyword, by ``policies=`` (an
object or a YAML file), by ``OMIO_POLICIES``, or by default, in this order and a kind at a time. A policy's ``decide``
is a pure function from a case, a mapping of evidence, to one of the actions of its kind.
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
        "collision": ("number", "raise", "overwrite", "skip"),
    }
)
"""From each kind of decision to the actions a policy of that kind may answer."""

KINDS = tuple(ACTIONS)


class _Default(str):
    """The name of a default: equal to the name as a caller would give it, and known as not given."""

    __slots__ = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Policies:
    """The names chosen, one field a kind.

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
        """The names that a caller chose, be they the default or not."""
        return {kind: str(name) for kind in KINDS if not isinstance(name := getattr(self, kind), _Default)}

    def changed(self) -> dict[str, str]:
        """The choices that are not the default, for the record."""
        return {f.name: str(value) for f in fields(self) if (value := getattr(self, f.name)) != f.default}

    def to_dict(self) -> dict[str, str]:
        """Every kind and its choice."""
        return {kind: str(getattr(self, kind)) for kind in KINDS}
