"""What a reader states of one image: pure values, true after the file is closed; it knows no file and no pixel."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from omio_core.geometry.box import Box
from omio_core.metadata.facts import Facts

if TYPE_CHECKING:
    import numpy as np


@dataclass(frozen=True, slots=True, kw_only=True)
class MappedLayout:
    """Where the pixels of a level lie, if they lie in one file as they are, at regular distances.

    Parameters
    ----------
    path
        The file, one of the members.
    offset
        Byte of the pixel with all indices 0.
    strides
        Bytes from one index to the next along each native axis.
    dtype
        Of a pixel in the file, with its byte order, such as ``"<u2"``.
    """

    path: str
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
        Shape of the file's own unit of access (a strip, a tile, a plane) along each native axis.
    present
        Disjoint boxes of native indices that exist; None where all do. Samples (S) are always whole.
    raw
        Where the pixels can be mapped; None where they cannot, or the reader does not say.
    unmapped
        Why they cannot be mapped, in a sentence, where the reader knows a reason.
    """

    shape: tuple[int, ...]
    blocks: tuple[int, ...]
    present: tuple[Box, ...] | None = None
    raw: MappedLayout | None = None
    unmapped: str = ""


def no_facts() -> Facts:
    """The facts of a file that states none."""
    return Facts()


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageDescription:
    """A description of one image: values only, picklable, true after the file is closed.

    Parameters
    ----------
    axes
        One letter a native axis. T, Z, C, Y, X are the canonical ones; S is samples of a pixel; Q is an axis nobody
        labelled (at most one can be understood). Any other letter folds into C: ``H`` phase, ``I`` illumination,
        ``R`` rotation, ``V`` view, ``E`` wavelength, ... Axes of length 1 may be left out.
    dtype
        Of the machine's byte order.
    levels
        Full resolution first.
    facts
        Called at first use, once; picklable and pure, such as a `functools.partial` over the raw text. Channels are
        one an index of all axes that fold into C, S aside, outermost letter first.
    name
        What ``image=`` takes besides the index.
    kind
        What the file is, for people, such as ``"ImageJ hyperstack"``.
    assumptions
        What the reader assumed, in sentences.
    warnings
        Those of its assumptions that the user is warned of when the file is opened, such as between two values that
        the file states for one fact.
    absent_files
        Member files that should be there and are not; what they hold is not `present`. A policy decides on them.
    part_of
        Where the image is a part of what the file describes, and the rest is nowhere: which part of what, in words
        that follow the name of the file. The policy `absent_planes` decides.
    vendor
        Called at first use; the file's own metadata in its own terms.
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
    vendor: Callable[[], Any] | None = None
