"""What CZ_LSMINFO and its blocks say, as facts; it reads no file.

Lengths in the file are metres, wavelengths nanometres in ScanInformation and metres in ChannelWavelength, times seconds
("Image File Format Description LSM 5/7, Release 6.0 (ZEN 2010)" of Carl Zeiss).
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from fractions import Fraction
from typing import Any

import numpy as np

from omio_core.contract import Fact, Facts, Planes
from omio_core.metadata.units import decimal, micrometres
from omio_plugins.tiff._structure import Structure
from omio_plugins.tiff._tags import jsonable

from . import _blocks, _scan
from ._arrange import Arrangement
from ._channels import channels, objective
from ._info import SCAN_TYPES, Info

_LARGEST_TABLE = 1 << 20  # planes; beyond, times are told as an annotation only
_REGULAR = 0.1  # of the mean: time stamps that differ by no more are one interval
_EPOCH = datetime(1899, 12, 30)  # of OLE automation dates, which Sample0Time is: days since then
_HIDDEN = ("Offset", "Reserved", "DimensionsReserved", "InternalUse", "MagicNumber", "StructureSize")


@dataclass(frozen=True, slots=True, kw_only=True)
class Recording:
    """What was read of a file besides its pixels: the fields of CZ_LSMINFO, and the bytes of its blocks."""

    info: Info
    blocks: _blocks.Blocks

    def parsed(self) -> dict[str, Any]:
        """What the blocks say, but for ScanInformation."""
        return _blocks.parsed(self.blocks)

    def scan(self) -> dict[str, Any]:
        """ScanInformation."""
        return _scan.parse(self.blocks.get("ScanInformation", b""))


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Which of a file's images one is.

    Attributes
    ----------
    planes
        Lengths of T, Z and channels, H and R folded into them.
    repeats
        How often its channels come: once for each phase and rotation.
    index, images
        Number of the image, and how many CZ_LSMINFO declares.
    """

    planes: tuple[int, int, int]
    repeats: int
    index: int
    tile: int
    position: int
    tiles: int
    positions: int

    @classmethod
    def of(cls, arranged: Arrangement, structure: Structure, index: int) -> Place:
        """The place of an image of an arrangement."""
        lengths = dict(zip(arranged.axes, arranged.lead, strict=True))
        repeats = lengths.get("H", 1) * lengths.get("R", 1)
        t, z = (arranged.length(axis, structure.length) for axis in "TZ")
        tile, position = arranged.images[index]
        return cls(
            planes=(t, z, repeats * lengths.get("C", 1) * structure.samples), repeats=repeats, index=index, tile=tile,
            position=position, tiles=arranged.tiles, positions=arranged.positions,
        )  # fmt: skip

    @property
    def name(self) -> str:
        """Position and tile, counted from 1; empty where there is one image."""
        found = [f"position {self.position + 1}"] if self.positions > 1 else []
        return ", ".join([*found, f"tile {self.tile + 1}"] if self.tiles > 1 else found)


def name_of(recording: Recording) -> str | None:
    """The name of the recording."""
    name = recording.scan().get("Name")
    return name if isinstance(name, str) and name else None


def facts(recording: Recording, place: Place) -> Facts:
    """All that is known of one image."""
    info, parsed, scan = recording.info, recording.parsed(), recording.scan()
    known: dict[str, Any] = {}
    for axis in "XYZ":
        size = micrometres(info.get(f"VoxelSize{axis}", 0.0), "m")
        if size is not None:
            known[f"physical_size_{axis.lower()}"] = Fact(size, "file", f"CZ_LSMINFO VoxelSize{axis}")
    stamps = _stamps(parsed.get("TimeStamps", []), place)
    known["time_increment"] = _interval(info, stamps)
    known["planes"] = _planes(stamps, parsed, info, place)
    known["channels"] = channels(scan, parsed, info, place.planes[2] // place.repeats) * place.repeats
    known["objective"] = objective(scan.get("Objective"))
    known["acquisition_date"] = _date(scan.get("Sample0Time"))
    name = " ".join(part for part in (name_of(recording), f"({place.name})" if place.name else "") if part)
    known["name"] = Fact(name, "file", "CZ_LSMINFO ScanInformation, Name") if name else None
    return Facts(**known, annotations={"lsm": annotation(info, parsed, scan)})


def vendor(recording: Recording) -> dict[str, Any]:
    """CZ_LSMINFO in its own terms: all fields by name, and the blocks that are read, by the names of their offsets."""
    found = {**recording.info, **recording.parsed(), "ScanInformation": recording.scan()}
    plain: dict[str, Any] = jsonable(found)
    return plain


def annotation(info: Info, parsed: Mapping[str, Any], scan: Mapping[str, Any]) -> dict[str, Any]:
    """What has no place in OME's model, flat."""
    found: dict[str, Any] = {k: v for k, v in info.items() if not k.startswith(_HIDDEN)}
    found["ScanTypeName"] = SCAN_TYPES.get(info["ScanType"], "unknown")
    found.update({k: v for k, v in parsed.items() if k not in ("TimeStamps", "ChannelColors") and v})
    if len(stamps := parsed.get("TimeStamps", [])) > 0:
        found["FirstTimeStamp"] = stamps[0]  # the others are told against it
    found.update(_flat("ScanInformation", scan))
    return {name: jsonable(value) for name, value in found.items()}


def _flat(name: str, value: Any) -> dict[str, Any]:
    """Nested blocks as one mapping, ``ScanInformation.Tracks[0].Name``; empty texts are left out."""
    found: dict[str, Any] = {}
    if isinstance(value, Mapping):
        for key, inner in value.items():
            found.update(_flat(f"{name}.{key}", inner))
    elif isinstance(value, list):
        for k, inner in enumerate(value):
            found.update(_flat(f"{name}[{k}]", inner))
    elif value != "":
        found[name] = value
    return found


def _date(days: Any) -> Fact[str] | None:
    """The time of the microscope's clock; it says no zone."""
    if not isinstance(days, float) or not 1 <= days < 100_000:
        return None
    taken = _EPOCH + timedelta(seconds=round(days * 86400))
    return Fact(taken.isoformat(), "file", "CZ_LSMINFO ScanInformation, Sample0Time")


# --- times and places of the planes


def _stamps(stamps: list[float], place: Place) -> list[float]:
    """Seconds since the first stamp of the file, of this image's time points; empty where they are not told.

    A file with a stamp for each time point of each image has them image by image (Bio-Formats, ZeissLSMReader).
    """
    times, images = place.planes[0], place.tiles * place.positions
    since = [stamp - stamps[0] for stamp in stamps]
    if images > 1 and len(stamps) == times * images:
        since = since[place.index * times : (place.index + 1) * times]
    if len(since) < times or not all(math.isfinite(s) for s in since):
        return []
    return since[:times]


def _interval(info: Info, stamps: list[float]) -> Fact[float] | None:
    stated = info.get("TimeIntervall", 0.0)
    if math.isfinite(stated) and stated > 0:
        return Fact(stated, "file", "CZ_LSMINFO TimeIntervall")
    gaps = np.diff(np.array(stamps))
    if gaps.size and gaps.mean() > 0 and np.ptp(gaps) <= _REGULAR * gaps.mean():
        return Fact(float(gaps.mean()), "derived", "CZ_LSMINFO TimeStamps: their mean distance")
    return None


def _planes(stamps: list[float], parsed: Mapping[str, Any], info: Info, place: Place) -> Planes | None:
    """Time of each plane, which is that of its time point; where the stage was, of files with several places."""
    if math.prod(place.planes) > _LARGEST_TABLE:
        return None
    columns: dict[str, Any] = {}
    said = []
    if stamps:
        columns["DeltaT"] = np.broadcast_to(np.array(stamps)[:, None, None], place.planes).astype(np.float64)
        said.append("TimeStamps")
    moved = [
        table[at]
        for name, at, number in (
            ("Positions", place.position, place.positions), ("TilePositions", place.tile, place.tiles),
        )
        if len(table := parsed.get(name, [])) == number and (place.tiles * place.positions > 1)
    ]  # fmt: skip
    if moved:
        for k, axis in enumerate("XY"):  # what Z is of the planes of a stack is not told
            stated = [one[k] for one in moved]
            known = all(map(math.isfinite, stated))
            where = micrometres(sum(map(decimal, stated), Fraction()), "m") if known else None
            columns[f"Position{axis}"] = np.full(place.planes, np.nan if where is None else where)
        said.append("Positions, TilePositions")
    return Planes(columns=columns, origin="file", where=f"CZ_LSMINFO {', '.join(said)}") if columns else None
