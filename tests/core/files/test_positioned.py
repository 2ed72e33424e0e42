"""Positioned reads: exactly what was asked for, or an error, whatever the system has."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from omio_core.errors import CorruptFileError, ReadError
from omio_core.files.positioned import LocalFile

DATA = bytes(range(256)) * 40


@pytest.fixture(params=["preadv", "pread", "seek"])
def file(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Opened where the system has `preadv`, `pread` alone, or neither."""
    for name in {"preadv": (), "pread": ("preadv",), "seek": ("preadv", "pread")}[request.param]:
        monkeypatch.delattr(os, name, raising=False)
    path = tmp_path / "a.bin"
    path.write_bytes(DATA)
    opened = LocalFile(str(path))
    yield opened
    opened.close()


def test_reads(file: LocalFile) -> None:
    assert file.size == len(DATA)
    assert file.read(300, 500) == DATA[300:800]
    assert file.read(len(DATA), 0) == b""
    room = bytearray(700)
    file.read_into(memoryview(room), 11)
    assert bytes(room) == DATA[11:711]
    assert bytes(file.read_each(range(5, 9000, 700), 40)) == b"".join(DATA[i : i + 40] for i in range(5, 9000, 700))
    assert bytes(file.read_each(range(0), 40)) == b""


@pytest.mark.parametrize(("offset", "n"), [(len(DATA), 1), (-1, 1), (0, len(DATA) + 1), (1 << 62, 1), (3, -1)])
def test_what_lies_outside_is_refused(file: LocalFile, offset: int, n: int) -> None:
    with pytest.raises(CorruptFileError, match="ends too soon"):
        file.read(offset, n)


def test_a_file_that_was_cut_meanwhile(file: LocalFile) -> None:
    os.truncate(file.path, 100)
    with pytest.raises(CorruptFileError, match="ends too soon"):
        file.read(50, 500)
    with pytest.raises(CorruptFileError, match="ends too soon"):
        file.read_each(range(0, 1000, 50), 50)
    assert file.read(0, 100) == DATA[:100]


def test_what_is_no_file(tmp_path: Path) -> None:
    with pytest.raises(ReadError, match="not a regular file"):
        LocalFile(str(tmp_path))
    with pytest.raises(FileNotFoundError):
        LocalFile(str(tmp_path / "nothing"))
