"""Pictures of arrays in memory, or of anything that is sliced like one: dask, zarr; it knows no file."""

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
    """An array in memory (or anything sliced like one: dask, zarr), seen as TZCYX.

    Parameters
    ----------
    array
        Any shape; `layout` says what its axes are.
    layout
        How they make up TZCYX.
    """

    def __init__(self, array: Any, layout: Layout):
        self.array, self.layout = array, layout

    @property
    def shape(self) -> tuple[int, ...]:
        """TZCYX."""
        return self.layout.shape

    @property
    def dtype(self) -> np.dtype[Any]:
        """The array's, in the machine's byte order."""
        dtype: np.dtype[Any] = np.dtype(self.array.dtype).newbyteorder("=")
        return dtype

    @property
    def blocks(self) -> tuple[int, ...]:
        """Chunks of a chunked array; one row of any other, of which any part costs the same."""
        chunks = getattr(self.array, "chunksize", None) or getattr(self.array, "chunks", None)
        if chunks is None:
            return (1, 1, self.layout.samples, 1, self.shape[4])
        return self.layout.blocks(tuple(int(n) for n in chunks))

    @property
    def samples(self) -> int:
        """As the layout of its axes says."""
        return self.layout.samples

    @property
    def present(self) -> Present | None:
        """All of it."""
        return None

    @property
    def files(self) -> Sequence[str]:
        """The file that the array is a map of; none for any other array."""
        name = self.array.filename if isinstance(self.array, np.memmap) else None
        return (os.fspath(name),) if name else ()

    def label(self, *, folder: bool = True) -> str:
        """It has no name."""
        return "an array in memory"

    def view(self, box: Box) -> NDArray[Any] | None:
        """A region as it lies in memory, not to be written to; None where it has to be copied."""
        if not isinstance(self.array, np.ndarray) or self.array.dtype != self.dtype:
            return None
        pairs = self.layout.unfold(box)
        if len(pairs) != 1 or pairs[0][0] != box:
            return None
        seen = self.layout.seen(np.asarray(self.array[tuple(slice(a, b) for a, b in pairs[0][1].spans)]))
        seen = seen.view()
        seen.flags.writeable = False
        return seen

    def read_into(self, out: NDArray[Any], box: Box) -> None:
        """Copy a region."""
        for canonical, native in self.layout.unfold(box):
            part = np.asarray(self.array[tuple(slice(a, b) for a, b in native.spans)])
            if part.shape != native.shape:
                raise PluginContractError(
                    "the array gives another shape than it says",
                    evidence=f"{part.shape} where {native.shape} was asked for",
                )
            if part.dtype.newbyteorder("=") != self.dtype:  # a cast would change values without a word
                raise PluginContractError(
                    "the array gives another type than it says",
                    evidence=f"{part.dtype} where {self.array.dtype} was said",
                    remedy="correct the type it declares, such as the dtype= of dask.array.map_blocks",
                )
            inside = canonical & box
            if inside is None or inside == canonical:
                self.layout.view(out[canonical.within(box)], native)[...] = part
            else:
                scratch = np.empty(canonical.shape, self.dtype)
                self.layout.view(scratch, native)[...] = part
                out[inside.within(box)] = scratch[inside.within(canonical)]
