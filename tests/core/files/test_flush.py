"""Flushing down to the disk, on macOS too, which is imitated."""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from omio_core.files import flush as module
from omio_core.files.flush import flush

pytest.importorskip("fcntl", reason="there is no fcntl on this system, and so no macOS to imitate")


@pytest.fixture
def handle(tmp_path: Path) -> Iterator[int]:
    handle = os.open(tmp_path / "a", os.O_RDWR | os.O_CREAT)
    yield handle
    os.close(handle)


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """The calls that flush, by name, on a system that says it is macOS."""
    import fcntl

    made: list[str] = []
    monkeypatch.setattr(sys, "platform", "darwin")
    monkeypatch.setattr(os, "fsync", lambda _: made.append("fsync"))
    monkeypatch.setattr(fcntl, "F_FULLFSYNC", 51, raising=False)
    monkeypatch.setattr(fcntl, "fcntl", lambda _, command: made.append(f"fcntl {command}"))
    module._full_flush.cache_clear()
    yield made
    module._full_flush.cache_clear()


def test_the_drive_is_flushed_on_macos(handle: int, calls: list[str]) -> None:
    flush(handle)
    assert calls == ["fcntl 51"]


def test_a_file_system_without_it_is_flushed_as_it_can(
    handle: int, calls: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    import fcntl

    def refuse(*_: object) -> None:
        raise OSError(errno.ENOTSUP, "not supported")

    monkeypatch.setattr(fcntl, "fcntl", refuse)
    flush(handle)
    assert calls == ["fsync"]


def test_elsewhere_fsync_is_asked(handle: int, monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[int] = []
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setattr(os, "fsync", made.append)
    module._full_flush.cache_clear()
    flush(handle)
    assert made == [handle]
    module._full_flush.cache_clear()
