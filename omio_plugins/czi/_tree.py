"""Look up values in a CZI's XML tree: paths, texts and numbers; it knows no fact and no file.

The document is ImageDocument/Metadata (ZEISS, CZI file format description, metadata segment; and every file seen).
A value that is empty, no number, or not finite is None: ZEN writes ``NaN`` and ``n/a`` for unknown values.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from datetime import datetime
from xml.etree.ElementTree import Element

from omio_core.contract import (
    CorruptFileError,
    children_named,
    first_named,
    local_name,
    parse_xml,
)

__all__ = ["Element", "at", "children", "date", "metadata", "number", "positive", "text"]

_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")  # xs:double, without its INF and NaN


_UNUSED = (b"Experiment", b"HardwareSetting")  # plan and settings of the acquisition: 90 % of ZEN's document


def metadata(xml: bytes) -> Element:
    """The Metadata element of a document, or its root where there is none, without the unused elements.

    Raises
    ------
    CorruptFileError
        The document is not well-formed, or has a DOCTYPE; see `omio_core.parsing.xml.parse_xml`.
    LimitExceededError
        The document is too long.
    """
    used = _cut_unused(xml)
    try:
        root = parse_xml(used, "CZI metadata")
    except CorruptFileError:
        if used is xml:
            raise
        root = parse_xml(xml, "CZI metadata")  # the bytes that were cut out were no elements
    inner = first_named(root, "Metadata") if local_name(root) == "ImageDocument" else None
    return root if inner is None else inner


def _cut_unused(xml: bytes) -> bytes:
    """Cut out the unused elements before Information, where ZEN blue writes them.

    They contain elements of the same name, so each ends at the last end tag. Metadata has one of each: if the rest is
    well-formed, nothing else was cut out.
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
        element = first_named(element, name)
    return element


def children(element: Element | None, name: str) -> Iterator[Element]:
    """The children of that name; none where the element is None."""
    return iter(()) if element is None else children_named(element, name)


def text(element: Element | None, *path: str) -> str | None:
    """The stripped text at a path; None where it is missing or empty."""
    child = at(element, *path)
    return (child.text or "").strip() or None if child is not None else None


def number(value: str | None) -> float | None:
    """A finite number with a decimal point, whatever the writer's language."""
    if value is None or not _NUMBER.fullmatch(value.strip()):
        return None
    result = float(value)
    return result if math.isfinite(result) else None


def positive(element: Element | None, *path: str) -> float | None:
    """A finite number above 0 at a path."""
    value = number(text(element, *path))
    return value if value is not None and value > 0 else None


def date(value: str | None) -> datetime | None:
    """A date with time; None if the text is none, and for year 1, which is .NET's date that was never set."""
    try:
        moment = datetime.fromisoformat(value) if value and "T" in value else None
    except ValueError:
        return None
    return moment if moment is not None and moment.year > 1 else None
