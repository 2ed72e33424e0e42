"""Parse XML from a file safely to a tree; it knows no schema.

The text is untrusted: a DOCTYPE is refused, and the bytes and tags are limited. Elements are matched by their local
names, because the namespace of a schema changes with its year.
"""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Iterator
from typing import Any
from xml.parsers import expat

from omio_core.errors import CorruptFileError, LimitExceededError
from omio_core.settings import current_settings

__all__ = ["MOST_TAGS", "Element", "children_named", "first_named", "local_name", "parse_xml"]

Element = ET.Element

MOST_TAGS = 8_000_000  # counted as "<"; an element takes about 300 bytes of memory, however short it is in the file


def parse_xml(xml: str | bytes, title: str = "XML") -> Element:
    """Parse a text and return its root element.

    Parameters
    ----------
    xml
        Text, or bytes in the encoding that they declare; NUL bytes at the end of bytes are dropped.
    title
        The name of the text in errors.

    Raises
    ------
    CorruptFileError
        The text is not well-formed, or contains a DOCTYPE.
    LimitExceededError
        There are more bytes than the settings allow, or more tags than `MOST_TAGS`.

    Examples
    --------
    >>> local_name(parse_xml("<a xmlns='urn:x'><b/></a>"))
    'a'
    """
    data = xml.encode("utf-8", "surrogatepass") if isinstance(xml, str) else bytes(xml)
    if b"\0" not in data[:4]:  # if every other byte is NUL, it is UTF-16
        data = data.rstrip(b"\0")  # a TIFF tag ends with NUL
    if len(data) > (most := current_settings().max_xml) or data.count(b"<") > MOST_TAGS:
        raise LimitExceededError(
            f"the {title} is too long",
            remedy="set OMIO_MAX_XML higher, if you trust the file",
            evidence=f"{len(data)} bytes, {data.count(b'<')} tags; at most {most} and {MOST_TAGS}",
        )
    encoding = "utf-8" if isinstance(xml, str) else None
    _refuse_doctype(data, encoding, title)
    try:
        return ET.fromstring(data, ET.XMLParser(encoding=encoding))
    except ET.ParseError as error:
        line, column = error.position
        raise _malformed_error(title, error.msg, line, column) from error
    except (LookupError, ValueError) as error:  # an unknown encoding, or a codec that does not decode to text
        raise CorruptFileError(f"the {title} is malformed", evidence=str(error)) from error


def local_name(element: Element) -> str:
    """The name of an element without its namespace."""
    return element.tag.rpartition("}")[2]


def children_named(element: Element, name: str) -> Iterator[Element]:
    """The children with this local name."""
    tags = {tag for tag in {child.tag for child in element} if tag.rpartition("}")[2] == name}
    return (child for child in element if child.tag in tags)


def first_named(element: Element, *names: str) -> Element | None:
    """The first child with the first of these local names that occurs; None if none does."""
    return next((child for name in names for child in children_named(element, name)), None)


class _PrologEnd(Exception):  # noqa: N818 - not an error: it reports the end of the prolog
    pass


def _refuse_doctype(data: bytes, encoding: str | None, title: str) -> None:
    """Refuse a DOCTYPE. Reads up to the root element: entities cannot be declared after it (XML 1.0, 2.8)."""

    def refuse(name: str, *_: Any) -> None:
        raise CorruptFileError(
            f"the {title} declares a DOCTYPE, which is refused",
            evidence=f"<!DOCTYPE {name[:80]}> at line {parser.CurrentLineNumber}",
            remedy="remove it: none is needed, and entities are how XML bombs are made",
        )

    def begin(*_: Any) -> None:
        raise _PrologEnd

    parser = expat.ParserCreate(encoding)
    parser.StartDoctypeDeclHandler = refuse
    parser.StartElementHandler = begin
    try:
        for start in range(0, len(data), 1 << 16):
            parser.Parse(data[start : start + (1 << 16)], False)
        parser.Parse(b"", True)
    except _PrologEnd:
        return
    except expat.ExpatError as error:
        raise _malformed_error(title, expat.ErrorString(error.code), error.lineno, error.offset) from error
    except (LookupError, ValueError) as error:
        raise CorruptFileError(f"the {title} is malformed", evidence=str(error)) from error
    raise CorruptFileError(f"the {title} is malformed", evidence="there is no element")


def _malformed_error(title: str, message: str, line: int, column: int) -> CorruptFileError:
    message = message.split(":")[0]
    return CorruptFileError(
        f"the {title} is malformed",
        evidence=f"{message} at line {line}, column {column}",
        line=line,
        column=column,
    )
