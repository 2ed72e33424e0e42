"""Names of annotations as OME-XML has them, which wants an xsd:anyURI, and back; it knows no document."""

from __future__ import annotations

import re
from urllib.parse import quote, unquote

QUOTED = "urn:omio:"
"""Before the percent-encoded name of an annotation that is no URI as it is."""

# https://www.w3.org/TR/xml/#charsets
ILLEGAL = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")

# RFC 3986, and stricter than it: a host is plain and a port has five digits, brackets stand nowhere
_SCHEME = r"[A-Za-z][A-Za-z0-9+.-]*:"
_HOST = r"//(?:[A-Za-z0-9._~-]+(?::[0-9]{1,5})?)?(?=[/?#]|\Z)"
_START = rf"(?:{_SCHEME}{_HOST}|{_HOST}|{_SCHEME}(?!//)|(?!//)(?![^/?#]*:))"  # a first part with a colon is a scheme
_REST = r"(?:[^\s%\[\]#]|%[0-9A-Fa-f]{2}|(?<=\S) (?=\S))*"  # xsd makes one space of many
_URI = re.compile(rf"{_START}{_REST}(?:#{_REST})?")


def uri(name: str) -> str:
    """The name as an xsd:anyURI: itself where it is one, else `QUOTED` and the percent-encoded name.

    Examples
    --------
    >>> uri("lab/stage"), uri("http://host:port/x")
    ('lab/stage', 'urn:omio:http%3A%2F%2Fhost%3Aport%2Fx')
    """
    name = ILLEGAL.sub("", name)
    return name if _URI.fullmatch(name) and not name.startswith(QUOTED) else QUOTED + quote(name, safe="")


def name_of(text: str) -> str:
    """The name that `uri` made this of; any other text is itself.

    Examples
    --------
    >>> name_of(uri("//a:b:c")), name_of("a%20b")
    ('//a:b:c', 'a%20b')
    """
    return ILLEGAL.sub("", unquote(text[len(QUOTED) :])) if text.startswith(QUOTED) else text
