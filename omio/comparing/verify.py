"""Verify files: open each, read every plane of every level, and hold it against its own record, or against its source.

A file that states no digests proves nothing: it is read to the end, and called unproved.
"""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from omio import opening
from omio.records.origins import Sources
from omio.request import make_request
from omio.sources import collect, notices
from omio.sources.kinds import Folder, SourceLike, source_of
from omio.sources.walk import Skipped
from omio_core.errors import OmioError
from omio_core.files.local import LocalLocation, locate
from omio_core.images.image import Image
from omio_core.images.opening import OpenedSource
from omio_core.images.overrides import Request
from omio_core.plugins.catalogue import catalogue

from . import proof
from .against import Held, hold
from .verification import FileVerification, Flaw, Verdict, Verification, few

Progress = Callable[[int, int], None]
Path = str | os.PathLike[str]

__all__ = ["verify"]


def verify(
    paths: Path | Sequence[Path],
    *,
    against: SourceLike | None = None,
    recursive: bool = True,
    reader: str | None = None,
    progress: Progress | None = None,
    verified: Callable[[FileVerification], None] | None = None,
    **others: Any,
) -> Verification:
    """Read every plane of every level of files, and hold it against the digests that the files state of themselves.

    The structure and the OME-XML are checked, too. A level of a pyramid is held against the level before it.

    Parameters
    ----------
    paths
        A file, a folder, or a list of them. Of a folder, every file in it that is an image.
    against
        The source that the files were made from, or a folder of sources: it is read again, and every plane compared.
        Which source is whose is found by the record in each file.
    recursive
        Whether to look into the folders in a folder.
    reader, **others
        As for `imread`.
    progress
        Called with the bytes of pixels read and the bytes in total, of the file that is read.
    verified
        Called with the result for each file, as soon as it is known.

    Returns
    -------
    Verification
        ``ok`` only if every file is proved. A file that states no digests is ``"unproved"``: it can be read, and that
        is all that is known of it, unless it equals its source.

    Raises
    ------
    FileNotFoundError
        A path, or the source, does not exist.
    OmioError
        A folder holds no image, or a keyword is not known. What is wrong with a file is no error here: it is in the
        result.

    Examples
    --------
    >>> verify("converted").ok  # doctest: +SKIP
    True
    """
    request = make_request(reader, others=others)
    listed = [paths] if isinstance(paths, str | os.PathLike) else list(paths)
    for path in listed:
        if not locate(path).exists:
            raise FileNotFoundError(f"there is no file or folder {path!s}")
    sources = None if against is None else Sources.open(against, request)
    skipped: list[Skipped] = []
    files: list[FileVerification] = []
    for path in listed:
        for result in verify_path(path, request, sources, recursive=recursive, skipped=skipped, progress=progress):
            files.append(result)
            if verified is not None:
                verified(result)
    return Verification(files=tuple(files), skipped=tuple(skipped))


def verify_path(
    path: Path,
    request: Request,
    sources: Sources | None = None,
    *,
    recursive: bool = True,
    skipped: list[Skipped],
    progress: Progress | None = None,
) -> Iterator[FileVerification]:
    """Verify one file, or every image file of a folder; what is no image is added to `skipped`.

    Raises
    ------
    OmioError
        The folder holds no image, or cannot be listed.
    """
    for opened in _opened(path, recursive, request, skipped):
        yield opened if isinstance(opened, FileVerification) else _verify(opened, sources, progress)


def _opened(
    path: Path, recursive: bool, request: Request, skipped: list[Skipped]
) -> Iterator[OpenedSource | FileVerification]:
    """Yield what is one picture under a path: the path itself, or each image file of a folder; or why it is none."""
    if not isinstance(source_of(path), Folder):
        try:
            with notices.recorded():  # what is assumed of a file does not matter here
                opened: OpenedSource | FileVerification = opening.source(path, request)
        except (OmioError, OSError) as error:
            opened = _unreadable(str(path), error)
        yield opened
        return
    failed: dict[str, OmioError | OSError] = {}
    left_out: list[Skipped] = []
    with notices.recorded():
        files = collect.describe_readable(
            Folder(path, recursive=recursive), request, failed.__setitem__, left_out.append
        )
    yield from files
    top = str(path)
    outer = {name: _named_as_picture(name, top) for name in (*failed, *(skip.path for skip in left_out))}
    yield from (_unreadable(name, error) for name, error in failed.items() if outer[name] is None)
    why = "by its name it is a picture, and no reader knows it"
    broken = dict.fromkeys(name for name in outer.values() if name is not None)
    yield from (FileVerification(path=name, verdict="unreadable", why=why) for name in broken)
    skipped += [skip for skip in left_out if outer[skip.path] is None]


def _named_as_picture(path: str, top: str) -> str | None:
    """Return the folder that a path is or lies in, and that has the suffix of a writer that makes folders."""
    suffixes = tuple(suffix for writer in catalogue().writers if writer.makes == "folder" for suffix in writer.suffixes)
    inner, top = os.path.abspath(path), os.path.abspath(top)
    while len(inner) > len(top):
        if inner.lower().endswith(suffixes) and locate(inner).is_folder:
            return inner
        inner = os.path.dirname(inner)
    return None


def _unreadable(name: str, error: OmioError | OSError) -> FileVerification:
    what, evidence = getattr(error, "what", None) or str(error), getattr(error, "evidence", None)
    what = what.removeprefix(f"{name}: ").removeprefix(f"{name} ")
    why = f"{what}; {evidence}" if evidence else what
    return FileVerification(path=name, verdict="unreadable", why=why, error=error)


def _verify(opened: OpenedSource, sources: Sources | None, progress: Progress | None) -> FileVerification:
    """Verify one file, or folder that is one picture; what is wrong with it is in the result."""
    name, images = opened.path, opened.images
    seen = _Seen(images, progress)
    try:
        records = [proof.record_of(image) for image in images]
        local = isinstance(locate(name), LocalLocation)
        flaws = list(proof.structure(name, images, records[0])) if local else []
        for index, (image, record) in enumerate(zip(images, records, strict=True)):
            damaged = few(proof.planes(image, index, record, seen))
            known = {flaw.plane for flaw in damaged if flaw.plane is not None}
            flaws += (*damaged, *few(proof.levels(image, index, record, seen, known)))
        held = None if sources is None or flaws else hold(images, sources)
    except (OmioError, OSError) as error:
        return _unreadable(name, error)
    finally:
        images[0].close()  # all images share one file
    return _judge(name, images, records, flaws, held)


def _judge(
    name: str, images: Sequence[Image], records: Sequence[proof.Record], flaws: Sequence[Flaw], held: Held | None
) -> FileVerification:
    """Decide what the findings mean."""
    planes = sum(image.shape[0] * image.shape[1] * image.shape[2] for image in images)
    levels = sum(len(image.levels) - 1 for image in images)
    size = f"{_count(planes, 'plane')}" + (f", {_count(levels, 'smaller level')}" if levels else "")
    verdict: Verdict = "ok"
    if flaws:
        verdict, why = "damaged", "it is not what was written:"
    elif held is not None and held.flaws:
        verdict, flaws, why = "different", held.flaws, f"it is not what {held.title} holds:"
    elif held is not None and held.missing:
        verdict, why = "unproved", held.missing
    elif held is None and not all(record.is_proof for record in records):
        verdict, why = "unproved", f"no digests: {size} can be read, and nothing proves them"
    elif any(len(image.levels) > 1 and not record.method for image, record in zip(images, records, strict=True)):
        verdict, why = "unproved", f"{size}; how the smaller levels were made is not stated, and nothing proves them"
    else:
        why = f"{size}, " + ("as its digests say" if held is None else f"as {held.title} says")
    return FileVerification(
        path=name, verdict=verdict, why=why, flaws=tuple(flaws), images=len(images), planes=planes, levels=levels,
        source=() if held is None else held.names,
    )  # fmt: skip


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" + ("" if number == 1 else "s")


class _Seen:
    """Adds up what is read of a file and its levels, and reports it."""

    def __init__(self, images: Sequence[Image], progress: Progress | None):
        self._progress, self._done = progress, 0
        self._total = sum(math.prod(level) * image.dtype.itemsize for image in images for level in image.levels)

    def __call__(self, count: int) -> None:
        self._done += count
        if self._progress is not None:
            self._progress(min(self._done, self._total), self._total)
