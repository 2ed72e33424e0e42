"""From the bytes of an XML text to its characters, in whatever encoding it is; it parses nothing."""

from __future__ import annotations

import re

_ENCODING = re.compile(rb"""\s*<\?xml[^>]*\sencoding\s*=\s*["']([A-Za-z0-9._-]+)""")
# Extensible Markup Language (XML) 1.0, appendix F.1: byte order marks, and UTF-16 without one by its NULs
_UTF_16 = ((b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"), (b"<\0", "utf-16-le"), (b"\0<\0", "utf-16-be"))


def is_utf_16(data: bytes) -> bool:
    """Whether a text is in UTF-16, by its first bytes."""
    return data.startswith(tuple(mark for mark, _ in _UTF_16))


def decode_xml(data: bytes) -> str:
    """Decode XML: UTF-16 by its byte order mark or its NULs, else UTF-8, else the declared encoding, else Latin-1.

    Examples
    --------
    >>> decode_xml("<µm/>".encode("utf-16")), decode_xml("<µm/>".encode("latin-1"))
    ('<µm/>', '<µm/>')
    """
    for mark, name in _UTF_16:
        if data.startswith(mark):
            return data.decode(name, "replace")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        pass
    stated = _ENCODING.match(data)
    try:
        return data.decode(stated[1].decode("ascii") if stated else "latin-1")
    except (LookupError, ValueError):
        return data.decode("latin-1")
