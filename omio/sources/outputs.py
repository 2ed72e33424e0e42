"""Recognise the files of a source that OMIO wrote from others of it: by their records; reads no pixel."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

from omio_core.errors import first_few
from omio_core.images.image import Image
from omio_core.images.opening import OpenedSource
from omio_core.merging.recipe import AXES
from omio_core.metadata.namespaces import MERGE
from omio_core.plugins.catalogue import catalogue

from .walk import Candidate


class DescribedFile(Protocol):
    """A source file with its images, as `omio.sources.collect.SourceFile`."""

    @property
    def candidate(self) -> Candidate:
        """Where it was found."""
        ...

    @property
    def opened(self) -> OpenedSource:
        """Its images."""
        ...


def own_outputs(files: Sequence[DescribedFile]) -> dict[int, str]:
    """Return the files, by number, that hold only what OMIO wrote from other files of the source, and from which.

    Every image of such a file is complete: it has all that its sources have. An image that was computed, cut out or
    comes from elsewhere is an image of its own.
    """
    origins = {
        i: [_source_marks(image) for image in file.opened.images]
        for i, file in enumerate(files)
        if has_our_suffix(file.candidate)
    }
    origins = {i: per_image for i, per_image in origins.items() if all(per_image)}
    if not origins:
        return {}
    file_of_mark = {mark: i for i, file in enumerate(files) for mark in _marks(_provenance(file.opened.images[0]))}
    reasons = {}
    for i, per_image in origins.items():
        marks = [mark for image_marks in per_image for mark in image_marks]
        sources = {file_of_mark.get(mark, i) for mark in marks}
        if i in sources or not all(_is_complete(image, files, sources) for image in files[i].opened.images):
            continue
        first = files[file_of_mark[marks[0]]].candidate.location
        names = first_few([first.name], 1, last=" ", total=len(sources))
        reasons[i] = f"written by OMIO from {names}, which is among the inputs"
    return reasons


def has_our_suffix(candidate: Candidate) -> bool:
    """Tell whether a file that was found in a folder has a suffix that OMIO's writers use."""
    suffixes = tuple(suffix for writer in catalogue().writers for suffix in writer.suffixes)
    return not candidate.named and candidate.location.name.lower().endswith(suffixes)


def _is_complete(image: Image, files: Sequence[DescribedFile], sources: set[int]) -> bool:
    """Tell whether an image is as large as one of its sources, or was merged from them."""
    return MERGE in image.metadata.facts.annotations or any(
        image.shape == source.shape for i in sources for source in files[i].opened.images
    )


_Mark = tuple[Any, Any, Any]


def _marks(record: Any) -> list[_Mark]:
    """Return what identifies each member of a source: of a file its name, size and digest of samples.

    Of a folder that is one picture these are its name and the digest of its listing; without one it is not identified.
    """
    members = record.get("source") if isinstance(record, dict) else None
    records = [member for member in members if isinstance(member, dict)] if isinstance(members, list | tuple) else []
    marks = [
        (member.get("name"), 0, member["listing"])
        if "listing" in member
        else (member.get("name"), member.get("bytes"), member.get("sample_digest"))
        for member in records
    ]
    # a file may state anything
    sound = [all(isinstance(part, kind) for part, kind in zip(mark, (str, int, str), strict=True)) for mark in marks]
    return marks if all(sound) else []


def _provenance(image: Image) -> dict[str, Any]:
    return dict(image.metadata.provenance)


def _source_marks(image: Image) -> list[_Mark]:
    """Return the marks of all sources that a conversion or a merge made an image from; none for any other history."""
    merged: Any = image.metadata.facts.annotations.get(MERGE)
    inputs = merged.get("inputs") if isinstance(merged, dict) else None
    if isinstance(inputs, list) and inputs:
        per_input = [_marks(input_record) for input_record in inputs]
        stops = [input_record.get("stop") for input_record in inputs if isinstance(input_record, dict)]
        end = max((stop for stop in stops if isinstance(stop, int)), default=0)
        is_complete = str(merged.get("axis")) in AXES and end == _length(image, str(merged["axis"]))
        return [mark for marks in per_input for mark in marks] if is_complete and all(per_input) else []
    history = _provenance(image).get("history")
    return _marks(history[0]) if isinstance(history, list) and history else []


def _length(image: Image, axis: str) -> int:
    return image.shape["TZCYX".index(axis)]
