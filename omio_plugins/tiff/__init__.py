"""The registration of the TIFF reader: its name, its suffixes and its sniff; it reads no pixel.

Plain TIFF, BigTIFF, ImageJ, tifffile's own and OME-TIFF are one reader: they share a signature, and the first page's
description shows which of them a file is.
"""

from __future__ import annotations

import struct

from omio_core.contract import Match, Probe, Reader, Verdict, hookimpl

from ._xml import HEAD, begins_as_ome

OMIO_API = 1

SUFFIXES = (
    ".companion.ome", ".ome.tiff", ".ome.tif", ".ome.btf", ".ome.tf8", ".ome.tf2", ".tiff", ".tif", ".btf", ".tf8",
    ".tf2",
)  # fmt: skip

_ORDERS = {b"II": ("<", "little-endian"), b"MM": (">", "big-endian")}  # TIFF 6.0, section 2
_CLASSIC, _BIG = 42, 43  # TIFF 6.0, section 2; https://www.awaresystems.be/imaging/tiff/bigtiff.html
_CZ_LSMINFO = 34412  # the private tag of Zeiss LSM files
_MOST_TAGS = 1024
_DESCRIPTION, _TEXTS = 270, (1, 2, 7)  # the tag types that the reader reads as text


def sniff(probe: Probe) -> Verdict:
    """Recognise a TIFF header, in either byte order, classic or BigTIFF; or the OME-XML companion of a set."""
    head = probe.head[:16]
    if probe.is_folder:
        return Verdict(Match.NO, "a folder")
    if not head:
        return Verdict(Match.NO, "empty file")
    order, order_name = _ORDERS.get(head[:2], ("", ""))
    if not order and begins_as_ome(probe.head):
        return Verdict(Match.SIGNATURE, "OME-XML, the companion of an OME-TIFF set" + _name_note(probe))
    if not order:
        return Verdict(Match.NO, f"begins with {head[:4]!r}, not with II or MM")
    if len(head) < 8:
        return Verdict(Match.NO, f"too short: {len(head)} bytes, a TIFF header has 8")
    version = struct.unpack(order + "H", head[2:4])[0]
    if version == _CLASSIC:
        kind = "TIFF"
    elif version == _BIG:
        if len(head) < 16:
            return Verdict(Match.NO, f"too short: {len(head)} bytes, a BigTIFF header has 16")
        if struct.unpack(order + "HH", head[4:8]) != (8, 0):
            return Verdict(Match.NO, "begins as a BigTIFF, without its constants 8 and 0")
        kind = "BigTIFF"
    else:
        return Verdict(Match.NO, f"begins with {head[:2].decode()}, followed by {version}, not by 42 or 43")
    why = f"{kind} header ({order_name})"
    if has_tag(probe, _CZ_LSMINFO):
        why += ", tag 34412 of a Zeiss LSM file"
    return Verdict(Match.SIGNATURE, why + _name_note(probe))


def _name_note(probe: Probe) -> str:
    """A note on a name whose suffix is none of the reader's; "" for the usual names."""
    if probe.name.lower().endswith(SUFFIXES):
        return ""
    return f" although the name {f'ends in {probe.suffix}' if probe.suffix else 'has no suffix'}"


def has_tag(probe: Probe, tag: int) -> bool:
    """Whether the first IFD of a file that `sniff` recognises as a TIFF has a tag, wherever that IFD lies."""
    return _entry(probe, tag) is not None


def has_ome(probe: Probe) -> bool:
    """Whether the first IFD of a file that `sniff` recognises as a TIFF has OME-XML as its description.

    The TIFF reader then reads the file as an OME-TIFF, whatever tags of other programs stand beside the description.
    """
    entry = _entry(probe, _DESCRIPTION)
    if entry is None:
        return False
    order, big = _form(probe)
    pointer = order + ("Q" if big else "I")
    kind, number = struct.unpack_from(order + "H", entry, 2)[0], struct.unpack_from(pointer, entry, 4)[0]
    value = entry[12:] if big else entry[8:]
    if kind not in _TEXTS or number <= len(value):  # too short for a root element
        return False
    return begins_as_ome(_bytes(probe, struct.unpack(pointer, value)[0], min(number, HEAD)))


def _form(probe: Probe) -> tuple[str, bool]:
    """The byte order of a TIFF, and whether it is a BigTIFF."""
    order = _ORDERS[probe.head[:2]][0]
    return order, struct.unpack(order + "H", probe.head[2:4])[0] == _BIG


def _entry(probe: Probe, tag: int) -> bytes | None:
    """The entry of a tag in the first IFD; None if the tag is absent."""
    order, big = _form(probe)
    size, entry = (8, 20) if big else (2, 12)
    offset: int = struct.unpack_from(order + ("Q" if big else "I"), probe.head, 8 if big else 4)[0]
    number = _bytes(probe, offset, size)
    if len(number) < size:
        return None
    count: int = struct.unpack(order + ("Q" if big else "H"), number)[0]
    table = _bytes(probe, offset + size, min(count, _MOST_TAGS) * entry)
    code = struct.pack(order + "H", tag)
    if code not in table:
        return None
    starts = range(0, len(table) - entry + 1, entry)
    return next((table[i : i + entry] for i in starts if table[i : i + 2] == code), None)


def _bytes(probe: Probe, offset: int, n: int) -> bytes:
    """The `n` bytes at `offset`, from the head if they lie in it: a probe opens the file at every read."""
    return probe.head[offset : offset + n] if offset + n <= len(probe.head) else probe.read(offset, n)


READER = Reader(
    name="tiff",
    title="TIFF, BigTIFF, ImageJ hyperstacks, tifffile's shaped TIFF and OME-TIFF, also sets of files",
    suffixes=SUFFIXES,
    sniff=sniff,
    open="omio_plugins.tiff._read:open_tiff",
    options={"description": '"ignore" gives the pages of the file as they lie, whatever its texts say of them'},
)


@hookimpl
def omio_readers() -> list[Reader]:
    """The one reader of this plugin."""
    return [READER]
