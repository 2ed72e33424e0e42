"""Check the size that a JPEG declares, before any decoder sees it; it decodes nothing."""

from __future__ import annotations

import struct

from omio_core.contract import CorruptFileError

_NO_FRAME = (0xC4, 0xC8, 0xCC)  # DHT, JPG, DAC: no frame headers, although among their codes


def check(data: bytes, width: int, height: int) -> None:
    """Check that the frame header declares that size; markers as in ITU-T T.81, B.1 and B.2.2.

    Raises
    ------
    CorruptFileError
        The frame header declares another size, or the data are no JPEG.
    """
    offset = 2
    while data[:2] == b"\xff\xd8" and offset + 9 <= len(data) and data[offset] == 0xFF:
        marker = data[offset + 1]
        if 0xC0 <= marker <= 0xCF and marker not in _NO_FRAME:
            declared = struct.unpack_from(">HH", data, offset + 5)
            if declared != (height, width):
                raise CorruptFileError(
                    "a sub-block holds a picture of another size than it says",
                    evidence=f"its JPEG declares {declared[1]}x{declared[0]}, it has {width}x{height} pixels",
                )
            return
        offset += 1 if marker == 0xFF else 2 + struct.unpack_from(">H", data, offset + 2)[0]
    raise CorruptFileError("a sub-block is no JPEG", evidence=f"it begins with {data[:4]!r}")
