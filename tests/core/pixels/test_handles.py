"""Leases: handles are bounded, shared, never closed under a reader, and refused once their file has changed."""

from __future__ import annotations

import gc
import os
import signal
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np
import omio_toy
import omio_toy_read
import pytest
from omio_toy_read import image, write_toy

from omio_core import settings
from omio_core.errors import (
    CorruptFileError,
    FileChangedError,
    MissingDependencyError,
    PluginContractError,
    ReadError,
    UnknownReaderError,
)
from omio_core.files.local import locate
from omio_core.files.positioned import Stamp
from omio_core.files.stamps import Fingerprint, Key
from omio_core.geometry.box import Box
from omio_core.pixels import handles as opens
from omio_core.pixels.handles import HandlePool, open_with

PIXELS = np.arange(12, dtype="u1").reshape(3, 4)


@pytest.fixture(autouse=True)
def opened_paths():
    omio_toy_read.OPENED.clear()
    return omio_toy_read.OPENED


@pytest.fixture
def key(toy, tmp_path):
    """A function that makes a toy file and gives the key to open it."""

    def make(name="a", **options):
        path = write_toy(tmp_path / f"{name}.toy", image(PIXELS + len(name), "YX"))
        made, opened = open_with(toy, locate(path), options)
        opened.close()
        return made

    return make


def pixels(handle):
    out = np.empty((3, 4), "u1")
    handle.read_into(out, 0, Box.whole((3, 4)), 0)
    return out


def test_a_lease_opens_once_and_keeps(key, opened_paths):
    one, rooms = key(), HandlePool()
    opened_paths.clear()
    for _ in range(3):
        with rooms.lease(one) as handle:
            assert np.array_equal(pixels(handle), PIXELS + 1)
    assert opened_paths == [one.path]
    assert len(rooms) == 1
    rooms.clear()
    assert handle.file.closed
    assert len(rooms) == 0


def test_three_hundred_files_on_eight_handles(toy, tmp_path):
    keys = []
    for n in range(300):
        path = write_toy(tmp_path / f"{n}.toy", image(PIXELS + n % 200, "YX"))
        made, opened = open_with(toy, locate(path), {})
        opened.close()
        keys.append(made)
    rooms, most = HandlePool(), 0
    before = len(os.listdir("/proc/self/fd")) if os.path.isdir("/proc/self/fd") else None
    with settings.using(max_open=8):
        for n in [*range(300), *range(299, -1, -1)]:
            with rooms.lease(keys[n]) as handle:
                assert pixels(handle)[0, 0] == n % 200
                most = max(most, len(rooms))
                if before is not None:
                    assert len(os.listdir("/proc/self/fd")) <= before + 8
    assert most == 8
    assert len(rooms) == 8
    rooms.clear()


def test_the_least_recently_used_goes_first(key, opened_paths):
    a, b, c, rooms = key("a"), key("bb"), key("ccc"), HandlePool()
    with settings.using(max_open=2):
        for one in (a, b, a, c):
            with rooms.lease(one):
                pass
        opened_paths.clear()
        with rooms.lease(a), rooms.lease(c):
            pass
        assert opened_paths == [], "b went, a was used after it"
        with rooms.lease(b):
            assert opened_paths == [b.path]
    rooms.clear()


def test_what_is_in_use_is_never_evicted(key):
    keys, rooms = [key("x" * n) for n in range(1, 6)], HandlePool()
    with settings.using(max_open=1), rooms.lease(keys[0]) as first:
        for other in keys[1:]:
            with rooms.lease(other) as second:
                assert np.array_equal(pixels(first), PIXELS + 1)
                assert pixels(second)[0, 0] > 1
        assert len(rooms) == 1, "the idle ones went"
        assert not first.file.closed
    rooms.clear()


def test_a_file_that_changed_is_refused(key):
    one, rooms = key(), HandlePool()
    with rooms.lease(one) as handle:
        pass
    with open(one.path, "ab") as file:
        file.write(b"more")
    with pytest.raises(FileChangedError, match="has changed since it was opened") as caught, rooms.lease(one):
        pass
    assert caught.value.path == one.path
    assert handle.file.closed, "its handle is of no use any more"
    assert len(rooms) == 0


def test_a_file_of_the_same_size_and_another_time_is_refused(key):
    one, rooms = key(), HandlePool()
    os.utime(one.path, ns=(1, 1))
    with pytest.raises(FileChangedError), rooms.lease(one):
        pass
    assert len(rooms) == 0


def test_a_file_that_is_gone_is_refused(key):
    one, rooms = key(), HandlePool()
    os.unlink(one.path)
    with pytest.raises(FileChangedError, match="can no longer be found"), rooms.lease(one):
        pass


def test_every_member_counts(toy, tmp_path):
    folder = tmp_path / "home"
    folder.mkdir()
    path = write_toy(folder / "index.toy", image(PIXELS, "YX"))
    made, opened = open_with(toy, locate(folder), {})
    opened.close()
    assert [m.path for m in made.members] == [str(path)]
    with open(path, "ab") as file:
        file.write(b"x")
    with pytest.raises(FileChangedError, match=r"index\.toy"), HandlePool().lease(made):
        pass


def test_a_file_that_changes_while_it_is_opened(toy, tmp_path, monkeypatch):
    path = write_toy(tmp_path / "a.toy", image(PIXELS, "YX"))
    made = []

    def hasty(opened_path, **options):
        made.append(omio_toy_read.Toy(opened_path))
        os.utime(opened_path, ns=(1, 1))
        return made[0]

    monkeypatch.setattr(omio_toy_read, "open_toy", hasty)
    with pytest.raises(FileChangedError):
        open_with(toy, locate(path), {})
    assert made[0].file.closed


def test_drop_while_in_use_closes_with_the_last_user(key):
    one, rooms = key(), HandlePool()
    with rooms.lease(one) as first:
        with rooms.lease(one) as second:
            assert second is first
            rooms.drop(one)
            assert not first.file.closed
        assert not first.file.closed
        assert np.array_equal(pixels(first), PIXELS + 1)
        with rooms.lease(one) as fresh:
            assert fresh is not first, "what was dropped is not lent again"
    assert first.file.closed
    assert not fresh.file.closed
    rooms.drop(one)
    rooms.drop(one)  # twice is no harm
    assert fresh.file.closed


def test_many_threads_open_one_file_once(key, monkeypatch):
    one, rooms, n = key(), HandlePool(), 8
    together, opened = threading.Barrier(n), []
    original = omio_toy_read.open_toy

    def slow(path, **options):
        opened.append(str(path))
        time.sleep(0.02)  # long enough for the others to come
        return original(path, **options)

    monkeypatch.setattr(omio_toy_read, "open_toy", slow)

    def read():
        together.wait(timeout=60)
        with rooms.lease(one) as handle:
            return pixels(handle)

    with ThreadPoolExecutor(n) as threads:
        results = [future.result() for future in [threads.submit(read) for _ in range(n)]]
    assert all(np.array_equal(result, PIXELS + 1) for result in results)
    assert opened == [one.path]
    rooms.clear()


def test_many_threads_on_few_handles(key):
    keys, rooms = [key("x" * n) for n in range(1, 7)], HandlePool()

    def read(n):
        with rooms.lease(keys[n % 6]) as handle:
            return int(pixels(handle)[0, 0]) == n % 6 + 1

    with settings.using(max_open=2), ThreadPoolExecutor(6) as threads:
        assert all(threads.map(read, range(300)))
    rooms.clear()
    assert len(rooms) == 0


def test_an_adopted_handle_is_lent_and_a_second_is_closed(toy, tmp_path):
    path = str(write_toy(tmp_path / "a.toy", image(PIXELS, "YX")))
    rooms = HandlePool()
    made, first = open_with(toy, locate(path), {})
    _, second = open_with(toy, locate(path), {})
    rooms.adopt(made, first)
    rooms.adopt(made, second)
    assert second.file.closed
    with rooms.lease(made) as handle:
        assert handle is first
    rooms.clear()


def test_a_handle_that_is_adopted_during_a_lease_is_not_lost(toy, tmp_path, monkeypatch):
    path = str(write_toy(tmp_path / "a.toy", image(PIXELS, "YX")))
    rooms = HandlePool()
    made, first = open_with(toy, locate(path), {})
    original, spare = omio_toy_read.open_toy, []

    def meanwhile(*args, **options):
        rooms.adopt(made, first)  # as another thread would, between the look and the opening
        spare.append(original(*args, **options))
        return spare[0]

    monkeypatch.setattr(omio_toy_read, "open_toy", meanwhile)
    with rooms.lease(made) as handle:
        assert handle is first
    assert spare[0].file.closed
    rooms.clear()
    assert first.file.closed


def test_adopted_handles_are_bounded(toy, tmp_path):
    rooms, handles = HandlePool(), []
    with settings.using(max_open=3):
        for n in range(10):
            path = str(write_toy(tmp_path / f"{n}.toy", image(PIXELS, "YX")))
            made, handle = open_with(toy, locate(path), {})
            handles.append(handle)
            rooms.adopt(made, handle)
    assert [h.file.closed for h in handles] == [True] * 7 + [False] * 3
    rooms.clear()


def test_options_are_part_of_the_key(key):
    plain, rooms = key("a"), HandlePool()
    added = replace(plain, options=(("add", 5),))
    with rooms.lease(plain) as one, rooms.lease(added) as other:
        assert np.array_equal(pixels(one) + 5, pixels(other))
    rooms.clear()


def test_what_cannot_be_opened_leaves_nothing(key):
    one, rooms = key(), HandlePool()
    with open(one.path, "r+b") as file:
        file.truncate(10)
    status = os.stat(one.path)
    cut = replace(one, members=(Fingerprint(one.location, Stamp(10, status.st_mtime_ns)),))
    for _ in range(2):
        with pytest.raises(CorruptFileError), rooms.lease(cut):
            pass
    assert rooms._entries == {}
    gc.collect()


def test_a_reader_that_is_not_here(key, catalogue):
    one = key()
    catalogue()
    with pytest.raises(UnknownReaderError, match="no reader 'toy' in this process"), HandlePool().lease(one):
        pass


@pytest.mark.parametrize(
    ("reference", "kind", "words"),
    [
        ("a_package_that_is_not_there:open", MissingDependencyError, "needs a package"),
        ("omio_toy_read:nothing", PluginContractError, "cannot be used"),
        ("omio_toy_read", PluginContractError, "cannot be used"),
        ("builtins:repr", PluginContractError, "gave what is not an open file"),
        ("builtins:int", CorruptFileError, r"raised TypeError"),
        ("os:listdir", ReadError, "cannot be opened"),
    ],
)
def test_what_stands_behind_open_may_be_wrong(toy, tmp_path, reference, kind, words):
    path = str(write_toy(tmp_path / "a.toy", image(PIXELS, "YX")))
    with pytest.raises(kind, match=words) as caught:
        open_with(replace(toy, open=reference, extra="toy"), locate(path), {})
    assert (caught.value.reader, caught.value.path) == ("toy", path)
    assert caught.value.__cause__ is not None or kind is PluginContractError


def test_the_extra_is_named(toy, tmp_path):
    path = str(write_toy(tmp_path / "a.toy", image(PIXELS, "YX")))
    with pytest.raises(MissingDependencyError) as caught:
        open_with(replace(toy, open="a_package_that_is_not_there:open", extra="toys"), locate(path), {})
    assert caught.value.remedy == "pip install 'omio-core[toys]'"


def test_members_that_fail_are_the_readers_fault(toy, tmp_path, monkeypatch):
    class Silent(omio_toy_read.Toy):
        @property
        def members(self):
            if hasattr(self, "images"):
                raise KeyError("members")
            return self.kept

        @members.setter
        def members(self, value):
            self.kept = value

    made = []
    monkeypatch.setattr(omio_toy_read, "open_toy", lambda path: made.append(Silent(path)) or made[0])
    with pytest.raises(CorruptFileError, match="KeyError"):
        open_with(toy, locate(write_toy(tmp_path / "a.toy", image(PIXELS, "YX"))), {})
    assert made[0].file.closed


def test_a_child_process_opens_its_own(key):
    if not hasattr(os, "fork"):
        pytest.skip("this system does not fork")
    one = key()
    with opens.HANDLES.lease(one):
        pass
    assert len(opens.HANDLES) == 1
    held = threading.Event()
    free = threading.Event()

    def hold():
        with opens.HANDLES._lock:
            held.set()
            free.wait(timeout=60)

    thread = threading.Thread(target=hold)
    thread.start()
    held.wait(timeout=60)
    child = _fork(lambda: _read_in_child(one))
    free.set()
    thread.join()
    assert _ended(child) == 0


def _fork(work):
    import warnings

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # 3.12 warns of forks with threads: that is the case here
        child = os.fork()
    if child == 0:
        code = 1
        try:
            code = work()
        finally:
            os._exit(code)
    return child


def _ended(child):
    """The exit code of a child; one that waits for a lock nobody will free is ended after a minute."""
    for _ in range(600):
        done, status = os.waitpid(child, os.WNOHANG)
        if done:
            return os.waitstatus_to_exitcode(status)
        time.sleep(0.1)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return "it waits for ever"


def _read_in_child(one: Key) -> int:
    if len(opens.HANDLES):
        return 2
    with opens.HANDLES.lease(one) as handle:
        return 0 if np.array_equal(pixels(handle), PIXELS + 1) else 3


def test_an_option_that_the_readers_function_does_not_take_is_the_readers_fault(toy, tmp_path, monkeypatch):
    path = write_toy(tmp_path / "a.toy", image(np.zeros((2, 3), "u1"), "YX"))
    monkeypatch.setattr(omio_toy_read, "open_toy", lambda location: None)
    with pytest.raises(PluginContractError, match="does not take the option 'add'; it is open\\(location\\)") as caught:
        open_with(omio_toy.READER, locate(path), {"add": 1})
    assert caught.value.reader == omio_toy.READER.name
    monkeypatch.setattr(omio_toy_read, "open_toy", lambda location, add=0: add + "1")
    with pytest.raises(CorruptFileError, match="TypeError"):
        open_with(omio_toy.READER, locate(path), {"add": 1})
