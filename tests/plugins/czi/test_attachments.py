"""What a CZI has attached and OMIO does not keep: named in words when the file is opened."""

from __future__ import annotations

import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from .made import Block, attach, ramp, write

Describe = Callable[..., list[Any]]


def events(count: int) -> bytes:
    """CZEVL: size and number of the events, and some of them."""
    return struct.pack("<ii", 8 + 40 * count, count) + bytes(40 * count)


@pytest.fixture
def left_out(tmp_path: Path, describe: Describe) -> Callable[..., tuple[str, ...]]:
    """From attachments to what is said to be not kept of the file."""

    def of(*attached: tuple[bytes, bytes, bytes], **odd: Any) -> tuple[str, ...]:
        path = write(tmp_path / "a.czi", [Block(pixels=ramp(4, 5))])
        return tuple(describe(attach(path, *attached, **odd))[0].not_kept)

    return of


def test_attachments_are_named_in_words(left_out: Callable[..., tuple[str, ...]]) -> None:
    found = left_out(
        (b"CZI", b"..", b"Label"), (b"CZI", b"..", b"SlidePreview"), (b"JPG", b"..", b"Thumbnail"),
        (b"CZEVL", events(3), b"EventList"), (b"CZFBMX", b"..", b"FiberMatrix"), (b"XYZ", b"..", b""),
        (b"JPG", b"..", b"Thumbnail"),
    )  # fmt: skip
    assert found == (
        "the picture of the slide's label",
        "the overview picture of the slide",
        "a thumbnail (2 of them)",
        "the list of events during the acquisition",
        "the attachment FiberMatrix",
        "the attachment without a name",
    )


def test_time_stamps_and_empty_lists_are_not_missed(left_out: Callable[..., tuple[str, ...]]) -> None:
    assert left_out((b"CZTIMS", struct.pack("<iid", 16, 1, 0.5), b"TimeStamps"), (b"CZEVL", events(0), b"E")) == ()


def test_a_name_is_printed_on_one_line(left_out: Callable[..., tuple[str, ...]]) -> None:
    assert left_out((b"XYZ", b"..", b"a\nb\xff")) == ("the attachment a?b\N{REPLACEMENT CHARACTER}",)


@pytest.mark.parametrize("odd", [{"directory": 3}, {"directory": 1 << 40}, {"count": -1}, {"count": 0}])
def test_a_damaged_list_costs_nothing_else(left_out: Callable[..., tuple[str, ...]], odd: dict[str, int]) -> None:
    assert left_out((b"CZI", b"..", b"Label"), **odd) == ()


def test_an_event_list_outside_the_file_is_still_named(left_out: Callable[..., tuple[str, ...]]) -> None:
    assert left_out((b"CZEVL", events(0), b"EventList"), offset=1 << 60) == (
        "the list of events during the acquisition",
    )


def test_a_file_without_attachments_keeps_everything(tmp_path: Path, describe: Describe) -> None:
    assert describe(write(tmp_path / "a.czi", [Block(pixels=np.zeros((4, 5), "u1"))]))[0].not_kept == ()


def test_a_real_file_says_what_is_attached(data: Path, describe: Describe) -> None:
    assert describe(data / "czi" / "WellD6-7_S2.czi")[0].not_kept == (
        "the list of events during the acquisition",
        "a thumbnail",
    )
