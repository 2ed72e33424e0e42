"""Text in previews: fonts, and names that are too long."""

from __future__ import annotations

import pytest
from PIL import Image, ImageDraw

from omio_core.rendering import text


def test_a_long_name_loses_its_middle() -> None:
    """The beginning and the suffix stay; a short name stays as it is."""
    name = "2026-11-26_mouse_03_region_visual_cortex_left_hemisphere_001.ome.tif"
    short, font = text.shorten(name, 200)
    assert font.getlength(short) <= 200
    assert len(short) > 20
    assert short.startswith("2026-")
    assert short.endswith(".tif")
    assert text.shorten("GFP", 200)[0] == "GFP"
    assert text.shorten("GFP", 1)[0] == ""


def test_a_name_is_one_line() -> None:
    """Line breaks and control characters of a file do not get into a picture."""
    assert text.fitting("a\n b\tc")[0] == "a b c"
    assert text.fitting("a\x1b[31m")[0] == "a\\x1b[31m"


def test_without_a_font_letters_lose_their_accents(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pillow's own font has the letters of English; a character without a letter is a question mark."""
    monkeypatch.setattr(text, "_SYSTEM", ("there is no such font.ttf",))
    assert text.fitting("é 10 µm 中")[0] == "e 10 um ?"


def test_text_is_drawn() -> None:
    """Some pixels get the colour, none beyond the width."""
    canvas = Image.new("RGB", (300, 30))
    text.write(ImageDraw.Draw(canvas), (5, 5), "a long name " * 20, 100, fill=(255, 255, 255))
    left, _, right, _ = canvas.getbbox() or (0, 0, 0, 0)
    assert 5 <= left < right <= 106
