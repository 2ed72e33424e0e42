"""Descriptions of readers, writers and policies, and the types they work with; knows no plugin."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import IntEnum
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Literal, Protocol, runtime_checkable

import pluggy

from omio_core.files.location import Location
from omio_core.files.probe import Probe
from omio_core.geometry.box import Box
from omio_core.pixels.description import ImageDescription

from .cases import (
    AbsentFilesCase,
    AbsentPlanesCase,
    AxesCase,
    CollisionCase,
    ConflictCase,
    DtypesCase,
    MissingCase,
    ShapesCase,
)

if TYPE_CHECKING:
    import numpy as np

    from omio_core.metadata.model import Metadata
    from omio_core.pixels.protocol import Picture

OMIO_API = 1
"""The version of this contract; a plugin module declares it as its own ``OMIO_API``."""

hookimpl = pluggy.HookimplMarker("omio")
"""The decorator that marks a plugin's function as the implementation of a hook."""


class Match(IntEnum):
    """How certain a reader is that a file is in its format; there are no other priorities."""

    NO = 0
    SUFFIX = 1  # the name fits, and the content decides nothing
    SIDECAR = 2  # a file beside it decides
    SIGNATURE = 3  # the first bytes are those of its family of formats
    EXACT = 4  # the content is of this format and of no other


@dataclass(frozen=True, slots=True)
class Verdict:
    """A reader's answer to a probe: how certain it is, and why; a "no" has a reason too.

    With `Match.NO`, `no_image` means that the reader knows the file and that it is not an image, for example a mask
    beside the images. In a folder such a file is skipped, where any other file without a reader is an error. `what`
    then describes the file without its name, such as ``"a mask, no image"``; if it is empty, `why` is shown instead.
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
        One word of letters, digits and underscores, unique among readers; the value of ``reader=``.
    title
        What it reads, for people.
    suffixes
        Usual suffixes with the dot, in lower case; the longest first where one ends in another.
    sniff
        A function from a `Probe` to a `Verdict`: cheap, pure, standard library only. Never raises on foreign bytes.
    open
        ``"package.module:function"``; imported at first use, called as ``function(location, **options)`` with a
        `Location`, returns an `Opened`. It may raise OmioErrors; any other exception is wrapped as a CorruptFileError.
        A file that is shorter than its header says is refused here, if that is cheap to see, or when it is read.
    options
        A mapping from the name of each option to a one-sentence description.
    template
        ``"package.module:function"`` that returns the text of a commented sidecar template for a `Location`.
    install
        The command that installs what the reader needs, such as ``"pip install omio-myformat[fast]"``; a
        MissingDependencyError shows it when an import fails.
    extra
        The same for OMIO's own readers: the extra of omio-core.
    revision
        A number that is raised whenever pixels or facts of the same file become others; what was made with another
        revision is made again.
    version
        The reader's version; if empty, the version of its distribution.
    """

    name: str
    title: str
    suffixes: tuple[str, ...]
    sniff: Callable[[Probe], Verdict]
    open: str
    options: Mapping[str, str] = field(default_factory=lambda: _NO_OPTIONS)
    template: str | None = None
    install: str = ""
    extra: str | None = None
    revision: int = 1
    version: str = ""


if TYPE_CHECKING:
    from builtins import property as stated
else:

    class stated:  # noqa: N801 - used as `property` is
        """A property of a protocol; unlike a `property`, it lets a class that inherits set a plain attribute."""

        def __init__(self, function):
            self.function, self.__doc__ = function, function.__doc__

        def __get__(self, instance, owner=None):
            return self if instance is None else self.function(instance)


class Opened(Protocol):
    """An open file or folder: the handle behind the descriptions. A reader's class inherits from it.

    It starts no thread, and never writes to the file. `read_into` is called from several threads at once. `images`,
    `members` and `stamp` may be properties of the class, or attributes that its ``__init__`` sets.
    """

    @stated
    def images(self) -> Sequence[ImageDescription]:
        """The images in file order."""
        ...

    @stated
    def members(self) -> Sequence[Location]:
        """Every file that the pixels and facts come from, the opened one first; of a folder, its metadata documents."""
        ...

    @stated
    def stamp(self) -> str:
        """A digest of all files of a folder, such as `Listing.digest`; it must not change between two openings."""
        return ""

    def digests(self, image: int) -> Sequence[str] | None:
        """Return the digests that the file itself states of the planes of an image, as `image_digests`; else None."""
        return None

    def read_into(self, out: np.ndarray[Any, Any], image: int, box: Box, level: int) -> None:
        """Fill `out` with the pixels of `box`.

        Parameters
        ----------
        out
            A writable array with the shape of `box`, native axes, the image's dtype and any strides. Every element
            must be filled.
        image, level
            Indices into `images` and its `levels`.
        box
            Native indices, all of them present; all samples (S) are always included.

        Raises
        ------
        AbsentDataError
            With ``boxes=``, a tuple of native boxes inside `box`: the pixels in them turned out not to exist, and
            everything else is filled. A policy decides about them.
        """
        ...

    def close(self) -> None:
        """Close the file; called once, when no read is in progress."""
        ...


@runtime_checkable
class ImageLike(Protocol):
    """What a writer receives: a lazy picture with its metadata, such as an `omio_core.Image`."""

    @property
    def picture(self) -> Picture:
        """The pixels, read box by box."""
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
        """The type of the pixels, in the machine's byte order."""
        ...

    @property
    def nbytes(self) -> int:
        """Bytes of all pixels in memory."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class WriteRequest:
    """The request to a writer, apart from the images.

    Parameters
    ----------
    compression_level
        Compression strength, 0 (none) to 9; ``"auto"`` for the fastest one whose files are nearly as small as with 3.
    tile
        Edge length of square tiles in pixels, 0 for strips, None for the writer's choice.
    name
        The final name of the file; a writer may record it, but writes to the temporary path.
    workers
        Number of threads that `omio_core.pixels.stream.pull` may use.
    progress
        Called repeatedly, in the caller's thread, with the number of pixel bytes written so far.
    digests
        Whether to put the digests of the planes (see `omio_core.pixels.digests`) into the file and the result.
    options
        The writer's own options.
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
    """The result of a writer.

    Parameters
    ----------
    notes
        Every conversion of values and every loss of metadata, in sentences.
    digests
        Digests of the pixels as written (see `omio_core.pixels.digests.image_digests`), one tuple per image; None if
        the writer takes none.
    """

    notes: tuple[str, ...] = ()
    digests: tuple[tuple[str, ...], ...] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Records:
    """What a written file states of how it was written.

    Parameters
    ----------
    images
        For each image in order, OMIO's own annotations: from the namespace, such as ``"omio/provenance"``, to the
        content that the writer got in `Metadata`.
    flaw
        What shows that the file is no longer as it was written, in words; "" where nothing does.
    sealed
        Whether the file carries a seal, a digest of everything but its pixels: without one, a flaw says only that
        nothing is known of changes.
    """

    images: tuple[Mapping[str, Mapping[str, Any]], ...]
    flaw: str = ""
    sealed: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Writer:
    """A description of a writer.

    Parameters
    ----------
    name, title, options, install, extra, revision, version
        As for a `Reader`.
    suffixes
        With the dot, in lower case; the first is used for files that the caller does not name.
    makes
        Whether it writes one file or one folder.
    accepts
        A function from the images to a `Verdict`: whether it can write them without loss of
        pixels. Cheap; reads no pixel.
    write
        ``"package.module:function"``, called as ``function(temporary_path, images, request)``, returns a `Written`.
        It writes only the file or into the folder at `temporary_path`, which exists and is empty; the core renames it.
        A folder already has its final name there; the writer fills it with regular files and folders, and makes no
        links.
    refuse
        ``"package.module:function"``, called as ``refuse(images, request)`` before anything is written, and by plans;
        raises the OmioError that `write` would raise, as far as that is known without reading pixels.
    check
        ``"package.module:function"``, called as ``check(temporary_path, images)`` before the rename; raises an
        OmioError if the file or folder does not match the request. Everything is on disk then.
    records
        ``"package.module:function"``, called as ``records(path)`` with any file or folder whose name has one of the
        suffixes; returns the `Records` in it, or None where there are none. Cheap; reads no pixel. Without it, what
        this writer writes is never up to date, and never replaced by an update.
    """

    name: str
    title: str
    suffixes: tuple[str, ...]
    accepts: Callable[[Sequence[ImageLike]], Verdict]
    write: str
    makes: Literal["file", "folder"] = "file"
    refuse: str | None = None
    check: str | None = None
    records: str | None = None
    options: Mapping[str, str] = field(default_factory=lambda: _NO_OPTIONS)
    install: str = ""
    extra: str | None = None
    revision: int = 1
    version: str = ""


Decide = (
    Callable[[MissingCase], str]
    | Callable[[AxesCase], str]
    | Callable[[AbsentPlanesCase], str]
    | Callable[[AbsentFilesCase], str]
    | Callable[[CollisionCase], str]
    | Callable[[ShapesCase], str]
    | Callable[[DtypesCase], str]
    | Callable[[ConflictCase], str]
)
"""The function of a policy: from the case of its kind to an action."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """A named rule for one kind of decision.

    Parameters
    ----------
    kind
        One of `omio_core.policies.KINDS`.
    name
        The name by which the caller chooses it; installing a policy never selects it.
    decide
        A pure function from the case of the kind (see `omio_core.plugins.cases`: a `ShapesCase` for ``"shapes"``, and
        so on) to one of the actions of the kind. It opens no file.
    summary
        One sentence.
    """

    kind: str
    name: str
    decide: Decide
    summary: str
