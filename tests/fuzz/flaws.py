"""Flaws that XML in files has in the field, each as a class of damage; it knows bytes, and no format.

A flaw keeps the length of a text that stands inside a file, so that nothing else in the file moves. Seen in files: a
control character or a bare ``&`` in a name, a stray byte behind the end, a line break before the declaration, a NUL
inside, a text that was cut, a DOCTYPE, the name of an encoding that nobody knows.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Mapping

_TEXT = re.compile(rb"<\?xml[^>]*\?>\s*(?:<!--.*?-->\s*)*<([A-Za-z]+)[\s>].*</\1\s*>", re.DOTALL)
_DECLARATION = re.compile(rb"<\?xml[^>]*\?>")
_LETTER = re.compile(rb"[A-Za-z]")
_VALUE = re.compile(rb'"[A-Za-z0-9 .:/-]{4,}"')

Flaw = Callable[[bytes, random.Random], bytes]


def texts(data: bytes) -> tuple[int, int] | None:
    """Where the XML text of a file begins and ends, its declaration included; None if it has none."""
    found = _TEXT.search(data)
    return None if found is None else found.span()


def _in_a_value(with_what: bytes) -> Flaw:
    """Write bytes over letters of a value or, where there is none, of a text."""

    def flaw(text: bytes, dice: random.Random) -> bytes:
        places = [match.start() + 1 for match in _VALUE.finditer(text, _DECLARATION.match(text).end())]  # type: ignore[union-attr]
        at = dice.choice(places or [match.start() for match in _LETTER.finditer(text, 40)])
        return text[:at] + with_what + text[at + len(with_what) :]

    return flaw


def _anywhere(with_what: bytes) -> Flaw:
    def flaw(text: bytes, dice: random.Random) -> bytes:
        at = dice.randrange(40, len(text))
        return text[:at] + with_what + text[at + len(with_what) :]

    return flaw


def _behind(text: bytes, dice: random.Random) -> bytes:
    """A stray byte behind the end: one byte of the declaration is given up for it."""
    return _shorter(text) + bytes([dice.choice((1, 2, 31, 127, 255))])


def _line_break(text: bytes, dice: random.Random) -> bytes:
    del dice
    return b"\n" + _shorter(text)


def _shorter(text: bytes) -> bytes:
    """The text with one byte less in its declaration, if that names UTF-8."""
    return re.sub(rb"utf-8", b"utf8", text, count=1, flags=re.IGNORECASE)


def _cut(text: bytes, dice: random.Random) -> bytes:
    at = dice.randrange(40, len(text))
    return text[:at] + bytes(len(text) - at)


def _doctype(text: bytes, dice: random.Random) -> bytes:
    del dice
    return _DECLARATION.sub(lambda match: b"<!DOCTYPE OME>".ljust(len(match[0])), text, count=1)


def _encoding(text: bytes, dice: random.Random) -> bytes:
    del dice
    named = re.sub(rb"utf-8", b"zzz-9", text, count=1, flags=re.IGNORECASE)
    return text.replace(b"?>", b' encoding="zzz-9"?>', 1) if named == text else named


FLAWS: Mapping[str, Flaw] = {
    "control character": _in_a_value(b"\x01"),
    "bare ampersand": _in_a_value(b"&"),
    "reference to no character": _in_a_value(b"&#0;"),
    "NUL": _anywhere(b"\0"),
    "control character anywhere": _anywhere(b"\x02"),
    "stray byte behind the end": _behind,
    "line break before the declaration": _line_break,
    "cut": _cut,
    "DOCTYPE": _doctype,
    "unknown encoding": _encoding,
}
"""From the name of a flaw to what writes it into a text."""


def flawed(data: bytes, name: str, seed: int) -> bytes | None:
    """A file whose XML has a flaw; None if it has no XML, or something behind the text would move."""
    span = texts(data)
    if span is None:
        return None
    start, stop = span
    text = FLAWS[name](data[start:stop], random.Random(f"{name}:{seed}"))
    if len(text) != stop - start and (start, stop) != (0, len(data)):
        return None
    return data[:start] + text + data[stop:]
