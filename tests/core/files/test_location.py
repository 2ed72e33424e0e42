"""Locations: local files and files in memory behave alike, and no name leads out of a folder."""

from __future__ import annotations

import os
import pickle
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from omio_core.errors import CorruptFileError, ReadError
from omio_core.files.local import LocalLocation, locate
from omio_core.files.location import Location, parts_of
from omio_core.files.memory import MemoryLocation
from omio_core.files.positioned import Stamp

CONTENTS = {"a.OME.tif": b"0123456789", "sub/b.raw": b"abc", "sub/deep/c": b"", "z": b"!"}
Place = Callable[[], Location]


@pytest.fixture(params=["local", "memory"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Location:
    """A folder with the same files, on the disk and in memory."""
    if request.param == "memory":
        return MemoryLocation("/data", {f"/data/{name}": data for name, data in CONTENTS.items()})
    for name, data in CONTENTS.items():
        path = tmp_path / "data" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    return locate(tmp_path / "data")


def test_names_of_a_place(place: Location) -> None:
    file = place.child("a.OME.tif")
    assert (file.name, file.suffixes) == ("a.OME.tif", (".ome", ".tif"))
    assert (file.parent, place.name) == (place, "data")
    assert str(file).endswith(
        os.path.join("data", "a.OME.tif") if isinstance(file, LocalLocation) else "/data/a.OME.tif"
    )
    assert place.child("sub/deep/c").parent.parent.name == "sub"


def test_what_exists(place: Location) -> None:
    kinds = {name: (place.child(name).exists, place.child(name).is_folder) for name in ("z", "sub", "nothing")}
    assert kinds == {"z": (True, False), "sub": (True, True), "nothing": (False, False)}


def test_a_folder_is_listed_in_order(place: Location) -> None:
    assert place.names() == ("a.OME.tif", "sub", "z")
    walked = place.walk()
    assert walked is not None
    assert {name: stamp.size for name, stamp in walked} == {name: len(data) for name, data in CONTENTS.items()}
    with pytest.raises(ReadError, match="cannot be listed"):
        place.child("z").names()


def test_a_file_is_read_at_offsets(place: Location) -> None:
    with place.child("a.OME.tif").open(tail=True) as file:
        assert (file.size, file.read(3, 4), bytes(file.read_each((8, 0, 4), 2))) == (10, b"3456", b"890145")
        file.prefetch([(0, 4)])
        buffer = bytearray(3)
        file.read_into(memoryview(buffer), 7)
        assert (bytes(buffer), file.path) == (b"789", str(place.child("a.OME.tif")))
        for offset, n in ((8, 3), (-1, 1), (0, -1)):
            with pytest.raises(CorruptFileError, match="ends too soon"):
                file.read(offset, n)


def test_the_stamp_is_the_same_before_and_after_opening(place: Location) -> None:
    location = place.child("z")
    with location.open() as file:
        assert file.stamp() == location.stamp()
    assert location.stamp().size == 1
    assert place.stamp().size == 0, "a folder has no bytes"
    with pytest.raises(FileNotFoundError, match="there is no file or folder"):
        place.child("nothing").stamp()


@pytest.mark.parametrize("name", ["nothing", "sub"])
def test_what_is_no_file_is_not_opened(place: Location, name: str) -> None:
    with pytest.raises(FileNotFoundError if name == "nothing" else ReadError):
        place.child(name).open()


@pytest.mark.parametrize("name", ["", ".", "..", "../z", "sub/../../z", "/etc/passwd", "sub//b.raw", "sub/", "a\0b"])
def test_no_name_leads_out(place: Location, name: str) -> None:
    assert parts_of(name) is None
    with pytest.raises(ReadError, match="is no name inside"):
        place.child(name)


def test_a_location_is_a_value(place: Location) -> None:
    file = place.child("sub/b.raw")
    copy = pickle.loads(pickle.dumps(file))
    assert (copy, hash(copy)) == (file, hash(file))
    assert len({file, copy, place}) == 2
    with copy.open() as opened:
        assert opened.read(0, 3) == b"abc"
    assert file.real() == copy.real()


def test_only_a_local_file_has_a_path(place: Location) -> None:
    file = place.child("z")
    if isinstance(file, LocalLocation):
        assert Path(file) == Path(file.local_path())
        assert Path(file).read_bytes() == b"!"
    else:
        with pytest.raises(ReadError, match="not a local file") as caught:
            os.fspath(file)
        assert "copy it to this machine" in str(caught.value.remedy)


def test_a_place_that_cannot_be_listed() -> None:
    place = MemoryLocation("/web", {"/web/a/1": b"x"}, listable=False)
    assert (place.names(), place.walk(), place.child("a").parent.listable) == (None, None, False)
    with place.child("a/1").open() as file:
        assert file.read(0, 1) == b"x"


def test_a_location_is_located_as_itself(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    place = MemoryLocation("/m", {})
    assert locate(place) is place
    monkeypatch.chdir(tmp_path)
    assert locate("a").local_path() == str(tmp_path / "a")
    assert locate(locate("a")) == locate(tmp_path / "a")


# --- links and what is no file


@pytest.mark.skipif(sys.platform == "win32", reason="making links needs a privilege there")
def test_links_are_followed_and_circles_refused(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "real" / "a").write_bytes(b"12")
    (tmp_path / "link").symlink_to("real")
    link = locate(tmp_path / "link")
    assert link.real() == locate(tmp_path / "real").real()
    assert list(link.walk()) == [("a", link.child("a").stamp())]  # type: ignore[arg-type]
    (tmp_path / "real" / "up").symlink_to("..")
    with pytest.raises(ReadError, match="leads back to a folder that it is in"):
        list(link.walk())  # type: ignore[arg-type]


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no FIFOs")
def test_a_pipe_is_never_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    pipe = locate(tmp_path / "pipe")
    for look in (pipe.stamp, pipe.open, lambda: list(locate(tmp_path).walk())):  # type: ignore[arg-type]
        with pytest.raises(ReadError, match=r"neither a file nor a folder|not a regular file"):
            look()


def test_stamps_tell_versions_apart() -> None:
    assert Stamp(3, 5) == Stamp(3, 5)
    assert len({Stamp(3, 5), Stamp(3, 6), Stamp(4, 5), Stamp(3, None, "v1"), Stamp(3, None, "v2")}) == 5
