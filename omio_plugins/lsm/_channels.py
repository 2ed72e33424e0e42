"""Channels and the objective as CZ_LSMINFO tells them; it reads no file.

A channel of the pixels is named after its detection channel and the number of its track, such as ``Ch2-T1``. Which
detection channel it is, is believed where as many were used as there are channels, in order, or where the name says so.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from fractions import Fraction
from typing import Any

from omio_core.contract import Channel, Fact
from omio_core.metadata.units import decimal, nanometres

from ._info import Info

_OBJECTIVE = re.compile(r"(\d+(?:[.,]\d+)?)\s*[xX]\s*/\s*(\d(?:[.,]\d+)?)\s*(\w*)")
# what Zeiss writes behind the numerical aperture, in OME's terms
_IMMERSIONS = {
    "oil": "Oil", "oel": "Oil", "öl": "Oil", "w": "Water", "water": "Water", "imm": "Multi", "glyc": "Glycerol",
    "glycerin": "Glycerol",
}  # fmt: skip
Named = Mapping[str, Any]


def channels(scan: Named, parsed: Named, info: Info, number: int) -> tuple[Channel, ...]:
    """One entry a channel of the pixels; empty where nothing is known of any."""
    table = parsed.get("ChannelColors", {})
    names, colors = table.get("ColorNames", []), table.get("Colors", [])
    names = [n or None for n in names] if len(names) == number else [None] * number
    colors = colors if len(colors) == number else [None] * number
    detectors = _detectors(scan, names)
    bands = parsed.get("ChannelWavelength", [])
    bands = bands if len(bands) == number and info.get("SpectralScan") == 1 else [None] * number
    found = tuple(
        Channel(
            name=Fact(name, "file", "CZ_LSMINFO ChannelColors") if name else None,
            color=_color(color),
            excitation=_excitation(detector[0]) if detector else None,
            emission=_emission(band),
            fluor=_fluor(detector[1]) if detector else None,
        )
        for name, color, detector, band in zip(names, colors, detectors, bands, strict=True)
    )
    return found if any(one != Channel() for one in found) else ()


def _items(of: Named, name: str) -> list[Named]:
    """The blocks of a list that were used; unsaid is used."""
    found = of.get(name, [])
    return [b for b in found if isinstance(b, Mapping) and b.get("Acquire", 1) != 0] if isinstance(found, list) else []


def _used(scan: Named) -> Iterator[tuple[int, Named, Named]]:
    """Number of the track, track and detection channel, of all that were used."""
    tracks = scan.get("Tracks", [])
    for k, track in enumerate(tracks if isinstance(tracks, list) else []):
        if isinstance(track, Mapping) and track.get("Acquire", 1) != 0:
            yield from ((k + 1, track, detector) for detector in _items(track, "DetectionChannels"))


def _detectors(scan: Named, names: list[str | None]) -> list[tuple[Named, Named] | None]:
    """Track and detection channel of each channel, None where they cannot be told."""
    used = list(_used(scan))
    if len(used) == len(names):
        return [(track, detector) for _, track, detector in used]
    by_name: dict[str, list[tuple[Named, Named]]] = {}
    for k, track, detector in used:
        by_name.setdefault(f"{detector.get('ChannelName')}-T{k}", []).append((track, detector))
    fitting = [by_name.get(name or "", []) for name in names]
    return [one[0] if len(one) == 1 else None for one in fitting]


def _excitation(track: Named) -> Fact[float] | None:
    """The wavelength of a track's one laser line; of several nobody knows which."""
    lines = {line.get("Wavelength") for line in _items(track, "IlluminationChannels")}
    value = lines.pop() if len(lines) == 1 else None
    if not isinstance(value, float) or not 100 < value < 10_000:  # nanometres
        return None
    where = "CZ_LSMINFO ScanInformation, IlluminationChannel Wavelength"
    return Fact(round(value, 6), "file", where)  # they come as 405.00000000000006


def _emission(band: list[float] | None) -> Fact[float] | None:
    """The middle of the band of a spectral detector's element; wider bands of other scans are annotations only."""
    if band is None or not all(math.isfinite(b) and b > 0 for b in band):
        return None
    low, middle, high = (nanometres(b, "m") for b in (band[0], sum(map(decimal, band), Fraction()) / 2, band[1]))
    if low is None or middle is None or high is None:
        return None
    where = f"CZ_LSMINFO ChannelWavelength: middle of {low:g} to {high:g} nm"
    return Fact(round(middle, 6), "derived", where)


def _fluor(detector: Named) -> Fact[str] | None:
    dye = detector.get("DyeName")
    where = "CZ_LSMINFO ScanInformation, DetectionChannel DyeName"
    return Fact(dye, "file", where) if isinstance(dye, str) and dye else None


def _color(color: list[int] | None) -> Fact[int] | None:
    """OME's signed RGBA, opaque; black shows nothing and is taken for unknown."""
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
    found: dict[str, Any] = {"Model": text}
    if match := _OBJECTIVE.search(text):
        found["NominalMagnification"] = float(match[1].replace(",", "."))
        found["LensNA"] = float(match[2].replace(",", "."))
        if immersion := _IMMERSIONS.get(match[3].lower()):
            found["Immersion"] = immersion
    return Fact(found, "file", "CZ_LSMINFO ScanInformation, Objective")
