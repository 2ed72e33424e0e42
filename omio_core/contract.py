"""What a plugin author imports, and nothing else of the core is needed; it knows no format.

A plugin is a module behind an entry point of the group ``omio.plugins``. It says ``OMIO_API = 1`` and implements
hooks of `omio_core.hookspecs` with `hookimpl`. A reader is described by a `Reader`; what it opens is an `Opened`
whose images are `Described`: description and handle are apart, so that 2,000 descriptions hold no file open.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import IntEnum
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Literal, Protocol, runtime_checkable

import pluggy

from .facts import PLANE_COLUMNS, Channel, Fact, Facts, Planes
from .probe import Probe
from .region import Box, runs

if TYPE_CHECKING:
    import numpy as np

    from .image import Image

__all__ = [
    "OMIO_API", "PLANE_COLUMNS", "Box", "Channel", "Described", "Fact", "Facts", "Level", "Match", "Opened", "Planes",
    "Policy", "Probe", "Raw", "Reader", "Verdict", "WriteRequest", "Writer", "Written", "hookimpl", "runs",
]  # fmt: skip

OMIO_API = 1
"""The version of this contract; a plugin module repeats it as its own ``OMIO_API``."""

hookimpl = pluggy.HookimplMarker("omio")
"""Marks a plugin's function as the implementation of a hook."""


class Match(IntEnum):
    """How sure a reader is that a file is one of its own; there are no numeric priorities besides."""

    NO = 0
    SUFFIX = 1  # the name fits and the content says nothing
    SIDECAR = 2  # what lies beside it decides
    SIGNATURE = 3  # the first bytes are of its family
    EXACT = 4  # of its family, and of no other reader's


@dataclass(frozen=True, slots=True)
class Verdict:
    """A reader's answer to a probe: how sure, and why; a no brings its reason too.

    `no_image` says with a `Match.NO` that the reader knows the file and that it is none, such as a mask that lies
    beside the images: in a folder it is left out, where another file that nobody reads would be an error.
    """

    match: Match
    why: str
    no_image: bool = False


_NO_OPTIONS: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True, slots=True, kw_only=True)
class Reader:
    """A description of a reader.

    Parameters
    ----------
    name
        One word, unique among readers; what ``reader=`` takes.
    title
        What it reads, for people.
    suffixes
        Usual suffixes with the dot, lower case; the longest first where one ends in another.
    sniff
        From a `Probe` to a `Verdict`: cheap, pure, standard library only. Never raises on foreign bytes.
    open
        ``"package.module:function"``; imported at first use, called as ``function(path, **options)``, gives an
        `Opened`. It may raise OmioErrors; anything else is wrapped as a CorruptFileError.
    options
        From the name of an option to one sentence on it.
    template
        ``"package.module:function"`` that writes the text of a commented sidecar template for a path.
    extra
        The extra of omio-core that brings what the reader needs, named when an import fails.
    version
        The reader's own version; left empty, the version of its distribution.
    """

    name: str
    title: str
    suffixes: tuple[str, ...]
    sniff: Callable[[Probe], Verdict]
    open: str
    options: Mapping[str, str] = field(default_factory=lambda: _NO_OPTIONS)
    template: str | None = None
    extra: str | None = None
    version: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Raw:
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
    raw: Raw | None = None
    unmapped: str = ""


def no_facts() -> Facts:
    """The facts of a file that states none."""
    return Facts()


@dataclass(frozen=True, slots=True, kw_only=True)
class Described:
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
        Those of its assumptions that the user is warned of when the file is opened, such as between two values that the
        file states for one fact.
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


@runtime_checkable
class Opened(Protocol):
    """An open file: the handle behind descriptions.

    It starts no thread, and `read_into` is called from many threads at once. It never writes to the file.
    """

    @property
    def images(self) -> Sequence[Described]:
        """The images in file order."""
        ...

    @property
    def members(self) -> Sequence[str]:
        """Every file the pixels and facts come from, the opened path first."""
        ...

    def read_into(self, out: np.ndarray[Any, Any], image: int, box: Box, level: int) -> None:
        """Fill `out` with the pixels of `box`.

        Parameters
        ----------
        out
            Shape of `box`, native axes, the image's dtype, any strides, writable. Every element is to be filled.
        image, level
            Indices into `images` and its `levels`.
        box
            Native indices, all of them present; S is always whole.
        """
        ...

    def close(self) -> None:
        """Let go of the file; called once, with no read under way."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class WriteRequest:
    """What is asked of a writer, besides the images.

    Parameters
    ----------
    level
        Strength of compression, 0 (none) to 9; ``"auto"`` for the fastest that makes files nearly as small as 3 does.
    tile
        Edge of square tiles in pixels, 0 for strips, None for the writer's own choice.
    name
        The name the file will have once it is landed; a writer may record it, and writes elsewhere.
    workers
        How many threads `omio_core.stream.pull` may use.
    progress
        Called with the number of bytes of pixels done, more than once, in the caller's thread.
    digests
        Whether the digests of the planes (see `omio_core.digests`) are wanted, in the file and in what is given back.
    options
        The writer's own.
    """

    level: int | Literal["auto"] = 3
    tile: int | None = None
    name: str = ""
    workers: int | None = None
    progress: Callable[[int], None] | None = None
    digests: bool = True
    options: Mapping[str, Any] = field(default_factory=lambda: _NO_OPTIONS)


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """What a writer did.

    Parameters
    ----------
    notes
        Every conversion of values or loss of metadata, in sentences.
    digests
        Of the pixels as written, see `omio_core.digests.of_image`, an image at a time; None where it takes none.
    """

    notes: tuple[str, ...] = ()
    digests: tuple[tuple[str, ...], ...] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Writer:
    """A description of a writer.

    Parameters
    ----------
    name, title, suffixes, options, extra, version
        As for a `Reader`.
    accepts
        From the images to a `Verdict`: whether they can be written without loss of pixels. Cheap; reads no pixel.
    write
        ``"package.module:function"``, called as ``function(temporary_path, images, request)``, gives a `Written`.
        It writes the one file at `temporary_path`, which exists and is empty; landing it is the core's.
    refuse
        ``"package.module:function"``, called as ``refuse(images, request)`` before anything is written, and by plans;
        raises the OmioError that `write` would raise, as far as it can be told without a pixel.
    check
        ``"package.module:function"``, called as ``check(temporary_path, images)`` before the rename; raises an
        OmioError if the file is not what was asked for.
    """

    name: str
    title: str
    suffixes: tuple[str, ...]
    accepts: Callable[[Sequence[Image]], Verdict]
    write: str
    refuse: str | None = None
    check: str | None = None
    options: Mapping[str, str] = field(default_factory=lambda: _NO_OPTIONS)
    extra: str | None = None
    version: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """A named rule for one kind of decision.

    Parameters
    ----------
    kind
        One of `omio_core.policies.KINDS`.
    name
        What the caller says to choose it; never chosen by being installed.
    decide
        Pure: from the case (a mapping of evidence) to one of the actions of the kind.
    summary
        One sentence.
    """

    kind: str
    name: str
    decide: Callable[[Mapping[str, Any]], str]
    summary: str
