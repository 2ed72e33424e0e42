"""The cut of a strip or tile of PackBits behind its last byte; it decodes nothing.

A run is a byte n and n + 1 literal bytes; or 257 - n and one byte that is repeated n times; 128 is skipped (TIFF 6.0,
section 9). Data behind the last byte of a strip are not checked: libtiff stops there, too, in the middle of a run
if necessary (tif_packbits.c, PackBitsDecode).
"""

from __future__ import annotations


def trim(data: bytes, expected: int) -> bytes:
    """Cut the data behind the run that decodes to the last byte expected, and shorten that run if necessary.

    The data are unchanged if they decode to fewer bytes.

    Parameters
    ----------
    expected
        Decoded bytes of the strip or tile.
    """
    at = total = 0
    while at + 1 < len(data):
        head = data[at]
        count = head + 1 if head < 128 else 257 - head if head > 128 else 0
        if head < 128 and at + 1 + count > len(data):
            break
        if total + count >= expected:
            rest = expected - total
            if head < 128:
                return data[:at] + bytes((rest - 1,)) + data[at + 1 : at + 1 + rest]
            return data[:at] + (bytes((257 - rest,)) if rest > 1 else b"\0") + data[at + 1 : at + 2]
        total += count
        at += 1 + count if head < 128 else 2 if head > 128 else 1
    return data
