"""Check the size that a JPEG-XR picture declares, before any decoder sees it; it decodes nothing.

The container is ITU-T T.832, annex A (a TIFF-like directory); the codestream's header is 8.3.2 and 8.3.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator

from omio_core.contract import CorruptFileError

_WIDTH, _HEIGHT, _OFFSET = 0xBC80, 0xBC81, 0xBCC0  # IMAGE_WIDTH, IMAGE_HEIGHT, IMAGE_OFFSET
_MOST_TAGS = 256
_SIZES = {1: 1, 3: 2, 4: 4}  # UBYTE, USHORT, ULONG


def check(data: bytes, width: int, height: int) -> None:
    """Check that container and codestream both declare that size, because a decoder allocates what they declare.

    Raises
    ------
    CorruptFileError
        One of them declares another size, or the data are no JPEG-XR.
    """
    try:
        sizes = list(_declared_sizes(data))
    except struct.error as error:
        raise CorruptFileError("a sub-block is no JPEG-XR", evidence=f"{len(data)} bytes, cut off") from error
    if any(size != (width, height) for size in sizes):
        raise CorruptFileError(
            "a sub-block holds a picture of another size than it says",
            evidence=f"its JPEG-XR declares {', '.join(f'{w}x{h}' for w, h in sizes)}, it has {width}x{height} pixels",
        )


def _declared_sizes(data: bytes) -> Iterator[tuple[int, int]]:
    """Yield width and height as the container declares them, then as the codestream declares them."""
    if data[:3] != b"II\xbc":
        raise CorruptFileError("a sub-block is no JPEG-XR", evidence=f"it begins with {data[:4]!r}")
    (offset,) = struct.unpack_from("<I", data, 4)
    (count,) = struct.unpack_from("<H", data, offset)
    tags: dict[int, int] = {}
    for k in range(min(count, _MOST_TAGS)):
        code, kind, number, value = struct.unpack_from("<HHI4s", data, offset + 2 + 12 * k)
        if number == 1 and kind in _SIZES:
            tags[code] = int.from_bytes(value[: _SIZES[kind]], "little")
    if not {_WIDTH, _HEIGHT, _OFFSET} <= set(tags):
        raise CorruptFileError("a sub-block is no JPEG-XR", evidence=f"it has the tags {sorted(tags)}")
    yield tags[_WIDTH], tags[_HEIGHT]
    start = tags[_OFFSET]
    if data[start : start + 8] != b"WMPHOTO\0":
        raise CorruptFileError("a sub-block is no JPEG-XR", evidence=f"no codestream at {start}")
    short = struct.unpack_from("B", data, start + 10)[0] & 0x80  # SHORT_HEADER_FLAG
    width, height = struct.unpack_from(">HH" if short else ">II", data, start + 12)  # WIDTH_MINUS1, HEIGHT_MINUS1
    yield width + 1, height + 1
