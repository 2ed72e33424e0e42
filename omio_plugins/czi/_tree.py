"""Look up values in a CZI's XML tree: paths, texts and numbers; it knows no fact and no file.

The document is ImageDocument/Metadata (ZEISS, CZI file format description, metadata segment; and every file seen).
A value that is empty, no number, or not finite is None: ZEN writes ``NaN`` and ``n/a`` for unknown values.
"""

from __future__ import annotations

import contextlib
import math
import re
from collections.abc import Iterator
from datetime import datetime
from xml.etree.ElementTree import Element

from omio_core.contract import (
    CorruptFileError,
    LimitExceededError,
    children_named,
    first_named,
    local_name,
    mend_xml,
    parse_xml,
)

__all__ = ["Element", "at", "children", "date", "metadata", "number", "positive", "text"]

_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")  # xs:double, without its INF and NaN


_UNUSED = (b"Experiment", b"HardwareSetting")  # plan and settings of the acquisition: 90 % of ZEN's document


_TITLE = "CZI metadata"
_CONTAINERS = ("ImageDocument", "Metadata", "Information", "Image", "Dimensions", "Instrument", "Scaling", "Items")


def metadata(xml: bytes) -> tuple[Element | None, str]:
    """The Metadata element of a document, or its root where there is none, without the unused elements.

    Of a flawed document that is used which stands complete before the flaw; None if that is nothing. The flaw, and what
    is unknown for it, is the second value.
    """
    used = _cut_unused(xml)
    for text in dict.fromkeys((used, xml)):  # the bytes that were cut out may have been no elements
        with contextlib.suppress(CorruptFileError, LimitExceededError):
            return _inner(parse_xml(text, _TITLE)), ""
    mended = mend_xml(used, _TITLE, containers=_CONTAINERS)
    if not mended.xml:
        return None, f"{mended.flaw}; nothing of it is used. Unknown for it: {_ALL}"
    root = _inner(parse_xml(mended.xml, _TITLE))
    if not mended.open_elements:
        return root, f"{mended.flaw}; all of it stands before that, and is used"
    unknown = [words for name, words in _KNOWN_BY.items() if at(root, *name) is None]
    return root, f"{mended.flaw}; what stands before that is used. Unknown for it: {', '.join(unknown) or 'the rest'}"


_ALL = "the pixel sizes, the channels, the scenes' names, the objective, and when the acquisition began"
_KNOWN_BY = {
    ("Scaling", "Items"): "the pixel sizes",
    ("Information", "Image", "Dimensions", "Channels"): "the channels",
    ("Information", "Image", "Dimensions", "S"): "the scenes' names",
    ("Information", "Image", "Dimensions", "T"): "the time between time points",
    ("Information", "Image", "AcquisitionDateAndTime"): "when the acquisition began",
    ("Information", "Instrument", "Objectives"): "the objective",
}


def _inner(root: Element) -> Element:
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
