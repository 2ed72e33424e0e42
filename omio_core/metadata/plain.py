"""Convert values to types of JSON, for annotations, records and the public dict; it knows no picture and no format.

`plain` converts every value; `checked` refuses a value that JSON does not have; `finite` and `as_dict` convert only
numbers that are not finite, and only mappings.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping
from typing import Any

from omio_core.errors import MetadataError

from .checks import real, shown


def plain(value: Any, other: Callable[[Any], str] = str) -> Any:
    """Convert any value to types of JSON: keys to texts, numpy's scalars and arrays to numbers and lists.

    Parameters
    ----------
    value
        A value of any other type becomes a text, and so does a number that is not finite.
    other
        The function that makes the text of a value of another type.

    Examples
    --------
    >>> plain({1: (2.0, float("nan")), "set": {True}, "none": None})
    {'1': [2.0, 'nan'], 'set': [True], 'none': None}
    """
    if hasattr(value, "tolist"):
        value = value.tolist()
    if isinstance(value, Mapping):
        return {str(key): plain(item, other) for key, item in value.items()}
    if isinstance(value, list | tuple | set):
        return [plain(item, other) for item in value]
    return finite(value) if value is None or isinstance(value, bool | int | float | str) else other(value)


def finite(value: Any) -> Any:
    """Return the value; a number that is not finite becomes a text, because JSON has no such numbers."""
    return str(value) if isinstance(value, float) and not math.isfinite(value) else value


def as_dict(value: Any) -> Any:
    """Return the value; a mapping of any type becomes a new dict."""
    return dict(value) if isinstance(value, Mapping) else value


def json_default(value: Any) -> Any:
    """Convert a value that JSON does not have: for `json.dumps(default=)`.

    Raises
    ------
    TypeError
        There is no conversion for this type.
    """
    if isinstance(value, Mapping):
        return dict(value)
    if hasattr(value, "tolist"):  # numpy's arrays and scalars
        converted = value.tolist()
        return (
            real(converted) if type(converted) is type(value) else converted
        )  # tolist of numpy's long double returns itself
    raise TypeError(f"JSON has no {type(value).__name__}")


def checked(what: str, value: Mapping[Any, Any]) -> dict[str, Any]:
    """Convert a mapping to a dict of JSON types: numpy's arrays to lists, its scalars to numbers, every key to a text.

    Raises
    ------
    MetadataError
        It contains a value without a JSON type, such as bytes, a set or a key that is a tuple; or two of its keys are
        the same text.
    """
    try:
        converted: dict[str, Any] = json.loads(
            json.dumps(dict(value), default=json_default), object_pairs_hook=_dict_of_distinct
        )
    except (TypeError, ValueError, RecursionError) as error:
        raise MetadataError(
            f"{what} cannot be written",
            evidence=str(error),
            remedy="give texts, numbers, True, False, None, and lists, dicts and numpy arrays of these",
            key=what,
        ) from error
    return converted


def _dict_of_distinct(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    distinct = dict(pairs)
    if len(distinct) < len(pairs):
        raise MetadataError(
            "two keys of a dict are one as a text",
            evidence=f"as texts they are {shown(list(distinct))}",
            remedy="rename one",
        )
    return distinct
