"""`omio view`: what it passes on, and what it says where napari is not installed; the window is another test's."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import omio
from omio.viewing import napari as viewing


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """What is shown, in order; no napari is needed."""
    made: list[Any] = []
    monkeypatch.setattr(omio, "open_in_napari", lambda source, **keywords: made.append((source, keywords)))
    monkeypatch.setattr(viewing, "run", lambda: made.append("run"))
    return made


def test_what_is_passed_on(cli: Callable[..., Any], calls: list[Any], stated: Path) -> None:
    """Paths together, all images of each, statements; then the windows live until they are closed."""
    done = cli("view", stated, stated, "--pixel-size", "0.5", "--axes", "TZCYX")
    assert (done.exit_code, done.stderr) == (0, "")
    (source, keywords), last = calls
    assert source == [str(stated), str(stated)]
    assert keywords == {"image": "all", "merge": None, "pixel_size": 0.5, "axes": "TZCYX"}
    assert last == "run"


def test_along_and_image(cli: Callable[..., Any], calls: list[Any], stated: Path) -> None:
    """A merge takes the one image of each file, and the policies of a merge."""
    assert cli("view", stated, "--along", "t", "--shapes", "pad").exit_code == 0
    assert cli("view", stated, "--image", "0").exit_code == 0
    assert calls[0] == (str(stated), {"image": None, "merge": "T", "shapes": "pad"})
    assert calls[2] == (str(stated), {"image": 0, "merge": None})


def test_without_napari(cli: Callable[..., Any], stated: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The error names the extra; no window is waited for."""
    monkeypatch.setitem(sys.modules, "napari", None)
    done = cli("view", stated)
    assert done.exit_code == 1
    assert "the viewer napari needs a package that is not installed" in done.stderr
    assert "pip install 'omio-core[napari]'" in done.stderr
