"""Locations on this machine: what a folder lists, and what an empty name is not."""

from __future__ import annotations

import os
import stat
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from omio_core.errors import ReadError
from omio_core.files import local
from omio_core.files.local import locate
from omio_core.files.location import Entry
from omio_core.files.memory import MemoryLocation

needs_links = pytest.mark.skipif(sys.platform == "win32", reason="symbolic links need a privilege on Windows")


def listed(folder: Path) -> dict[str, bool | None]:
    return {entry.name: entry.is_folder for entry in locate(folder).entries()}


def test_an_empty_name_is_not_the_current_folder():
    with pytest.raises(FileNotFoundError, match="with the name ''"):
        locate("")


def test_a_folder_lists_files_and_folders(tmp_path):
    (tmp_path / "a.tif").write_bytes(b"x")
    (tmp_path / "sub").mkdir()
    assert listed(tmp_path) == {"a.tif": False, "sub": True}
    assert not any(entry.hidden for entry in locate(tmp_path).entries())


@needs_links
def test_links_are_followed(tmp_path):
    (tmp_path / "sub").mkdir()
    (tmp_path / "a.tif").write_bytes(b"x")
    for name, goal in (("to sub", "sub"), ("to a", "a.tif"), ("to nothing", "gone"), ("circle", "circle")):
        (tmp_path / name).symlink_to(tmp_path / goal)
    assert listed(tmp_path) == {
        "sub": True, "a.tif": False, "to sub": True, "to a": False, "to nothing": False, "circle": None,
    }  # fmt: skip
    with pytest.raises(ReadError, match="circle is a symbolic link that leads in a circle"):
        locate(tmp_path / "circle").entries()


def test_what_cannot_be_listed_is_an_error(tmp_path):
    (tmp_path / "a.tif").write_bytes(b"x")
    with pytest.raises(FileNotFoundError, match="there is no folder"):
        locate(tmp_path / "gone").entries()
    with pytest.raises(ReadError, match=r"a\.tif cannot be listed"):
        locate(tmp_path / "a.tif").entries()


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="nothing is forbidden to this user")
def test_a_folder_that_may_not_be_listed_is_an_error(tmp_path):
    folder = tmp_path / "closed"
    folder.mkdir(mode=0)
    with pytest.raises(ReadError, match="closed cannot be listed"):
        locate(folder).entries()


@pytest.mark.parametrize(("attributes", "hidden"), [(0x2, True), (0x22, True), (0x20, False)])
def test_windows_marks_hidden_files(monkeypatch, attributes, hidden):
    """By an attribute, which the listing has without another look."""
    status = SimpleNamespace(st_file_attributes=attributes, st_mode=stat.S_IFREG)
    entry = SimpleNamespace(
        name="Thumbs.db", path="C:\\a\\Thumbs.db", is_symlink=lambda: False, is_dir=lambda: False,
        stat=lambda follow_symlinks: status,
    )  # fmt: skip
    monkeypatch.setattr(local, "os", SimpleNamespace(name="nt"))
    assert local._entry(entry) == Entry("Thumbs.db", False, hidden)


def test_a_location_with_names_alone_has_entries():
    """Another kind of place needs no method of its own."""
    place = MemoryLocation("/far", {"/far/a.tif": b"x", "/far/sub/b.tif": b"y"})
    assert sorted(place.entries(), key=lambda entry: entry.name) == [Entry("a.tif", False), Entry("sub", True)]
    with pytest.raises(FileNotFoundError, match="there is no folder /far/gone"):
        place.child("gone").entries()
    assert MemoryLocation("/far", place.contents, listable=False).entries() is None
