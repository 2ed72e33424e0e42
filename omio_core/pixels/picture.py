"""`read`, the one way to the pixels of any picture, and the picture of a file: here alone a reader's pixels are read.

A picture says what exists (`present`) and fills boxes of it. `read` decides absence once, before anything is read, and
casts. Pictures of arrays, regions and merges stand in the files beside this one.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from functools import cached_property
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from omio_core.errors import OmioError, reader_border
from omio_core.files.stamps import Key
from omio_core.geometry.axes import Layout
from omio_core.geometry.box import Box, Present

from .description import ImageDescription
from .handles import HANDLES
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
    """What a picture says of itself unless it knows better: one part, one resolution, no file, no samples."""

    @property
    def samples(self) -> int:
        """1: no pixel has several samples."""
        return 1

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

    @property
    def files(self) -> Sequence[str]:
        """None: its pixels come from no file."""
        return ()

    def label(self, *, folder: bool = True) -> str:
        """Its type."""
        return f"a picture of the type {type(self).__name__}"

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
        with HANDLES.lease(self.key) as opened:
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
        except (OmioError, MemoryError):
            raise
        except Exception:  # the plugin border, entered only now: a read that succeeds does not pay for it
            with reader_border(self.key.reader, self.key.path, "read"):
                raise


def _file_picture(key: Key, index: int, description: ImageDescription, layout: Layout, level: int) -> FilePicture:
    return FilePicture(key=key, index=index, description=description, layout=layout, level=level)
