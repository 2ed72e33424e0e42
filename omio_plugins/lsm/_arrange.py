"""What the planes of a file are: which axis their rows, which axes between them, which images; it reads nothing.

CZ_LSMINFO says it by dimensions and by the type of the scan ("Image File Format Description LSM 5/7, Release 6.0 (ZEN
2010)" of Carl Zeiss, ScanType): rows of a picture are Y, or Z where X and Z are scanned, or T where one line is scanned
again and again. IFDs follow in this order, outermost first: tile (M), position (P), time, depth; in which Bio-Formats
and tifffile agree. Tiles and positions are images of their own. What is declared and not there is absent.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from omio_plugins.tiff._structure import Structure

from ._info import SCAN_TYPES, Info, dimension

_ROWS = {0: "Y", 1: "Z", 2: "T", 3: "Y", 4: "Z", 5: "T", 6: "Y", 7: "Y", 8: "Z", 9: "Z", 10: "T"}
_NAMED = {"X": "columns", "Y": "rows", "Z": "planes along Z", "T": "time points", "C": "channels"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrangement:
    """What the planes are.

    Attributes
    ----------
    axes, lead
        Axes between the pages of an image, outermost first, and their lengths; H is phase, R rotation, C channels that
        have pages of their own.
    rows
        The axis of a page's rows: Y, Z or T.
    images
        Tile and position of each image.
    tiles, positions
        How many of them there should be.
    each
        Pages that an image takes in the file.
    assumptions
        What was assumed, in sentences.
    """

    axes: str
    lead: tuple[int, ...]
    rows: str
    images: tuple[tuple[int, int], ...]
    tiles: int
    positions: int
    each: int
    assumptions: tuple[str, ...] = ()

    @property
    def planes(self) -> int:
        """Pages of a whole image."""
        return math.prod(self.lead)

    def length(self, axis: str, rows: int) -> int:
        """Length of T or Z, of pages with so many rows."""
        return rows if axis == self.rows else dict(zip(self.axes, self.lead, strict=True)).get(axis, 1)


def arrange(info: Info, structure: Structure, pages: int) -> Arrangement:
    """Understand the order of `pages` pages of one structure; at least one."""
    said: list[str] = []
    rows = _rows(info, structure.length, said)
    _compare(info, "X", structure.width, said)
    tiles, positions = max(dimension(info, "M"), 1), max(dimension(info, "P"), 1)
    per = pages / (tiles * positions)
    lead = {axis: 1 if axis == rows else dimension(info, axis) for axis in "TZ"}
    _complete(lead, rows, per)
    lead = _with_others(info, lead, structure, per, said)
    whole = math.prod(lead.values())
    if per > whole and rows != "T" and per % (whole // lead["T"]) == 0:
        said.append(f"CZ_LSMINFO says {lead['T']} time points, the file holds {int(per * lead['T'] / whole)}")
        lead["T"] = int(per * lead["T"] / whole)
    elif per > whole:
        said.append(f"the file holds {pages} planes, of which those beyond {whole * tiles * positions} are left out")
    whole = math.prod(lead.values())
    each = whole
    if per < whole:
        said.append(f"the file holds {pages} of {whole * tiles * positions} planes")
        each = int(per) if per >= 1 and per == int(per) else whole
    elif per == int(per):
        each = int(per)
    there = min(tiles * positions, -(-pages // each))  # images without any plane are not
    if there < tiles * positions:
        said.append(f"of {tiles * positions} positions and tiles there are {there}")
    return Arrangement(
        axes="".join(lead), lead=tuple(lead.values()), rows=rows, tiles=tiles, positions=positions, each=each,
        images=tuple(divmod(k, positions) for k in range(there)), assumptions=tuple(said),
    )  # fmt: skip


def _rows(info: Info, length: int, said: list[str]) -> str:
    """The axis of a page's rows: that of the type of scan, unless its length is another's."""
    scan = int(info["ScanType"])
    axis = _ROWS.get(scan, "Y")
    if scan not in _ROWS:
        said.append(f"ScanType {scan} is unknown: the rows of a page are taken for Y")
    if dimension(info, axis) in (0, length):
        return axis
    for other in "YTZ":
        if dimension(info, other) == length > 1:
            scanned = SCAN_TYPES.get(scan, f"ScanType {scan}")
            said.append(f"CZ_LSMINFO says {scanned}, but pages have as many rows as it says of {other}: taken for it")
            return other
    _compare(info, axis, length, said)
    return axis


def _compare(info: Info, axis: str, length: int, said: list[str]) -> None:
    stated = dimension(info, axis)
    if stated not in (0, length):
        said.append(f"CZ_LSMINFO says {stated} {_NAMED[axis]}, the pages have {length}")


def _complete(lead: dict[str, int], rows: str, per: float) -> None:
    """Set lengths that are unknown so that they make up the pages there are."""
    if not lead["Z"]:
        lead["Z"] = max(int(per) // lead["T"], 1) if lead["T"] else 1
    if not lead["T"]:
        lead["T"] = max(int(per) // lead["Z"], 1)


def _with_others(info: Info, lead: dict[str, int], structure: Structure, per: float, said: list[str]) -> dict[str, int]:
    """The axes between pages in order, with those that rarely are: phases and rotations, channels as pages.

    Rotations and phases of structured illumination are the first two of DimensionsReserved, in the order that
    Bio-Formats found in files (ZeissLSMReader, initMetadata), which had equal numbers of both.
    """
    whole = lead["T"] * lead["Z"]
    reserved = [max(int(n), 1) for n in info.get("DimensionsReserved", (1, 1))[:2]]
    if math.prod(reserved) > 1 and per == whole * math.prod(reserved):
        said.append(f"rotations ({reserved[0]}) and phases ({reserved[1]}) are told apart by their usual order")
        return {"H": reserved[1], "T": lead["T"], "R": reserved[0], "Z": lead["Z"]}
    channels = dimension(info, "C")
    if structure.samples == 1 < channels and per == whole * channels:
        said.append("each channel has pages of its own, which are taken for the innermost axis")
        return {**lead, "C": channels}
    _compare(info, "C", structure.samples, said)
    return lead
