"""The check of a strip or tile of LZW, which finds how far it can be decoded safely; it decodes nothing.

imagecodecs before 2026.10.10 (the newest version for Python 3.11 is older) reads invalid memory at a code that has no
entry in the table yet, and crashes the interpreter. So every code is checked first: between two clears the width of
each code is known beforehand, and all codes up to the next clear are unpacked at once.

Data behind the last byte of a strip are not checked: libtiff stops there (tif_lzw.c, LZWDecode), and some writers omit
END or write it one bit too short (found/lzw_noeoi_ones.tif, found/lzw_old_eoi.tif). Only decoding shows how many bytes
the codes make; so data without a valid END are cut before the first invalid code, and get an END. The caller checks
whether the rest fills the strip.

Codes: TIFF 6.0, section 13. Before version 6.0, TIFF wrote the bits of a byte in reverse order and changed widths one
code later; such data begin with a 0 byte and an odd one (libtiff, tif_lzw.c, LZWPreDecode).
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

_CLEAR, _END, _FIRST = 256, 257, 258
_TABLE = 4096
_LATE = 1024  # codes that may follow a full table before the expected clear; they refer to existing entries
_CLEARS, _BYTES_PER_CLEAR = 64, 64  # clears that are always allowed, and bytes for each more: each costs a search
_SAFE_FROM = (2026, 10, 10)

Bits = NDArray[np.int32]


def needs_check() -> bool:
    """Whether the installed imagecodecs crashes on damaged data."""
    import imagecodecs

    parts = str(imagecodecs.__version__).split(".")[:3]
    return tuple(int(p) if p.isdecimal() else 0 for p in parts) < _SAFE_FROM


@lru_cache(maxsize=2)
def _schedule(early: int) -> tuple[Bits, Bits, Bits]:
    """For the codes after a clear: the bit at which each begins, its width, and its largest valid value."""
    # the first code after a clear adds no entry; each later one adds an entry after it is read
    known = np.maximum(_FIRST + np.arange(_TABLE - _FIRST + _LATE) - 1, _FIRST)
    widths = np.select([known < 512 - early, known < 1024 - early, known < 2048 - early], [9, 10, 11], 12)
    begins = np.cumsum(widths) - widths
    largest = np.minimum(known, _TABLE - 1)
    largest[0] = 255
    return begins.astype(np.int32), widths.astype(np.int32), largest.astype(np.int32)


def trim(data: bytes) -> tuple[bytes, str]:
    """Cut the data before the first code that has no entry in the table when it is read.

    Returns
    -------
    data
        Unchanged if an END was found, else cut before the first invalid code, with an END.
    why
        What is there instead of an END; empty if there is one.
    """
    old = len(data) > 1 and data[0] == 0 and data[1] & 1 == 1
    begins, widths, largest = _schedule(0 if old else 1)
    stops = begins + widths
    raw = np.frombuffer(data + b"\0\0\0", np.uint8)
    bits, at, clears = 8 * len(data), 0, 0
    while at + 9 <= bits:
        if clears > _CLEARS + len(data) // _BYTES_PER_CLEAR:
            return _end_at(data, at, int(widths[0]), old), f"{clears} clears in {at // 8} bytes"
        n = int(np.searchsorted(stops, bits - at, side="right"))
        codes = _unpack_codes(raw, at, begins[:n], widths[:n], old)
        ends = np.flatnonzero((codes == _CLEAR) | (codes == _END))
        until = int(ends[0]) if ends.size else n
        wrong = np.flatnonzero(codes[:until] > largest[:until])
        if wrong.size or (until == n == len(begins)):
            k = int(wrong[0]) if wrong.size else n - 1
            why = f"code {codes[k]} at bit {at + begins[k]}, where the table ends with {largest[k]}"
            return _end_at(data, at + int(begins[k]), int(widths[k]), old), why
        if until < n and codes[until] == _END:
            return data, ""
        if until == n:
            return _end_at(data, at + int(begins[n]), int(widths[n]), old), "the data end without an END"
        at += int(begins[until] + widths[until])
        clears += 1
    return _end_at(data, at, int(widths[0]), old), "the data end without an END"


def _end_at(data: bytes, bits: int, width: int, old: bool) -> bytes:
    """Cut the data after `bits`, and append an END of `width` bits."""
    full_bytes, more = divmod(bits, 8)
    first = data[full_bytes] if more else 0
    size = -(-(more + width) // 8)
    if old:
        return data[:full_bytes] + (first & (1 << more) - 1 | _END << more).to_bytes(size, "little")
    head = first >> (8 - more)
    return data[:full_bytes] + ((head << width | _END) << (8 * size - more - width)).to_bytes(size, "big")


def _unpack_codes(raw: NDArray[np.uint8], at: int, begins: Bits, widths: Bits, old: bool) -> Bits:
    """Unpack the codes whose bits begin at `at` plus each of `begins`."""
    begins = begins + (at & 7)
    near = raw[at >> 3 : (at >> 3) + (int(begins[-1]) >> 3) + 3].astype(np.int32)
    if old:
        windows = near[:-2] | near[1:-1] << 8 | near[2:] << 16
        shifts = begins & 7
    else:
        windows = near[:-2] << 16 | near[1:-1] << 8 | near[2:]
        shifts = 24 - widths - (begins & 7)
    codes: Bits = windows[begins >> 3] >> shifts & (1 << widths) - 1
    return codes
