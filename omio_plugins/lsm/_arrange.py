"""The arrangement of the planes of a file: the axis of their rows, the axes between them, the images; it reads nothing.

CZ_LSMINFO states dimensions and the type of the scan ("Image File Format Description LSM 5/7, Release 6.0 (ZEN 2010)"
of Carl Zeiss, ScanType): the rows of a picture are Y, or Z where X and Z are scanned, or T where one line is scanned
repeatedly. IFDs are in this order, outermost first: tile (M), position (P), time, depth; Bio-Formats and tifffile
agree. Each tile and position is an image. Planes that are declared but missing are absent.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from omio_plugins.tiff.family import Structure

from ._info import SCAN_TYPES, Info, dimension

_ROWS = {0: "Y", 1: "Z", 2: "T", 3: "Y", 4: "Z", 5: "T", 6: "Y", 7: "Y", 8: "Z", 9: "Z", 10: "T"}
_NAMED = {"X": "columns", "Y": "rows", "Z": "planes along Z", "T": "time points", "C": "channels"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrangement:
    """The arrangement of the planes.

    Attributes
    ----------
    axes, lead
        Axes between the pages of an image, outermost first, and their lengths; H is phase, R rotation, and C is an axis
        here if each channel has its own pages.
    rows
        The axis of a page's rows: Y, Z or T.
    images
        Tile and position of each image.
    tiles, positions
        The declared numbers of both.
    pages_per_image
        The number of pages of an image in the file.
    assumptions
        What was assumed, in sentences.
    """

    axes: str
    lead: tuple[int, ...]
    rows: str
    images: tuple[tuple[int, int], ...]
    tiles: int
    positions: int
    pages_per_image: int
    assumptions: tuple[str, ...] = ()

    @property
    def planes(self) -> int:
        """Pages of a whole image."""
        return math.prod(self.lead)

    def length(self, axis: str, rows: int) -> int:
        """The length of T or Z, for pages with so many rows."""
        return rows if axis == self.rows else dict(zip(self.axes, self.lead, strict=True)).get(axis, 1)


def arrange(info: Info, structure: Structure, pages: int) -> Arrangement:
    """Find the arrangement of `pages` pages (at least one) of one structure."""
    notes: list[str] = []
    rows = _rows(info, structure.length, notes)
    _compare(info, "X", structure.width, notes)
    tiles, positions = max(dimension(info, "M"), 1), max(dimension(info, "P"), 1)
    ratio = pages / (tiles * positions)
    lead = {axis: 1 if axis == rows else dimension(info, axis) for axis in "TZ"}
    _complete(lead, rows, ratio)
    lead = _add_rare_axes(info, lead, structure, ratio, notes)
    planes = math.prod(lead.values())
    if ratio > planes and rows != "T" and ratio % (planes // lead["T"]) == 0:
        notes.append(f"CZ_LSMINFO says {lead['T']} time points, the file holds {int(ratio * lead['T'] / planes)}")
        lead["T"] = int(ratio * lead["T"] / planes)
    elif ratio > planes:
        notes.append(f"the file holds {pages} planes, of which those beyond {planes * tiles * positions} are left out")
    planes = math.prod(lead.values())
    pages_per_image = planes
    if ratio < planes:
        notes.append(f"the file holds {pages} of {planes * tiles * positions} planes")
        pages_per_image = int(ratio) if ratio >= 1 and ratio == int(ratio) else planes
    elif ratio == int(ratio):
        pages_per_image = int(ratio)
    image_count = min(tiles * positions, -(-pages // pages_per_image))  # an image without any plane does not exist
    if image_count < tiles * positions:
        notes.append(f"of {tiles * positions} positions and tiles there are {image_count}")
    return Arrangement(
        axes="".join(lead), lead=tuple(lead.values()), rows=rows, tiles=tiles, positions=positions,
        pages_per_image=pages_per_image, images=tuple(divmod(k, positions) for k in range(image_count)),
        assumptions=tuple(notes),
    )  # fmt: skip


def _rows(info: Info, length: int, notes: list[str]) -> str:
    """The axis of a page's rows: that of the type of scan, unless the length is that of another axis."""
    scan = int(info["ScanType"])
    axis = _ROWS.get(scan, "Y")
    if scan not in _ROWS:
        notes.append(f"ScanType {scan} is unknown: the rows of a page are taken for Y")
    if dimension(info, axis) in (0, length):
        return axis
    for other in "YTZ":
        if dimension(info, other) == length > 1:
            scanned = SCAN_TYPES.get(scan, f"ScanType {scan}")
            notes.append(f"CZ_LSMINFO says {scanned}, but pages have as many rows as it says of {other}: taken for it")
            return other
    _compare(info, axis, length, notes)
    return axis


def _compare(info: Info, axis: str, length: int, notes: list[str]) -> None:
    stated = dimension(info, axis)
    if stated not in (0, length):
        notes.append(f"CZ_LSMINFO says {stated} {_NAMED[axis]}, the pages have {length}")


def _complete(lead: dict[str, int], rows: str, ratio: float) -> None:
    """Set unknown lengths so that they match the number of pages."""
    if not lead["Z"]:
        lead["Z"] = max(int(ratio) // lead["T"], 1) if lead["T"] else 1
    if not lead["T"]:
        lead["T"] = max(int(ratio) // lead["Z"], 1)


def _add_rare_axes(
    info: Info, lead: dict[str, int], structure: Structure, ratio: float, notes: list[str]
) -> dict[str, int]:
    """The axes between pages in order, with the rare ones: phases and rotations, or channels as pages.

    Rotations and phases of structured illumination are the first two of DimensionsReserved, in the order that
    Bio-Formats found in files (ZeissLSMReader, initMetadata); those files had equal numbers of both.
    """
    planes = lead["T"] * lead["Z"]
    reserved = [max(int(n), 1) for n in info.get("DimensionsReserved", (1, 1))[:2]]
    if math.prod(reserved) > 1 and ratio == planes * math.prod(reserved):
        notes.append(f"rotations ({reserved[0]}) and phases ({reserved[1]}) are told apart by their usual order")
        return {"H": reserved[1], "T": lead["T"], "R": reserved[0], "Z": lead["Z"]}
    channels = dimension(info, "C")
    if structure.samples == 1 < channels and ratio == planes * channels:
        notes.append("each channel has pages of its own, which are taken for the innermost axis")
        return {**lead, "C": channels}
    _compare(info, "C", structure.samples, notes)
    return lead
