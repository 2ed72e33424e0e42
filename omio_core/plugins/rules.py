"""Rules: find the policy of a name, choose among what the caller said, decide a case; the rules come from plugins."""

from __future__ import annotations

import difflib
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from omio_core.errors import OmioError, PluginContractError, border
from omio_core.policies import ACTIONS, KINDS, Policies
from omio_core.wording import Keyword, advise

if TYPE_CHECKING:
    from omio_core.plugins.descriptions import Policy

VARIABLE = "OMIO_POLICIES"
"""Of the environment: choices as ``missing=raise,collision=skip``."""

MOST = 1 << 16  # bytes of a file that states names for a handful of kinds


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


def from_file(path: str | os.PathLike[str]) -> Policies:
    """The choices of a YAML file: a mapping from kinds to names of policies.

    Raises
    ------
    OmioError
        It is no such mapping, or a kind or a policy does not exist.
    OSError
        It cannot be read.
    """
    from omio_core.parsing.yaml import load

    title = str(path)
    with Path(path).open("rb") as file:
        said = load(file.read(MOST + 1), title, most=MOST)  # one more than is taken: enough to be refused
    if said is None:  # nothing but comments
        return Policies()
    if not isinstance(said, dict):
        raise OmioError(
            f"{title} states no policies",
            evidence=f"it holds a {type(said).__name__}",
            remedy="write a line for each kind, such as  missing: raise",
        )
    return Policies(**dict(_checked(said.items(), title)))


def from_environment(environment: Mapping[str, str] | None = None) -> Policies:
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
    return Policies(**dict(_checked(((pair[0], pair[1]) for pair in pairs), VARIABLE)))


def choose(given: Policies | str | os.PathLike[str] | None, stated: Mapping[str, str]) -> Policies:
    """The policies in force, a kind at a time: the keyword, else `given`, else ``OMIO_POLICIES``, else the default.

    Parameters
    ----------
    given
        Policies, or the path of a YAML file; see `from_file`.
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
        given = from_file(given)
    elif not isinstance(given, Policies):
        raise OmioError(
            "policies= is no Policies", evidence=repr(given), remedy="give omio_core.Policies(...), or a YAML file"
        )
    for kind, name in {**given.chosen(), **stated}.items():
        find(kind, name)
    return Policies(**{**from_environment().chosen(), **given.chosen(), **stated})


def find(kind: str, name: str) -> Policy:
    """The installed policy of that kind and name.

    Raises
    ------
    OmioError
        There is none; the message lists those there are.
    """
    from .catalogue import catalogue

    known = {policy.name: policy for policy in catalogue().policies if policy.kind == kind}
    if not isinstance(name, str) or name not in known:
        near = difflib.get_close_matches(str(name), known, n=1)
        remedy = f"did you mean {near[0]!r}?" if near else f"choose one of {', '.join(sorted(known))}"
        if not known:
            remedy = advise("leave {} out", Keyword.of(kind))
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
    with border(f"the policy {kind}={name!r} failed", remedy="choose another policy, and tell its author"):
        action = policy.decide(case)
    if action not in ACTIONS[kind]:
        raise PluginContractError(
            f"the policy {kind}={name!r} answered {action!r}",
            evidence=f"the actions of {kind} are {', '.join(ACTIONS[kind])}",
            remedy="choose another policy, and tell its author",
        )
    return action
