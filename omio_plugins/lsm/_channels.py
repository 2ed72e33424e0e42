"""Channels and the objective from CZ_LSMINFO; it reads no file.

A channel of the pixels is named after its detection channel and the number of its track, such as ``Ch2-T1``. Channels
are matched with detection channels in order if equally many were used, or else by name.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from fractions import Fraction
from typing import Any

from omio_core.contract import Channel, Fact, decimal, nanometres

from ._info import Info

_OBJECTIVE = re.compile(r"(\d+(?:[.,]\d+)?)\s*[xX]\s*/\s*(\d(?:[.,]\d+)?)\s*(\w*)")
# what Zeiss writes after the numerical aperture, in OME's terms
_IMMERSIONS = {
    "oil": "Oil", "oel": "Oil", "öl": "Oil", "w": "Water", "water": "Water", "imm": "Multi", "glyc": "Glycerol",
    "glycerin": "Glycerol",
}  # fmt: skip
Block = Mapping[str, Any]


def channels(scan: Block, block_values: Block, info: Info, number: int) -> tuple[Channel, ...]:
    """One entry per channel of the pixels; empty where nothing is known of any channel."""
    table = block_values.get("ChannelColors", {})
    names, colors = table.get("ColorNames", []), table.get("Colors", [])
    names = [n or None for n in names] if len(names) == number else [None] * number
    colors = colors if len(colors) == number else [None] * number
    detectors = _detectors(scan, names)
    bands = block_values.get("ChannelWavelength", [])
    bands = bands if len(bands) == number and info.get("SpectralScan") == 1 else [None] * number
    result = tuple(
        Channel(
            name=Fact(name, "file", "CZ_LSMINFO ChannelColors") if name else None,
            color=_color(color),
            excitation=_excitation(detector[0]) if detector else None,
            emission=_emission(band),
            fluor=_fluor(detector[1]) if detector else None,
        )
        for name, color, detector, band in zip(names, colors, detectors, bands, strict=True)
    )
    return result if any(channel != Channel() for channel in result) else ()


def _items(block: Block, name: str) -> list[Block]:
    """The blocks of a list that were used; a block that does not state it was used."""
    items = block.get(name, [])
    return (
        [item for item in items if isinstance(item, Mapping) and item.get("Acquire", 1) != 0]
        if isinstance(items, list)
        else []
    )


def _used_detectors(scan: Block) -> Iterator[tuple[int, Block, Block]]:
    """Yield the track number, track and detection channel of all detection channels that were used."""
    tracks = scan.get("Tracks", [])
    for k, track in enumerate(tracks if isinstance(tracks, list) else []):
        if isinstance(track, Mapping) and track.get("Acquire", 1) != 0:
            yield from ((k + 1, track, detector) for detector in _items(track, "DetectionChannels"))


def _detectors(scan: Block, names: list[str | None]) -> list[tuple[Block, Block] | None]:
    """Track and detection channel of each channel; None where they are ambiguous."""
    used = list(_used_detectors(scan))
    if len(used) == len(names):
        return [(track, detector) for _, track, detector in used]
    by_name: dict[str, list[tuple[Block, Block]]] = {}
    for k, track, detector in used:
        by_name.setdefault(f"{detector.get('ChannelName')}-T{k}", []).append((track, detector))
    matches = [by_name.get(name or "", []) for name in names]
    return [pairs[0] if len(pairs) == 1 else None for pairs in matches]


def _excitation(track: Block) -> Fact[float] | None:
    """The wavelength of a track's only laser line; with several lines it is unknown which one excites."""
    lines = {line.get("Wavelength") for line in _items(track, "IlluminationChannels")}
    value = lines.pop() if len(lines) == 1 else None
    if not isinstance(value, float) or not 100 < value < 10_000:  # nanometres
        return None
    where = "CZ_LSMINFO ScanInformation, IlluminationChannel Wavelength"
    return Fact(round(value, 6), "file", where)  # files have values like 405.00000000000006


def _emission(band: list[float] | None) -> Fact[float] | None:
    """The middle of the band of a spectral detector's element; wider bands of other scans are annotations only."""
    if band is None or not all(math.isfinite(b) and b > 0 for b in band):
        return None
    low, middle, high = (nanometres(b, "m") for b in (band[0], sum(map(decimal, band), Fraction()) / 2, band[1]))
    if low is None or middle is None or high is None:
        return None
    where = f"CZ_LSMINFO ChannelWavelength: middle of {low:g} to {high:g} nm"
    return Fact(round(middle, 6), "derived", where)


def _fluor(detector: Block) -> Fact[str] | None:
    dye = detector.get("DyeName")
    where = "CZ_LSMINFO ScanInformation, DetectionChannel DyeName"
    return Fact(dye, "file", where) if isinstance(dye, str) and dye else None


def _color(color: list[int] | None) -> Fact[int] | None:
    """The colour as OME's signed RGBA, opaque; black shows nothing and counts as unknown."""
    if not color or not any(color):
        return None
    red, green, blue = color
    value = int.from_bytes(bytes((red, green, blue, 255)), "big", signed=True)
    return Fact(value, "file", "CZ_LSMINFO ChannelColors")


def objective(text: Any) -> Fact[Mapping[str, Any]] | None:
    """The objective by its name, such as ``Plan-Apochromat 63x/1.40 Oil DIC M27``.

    Examples
    --------
    >>> objective("C-Apochromat 40x/1.2 W Corr").value
    {'Model': 'C-Apochromat 40x/1.2 W Corr', 'NominalMagnification': 40.0, 'LensNA': 1.2, 'Immersion': 'Water'}
    """
    if not isinstance(text, str) or not text:
        return None
    attributes: dict[str, Any] = {"Model": text}
    if match := _OBJECTIVE.search(text):
        attributes["NominalMagnification"] = float(match[1].replace(",", "."))
        attributes["LensNA"] = float(match[2].replace(",", "."))
        if immersion := _IMMERSIONS.get(match[3].lower()):
            attributes["Immersion"] = immersion
    return Fact(attributes, "file", "CZ_LSMINFO ScanInformation, Objective")
