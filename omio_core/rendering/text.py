"""Text in previews: a font that has the characters, shortened to a width; knows no image."""

from __future__ import annotations

import unicodedata
from functools import lru_cache
from typing import Any

from PIL import ImageDraw, ImageFont

from omio_core.images.explain import printable

SIZE = 14
"""Height of letters in pixels."""

_SYSTEM = (
    "DejaVuSans.ttf", "NotoSans-Regular.ttf", "LiberationSans-Regular.ttf", "arial.ttf", "Arial.ttf", "segoeui.ttf",
    "Arial Unicode.ttf", "NotoSansCJK-Regular.ttc", "PingFang.ttc", "msgothic.ttc",
)  # fmt: skip
"""Fonts of Linux, Windows and macOS, in this order; Pillow's own has no more than English needs, and no micro sign."""
_PLAIN = {"µ": "u", "μ": "u", "×": "x", "–": "-", "—": "-"}
_NO_CHARACTER = "\ue000"  # of the private use area: what a font draws for it, it draws for what it does not have

Font = Any  # Pillow's two classes of fonts share no base class


@lru_cache(maxsize=32)
def _load(name: str, size: int) -> Font | None:
    try:
        return ImageFont.truetype(name, size) if name else ImageFont.load_default(size)
    except OSError:  # it is not installed
        return None


@lru_cache(maxsize=4096)
def _has(name: str, size: int, character: str) -> bool:
    font = _load(name, size)
    if font is None:
        return False
    if character == " ":
        return True
    return bytes(font.getmask(character)) != bytes(font.getmask(_NO_CHARACTER))


def fitting(text: str, size: int = SIZE) -> tuple[str, Font]:
    """Return a text in one line, and a font that has all of its characters.

    Without such a font, letters lose their accents and other characters become question marks.
    """
    text = printable(" ".join(text.split()))
    for name in ("", *_SYSTEM):
        if _load(name, size) is not None and all(_has(name, size, character) for character in text):
            return text, _load(name, size)
    plain = "".join(_PLAIN.get(c, c) for c in text)
    bare = "".join(c for c in unicodedata.normalize("NFKD", plain) if not unicodedata.combining(c))
    return "".join(c if _has("", size, c) else "?" for c in bare), _load("", size)


def shorten(text: str, width: float, size: int = SIZE) -> tuple[str, Font]:
    """Return a text that is no wider than `width` pixels, and its font; a long one loses its middle.

    Examples
    --------
    >>> shorten("a name that is much too long.tif", 120)[0]
    'a name t...ong.tif'
    """
    text, font = fitting(text, size)
    if font.getlength(text) <= width:
        return text, font
    for kept in range(len(text) - 1, 1, -1):
        short = f"{text[: (kept + 1) // 2]}...{text[len(text) - kept // 2 :]}"
        if font.getlength(short) <= width:
            return short, font
    return "", font


def write(draw: ImageDraw.ImageDraw, at: tuple[int, int], text: str, width: float, **look: Any) -> None:
    """Draw a text, shortened to a width; `look` are `fill` and the like of Pillow."""
    short, font = shorten(text, width)
    draw.text(at, short, font=font, **look)


__all__ = ["SIZE", "fitting", "shorten", "write"]
