"""The kit's checks of manners: damaged files, leaked handles, threads, files that are written to."""

from __future__ import annotations

import sys

import pytest

from tests.core.testing.kits import breaking

CAUGHT = [
    ("Littering", "test_no_handle_is_leaked", "garbage collector"),
    ("Threads", "test_no_thread_is_started", "started"),
    ("Scribbles", "test_file_is_unchanged", "small.toy.index"),
    ("Touches", "test_file_is_unchanged", "small.toy"),
    ("foreign", "test_truncated_is_refused", "is no OmioError"),
    ("Padding", "test_truncated_is_refused", "other pixels than the whole"),
]


@pytest.mark.parametrize(("name", "check", "words"), CAUGHT, ids=[f"{name}-{check}" for name, check, _ in CAUGHT])
def test_the_kit_catches(tmp_path, name, check, words):
    with pytest.raises((AssertionError, pytest.fail.Exception), match=words):
        getattr(breaking(name), check)(tmp_path)


def test_the_kit_catches_leaked_handles(tmp_path):
    kit = breaking("Leaks")
    if not sys.platform.startswith("linux"):
        pytest.skip("open handles are counted on Linux")
    with pytest.raises(AssertionError, match="handles are left open"):
        kit.test_no_handle_is_leaked(tmp_path)
