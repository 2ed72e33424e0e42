"""The protocols of pictures: of every kind, and of those stored in a file; knows no concrete kind."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from omio_core.files.stamps import Key
    from omio_core.geometry.axes import Layout
    from omio_core.geometry.box import Box, Present

    from .description import ImageDescription


@runtime_checkable
class Picture(Protocol):
    """Pixels that are read box by box, always TZCYX; picklable, without a handle, read from many threads."""

    @property
    def shape(self) -> tuple[int, ...]:
        """Lengths along TZCYX."""
        ...

    @property
    def dtype(self) -> np.dtype[Any]:
        """The pixel type, in the machine's byte order."""
        ...

    @property
    def samples(self) -> int:
        """Samples per pixel, folded into C: 3 for RGB, else 1."""
        ...

    @property
    def blocks(self) -> tuple[int, ...]:
        """TZCYX shape of the unit of access: reading part of it costs as much as all of it."""
        ...

    @property
    def present(self) -> Present | None:
        """The existing pixels, as disjoint TZCYX boxes; None if all exist."""
        ...

    def fill_absent(self, out: NDArray[Any], box: Box) -> None:
        """Fill `out` (shape of `box`, any dtype) with what absent pixels get; existing ones are read over it."""
        ...

    def found_absent(self) -> Sequence[tuple[int, int, int]]:
        """Return the planes (T, Z, C) of which pixels were found absent since opening, in this process; asks nobody."""
        ...

    @property
    def name(self) -> str | None:
        """The name in its description; None if there is none."""
        ...

    @property
    def levels(self) -> tuple[tuple[int, ...], ...]:
        """TZCYX shapes of its resolutions, full resolution first."""
        ...

    @property
    def stored(self) -> StoredPicture | None:
        """The picture itself if it is one image of one file; None for arrays, regions and merges."""
        ...

    @property
    def leaves(self) -> Sequence[Picture]:
        """The pictures of files and arrays that it consists of; only itself if it is one of those."""
        ...

    @property
    def files(self) -> Sequence[str]:
        """The paths of all files that its pixels come from, including those of memory-mapped arrays."""
        ...

    def label(self, *, folder: bool = True) -> str:
        """Return its label for messages; without the folder of its file if `folder` is False."""
        ...

    def at_level(self, level: int) -> Picture:
        """Return the same picture at another resolution, an index into `levels`."""
        ...

    def only(self, box: Box) -> Picture:
        """Return the same picture with only the parts that a box needs: a task in another process takes only those."""
        ...

    def view(self, box: Box) -> NDArray[Any] | None:
        """Return a read-only view of a region in memory; None if the region must be read."""
        ...

    def read_into(self, out: NDArray[Any], box: Box) -> None:
        """Fill `out` (shape of `box`, this dtype, any strides); all of `box` must exist. Only `read` calls this."""
        ...


class StoredPicture(Picture, Protocol):
    """One image of a file at one resolution.

    Attributes
    ----------
    key
        The key that opens the file.
    index, level
        The index of the image, and of its resolution.
    description
        The reader's description of the image.
    layout
        How the native axes at this resolution map to TZCYX.
    """

    key: Key
    index: int
    level: int
    description: ImageDescription
    layout: Layout
