"""TIFFs with the private tags of MetaMorph made by hand: stacks, and pages that a program put such tags on."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np

EMPTY = (0, 0, 0, 0, 0, 0)  # of a plane in UIC2Tag: distance, day and time of creation, of modification
DAY = 2459809  # the day in real_movie.stk, 2022-08-17


def plane(*, distance: tuple[int, int] = (0, 1), day: int = DAY, time: int = 0) -> tuple[int, ...]:
    """What UIC2Tag has of one plane."""
    return (*distance, day, time, 0, 0)


def tagged(
    path: Path, planes: np.ndarray, *, order: str = "<", uic2: Sequence[tuple[int, ...]] = (EMPTY,),
    stacked: bool = False, description: str = "", calibration: tuple[int, int] = (99, 1), units: bytes = b"microns",
    name: bytes = b"Gattaca", packed: bool = False,
) -> Path:  # fmt: skip
    """Write planes, (n, rows, columns) uint16, and the UIC tags that Prairie View 5.3 writes, or others.

    Parameters
    ----------
    uic2
        What UIC2Tag has; the tag counts as many planes.
    stacked
        One IFD before all planes, rather than one each, with the UIC tags on each.
    packed
        Each plane compressed, as one strip.
    """
    n, rows, columns = planes.shape
    out = bytearray((b"II" if order == "<" else b"MM") + struct.pack(order + "HI", 42, 0))

    def put(data: bytes) -> int:
        at = len(out)
        out.extend(data + bytes(len(data) % 2))
        return at

    def longs(*values: int) -> bytes:
        return struct.pack(f"{order}{len(values)}I", *values)

    stored = [one.astype(order + "u2").tobytes() for one in planes]
    stored = [zlib.compress(one) for one in stored] if packed else stored
    at = [put(one) for one in stored]
    scale, unit = put(longs(*calibration)), put(longs(len(units)) + units)
    codes = [(3, 1), (4, scale), (5, scale), (6, unit), (7, put(longs(len(name)) + name)), (16, put(longs(0, 0)))]
    uic1 = put(longs(*(value for pair in codes for value in pair)))
    at2, at3 = put(longs(*(value for one in uic2 for value in one))), put(longs(*(77, 43) * len(uic2)))
    text = description.encode() + b"\0"
    note, inch = put(text), put(longs(72, 1))
    offsets = []
    for k in range(1 if stacked else n):
        tags = [
            (254, 4, 1, 0), (256, 4, 1, columns), (257, 4, 1, rows), (258, 3, 1, 16), (259, 3, 1, 8 if packed else 1),
            (262, 3, 1, 1), (273, 4, 1, at[k]), (278, 4, 1, rows), (279, 4, 1, len(stored[k])), (282, 5, 1, inch),
            (283, 5, 1, inch), (296, 3, 1, 2), (33628, 4, len(codes), uic1), (33629, 5, len(uic2), at2),
            (33630, 5, len(uic2), at3),
        ]  # fmt: skip
        if description and k == 0:
            tags.insert(6, (270, 2, len(text), note))
        offsets.append(len(out))
        entries = (struct.pack(f"{order}HHI", *tag[:3]) + _value(order, *tag[1:]) for tag in tags)
        put(struct.pack(order + "H", len(tags)) + b"".join(entries) + bytes(4))
    for offset, following in zip(
        [4, *(o + 2 + 12 * _number(out, o, order) for o in offsets)], [*offsets, 0], strict=True
    ):
        struct.pack_into(order + "I", out, offset, following)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(bytes(out))
    return path


def _value(order: str, kind: int, number: int, value: int) -> bytes:
    return struct.pack(order + ("HH" if kind == 3 and number == 1 else "I"), *((value, 0) if kind == 3 else (value,)))


def _number(data: bytearray, offset: int, order: str) -> int:
    number: int = struct.unpack_from(order + "H", data, offset)[0]
    return number
