"""Stamps: a file that is not what it was is refused, and a key is a value that travels."""

from __future__ import annotations

import os
import pickle
from pathlib import Path

import pytest

from omio_core.errors import FileChangedError
from omio_core.files.local import locate
from omio_core.files.stamps import Fingerprint, Key


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "a.bin"
    path.write_bytes(b"1234")
    return path


def test_a_file_that_stays_is_held(file: Path) -> None:
    seen = Fingerprint.of(locate(file))
    assert (seen.path, seen.stamp.size) == (str(file), 4)
    seen.verify()
    Key(reader="r", location=locate(file), members=(seen,)).verify()


@pytest.mark.parametrize("change", ["size", "time"])
def test_a_file_that_changed_is_refused(file: Path, change: str) -> None:
    seen = Fingerprint.of(locate(file))
    if change == "size":
        file.write_bytes(b"12345")
        os.utime(file, ns=(seen.stamp.mtime_ns, seen.stamp.mtime_ns))
    else:
        os.utime(file, ns=(seen.stamp.mtime_ns, seen.stamp.mtime_ns + 1_000_000_000))
    with pytest.raises(FileChangedError, match="has changed") as caught:
        Key(reader="r", location=locate(file), members=(seen,)).verify()
    assert caught.value.path == str(file)


def test_a_file_that_is_gone_is_refused(file: Path) -> None:
    seen = Fingerprint.of(locate(file))
    file.unlink()
    for look in (seen.verify, lambda: Fingerprint.of(locate(file))):
        with pytest.raises(FileChangedError, match="no longer be found"):
            look()


def test_a_key_is_a_value(file: Path) -> None:
    seen = Fingerprint.of(locate(file))
    key = Key(reader="r", location=locate("p"), options=(("add", 1),), members=(seen, seen))
    again = pickle.loads(pickle.dumps(key))
    assert again == key
    assert hash(again) == hash(key)
    others = (
        Key(reader="s", location=locate("p"), options=(("add", 1),), members=(seen, seen)),
        Key(reader="r", location=locate("p"), options=(("add", 2),), members=(seen, seen)),
        Key(reader="r", location=locate("p"), options=(("add", 1),), members=(seen,)),
    )
    assert len({key, again, *others}) == 4
