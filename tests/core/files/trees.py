"""Small folders for the tests of folders."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from pathlib import Path

OLD = {"a.txt": "old", "below/b.txt": "old", "only-old.txt": "old"}
NEW = {"a.txt": "new", "below/b.txt": "new", "below/deeper/c.txt": "new"}


def build(contents: Mapping[str, str]) -> Callable[[str], None]:
    """A function that fills a folder."""

    def write(folder: str) -> None:
        for name, text in contents.items():
            path = Path(folder, name)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)

    return write


def tree(folder: Path) -> dict[str, str]:
    """What is in a folder, files with their text."""
    return {
        Path(where, name).relative_to(folder).as_posix(): Path(where, name).read_text()
        for where, _, files in os.walk(folder)
        for name in files
    }


def made(folder: Path, contents: Mapping[str, str]) -> Path:
    """Make a folder."""
    folder.mkdir()
    build(contents)(str(folder))
    return folder
