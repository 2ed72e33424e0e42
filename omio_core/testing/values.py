"""Values that a plugin gives, and why they cannot be pickled or held by JSON, in words; knows no format."""

from __future__ import annotations

import json
import math
import pickle
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from typing import Any

_SCALARS = (str, bool, int, float, type(None))


def json_fault(value: Any, name: str) -> str:
    """Return why strict JSON cannot hold a value, in a sentence that names the part of it; "" if it can.

    Parameters
    ----------
    value
        The value.
    name
        Its name in the sentence, such as ``"annotations"``.

    Examples
    --------
    >>> json_fault({"mrc/header": {"rms": float("nan")}}, "annotations")
    "annotations['mrc/header']['rms'] is nan; JSON has finite numbers only: leave it out, or write a text"
    """
    if isinstance(value, Mapping):
        for key, item in value.items():
            if not isinstance(key, str):
                return f"{name} has the key {key!r}, no text"
            if fault := json_fault(item, f"{name}[{key!r}]"):
                return fault
        return ""
    if isinstance(value, list | tuple):
        faults = (json_fault(item, f"{name}[{index}]") for index, item in enumerate(value))
        return next((fault for fault in faults if fault), "")
    if isinstance(value, float) and not math.isfinite(value):
        return f"{name} is {value!r}; JSON has finite numbers only: leave it out, or write a text"
    if isinstance(value, _SCALARS) and _encoded(value):
        return ""
    kind = type(value)
    kind_name = kind.__name__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__name__}"
    return (
        f"{name} is {value!r}, a {kind_name}; JSON has texts, numbers, True, False, None, lists and mappings: "
        "convert it, for example with omio_core.contract.plain"
    )


def _encoded(value: Any) -> bool:
    try:
        json.dumps(value)
    except (TypeError, ValueError):
        return False
    return True


def pickle_fault(value: Any, name: str = "") -> str:
    """Return why a value cannot be pickled, in a sentence that names the field of it; "" if it can be."""
    try:
        pickle.loads(pickle.dumps(value))
    except Exception as error:  # noqa: BLE001 - the plugin border: a value of a plugin may do anything
        for part, item in _parts(value, name):
            if fault := pickle_fault(item, part):
                return fault
        return (
            f"{name or 'it'} cannot be pickled: {type(error).__name__}: {error}; write functools.partial over a "
            "function of the module and plain values: no lambda, and no method of the open file"
        )
    return ""


def _parts(value: Any, name: str) -> list[tuple[str, Any]]:
    prefix = f"{name}." if name else ""
    if is_dataclass(value) and not isinstance(value, type):
        return [(f"{prefix}{field.name}", getattr(value, field.name)) for field in fields(value)]
    if isinstance(value, tuple):
        return [(f"{name}[{index}]", item) for index, item in enumerate(value)]
    return []
