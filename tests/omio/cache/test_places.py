"""Where a cache is: beside the source, where the caller says, in the user's folder of each system."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

import omio
from omio.cache import places

USER_FOLDER = places.user_folder


@pytest.mark.parametrize(
    ("system", "environment", "expected"),
    [
        ("linux", {}, "HOME/.cache/omio/.omio_cache"),
        ("linux", {"XDG_CACHE_HOME": "/x/y"}, "/x/y/omio/.omio_cache"),
        ("linux", {"XDG_CACHE_HOME": "relative"}, "HOME/.cache/omio/.omio_cache"),
        ("darwin", {"XDG_CACHE_HOME": "/x/y"}, "HOME/Library/Caches/omio/.omio_cache"),
        ("win32", {}, "HOME/AppData/Local/omio/.omio_cache"),
        ("win32", {"LOCALAPPDATA": "/local"}, "/local/omio/.omio_cache"),
    ],
)
def test_the_users_folder_is_that_of_the_system(monkeypatch, system, environment, expected) -> None:
    for name in ("XDG_CACHE_HOME", "LOCALAPPDATA"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(sys, "platform", system)
    monkeypatch.setattr(places.Path, "home", lambda: Path("/home/me"))
    assert USER_FOLDER().as_posix() == expected.replace("HOME", "/home/me")


def test_a_named_folder_is_absolute_and_not_nested(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert places.named_folder("a") == tmp_path / "a" / ".omio_cache"
    assert places.named_folder(tmp_path / ".omio_cache") == tmp_path / ".omio_cache"


def test_beside_the_first_file(series: Path) -> None:
    image = omio.imopen(series, merge="T")
    assert places.folder_beside(image.picture) == series / ".omio_cache"
