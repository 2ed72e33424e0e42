"""The text of OME-XML: attributes, annotations and characters that every reader takes; it knows no picture.

The text is UTF-8 without character references: Bio-Formats 7.3 takes ``&#`` apart before it parses (``&#181;m`` becomes
``#181;m``), refuses the unit, and reads the file as a plain TIFF with all planes along T, without a word.
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
    """Text for an attribute, or `inside` an element, without what XML 1.0 forbids.

    White space in an attribute becomes spaces, as any parser makes it; inside an element lines end with a newline.
    """
    text = ILLEGAL.sub("", text).translate(_ENTITIES)
    return text.replace("\r\n", "\n").replace("\r", "\n") if inside else text.translate(_SPACES)


def attributes(**values: Any) -> str:
    """Attributes with a space before each; those of None are left out."""
    return "".join(f' {name}="{escape(told(value))}"' for name, value in values.items() if value is not None)


def told(value: Any) -> str:
    """A value as a text, whatever it is."""
    try:
        return str(value)
    except (ValueError, RecursionError):  # an integer of thousands of digits, a list too deep to be told
        return f"a {type(value).__name__} that cannot be told"


def value_of(fact: Fact[Any] | None) -> Any:
    """The value, None where it is unknown."""
    return None if fact is None else fact.value


def measure(name: str, value: float | None, unit: str) -> str:
    """A number that is `positive` and its unit, or nothing."""
    return "" if value is None else attributes(**{name: value, f"{name}Unit": unit})


# --- annotations

_NUMBERED = re.compile(r"(.*) \(([2-9]|[1-9]\d+)\)", re.DOTALL)


def namespaces(annotations: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """Namespaces and contents; ``ns (2)``, which is how a second ``ns`` was told apart, is ``ns`` again."""
    for name, content in annotations.items():
        key = str(name)
        match = _NUMBERED.fullmatch(key)
        base = match[1] if match and (match[1] in annotations or match[1].startswith(OURS)) else key
        yield base, content if isinstance(content, Mapping) else {"Value": content}


def map_annotation(namespace: str, content: Mapping[Any, Any]) -> str:
    """A MapAnnotation but for its beginning: attributes after the ID, and what is inside."""
    name = None if namespace in ("", "MapAnnotation") else uri(namespace)
    ours = name is not None and name.startswith(OURS)
    pairs = (
        f"<M{attributes(K=told(key))}>{escape(part, inside=True)}</M>"
        for key, value in content.items()
        for part in _written(value, ours)
    )
    return f"{attributes(Namespace=name)}><Value>{''.join(pairs)}</Value>"


def _written(value: Any, ours: bool) -> Iterable[str]:
    """A value as the texts of its pairs: JSON but for strings; several pairs of a key for a list of strings."""
    if isinstance(value, str):
        # in our own namespaces what looks like JSON is read as JSON
        return (json.dumps(value) if ours and (_is_json(value) or ILLEGAL.search(value) or "\r" in value) else value,)
    if not ours and isinstance(value, list) and len(value) > 1 and all(isinstance(v, str) for v in value):
        return value
    try:
        return (json.dumps(value, default=_known),)
    except (TypeError, ValueError, RecursionError):  # a key that is a tuple, a list in itself: only a plugin has such
        return (told(value),)


def _known(value: Any) -> Any:
    """What JSON has for a value that it does not know: of arrays and numpy's numbers all they hold, else a text."""
    try:
        return json_default(value)
    except TypeError:
        return told(value)


def _is_json(text: str) -> bool:
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return False
    return True
