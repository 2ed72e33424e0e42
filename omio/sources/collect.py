"""From the paths of a source to described images in order, each once; it reads no pixel and holds no file open.

Here is decided what of a folder is an image: what a reader takes. A file that looks like an image by its name and that
nobody can read is an error, never left out.
"""

from __future__ import annotations

import gc
import logging
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

from omio_core.contract import Match, Verdict
from omio_core.errors import ManyImagesError, NoReaderError, OmioError, ReadError, first_few
from omio_core.files.probe import Probe
from omio_core.images import opening
from omio_core.images.image import Image
from omio_core.images.overrides import Request
from omio_core.merging.recipe import AXES
from omio_core.metadata.namespaces import MERGE
from omio_core.plugins.catalogue import catalogue
from omio_core.plugins.dispatch import verdicts
from omio_core.wording import Blank, advise, either

from .kinds import Listing, SourceLike, find, no_image_error
from .names import missing
from .notices import Message, one_per_kind, recorded
from .walk import Candidate, Skipped, natural

_log = logging.getLogger("omio")


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceFile:
    """One source file with its images, and where it was found."""

    candidate: Candidate
    opened: opening.OpenedSource

    @property
    def members(self) -> tuple[str, ...]:
        """All files that belong to it."""
        return tuple(self.opened.images[0].picture.files)


@dataclass(frozen=True, slots=True, kw_only=True)
class Collection:
    """The images of a source, described.

    Parameters
    ----------
    listing
        What the source holds by its names; its `skipped` has what was left out since, too.
    files
        The source files in order.
    messages
        Warnings to issue when the plan is executed. For a single named file they have already been issued.
    gaps
        Which numbers are missing in the names of the files, in words; "" where none are known to be.
    """

    listing: Listing
    files: tuple[SourceFile, ...]
    messages: tuple[Message, ...] = ()
    gaps: str = ""


def collect(source: SourceLike, said: Request) -> Collection:
    """Describe the images of a source; of a file that is let go of at once.

    Raises
    ------
    FileNotFoundError
        Something is not there.
    NoReaderError
        Nobody can read a file that was named, or that looks like an image by its name; or there is no image.
    OmioError
        A file is malformed, its axes are ambiguous, or a policy forbids what it holds.
    """
    found = find(source)
    if len(found.candidates) == 1 and found.candidates[0].given:
        (only,) = found.candidates
        return Collection(listing=found, files=(SourceFile(candidate=only, opened=describe(only.path, said)),))
    with recorded() as told:
        taken, skipped = _describe(found.candidates, said)
        again = _written_here(taken)
    _note(taken, again)
    skipped = [*skipped, *(Skipped(path=taken[i].opened.path, why=why) for i, why in again.items())]
    taken = [one for i, one in enumerate(taken) if i not in again]
    found = replace(found, skipped=tuple(sorted((*found.skipped, *skipped), key=lambda one: natural(one.path))))
    if not taken:
        raise no_image_error(found.root, found.skipped)
    gaps = missing(found, [one.candidate for one in taken])
    return Collection(listing=found, files=tuple(taken), messages=one_per_kind(told), gaps=gaps)


Failed = Callable[[str, OmioError | OSError], None]


def readable(source: SourceLike, said: Request, failed: Failed) -> list[opening.OpenedSource]:
    """The source files of a folder, described; each that cannot be read is told to `failed`.

    Raises
    ------
    FileNotFoundError, OmioError
        There is no folder, or no image in it.
    """
    found = find(source)
    bad: list[str] = []

    def keep(path: str, error: OmioError | OSError) -> None:
        bad.append(path)
        failed(path, error)

    taken, skipped = _describe(found.candidates, said, keep)
    if not taken and not bad:
        raise no_image_error(found.root, (*found.skipped, *skipped))
    return [one.opened for one in taken]


def describe(path: str, said: Request, looked: Mapping[str, Verdict] | None = None) -> opening.OpenedSource:
    """A source file described; no handle stays open. `looked`: what the readers say of it, if they were asked."""
    opened = opening.open_source(path, said, verdicts=looked)
    opened.images[0].close()  # all of them share the one file
    return opened


def _describe(
    candidates: Sequence[Candidate], said: Request, failed: Failed | None = None
) -> tuple[list[SourceFile], list[Skipped]]:
    """Each candidate described, but for those that are no images and the further files of a set."""
    taken: list[SourceFile] = []
    skipped: list[Skipped] = []
    sets: dict[str, str] = {}  # from the real path of each member of a set to the file that stands for it
    alone: dict[str, SourceFile] = {}  # from the real path of each member to what was taken with it
    for one in candidates:
        whose = sets.get(os.path.realpath(one.path)) if sets else None
        if whose is not None and whose != one.path:
            skipped.append(Skipped(path=one.path, why=f"of the set of {os.path.basename(whose)}"))
            continue
        looked = None if one.given else _look(one.path, said)
        if isinstance(looked, Skipped):
            skipped.append(looked)
            continue
        try:
            opened = _described(one, said, looked)
        except (OmioError, OSError) as error:
            if failed is None:
                raise
            failed(one.path, error)
            continue
        if isinstance(opened, Skipped):
            skipped.append(opened)
            continue
        now = SourceFile(candidate=one, opened=opened)
        members = now.members
        if len(members) > 1:
            real = {os.path.realpath(member): one.path for member in members}
            near = {id(old): old for path in real if (old := alone.get(path)) is not None}.values()
            within = [old for old in near if {os.path.realpath(member) for member in old.members} < real.keys()]
            if within:
                taken = [old for old in taken if all(old is not gone for gone in within)]
            skipped += [
                Skipped(path=old.opened.path, why=f"of the set of {os.path.basename(one.path)}") for old in within
            ]
            sets |= real
        alone |= dict.fromkeys((os.path.realpath(member) for member in members), now)
        taken.append(now)
    return taken, skipped


def _described(one: Candidate, said: Request, looked: Mapping[str, Verdict] | None) -> opening.OpenedSource | Skipped:
    """A source file; or, of one found in a folder, why the reader of files named so says that it is none."""
    try:
        opened = describe(one.path, said, looked)
    except NoReaderError as error:
        if one.given:
            raise
        known_verdicts: Mapping[str, Verdict] = error.facts.get("verdicts", {})
        known = next((said for said in known_verdicts.values() if said.no_image), None)
        if known is not None:
            return Skipped(path=one.path, why=known.what or known.why)
        leave = advise("leave it out: {patterns}", patterns=[f"!{os.path.basename(one.path)}"])
        remedy = either(error.remedy, leave, joint="; or ") if error.remedy else advise("or {}", leave)
        raise NoReaderError(error.what, evidence=error.evidence, remedy=remedy, **error.facts) from error
    if _named_as_ours(one):
        for image in opened.images:
            _ = image.metadata  # `_written_here` asks for it: now, as the text of the file is parsed already
    return opened


def _look(path: str, said: Request) -> Mapping[str, Verdict] | Skipped | None:
    """What the readers say of a file found in a folder, or why it is no image.

    None where its name is enough: it is to be opened, and an error if it cannot be.
    """
    readers = [one for one in catalogue().readers if said.reader in (None, one.name)]
    if not readers:
        return None  # there is no reader of that name, which is told where it is opened
    if path.lower().endswith(tuple(suffix for one in readers for suffix in one.suffixes)):
        return None
    try:
        found = verdicts(Probe(path))
    except (FileNotFoundError, ReadError) as error:
        return Skipped(path=path, why=error.what if isinstance(error, ReadError) else str(error))
    if any(found[one.name].match is not Match.NO for one in readers if one.name in found):
        return found
    why = "no reader knows it" if said.reader is None else f"the reader {said.reader} does not know it"
    return Skipped(path=path, why=why)


# --- what OMIO wrote itself


def _written_here(taken: Sequence[SourceFile]) -> dict[int, str]:
    """Which of the files found hold nothing but what OMIO wrote from others of them, and from which; by number.

    Every image of such a file is the whole of what it was made of; what was computed, cut out or comes from
    elsewhere is an image of its own.
    """
    made = {
        i: [_made_of(image) for image in one.opened.images]
        for i, one in enumerate(taken)
        if _named_as_ours(one.candidate)
    }
    made = {i: each for i, each in made.items() if all(each)}
    if not made:
        return {}
    there = {mark: i for i, one in enumerate(taken) for mark in _marks(_provenance(one.opened.images[0]))}
    again = {}
    for i, each in made.items():
        marks = [mark for one in each for mark in one]
        sources = {there.get(mark, i) for mark in marks}
        if i in sources or not all(_whole(image, taken, sources) for image in taken[i].opened.images):
            continue
        first = taken[there[marks[0]]].opened.path
        whose = first_few([os.path.basename(first)], 1, last=" ", total=len(sources))
        again[i] = f"written by OMIO from {whose}, which is among the inputs"
    return again


def _named_as_ours(one: Candidate) -> bool:
    """Whether a file that was found in a folder is called as OMIO calls what it writes."""
    suffixes = tuple(suffix for writer in catalogue().writers for suffix in writer.suffixes)
    return not one.given and one.path.lower().endswith(suffixes)


def _whole(image: Image, taken: Sequence[SourceFile], sources: set[int]) -> bool:
    """Whether an image is as large as one of its sources, or was merged of them."""
    return MERGE in image.metadata.facts.annotations or any(
        image.shape == one.shape for i in sources for one in taken[i].opened.images
    )


def _note(taken: Sequence[SourceFile], again: Mapping[int, str]) -> None:
    """Tell in the log, which the command line shows, what is left out although it is an image."""
    if again:
        names = [os.path.basename(taken[i].opened.path) for i in again]
        _log.info("left out, as OMIO wrote it from others of the inputs: %s", first_few(names, 5))


_Mark = tuple[Any, Any, Any]


def _marks(record: Any) -> list[_Mark]:
    """What tells each member file of a source: name, size, digest of samples."""
    members = record.get("source") if isinstance(record, dict) else None
    known = [one for one in members if isinstance(one, dict)] if isinstance(members, list | tuple) else []
    marks = [(one.get("name"), one.get("bytes"), one.get("sample_digest")) for one in known]
    # a file may say anything
    sound = [all(isinstance(part, kind) for part, kind in zip(mark, (str, int, str), strict=True)) for mark in marks]
    return marks if all(sound) else []


def _provenance(image: Image) -> dict[str, Any]:
    return dict(image.metadata.provenance)


def _made_of(image: Image) -> list[_Mark]:
    """The marks of all that an image was made of by a conversion or a merge; none where anything else was done."""
    merged: Any = image.metadata.facts.annotations.get(MERGE)
    inputs = merged.get("inputs") if isinstance(merged, dict) else None
    if isinstance(inputs, list) and inputs:
        each = [_marks(one) for one in inputs]
        stops = [one.get("stop") for one in inputs if isinstance(one, dict)]
        end = max((stop for stop in stops if isinstance(stop, int)), default=0)
        whole = str(merged.get("axis")) in AXES and end == _length(image, str(merged["axis"]))
        return [mark for marks in each for mark in marks] if whole and all(each) else []
    history = _provenance(image).get("history")
    return _marks(history[0]) if isinstance(history, list) and history else []


def _length(image: Image, axis: str) -> int:
    return image.shape["TZCYX".index(axis)]


# --- which images


def choose_images(
    collection: Collection, image: int | str | None, *, along: str | None
) -> list[tuple[SourceFile, tuple[Image, ...]]]:
    """The chosen images of each source file.

    Raises
    ------
    ManyImagesError
        The choice names no image of a file; or the images are to be merged, a file holds several, and none is chosen.
    """
    found = []
    for one in collection.files:
        if along is None and image is None:
            picked = one.opened.images
        elif image is None and len(one.opened.images) > 1:
            raise ManyImagesError(
                f"{one.opened.path} holds {len(one.opened.images)} images, and which of them to merge is not said",
                evidence="; ".join(f"{i}: {each!r}" for i, each in enumerate(one.opened.images[:20])),
                remedy=either(
                    advise("choose one with {image}", image=Blank("index or name")),
                    advise("take all, one after another, with {image}", image="all"),
                ),
                path=one.opened.path,
                names=tuple(each.name for each in one.opened.images),
            )
        else:
            picked = one.opened.pick(image)
        found.append((one, picked))
    return found


@contextmanager
def without_garbage_collection() -> Iterator[None]:
    """Pause Python's search for garbage: describing thousands of files makes next to none, and spends a fifth on it."""
    if not gc.isenabled():
        yield
        return
    gc.disable()
    try:
        yield
    finally:
        gc.enable()
