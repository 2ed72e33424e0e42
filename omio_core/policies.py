"""Named policies: which kinds there are, what each may decide, and which the caller chose; it knows no rule itself.

The rules come from plugins (ours: `omio_plugins.policies`) and are chosen by name: by a keyword, by ``policies=`` (an
object or a YAML file), by ``OMIO_POLICIES``, or by default, in this order and a kind at a time. A policy's ``decide``
is a pure function from a case, a mapping of evidence, to one of the actions of its kind.
"""

from __future__ import annotations

import difflib
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from .errors import OmioError, PluginContractError

if TYPE_CHECKING:
    from .contract import Policy

VARIABLE = "OMIO_POLICIES"
"""Of the environment: choices as ``missing=raise,collision=skip``."""

MOST = 1 << 16  # bytes of a file that states names for a handful of kinds

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


class _Unsaid(str):
    """The name of a default: equal to the name when it is said, and told apart from it."""

    __slots__ = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Policies:
    """The names chosen, one field a kind.

    Examples
    --------
    >>> Policies(axes="raise").axes
    'raise'
    """

    shapes: str = _Unsaid("strict")
    dtypes: str = _Unsaid("strict")
    conflict: str = _Unsaid("careful")
    missing: str = _Unsaid("unknown")
    axes: str = _Unsaid("warn")
    absent_files: str = _Unsaid("raise")
    absent_planes: str = _Unsaid("warn")
    collision: str = _Unsaid("number")

    @classmethod
    def from_file(cls, path: str | os.PathLike[str]) -> Policies:
        """The choices of a YAML file: a mapping from kinds to names of policies.

        Raises
        ------
        OmioError
            It is no such mapping, or a kind or a policy does not exist.
        OSError
            It cannot be read.
        """
        from .parsing.yaml import load

        title = str(path)
        with Path(path).open("rb") as file:
            said = load(file.read(MOST + 1), title, most=MOST)  # one more than is taken: enough to be refused
        if said is None:  # nothing but comments
            return cls()
        if not isinstance(said, dict):
            raise OmioError(
                f"{title} states no policies",
                evidence=f"it holds a {type(said).__name__}",
                remedy="write a line for each kind, such as  missing: raise",
            )
        return cls(**dict(_checked(said.items(), title)))

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] | None = None) -> Policies:
        """The choices of ``OMIO_POLICIES``, such as ``missing=raise,collision=skip``.

        Raises
        ------
        OmioError
            A part is no ``kind=name``, or a kind or a policy does not exist.
        """
        text = (os.environ if environment is None else environment).get(VARIABLE, "")
        pairs = [tuple(word.strip() for word in part.split("=", 1)) for part in text.split(",") if part.strip()]
        if wrong := next((pair for pair in pairs if len(pair) < 2), None):
            raise OmioError(
                f"{VARIABLE} is not usable", evidence=f"{wrong[0]!r} is no kind=name", remedy="such as missing=raise"
            )
        kinds = [pair[0] for pair in pairs]
        if twice := next((kind for kind in kinds if kinds.count(kind) > 1), None):
            raise OmioError(f"{VARIABLE} is not usable", evidence=f"it states {twice} twice", remedy="state it once")
        return cls(**dict(_checked(((pair[0], pair[1]) for pair in pairs), VARIABLE)))

    def said(self) -> dict[str, str]:
        """The choices that were made, be they the default or not."""
        return {kind: str(name) for kind in KINDS if not isinstance(name := getattr(self, kind), _Unsaid)}

    def changed(self) -> dict[str, str]:
        """The choices that are not the default, for the record."""
        return {f.name: str(value) for f in fields(self) if (value := getattr(self, f.name)) != f.default}

    def to_dict(self) -> dict[str, str]:
        """Every kind and its choice."""
        return {kind: str(getattr(self, kind)) for kind in KINDS}


def _checked(said: Any, title: str) -> Iterator[tuple[str, str]]:
    """Pairs of a kind and the name of a policy that is installed.

    Raises
    ------
    OmioError
    """
    for kind, name in said:
        if kind not in KINDS:
            near = difflib.get_close_matches(str(kind), KINDS, n=1)
            raise OmioError(
                f"{title}: there is no kind of policy {kind!r}",
                evidence=f"the kinds are {', '.join(KINDS)}",
                remedy=f"did you mean {near[0]!r}?" if near else "leave it out",
            )
        if not isinstance(name, str):
            raise OmioError(
                f"{title}: {kind} is no name of a policy",
                evidence=f"it is {name!r}, no text",
                remedy=f'write the name as a text: {kind}: "null"' if name is None else "write the name of a policy",
            )
        try:
            find(kind, name)
        except OmioError as error:
            raise OmioError(f"{title}: {error.what}", evidence=error.evidence, remedy=error.remedy) from None
        yield kind, name


def choose(given: Policies | str | os.PathLike[str] | None, stated: Mapping[str, str]) -> Policies:
    """The policies in force, a kind at a time: the keyword, else `given`, else ``OMIO_POLICIES``, else the default.

    Parameters
    ----------
    given
        Policies, or the path of a YAML file; see `Policies.from_file`.
    stated
        From some kinds to the names that keywords gave.

    Raises
    ------
    OmioError
        `given` is neither, or a kind or a policy does not exist.
    OSError
        The file cannot be read.
    """
    if given is None:
        given = Policies()
    elif isinstance(given, (str, os.PathLike)):
        given = Policies.from_file(given)
    elif not isinstance(given, Policies):
        raise OmioError(
            "policies= is no Policies", evidence=repr(given), remedy="give omio_core.Policies(...), or a YAML file"
        )
    for kind, name in {**given.said(), **stated}.items():
        find(kind, name)
    return Policies(**{**Policies.from_environment().said(), **given.said(), **stated})


def find(kind: str, name: str) -> Policy:
    """The installed policy of that kind and name.

    Raises
    ------
    OmioError
        There is none; the message lists those there are.
    """
    from .plugins.catalogue import catalogue

    known = {policy.name: policy for policy in catalogue().policies if policy.kind == kind}
    if not isinstance(name, str) or name not in known:
        near = difflib.get_close_matches(str(name), known, n=1)
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
