"""The way out: from Images to one landed file; it knows no format.

A writer is chosen by name and by what it accepts, writes to a temporary name, and `landing` makes the file appear
whole or not at all.
"""

from __future__ import annotations

import contextlib
import dataclasses
import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

import numpy as np

from omio_core.errors import CorruptFileError, OmioError, WriteError, border, missing_package
from omio_core.files import atomic
from omio_core.files.atomic import numbered
from omio_core.geometry.box import Box
from omio_core.lazy import load
from omio_core.pixels import digests
from omio_core.pixels.absence import check_present
from omio_core.plugins import dispatch, rules
from omio_core.plugins.descriptions import Writer, WriteRequest, Written

from .image import Image

__all__ = ["VERIFY", "choose_writer", "write"]

VERIFY = ("structure", "pixels", "none")
"""What is held against what was asked for before the rename: directories and metadata; pixels too; nothing."""


def write(
    path: str | os.PathLike[str],
    images: Sequence[Image],
    *,
    collision: str = "raise",
    writer: str | None = None,
    compression_level: int | Literal["auto"] = 3,
    tile: int | None = None,
    verify: str = "structure",
    workers: int | None = None,
    progress: Callable[[int], None] | None = None,
    options: Mapping[str, Any] | None = None,
) -> Path | None:
    """Write images into one file, whole or not at all.

    Parameters
    ----------
    path
        The file to write; its suffix chooses the writer.
    images
        What to write, in order.
    collision
        Policy for a name that is taken.
    writer
        A writer's name, whatever the suffix.
    compression_level, tile, workers, progress, options
        As in `omio_core.contract.WriteRequest`.
    verify
        ``"structure"``: directories and metadata are checked before the file gets its name. ``"pixels"``: the file is
        also read as any file is, and the digest of every plane compared with what was written. ``"none"``: nothing
        is checked, and no digests are taken.

    Returns
    -------
    pathlib.Path or None
        The file written; None where the policy skips a name that is taken.

    Raises
    ------
    NoWriterError
        No writer has that suffix, or none takes such pixels.
    LimitExceededError
        The pixels are nearly all absent, and far more than exist.
    WriteError
        The name is taken, or the file could not be written; what stood there still stands.
    CorruptFileError
        What was written is not what was asked for; it is removed.
    """
    target, told = Path(path), None if progress is None else _Told(progress)
    request = write_request(
        target,
        compression_level=compression_level,
        tile=tile,
        verify=verify,
        workers=workers,
        progress=told,
        options=options,
    )
    chosen = choose_writer(target, images, request, writer)

    def put(candidate: Path, replace: bool) -> None:
        if replace:
            _refuse_own_source(candidate, images)
        try:
            _land(chosen, candidate, images, dataclasses.replace(request, name=candidate.name), verify, replace)
        except WriteError as error:
            if told is not None and told.inside and error.__cause__ is not None:
                raise error.__cause__ from None  # not the writer raised it, but who was told
            raise

    return under(target, collision, put)


class _Told:
    """Who is told of the progress, and whether that raised something, such as a wish to stop."""

    def __init__(self, progress: Callable[[int], None]):
        self._progress, self.inside = progress, False

    def __call__(self, done: int) -> None:
        self.inside = True
        self._progress(done)
        self.inside = False


def write_request(
    path: str | os.PathLike[str],
    *,
    compression_level: int | Literal["auto"] = 3,
    tile: int | None = None,
    verify: str = "structure",
    workers: int | None = None,
    progress: Callable[[int], None] | None = None,
    options: Mapping[str, Any] | None = None,
) -> WriteRequest:
    """What is asked of the writer of a file; parameters are those of `write`.

    Raises
    ------
    WriteError
        There is no such level of compression, or no such check.
    """
    if compression_level != "auto" and (not isinstance(compression_level, int) or not 0 <= compression_level <= 9):
        raise WriteError(
            f"there is no compression level {compression_level!r}", remedy='choose 0 (none) to 9, or "auto"'
        )
    if verify not in VERIFY:
        raise WriteError(f"verify cannot be {verify!r}", remedy=f"choose one of {', '.join(VERIFY)}")
    return WriteRequest(
        compression_level=compression_level,
        tile=tile,
        name=Path(path).name,
        workers=workers,
        progress=progress,
        digests=verify != "none",
        options=dict(options or {}),
    )


def choose_writer(
    path: str | os.PathLike[str], images: Sequence[Image], request: WriteRequest, writer: str | None = None
) -> Writer:
    """The writer of a file, once it has nothing against what is asked; reads no pixel, writes nothing.

    Parameters
    ----------
    path, images, writer
        As for `write`.
    request
        What is asked of it.

    Raises
    ------
    NoWriterError
        No writer has that suffix, or none takes such pixels.
    LimitExceededError
        The pixels are nearly all absent, and far more than exist.
    WriteError, UnknownOptionError
        An option is none, or does not go with these images.
    """
    chosen = dispatch.writer_for(path, images, writer)
    for image in images:
        check_present(image.picture, Box.whole(image.shape))
    dispatch.check_options(chosen, request.options)
    if chosen.refuse is not None:
        refuse = _function(chosen, chosen.refuse)
        with _border(chosen, path):
            refuse(images, request)
    return chosen


def _border(
    writer: Writer, path: str | os.PathLike[str], *passed: type[Exception]
) -> contextlib.AbstractContextManager[None]:
    """The border of a writer at work on a file; errors of ours and those `passed` are let through."""
    return border(
        f"{os.fspath(path)} could not be written",
        kind=WriteError,
        source=f"the writer {writer.name} raised ",
        passed=(OmioError, *passed),
        path=os.fspath(path),
        writer=writer.name,
    )


def _land(
    writer: Writer, target: Path, images: Sequence[Image], request: WriteRequest, verify: str, replace: bool
) -> Written:
    function = _function(writer, writer.write)
    check = _function(writer, writer.check) if writer.check and verify != "none" else None
    done: list[Written] = []

    def make(temporary: str) -> Written:
        with _border(writer, target, OSError, MemoryError):
            written: Written = function(temporary, images, request)
        done.append(written)
        return written

    def hold_against(temporary: str) -> None:
        if check is not None:
            check(temporary, images)
        if verify == "pixels":
            compare(temporary, images, done[0], request.workers)

    return atomic.land(target, make, check=hold_against, replace=replace)


def compare(path: str, images: Sequence[Image], written: Written, workers: int | None = None) -> None:
    """Read a file as any file is read, and compare every plane with what was written.

    Raises
    ------
    CorruptFileError
        It does not hold these images, or a plane differs.
    """
    from .opening import open_source

    found = open_source(path).images
    try:
        if [one.shape for one in found] != [image.shape for image in images]:
            raise _differs(path, f"it holds images of {[one.shape for one in found]}")
        for number, (one, image) in enumerate(zip(found, images, strict=True)):
            wanted: Iterable[str] = (
                digests.of_image(image, one.dtype, workers=workers)
                if written.digests is None
                else written.digests[number]
            )
            read = digests.of_image(one, workers=workers)
            for plane, (a, b) in enumerate(zip(read, wanted, strict=True)):
                if a != b:
                    t, z, c = np.unravel_index(plane, image.shape[:3])
                    raise _differs(path, f"plane T={t} Z={z} C={c} of image {number}: {a} instead of {b}")
    finally:
        found[0].close()


def _differs(path: str, evidence: str) -> CorruptFileError:
    return CorruptFileError(
        "what was written is not what was asked for",
        evidence=evidence,
        remedy="this is a fault of the writer or of the disk; try again, and report it if it comes back",
        path=path,
    )


def _function(writer: Writer, reference: str) -> Callable[..., Any]:
    try:
        function: Callable[..., Any] = load(reference)
    except ImportError as error:
        raise missing_package(error, f"writer {writer.name}", writer.extra) from error
    return function


def _refuse_own_source(target: Path, images: Sequence[Image]) -> None:
    """A file that is being read is never overwritten: half of it would be read from the new one."""
    for source in (source for image in images for source in image.picture.files):
        if os.path.exists(source) and os.path.samefile(source, target):
            raise WriteError(
                f"{target} is being read and cannot be overwritten",
                evidence="it is the source of the image to write",
                remedy="write under another name",
                path=str(target),
            )


def under(target: str | os.PathLike[str], collision: str, put: Callable[[Path, bool], object]) -> Path | None:
    """Put a file under a name, or do what a policy says where that is taken.

    Parameters
    ----------
    target
        The name wanted.
    collision
        Policy for a name that is taken.
    put
        Called with the name to take, and whether what stands there may be replaced; lands the file.

    Returns
    -------
    pathlib.Path or None
        The name taken; None where the policy skips a name that is taken.

    Raises
    ------
    WriteError
        The name is taken and the policy keeps what stands there; or what `put` raises.
    """
    rules.find("collision", collision)  # a name that is none is told now, not when a name happens to be taken
    for candidate in numbered(target):
        action = "write"
        if os.path.lexists(candidate):
            action = rules.decide("collision", collision, path=str(candidate))
        if action == "skip":
            return None
        if action == "number":
            continue
        try:
            put(candidate, action == "overwrite")
        except WriteError as error:
            taken = isinstance(error.__cause__, FileExistsError) or os.path.lexists(candidate)
            if not taken or action == "overwrite":
                raise
            action = rules.decide("collision", collision, path=str(candidate))  # somebody took it while we wrote
            if action == "skip":
                return None
            if action == "number":
                continue
            if action != "overwrite":
                raise
            put(candidate, True)
        return candidate
    raise AssertionError("names never run out")
