"""The text of OME-XML: attributes, annotations, and characters that every reader accepts; it knows no picture.

The text is UTF-8 without character references: Bio-Formats 7.3 breaks ``&#`` before it parses (``&#181;m`` becomes
``#181;m``), refuses the unit, and silently reads the file as a plain TIFF with all planes along T.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from omio_core.metadata.facts import Fact
from omio_core.metadata.plain import json_default

from .tree import OURS
from .uris import ILLEGAL, uri

_ENTITIES = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;"})
_SPACES = str.maketrans("\t\n\r", "   ")


def escape(text: str, *, inside: bool = False) -> str:
    """Escape a text for an attribute, or for the `inside` of an element; characters that XML 1.0 forbids are dropped.

    White space in an attribute becomes spaces, as every parser reads it. Inside an element lines end with a newline.
    """
    text = ILLEGAL.sub("", text).translate(_ENTITIES)
    return text.replace("\r\n", "\n").replace("\r", "\n") if inside else text.translate(_SPACES)


def attributes(**values: Any) -> str:
    """Attributes, each with a space before it; None values are left out."""
    return "".join(f' {name}="{escape(as_text(value))}"' for name, value in values.items() if value is not None)


def as_text(value: Any) -> str:
    """Any value as a text."""
    try:
        return str(value)
    except (ValueError, RecursionError):  # an integer of thousands of digits, a list that nests too deep
        return f"a {type(value).__name__} that cannot be told"


def value_of(fact: Fact[Any] | None) -> Any:
    """The value of a fact; None if it is unknown."""
    return None if fact is None else fact.value


def measure(name: str, value: float | None, unit: str) -> str:
    """The attributes of a `positive` number and its unit; "" if the number is None."""
    return "" if value is None else attributes(**{name: value, f"{name}Unit": unit})


# --- annotations

_NUMBERED_NAME = re.compile(r"(.*) \(([2-9]|[1-9]\d+)\)", re.DOTALL)


def namespaces(annotations: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """Namespaces and contents; ``ns (2)``, which distinguishes a second ``ns`` from the first, becomes ``ns`` again."""
    for name, content in annotations.items():
        key = str(name)
        match = _NUMBERED_NAME.fullmatch(key)
        base = match[1] if match and (match[1] in annotations or match[1].startswith(OURS)) else key
        yield base, content if isinstance(content, Mapping) else {"Value": content}


def map_annotation(namespace: str, content: Mapping[Any, Any]) -> str:
    """A MapAnnotation without its beginning: the attributes after the ID, and the content."""
    name = None if namespace in ("", "MapAnnotation") else uri(namespace)
    ours = name is not None and name.startswith(OURS)
    pairs = (
        f"<M{attributes(K=as_text(key))}>{escape(part, inside=True)}</M>"
        for key, value in content.items()
        for part in _pair_texts(value, ours)
    )
    return f"{attributes(Namespace=name)}><Value>{''.join(pairs)}</Value>"


def _pair_texts(value: Any, ours: bool) -> Iterable[str]:
    """The texts of the pairs for a value: JSON, except for strings; one pair per item for a list of strings."""
    if isinstance(value, str):
        # in our own namespaces, a text that looks like JSON is read as JSON
        return (json.dumps(value) if ours and (_is_json(value) or ILLEGAL.search(value) or "\r" in value) else value,)
    if not ours and isinstance(value, list) and len(value) > 1 and all(isinstance(v, str) for v in value):
        return value
    try:
        return (json.dumps(value, default=_json_value),)
    except (TypeError, ValueError, RecursionError):  # only from plugins: a key that is a tuple, a list in itself
        return (as_text(value),)


def _json_value(value: Any) -> Any:
    """A value of another type for JSON: numpy's arrays and scalars as lists and numbers, others as a text."""
    try:
        return json_default(value)
    except TypeError:
        return as_text(value)


def _is_json(text: str) -> bool:
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return False
    return True
