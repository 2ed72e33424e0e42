"""A strip or tile of PackBits up to its last byte; it decodes nothing.

A byte n and n + 1 bytes as they are; or 257 - n and one byte that stands n times; 128 stands for nothing (TIFF 6.0,
section 9). What lies behind the last byte of a strip is not judged: libtiff stops there, too, in the middle of a run
where need be (tif_packbits.c, PackBitsDecode).
"""

from __future__ import annotations


def trim(data: bytes, expected: int) -> bytes:
    """The data up to the run that makes the byte `due`, which is made as short as it has to be; all where none does.

    Parameters
    ----------
    due
        Bytes that the strip or tile takes.
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
