"""The directory of a zip file, as bytes: which members it has and where; it opens no file and knows no Zarr.

The format is that of https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT (4.3), with its 64-bit form (4.3.14).
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

_END, _END64, _LOCATOR64 = b"PK\x05\x06", b"PK\x06\x06", b"PK\x06\x07"
_ENTRY, _LOCAL = b"PK\x01\x02", b"PK\x03\x04"
_FULL16, _FULL32 = 0xFFFF, 0xFFFFFFFF
_ROOTS = ("zarr.json", ".zattrs", ".zgroup", ".zarray")


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A member of a zip file.

    Parameters
    ----------
    name
        Its name, with "/".
    method
        0 for stored, 8 for deflated.
    packed, size
        Bytes in the file, and when decompressed.
    crc
        The CRC-32 of the decompressed bytes.
    offset
        Where its local header begins.
    encrypted
        Whether a password is needed.
    """

    name: str
    method: int
    packed: int
    size: int
    crc: int
    offset: int
    encrypted: bool = False


def directory_span(tail: bytes, size: int, read: Callable[[int, int], bytes]) -> tuple[int, int] | None:
    """Where the directory begins, and its bytes; None if the file has none, or it is not inside the file.

    Parameters
    ----------
    tail
        The last bytes of the file; 64 KiB and 22 bytes are enough for any.
    size
        Bytes of the whole file.
    read
        Returns bytes at an offset, fewer at the end of the file.
    """
    at = tail.rfind(_END)
    if at < 0 or len(tail) - at < 22:
        return None
    count, length, start = struct.unpack("<HII", tail[at + 10 : at + 20])
    end = size - len(tail) + at
    if _FULL32 in (length, start) or count == _FULL16:
        locator = read(end - 20, 20) if end >= 20 else b""
        if len(locator) == 20 and locator[:4] == _LOCATOR64:
            end = struct.unpack("<Q", locator[8:16])[0]
            record = read(end, 56) if end < size else b""
            if len(record) < 56 or record[:4] != _END64:
                return None
            length, start = struct.unpack("<QQ", record[40:56])
    return (start, length) if start + length <= end else None


def entries(directory: bytes, *, whole: bool = False) -> Iterator[Entry]:
    """The members in a directory, or in its beginning; folders are left out.

    Raises
    ------
    ValueError
        With `whole`: what is given is not all a directory.
    """
    at = 0
    while directory[at : at + 4] == _ENTRY and at + 46 <= len(directory):
        flags, method = struct.unpack("<HH", directory[at + 8 : at + 12])
        crc, packed, size, name_n, extra_n, comment_n = struct.unpack("<IIIHHH", directory[at + 16 : at + 34])
        (offset,) = struct.unpack("<I", directory[at + 42 : at + 46])
        name_end = at + 46 + name_n
        stop = name_end + extra_n + comment_n
        if stop > len(directory):
            break
        name = directory[at + 46 : name_end].decode("utf-8" if flags & 0x800 else "cp437", "surrogateescape")
        if _FULL32 in (packed, size, offset):
            size, packed, offset = _long(directory[name_end : name_end + extra_n], size, packed, offset)
        if not name.endswith("/"):
            yield Entry(
                name=name, method=method, packed=packed, size=size, crc=crc, offset=offset, encrypted=bool(flags & 1)
            )
        at = stop
    if whole and at != len(directory):
        raise ValueError(f"it is no directory any more after {at} of {len(directory)} bytes")


def _long(extra: bytes, size: int, packed: int, offset: int) -> tuple[int, int, int]:
    """Sizes and offset of 64 bits, in the extra field 1 (4.5.3), for those that do not fit 32."""
    at = 0
    while at + 4 <= len(extra):
        kind, n = struct.unpack("<HH", extra[at : at + 4])
        if kind == 1:
            values = list(struct.unpack(f"<{n // 8}Q", extra[at + 4 : at + 4 + n // 8 * 8].ljust(n // 8 * 8, b"\0")))
            return tuple(  # type: ignore[return-value]
                values.pop(0) if value == _FULL32 and values else value for value in (size, packed, offset)
            )
        at += 4 + n
    return size, packed, offset


def local_header_length(header: bytes) -> int:
    """Bytes of the local header of a member, of which the first 30 are given; 0 if it is none."""
    if len(header) < 30 or header[:4] != _LOCAL:
        return 0
    name, extra = struct.unpack("<HH", header[26:30])
    return 30 + int(name) + int(extra)


def root_of(names: Iterable[str]) -> str | None:
    """What the names of the store begin with: "" or the one folder around it, with "/"; None if it holds no Zarr."""
    first = {name.rpartition("/")[0] for name in names if name.count("/") <= 1 and name.rpartition("/")[2] in _ROOTS}
    if "" in first:
        return ""
    return f"{next(iter(first))}/" if len(first) == 1 else None
