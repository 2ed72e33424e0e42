"""A plan as values: what is read, merged and written, and why; opens nothing and executes nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from omio.sources.collect import SourceFile
from omio.sources.walk import Skipped
from omio_core.errors import OmioError
from omio_core.files.location import Location
from omio_core.files.stamps import Fingerprint
from omio_core.images.conversion import Conversion
from omio_core.images.image import Image
from omio_core.images.overrides import Request
from omio_core.wording import message

from .standing import path_of

ACTIONS = ("read", "write", "overwrite", "skip", "remake", "current", "leave")
"""What happens to an output: returned as an image; written under a free name; written over a file; nothing. Of an
update: written over what OMIO made earlier; nothing, as it is up to date; nothing, as it is not OMIO's to replace."""

WRITES = ("write", "overwrite", "remake")
"""The actions that write a file."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Input:
    """One image that is read, as it was described; its shape and axes are empty where it need not be opened again.

    Parameters
    ----------
    location
        The file, or the folder that is one picture.
    image, images, name
        The index of the image in it; the number of images in it; the name of the image.
    reader, because
        The reader that reads it, and the rule and the evidence that chose the reader.
    members
        All files that belong to the image, as they were; of a folder, its metadata documents.
    listing
        A digest of all files of a folder, as its reader listed them; empty for a file.
    native_axes, native_shape
        Axes and shape as the file has them.
    rule
        How its axes became TZCYX: named by the file, by the caller, or an assumption in words.
    shape, dtype
        TZCYX.
    absent
        What of it is not in the file, in words; "" where nothing is absent.
    region
        Where it lies in the output, from each axis to start and stop; None where it is the whole output.
    """

    location: Location
    image: int
    images: int
    name: str | None
    reader: str
    because: str
    members: tuple[Fingerprint, ...]
    native_axes: str
    native_shape: tuple[int, ...]
    rule: str
    shape: tuple[int, ...]
    dtype: str
    absent: str = ""
    region: Mapping[str, tuple[int, int]] | None = None
    listing: str = ""

    @property
    def path(self) -> str:
        """The path or address of the file or folder."""
        return str(self.location)

    @property
    def is_folder(self) -> bool:
        """Whether it is a folder that is one picture: its members do not include itself."""
        return all(member.location != self.location for member in self.members)


@dataclass(frozen=True, slots=True, kw_only=True)
class Output:
    """One image that results, or one file.

    Parameters
    ----------
    inputs
        In order.
    along
        The axis along which the inputs are merged; None where each input is an image of its own.
    shape, dtype, nbytes
        TZCYX lengths, the type, and the bytes of the pixels; of several images that are not merged, those of the first.
        None where `problem` forbids the merge.
    memory
        Approximate bytes of memory needed.
    path
        The file that will be written; None where an image is returned.
    wanted
        The name before it was checked whether it is taken.
    action
        One of `ACTIONS`.
    stands
        The existing file of that name, which will be overwritten.
    padded
        What will be filled with zeros, in words, one entry per input.
    conflicts
        What the inputs state differently and what became of it, and gaps between them; in words.
    unknown
        Facts that an analysis of this shape needs and that are unknown.
    problem
        Why it cannot be done.
    why
        Why an update remakes or leaves the file that stands.
    older
        The version of OMIO that wrote a file which stands, where it is another one than this.
    conversion
        What the file will record of how it was made.
    """

    inputs: tuple[Input, ...]
    along: str | None = None
    shape: tuple[int, ...] | None = None
    dtype: str | None = None
    nbytes: int | None = None
    memory: int | None = None
    path: str | None = None
    wanted: str | None = None
    action: str = "read"
    stands: Fingerprint | None = None
    padded: tuple[str, ...] = ()
    conflicts: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()
    problem: str | None = None
    why: str = ""
    older: str = ""
    conversion: Conversion | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Failed:
    """A source that cannot be read, and why: what happened, the evidence, and the remedy."""

    path: str
    problem: str


@dataclass(frozen=True, slots=True, kw_only=True)
class WriteOptions:
    """How files are written.

    Parameters
    ----------
    name
        Template of the files' names, see `omio.planning.filenames.filled`.
    layout
        ``"files"``: one file per image; ``"one-file"``: all images of a source file in one file.
    writer
        The name of the writer; None for the one that the suffix of each file chooses.
    max_memory
        Bytes of memory that writing may take; None for the setting ``max_bytes`` as a guide.
    process
        The caller's own function that changes each image before it is written, by its name; "" where there is none.
    compression_level, tile, verify, workers, options
        As in `omio_core.images.writing.write`.
    """

    name: str | None = None
    layout: str = "files"
    writer: str | None = None
    compression_level: int | str = 3
    tile: int | None = None
    verify: str = "structure"
    workers: int | None = None
    max_memory: int | None = None
    process: str = ""
    options: Mapping[str, Any] = field(default_factory=dict)

    @property
    def keywords(self) -> dict[str, Any]:
        """Keywords of `omio_core.images.writing.write_request`."""
        return {name: getattr(self, name) for name in ("compression_level", "tile", "verify", "workers", "options")}


@dataclass(frozen=True, slots=True, kw_only=True)
class PreparedOutput:
    """One output of a plan with its images at hand.

    Parameters
    ----------
    output
        The output as the plan describes it.
    files
        The file of each input.
    images
        What it is made of: one image, or those that go into one file.
    goal
        The file as the caller would name it; in `output` its path is absolute.
    error
        Why it cannot be done.
    """

    output: Output
    files: tuple[SourceFile, ...]
    images: tuple[Image, ...]
    goal: Path | None = None
    error: OmioError | None = None

    @property
    def paths(self) -> tuple[str, ...]:
        """The path of each input in the folder that is converted, with "/"."""
        return tuple(path_of(file.candidate) for file in self.files)

    def failed(self, error: OmioError) -> PreparedOutput:
        """Return the same output with an error; one that has an error already keeps it."""
        if self.error is not None:
            return self
        return replace(self, error=error, output=replace(self.output, problem=message(error)))


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanValues:
    """What will be done, decided before a pixel is read; `omio.planning.plan.Plan` adds the verbs.

    Parameters
    ----------
    outputs
        In order.
    request
        Reader, options, policies, and the caller's statements.
    writing
        How files are written; None where images are returned.
    skipped
        Paths found and left out.
    failed
        Sources that cannot be read; the others are converted all the same.
    stale
        Of an update: files that stand, and whose source is gone; nothing happens to them.
    family
        The folders of a stack, in order.
    notes
        Remarks on the whole plan.
    """

    outputs: tuple[Output, ...]
    request: Request
    writing: WriteOptions | None = None
    skipped: tuple[Skipped, ...] = ()
    failed: tuple[Failed, ...] = ()
    stale: tuple[Skipped, ...] = ()
    family: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def memory(self) -> int:
        """Approximate bytes of memory that the whole plan needs: images add up, files are written one after another."""
        needed = [output.memory or 0 for output in self.outputs]
        return sum(needed) if self.writing is None else max(needed, default=0)

    @property
    def problems(self) -> tuple[str, ...]:
        """Why a part of the plan cannot be done: sources that cannot be read, and problems of outputs."""
        unreadable = (source.problem for source in self.failed)
        return (*unreadable, *(output.problem for output in self.outputs if output.problem is not None))

    @property
    def possible(self) -> bool:
        """Whether the rest is done although there are problems: where files are written from several sources.

        Images that are returned are returned all together, and a merge is whole or not at all.
        """
        if not self.problems:
            return True
        sources = {output.inputs[0].path for output in self.outputs} | {one.path for one in self.failed}
        return self.writing is not None and len(sources) > 1 and all(output.along is None for output in self.outputs)
