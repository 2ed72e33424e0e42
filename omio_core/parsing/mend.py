"""Take from a flawed XML text what stands complete before the flaw; it knows no schema.

A text describes pixels and is not the pixels. So a control character in a name, a bare ``&`` or a missing end costs
what stands behind it, and nothing else.
"""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from omio_core.errors import CorruptFileError, LimitExceededError

from .xml import Element, local_name, parse_xml

_MOST_JUNK = 64  # bytes before the first element or declaration that are looked past
_PRINTABLE = range(0x21, 0x7F)


@dataclass(frozen=True, slots=True, kw_only=True)
class Mended:
    """The usable part of an XML text.

    Attributes
    ----------
    xml
        Well-formed UTF-8: the text itself if it has no flaw, and empty if nothing of it can be used.
    flaw
        What is wrong, in words; empty if nothing is.
    open_elements
        Local names of the elements in which the flaw stands, outermost first; empty if it stands behind the root.
    """

    xml: bytes
    flaw: str = ""
    open_elements: tuple[str, ...] = ()


def mend_xml(xml: str | bytes, title: str = "XML", *, containers: Collection[str]) -> Mended:
    """Return the part of a text that stands before its first flaw and is complete in itself.

    Parameters
    ----------
    xml
        As for `omio_core.parsing.xml.parse_xml`.
    title
        The name of the text in the words for the flaw.
    containers
        Local names of the elements whose complete children are used although the end of the element itself is not
        reached. Any other element that is open at the flaw is left out, with all that it contains.

    Returns
    -------
    Mended
        Without text if it is not parsed at all: it declares a DOCTYPE, has an unknown encoding, or is too long.

    Examples
    --------
    >>> mended = mend_xml("<a><b/><c><d/>&</c></a>", containers=["a"])
    >>> mended.xml, mended.open_elements
    (b'<a><b /></a>', ('a', 'c'))
    """
    data = xml.encode("utf-8", "surrogatepass") if isinstance(xml, str) else bytes(xml)
    encoding = "utf-8" if isinstance(xml, str) else None
    fault = _fault(xml, title)
    if fault is None:
        return Mended(xml=data)
    junk = _leading_junk(data)
    if junk and (fault := _fault(data[junk:].decode("utf-8", "surrogatepass") if encoding else data[junk:], title)):
        data = data[junk:]
    elif junk:
        return Mended(xml=data[junk:], flaw=f"the {title} begins with {junk} byte(s) that are none of it")
    if fault is None or "line" not in fault.facts:  # a DOCTYPE, an encoding, a length: no part of it is sound
        return Mended(xml=b"", flaw=_words(fault, title))
    root, stack = _parse_to_flaw(data, encoding)
    return Mended(
        xml=_serialised(root, stack, containers),
        flaw=_words(fault, title),
        open_elements=tuple(local_name(element) for element in stack),
    )


def _fault(xml: str | bytes, title: str) -> CorruptFileError | LimitExceededError | None:
    try:
        parse_xml(xml, title)
    except (CorruptFileError, LimitExceededError) as error:
        return error
    return None


def _words(fault: CorruptFileError | LimitExceededError | None, title: str) -> str:
    if fault is None:
        return f"the {title} is malformed"
    return f"{fault.what} ({fault.evidence})" if fault.evidence else str(fault.what)


def _leading_junk(data: bytes) -> int:
    """The number of bytes before the first "<" if none of them is a printable character; else 0."""
    first = data.find(b"<", 0, _MOST_JUNK + 1)
    head = data[: max(first, 0)]
    is_utf_16 = data[first + 1 : first + 2] == b"\0"
    return 0 if is_utf_16 or any(byte in _PRINTABLE for byte in head) else len(head)


class _Collector:
    """A target of the parser that keeps the tree, and the elements whose end is still to come."""

    def __init__(self) -> None:
        self._builder = ET.TreeBuilder()
        self.root: Element | None = None
        self.open: list[Element] = []

    def start(self, tag: str, attributes: dict[Any, Any]) -> None:
        element = self._builder.start(tag, attributes)
        if self.root is None:
            self.root = element
        self.open.append(element)

    def end(self, tag: str) -> None:
        self._builder.end(tag)
        self.open.pop()

    def data(self, text: str) -> None:
        self._builder.data(text)

    def close(self) -> None:
        """Nothing: what is there is taken, whether it is complete or not."""


def _parse_to_flaw(data: bytes, encoding: str | None) -> tuple[Element | None, list[Element]]:
    """The root as far as it was parsed, and the elements that are open there, outermost first."""
    collector = _Collector()
    parser = ET.XMLParser(target=collector, encoding=encoding)
    try:
        parser.feed(data)
        parser.close()
    except (ET.ParseError, LookupError, ValueError):  # the flaw, which the caller has in words
        pass
    return collector.root, collector.open


def _serialised(root: Element | None, stack: list[Element], containers: Collection[str]) -> bytes:
    """The root as UTF-8, without the outermost open element that is no container."""
    for depth, element in enumerate(stack):
        if local_name(element) in containers:
            continue
        if depth == 0:
            return b""
        stack[depth - 1].remove(element)
        break
    if root is None:
        return b""
    try:
        return bytes(ET.tostring(root, encoding="utf-8", xml_declaration=False))
    except RecursionError:  # it nests deeper than the serializer goes
        return b""
