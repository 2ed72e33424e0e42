"""Build corrected pages: one per plane and channel, with pixels of one type; it knows no metadata.

The TIFF reader reads pages whose entries have 64-bit offsets of strips. This module builds such entries in memory from
the corrected strips, and the TIFF reader does the rest. Tables of several strips are placed behind the end of the file,
where no strip can reach them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from omio_core.contract import PositionedFile, Stamp
from omio_plugins.tiff._ifd import Chain, PageSequence
from omio_plugins.tiff._pages import Pages
from omio_plugins.tiff._structure import STRIP_COUNTS, STRIP_OFFSETS, Structure
from omio_plugins.tiff._tables import Form, Layout, Run

from ._strips import Strips

_ENTRY = [("code", "<u2"), ("type", "<u2"), ("count", "<u8"), ("value", "<u8")]  # of a BigTIFF
_LONG8, _GREY = 16, 1
_DTYPES = {8: ("u1", 1), 16: ("u2", 1), 32: ("f4", 3)}  # type and SampleFormat for each number of bits


class _Extended(PositionedFile):
    """A file with tables behind its end; its opener closes it."""

    def __init__(self, file: PositionedFile, tables: bytes):
        self._inner, self._tables = file, tables
        self.path, self.size = file.path, file.size

    def close(self) -> None:
        """Do nothing: the opener of the file closes it."""

    def stamp(self) -> Stamp:
        """The stamp of the file."""
        return self._inner.stamp()

    def read(self, offset: int, n: int) -> bytes:
        """Read `n` bytes of the file, or of the tables behind its end."""
        start = offset - self.size
        if start >= 0 and start + n <= len(self._tables) and n:
            return self._tables[start : start + n]
        return self._inner.read(offset, n)

    def prefetch(self, ranges: Sequence[tuple[int, int]]) -> None:
        """Pass on what lies in the file."""
        self._inner.prefetch([(offset, n) for offset, n in ranges if offset + n <= self.size])

    def read_into(self, view: memoryview, offset: int) -> None:
        """Fill `view` with bytes of the file."""
        self._inner.read_into(view, offset)


def planes(chain: Chain, structure: Structure, depths: tuple[int, ...], strips: Strips) -> list[PageSequence]:
    """The planes of a file: first page, all its channels, second page, ...; if depths differ, one list per channel.

    Parameters
    ----------
    structure
        The common structure of all pages.
    depths
        Bits of each sample.
    strips
        The strips of all pages.
    """
    channels = structure.planes
    strips_per_channel = structure.grid[0]
    offsets = strips.offsets.reshape(-1, channels, strips_per_channel)
    counts = strips.counts.reshape(-1, channels, strips_per_channel)
    tables, overflow = _tables(offsets, counts, chain.file.size)
    extended = Chain(_Extended(chain.file, overflow), chain.location, Form("<", True))
    numbers = np.arange(len(tables) * channels, dtype=np.int64).reshape(-1, channels)
    if len(set(depths)) == 1:
        # pixels are intensities; the file's PhotometricInterpretation is meant for a display
        layout = _layout(replace(structure, photometric=_GREY) if channels == 1 else _channel(structure, depths[0]))
        runs = [Run(first=0, offsets=numbers.reshape(-1), tables=tables.reshape(-1, tables.shape[2]), layout=layout)]
        sequences: list[PageSequence] = [Pages(extended, runs)]
    else:
        sequences = [
            Pages(extended, [Run(
                first=0, offsets=np.ascontiguousarray(numbers[:, c]), tables=np.ascontiguousarray(tables[:, c]),
                layout=_layout(_channel(structure, bits)),
            )])
            for c, bits in enumerate(depths)
        ]  # fmt: skip
    extended.pages = sequences[0]
    return sequences


def _tables(offsets: NDArray[np.int64], counts: NDArray[np.int64], size: int) -> tuple[NDArray[np.uint8], bytes]:
    """Two entries per plane, uint8 of shape (pages, channels, bytes), and the tables behind the end of the file."""
    pages, channels, strips_per_channel = offsets.shape
    entries = np.zeros((pages, channels, 2), _ENTRY)
    entries["code"] = STRIP_OFFSETS, STRIP_COUNTS
    entries["type"], entries["count"] = _LONG8, strips_per_channel
    values = np.stack([offsets, counts], axis=2).astype("<u8")
    overflow = b""
    if strips_per_channel == 1:
        entries["value"] = values[..., 0]
    else:
        overflow = values.tobytes()
        places = size + 8 * strips_per_channel * np.arange(entries.size, dtype=np.int64)
        entries["value"] = places.reshape(entries.shape)
    return entries.view(np.uint8).reshape(pages, channels, -1), overflow


def _layout(structure: Structure) -> Layout:
    size = np.dtype(_ENTRY).itemsize
    return Layout(
        positions={STRIP_OFFSETS: 0, STRIP_COUNTS: size}, size=2 * size, mask=0, key=0, outside=(), structure=structure
    )


def _channel(structure: Structure, bits: int) -> Structure:
    """The structure of one channel of a page."""
    if bits == structure.bits:
        dtype, kind = structure.dtype, structure.kind
    else:
        name, kind = _DTYPES[bits]
        dtype = np.dtype(name)
    return replace(
        structure, samples=1, planar=False, bits=bits, kind=kind, dtype=dtype, photometric=_GREY, extra_samples=()
    )  # fmt: skip
