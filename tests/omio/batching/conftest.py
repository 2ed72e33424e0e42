"""What the tests of batches share: the tree of the documentation, and a count of what is opened."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from omio_core.images import opening

from . import projects


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """The tree of six images, which become five."""
    return projects.project(tmp_path)


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The sources that are opened, in order."""
    known: list[str] = []
    original = opening.open_source

    def count(source: Any, *arguments: Any, **keywords: Any) -> Any:
        known.append(str(source))
        return original(source, *arguments, **keywords)

    for module in ("omio_core.images.opening", "omio.sources.collect", "omio.planning.update", "omio.opening"):
        monkeypatch.setattr(f"{module}.open_source", count, raising=False)
    return known
