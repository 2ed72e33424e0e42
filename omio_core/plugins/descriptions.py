"""What a plugin describes: readers, writers and policies as values, and what they are given; it knows no plugin."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import IntEnum
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Literal, Protocol, runtime_checkable

import pluggy

from omio_core.files.probe import Probe
from omio_core.geometry.box import Box
from omio_core.pixels.description import ImageDescription

if TYPE_CHECKING:
    import numpy as np

    from omio_core.metadata.model import Metadata
    from omio_core.pixels.protocol import Picture

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
    beside the images: in a folder it is left out, where another file that nobody reads would be an error. `what` says
    then what the file is, without its name, such as ``"a mask, no image"``; `why` is shown where it is empty.
    """

    match: Match
    why: str
    no_image: bool = False
    what: str = ""


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


@runtime_checkable
class Opened(Protocol):
    """An open file: the handle behind descriptions.

    It starts no thread, and `read_into` is called from many threads at once. It never writes to the file.
    """

    @property
    def images(self) -> Sequence[ImageDescription]:
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


@runtime_checkable
class ImageLike(Protocol):
    """What a writer is given: a lazy picture with its metadata; `omio_core.Image` is one."""

    @property
    def picture(self) -> Picture:
        """The pixels, by the box."""
        ...

    @property
    def metadata(self) -> Metadata:
        """Every fact with its origin; parsed at first use."""
        ...

    @property
    def name(self) -> str | None:
        """The name of the image, or None."""
        ...

    @property
    def shape(self) -> tuple[int, ...]:
        """TZCYX."""
        ...

    @property
    def dtype(self) -> np.dtype[Any]:
        """Of the pixels, in the machine's byte order."""
        ...

    @property
    def nbytes(self) -> int:
        """Bytes of all pixels in memory."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class WriteRequest:
    """What is asked of a writer, besides the images.

    Parameters
    ----------
    compression_level
        Strength of compression, 0 (none) to 9; ``"auto"`` for the fastest that makes files nearly as small as 3 does.
    tile
        Edge of square tiles in pixels, 0 for strips, None for the writer's own choice.
    name
        The name the file will have once it is landed; a writer may record it, and writes elsewhere.
    workers
        How many threads `omio_core.pixels.stream.pull` may use.
    progress
        Called with the number of bytes of pixels done, more than once, in the caller's thread.
    digests
        Whether the digests of the planes are wanted (see `omio_core.pixels.digests`), in the file and in the result.
    options
        The writer's own.
    """

    compression_level: int | Literal["auto"] = 3
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
        Of the pixels as written, see `omio_core.pixels.digests.of_image`, an image at a time; None where it takes none.
    """

    notes: tuple[str, ...] = ()
    digests: tuple[tuple[str, ...], ...] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Writer:
    """A description of a writer.

    Parameters
    ----------
    name, title, options, extra, version
        As for a `Reader`.
    suffixes
        With the dot, lower case; the first is that of files which the caller does not name himself.
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
    accepts: Callable[[Sequence[ImageLike]], Verdict]
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
