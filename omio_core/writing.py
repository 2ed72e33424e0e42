"""The way out: from Images to one landed file; it knows no format.

A writer is chosen by name and by what it accepts, writes to a temporary name, and `landing` makes the file appear
whole or not at all.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from . import dispatch, landing, policies
from .contract import Writer, WriteRequest, Written
from .errors import MissingDependencyError, OmioError, WriteError
from .image import Image
from .lazy import load
from .pictures import FilePicture, hold, uncropped
from .region import Box

__all__ = ["write"]


def write(
    path: str | os.PathLike[str],
    images: Sequence[Image],
    *,
    collision: str = "raise",
    writer: str | None = None,
    level: int = 3,
    tile: int | None = None,
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
    level, tile, workers, progress, options
        As in `omio_core.contract.WriteRequest`.

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
    """
    target = Path(path)
    policies.find("collision", collision)  # a name that is none is told now, not when a name happens to be taken
    chosen = dispatch.writer_for(target, images, writer)
    for image in images:
        hold(image.picture, Box.whole(image.shape))
    dispatch.check_options(chosen, options or {})
    if not 0 <= level <= 9:
        raise WriteError(f"there is no compression level {level}", remedy="choose 0 (none) to 9")
    request = partial(
        WriteRequest, level=level, tile=tile, workers=workers, progress=progress, options=dict(options or {})
    )
    for candidate in landing.numbered(target):
        action = "write"
        if os.path.lexists(candidate):
            action = policies.decide("collision", collision, path=str(candidate))
        if action == "skip":
            return None
        if action == "number":
            continue
        if action == "overwrite":
            _refuse_own_source(candidate, images)
        try:
            _land(chosen, candidate, images, request(name=candidate.name), replace=action == "overwrite")
        except WriteError as error:
            taken = isinstance(error.__cause__, FileExistsError) or os.path.lexists(candidate)
            if taken and action == "write" and policies.decide("collision", collision, path=str(candidate)) == "number":
                continue  # somebody else took the name while we wrote
            raise
        return candidate
    raise AssertionError("names never run out")


def _land(writer: Writer, target: Path, images: Sequence[Image], request: WriteRequest, *, replace: bool) -> Written:
    function = _function(writer, writer.write)
    check = _function(writer, writer.check) if writer.check else None

    def make(temporary: str) -> Written:
        try:
            written: Written = function(temporary, images, request)
        except (OmioError, OSError, MemoryError):
            raise
        except Exception as error:  # the plugin border
            raise WriteError(
                f"{target} could not be written",
                evidence=f"the writer {writer.name} raised {type(error).__name__}: {error}",
                path=str(target),
                writer=writer.name,
            ) from error
        return written

    return landing.land(
        target, make, check=None if check is None else lambda temporary: check(temporary, images), replace=replace
    )


def _function(writer: Writer, reference: str) -> Callable[..., Any]:
    try:
        function: Callable[..., Any] = load(reference)
    except ImportError as error:
        extra = f"pip install 'omio-core[{writer.extra}]'" if writer.extra else f"install {error.name}"
        raise MissingDependencyError(
            f"the writer {writer.name} needs a package that is not installed", evidence=str(error), remedy=extra
        ) from error
    return function


def _refuse_own_source(target: Path, images: Sequence[Image]) -> None:
    """A file that is being read is never overwritten: half of it would be read from the new one."""
    for image in images:
        picture, _ = uncropped(image.picture)
        members = picture.key.members if isinstance(picture, FilePicture) else ()
        for member in members:
            if os.path.exists(member.path) and os.path.samefile(member.path, target):
                raise WriteError(
                    f"{target} is being read and cannot be overwritten",
                    evidence="it is the source of the image to write",
                    remedy="write under another name",
                    path=str(target),
                )
