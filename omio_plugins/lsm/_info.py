"""CZ_LSMINFO, the structure in tag 34412: fields by name; it knows no file and no picture.

Layout: "Image File Format Description LSM 5/7, Release 6.0 (ZEN 2010)" of Carl Zeiss, in little-endian order; names are
those of the document without their type prefixes. Older programs write fewer fields: fields beyond StructureSize do not
exist. Lengths are metres, times seconds.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping
from typing import Any

from omio_core.contract import CorruptFileError

TAG = 34412
MAGIC = (0x00300494C, 0x00400494C)  # of releases 1.3 and of 1.5 and later

FIELDS: tuple[tuple[str, str], ...] = (
    ("MagicNumber", "I"), ("StructureSize", "i"),
    ("DimensionX", "i"), ("DimensionY", "i"), ("DimensionZ", "i"), ("DimensionChannels", "i"), ("DimensionTime", "i"),
    ("DataType", "i"), ("ThumbnailX", "i"), ("ThumbnailY", "i"),
    ("VoxelSizeX", "d"), ("VoxelSizeY", "d"), ("VoxelSizeZ", "d"),
    ("OriginX", "d"), ("OriginY", "d"), ("OriginZ", "d"),
    ("ScanType", "H"), ("SpectralScan", "H"), ("TypeOfData", "I"),
    ("OffsetVectorOverlay", "I"), ("OffsetInputLut", "I"), ("OffsetOutputLut", "I"), ("OffsetChannelColors", "I"),
    ("TimeIntervall", "d"),
    ("OffsetChannelDataTypes", "I"), ("OffsetScanInformation", "I"), ("OffsetKsData", "I"),
    ("OffsetTimeStamps", "I"), ("OffsetEventList", "I"), ("OffsetRoi", "I"), ("OffsetBleachRoi", "I"),
    ("OffsetNextRecording", "I"),
    # LSM 2.0 ends here
    ("DisplayAspectX", "d"), ("DisplayAspectY", "d"), ("DisplayAspectZ", "d"), ("DisplayAspectTime", "d"),
    ("OffsetMeanOfRoisOverlay", "I"), ("OffsetTopoIsolineOverlay", "I"), ("OffsetTopoProfileOverlay", "I"),
    ("OffsetLinescanOverlay", "I"), ("ToolbarFlags", "I"), ("OffsetChannelWavelength", "I"),
    ("OffsetChannelFactors", "I"), ("ObjectiveSphereCorrection", "d"), ("OffsetUnmixParameters", "I"),
    # LSM 3.2 and 4.0 end here
    ("OffsetAcquisitionParameters", "I"), ("OffsetCharacteristics", "I"), ("OffsetPalette", "I"),
    ("TimeDifferenceX", "d"), ("TimeDifferenceY", "d"), ("TimeDifferenceZ", "d"), ("InternalUse1", "I"),
    ("DimensionP", "i"), ("DimensionM", "i"), ("DimensionsReserved", "16i"), ("OffsetTilePositions", "I"),
    ("Reserved", "9I"), ("OffsetPositions", "I"),
)  # fmt: skip

SCAN_TYPES: Mapping[int, str] = {
    0: "x-y-z scan", 1: "x-z scan", 2: "line scan", 3: "time series of x-y", 4: "time series of x-z",
    5: "time series, mean of ROIs", 6: "time series of x-y-z", 7: "spline scan", 8: "spline scan of x-z",
    9: "time series of spline x-z", 10: "point scan",
}  # fmt: skip

Info = Mapping[str, Any]


def parse(data: bytes, path: str) -> dict[str, Any]:
    """Parse the fields that exist; a field of several numbers is a list.

    Raises
    ------
    CorruptFileError
        The data do not begin as CZ_LSMINFO does, or end before the last field that describes the picture.
    """
    magic, size = struct.unpack("<Ii", data[:8]) if len(data) >= 8 else (0, 0)
    if magic not in MAGIC:
        raise CorruptFileError(
            f"{path} has no CZ_LSMINFO in its tag {TAG}",
            evidence=f"{len(data)} bytes that begin with {data[:8]!r}",
            path=path,
        )
    end = min(len(data), size) if size > 0 else len(data)
    fields: dict[str, Any] = {}
    at = 0
    for name, code in FIELDS:
        stop = at + struct.calcsize("<" + code)
        if stop > end:
            break
        values = struct.unpack(f"<{code}", data[at:stop])
        fields[name] = values[0] if len(values) == 1 else list(values)
        at = stop
    if "ScanType" not in fields:
        raise CorruptFileError(
            f"the CZ_LSMINFO of {path} ends too soon",
            evidence=f"{len(data)} bytes, StructureSize {size}, the last field is {next(reversed(fields), None)}",
            path=path,
        )
    return fields


def dimension(info: Info, letter: str) -> int:
    """A dimension (X, Y, Z, C, T, P, M); 0 where it is unknown: missing, zero or negative."""
    name = {"C": "DimensionChannels", "T": "DimensionTime"}.get(letter, f"Dimension{letter}")
    return max(int(info.get(name, 0)), 0)
