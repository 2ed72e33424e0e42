"""The contract does not change unnoticed: its names, fields and signatures are those that were agreed."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any

import pytest

from omio_core import contract
from omio_core.contract import Level

from . import surface

AGREED = Path(__file__).with_name("contract.json")


def _differences(agreed: Any, now: Any, where: str = "") -> list[str]:
    if isinstance(agreed, dict) and isinstance(now, dict):
        return [
            line
            for key in sorted(agreed.keys() | now.keys())
            for line in _differences(agreed.get(key), now.get(key), f"{where}.{key}".lstrip("."))
        ]
    return [] if agreed == now else [f"{where}: {agreed!r} has become {now!r}"]


def test_the_contract_is_the_agreed_one() -> None:
    """What differs is either a mistake, or contract.json is written anew, as `tests/house/surface.py` says."""
    agreed = json.loads(AGREED.read_text("utf-8"))
    assert _differences(agreed, json.loads(surface.text())) == []


def test_every_name_and_hook_is_in_it() -> None:
    """The door, the hooks, and for each class what an author can use."""
    agreed = json.loads(AGREED.read_text("utf-8"))
    assert set(agreed["names"]) == set(contract.__all__)
    assert {"omio_readers", "omio_writers", "omio_policies", "omio_annotate"} == set(agreed["hooks"])
    assert set(agreed["names"]["Level"]["fields"]) == {field.name for field in dataclasses.fields(Level)}
    assert {"open", "child", "stamp", "names", "walk", "local_path"} <= set(agreed["names"]["Location"]["members"])


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("Level", {"fields": {"shape": "tuple[int, ...]"}}),
        ("pull", "(picture)"),
        ("Match", {"bases": ["IntEnum"], "members": {"NO": 1}}),
    ],
)
def test_a_change_is_seen(name: str, change: Any) -> None:
    """A field less, another signature, another value; a name that is gone."""
    agreed = json.loads(AGREED.read_text("utf-8"))
    changed = agreed | {"names": agreed["names"] | {name: change}}
    assert any(line.startswith(f"names.{name}") for line in _differences(agreed, changed))
    gone = agreed | {"names": {key: value for key, value in agreed["names"].items() if key != name}}
    (line,) = _differences(agreed, gone)
    assert line.startswith(f"names.{name}: ")
    assert line.endswith("has become None")
