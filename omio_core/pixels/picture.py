"""`read`, the only access to the pixels of a picture, and `FilePicture`, the only caller of a reader's `read_into`.

A picture states which boxes exist (`present`) and reads boxes of those. `read` handles absent pixels before it reads,
and casts. What a reader only finds absent while it reads is handled by `omio_core.pixels.findings`. Pictures of arrays,
regions and merges are in the modules beside this one.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from omio_core.errors import AbsentDataError, OmioError
from omio_core.files.stamps import Key
from omio_core.geometry.axes import Layout
from omio_core.geometry.box import Box, Present
from omio_core.plugins.border import reader_border

from .absence import Plane
from .description import ImageDescription
from .findings import Findings
from .handles import HANDLES
from .protocol import Picture, StoredPicture

P = TypeVar("P", bound=Picture)


def read(picture: Picture, out: NDArray[Any], box: Box) -> None:
    """Fill `out` with `box` of a picture: absent pixels get their fill value, existing ones are cast to its dtype."""
    present = picture.present
    if present is None and out.dtype == picture.dtype:  # the common case: everything exists in the requested type
        picture.read_into(out, box)
        return
    hits = [box] if present is None else present.hits(box)
    if sum(hit.size for hit in hits) < box.size:
        picture.fill_absent(out, box)
    for hit in hits:
        target = out[hit.within(box)]
        if target.dtype == picture.dtype:
            picture.read_into(target, hit)
        else:
            scratch = np.empty(hit.shape, picture.dtype)
            picture.read_into(scratch, hit)
            target[...] = scratch


class PictureBase:
    """Defaults for a picture: one part, one resolution, no file, one sample per pixel."""

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
        """None: it is not an image of a file."""
        return None

    @property
    def levels(self: Picture) -> tuple[tuple[int, ...], ...]:
        """The shape of its only resolution."""
        return (self.shape,)

    @property
    def leaves(self: Picture) -> Sequence[Picture]:
        """Itself."""
        return (self,)

    @property
    def files(self) -> Sequence[str]:
        """Empty: its pixels come from no file."""
        return ()

    def fill_absent(self, out: NDArray[Any], box: Box) -> None:
        """Fill `out` with 0."""
        out[...] = 0

    def found_absent(self) -> Sequence[Plane]:
        """Return nothing: no reader is asked or read."""
        return ()

    def label(self, *, folder: bool = True) -> str:
        """A general label with its type."""
        return f"a picture of the type {type(self).__name__}"

    def at_level(self: P, level: int) -> P:
        """Return itself: there is only one resolution."""
        return self

    def only(self: P, box: Box) -> P:
        """Return itself: it has no parts."""
        return self

    def view(self, box: Box) -> NDArray[Any] | None:
        """Return None: the pixels must be read."""
        return None


class FilePicture(PictureBase):
    """One image of a file at one resolution; views convert the native axes to TZCYX.

    Parameters
    ----------
    key
        The key that opens the file.
    index, level
        The index of the image, and of its resolution.
    description
        The reader's description of the image.
    layout
        How the native axes of the full resolution map to TZCYX.
    findings
        What is found absent after opening, shared by all pictures of an opened source, with the policy for it.
    """

    def __init__(
        self,
        *,
        key: Key,
        index: int,
        description: ImageDescription,
        layout: Layout,
        level: int = 0,
        findings: Findings | None = None,
    ):
        self.key, self.index, self.description, self.level = key, index, description, level
        self.findings = findings or Findings(path=key.path, reader=key.reader)
        self._full = layout
        self.layout = layout.at(description.levels[level].shape)
        # every read needs both
        self._shape, self._blocks = self.layout.shape, self.layout.blocks(description.levels[level].blocks)

    def __reduce__(self) -> tuple[Any, ...]:
        return _file_picture, (self.key, self.index, self.description, self._full, self.level, self.findings)

    @property
    def shape(self) -> tuple[int, ...]:
        """Lengths along TZCYX."""
        return self._shape

    @property
    def dtype(self) -> np.dtype[Any]:
        """The pixel type that the description states."""
        return self.description.dtype

    @property
    def blocks(self) -> tuple[int, ...]:
        """The file's unit of access, as TZCYX."""
        return self._blocks

    @cached_property
    def present(self) -> Present | None:
        """The boxes that the reader states as existing, as TZCYX; None if all pixels exist.

        If the reader has a function for it, it is asked now, and the policy ``absent_planes`` is applied.
        """
        level = self.description.levels[self.level]
        if level.present is None:
            return None
        if self.asks:
            return self.findings.ask(self)
        return Present(box for native_box in level.existing() for box in self.layout.canonical(native_box))

    @property
    def asks(self) -> bool:
        """Whether `present` asks the reader, by a function that may take long."""
        return callable(self.description.levels[self.level].present)

    def fill_absent(self, out: NDArray[Any], box: Box) -> None:
        """Fill `out` with the fill value of the level, cast as pixels are."""
        out[...] = np.asarray(self.description.levels[self.level].fill, self.dtype)

    def found_absent(self) -> Sequence[Plane]:
        """Return the planes (T, Z, C) that its findings name."""
        return self.findings.planes(self)

    @property
    def samples(self) -> int:
        """Samples per pixel, from the layout."""
        return self.layout.samples

    @property
    def name(self) -> str | None:
        """The name in the description."""
        return self.description.name

    @property
    def stored(self) -> FilePicture:
        """Itself."""
        return self

    @property
    def levels(self) -> tuple[tuple[int, ...], ...]:
        """TZCYX shapes of the resolutions in the description."""
        return tuple(self._full.at(level.shape).shape for level in self.description.levels)

    @property
    def files(self) -> Sequence[str]:
        """The paths of all member files; a folder that is one picture comes first."""
        paths = tuple(member.path for member in self.key.members)
        return paths if self.key.path in paths else (self.key.path, *paths)

    def label(self, *, folder: bool = True) -> str:
        """The path of its file, with the name of the image, or its index if that is not 0."""
        path = self.key.path if folder else self.key.location.name
        name = self.description.name
        which = repr(name) if name else str(self.index) if self.index else ""
        return f"{path} (image {which})" if which else path

    def at_level(self, level: int) -> FilePicture:
        """Return the same image at another resolution."""
        return _file_picture(self.key, self.index, self.description, self._full, level, self.findings)

    def read_into(self, out: NDArray[Any], box: Box) -> None:
        """Lease the file and read the box, in several pieces if several axes fold into C."""
        with HANDLES.lease(self.key) as opened:
            for canonical, native in self.layout.unfold(box):
                if canonical == box:  # a single piece, as in nearly all reads
                    self._read_native(opened, self.layout.view(out, native), native)
                    continue
                requested = canonical & box
                if requested is None or requested == canonical:
                    self._read_native(opened, self.layout.view(out[canonical.within(box)], native), native)
                else:  # only some samples of a pixel are requested, but only whole pixels can be read
                    scratch = np.empty(canonical.shape, self.dtype)
                    self._read_native(opened, self.layout.view(scratch, native), native)
                    out[requested.within(box)] = scratch[requested.within(canonical)]

    def _read_native(self, opened: Any, view: NDArray[Any], native: Box) -> None:
        try:
            opened.read_into(view, self.index, native, self.level)
        except AbsentDataError as error:
            self.findings.fill(self, view, native, error)
        except (OmioError, MemoryError):
            raise
        except Exception:  # the plugin border, entered only after a failure: a successful read does not pay for it
            with reader_border(self.key.reader, self.key.path, "read"):
                raise


def _file_picture(
    key: Key, index: int, description: ImageDescription, layout: Layout, level: int, findings: Findings
) -> FilePicture:
    return FilePicture(key=key, index=index, description=description, layout=layout, level=level, findings=findings)
