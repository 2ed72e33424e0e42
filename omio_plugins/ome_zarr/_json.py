"""Metadata documents of a Zarr as plain values: guarded parsing of JSON, and access to its fields; it knows no Zarr."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from omio_core.contract import CorruptFileError, LimitExceededError

MOST = 1 << 26  # bytes; plates of a million chunks with consolidated metadata have a tenth of it


def parse_json(data: bytes, where: str) -> Any:
    """Parse a document; NaN and Infinity, which some writers leave bare, are the numbers that they mean.

    Parameters
    ----------
    data
        The document, in UTF-8.
    where
        Its path, for messages.

    Raises
    ------
    CorruptFileError
        It is no JSON, nests too deep, or has a key twice.
    LimitExceededError
        It is longer than `MOST`.
    """
    if len(data) > MOST:
        raise LimitExceededError(
            f"{where} is too long for metadata", evidence=f"{len(data):,} bytes; at most {MOST:,}", path=where
        )
    try:
        return json.loads(data, object_pairs_hook=_mapping)
    except (ValueError, RecursionError) as error:  # also of numbers of thousands of digits
        problem = "it nests too deep" if isinstance(error, RecursionError) else str(error)
        raise CorruptFileError(
            f"{where} is damaged",
            evidence=f"it is no valid JSON: {problem}"[:300],
            remedy="copy it again from where it came from",
            path=where,
        ) from error


def _mapping(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    values = dict(pairs)
    if len(values) < len(pairs):
        names = [name for name, _ in pairs]
        raise ValueError(f"the key {next(n for n in names if names.count(n) > 1)!r} stands twice")
    return values


def mapping(value: Any) -> Mapping[str, Any]:
    """The value if it is a JSON object, else an empty one."""
    return value if isinstance(value, dict) else {}


def items(value: Any) -> list[Any]:
    """The value if it is a JSON array, else an empty one."""
    return value if isinstance(value, list) else []


def text(value: Any) -> str:
    """The value if it is a text, else ""."""
    return value if isinstance(value, str) else ""


def whole_numbers(value: Any, least: int, where: str, name: str) -> tuple[int, ...]:
    """The value, an array of whole numbers not below `least`.

    Raises
    ------
    CorruptFileError
        It is something else.
    """
    if isinstance(value, list) and all(type(n) is int and least <= n < 1 << 62 for n in value):
        return tuple(value)
    raise CorruptFileError(f"{where} is no valid metadata", evidence=f"{name} is {str(value)[:100]}", path=where)
