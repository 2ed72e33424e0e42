"""Rules: collects the choices of policies, finds a policy by name, and applies it; plugins provide the policies."""

from __future__ import annotations

import difflib
import os
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from omio_core.errors import OmioError, PluginContractError
from omio_core.parsing.yaml import parse_yaml
from omio_core.plugins.border import Border
from omio_core.policies import ACTIONS, KINDS, Policies
from omio_core.wording import Keyword, advise

from .cases import Case, described
from .catalogue import catalogue

if TYPE_CHECKING:
    from omio_core.plugins.descriptions import Policy

VARIABLE = "OMIO_POLICIES"
"""The environment variable with choices such as ``missing=raise,collision=skip``."""

MOST = 1 << 16  # bytes; enough for a file that names policies for a handful of kinds


def _check_choices(choices: Any, title: str) -> Iterator[tuple[str, str]]:
    """Yield the pairs of a kind and a policy name, each checked against the installed policies.

    Raises
    ------
    OmioError
        A kind does not exist, a name is not a text, or no installed policy has it.
    """
    for kind, name in choices:
        if kind not in KINDS:
            similar = difflib.get_close_matches(str(kind), KINDS, n=1)
            raise OmioError(
                f"{title}: there is no kind of policy {kind!r}",
                evidence=f"the kinds are {', '.join(KINDS)}",
                remedy=f"did you mean {similar[0]!r}?" if similar else "leave it out",
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
    """Read choices from a YAML file: a mapping from kinds to names of policies.

    Raises
    ------
    OmioError
        The content is not such a mapping, or a kind or a policy does not exist.
    OSError
        The file cannot be read.
    """
    title = str(path)
    with Path(path).open("rb") as file:
        # one byte more than allowed, so that `load` refuses a larger file
        content = parse_yaml(file.read(MOST + 1), title, most=MOST)
    if content is None:  # nothing but comments
        return Policies()
    if not isinstance(content, dict):
        raise OmioError(
            f"{title} states no policies",
            evidence=f"it holds a {type(content).__name__}",
            remedy="write a line for each kind, such as  missing: raise",
        )
    return Policies(**dict(_check_choices(content.items(), title)))


def from_environment(environment: Mapping[str, str] | None = None) -> Policies:
    """Read choices from ``OMIO_POLICIES``, such as ``missing=raise,collision=skip``.

    Raises
    ------
    OmioError
        A part is not ``kind=name``, a kind is repeated, or a kind or a policy does not exist.
    """
    text = (os.environ if environment is None else environment).get(VARIABLE, "")
    pairs = [tuple(word.strip() for word in part.split("=", 1)) for part in text.split(",") if part.strip()]
    if malformed := next((pair for pair in pairs if len(pair) < 2), None):
        raise OmioError(
            f"{VARIABLE} is not usable", evidence=f"{malformed[0]!r} is no kind=name", remedy="such as missing=raise"
        )
    kinds = [pair[0] for pair in pairs]
    if repeated := next((kind for kind in kinds if kinds.count(kind) > 1), None):
        raise OmioError(f"{VARIABLE} is not usable", evidence=f"it states {repeated} twice", remedy="state it once")
    return Policies(**dict(_check_choices(((pair[0], pair[1]) for pair in pairs), VARIABLE)))


def choose(given: Policies | str | os.PathLike[str] | None, stated: Mapping[str, str]) -> Policies:
    """Determine the policies in force, per kind: the keyword, else `given`, else ``OMIO_POLICIES``, else the default.

    Parameters
    ----------
    given
        Policies, or the path of a YAML file; see `from_file`.
    stated
        A mapping from kinds to the policy names passed as keywords.

    Raises
    ------
    OmioError
        `given` is neither of these, or a kind or a policy does not exist.
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
    """Return the installed policy of that kind and name.

    Raises
    ------
    OmioError
        There is no such policy; the message lists the installed ones.
    """
    known = {policy.name: policy for policy in catalogue().policies if policy.kind == kind}
    if not isinstance(name, str) or name not in known:
        similar = difflib.get_close_matches(str(name), known, n=1)
        remedy = f"did you mean {similar[0]!r}?" if similar else f"choose one of {', '.join(sorted(known))}"
        if not known:
            remedy = advise("leave {} out", Keyword.of(kind))
        raise OmioError(
            f"there is no policy {kind}={name!r}",
            evidence=f"installed: {', '.join(sorted(known)) or 'none'}",
            remedy=remedy,
        )
    return known[name]


def decide(kind: str, name: str, case: Case) -> str:
    """Return the action that the policy `name` chooses for a case of its kind.

    Raises
    ------
    OmioError
        There is no such policy.
    PluginContractError
        The policy fails, or its answer is not an action of its kind.
    """
    policy = find(kind, name)
    function = cast("Callable[[Case], object]", policy.decide)  # the kind says which case it takes
    with Border(
        f"the policy {kind}={name!r} failed",
        source=f"asked about {described(kind)}, it raised ",
        remedy="choose another policy, and tell its author",
        policy=f"{kind}={name}",
    ):
        action = function(case)
    if not isinstance(action, str) or action not in ACTIONS[kind]:
        raise PluginContractError(
            f"the policy {kind}={name!r} answered {action!r}",
            evidence=f"the actions of {kind} are {', '.join(ACTIONS[kind])}",
            remedy="choose another policy, and tell its author",
            policy=f"{kind}={name}",
        )
    return action
