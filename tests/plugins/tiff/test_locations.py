"""A TIFF that is no local file gives the same pixels and facts: alone, in a set, in another process."""

from __future__ import annotations

import pickle
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from omio_core.errors import AbsentDataError, CorruptFileError, ReadError
from omio_core.files.local import LocalLocation
from omio_core.files.memory import MemoryFile, MemoryLocation
from omio_core.images.opening import open_source
from omio_core.pixels.handles import HANDLES

from .made import MAKERS, Made, image, master, ome, placed, ramp, tiff
from .series import thor
from .test_contract import TestTiff as Contract

FOLDERS = ("imagej", "ome-tiff", "tiff")


@pytest.fixture(autouse=True)
def _let_go() -> Iterator[None]:
    """What the core keeps open for a next read is closed."""
    yield
    HANDLES.clear()


def test_samples_of_all_flavours(tmp_path: Path, assert_same_in_memory: Callable[..., None]) -> None:
    made = Contract().samples(tmp_path)
    assert_same_in_memory(tmp_path, *(one.path.relative_to(tmp_path).as_posix() for one in made.values()))


@pytest.mark.parametrize("folder", FOLDERS)
def test_real_files(
    data: Path, folder: str, in_memory: Callable[..., MemoryLocation], assert_same_in_memory: Callable[..., None]
) -> None:
    memory = tuple(in_memory(data / folder, listable) for listable in (True, False))
    names = [path.removeprefix("/data/") for path in memory[0].contents if path.lower().endswith((".tif", ".tiff"))]
    assert len(names) > 4
    assert_same_in_memory(data / folder, *names, memory=memory, reader="tiff")


@pytest.mark.parametrize("make", MAKERS)
def test_any_member_gives_the_whole_set(
    tmp_path: Path, make: Callable[..., Made], assert_same_in_memory: Callable[..., None]
) -> None:
    paths, _ = make(tmp_path, 6)  # more than stay open at once
    assert_same_in_memory(tmp_path, *(path.name for path in paths))


def test_a_series_of_one_file_a_plane(tmp_path: Path, assert_same_in_memory: Callable[..., None]) -> None:
    made = thor(tmp_path, ramp(2, 3, 2, 5, 7))
    assert_same_in_memory(tmp_path, made[0, 0, 0].name, made[1, 2, 1].name)


def test_renamed_members_are_found_where_a_folder_can_be_listed(
    tmp_path: Path, in_memory: Callable[..., MemoryLocation]
) -> None:
    paths, array = master(tmp_path)
    paths[1].rename(tmp_path / "renamed.tif")
    (one,) = open_source(in_memory(tmp_path, True).child(paths[0].name)).images
    np.testing.assert_array_equal(one[...], array)
    with pytest.raises(AbsentDataError, match=r"t1\.ome\.tif \(its folder cannot be listed, so no file of another"):
        open_source(in_memory(tmp_path, False).child(paths[0].name))


def test_a_renamed_first_file_is_said_to_be_unknown_without_a_list(
    tmp_path: Path, in_memory: Callable[..., MemoryLocation]
) -> None:
    paths, array = master(tmp_path)
    paths[0].rename(tmp_path / "renamed.tif")
    (one,) = open_source(in_memory(tmp_path, True).child(paths[2].name)).images
    np.testing.assert_array_equal(one[...], array)
    with pytest.raises(AbsentDataError, match="cannot be listed"):
        open_source(in_memory(tmp_path, False).child(paths[2].name))


def test_a_missing_file_without_a_uuid_is_missing_and_no_more(
    tmp_path: Path, in_memory: Callable[..., MemoryLocation]
) -> None:
    planes = [placed(f"{k}.tif", None, T=k) for k in range(2)]
    tiff(tmp_path / "0.tif", ramp(5, 7), ome(image(planes, ramp(5, 7), T=2)))
    with pytest.raises(AbsentDataError) as caught:
        open_source(in_memory(tmp_path, False).child("0.tif"))
    assert caught.value.absent == ("1.tif",)


@pytest.mark.parametrize("name", ["../b.tif", "/elsewhere/b.tif", "/data/../b.tif", "C:\\b.tif", "sub", "."])
@pytest.mark.parametrize("listable", [True, False])
def test_names_that_lead_out_are_refused_there_too(name: str, listable: bool, tmp_path: Path) -> None:
    planes = [placed("own.tif", 0, T=0), placed(name, 1, T=1)]
    own = tiff(tmp_path / "own.tif", ramp(5, 7), ome(image(planes, ramp(5, 7), T=2), 0)).read_bytes()
    other = tiff(tmp_path / "b.tif", ramp(5, 7), ome("", 1)).read_bytes()
    contents = {"/data/own.tif": own, "/data/sub/b.tif": other, "/b.tif": other, "/elsewhere/b.tif": other}
    with pytest.raises(CorruptFileError, match="not opened") as caught:
        open_source(MemoryLocation("/data/own.tif", contents, listable))
    assert caught.value.file_name == name


@pytest.mark.parametrize("name", ["b.tif", "sub/b.tif", "sub\\b.tif", "/data/b.tif", "/data/sub/b.tif"])
def test_names_inside_the_folder_are_followed_there_too(name: str, tmp_path: Path) -> None:
    planes = [placed("own.tif", 0, T=0), placed(name, 1, T=1)]
    array = ramp(2, 5, 7)
    own = tiff(tmp_path / "own.tif", array[0], ome(image(planes, array, T=2), 0)).read_bytes()
    other = tiff(tmp_path / "b.tif", array[1], ome("", 1)).read_bytes()
    place = "/data/sub/b.tif" if "sub" in name else "/data/b.tif"
    (one,) = open_source(MemoryLocation("/data/own.tif", {"/data/own.tif": own, place: other})).images
    np.testing.assert_array_equal(one[...][:, 0, 0], array)
    assert [member.path for member in one.picture.key.members] == ["/data/own.tif", place]


def test_a_member_of_another_version_is_refused(tmp_path: Path, in_memory: Callable[..., MemoryLocation]) -> None:
    paths, array = master(tmp_path, 8)
    place = in_memory(tmp_path, True)
    (one,) = open_source(place.child(paths[0].name)).images
    np.testing.assert_array_equal(one[...], array)
    place.contents[f"/data/{paths[5].name}"] += b"longer"  # type: ignore[index]
    with pytest.raises(ReadError, match="has changed since it was opened"):
        one.at(T=5).to_numpy()


READ = """
import pickle, sys
import numpy as np
image, array = pickle.load(sys.stdin.buffer)
np.testing.assert_array_equal(image[...], array)
print(image.metadata.to_dict()["SizeT"], image.picture.key.members[-1].path)
"""


def test_an_image_of_a_set_is_read_in_another_process(tmp_path: Path, in_memory: Callable[..., MemoryLocation]) -> None:
    paths, array = master(tmp_path, 6)
    (one,) = open_source(in_memory(tmp_path, False).child(paths[3].name)).images
    ran = subprocess.run(
        [sys.executable, "-c", READ], input=pickle.dumps((one, array)), capture_output=True, check=False
    )
    assert ran.returncode == 0, ran.stderr.decode()
    assert ran.stdout.decode().split() == ["6", "/data/t5.ome.tif"]


def test_a_local_file_is_not_needed_and_not_looked_for(
    tmp_path: Path, in_memory: Callable[..., MemoryLocation], monkeypatch: pytest.MonkeyPatch
) -> None:
    paths, array = master(tmp_path)
    place = in_memory(tmp_path, True)

    def never(self: LocalLocation, *_: object, **__: object) -> None:
        raise AssertionError(f"{self} is looked at")

    for name in ("open", "stamp", "names", "real"):
        monkeypatch.setattr(LocalLocation, name, never)
    (one,) = open_source(place.child(paths[1].name)).images
    np.testing.assert_array_equal(one[...], array)


def test_tables_of_pyramids_and_tiles_are_announced_before_they_are_read(
    tmp_path: Path, in_memory: Callable[..., MemoryLocation], monkeypatch: pytest.MonkeyPatch
) -> None:
    import tifffile

    array = ramp(96, 64, dtype="u1")
    with tifffile.TiffWriter(tmp_path / "a.tif") as writer:
        writer.write(array, subifds=1, tile=(32, 32), compression="zlib", metadata=None)
        writer.write(array[::2, ::2], subfiletype=1, tile=(16, 16), compression="zlib", metadata=None)
    announced: list[tuple[int, int]] = []
    monkeypatch.setattr(MemoryFile, "prefetch", lambda self, ranges: announced.extend(ranges), raising=False)
    source = open_source(in_memory(tmp_path, True).child("a.tif"))
    with tifffile.TiffFile(tmp_path / "a.tif") as peer:
        assert [offset for offset, _ in announced] == list(peer.pages[0].subifds)
    np.testing.assert_array_equal(source.images[0][...][0, 0, 0], array)
