"""Writing: from Images to one file or folder; knows no format.

The writer is chosen by the file name and by what it accepts. It writes to a temporary name, and
`omio_core.files.atomic` and `omio_core.files.folders` make the file or folder appear completely or not at all.
"""

from __future__ import annotations

import dataclasses
import logging
import math
import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from time import time_ns
from typing import Any, Literal

import numpy as np

from omio_core.errors import CorruptFileError, FileChangedError, OmioError, WriteError, missing_package
from omio_core.files import atomic, containers, folders
from omio_core.files.listing import verify_whole
from omio_core.files.stamps import Fingerprint
from omio_core.geometry.box import Box
from omio_core.lazy import load
from omio_core.pixels import digests
from omio_core.pixels.absence import check_present
from omio_core.plugins import dispatch
from omio_core.plugins.answers import check_written
from omio_core.plugins.border import Border
from omio_core.plugins.descriptions import Writer, WriteRequest, Written
from omio_core.settings import within
from omio_core.wording import advise

from .collisions import under
from .conversion import Conversion, set_time
from .explain import printable
from .image import Image
from .opening import open_source
from .outgoing import OutgoingImage, found_absent, losses
from .target import Sources, refuse_target

__all__ = ["VERIFY", "choose_writer", "write"]

_log = logging.getLogger("omio")

VERIFY = ("structure", "pixels", "none")
"""What is checked before the rename: directories and metadata; these and the pixels; nothing."""


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
    max_memory: int | None = None,
    progress: Callable[[int], None] | None = None,
    options: Mapping[str, Any] | None = None,
    conversion: Conversion | None = None,
    stands: Fingerprint | None = None,
) -> Path | None:
    """Write images into one file, or one folder if the writer makes folders, completely or not at all.

    Parameters
    ----------
    path
        The file or folder to write; its suffix chooses the writer.
    images
        The images to write, in order.
    collision
        Name of the policy for a target that exists already.
    writer
        The name of the writer to use, whatever the suffix.
    compression_level, tile, workers, progress, options
        As in `omio_core.contract.WriteRequest`.
    max_memory
        About how many bytes of pixels are in memory at once; a single block of the source always is. None: the
        setting ``max_bytes``.
    verify
        ``"structure"``: directories and metadata are checked before the file gets its name. ``"pixels"``: in
        addition, the file is read back through its reader, and the digest of every plane is compared with that of the
        written pixels. ``"none"``: nothing is checked, and no digests are computed.
    conversion
        The record of the conversion, if a plan makes the file; the file then has the time that it states.
    stands
        The file or folder that may be replaced (`omio_core.files.listing.whole_fingerprint`); no other one is.

    Returns
    -------
    pathlib.Path or None
        The written file; None if the target exists and the policy skips it.

    Raises
    ------
    NoWriterError
        No writer has that suffix, or none takes such pixels.
    LimitExceededError
        The pixels are nearly all absent, and far more than exist.
    WriteError
        The target exists already, is being read, or cannot be written; or it is a folder that is not one picture. What
        exists is unchanged.
    CorruptFileError
        The written file does not match the request; it is removed.
    """
    target, reporter = Path(path), None if progress is None else _Progress(progress)
    request = write_request(
        target,
        compression_level=compression_level,
        tile=tile,
        verify=verify,
        workers=workers,
        progress=reporter,
        options=options,
    )
    chosen_writer = choose_writer(target, images, request, writer)
    sources = Sources.of(images)
    if chosen_writer.makes == "folder":
        containers.recover(target)  # a killed run may have moved away the folder of that name

    def put(candidate: Path, replace: bool) -> None:
        refuse_target(candidate, sources, chosen_writer, replace=replace)
        lost = losses(images)
        try:
            written = _write_file(
                chosen_writer,
                candidate,
                images,
                dataclasses.replace(request, name=candidate.name),
                verify,
                replace,
                conversion,
                stands,
            )
        except WriteError as error:
            if reporter is not None and reporter.inside and error.__cause__ is not None:
                raise error.__cause__ from None  # the progress callback raised it, not the writer
            raise
        warned = _absence_notes(images)  # as AbsentPlanesWarning
        if notes := [*(note for note in written.notes if note not in warned), *filter(None, (lost,))]:
            _log.info("%s: %s", candidate, printable("; ".join(notes)))

    with within(max_bytes=max_memory):
        return under(target, collision, put)


class _Progress:
    """A progress callback, and whether it is running: if it raised an error, `inside` stays True."""

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
    """Return the request to the writer of a file; the parameters are those of `write`.

    Raises
    ------
    WriteError
        The compression level or the check does not exist.
    """
    if compression_level != "auto" and (not isinstance(compression_level, int) or not 0 <= compression_level <= 9):
        raise WriteError(
            f"there is no compression level {compression_level!r}",
            remedy=advise('choose {compression_level} (none) to 9, or "auto"', compression_level=0),
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
    """Return the writer of a file, after it has accepted the request; reads no pixel, writes nothing.

    Parameters
    ----------
    path, images, writer
        As for `write`.
    request
        The request to the writer.

    Raises
    ------
    NoWriterError
        No writer has that suffix, or none takes such pixels.
    LimitExceededError
        The pixels are nearly all absent, and far more than exist.
    WriteError, UnknownOptionError
        An option does not exist, or does not fit these images.
    """
    chosen_writer = dispatch.writer_for(path, images, writer)
    for image in images:
        check_present(image.picture, Box.whole(image.shape))
    dispatch.check_options(chosen_writer, request.options)
    if chosen_writer.refuse is not None:
        refuse = _function(chosen_writer, chosen_writer.refuse)
        with _writer_border(chosen_writer, path):
            refuse(images, request)
    return chosen_writer


def _writer_border(
    writer: Writer, path: str | os.PathLike[str], *passed: type[Exception]
) -> AbstractContextManager[None]:
    """The plugin border around a writer at work on a file; OmioErrors and those in `passed` pass unchanged."""
    return Border(
        f"{os.fspath(path)} could not be written",
        kind=WriteError,
        source=f"the writer {writer.name} raised ",
        passed=(OmioError, *passed),
        path=os.fspath(path),
        writer=writer.name,
    )


def _write_file(
    writer: Writer,
    target: Path,
    images: Sequence[Image],
    request: WriteRequest,
    verify: str,
    replace: bool,
    conversion: Conversion | None = None,
    stands: Fingerprint | None = None,
) -> Written:
    function = _function(writer, writer.write)
    check = _function(writer, writer.check) if writer.check and verify != "none" else None
    results: list[Written] = []
    time = time_ns() // 1000 * 1000  # the record has microseconds
    outgoing = [OutgoingImage(image, writer, conversion, time) for image in images]

    def write_temporary(temporary: str) -> Written:
        with _writer_border(writer, target, OSError, MemoryError):
            answer = function(temporary, outgoing, request)
        result = check_written(answer, writer.name, [math.prod(image.shape[:3]) for image in images])
        result = dataclasses.replace(result, notes=(*result.notes, *_absence_notes(images)))
        results.append(result)
        return result

    def check_temporary(temporary: str) -> None:
        if check is not None:
            check(temporary, images)
        if verify == "pixels":
            compare(temporary, images, results[0], request.workers)
        if conversion is not None:
            set_time(temporary, time)
        if replace and stands is not None:
            verify_stands(target, stands)  # as late as possible: writing takes time

    land = folders.land_folder if writer.makes == "folder" else atomic.land
    return land(target, write_temporary, check=check_temporary, replace=replace)


def verify_stands(target: Path, stands: Fingerprint) -> None:
    """Refuse to replace another file than the one that was looked at.

    Raises
    ------
    WriteError
        The existing file is another one, or is gone.
    """
    try:
        verify_whole(stands)
    except FileChangedError as error:
        raise WriteError(
            f"{target} was to be overwritten, and is another file since the plan was made",
            evidence=error.evidence or error.what, remedy="look at it, and make the plan again", path=str(target),
        ) from error  # fmt: skip


def check_file(path: str, images: Sequence[Image], writer: Writer) -> None:
    """Let a writer check a file or folder that it has written, as it does before it gets its name; reads no pixel.

    Raises
    ------
    OmioError
        The file or folder is not what the writer writes for these images.
    """
    if writer.check is None or (writer.makes == "folder") != os.path.isdir(path):
        return
    function = _function(writer, writer.check)
    with _writer_border(writer, path, OSError):
        function(path, images)


def _absence_notes(images: Sequence[Image]) -> list[str]:
    """Return a note for each image in which reading found absent pixels."""
    found = [(number, words) for number, image in enumerate(images) if (words := found_absent(image))]
    return [f"image {number}: {words}" if len(images) > 1 else words for number, words in found]


def compare(path: str, images: Sequence[Image], written: Written, workers: int | None = None) -> None:
    """Read a file through its reader, and compare every plane with the written pixels.

    Raises
    ------
    CorruptFileError
        The file contains other images, or a plane differs.
    """
    stored = open_source(path).images
    try:
        if [copy.shape for copy in stored] != [image.shape for image in images]:
            raise _mismatch(path, f"it holds images of {[copy.shape for copy in stored]}")
        for number, (copy, image) in enumerate(zip(stored, images, strict=True)):
            expected: Iterable[str] = (
                digests.image_digests(image, copy.dtype, workers=workers)
                if written.digests is None
                else written.digests[number]
            )
            actual = digests.image_digests(copy, workers=workers)
            for plane, (digest, expected_digest) in enumerate(zip(actual, expected, strict=True)):
                if digest != expected_digest:
                    t, z, c = np.unravel_index(plane, image.shape[:3])
                    raise _mismatch(
                        path, f"plane T={t} Z={z} C={c} of image {number}: {digest} instead of {expected_digest}"
                    )
    finally:
        stored[0].close()


def _mismatch(path: str, evidence: str) -> CorruptFileError:
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
        raise missing_package(error, f"writer {writer.name}", writer.extra, install=writer.install) from error
    return function
