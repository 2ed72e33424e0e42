"""Listings: a file of a folder is the one that was listed, or an error; never another."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from omio_core.errors import FileChangedError, ReadError
from omio_core.files.listing import Listing, verify_whole, whole_fingerprint
from omio_core.files.local import locate
from omio_core.files.memory import MemoryLocation
from tests.core.files.trees import OLD, made


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return made(tmp_path / "a", OLD)


def test_every_file_below_is_listed_with_its_size(folder: Path) -> None:
    (folder / "below" / "empty").mkdir()
    listing = Listing.of(locate(folder))
    assert listing.stamps is not None
    assert {name: stamp.size for name, stamp in listing.stamps.items()} == dict.fromkeys(OLD, 3)
    assert [listing.has(name) for name in ("below/b.txt", "below", "absent")] == [True, False, False]
    with listing.open("below/b.txt") as file:
        assert file.read(0, 3) == b"old"


def _delete(path: Path) -> None:
    path.unlink()


def _truncate(path: Path) -> None:
    path.write_text("o")


def _replace(path: Path) -> None:
    other = path.with_name("other")
    other.write_text("new")
    os.utime(other, ns=(1, 1))
    other.replace(path)


def _become_a_folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


@pytest.mark.parametrize("change", [_delete, _truncate, _replace])
def test_a_file_that_is_another_than_listed_is_not_opened(folder: Path, change: Callable[[Path], None]) -> None:
    listing = Listing.of(locate(folder))
    change(folder / "a.txt")
    with pytest.raises(FileChangedError) as caught:
        listing.open("a.txt")
    assert str(folder / "a.txt") in str(caught.value)
    listing.open("below/b.txt").close()


def test_a_file_that_became_a_folder_is_an_error(folder: Path) -> None:
    listing = Listing.of(locate(folder))
    _become_a_folder(folder / "a.txt")
    with pytest.raises(ReadError):
        listing.open("a.txt")


def test_a_file_that_appears_later_stays_absent(folder: Path) -> None:
    listing = Listing.of(locate(folder))
    (folder / "late.txt").write_text("late")
    assert listing.has("late.txt") is False
    with pytest.raises(FileNotFoundError, match=r"late\.txt"):
        listing.open("late.txt")


@pytest.mark.parametrize("name", ["../a.txt", "/etc/passwd", "below/../a.txt", ""])
def test_a_name_that_leads_out_is_refused(folder: Path, name: str) -> None:
    with pytest.raises(ReadError, match="is no name inside"):
        Listing.of(locate(folder)).open(name)


@pytest.mark.parametrize("change", [_delete, _truncate, _replace, lambda path: path.with_name("more").touch()])
def test_the_digest_tells_every_change(folder: Path, change: Callable[[Path], None]) -> None:
    before = Listing.of(locate(folder)).digest
    assert before == Listing.of(locate(folder)).digest
    change(folder / "below" / "b.txt")
    assert Listing.of(locate(folder)).digest != before


def test_the_digest_does_not_confuse_names_and_stamps() -> None:
    contents = [{"/a/b": b"x", "/a/c": b"y"}, {"/a/b": b"xy"}, {"/a/b/c": b"xy"}, {"/a/c": b"x", "/a/d": b"y"}]
    digests = {Listing.of(MemoryLocation("/a", content)).digest for content in contents}
    assert len(digests) == len(contents)


def test_a_place_that_cannot_be_listed_is_read_without_a_listing() -> None:
    listing = Listing.of(MemoryLocation("/a", {"/a/b": b"x"}, listable=False))
    assert (listing.stamps, listing.digest, listing.has("b"), listing.has("c")) == (None, "", None, None)
    with listing.open("b") as file:
        assert file.read(0, 1) == b"x"
    with pytest.raises(FileNotFoundError):
        listing.open("c")


def test_what_is_no_folder_cannot_be_listed(folder: Path) -> None:
    with pytest.raises(ReadError, match="cannot be listed"):
        Listing.of(locate(folder / "a.txt"))
    with pytest.raises(ReadError, match="cannot be listed"):
        Listing.of(locate(folder / "absent"))


def test_a_link_that_leads_back_is_an_error(folder: Path) -> None:
    (folder / "below" / "up").symlink_to(folder)
    with pytest.raises(ReadError, match="leads back"):
        Listing.of(locate(folder))


@pytest.mark.parametrize("change", [_delete, _truncate, _replace, lambda path: path.with_name("more").touch()])
def test_a_whole_fingerprint_tells_every_change_inside(folder: Path, change: Callable[[Path], None]) -> None:
    fingerprint = whole_fingerprint(locate(folder))
    verify_whole(fingerprint)
    assert fingerprint.stamp.size == 9
    change(folder / "below" / "b.txt")
    with pytest.raises(FileChangedError):
        verify_whole(fingerprint)


def test_a_whole_fingerprint_of_a_file_is_that_of_the_file(folder: Path) -> None:
    fingerprint = whole_fingerprint(locate(folder / "a.txt"))
    verify_whole(fingerprint)
    _truncate(folder / "a.txt")
    with pytest.raises(FileChangedError):
        verify_whole(fingerprint)
    _delete(folder / "a.txt")
    with pytest.raises(FileChangedError):
        whole_fingerprint(locate(folder / "a.txt"))


def test_a_folder_that_cannot_be_listed_has_no_whole_fingerprint(folder: Path) -> None:
    (folder / "dangling").symlink_to("nowhere")
    with pytest.raises(FileChangedError, match="cannot be listed"):
        whole_fingerprint(locate(folder))
