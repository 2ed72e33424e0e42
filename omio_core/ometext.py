"""The text of OME-XML: attributes, annotations and characters that every reader takes; it knows no picture.

The text is UTF-8 without character references: Bio-Formats 7.3 takes ``&#`` apart before it parses (``&#181;m`` becomes
``#181;m``), refuses the unit, and reads the file as a plain TIFF with all planes along T, without a word.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from .facts import Fact
from .ometree import OURS

# the schema's xsd:float and PositiveFloat are 32-bit
MOST_FLOAT = 3.4028234663852886e38
LEAST_FLOAT = 1.1754943508222875e-38

# https://www.w3.org/TR/xml/#charsets
_ILLEGAL = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_ENTITIES = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;"})
_SPACES = str.maketrans("\t\n\r", "   ")


def escape(text: str, *, inside: bool = False) -> str:
    """Text for an attribute, or `inside` an element, without what XML 1.0 forbids.

    White space in an attribute becomes spaces, as any parser makes it; inside an element lines end with a newline.
    """
    text = _ILLEGAL.sub("", text).translate(_ENTITIES)
    return text.replace("\r\n", "\n").replace("\r", "\n") if inside else text.translate(_SPACES)


def attributes(**values: Any) -> str:
    """Attributes with a space before each; those of None are left out."""
    return "".join(f' {name}="{escape(str(value))}"' for name, value in values.items() if value is not None)


def value_of(fact: Fact[Any] | None) -> Any:
    """The value, None where it is unknown."""
    return None if fact is None else fact.value


def is_float(value: Any) -> bool:
    """Whether a number is one that the schema's 32-bit floats hold."""
    return not isinstance(value, bool) and math.isfinite(value) and abs(value) <= MOST_FLOAT


def measure(name: str, fact: Fact[float] | None, unit: str) -> str:
    """A finite positive number and its unit, or nothing."""
    value = value_of(fact)
    if value is None or not is_float(value) or value < LEAST_FLOAT:
        return ""
    return attributes(**{name: float(value), f"{name}Unit": unit})


# --- annotations

_NUMBERED = re.compile(r"(.*) \(([2-9]|[1-9]\d+)\)", re.DOTALL)


def namespaces(annotations: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """Namespaces and contents; ``ns (2)``, which is how a second ``ns`` was told apart, is ``ns`` again."""
    for key, content in annotations.items():
        match = _NUMBERED.fullmatch(key)
        base = match[1] if match and (match[1] in annotations or match[1].startswith(OURS)) else key
        yield base, content if isinstance(content, Mapping) else {"Value": content}


def map_annotation(namespace: str, content: Mapping[Any, Any]) -> str:
    """A MapAnnotation but for its beginning: attributes after the ID, and what is inside."""
    name = _uri(namespace)
    text = f"{attributes(Namespace=None if name in ('', 'MapAnnotation') else name)}><Value>"
    ours = namespace.startswith(OURS)
    pairs = (
        f"<M{attributes(K=str(key))}>{escape(part, inside=True)}</M>"
        for key, value in content.items()
        for part in _written(value, ours)
    )
    return f"{text}{''.join(pairs)}</Value>"


def _written(value: Any, ours: bool) -> Iterable[str]:
    """A value as the texts of its pairs: JSON but for strings; several pairs of a key for a list of strings."""
    if isinstance(value, str):
        # in our own namespaces what looks like JSON is read as JSON
        return (json.dumps(value) if ours and (_is_json(value) or _ILLEGAL.search(value) or "\r" in value) else value,)
    if not ours and isinstance(value, list) and len(value) > 1 and all(isinstance(v, str) for v in value):
        return value
    return (json.dumps(value, default=str),)


def _is_json(text: str) -> bool:
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return False
    return True


def _uri(namespace: str) -> str:
    """The namespace as an xsd:anyURI (RFC 3986): one space for many, and no stray percent, bracket or hash."""
    text = " ".join(_ILLEGAL.sub("", namespace).split())
    text = re.sub(r"%(?![0-9A-Fa-f]{2})", "%25", text).replace("[", "%5B").replace("]", "%5D")
    head, hash_, tail = text.partition("#")
    text = head + hash_ + tail.replace("#", "%23")
    scheme, colon, _ = text.partition(":")
    # what stands before the first colon of the first part is a scheme, or there is no colon in that part
    if colon and "/" not in scheme and not re.fullmatch(r"[A-Za-z][A-Za-z0-9+.-]*", scheme):
        text = text.replace(":", "%3A")
    return text
