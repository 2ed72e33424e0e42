"""ImageJ's private tags 50838 and 50839, which hold what does not fit into a description; it reads no file.

Form: https://github.com/imagej/ImageJ/blob/master/ij/io/TiffEncoder.java (writeMetaData) and TiffDecoder.java
(getMetaData): a header "IJIJ" with pairs of a four-letter type and a number of values, then the values, whose lengths
are those in tag 50838 after the header's own. Texts are UTF-16 of the file's byte order.
"""

from __future__ import annotations

import struct
from typing import Any

import numpy as np

_NAMES = {
    b"info": "Info", b"labl": "Labels", b"rang": "Ranges", b"luts": "LUTs", b"plot": "Plot", b"roi ": "ROI",
    b"over": "Overlays", b"prop": "Properties",
}  # fmt: skip


def metadata(data: bytes, counts: tuple[int, ...], order: str) -> dict[str, Any]:
    """The values by name: texts as text, ranges as numbers, lookup tables as (3, 256) lists, the rest as bytes.

    Raises
    ------
    ValueError
        The lengths, the header and the values contradict each other.
    """
    if not counts or counts[0] < 12 or sum(counts) > len(data):
        raise ValueError(f"{len(counts)} lengths, {sum(counts)} bytes of {len(data)}")
    header = data[: counts[0]]
    if header[:4] not in (b"IJIJ", b"JIJI"):
        raise ValueError(f"begins with {header[:4]!r}")
    result: dict[str, Any] = {}
    at, value = counts[0], 1
    for k in range(4, len(header) - 7, 8):
        kind, number = struct.unpack_from(order + "4sI", header, k)
        kind = kind if order == ">" else kind[::-1]
        values = []
        for length in counts[value : value + number]:
            values.append(_value(kind, data[at : at + length], order))
            at += length
        if len(values) < number:
            raise ValueError(f"{number} values of {kind!r} are declared, {len(values)} are there")
        value += number
        name = _NAMES.get(kind, kind.decode("latin-1").strip())
        single = len(values) == 1 and kind not in (b"labl", b"luts", b"over")
        result[name] = values[0] if single else values
    return result


def kinds(data: bytes, counts: tuple[int, ...], order: str) -> dict[str, int]:
    """The number of values by name, as the header states them; empty if there is no header."""
    header = data[: counts[0]] if counts else b""
    if header[:4] not in (b"IJIJ", b"JIJI"):
        return {}
    found: dict[str, int] = {}
    for kind, number in struct.iter_unpack(order + "4sI", header[4 : len(header) - (len(header) - 4) % 8]):
        kind = kind if order == ">" else kind[::-1]
        found[_NAMES.get(kind, kind.decode("latin-1").strip())] = number
    return found


def _value(kind: bytes, data: bytes, order: str) -> Any:
    if kind in (b"info", b"labl", b"prop"):
        return data.decode("utf-16-le" if order == "<" else "utf-16-be", "replace")
    if kind == b"rang":
        return list(struct.unpack(f"{order}{len(data) // 8}d", data[: len(data) // 8 * 8]))
    if kind == b"luts" and len(data) == 768:
        return np.frombuffer(data, np.uint8).reshape(3, 256).tolist()
    return data
