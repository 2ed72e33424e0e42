"""Probes: bounded, and never blocked by what is no file."""

from __future__ import annotations

import os
import sys

import pytest

from omio_core.errors import LimitExceededError, ReadError
from omio_core.files.probe import HEAD, MOST_A_READ, MOST_IN_ALL, Probe


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "Picture.TIF"
    path.write_bytes(bytes(range(256)) * 40)
    return path


def test_what_a_probe_tells(file):
    probe = Probe(file)
    assert (probe.name, probe.suffix, probe.is_folder, probe.size) == ("Picture.TIF", ".tif", False, 10240)
    assert probe.path == str(file)
    assert probe.head == (bytes(range(256)) * 40)[:HEAD]
    assert probe.read(10, 4) == b"\x0a\x0b\x0c\x0d"
    assert probe.read(10238, 100) == b"\xfe\xff"
    assert probe.read(99999, 4) == b""
    assert probe.read(-4, 4) == b""
    assert probe.read(4, 0) == b""


def test_a_relative_path_becomes_absolute(file, monkeypatch):
    monkeypatch.chdir(file.parent)
    assert Probe("Picture.TIF").path == str(file)


def test_bytes_stand_for_a_file(file):
    real, told = Probe(file), Probe.of_bytes(file.read_bytes(), "Picture.TIF")
    assert (real.head, real.size, real.suffix) == (told.head, told.size, told.suffix)
    assert real.read(7, 9) == told.read(7, 9)
    assert told.names() == ("Picture.TIF",)


@pytest.mark.parametrize("n", [MOST_A_READ + 1, -1])
def test_a_read_is_bounded(file, n):
    with pytest.raises(LimitExceededError, match="asked for too much"):
        Probe(file).read(0, n)


def test_all_reads_together_are_bounded(tmp_path):
    path = tmp_path / "large"
    path.write_bytes(bytes(2 * MOST_IN_ALL))
    probe = Probe(path)
    for k in range(MOST_IN_ALL // MOST_A_READ):
        assert len(probe.read(k * MOST_A_READ, MOST_A_READ)) == MOST_A_READ
    with pytest.raises(LimitExceededError):
        probe.read(0, 1)
    probe.renew()
    assert probe.read(0, 1) == b"\0", "the next reader has a whole budget"


def test_a_folder_has_no_bytes(tmp_path):
    (tmp_path / "b").touch()
    (tmp_path / "a").mkdir()
    probe = Probe(tmp_path)
    assert (probe.is_folder, probe.size, probe.head, probe.names()) == (True, 0, b"", ("a", "b"))
    assert Probe(tmp_path / "b").names() == ("a", "b"), "of a file: what lies beside it"


def test_what_lies_in_a_folder_counts_against_its_budget(tmp_path):
    (tmp_path / "large").write_bytes(bytes(2 * MOST_IN_ALL))
    (tmp_path / "sub").mkdir()
    probe = Probe(tmp_path)
    large, sub = probe.child("large"), probe.child("sub")
    assert large is not None
    assert sub is not None
    assert (large.size, sub.is_folder) == (2 * MOST_IN_ALL, True)
    assert (probe.child("nothing"), large.child("inside"), probe.child("sub/nothing")) == (None, None, None)
    for _ in range(MOST_IN_ALL // MOST_A_READ):
        large.read(0, MOST_A_READ)
    with pytest.raises(LimitExceededError):
        probe.child("large").read(0, 1)
    with pytest.raises(ReadError, match="is no name inside"):
        probe.child("../x")


def test_nothing_there(tmp_path):
    with pytest.raises(FileNotFoundError, match="there is no file"):
        Probe(tmp_path / "missing.tif")


def test_a_folder_that_is_a_file(file):
    with pytest.raises(FileNotFoundError, match="there is no file"):
        Probe(file / "inside")


def test_a_fifo_is_refused_without_waiting(tmp_path):
    if not hasattr(os, "mkfifo"):
        pytest.skip("this system has no FIFOs")
    os.mkfifo(tmp_path / "pipe.tif")
    with pytest.raises(ReadError, match="neither a file nor a folder"):
        Probe(tmp_path / "pipe.tif")


def test_a_device_is_refused():
    if sys.platform == "win32":
        pytest.skip("this system has no device files")
    with pytest.raises(ReadError, match="neither a file nor a folder"):
        Probe("/dev/zero")


def test_a_file_that_vanishes_is_a_read_error(file):
    probe = Probe(file)
    file.unlink()
    with pytest.raises(ReadError, match="cannot be read"):
        _ = probe.head


def test_a_folder_that_vanishes_is_a_read_error(tmp_path):
    folder = tmp_path / "folder"
    folder.mkdir()
    probe = Probe(folder)
    folder.rmdir()
    with pytest.raises(ReadError, match="cannot be listed"):
        probe.names()
