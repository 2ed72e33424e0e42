"""A plan as values: what will be read, joined and written, and why; to JSON and back. It opens nothing.

`prepare` makes plans, `execute` carries them out, `text` prints them, `serialize` keeps them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from omio.sources.walk import Skipped
from omio_core.files.stamps import Fingerprint
from omio_core.images.overrides import Request

if TYPE_CHECKING:
    from omio_core.images.image import Image

ACTIONS = ("read", "write", "overwrite", "skip")
"""What happens to an output: given as an image; written under a free name; in place of a file; nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Input:
    """One image that is read, as it was described.

    Parameters
    ----------
    path, image, images, name
        The file; which of how many images; what that is called.
    reader, because
        Who reads it, and the rule and the evidence that chose it.
    members
        All files that belong to it, as they were.
    native_axes, native_shape
        Of the file.
    rule
        How its axes became TZCYX: named by the file, by the caller, or an assumption in words.
    shape, dtype
        TZCYX.
    absent
        What of it is not in the file, in words; "" where nothing is.
    region
        Where it lies in the output, from each axis to start and stop; None where it is the output.
    """

    path: str
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Output:
    """One image that results, or one file.

    Parameters
    ----------
    inputs
        In order.
    along
        The axis they are merged along; None where each is an image of its own.
    shape, dtype, nbytes
        TZCYX, the type, and the bytes of the pixels; of the first of several images that are not merged. None where
        `problem` forbids the merge.
    memory
        Bytes that will be needed, about.
    path
        The file that will be written; None where an image is given.
    wanted
        Its name before a name that is taken was looked at.
    action
        One of `ACTIONS`.
    stands
        What stands under the name and will be overwritten.
    padded
        What will be filled with zeros, in words, an entry an input.
    conflicts
        What the inputs state differently and what became of it, gaps between them; in words.
    unknown
        Facts that an analysis of this shape needs and that are unknown.
    problem
        Why it cannot be done.
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Writing:
    """How files are written.

    Parameters
    ----------
    name
        Template of the files' names, see `omio.planning.filenames.filled`.
    layout
        ``"files"``: one file an image; ``"one-file"``: all images of a source file in one.
    level, tile, verify, workers, options
        As in `omio_core.images.writing.write`.
    """

    name: str | None = None
    layout: str = "files"
    level: int | str = 3
    tile: int | None = None
    verify: str = "structure"
    workers: int | None = None
    options: Mapping[str, Any] = field(default_factory=dict)

    @property
    def asked(self) -> dict[str, Any]:
        """Keywords of `omio_core.images.writing.write`."""
        return {name: getattr(self, name) for name in ("level", "tile", "verify", "workers", "options")}


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What will be done, made before a pixel is read; ``print`` it, save it, run it.

    Parameters
    ----------
    outputs
        In order.
    request
        Reader, options, policies, and what the caller states.
    writing
        How files are written; None where images are given.
    skipped
        Paths found and left out.
    family
        The folders of a stack, in order.
    notes
        What concerns all of it.
    """

    outputs: tuple[Output, ...]
    request: Request
    writing: Writing | None = None
    skipped: tuple[Skipped, ...] = ()
    family: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def memory(self) -> int:
        """Bytes of memory that all of it will need, about: images together, files one after another."""
        needed = [one.memory or 0 for one in self.outputs]
        return sum(needed) if self.writing is None else max(needed, default=0)

    @property
    def problems(self) -> tuple[str, ...]:
        """Why it cannot be done; nothing is, where there is one."""
        return tuple(one.problem for one in self.outputs if one.problem is not None)

    def run(
        self,
        *,
        progress: Callable[[int, int], None] | None = None,
        landed: Callable[[str, Path], None] | None = None,
    ) -> list[Path] | list[Image]:
        """Do exactly that, or say which input has changed or which name was taken since; then nothing is done.

        Parameters
        ----------
        progress
            Called with the bytes of pixels done and the bytes in all.
        landed
            Called with a source file and the file written from it, as soon as that is whole.

        Returns
        -------
        list
            The files written, or where none are to be written the images.

        Raises
        ------
        FileChangedError
            An input is not what it was.
        WriteError
            A name was taken since.
        OmioError
            What `problems` say; or of several source files some failed, as in `omio.convert_to_ometiff`.
        """
        from . import execute

        return execute.run(self, progress, landed)

    def to_json(self, path: str | Path | None = None) -> str:
        """The plan as JSON, which `from_json` takes; also written to a file where one is named, in place of a plan.

        Raises
        ------
        OmioError
            An option has a value that JSON does not know.
        WriteError
            The file cannot be written, or what stands there is no plan.
        """
        from . import serialize

        text = serialize.dump(self)
        if path is not None:
            serialize.put(text, Path(path))
        return text

    @classmethod
    def from_json(cls, source: str | Path) -> Plan:
        """A plan out of JSON, or out of a file: text that begins with ``{`` is JSON.

        Raises
        ------
        FileNotFoundError
            There is no such file.
        MetadataError
            It is no plan, or one of another form.
        """
        from . import serialize

        return serialize.load(source)

    def __str__(self) -> str:
        from .text import text

        return text(self)
