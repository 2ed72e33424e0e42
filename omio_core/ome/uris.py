"""From the names of annotations to the xsd:anyURI that OME-XML requires, and back; it knows no document."""

from __future__ import annotations

import re
from urllib.parse import quote, unquote

QUOTED = "urn:omio:"
"""The prefix of a percent-encoded name that is not a URI itself."""

# https://www.w3.org/TR/xml/#charsets
ILLEGAL = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")

# stricter than RFC 3986: a host is plain, a port has at most five digits, brackets are not allowed
_SCHEME = r"[A-Za-z][A-Za-z0-9+.-]*:"
_HOST = r"//(?:[A-Za-z0-9._~-]+(?::[0-9]{1,5})?)?(?=[/?#]|\Z)"
_START = rf"(?:{_SCHEME}{_HOST}|{_HOST}|{_SCHEME}(?!//)|(?!//)(?![^/?#]*:))"  # a first part with a colon is a scheme
_REST = r"(?:[^\s%\[\]#]|%[0-9A-Fa-f]{2}|(?<=\S) (?=\S))*"  # xsd collapses spaces
_URI = re.compile(rf"{_START}{_REST}(?:#{_REST})?")


def uri(name: str) -> str:
    """The name as an xsd:anyURI: the name itself if it is one, else `QUOTED` and the percent-encoded name.

    Examples
    --------
    >>> uri("lab/stage"), uri("http://host:port/x")
    ('lab/stage', 'urn:omio:http%3A%2F%2Fhost%3Aport%2Fx')
    """
    name = ILLEGAL.sub("", name)
    return name if _URI.fullmatch(name) and not name.startswith(QUOTED) else QUOTED + quote(name, safe="")


def name_of(text: str) -> str:
    """The name that `uri` converted to this text; any other text is returned as it is.

    Examples
    --------
    >>> name_of(uri("//a:b:c")), name_of("a%20b")
    ('//a:b:c', 'a%20b')
    """
    return ILLEGAL.sub("", unquote(text[len(QUOTED) :])) if text.startswith(QUOTED) else text
