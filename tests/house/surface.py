"""The surface of the contract as plain values: every name at the door with its fields, methods and signature.

`contract.json` beside this file is the surface that was agreed. After a change that is meant, write it anew::

    python -m tests.house.surface > tests/house/contract.json

and look at the difference: `docs/reference/stability.md` says which changes need another ``OMIO_API``.
"""

from __future__ import annotations

import dataclasses
import enum
import inspect
import json
import re
import sys
import typing
from collections.abc import Mapping
from typing import Any

from omio_core import contract, hookspecs
from omio_core.policies import ACTIONS


def surface() -> dict[str, Any]:
    """Return the hooks, the names at the door, and the actions of policies."""
    return {
        "OMIO_API": contract.OMIO_API,
        "hooks": {name: _signature(hook) for name, hook in vars(hookspecs).items() if name.startswith("omio_")},
        "names": {name: _described(getattr(contract, name)) for name in sorted(contract.__all__)},
        "actions": {kind: list(actions) for kind, actions in ACTIONS.items()},
    }


def text() -> str:
    """Return the surface as the text of `contract.json`."""
    return json.dumps(surface(), indent=1, ensure_ascii=False) + "\n"


def _described(value: Any) -> Any:
    if typing.get_args(value):  # an alias of other types
        return re.sub(r"\b(?:\w+\.)+", "", str(value))
    if inspect.isclass(value):
        return _described_class(value)
    if inspect.isfunction(value):
        return _signature(value)
    if isinstance(value, Mapping):
        return dict(value)
    return list(value) if isinstance(value, tuple) else value if _plain(value) else type(value).__name__


def _plain(value: Any) -> bool:
    return value is None or isinstance(value, str | int | float)


def _described_class(kind: type[Any]) -> dict[str, Any]:
    described: dict[str, Any] = {"bases": [base.__name__ for base in kind.__bases__ if base is not object]}
    if issubclass(kind, enum.Enum):
        return described | {"members": {member.name: member.value for member in kind}}
    if dataclasses.is_dataclass(kind):
        described["fields"] = {field.name: _field(field) for field in dataclasses.fields(kind)}
    elif "__init__" in vars(kind) and typing.Protocol not in kind.__bases__:
        described["parameters"] = _signature(kind.__init__)
    fields = described.get("fields", {})
    public = {name: value for name, value in vars(kind).items() if not name.startswith("_") and name not in fields}
    if members := {name: told for name, value in public.items() if (told := _member(value)) is not None}:
        described["members"] = members
    stated = vars(kind).get("__annotations__", {})
    if attributes := {name: str(type_) for name, type_ in stated.items() if name not in fields and name[0] != "_"}:
        described["attributes"] = attributes
    return described


def _field(field: dataclasses.Field[Any]) -> str:
    has_default = field.default is not dataclasses.MISSING or field.default_factory is not dataclasses.MISSING
    default = " = ..." if has_default and not _plain(field.default) else f" = {field.default!r}" if has_default else ""
    return f"{field.type}{default}"


def _member(member: Any) -> str | None:
    getter = getattr(member, "fget", None) or getattr(member, "function", None)
    if getter is not None:  # a property, or what stands for one in a protocol
        return f"property -> {getter.__annotations__.get('return')}"
    function = getattr(member, "__func__", getattr(member, "func", member))
    return _signature(function) if inspect.isfunction(function) else None


def _signature(function: Any) -> str:
    return str(inspect.signature(function))


if __name__ == "__main__":
    sys.stdout.write(text())
