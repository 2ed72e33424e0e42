"""Micro-Manager's flavour of TIFF: a header, a summary and an index of planes around a TIFF; it reads no pixel.

https://micro-manager.org/Micro-Manager_File_Formats, "Image file stacks": behind the eight bytes of the TIFF header
stand four pairs of a number and an offset (or a length), for the index map, display settings, comments and the
summary, then the summary as JSON; the index map lists channel, slice, frame, position and the offset of the IFD of
every plane.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Mapping
from functools import partial
from typing import Any

import numpy as np

from omio_core.contract import (
    Channel,
    CorruptFileError,
    Fact,
    Facts,
    LimitExceededError,
    seconds,
)

from . import _plain
from ._ifd import Chain, Page
from ._levels import stacks
from ._picture import Picture, picture
from ._tags import RawTags, jsonable, notes, raw_tags, sizes_by_tags

_INDEX, _INDEX_BLOCK, _SUMMARY = 54773648, 3453623, 2355492
_COMMENTS, _COMMENTS_BLOCK, _MOST_COMMENTS = 99384722, 84720485, 1 << 20
_PLANE_METADATA = 51123
_KIND = "Micro-Manager stack"
_SIZES = {"C": "Channels", "Z": "Slices", "T": "Frames", "P": "Positions"}  # in the order of the index map
_MOST_POSITIONS = 100_000


def is_stack(chain: Chain) -> bool:
    """Whether the file has Micro-Manager's header."""
    return not chain.form.big and chain.file.size >= 40 and _read_header(chain)[0] == _INDEX


def _read_header(chain: Chain) -> tuple[int, ...]:
    return struct.unpack(chain.form.order + "8I", chain.file.read(8, 32))


def pictures(chain: Chain) -> list[Picture]:
    """Describe the positions; each is an image.

    Raises
    ------
    CorruptFileError
        The summary or the index map cannot be read, or contradicts the pages.
    LimitExceededError
        The summary is longer than the settings allow.
    """
    text = _read_summary(chain)
    summary = parse(text)
    if summary is None:
        raise _error(chain, "its summary is no JSON object", text[:60])
    index = _read_index(chain)
    if index is None:
        note = "the index map was never written, as after an interrupted acquisition; what the pages are is unknown"
        facts = partial(stack_facts, raw_tags(chain, chain.pages[0]), text, 0)
        return _plain.pictures(chain, chain.pages, facts=facts, assumptions=(note,), kind=_KIND)
    positions = _group_positions(chain, index)
    assumptions = _assumptions(chain, summary, positions)
    sizes = {axis: max(at[k] for planes in positions.values() for at in planes) + 1 for k, axis in enumerate("CZT")}
    _check_sizes(chain, summary, sizes)
    names = _names(summary)
    return [
        _describe_position(chain, sizes, planes, text, names.get(position), position, len(positions), assumptions)
        for position, planes in positions.items()
    ]


_PlaneIndex = tuple[int, int, int]  # channel, slice, frame


def _describe_position(
    chain: Chain, sizes: Mapping[str, int], planes: Mapping[_PlaneIndex, Page], text: str, name: str | None,
    position: int, positions: int, assumptions: tuple[str, ...],
) -> Picture:  # fmt: skip
    """Describe one position; all have the same lengths, and planes that one lacks are not present."""
    pages = {(t * sizes["Z"] + z) * sizes["C"] + c: page for (c, z, t), page in planes.items()}
    first = pages[min(pages)]
    if any(page.structure.shape != first.structure.shape or page.structure.dtype != first.structure.dtype
           for page in {id(p.layout): p for p in pages.values()}.values()):  # fmt: skip
        raise _error(chain, f"the planes of position {position} differ in size or type", "")
    raw = raw_tags(chain, first)
    return picture(
        axes="TZC", lead=tuple(sizes[a] for a in "TZC"), stacks=stacks(pages), kind=_KIND,
        name=name or (f"position {position}" if positions > 1 else None), assumptions=assumptions,
        facts=partial(stack_facts, raw, text, sizes["C"]), vendor=partial(parse, text),
        not_kept=_name_not_kept(chain, first, len(planes)),
    )  # fmt: skip


def _name_not_kept(chain: Chain, first: Page, planes: int) -> tuple[str, ...]:
    """The JSON that every page has of its plane, of which that of the first is an annotation; and comments."""
    words = []
    if planes > 1 and chain.has(first, _PLANE_METADATA):
        words.append("the metadata of each plane but the first, such as its time and stage position")
    head, at = _read_header(chain)[4:6]
    if head == _COMMENTS and 40 <= at <= chain.file.size - 8:
        block, length = struct.unpack(chain.form.order + "2I", chain.file.read(at, 8))
        if block == _COMMENTS_BLOCK and 0 < length <= min(_MOST_COMMENTS, chain.file.size - at - 8):
            comments = parse(chain.file.read(at + 8, length).decode("utf-8", "replace").rstrip("\0 \r\n"))
            if comments and any(str(text).strip() for text in comments.values()):
                words.append("comments of the user")
    return tuple(words)


def _read_summary(chain: Chain) -> str:
    head, length = _read_header(chain)[6:]
    if head != _SUMMARY or 40 + length > chain.file.size:
        raise _error(chain, "its summary is not there", f"number {head}, {length} bytes")
    if length > chain.settings.max_xml:
        raise LimitExceededError(
            f"the summary of {chain.file.path} is too long",
            evidence=f"{length} bytes, at most {chain.settings.max_xml}",
            remedy="raise OMIO_MAX_XML if the file is to be trusted",
            path=chain.file.path,
        )
    return chain.file.read(40, length).decode("utf-8", "replace").rstrip("\0 \r\n")


def parse(text: str) -> dict[str, Any] | None:
    """The summary; None if it is no JSON object."""
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def _read_index(chain: Chain) -> np.ndarray[Any, Any] | None:
    """Channel, slice, frame, position and offset of every plane, uint32 of shape (planes, 5); None if never written."""
    at = _read_header(chain)[1]
    if at == 0:
        return None
    if at + 8 > chain.file.size:
        raise _error(chain, "its index map lies outside the file", f"offset {at}")
    head, count = struct.unpack(chain.form.order + "2I", chain.file.read(at, 8))
    if head != _INDEX_BLOCK or at + 8 + 20 * count > chain.file.size:
        raise _error(chain, "its index map is not where the header says", f"number {head}, {count} entries at {at}")
    table = np.frombuffer(chain.file.read(at + 8, 20 * count), chain.form.order + "u4").reshape(-1, 5)
    return table if count else None


def _group_positions(chain: Chain, index: np.ndarray[Any, Any]) -> dict[int, dict[_PlaneIndex, Page]]:
    """From each position to its planes: from channel, slice and frame to the page."""
    by_offset: dict[int, int] = {}
    for run, first in zip(chain.pages.runs, (run.first for run in chain.pages.runs), strict=True):
        by_offset.update(zip(run.offsets.tolist(), range(first, first + len(run)), strict=True))
    positions: dict[int, dict[_PlaneIndex, Page]] = {}
    for c, z, t, p, offset in index.tolist():
        number = by_offset.get(offset)
        if number is None:
            raise _error(chain, "its index map names a plane that is no page", f"offset {offset}")
        page = chain.pages[number]
        if positions.setdefault(p, {}).setdefault((c, z, t), page) is not page:
            raise _error(chain, "its index map names two pages for one plane", f"C{c} Z{z} T{t} position {p}")
    if len(positions) > _MOST_POSITIONS:
        raise _error(chain, f"its index map has {len(positions)} positions", "")
    return dict(sorted(positions.items()))


def _check_sizes(chain: Chain, summary: Mapping[str, Any], sizes: Mapping[str, int]) -> None:
    """Check the largest index of each axis against the size in the summary and the number of pages."""
    for axis, size in sizes.items():
        declared = summary.get(_SIZES[axis])
        most = max(declared if isinstance(declared, int) else 0, len(chain.pages))
        if size > most:
            raise _error(chain, f"its index map counts {size} along {axis}", f"{most} at most are there or declared")


def _assumptions(
    chain: Chain, summary: Mapping[str, Any], positions: Mapping[int, Mapping[_PlaneIndex, Page]]
) -> tuple[str, ...]:
    planes = sum(map(len, positions.values()))
    declared = {key: n for key in _SIZES.values() if isinstance(n := summary.get(key), int) and n > 0}
    total = int(np.prod(list(declared.values()), dtype=object)) if declared else 0
    assumptions = []
    if total > planes:
        declared_text = ", ".join(f"{key} {n}" for key, n in declared.items())
        assumptions.append(
            f"the summary declares {declared_text}; this file holds {planes} planes, others are not looked for"
        )
    if planes < len(chain.pages):
        assumptions.append(
            f"{len(chain.pages) - planes} of {len(chain.pages)} pages are not in the index map: left out"
        )
    return tuple(assumptions)


def _names(summary: Mapping[str, Any]) -> dict[int, str]:
    """Names of positions: InitialPositionList of version 1.4, StagePositions of 2.0."""
    listed = summary.get("InitialPositionList") or summary.get("StagePositions")
    if not isinstance(listed, list):
        return {}
    labels = [
        (k, entry.get("Label") or entry.get("label")) for k, entry in enumerate(listed) if isinstance(entry, dict)
    ]
    return {k: label for k, label in labels if isinstance(label, str) and label}


def stack_facts(raw: RawTags, text: str, channels: int) -> Facts:
    """The facts in the summary; every key of it as an annotation."""
    summary = parse(text) or {}
    known: dict[str, Any] = {}
    keys = {"physical_size_x": "PixelSize_um", "physical_size_y": "PixelSize_um", "physical_size_z": "z-step_um"}
    for slot, key in keys.items():
        size = _number(summary.get(key))
        if size is not None:
            known[slot] = Fact(abs(size), "file", f"Micro-Manager summary: {key}")  # a stack may go downwards
    interval = _number(summary.get("Interval_ms"))
    step = None if interval is None else seconds(interval, "ms")
    if step is not None:
        known["time_increment"] = Fact(step, "file", "Micro-Manager summary: Interval_ms")
    aspect = _number(summary.get("PixelAspect"))
    if aspect not in (None, 1.0):
        known.pop("physical_size_y", None)  # the meaning of the aspect is not documented
    known = {**sizes_by_tags(raw), **known}
    known["channels"] = _channels(summary, channels)
    annotations = notes(raw)
    annotations["micromanager"] = {str(key): jsonable(value) for key, value in summary.items()}
    return Facts(**known, annotations=annotations)


def _channels(summary: Mapping[str, Any], number: int) -> tuple[Channel, ...]:
    names, colors = summary.get("ChNames"), summary.get("ChColors")
    names = names if isinstance(names, list) and len(names) == number else [None] * number
    colors = colors if isinstance(colors, list) and len(colors) == number else [None] * number
    if not any(names) and not any(isinstance(c, int) for c in colors):
        return ()
    return tuple(
        Channel(
            name=Fact(name, "file", "Micro-Manager summary: ChNames") if isinstance(name, str) and name else None,
            color=Fact(_color(c), "file", "Micro-Manager summary: ChColors") if isinstance(c, int) else None,
        )
        for name, c in zip(names, colors, strict=True)
    )


def _color(argb: int) -> int:
    """Convert Java's ARGB (java.awt.Color.getRGB) to OME's signed RGBA, opaque."""
    rgba = (argb & 0xFFFFFF) << 8 | 0xFF
    return rgba - (1 << 32) if rgba >= 1 << 31 else rgba


def _number(value: Any) -> float | None:
    if isinstance(value, str):
        try:
            return float(value)
        except ValueError:
            return None
    return None if isinstance(value, bool) or not isinstance(value, int | float) else float(value)


def _error(chain: Chain, what: str, evidence: str) -> CorruptFileError:
    return CorruptFileError(
        f"{chain.file.path} is a damaged Micro-Manager stack: {what}",
        evidence=evidence,
        remedy="copy the file again from where it came from",
        path=chain.file.path,
    )
