"""Pictures: pixels by the box, always TZCYX; of a file, of an array, or a region of another picture.

A picture says what exists (`present`) and fills boxes of it. Merging (later) is one more picture. `read` is the only
entry: it decides absence once, before anything is read, and casts. Here core alone calls a reader's `read_into`.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from omio_core.errors import LimitExceededError, OmioError, PluginContractError, border
from omio_core.files.stamps import Key
from omio_core.geometry.axes import CANONICAL, Layout
from omio_core.geometry.box import Box, Present
from omio_core.settings import current

from .description import ImageDescription
from .handles import OPENS
from .protocol import Picture, StoredPicture

P = TypeVar("P", bound=Picture)


def read(picture: Picture, out: NDArray[Any], box: Box) -> None:
    """Fill `out` with `box` of a picture: what is absent with 0, what exists cast to the dtype of `out`."""
    present = picture.present
    if present is None and out.dtype == picture.dtype:  # all of it is there, as it is wanted
        picture.read_into(out, box)
        return
    hits = [box] if present is None else present.hits(box)
    if sum(hit.size for hit in hits) < box.size:
        out[...] = 0
    for hit in hits:
        target = out[hit.within(box)]
        if target.dtype == picture.dtype:
            picture.read_into(target, hit)
        else:
            scratch = np.empty(hit.shape, picture.dtype)
            picture.read_into(scratch, hit)
            target[...] = scratch


class PictureBase:
    """What a picture says of itself that is one thing at one resolution, and no stored image."""

    @property
    def name(self) -> str | None:
        """None: no description names it."""
        return None

    @property
    def stored(self) -> StoredPicture | None:
        """None: it is no image of a file."""
        return None

    @property
    def levels(self: Picture) -> tuple[tuple[int, ...], ...]:
        """Its own shape."""
        return (self.shape,)

    @property
    def leaves(self: Picture) -> Sequence[Picture]:
        """Itself."""
        return (self,)

    def at_level(self: P, level: int) -> P:
        """Itself: there is one resolution."""
        return self

    def only(self: P, box: Box) -> P:
        """Itself: it has no parts."""
        return self

    def view(self, box: Box) -> NDArray[Any] | None:
        """None: it has to be read."""
        return None


class FilePicture(PictureBase):
    """One image of a file at one resolution; native axes become TZCYX by views.

    Parameters
    ----------
    key
        Under which the file is opened.
    index, level
        Which image, which resolution.
    description
        The reader's description of the image.
    layout
        How the native axes of the full resolution make up TZCYX.
    """

    def __init__(self, *, key: Key, index: int, description: ImageDescription, layout: Layout, level: int = 0):
        self.key, self.index, self.description, self.level = key, index, description, level
        self._full = layout
        self.layout = layout.at(description.levels[level].shape)
        # both are asked for at every read
        self._shape, self._blocks = self.layout.shape, self.layout.blocks(description.levels[level].blocks)

    def __reduce__(self) -> tuple[Any, ...]:
        return _file_picture, (self.key, self.index, self.description, self._full, self.level)

    @property
    def shape(self) -> tuple[int, ...]:
        """TZCYX."""
        return self._shape

    @property
    def dtype(self) -> np.dtype[Any]:
        """As described."""
        return self.description.dtype

    @property
    def blocks(self) -> tuple[int, ...]:
        """The file's own unit of access."""
        return self._blocks

    @cached_property
    def present(self) -> Present | None:
        """The reader's boxes, as TZCYX."""
        native = self.description.levels[self.level].present
        if native is None:
            return None
        return Present(box for one in native for box in self.layout.canonical(one))

    @property
    def samples(self) -> int:
        """As described."""
        return self.layout.samples

    @property
    def name(self) -> str | None:
        """As described."""
        return self.description.name

    @property
    def stored(self) -> FilePicture:
        """Itself."""
        return self

    @property
    def levels(self) -> tuple[tuple[int, ...], ...]:
        """As described."""
        return tuple(self._full.at(level.shape).shape for level in self.description.levels)

    @property
    def files(self) -> Sequence[str]:
        """All members of its set."""
        return tuple(member.path for member in self.key.members)

    def label(self, *, folder: bool = True) -> str:
        """The path of its file, and which image of it where that needs saying."""
        path = self.key.path if folder else os.path.basename(self.key.path.rstrip("/\\"))
        name = self.description.name
        which = repr(name) if name else str(self.index) if self.index else ""
        return f"{path} (image {which})" if which else path

    def at_level(self, level: int) -> FilePicture:
        """The same image at another resolution."""
        return _file_picture(self.key, self.index, self.description, self._full, level)

    def read_into(self, out: NDArray[Any], box: Box) -> None:
        """Lease the file and read, piece by piece where C is folded of several axes."""
        with OPENS.lease(self.key) as opened:
            for canonical, native in self.layout.unfold(box):
                if canonical == box:  # one piece, as nearly all reads are
                    self._ask(opened, self.layout.view(out, native), native)
                    continue
                inside = canonical & box
                if inside is None or inside == canonical:
                    self._ask(opened, self.layout.view(out[canonical.within(box)], native), native)
                else:  # part of a pixel's samples: only whole pixels can be read
                    scratch = np.empty(canonical.shape, self.dtype)
                    self._ask(opened, self.layout.view(scratch, native), native)
                    out[inside.within(box)] = scratch[inside.within(canonical)]

    def _ask(self, opened: Any, view: NDArray[Any], native: Box) -> None:
        try:
            opened.read_into(view, self.index, native, self.level)
        except OmioError:
            raise
        except MemoryError:
            raise
        except Exception as error:  # the plugin border
            raise border(error, reader=self.key.reader, path=self.key.path, doing="read") from error


def _file_picture(key: Key, index: int, description: ImageDescription, layout: Layout, level: int) -> FilePicture:
    return FilePicture(key=key, index=index, description=description, layout=layout, level=level)


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


@dataclass(frozen=True)  # no slots: `present` is asked for at every read and kept
class CroppedPicture(PictureBase):
    """A region of another picture, with the region's own indices."""

    picture: Picture
    box: Box

    @property
    def shape(self) -> tuple[int, ...]:
        """TZCYX of the region."""
        return self.box.shape

    @property
    def dtype(self) -> np.dtype[Any]:
        """The whole picture's."""
        return self.picture.dtype

    @property
    def samples(self) -> int:
        """The whole picture's; 1 where the region cuts through the samples of a pixel."""
        samples, (start, stop) = self.picture.samples, self.box.spans[2]
        return samples if start % samples == 0 and stop % samples == 0 else 1

    @property
    def name(self) -> str | None:
        """The whole picture's."""
        return self.picture.name

    @property
    def leaves(self) -> Sequence[Picture]:
        """The whole picture's."""
        return self.picture.leaves

    @property
    def files(self) -> Sequence[str]:
        """The whole picture's."""
        return self.picture.files

    def label(self, *, folder: bool = True) -> str:
        """A part of the whole picture."""
        return f"a part of {self.picture.label(folder=folder)}"

    @property
    def blocks(self) -> tuple[int, ...]:
        """The whole picture's, no larger than the region."""
        return tuple(min(b, n) for b, n in zip(self.picture.blocks, self.shape, strict=True))

    @cached_property
    def present(self) -> Present | None:
        """What of the region exists."""
        whole = self.picture.present
        if whole is None or whole.covers(self.box):
            return None
        return Present(hit.shift([-a for a, _ in self.box.spans]) for hit in whole.hits(self.box))

    @property
    def offset(self) -> tuple[int, ...]:
        """Where the region begins in the whole."""
        return tuple(start for start, _ in self.box.spans)

    def read_into(self, out: NDArray[Any], box: Box) -> None:
        """Read with the indices of the whole."""
        read(self.picture, out, box.shift(self.offset))


def uncropped(picture: Picture) -> tuple[Picture, tuple[int, ...]]:
    """The picture that a region is of, and where the region begins in it; a picture that is no region begins at 0.

    Whoever cuts a region into tasks cuts along the blocks of the whole: those of the region begin anywhere.
    """
    offset: tuple[int, ...] = (0,) * 5
    while isinstance(picture, CroppedPicture):
        offset = tuple(a + b for a, b in zip(offset, picture.offset, strict=True))
        picture = picture.picture
    return picture, offset


ALWAYS_ALLOWED = 256 << 20
"""Bytes of absent pixels that nobody minds being filled with 0."""


def hold(picture: Picture, box: Box) -> None:
    """Refuse a region that is nearly all absent: a few kilobytes can declare terabytes of it.

    Raises
    ------
    LimitExceededError
    """
    if picture.present is None:
        return
    itemsize = picture.dtype.itemsize
    there = sum(hit.size for hit in picture.present.hits(box)) * itemsize
    limit = max(ALWAYS_ALLOWED, there * current().max_expansion)
    if box.size * itemsize > limit:
        raise LimitExceededError(
            f"{box.size * itemsize:,} bytes of pixels are asked for, nearly all of them absent",
            evidence=f"{there:,} bytes of them exist; at most {limit:,} are allowed",
            remedy="take the part that exists with image.at(...), or raise OMIO_MAX_EXPANSION",
        )


def absence(picture: Picture, most: int = 8) -> str:
    """What of a picture is absent, in words: how much, and the first planes; "" where nothing is."""
    present: Present | None = picture.present
    if present is None or present.covers(Box.whole(picture.shape)):
        return ""
    there = sum(box.size for box in present)
    share = 100 * (1 - there / Box.whole(picture.shape).size)
    first = []
    t, z, c = picture.shape[:3]
    for flat in range(t * z * c):
        at = (flat // (z * c), flat // c % z, flat % c)
        plane = Box((*((i, i + 1) for i in at), (0, picture.shape[3]), (0, picture.shape[4])))
        if not present.covers(plane):
            first.append(" ".join(f"{axis}{i}" for axis, i in zip(CANONICAL, at, strict=False)))
        if len(first) >= most or flat > 100_000:
            break
    return f"{share:.3g} % of the pixels are absent, first in the planes {', '.join(first)}"
