"""What every kind of picture offers, and what one that is stored in a file offers besides; it knows no kind."""

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
    """Pixels by the box, always TZCYX; picklable, without a handle, read from many threads."""

    @property
    def shape(self) -> tuple[int, ...]:
        """TZCYX."""
        ...

    @property
    def dtype(self) -> np.dtype[Any]:
        """Of the machine's byte order."""
        ...

    @property
    def samples(self) -> int:
        """Samples of a pixel, folded into C: 3 for RGB, else 1."""
        ...

    @property
    def blocks(self) -> tuple[int, ...]:
        """TZCYX shape of the smallest unit that costs no more to read than part of it."""
        ...

    @property
    def present(self) -> Present | None:
        """What exists, as disjoint TZCYX boxes; None where all does."""
        ...

    @property
    def name(self) -> str | None:
        """The name that a description gives it; None where there is none."""
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
        """The pictures of files and arrays that it is made of; only itself if it is one of those."""
        ...

    @property
    def files(self) -> Sequence[str]:
        """The paths of all files that its pixels come from, those of arrays mapped from a file too."""
        ...

    def label(self, *, folder: bool = True) -> str:
        """What to call it in messages; without the folder of its file where `folder` is False."""
        ...

    def at_level(self, level: int) -> Picture:
        """The same picture at another resolution, an index into `levels`."""
        ...

    def only(self, box: Box) -> Picture:
        """The same picture with no more parts than a box needs: what a task that travels alone takes along."""
        ...

    def view(self, box: Box) -> NDArray[Any] | None:
        """A region as it lies in memory, read-only; None where it has to be read."""
        ...

    def read_into(self, out: NDArray[Any], box: Box) -> None:
        """Fill `out` (shape of `box`, this dtype, any strides); all of `box` is present. Only `read` calls this."""
        ...


class StoredPicture(Picture, Protocol):
    """One image of a file at one resolution.

    Attributes
    ----------
    key
        Under which the file is opened.
    index, level
        Which image, which resolution.
    description
        The reader's description of the image.
    layout
        How the native axes at this resolution make up TZCYX.
    """

    key: Key
    index: int
    level: int
    description: ImageDescription
    layout: Layout
