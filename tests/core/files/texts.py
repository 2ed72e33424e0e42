"""A writer of a text, and the names in a folder."""

from __future__ import annotations

from pathlib import Path


def fill(content: str):
    return lambda temporary: Path(temporary).write_text(content)


def names(folder: Path) -> list[str]:
    return sorted(p.name for p in folder.iterdir())
