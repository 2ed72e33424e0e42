"""The files of a set: how each is found, which names are not followed, and that few are held open."""

from __future__ import annotations

import os
import pickle
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from omio_core.contract import Box
from omio_core.errors import (
    AbsentDataError,
    CorruptFileError,
    FileChangedError,
    ReadError,
)
from omio_core.files.local import locate
from omio_core.images.opening import open_source
from omio_core.pixels.handles import HANDLES
from omio_plugins.tiff._read import TiffImages, open_tiff
from omio_plugins.tiff._shelf import CAPACITY, Shelf, ShelvedFile

from .made import MAKERS, Made, binary_only, companion, image, master, ome, placed, ramp, tiff


@pytest.fixture(autouse=True)
def _let_go() -> Iterator[None]:
    """What the core keeps open for a next read is closed."""
    yield
    HANDLES.clear()


# --- names and UUIDs


@pytest.mark.parametrize("make", MAKERS)
@pytest.mark.parametrize("renamed", [[1], [2], [1, 2]])
def test_renamed_members_are_found_by_their_uuids(
    tmp_path: Path, make: Callable[..., Made], renamed: list[int], read
) -> None:
    paths, array = make(tmp_path)
    tiff(tmp_path / "another.ome.tif", array[0, 0, 0], ome("", 77))
    (tmp_path / "broken.tif").write_bytes(b"II*\0\xff\xff\xff\xff")
    for k in renamed:
        paths[k] = paths[k].rename(tmp_path / f"renamed {k}.TIF")
    for path in paths:
        np.testing.assert_array_equal(read(path)[0], array)


def test_a_renamed_master_is_found_by_its_uuid(tmp_path: Path, read) -> None:
    paths, array = master(tmp_path)
    paths[0] = paths[0].rename(tmp_path / "first.ome.tif")
    for path in paths:
        np.testing.assert_array_equal(read(path)[0], array)


def test_a_renamed_companion_is_found_by_its_uuid(tmp_path: Path, read) -> None:
    paths, array = companion(tmp_path)
    paths[0] = paths[0].rename(tmp_path / "other.companion.ome")
    for path in paths:
        np.testing.assert_array_equal(read(path)[0], array)


def test_members_named_by_their_uuids_alone(tmp_path: Path, read) -> None:
    array = ramp(3, 5, 7)
    planes = [placed(None, k, T=k) for k in range(3)]
    for k in range(3):
        tiff(tmp_path / f"{k}.tif", array[k], ome(image(planes, array, T=3), k))
    np.testing.assert_array_equal(read(tmp_path / "1.tif")[0][:, 0, 0], array)


def test_a_member_that_states_no_uuid_is_known_by_its_name(tmp_path: Path, read) -> None:
    paths, array = master(tmp_path)
    tiff(paths[1], array[1, 0, 0])
    np.testing.assert_array_equal(read(paths[0])[0], array)


def test_one_uuid_for_all_files_tells_none_of_them(tmp_path: Path, read) -> None:
    array = ramp(3, 5, 7)
    planes = [placed(f"{k}.tif", 5, T=k) for k in range(3)]
    for k in range(3):
        tiff(tmp_path / f"{k}.tif", array[k], ome(image(planes, array, T=3), 5))
    np.testing.assert_array_equal(read(tmp_path / "1.tif")[0][:, 0, 0], array)


def test_a_uuid_that_two_files_state_finds_neither(tmp_path: Path) -> None:
    paths, _ = master(tmp_path)
    data = paths[1].read_bytes()
    paths[1].unlink()
    for name in ("one.tif", "two.tif"):
        (tmp_path / name).write_bytes(data)
    with pytest.raises(CorruptFileError, match=r"one\.tif, two\.tif"):
        open_tiff(locate(paths[0]))


@pytest.mark.parametrize("make", [master, companion])
def test_a_member_with_another_uuid_is_refused_by_name(tmp_path: Path, make: Callable[..., Made]) -> None:
    paths, array = make(tmp_path)
    tiff(paths[1], array[1, 0, 0], ome(binary_only(paths[0].name), 55))
    for path in paths:
        with pytest.raises(CorruptFileError) as caught:
            open_tiff(locate(path))
        assert caught.value.path in (str(paths[1]), str(paths[0]))
    with pytest.raises(CorruptFileError, match="states the UUID") as caught:
        open_tiff(locate(paths[2]))
    assert caught.value.path == str(paths[1])


def test_a_file_that_its_metadata_do_not_name_is_refused(tmp_path: Path) -> None:
    paths, array = master(tmp_path)
    stranger = tiff(tmp_path / "stranger.tif", array[0, 0, 0], ome(binary_only(paths[0].name, 0), 66))
    with pytest.raises(CorruptFileError, match="not of the set"):
        open_tiff(locate(stranger))


# --- names that are not followed


def pointing(folder: Path, name: str) -> Path:
    """Two planes, the second in a file of that name, which would fit."""
    array = ramp(2, 5, 7)
    planes = [placed("own.ome.tif", 0, T=0), placed(name, 1, T=1)]
    return tiff(folder / "own.ome.tif", array[0], ome(image(planes, array, T=2), 0))


def refused(folder: Path, name: str) -> None:
    for path in (pointing(folder, name), tiff(folder / "only.tif", ramp(5, 7), ome(binary_only(name), 0))):
        with pytest.raises(CorruptFileError, match="not opened") as caught:
            open_tiff(locate(path))
        assert caught.value.file_name == name
        assert caught.value.path == str(path)


@pytest.mark.parametrize(
    "name",
    [
        "../b.tif", "sub/../../b.tif", "sub/../own.ome.tif", "..\\b.tif", "C:\\b.tif", "c:b.tif",
        "\\\\host\\share\\b.tif", "{outside}/b.tif", "{outside}", "..", ".", "/", "{inside}/../b.tif",
        "{inside}x/b.tif",
    ],
)  # fmt: skip
def test_names_that_lead_out_of_the_folder(tmp_path: Path, name: str) -> None:
    folder = tmp_path / "inside"
    (folder / "sub").mkdir(parents=True)
    tiff(tmp_path / "b.tif", ramp(5, 7), ome("", 1))
    refused(folder, name.format(outside=tmp_path, inside=folder) if "{" in name else name)


def test_a_link_that_leads_out(tmp_path: Path) -> None:
    outside = tiff(tmp_path / "outside" / "b.tif", ramp(5, 7), ome("", 1))
    folder = tmp_path / "inside"
    folder.mkdir()
    link(folder / "b.tif", outside)
    link(folder / "sub", outside.parent)
    refused(folder, "b.tif")
    refused(folder, "sub/b.tif")
    with pytest.raises(AbsentDataError):  # nor is it looked into for a UUID
        open_source(pointing(folder, "gone.tif"))


def test_what_is_no_regular_file(tmp_path: Path) -> None:
    (tmp_path / "folder.tif").mkdir()
    refused(tmp_path, "folder.tif")
    if not hasattr(os, "mkfifo"):
        pytest.skip("this system has no named pipes in folders")
    os.mkfifo(tmp_path / "pipe.tif")
    refused(tmp_path, "pipe.tif")
    with pytest.raises(AbsentDataError):  # nor does looking for a UUID wait for it
        open_source(pointing(tmp_path, "gone.tif"))


@pytest.mark.parametrize(
    "name",
    ["b.tif", "./b.tif", "sub/b.tif", "sub\\b.tif", "{inside}/b.tif", "{inside}/sub/b.tif", "link.tif", "way/b.tif"],
)
def test_names_inside_the_folder_are_followed(tmp_path: Path, name: str, read) -> None:
    folder = tmp_path / "inside"
    target = tiff(folder / ("sub/b.tif" if "sub" in name else "b.tif"), ramp(2, 5, 7)[1], ome("", 1))
    if name == "link.tif":
        link(folder / name, target)
    if name == "way/b.tif":
        link(folder / "way", folder)
    path = pointing(folder, name.format(inside=folder))
    np.testing.assert_array_equal(read(path)[0][:, 0, 0], ramp(2, 5, 7))
    opened = open_tiff(locate(path))
    opened.close()
    assert opened.members == (locate(path), locate(target))


def test_a_link_to_nothing_is_not_there(tmp_path: Path, describe) -> None:
    link(tmp_path / "b.tif", tmp_path / "nothing.tif")
    assert describe(pointing(tmp_path, "b.tif"))[0].absent_files == ("b.tif",)


def test_a_set_opened_through_a_link_is_where_the_link_is(tmp_path: Path, read, describe) -> None:
    paths, array = master(tmp_path / "here")
    (tmp_path / "there").mkdir()
    link(tmp_path / "way", tmp_path / "here")
    np.testing.assert_array_equal(read(tmp_path / "way" / paths[0].name)[0], array)
    link(tmp_path / "there" / paths[0].name, paths[0])
    (one,) = describe(tmp_path / "there" / paths[0].name)
    assert one.absent_files == ("t1.ome.tif", "t2.ome.tif")
    beside = tmp_path / "here" / "by another name.tif"
    link(beside, paths[0])
    np.testing.assert_array_equal(read(beside)[0], array)


def link(place: Path, target: Path) -> None:
    try:
        place.symlink_to(target)
    except (OSError, NotImplementedError):
        pytest.skip("symbolic links cannot be made here")


# --- handles


def descriptors() -> int:
    for folder in ("/proc/self/fd", "/dev/fd"):
        if os.path.isdir(folder):
            return len(os.listdir(folder))
    pytest.skip("this system does not list the open files of a process")


def test_a_large_set_holds_few_files_open(tmp_path: Path) -> None:
    paths, array = master(tmp_path, 300)
    before = descriptors()
    opened = open_tiff(locate(paths[0]))
    assert len(opened.members) == 300
    assert descriptors() - before <= 1 + CAPACITY
    out = np.zeros((300, 5, 7), "u2")

    def some(start: int) -> int:
        for k in range(start, 300, 8):
            opened.read_into(out[k : k + 1], 0, Box(((k, k + 1), (0, 5), (0, 7))), 0)
        return descriptors()

    with ThreadPoolExecutor(8) as pool:
        most = max(pool.map(some, range(8)))
    np.testing.assert_array_equal(out, array[:, 0, 0])
    assert most - before <= 1 + CAPACITY + 2 * 8
    assert descriptors() - before <= 1 + CAPACITY
    opened.close()
    assert descriptors() == before


def test_a_set_that_cannot_be_opened_leaves_nothing_open(tmp_path: Path) -> None:
    paths, _ = master(tmp_path, 12)
    paths[11].write_bytes(b"")
    before = descriptors()
    with pytest.raises(CorruptFileError):
        open_tiff(locate(paths[0]))
    assert descriptors() == before


def test_a_file_in_use_is_not_closed(tmp_path: Path) -> None:
    paths = [tiff(tmp_path / f"{k}.tif", ramp(5, 7)) for k in range(3)]
    shelf = Shelf(1)
    with shelf.borrow(locate(paths[0])) as first:
        with shelf.borrow(locate(paths[1])) as second, shelf.borrow(locate(paths[0])) as again:
            assert again is first
            assert (len(shelf), second.read(0, 2)) == (2, b"II")
        assert len(shelf) == 1
        assert first.read(0, 2) == b"II"
    with shelf.borrow(locate(paths[2])):
        pass
    assert len(shelf) == 1
    shelf.close()
    assert len(shelf) == 0
    with shelf.borrow(locate(paths[2])):
        assert len(shelf) == 1
    assert len(shelf) == 0


def test_many_threads_share_a_shelf(tmp_path: Path) -> None:
    paths = [tiff(tmp_path / f"{k}.tif", np.full((5, 7), k, "u1")) for k in range(6)]
    shelf = Shelf(2)
    files = [ShelvedFile(locate(path), shelf) for path in paths]
    barrier = threading.Barrier(6)

    def read(start: int) -> list[bytes]:
        barrier.wait(timeout=60)
        return [files[(start + k) % 6].read(paths[0].stat().st_size - 1, 1) for k in range(120)]

    with ThreadPoolExecutor(6) as pool:
        found = list(pool.map(read, range(6)))
    expected = [path.read_bytes()[-1:] for path in paths]
    assert found == [[expected[(start + k) % 6] for k in range(120)] for start in range(6)]
    assert len(shelf) <= 2
    shelf.close()


def test_a_member_that_changed_is_refused(tmp_path: Path) -> None:
    paths, array = companion(tmp_path)
    (one,) = open_source(paths[1]).images
    same = pickle.loads(pickle.dumps(one))
    np.testing.assert_array_equal(same.to_numpy(), array)
    tiff(paths[3], array[0, 0, 0], "x")
    for changed in (one, same):
        with pytest.raises(FileChangedError, match=r"t2\.ome\.tif"):
            changed.to_numpy()


def test_a_handle_sees_that_an_open_member_was_written_to(tmp_path: Path) -> None:
    paths, _ = master(tmp_path)
    opened = open_tiff(locate(paths[0]))
    out = np.zeros((1, 5, 7), "u2")
    box = Box(((1, 2), (0, 5), (0, 7)))
    opened.read_into(out, 0, box, 0)
    os.utime(paths[1], ns=(0, 0))
    with pytest.raises(FileChangedError, match=r"t1\.ome\.tif"):
        opened.read_into(out, 0, box, 0)
    opened.close()


@pytest.mark.parametrize("gone", [False, True])
def test_a_handle_sees_that_another_file_took_a_name(tmp_path: Path, gone: bool) -> None:
    paths, array = master(tmp_path, CAPACITY + 4)
    opened = open_tiff(locate(paths[0]))
    paths[1].unlink()
    if not gone:
        tiff(paths[1], array[1, 0, 0] + 1, ome(binary_only(paths[0].name, 0), 1))
    out = np.zeros((1, 5, 7), "u2")
    with pytest.raises(FileChangedError, match=r"t1\.ome\.tif"):
        opened.read_into(out, 0, Box(((1, 2), (0, 5), (0, 7))), 0)
    opened.read_into(out, 0, Box(((2, 3), (0, 5), (0, 7))), 0)
    np.testing.assert_array_equal(out[0], array[2, 0, 0])
    opened.close()


def test_a_member_without_permission_is_an_error_of_ours(tmp_path: Path) -> None:
    paths, _ = master(tmp_path)
    paths[1].chmod(0)
    if os.access(paths[1], os.R_OK):
        pytest.skip("this user may read everything")
    with pytest.raises(ReadError, match=r"t1\.ome\.tif"):
        open_tiff(locate(paths[0]))


def test_an_open_set_is_an_opened(tmp_path: Path) -> None:
    paths, _ = master(tmp_path)
    opened: TiffImages = open_tiff(locate(paths[1]))
    assert [one.kind for one in opened.images] == ["OME-TIFF set"]
    opened.close()
