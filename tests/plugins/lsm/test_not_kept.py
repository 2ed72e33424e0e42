"""What an LSM file states and neither pixels nor facts hold is said in words."""

from __future__ import annotations

import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from .made import ramp, write
from .samples import KINDS


def shapes(number: int, size: int) -> bytes:
    """A block of an overlay that states so many shapes and such a size."""
    return struct.pack("<ii", number, size) + bytes(size - 8)


@pytest.mark.parametrize(
    ("name", "block", "words"),
    [
        ("VectorOverlay", shapes(2, 400), ("an overlay of 2 shapes",)),
        ("VectorOverlay", shapes(0, 400), ()),
        ("VectorOverlay", shapes(1, 194), ()),
        ("Roi", shapes(1, 300), ("regions of interest (ROI): 1 shape",)),
        ("BleachRoi", shapes(3, 500), ("bleached regions: 3 shapes",)),
        ("LinescanOverlay", struct.pack("<ii", -1, 1 << 30), ()),
    ],
)
def test_overlays(tmp_path: Path, read: Callable[..., Any], name: str, block: bytes, words: tuple[str, ...]) -> None:
    file = write(tmp_path / "a.lsm", [[ramp(7, 9)]], blocks={name: block})
    assert [image.not_kept for image in read(file.path)[0]] == [words]


def test_an_overlay_beyond_the_end_and_another_recording(tmp_path: Path, read: Callable[..., Any]) -> None:
    fields = {"OffsetVectorOverlay": 1 << 30, "OffsetNextRecording": 99}
    file = write(tmp_path / "a.lsm", [[ramp(7, 9)]], fields)
    assert [image.not_kept for image in read(file.path)[0]] == [("another recording, which is inside the file",)]


@pytest.mark.parametrize("kind", ["mixed", "tzc"])
def test_nothing_is_said_of_other_files(tmp_path: Path, read: Callable[..., Any], kind: str) -> None:
    KINDS[kind](tmp_path / "a.lsm")
    assert [image.not_kept for image in read(tmp_path / "a.lsm")[0]] == [()]
