"""Collect the images of a source: from its paths to described images in order, each once; keeps no file open.

This module decides which files of a folder are images: those that a reader takes. A file that looks like an image by
its name and that no reader can read is an error; it is never left out.
"""

from __future__ import annotations

import gc
import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial

from omio_core.contract import Match, Verdict
from omio_core.errors import NoReaderError, OmioError, ReadError, first_few
from omio_core.files.location import Location
from omio_core.files.probe import Probe
from omio_core.images import opening
from omio_core.images.overrides import Request
from omio_core.plugins.catalogue import catalogue
from omio_core.plugins.dispatch import verdicts
from omio_core.wording import advise, either

from .failures import Failure, adder, error_of, in_order
from .kinds import Listing, SourceLike, find, no_image_error, require_candidates
from .names import missing_numbers
from .notices import Message, one_per_kind, recorded
from .outputs import has_our_suffix, own_outputs
from .walk import Candidate, OnFailure, Skipped, natural

_log = logging.getLogger("omio")


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceFile:
    """A source file with its images, and where it was found."""

    candidate: Candidate
    opened: opening.OpenedSource

    @property
    def members(self) -> tuple[Location, ...]:
        """All files that belong to the source file; of a folder that is one picture, first the folder."""
        stored = self.opened.images[0].picture.stored
        assert stored is not None  # all images of a file are stored
        members = tuple(member.location for member in stored.key.members)
        return members if stored.key.location in members else (stored.key.location, *members)


Known = Callable[[Candidate], Skipped | tuple[Location, ...] | None]
"""Says what is known of a file before it is described: that it is left out; the files that belong to it, where it is
known what becomes of them; else None."""

Look = Callable[[Candidate], opening.OpenedSource | Skipped]
"""Describes a file, or says why it is left out; raises what describing raises."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Collection:
    """The images of a source, described.

    Parameters
    ----------
    listing
        What the source holds by names; its `skipped` also has what was left out later, by content.
    files
        The source files in order.
    messages
        Warnings to issue when the plan is executed. For a single named file they have already been issued.
    gaps
        Which numbers are missing in the names of the files, in words; "" where no gap is known.
    failures
        The paths that cannot be read, in order.
    settled
        Files that were not described, as it is known what becomes of them; in order.
    """

    listing: Listing
    files: tuple[SourceFile, ...]
    messages: tuple[Message, ...] = ()
    gaps: str = ""
    failures: tuple[Failure, ...] = ()
    settled: tuple[Candidate, ...] = ()


def collect(source: SourceLike, request: Request) -> Collection:
    """Describe the images of a source; every file is closed as soon as it is described.

    Raises
    ------
    FileNotFoundError
        A file or folder is not there.
    NoReaderError
        No reader can read a file that was named, or that looks like an image by its name; or there is no image.
    OmioError
        A file is malformed, its axes are ambiguous, or a policy forbids what it holds.
    """
    return describe_listing(find(source), looker(request))


def describe_listing(
    listing: Listing,
    look: Look,
    *,
    failures: list[Failure] | None = None,
    known: Known | None = None,
) -> Collection:
    """Describe the images of a source that is listed already; every file is closed as soon as it is described.

    Parameters
    ----------
    listing
        The source.
    look
        How its files are described.
    failures
        What could not be looked at so far; what cannot be read is added to it. None where the first is an error.
    known
        See `Known`.

    Raises
    ------
    NoReaderError
        As for `collect`.
    OmioError
        As for `collect`; with `failures` only if nothing can be read.
    """
    if not failures and not listing.candidates:
        require_candidates(listing)
    if len(listing.candidates) == 1 and listing.candidates[0].named and not failures and known is None:
        (only,) = listing.candidates
        opened = look(only)
        assert not isinstance(opened, Skipped)  # it is named
        return Collection(listing=listing, files=(SourceFile(candidate=only, opened=opened),))
    failed = None if failures is None else adder(failures)
    with recorded() as warning_records:
        files, skipped, settled = _describe_all(listing.candidates, look, failed, known)
        reasons = own_outputs(files)
    _log_left_out(files, reasons)
    skipped = [*skipped, *(Skipped(path=files[i].opened.path, why=why) for i, why in reasons.items())]
    files = [file for i, file in enumerate(files) if i not in reasons]
    listing = replace(listing, skipped=tuple(sorted((*listing.skipped, *skipped), key=lambda skip: natural(skip.path))))
    if not files and not settled:
        raise _nothing_error(listing, failures or [])
    gaps = missing_numbers(listing, [file.candidate for file in files])
    return Collection(
        listing=listing,
        files=tuple(files),
        messages=one_per_kind(warning_records),
        gaps=gaps,
        failures=tuple(failures or ()),
        settled=tuple(settled),
    )


def with_failures(collection: Collection, failures: Sequence[Failure] | None) -> Collection:
    """Return the collection with all its failures in order.

    Raises
    ------
    OmioError, OSError
        Nothing else is left of the source.
    """
    if failures is None:
        return collection
    broken = {failure.path for failure in failures}
    files = tuple(file for file in collection.files if file.candidate.path not in broken)
    if not files and not collection.settled:
        raise _nothing_error(collection.listing, failures)
    return replace(collection, files=files, failures=in_order(failures))


def _nothing_error(listing: Listing, failures: Sequence[Failure]) -> OmioError | OSError:
    """Return the error for a source of which nothing can be read: that of its only file, or one that has them all."""
    if not failures:
        return no_image_error(listing.root, listing.skipped)
    if len(failures) == 1:
        return failures[0].error
    return error_of({failure.path: failure.error for failure in failures}, "read")


def describe_readable(
    source: SourceLike, request: Request, failed: OnFailure, left_out: Callable[[Skipped], None] | None = None
) -> list[opening.OpenedSource]:
    """Describe the source files of a folder; report each one that cannot be read to `failed`.

    Each path that is no image is reported to `left_out`.

    Raises
    ------
    FileNotFoundError
        There is no such folder.
    OmioError
        There is no image in the folder, or it cannot be listed.
    """
    broken: list[str] = []

    def report(path: str, error: OmioError | OSError) -> None:
        broken.append(path)
        failed(path, error)

    listing = find(source, report)
    if not listing.candidates and not broken:
        require_candidates(listing)
    files, skipped, _ = _describe_all(listing.candidates, looker(request), report)
    if not files and not broken:
        raise no_image_error(listing.root, (*listing.skipped, *skipped))
    if left_out is not None:
        for skip in (*listing.skipped, *skipped):
            left_out(skip)
    return [file.opened for file in files]


def describe(
    location: Location, request: Request, answers: Mapping[str, Verdict] | None = None
) -> opening.OpenedSource:
    """Describe a source file; no handle stays open. `answers`: the verdicts of the readers, if already known."""
    opened = opening.open_source(location, request, verdicts=answers)
    opened.images[0].close()  # all images share one file
    return opened


def looker(request: Request) -> Look:
    """Return the function that describes files under a request."""
    return partial(look_at, request)


def look_at(request: Request, candidate: Candidate) -> opening.OpenedSource | Skipped:
    """Describe a source file; or, for a file found in a folder, say why it is no image.

    Raises
    ------
    FileNotFoundError, OmioError
        It cannot be read.
    """
    answers = None if candidate.named else _sniff(candidate.location, request)
    return answers if isinstance(answers, Skipped) else _describe_candidate(candidate, request, answers)


def _describe_all(
    candidates: Sequence[Candidate], look: Look, failed: OnFailure | None = None, known: Known | None = None
) -> tuple[list[SourceFile], list[Skipped], list[Candidate]]:
    """Describe each candidate, except those that are no images, the further files of a set, and what is known."""
    files: list[SourceFile] = []
    settled: list[Candidate] = []
    skipped: list[Skipped] = []
    sets: dict[Location, Location] = {}  # from each member of a set, links followed, to what represents the set
    file_of: dict[Location, SourceFile] = {}  # from each member, links followed, to its source file
    for candidate in candidates:
        representative = sets.get(candidate.location.real()) if sets else None
        if representative is not None and representative != candidate.location:
            skipped.append(Skipped(path=candidate.path, why=f"of the set of {representative.name}", used=True))
            continue
        about = None if known is None else known(candidate)
        if isinstance(about, Skipped):
            skipped.append(about)
            continue
        if about is not None:
            settled.append(candidate)
            if len(about) > 1:
                members = tuple(member.real() for member in about)
                files, _ = _without_parts(files, [file_of[m] for m in members if m in file_of], set(members))
                sets |= dict.fromkeys(members, candidate.location)
            continue
        try:
            opened = look(candidate)
        except (OmioError, OSError) as error:
            if failed is None or _is_missing(candidate, error):
                raise
            failed(candidate.path, error)
            continue
        if isinstance(opened, Skipped):
            skipped.append(opened)
            continue
        file = SourceFile(candidate=candidate, opened=opened)
        members = tuple(member.real() for member in file.members)
        if len(members) > 1:
            files, parts = _without_parts(files, [file_of[m] for m in members if m in file_of], set(members))
            skipped += [
                Skipped(path=part.opened.path, why=f"of the set of {candidate.location.name}", used=True)
                for part in parts
            ]
            sets |= dict.fromkeys(members, candidate.location)
        file_of |= dict.fromkeys(members, file)
        files.append(file)
    return files, skipped, settled


def _is_missing(candidate: Candidate, error: OmioError | OSError) -> bool:
    """Whether the caller named what is not there: a mistake in the call, and no bad file."""
    return candidate.named and isinstance(error, FileNotFoundError) and candidate.location.is_link is None


def _without_parts(
    files: list[SourceFile], overlapping: Sequence[SourceFile], members: set[Location]
) -> tuple[list[SourceFile], list[SourceFile]]:
    """Return the files that are not merely a part of the set with these members, and those that are."""
    parts = {id(file): file for file in overlapping if {member.real() for member in file.members} < members}
    if not parts:
        return files, []
    return [file for file in files if id(file) not in parts], list(parts.values())


def _describe_candidate(
    candidate: Candidate, request: Request, answers: Mapping[str, Verdict] | None
) -> opening.OpenedSource | Skipped:
    """Describe a source file; or, for a file found in a folder, say why a reader declares it no image."""
    try:
        opened = describe(candidate.location, request, answers)
    except NoReaderError as error:
        if candidate.named:
            raise
        known_verdicts: Mapping[str, Verdict] = error.facts.get("verdicts", {})
        refusal = next((verdict for verdict in known_verdicts.values() if verdict.no_image), None)
        if refusal is not None:
            return Skipped(path=candidate.path, why=refusal.what or refusal.why)
        leave = advise("leave it out: {patterns}", patterns=[f"!{candidate.location.name}"])
        remedy = either(error.remedy, leave, joint="; or ") if error.remedy else advise("or {}", leave)
        raise NoReaderError(error.what, evidence=error.evidence, remedy=remedy, **error.facts) from error
    if has_our_suffix(candidate):
        for image in opened.images:
            _ = image.metadata  # read now, while the text of the file is parsed: `own_outputs` needs it
    return opened


def _sniff(location: Location, request: Request) -> Mapping[str, Verdict] | Skipped | None:
    """Return the readers' verdicts on a file found in a folder, or why it is no image.

    None where its name is enough: it will be opened, and it is an error if it cannot be.
    """
    readers = [reader for reader in catalogue().readers if request.reader in (None, reader.name)]
    if not readers:
        return None  # no reader has that name: the error comes where the file is opened
    if location.name.lower().endswith(tuple(suffix for reader in readers for suffix in reader.suffixes)):
        return None
    try:
        answers = verdicts(Probe(location))
    except (FileNotFoundError, ReadError) as error:
        return Skipped(path=str(location), why=error.what if isinstance(error, ReadError) else str(error))
    if any(answers[reader.name].match is not Match.NO for reader in readers if reader.name in answers):
        return answers
    why = "no reader knows it" if request.reader is None else f"the reader {request.reader} does not know it"
    return Skipped(path=str(location), why=why)


def _log_left_out(files: Sequence[SourceFile], reasons: Mapping[int, str]) -> None:
    """Log, for the command line to show, what is left out although it is an image."""
    if reasons:
        names = [files[i].candidate.location.name for i in reasons]
        _log.info("left out, as OMIO wrote it from others of the inputs: %s", first_few(names, 5))


@contextmanager
def without_garbage_collection() -> Iterator[None]:
    """Pause garbage collection: describing thousands of files makes little garbage, and the search costs a fifth."""
    if not gc.isenabled():
        yield
        return
    gc.disable()
    try:
        yield
    finally:
        gc.enable()
