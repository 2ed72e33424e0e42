"""The facts in CZ_LSMINFO and its blocks; it reads no file.

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

from omio_core.contract import Fact, Facts, Planes, decimal, micrometres
from omio_plugins.tiff.family import Structure, jsonable

from . import _blocks, _scan
from ._arrange import Arrangement
from ._channels import channels, objective
from ._info import SCAN_TYPES, Info

_LARGEST_TABLE = 1 << 20  # planes; with more, times are in an annotation only
_REGULAR = 0.1  # of the mean: time differences within this range count as one interval
_EPOCH = datetime(1899, 12, 30)  # Sample0Time is an OLE automation date: days since then
_HIDDEN = ("Offset", "Reserved", "DimensionsReserved", "InternalUse", "MagicNumber", "StructureSize")


@dataclass(frozen=True, slots=True, kw_only=True)
class Recording:
    """The metadata read from a file: the fields of CZ_LSMINFO, and the bytes of its blocks."""

    info: Info
    blocks: _blocks.Blocks

    def parse_blocks(self) -> dict[str, Any]:
        """The parsed blocks, except ScanInformation."""
        return _blocks.parse_blocks(self.blocks)

    def scan(self) -> dict[str, Any]:
        """The parsed ScanInformation."""
        return _scan.parse(self.blocks.get("ScanInformation", b""))


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """The place of an image among those of a file.

    Attributes
    ----------
    planes
        Lengths of T, Z and channels; H and R are folded into the channels.
    repeats
        How often the channels are repeated: once for each phase and rotation.
    index
        Number of the image.
    tile, position
        Its tile and position.
    tiles, positions
        How many of both CZ_LSMINFO declares.
    """

    planes: tuple[int, int, int]
    repeats: int
    index: int
    tile: int
    position: int
    tiles: int
    positions: int

    @classmethod
    def of(cls, arrangement: Arrangement, structure: Structure, index: int) -> Place:
        """The place of an image of an arrangement."""
        lengths = dict(zip(arrangement.axes, arrangement.lead, strict=True))
        repeats = lengths.get("H", 1) * lengths.get("R", 1)
        t, z = (arrangement.length(axis, structure.length) for axis in "TZ")
        tile, position = arrangement.images[index]
        return cls(
            planes=(t, z, repeats * lengths.get("C", 1) * structure.samples), repeats=repeats, index=index, tile=tile,
            position=position, tiles=arrangement.tiles, positions=arrangement.positions,
        )  # fmt: skip

    @property
    def name(self) -> str:
        """Position and tile, counted from 1; empty if there is only one image."""
        parts = [f"position {self.position + 1}"] if self.positions > 1 else []
        return ", ".join([*parts, f"tile {self.tile + 1}"] if self.tiles > 1 else parts)


def name_of(recording: Recording) -> str | None:
    """The name of the recording."""
    name = recording.scan().get("Name")
    return name if isinstance(name, str) and name else None


def facts(recording: Recording, place: Place) -> Facts:
    """All facts of one image."""
    info, block_values, scan = recording.info, recording.parse_blocks(), recording.scan()
    facts_by_name: dict[str, Any] = {}
    for axis in "XYZ":
        size = micrometres(info.get(f"VoxelSize{axis}", 0.0), "m")
        if size is not None:
            facts_by_name[f"physical_size_{axis.lower()}"] = Fact(size, "file", f"CZ_LSMINFO VoxelSize{axis}")
    stamps = _stamps(block_values.get("TimeStamps", []), place)
    facts_by_name["time_increment"] = _interval(info, stamps)
    facts_by_name["planes"] = _planes(stamps, block_values, info, place)
    facts_by_name["channels"] = channels(scan, block_values, info, place.planes[2] // place.repeats) * place.repeats
    facts_by_name["objective"] = objective(scan.get("Objective"))
    facts_by_name["acquisition_date"] = _date(scan.get("Sample0Time"))
    name = " ".join(part for part in (name_of(recording), f"({place.name})" if place.name else "") if part)
    facts_by_name["name"] = Fact(name, "file", "CZ_LSMINFO ScanInformation, Name") if name else None
    return Facts(**facts_by_name, annotations={"lsm": annotation(info, block_values, scan)})


def vendor(recording: Recording) -> dict[str, Any]:
    """CZ_LSMINFO as it is: all fields by name, and the known blocks by the names of their offsets."""
    fields = {**recording.info, **recording.parse_blocks(), "ScanInformation": recording.scan()}
    plain_fields: dict[str, Any] = jsonable(fields)
    return plain_fields


def annotation(info: Info, block_values: Mapping[str, Any], scan: Mapping[str, Any]) -> dict[str, Any]:
    """Everything that has no place in OME's model, as a flat mapping."""
    values: dict[str, Any] = {k: v for k, v in info.items() if not k.startswith(_HIDDEN)}
    values["ScanTypeName"] = SCAN_TYPES.get(info["ScanType"], "unknown")
    values.update({k: v for k, v in block_values.items() if k not in ("TimeStamps", "ChannelColors") and v})
    if len(stamps := block_values.get("TimeStamps", [])) > 0:
        values["FirstTimeStamp"] = stamps[0]  # the others are relative to it
    values.update(_flatten("ScanInformation", scan))
    return {name: jsonable(value) for name, value in values.items()}


def _flatten(name: str, value: Any) -> dict[str, Any]:
    """Nested blocks as one mapping, ``ScanInformation.Tracks[0].Name``; empty texts are left out."""
    values: dict[str, Any] = {}
    if isinstance(value, Mapping):
        for key, inner in value.items():
            values.update(_flatten(f"{name}.{key}", inner))
    elif isinstance(value, list):
        for k, inner in enumerate(value):
            values.update(_flatten(f"{name}[{k}]", inner))
    elif value != "":
        values[name] = value
    return values


def _date(days: Any) -> Fact[str] | None:
    """The time of the microscope's clock, without a zone."""
    if not isinstance(days, float) or not 1 <= days < 100_000:
        return None
    moment = _EPOCH + timedelta(seconds=round(days * 86400))
    return Fact(moment.isoformat(), "file", "CZ_LSMINFO ScanInformation, Sample0Time")


# --- times and places of the planes


def _stamps(stamps: list[float], place: Place) -> list[float]:
    """The times of this image in seconds since the first stamp of the file; empty where they are not stated.

    In a file with a stamp for each time point of each image, they are image by image (Bio-Formats, ZeissLSMReader).
    """
    times, images = place.planes[0], place.tiles * place.positions
    seconds = [stamp - stamps[0] for stamp in stamps]
    if images > 1 and len(stamps) == times * images:
        seconds = seconds[place.index * times : (place.index + 1) * times]
    if len(seconds) < times or not all(math.isfinite(s) for s in seconds):
        return []
    return seconds[:times]


def _interval(info: Info, stamps: list[float]) -> Fact[float] | None:
    stated = info.get("TimeIntervall", 0.0)
    if math.isfinite(stated) and stated > 0:
        return Fact(stated, "file", "CZ_LSMINFO TimeIntervall")
    gaps = np.diff(np.array(stamps))
    if gaps.size and gaps.mean() > 0 and np.ptp(gaps) <= _REGULAR * gaps.mean():
        return Fact(float(gaps.mean()), "derived", "CZ_LSMINFO TimeStamps: their mean distance")
    return None


def _planes(stamps: list[float], block_values: Mapping[str, Any], info: Info, place: Place) -> Planes | None:
    """The time of each plane, which is that of its time point, and the stage position if there are several places."""
    if math.prod(place.planes) > _LARGEST_TABLE:
        return None
    columns: dict[str, Any] = {}
    sources = []
    if stamps:
        columns["DeltaT"] = np.broadcast_to(np.array(stamps)[:, None, None], place.planes).astype(np.float64)
        sources.append("TimeStamps")
    positions = [
        table[at]
        for name, at, number in (
            ("Positions", place.position, place.positions), ("TilePositions", place.tile, place.tiles),
        )
        if len(table := block_values.get(name, [])) == number and (place.tiles * place.positions > 1)
    ]  # fmt: skip
    if positions:
        for k, axis in enumerate("XY"):  # the Z of each plane of a stack is not stated
            stated = [position[k] for position in positions]
            known = all(map(math.isfinite, stated))
            where = micrometres(sum(map(decimal, stated), Fraction()), "m") if known else None
            columns[f"Position{axis}"] = np.full(place.planes, np.nan if where is None else where)
        sources.append("Positions, TilePositions")
    return Planes(columns=columns, origin="file", where=f"CZ_LSMINFO {', '.join(sources)}") if columns else None
