"""How an OME-Zarr is recognised, in a folder or a zip file: by its first metadata document; it opens no array."""

from __future__ import annotations

import json
import zlib
from collections.abc import Callable, Mapping
from typing import Any

from omio_core.contract import Match, Probe, Verdict

from ._zip import Entry, directory_span, entries, local_header_length, root_of

KEYS = ("multiscales", "plate", "well", "bioformats2raw.layout", "labels", "series")
"""What makes a group an OME-Zarr (https://ngff.openmicroscopy.org/0.5, sections 2.1 to 2.6)."""

_MOST = 1 << 19  # bytes of a document; a plate of 1,536 wells with consolidated metadata may have more
_STEP = 1 << 16  # bytes in one read of a probe

Read = Callable[[str], bytes | None]


def sniff(probe: Probe) -> Verdict:
    """Decide whether a folder or a zip file is an OME-Zarr; its name does not matter."""
    if probe.is_folder:
        return _judge(lambda name: _whole(probe.child(name)), "folder")
    if probe.head[:4] != b"PK\x03\x04":
        return Verdict(Match.NO, "neither a folder nor a zip file")
    listed = _entries(probe)
    if listed is None:
        return Verdict(Match.NO, "a zip file whose directory is damaged or too long to look at")
    root = root_of(listed)
    if root is None:
        return Verdict(Match.NO, "a zip file without the metadata of a Zarr")
    return _judge(lambda name: _member(probe, listed.get(root + name)), "zip file")


def _judge(read: Read, place: str) -> Verdict:
    """Decide from the documents at the root: ``zarr.json`` of Zarr 3, or ``.zattrs`` and ``.zgroup`` of Zarr 2."""
    text = read("zarr.json")
    version = 3
    if text is None:
        text, version = read(".zattrs"), 2
    if text is None:
        if read(".zgroup") is not None:
            return Verdict(Match.NO, f"a {place} with a Zarr group that has no attributes, so no OME-Zarr")
        if read(".zarray") is not None:
            return Verdict(Match.NO, f"a {place} with a Zarr array; the group around it says what its axes are")
        return Verdict(Match.NO, f"a {place} without the metadata of a Zarr (zarr.json, .zattrs)")
    if len(text) >= _MOST:
        known = any(f'"{key}"'.encode() in text for key in KEYS)
        return Verdict(Match.EXACT if known else Match.NO, f"a {place} with long Zarr metadata")
    try:
        document = json.loads(text)
    except (ValueError, RecursionError):
        return Verdict(Match.SIGNATURE, f"a {place} with Zarr metadata that is no JSON")
    return _judge_document(document, version, place)


def _judge_document(document: Any, version: int, place: str) -> Verdict:
    attributes = document.get("attributes") if version == 3 and isinstance(document, dict) else document
    inner = attributes.get("ome") if version == 3 and isinstance(attributes, Mapping) else attributes
    found = [key for key in KEYS if isinstance(inner, Mapping) and key in inner]
    if found:
        return Verdict(Match.EXACT, f"a {place} with Zarr {version} metadata that has the key {found[0]!r} of OME-Zarr")
    if version == 3 and isinstance(document, dict) and document.get("node_type") == "array":
        return Verdict(Match.NO, f"a {place} with a Zarr array; the group around it says what its axes are")
    return Verdict(Match.NO, f"a {place} with Zarr {version} metadata that has none of the keys {', '.join(KEYS)}")


def _whole(probe: Probe | None) -> bytes | None:
    """The first bytes of a file, at most `_MOST`; None if there is none."""
    if probe is None or probe.is_folder:
        return None
    size = min(probe.size, _MOST)
    return b"".join(probe.read(start, min(_STEP, size - start)) for start in range(0, size, _STEP))


def _entries(probe: Probe) -> Mapping[str, Entry] | None:
    """The first members in the directory of a zip file; None if it has none."""
    tail = min(probe.size, _STEP)
    end = probe.read(probe.size - tail, tail)
    span = directory_span(end, probe.size, lambda offset, n: probe.read(offset, n))
    if span is None:
        return None
    start, size = span
    size = min(size, _MOST // 2)
    text = b"".join(probe.read(start + k, min(_STEP, size - k)) for k in range(0, size, _STEP))
    return {entry.name: entry for entry in entries(text)}


def _member(probe: Probe, entry: Entry | None) -> bytes | None:
    if entry is None or entry.method not in (0, 8):
        return None
    begin = entry.offset + local_header_length(probe.read(entry.offset, 30))
    size = min(entry.packed, _MOST // 2)
    packed = b"".join(probe.read(begin + k, min(_STEP, size - k)) for k in range(0, size, _STEP))
    if entry.method == 0:
        return packed
    try:
        return zlib.decompressobj(-15).decompress(packed, _MOST)
    except zlib.error:
        return b""  # no JSON: opening it says what is damaged
