"""Values as JSON has them: for annotations, records and the public dict; it knows no picture and no format.

`plain` makes something of any value; `checked` refuses what JSON does not know; `finite` and `as_dict` change no more
than they say.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping
from typing import Any

from omio_core.errors import MetadataError

from .checks import real, shown


def plain(value: Any, other: Callable[[Any], str] = str) -> Any:
    """Any value as JSON has it: keys as texts, scalars and arrays of numpy as numbers and lists.

    Parameters
    ----------
    value
        What has no type of JSON becomes a text, and so does what is not finite.
    other
        The text of what has no type of JSON.

    Examples
    --------
    >>> plain({1: (2.0, float("nan")), "set": {True}, "none": None})
    {'1': [2.0, 'nan'], 'set': [True], 'none': None}
    """
    if hasattr(value, "tolist"):
        value = value.tolist()
    if isinstance(value, Mapping):
        return {str(key): plain(one, other) for key, one in value.items()}
    if isinstance(value, list | tuple | set):
        return [plain(one, other) for one in value]
    return finite(value) if value is None or isinstance(value, bool | int | float | str) else other(value)


def finite(value: Any) -> Any:
    """The same, but what is not finite as a text, since JSON has no such numbers."""
    return str(value) if isinstance(value, float) and not math.isfinite(value) else value


def as_dict(value: Any) -> Any:
    """The same, but a mapping of any kind as a dict of its own."""
    return dict(value) if isinstance(value, Mapping) else value


def json_default(value: Any) -> Any:
    """What JSON has for a value that it does not know: for `json.dumps(default=)`.

    Raises
    ------
    TypeError
        It has nothing.
    """
    if isinstance(value, Mapping):
        return dict(value)
    if hasattr(value, "tolist"):  # arrays, and numpy's scalars
        found = value.tolist()
        return real(found) if type(found) is type(value) else found  # numpy's long double is its own list
    raise TypeError(f"JSON has no {type(value).__name__}")


def checked(what: str, value: Mapping[Any, Any]) -> dict[str, Any]:
    """A dict as JSON has it: numpy's arrays and numbers as lists and numbers, every key a text.

    Raises
    ------
    MetadataError
        JSON does not know something in it, such as bytes, a set or a key that is a tuple.
    """
    try:
        found: dict[str, Any] = json.loads(json.dumps(dict(value), default=json_default), object_pairs_hook=_distinct)
    except (TypeError, ValueError, RecursionError) as error:
        raise MetadataError(
            f"{what} cannot be written",
            evidence=str(error),
            remedy="give texts, numbers, True, False, None, and lists, dicts and numpy arrays of these",
            key=what,
        ) from error
    return found


def _distinct(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise MetadataError(
            "two keys of a dict are one as a text",
            evidence=f"as texts they are {shown(list(found))}",
            remedy="rename one",
        )
    return found
