"""One attempt to write: the writer at a temporary place as the core gives it, and the way back; needs no pytest."""

from __future__ import annotations

import os
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from omio_core.errors import OmioError, OmioWarning
from omio_core.images.image import Image
from omio_core.images.opening import open_source
from omio_core.images.overrides import Request
from omio_core.lazy import load
from omio_core.pixels.handles import HANDLES
from omio_core.plugins.catalogue import using
from omio_core.plugins.descriptions import Reader, Writer, WriteRequest, Written

from .pictures import PictureCase
from .sample import catalogue_of
from .watching import inside

STEM = "kit-picture"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class WriterSubject:
    """A writer under test.

    Parameters
    ----------
    writer
        The writer.
    reader
        The reader that reads its files back; None for the installed one that recognises them.
    options
        The writer's options for all attempts.
    """

    writer: Writer
    reader: Reader | None = None
    options: dict[str, Any] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """The name of what is written, with the writer's suffix."""
        return STEM + next(iter(self.writer.suffixes), "")

    def request(self, **changes: Any) -> WriteRequest:
        """Return the request of an attempt."""
        return WriteRequest(**{"name": self.name, "options": self.options, **changes})


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Attempt:
    """What an attempt left.

    Parameters
    ----------
    case
        What was to be written.
    temporary
        Where the writer was told to write.
    target
        Where the core would put it.
    result
        What the writer returned; None if it raised.
    error
        What it raised.
    beside
        Names of what it left in other places, the current folder included.
    """

    case: PictureCase
    temporary: Path
    target: Path
    result: Any = None
    error: BaseException | None = None
    beside: tuple[str, ...] = ()

    def land(self) -> Path:
        """Give it its name, as the core does."""
        os.replace(self.temporary, self.target)
        return self.target


def attempt(subject: WriterSubject, case: PictureCase, folder: Path, **request: Any) -> Attempt:
    """Let a writer write a case into a new folder; what it raises is kept.

    Parameters
    ----------
    folder
        A folder that does not exist yet.
    **request
        Fields of `WriteRequest`.
    """
    function = load(subject.writer.write)
    box, current = folder / "box", folder / "current"
    for new in (folder, box, current):
        new.mkdir()
    temporary = box / f".{subject.name}.0123456789ab.omio-part"
    if subject.writer.makes == "folder":
        temporary.mkdir()
        temporary = temporary / subject.name
        temporary.mkdir()
    else:
        temporary.touch()
    before = _names(folder, temporary)
    result: Written | None = None
    error: BaseException | None = None
    try:
        with inside(current), warnings.catch_warnings():
            warnings.simplefilter("ignore", OmioWarning)
            result = function(str(temporary), case.images, subject.request(**request))
    except BaseException as raised:  # noqa: BLE001 - the plugin border; the checks judge it
        error = raised
    left = tuple(sorted(_names(folder, temporary) - before))
    return Attempt(
        case=case, temporary=temporary, target=folder / subject.name, result=result, error=error, beside=left
    )


def _names(folder: Path, temporary: Path) -> set[str]:
    """Return all names in a folder, except those inside the temporary one."""
    return {
        str(path.relative_to(folder))
        for path in folder.rglob("*")
        if path != temporary and temporary not in path.parents
    }


def refused(subject: WriterSubject, case: PictureCase, **request: Any) -> BaseException | None:
    """Return what the writer's `refuse` raises; None if it raises nothing, or there is none."""
    if subject.writer.refuse is None:
        return None
    try:
        load(subject.writer.refuse)(case.images, subject.request(**request))
    except Exception as error:  # noqa: BLE001 - the plugin border; the checks judge it
        return error
    return None


def checked(subject: WriterSubject, path: Path, case: PictureCase) -> BaseException | None:
    """Return what the writer's `check` raises; None if it raises nothing, or there is none."""
    if subject.writer.check is None:
        return None
    try:
        load(subject.writer.check)(str(path), case.images)
    except Exception as error:  # noqa: BLE001 - the plugin border; the checks judge it
        return error
    return None


@contextmanager
def read_back(subject: WriterSubject, path: Path) -> Iterator[tuple[Image, ...]]:
    """Open what was written with the reader of the subject."""
    reader = subject.reader
    scope = nullcontext() if reader is None else using(catalogue_of(reader))
    with scope, warnings.catch_warnings():
        warnings.simplefilter("ignore", OmioWarning)
        try:
            yield open_source(path, Request(reader=None if reader is None else reader.name)).images
        finally:
            HANDLES.clear()


def told(error: BaseException) -> str:
    """Return an error in one line."""
    text = error.what if isinstance(error, OmioError) else str(error)
    return f"{type(error).__name__}: {text}"
