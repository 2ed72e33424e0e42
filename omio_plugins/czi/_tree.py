"""A CZI's XML as a tree to ask values of: paths, texts and numbers; it knows no fact and no file.

The document is ImageDocument/Metadata (ZEISS, CZI file format description, metadata segment; and every file seen).
A value that is empty, no number, or not finite is None: ZEN writes ``NaN`` and ``n/a`` where it knows nothing.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from datetime import datetime

from omio_core.errors import CorruptFileError
from omio_core.parsing.xml import Element, first, local, named, parse

__all__ = ["Element", "at", "date", "each", "metadata", "number", "positive", "text"]

_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")  # xs:double, without its INF and NaN


_UNUSED = (b"Experiment", b"HardwareSetting")  # what was planned and set: nine tenths of a document of ZEN


def metadata(xml: bytes) -> Element:
    """The Metadata element of a document, or its root where there is none, without what is planned and set.

    Raises
    ------
    CorruptFileError, LimitExceededError
        As `omio_core.parsing.xml.parse`: not well-formed, a DOCTYPE, too long.
    """
    lean = _lean(xml)
    try:
        root = parse(lean, "CZI metadata")
    except CorruptFileError:
        if lean is xml:
            raise
        root = parse(xml, "CZI metadata")  # the bytes were not what they seemed
    inner = first(root, "Metadata") if local(root) == "ImageDocument" else None
    return root if inner is None else inner


def _lean(xml: bytes) -> bytes:
    """The text without the unused elements that stand before Information, as ZEN blue has them.

    They hold elements of their own name, so each ends at the last end tag. Metadata has one of each: where what is
    left is balanced, nothing else went with it.
    """
    for name in _UNUSED:
        begin = min((k for k in (xml.find(b"<" + name + end) for end in (b">", b" ")) if k >= 0), default=-1)
        end = xml.rfind(b"</" + name + b">", 0, max(0, xml.find(b"<Information")))
        if 0 <= begin < end:
            xml = xml[:begin] + xml[end + len(name) + 3 :]
    return xml


def at(element: Element | None, *path: str) -> Element | None:
    """The first element at a path of local names; None where a step is missing."""
    for name in path:
        if element is None:
            return None
        element = first(element, name)
    return element


def each(element: Element | None, name: str) -> Iterator[Element]:
    """The children of a name; none of None."""
    return iter(()) if element is None else named(element, name)


def text(element: Element | None, *path: str) -> str | None:
    """The stripped text at a path; None where it is missing or empty."""
    found = at(element, *path)
    return (found.text or "").strip() or None if found is not None else None


def number(said: str | None) -> float | None:
    """A finite number, with a point whatever the writer's language."""
    if said is None or not _NUMBER.fullmatch(said.strip()):
        return None
    value = float(said)
    return value if math.isfinite(value) else None


def positive(element: Element | None, *path: str) -> float | None:
    """A finite number above 0 at a path."""
    value = number(text(element, *path))
    return value if value is not None and value > 0 else None


def date(said: str | None) -> datetime | None:
    """A moment; None for what is none, and for year 1, which is .NET's date that was never set."""
    try:
        found = datetime.fromisoformat(said) if said and "T" in said else None
    except ValueError:
        return None
    return found if found is not None and found.year > 1 else None
