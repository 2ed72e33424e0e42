"""XML from a file as a tree, guarded: refused where it is a bomb, too long or no text; it knows no schema.

Text is hostile until read: no DOCTYPE, a cap on bytes and on tags. Elements are matched by their local names, so that
a namespace that changes with the year is no matter.
"""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Iterator
from typing import Any
from xml.parsers import expat

from omio_core.errors import CorruptFileError, LimitExceededError
from omio_core.settings import current

__all__ = ["MOST_TAGS", "Element", "first", "local", "named", "parse"]

Element = ET.Element

MOST_TAGS = 8_000_000  # of "<"; an element costs about 300 bytes of memory, however few it has in the file


def parse(xml: str | bytes, title: str = "XML") -> Element:
    """The root element of a text.

    Parameters
    ----------
    xml
        Bytes in the encoding they declare, or text; NUL bytes at the end of bytes are dropped.
    title
        What it is called in an error.

    Raises
    ------
    CorruptFileError
        Not well-formed, or a DOCTYPE.
    LimitExceededError
        More bytes than the settings allow, or more than `MOST_TAGS`.

    Examples
    --------
    >>> local(parse("<a xmlns='urn:x'><b/></a>"))
    'a'
    """
    data = xml.encode("utf-8", "surrogatepass") if isinstance(xml, str) else bytes(xml)
    if b"\0" not in data[:4]:  # where every other byte is NUL, it is UTF-16
        data = data.rstrip(b"\0")  # a TIFF tag ends with NUL
    if len(data) > (most := current().max_xml) or data.count(b"<") > MOST_TAGS:
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
        raise _malformed(title, error.msg, line, column) from error
    except (LookupError, ValueError) as error:  # an encoding that Python does not know, or that is no text
        raise CorruptFileError(f"the {title} is malformed", evidence=str(error)) from error


def local(element: Element) -> str:
    """The name without its namespace."""
    return element.tag.rpartition("}")[2]


def named(element: Element, name: str) -> Iterator[Element]:
    """The children of that local name."""
    tags = {tag for tag in {child.tag for child in element} if tag.rpartition("}")[2] == name}
    return (child for child in element if child.tag in tags)


def first(element: Element, *names: str) -> Element | None:
    """The first child of the first local name that there is."""
    return next((child for name in names for child in named(element, name)), None)


class _Begun(Exception):  # noqa: N818 - no error: how the prolog says that it is over
    pass


def _refuse_doctype(data: bytes, encoding: str | None, title: str) -> None:
    """Read up to the root element; entities can be declared nowhere else (XML 1.0, 2.8)."""

    def refuse(name: str, *_: Any) -> None:
        raise CorruptFileError(
            f"the {title} declares a DOCTYPE, which is refused",
            evidence=f"<!DOCTYPE {name[:80]}> at line {parser.CurrentLineNumber}",
            remedy="remove it: none is needed, and entities are how XML bombs are made",
        )

    def begin(*_: Any) -> None:
        raise _Begun

    parser = expat.ParserCreate(encoding)
    parser.StartDoctypeDeclHandler = refuse
    parser.StartElementHandler = begin
    try:
        for start in range(0, len(data), 1 << 16):
            parser.Parse(data[start : start + (1 << 16)], False)
        parser.Parse(b"", True)
    except _Begun:
        return
    except expat.ExpatError as error:
        raise _malformed(title, expat.ErrorString(error.code), error.lineno, error.offset) from error
    except (LookupError, ValueError) as error:
        raise CorruptFileError(f"the {title} is malformed", evidence=str(error)) from error
    raise CorruptFileError(f"the {title} is malformed", evidence="there is no element")


def _malformed(title: str, message: str, line: int, column: int) -> CorruptFileError:
    message = message.split(":")[0]
    return CorruptFileError(
        f"the {title} is malformed",
        evidence=f"{message} at line {line}, column {column}",
        line=line,
        column=column,
    )
