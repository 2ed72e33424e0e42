"""Pictures of arrays in memory, and of dask and zarr arrays; knows no file."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from omio_core.errors import PluginContractError
from omio_core.geometry.axes import Layout
from omio_core.geometry.box import Box, Present

from .picture import PictureBase


class ArrayPicture(PictureBase):
    """An array in memory, or anything that is sliced like one (dask, zarr), as TZCYX.

    Parameters
    ----------
    array
        An array of any shape; `layout` defines its axes.
    layout
        How the axes of the array map to TZCYX.
    """

    def __init__(self, array: Any, layout: Layout):
        self.array, self.layout = array, layout

    @property
    def shape(self) -> tuple[int, ...]:
        """Lengths along TZCYX."""
        return self.layout.shape

    @property
    def dtype(self) -> np.dtype[Any]:
        """The type of the array, in the machine's byte order."""
        dtype: np.dtype[Any] = np.dtype(self.array.dtype).newbyteorder("=")
        return dtype

    @property
    def blocks(self) -> tuple[int, ...]:
        """The chunks of a chunked array, else one row: any part of an unchunked array costs the same."""
        chunks = getattr(self.array, "chunksize", None) or getattr(self.array, "chunks", None)
        if chunks is None:
            return (1, 1, self.layout.samples, 1, self.shape[4])
        return self.layout.blocks(tuple(int(length) for length in chunks))

    @property
    def samples(self) -> int:
        """Samples per pixel, from the layout."""
        return self.layout.samples

    @property
    def present(self) -> Present | None:
        """None: all pixels exist."""
        return None

    @property
    def files(self) -> Sequence[str]:
        """The file that the array maps; empty for any other array."""
        name = self.array.filename if isinstance(self.array, np.memmap) else None
        return (os.fspath(name),) if name else ()

    def label(self, *, folder: bool = True) -> str:
        """A general label: an array has no name."""
        return "an array in memory"

    def view(self, box: Box) -> NDArray[Any] | None:
        """Return a read-only view of a region in memory; None if the region must be copied."""
        if not isinstance(self.array, np.ndarray) or self.array.dtype != self.dtype:
            return None
        pairs = self.layout.unfold(box)
        if len(pairs) != 1 or pairs[0][0] != box:
            return None
        region = self.layout.seen(np.asarray(self.array[tuple(slice(a, b) for a, b in pairs[0][1].spans)]))
        region = region.view()
        region.flags.writeable = False
        return region

    def read_into(self, out: NDArray[Any], box: Box) -> None:
        """Copy a region into `out`.

        Raises
        ------
        PluginContractError
            The array returns another shape or type than it declares.
        """
        for canonical, native in self.layout.unfold(box):
            part = np.asarray(self.array[tuple(slice(a, b) for a, b in native.spans)])
            if part.shape != native.shape:
                raise PluginContractError(
                    "the array gives another shape than it says",
                    evidence=f"{part.shape} where {native.shape} was asked for",
                )
            if part.dtype.newbyteorder("=") != self.dtype:  # a cast could silently change values
                raise PluginContractError(
                    "the array gives another type than it says",
                    evidence=f"{part.dtype} where {self.array.dtype} was said",
                    remedy="correct the type it declares, such as the dtype= of dask.array.map_blocks",
                )
            requested = canonical & box
            if requested is None or requested == canonical:
                self.layout.view(out[canonical.within(box)], native)[...] = part
            else:
                scratch = np.empty(canonical.shape, self.dtype)
                self.layout.view(scratch, native)[...] = part
                out[requested.within(box)] = scratch[requested.within(canonical)]
