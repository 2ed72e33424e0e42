"""The head of an OME-XML text: recognises it, reads its UUID and its first planes; no tree.

The text before the root element: https://www.w3.org/TR/xml/#sec-prolog-dtd.
"""

from __future__ import annotations

import re

from omio_core.contract import decode_xml, is_utf_16

HEAD = 1 << 13  # bytes within which the root element begins, behind OME's comment not to edit the text

_ROOT = re.compile(r"<(?:!DOCTYPE\s+)?(?:[\w.-]+:)?OME(?=[\s/>\[])([^>]*)")
_UUID = re.compile(r"""\sUUID\s*=\s*["']([^"']*)""")
_ASIDES = (("<?", "?>"), ("<!--", "-->"))
_BLANK = bytes(range(0x21)) + bytes(range(0x7F, 0x100))  # bytes that may stand before XML by mistake
_MOST_JUNK = 64
_SCHEME = "urn:uuid:"
_PLANE = re.compile(r"<(?:[\w.-]+:)?Plane(\s[^<>]*)/>")
_ATTRIBUTE = re.compile(r"""\s(\w+)\s*=\s*(?:"([^"]*)"|'([^']*)')""")


def tag_text(data: bytes) -> str:
    """Decode the text of a tag, up to its first NUL: XML as `decode_xml`, any other text as UTF-8 or else Latin-1."""
    if is_utf_16(data):
        return decode_xml(data[: len(data) & ~1]).partition("\0")[0]
    if data[:1] == b"\0" and data.lstrip(b"\0").startswith((b"<?xml", b"<OME")):
        data = data.lstrip(b"\0")
    data = data.partition(b"\0")[0]
    if data[:_MOST_JUNK].lstrip(_BLANK).startswith(b"<?xml"):
        return decode_xml(data)
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return data.decode("latin-1")


def without_junk(text: str) -> str:
    """A text without characters before its first "<" that are neither letters, digits nor signs; XML has none."""
    start = text.find("<", 0, _MOST_JUNK + 1)
    return text[start:] if start > 0 and not any("!" <= c <= "~" for c in text[:start]) else text


def begins_as_ome(data: bytes) -> bool:
    """Whether the first bytes of a file are those of an XML text whose root element is OME."""
    return _find_root(_decode_head(data)) is not None


def root_uuid(data: bytes) -> str | None:
    """The UUID of the root element, see `normalize_uuid`; None if it states none within the first bytes."""
    root = _find_root(_decode_head(data))
    stated = None if root is None else _UUID.search(root[1])
    return None if stated is None else normalize_uuid(stated[1])


def plane_texts(data: bytes) -> tuple[str, ...]:
    """The attributes, as text, of the Plane elements without children within the first bytes."""
    return tuple(match[1] for match in _PLANE.finditer(_decode_head(data))) if b"Plane" in data else ()


def attributes(text: str) -> dict[str, str]:
    """The attributes of an element by name, references not resolved; the last of several with one name."""
    return {match[1]: match[2] if match[2] is not None else match[3] for match in _ATTRIBUTE.finditer(text)}


def normalize_uuid(uuid: str | None) -> str | None:
    """Normalise a UUID, so that equal ones are equal texts; None if there is none."""
    text = (uuid or "").strip().lower().removeprefix(_SCHEME)
    return text or None


def _decode_head(data: bytes) -> str:
    if is_utf_16(data):
        return decode_xml(data[:HEAD])
    return data[:HEAD].removeprefix(b"\xef\xbb\xbf").decode("latin-1")


def _find_root(text: str) -> re.Match[str] | None:
    """The start tag of the root, behind declarations and comments; one pass over any text."""
    text, at = without_junk(text), 0
    while True:
        while text[at : at + 1].isspace():
            at += 1
        begin, end = next((pair for pair in _ASIDES if text.startswith(pair[0], at)), ("", ""))
        if not begin:
            return _ROOT.match(text, at)
        at = text.find(end, at + len(begin))
        if at < 0:
            return None
        at += len(end)
