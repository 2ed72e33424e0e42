"""Descriptions of images by readers: pure values, valid after the file is closed; knows no file and no pixel."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from omio_core.files.location import Location
from omio_core.geometry.box import Box
from omio_core.metadata.facts import Facts

if TYPE_CHECKING:
    import numpy as np


@dataclass(frozen=True, slots=True, kw_only=True)
class MappedLayout:
    """The position of the pixels of a level that are stored uncompressed in one file, at regular distances.

    Parameters
    ----------
    location
        The file, one of the members.
    offset
        Byte offset of the pixel with all indices 0.
    strides
        Bytes from one index to the next along each native axis.
    dtype
        Type of a pixel in the file, with its byte order, such as ``"<u2"``.
    """

    location: Location
    offset: int
    strides: tuple[int, ...]
    dtype: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Level:
    """One resolution of an image.

    Parameters
    ----------
    shape
        Length along each native axis.
    blocks
        Shape of the file's unit of access (a strip, a tile, a plane) along each native axis.
    present
        Disjoint boxes of native indices that exist; None if all do. A box always contains all samples (S). A function
        that returns them is asked once, when the first pixel is read or the image is explained: for what is costly to
        find out. It is picklable.
    fill
        What the format says of pixels that are not stored; absent pixels get this value.
    raw
        Where the pixels can be memory-mapped; None if they cannot be, or the reader does not say.
    unmapped
        Why they cannot be mapped, in a sentence, if the reader knows a reason.
    """

    shape: tuple[int, ...]
    blocks: tuple[int, ...]
    present: tuple[Box, ...] | Callable[[], tuple[Box, ...] | None] | None = None
    fill: float = 0
    raw: MappedLayout | None = None
    unmapped: str = ""

    def existing(self) -> tuple[Box, ...]:
        """Return the boxes that exist: all of it, if `present` says nothing."""
        boxes = self.present() if callable(self.present) else self.present
        return (Box.whole(self.shape),) if boxes is None else boxes


def no_facts() -> Facts:
    """Return the facts of a file that states none: all unknown."""
    return Facts()


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageDescription:
    """A description of one image: only values, picklable, valid after the file is closed.

    Parameters
    ----------
    axes
        One letter per native axis. T, Z, C, Y, X are the canonical axes; S is the samples of a pixel; Q is an
        unlabelled axis (at most one can be interpreted). Any other letter folds into C: ``H`` phase,
        ``I`` illumination, ``R`` rotation, ``V`` view, ``E`` wavelength, ... Axes of length 1 may be left out.
    dtype
        The pixel type, in the machine's byte order.
    levels
        The resolutions, full resolution first.
    facts
        A function that returns the facts. It is called once, at first use; it is picklable and pure, such as a
        `functools.partial` over the raw text. There is one channel per index of all axes that fold into C except S,
        outermost letter first.
    name
        The name that ``image=`` accepts besides the index.
    kind
        What the file is, for people, such as ``"ImageJ hyperstack"``.
    assumptions
        The reader's assumptions, in sentences.
    warnings
        Assumptions that the user is warned of when the file is opened, such as the choice between two values that the
        file states for one fact.
    absent_files
        Missing member files; their pixels are not `present`. A policy decides whether to read without them.
    part_of
        If the image is a part of what the file describes and the rest is missing: which part of what, in words that
        follow the name of the file. The policy `absent_planes` decides.
    not_kept
        What the file states and neither the pixels nor the facts hold, in words, such as ``"3 regions of interest"``.
    vendor
        A function, called at first use, that returns the file's own metadata in its own terms.
    compression
        How the pixels are compressed in the file, for people, such as ``"zlib"``; ``"none"`` where they are not. Empty
        where the reader does not say.
    """

    axes: str
    dtype: np.dtype[Any]
    levels: tuple[Level, ...]
    facts: Callable[[], Facts] = no_facts
    name: str | None = None
    kind: str = ""
    assumptions: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    absent_files: tuple[str, ...] = ()
    part_of: str = ""
    not_kept: tuple[str, ...] = ()
    vendor: Callable[[], Any] | None = None
    compression: str = ""
