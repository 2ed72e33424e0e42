"""Damaged LZW is found out before a decoder sees it that it would kill."""

from __future__ import annotations

import imagecodecs
import numpy as np
import pytest

from omio_core.contract import Box
from omio_core.errors import CorruptFileError, OmioError
from omio_plugins.tiff import _lzw
from omio_plugins.tiff._read import open_tiff

RNG = np.random.default_rng(3)


def old_style(values: bytes) -> bytes:
    """LZW as before TIFF 6.0, of literals only: bits from the other end, widths changed one code later."""
    bits, known = "", 0
    for k, value in enumerate([256, *values, 257]):
        known = max(258 + k - 2, 258)
        width = 9 + (known >= 512) + (known >= 1024) + (known >= 2048)
        bits = f"{value:0{width}b}" + bits
    bits = bits.zfill(-(-len(bits) // 8) * 8)
    return int(bits, 2).to_bytes(len(bits) // 8, "little")


@pytest.mark.parametrize("most", [1, 2, 5, 256])
@pytest.mark.parametrize("length", [1, 9, 300, 4_000, 100_000])
def test_whatever_is_sound_passes(most: int, length: int) -> None:
    encoded = imagecodecs.lzw_encode(RNG.integers(0, most, length, dtype="u1").tobytes())
    _lzw.check(encoded)
    damaged = bytearray(encoded)
    damaged[1] |= 0x7F  # the first code after the clear becomes one of no entry
    with pytest.raises(CorruptFileError, match="LZW"):
        _lzw.check(bytes(damaged))


def test_the_style_before_tiff_6(make, page, read, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_lzw, "needs_check", lambda: True)
    values = bytes(RNG.integers(0, 200, 900, dtype="u1"))
    data = old_style(values)
    (array,) = read(make([page(30, 30, t259=(3, 5), t279=(4, len(data)))], data=data))
    assert array.tobytes() == values


def test_a_table_that_is_never_cleared() -> None:
    bits = f"{256:09b}" + f"{0:09b}" * 254 + f"{0:010b}" * 512 + f"{0:011b}" * 1024 + f"{0:012b}" * 6000
    with pytest.raises(CorruptFileError, match="table ends"):
        _lzw.check(int(bits, 2).to_bytes(len(bits) // 8 + 1, "big"))


@pytest.mark.parametrize("fill_order", [1, 2])
def test_damaged_strips_are_errors_or_pictures(make, page, fill_order: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_lzw, "needs_check", lambda: True)
    array = RNG.integers(0, 9, (60, 50), dtype="u1")
    sound = imagecodecs.lzw_encode(array.tobytes())
    tags = page(50, 60, t259=(3, 5), t279=(4, len(sound)), t266=(3, fill_order))
    errors = 0
    for k in range(120):
        data = bytearray(sound)
        if k:
            data[int(RNG.integers(len(data)))] = int(RNG.integers(256))
        if fill_order == 2:
            data = bytearray(int(f"{byte:08b}"[::-1], 2) for byte in data)
        opened = open_tiff(str(make([tags], data=bytes(data))))
        out = np.zeros(array.shape, array.dtype)
        try:
            opened.read_into(out, 0, Box.whole(array.shape), 0)
        except OmioError:
            errors += 1
        finally:
            opened.close()
        if k == 0:
            np.testing.assert_array_equal(out, array)
    assert errors > 0
