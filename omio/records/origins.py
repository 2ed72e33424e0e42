"""From what an image was made, by the record in its file; and which of some opened sources that is. Reads no pixel.

A record states of each file of a source its name, its size and a digest of samples; of a folder that is one picture,
its name and the digest of its listing. A source that was renamed is found by the digest; one that was changed, or a
folder that was copied, by its name if no other has that name.
"""

from __future__ import annotations

import ast
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from omio import opening
from omio.sources import collect, notices
from omio.sources.kinds import File, Files, Folder, FolderStack, SourceLike, source_of
from omio.sources.walk import Skipped
from omio_core.errors import OmioError
from omio_core.geometry.axes import CANONICAL
from omio_core.images.image import Image
from omio_core.images.opening import OpenedSource
from omio_core.images.overrides import Request
from omio_core.merging.recipe import AXES
from omio_core.metadata.namespaces import MERGE
from omio_core.plugins.catalogue import catalogue

Path = str | os.PathLike[str]

Mark = tuple[Any, ...]
"""What identifies a source whatever its name: size and digest of a file, the digest of the listing of a folder."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """One image that an image was made from.

    Parameters
    ----------
    name, mark
        The name of its file or folder, without those that it lies in, and what identifies it.
    image, images
        Its index, and the number of images in the file.
    region
        Where it lies in a merge, from each axis to start and stop; None where it is all of the image.
    record
        How it was read: reader, options, policies, and what the caller stated.
    """

    name: str
    mark: Mark
    image: int
    images: int
    region: Mapping[str, tuple[int, int]] | None
    record: Mapping[str, Any]

    def part(self, image: Image) -> Image:
        """Return the part of an image that was made from this."""
        return image if self.region is None else image.at(**{axis: slice(*span) for axis, span in self.region.items()})

    def __str__(self) -> str:
        return f"{self.name} image {self.image}" if self.images > 1 else self.name


def written(image: Image) -> Mapping[str, Any]:
    """Return the record of the run that wrote the file of an image; empty where OMIO did not write it."""
    return next(iter(_history(image)), {})


def _history(image: Image) -> list[Mapping[str, Any]]:
    """Return the records of the runs that an image comes from, the latest first."""
    history = image.metadata.provenance.get("history")
    return [run for run in history if isinstance(run, Mapping)] if isinstance(history, list) else []


def origins(image: Image) -> tuple[Origin, ...]:
    """Return what an image was made from, by the record in its file; nothing where a part of that is unknown."""
    return next(ancestry(image), ())


def ancestry(image: Image) -> Iterator[tuple[Origin, ...]]:
    """Yield what an image was made from, then what that was made from, and so on; see `origins`."""
    for run in _history(image):
        yield _origins_of_run(run, image)


def _origins_of_run(run: Mapping[str, Any], image: Image) -> tuple[Origin, ...]:
    merge: Any = image.metadata.facts.annotations.get(MERGE)
    if "merged" in run:
        inputs = merge.get("inputs") if isinstance(merge, Mapping) and str(merge.get("axis")) in AXES else None
        found = [_origin(entry, image, is_input=True) for entry in inputs] if isinstance(inputs, list) else []
    else:
        found = [_origin(run, image, is_input=False)]
    return tuple(one for one in found if one is not None) if all(found) else ()


def _origin(record: Any, image: Image, *, is_input: bool) -> Origin | None:
    """Read one origin; a file may state anything, and what is odd is no origin."""
    identity = identify(record)
    if identity is None:
        return None
    index, count = record.get("image", 0), record.get("images", 1)
    region = _region(record.get("region"), image.shape) if is_input else None
    if type(index) is not int or type(count) is not int or not 0 <= index < count or (is_input and region is None):
        return None
    return Origin(name=identity[0], mark=identity[1], image=index, images=count, region=region, record=record)


def identify(record: Any) -> tuple[str, Mark] | None:
    """Return the name of the source that a record states, and what identifies it; None where it states none."""
    members = record.get("source") if isinstance(record, Mapping) else None
    first = members[0] if isinstance(members, list | tuple) and members else None
    if not isinstance(first, Mapping) or not isinstance(first.get("name"), str):
        return None
    mark: Mark = (first.get("bytes"), first.get("sample_digest"))
    if not isinstance(mark[0], int) or not isinstance(mark[1], str):
        mark = (first["listing"],) if isinstance(first.get("listing"), str) else ()
    return first["name"], mark


def _region(spans: Any, shape: Sequence[int]) -> Mapping[str, tuple[int, int]] | None:
    if not isinstance(spans, Mapping) or set(spans) != set(CANONICAL):
        return None
    region = {}
    for axis, length in zip(CANONICAL, shape, strict=True):
        span = spans[axis]
        if not isinstance(span, list | tuple) or len(span) != 2 or not all(type(n) is int for n in span):
            return None
        if not 0 <= span[0] < span[1] <= length:
            return None
        region[axis] = (span[0], span[1])
    return region


# --- opened sources


@dataclass(frozen=True, slots=True, kw_only=True)
class Sources:
    """Opened sources to look things up in.

    Parameters
    ----------
    title
        What the caller named.
    files
        The source files.
    request
        How they were opened.
    is_file
        Whether the caller named a single file.
    failed, skipped
        The files in folders that cannot be read, each with its error; and what is no image.
    """

    title: str
    files: tuple[OpenedSource, ...]
    request: Request
    is_file: bool
    failed: Mapping[str, OmioError | OSError] = field(default_factory=dict)
    skipped: tuple[Skipped, ...] = ()

    @classmethod
    def open(cls, source: SourceLike, request: Request) -> Sources:
        """Open a source: a file, or all that can be read in folders and the folders in them.

        Raises
        ------
        FileNotFoundError
            There is no such file or folder.
        OmioError
            A file that was named cannot be read, or a folder holds no image.
        """
        failed: dict[str, OmioError | OSError] = {}
        skipped: list[Skipped] = []
        with notices.recorded():
            files = tuple(_open_all(source, request, failed, skipped))
        is_file = isinstance(source_of(source), File)
        return cls(
            title=_title(source), files=files, request=request, is_file=is_file, failed=failed, skipped=tuple(skipped)
        )

    def without(self, other: Sources) -> Sources:
        """Return the sources without files of another folder inside this one: outputs often lie below their source."""
        own, inner = (os.path.join(os.path.abspath(side.title), "") for side in (self, other))
        if self.is_file or other.is_file or own == inner or not inner.startswith(own):
            return self
        files = tuple(file for file in self.files if not os.path.abspath(file.path).startswith(inner))
        failed = {path: error for path, error in self.failed.items() if not os.path.abspath(path).startswith(inner)}
        return replace(self, files=files, failed=failed)

    def find(self, origin: Origin) -> tuple[OpenedSource, Image] | None:
        """Return the file and the image that an origin names, opened as it was when it was recorded, if it is here."""
        named = [file for file in self.files if self._name(file) == origin.name]
        same = [file for file in self.files if origin.mark and self._mark(file) == origin.mark]
        both = [file for file in same if self._name(file) == origin.name]
        candidates = both[:1] or same[:1] or (named if len(named) == 1 else [])
        if not candidates:
            return None
        images = self._as_recorded(candidates[0], origin.record)
        return (candidates[0], images[origin.image]) if len(images) == origin.images else None

    def _name(self, file: OpenedSource) -> str:
        identity = identify(file.images[0].metadata.provenance)
        return identity[0] if identity else ""

    def _mark(self, file: OpenedSource) -> Mark:
        identity = identify(file.images[0].metadata.provenance)
        return identity[1] if identity else ()

    def _as_recorded(self, file: OpenedSource, record: Mapping[str, Any]) -> tuple[Image, ...]:
        request = recorded_request(record, self.request)
        if request == self.request:
            return file.images
        with notices.recorded():
            return opening.source(file.path, request).images


def _title(source: SourceLike) -> str:
    return str(source.path) if isinstance(source, File | Folder | FolderStack) else str(source)


def _open_all(
    source: SourceLike, request: Request, failed: dict[str, OmioError | OSError], skipped: list[Skipped]
) -> Iterator[OpenedSource]:
    kind = source_of(source)
    if isinstance(kind, Files):
        for one in kind.sources:
            yield from _open_all(one, request, failed, skipped)
    elif isinstance(kind, File):
        yield opening.source(kind.path, request)
    else:
        wanted = Folder(kind.path, recursive=True) if isinstance(kind, Folder) else kind
        yield from collect.describe_readable(wanted, request, failed.__setitem__, skipped.append)


def recorded_request(record: Mapping[str, Any], request: Request) -> Request:
    """Return how a source is opened so that its pixels are those of the record: its axes, reader and options.

    A reader that is not installed, or an option of another form, is left out.
    """
    caller, options, reader = record.get("caller"), record.get("options"), record.get("reader")
    axes = caller.get("axes") if isinstance(caller, Mapping) else None
    values = dict(request.options)
    for name, text in options.items() if isinstance(options, Mapping) else ():
        try:
            values[name] = ast.literal_eval(text)
        except (ValueError, SyntaxError, TypeError):
            continue
    if request.reader is None and values and isinstance(reader, str):
        known = {one.name for one in catalogue().readers}
        request = replace(request, reader=reader if reader in known else None)
    if isinstance(axes, str) and request.overrides.axes is None:
        request = replace(request, overrides=replace(request.overrides, axes=axes))
    return replace(request, options=values)
