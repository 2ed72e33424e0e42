"""Settle what did not change without opening it: by names, sizes, times and samples, and by the record; reads no pixel.

A file is not opened again if everything that its reader could have seen is the same: the files that belong to it, the
names that lie beside it, and the readers that are installed.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from omio.sources import collect
from omio.sources.walk import Candidate, Skipped
from omio_core.errors import OmioError
from omio_core.files.location import Location
from omio_core.files.stamps import Fingerprint
from omio_core.images import opening, record
from omio_core.images.conversion import is_untouched, nanoseconds
from omio_core.plugins.catalogue import catalogue

from .standing import Found, Standing, path_of, root_of
from .update import older
from .values import Input, Output, PreparedOutput

Names = Mapping[Location, Collection[str]]
"""From a folder to names in it."""


@dataclass(frozen=True, slots=True)
class Neighbours:
    """The names beside each source that are neither sources nor outputs: what a reader may look for, such as sidecars.

    Parameters
    ----------
    standing
        What stands where the outputs go.
    sources
        The names of the files that belong to sources.
    """

    standing: Standing
    sources: Names
    _digests: dict[Location, str] = field(default_factory=dict)

    def digest(self, candidate: Candidate) -> str:
        """Return a digest of the names beside a source, and of the readers that could read it; "" if there is no list.

        Hidden names do not count.
        """
        folder = candidate.location.parent
        if folder not in self._digests:
            self._digests[folder] = self._of(folder, root_of(candidate).name)
        return self._digests[folder]

    def _of(self, folder: Location, root: str) -> str:
        try:
            names = folder.names()
        except OmioError:
            names = None
        if names is None:
            return ""
        suffixes = tuple(suffix for writer in catalogue().writers for suffix in writer.suffixes)
        sources = self.sources.get(folder, ())
        digest = hashlib.blake2b(digest_size=16)
        for name in names:
            if name.startswith(".") or name in sources:
                continue
            ours = self.standing.at(os.path.join(str(folder), name)) if name.lower().endswith(suffixes) else None
            if ours is None or ours.root != root:
                digest.update(f"{name}\0".encode("utf-8", "surrogateescape"))
        for reader in catalogue().readers:
            digest.update(f"{reader.name} {reader.revision}\0".encode())
        return digest.hexdigest()


class Glance:
    """Describes the files that an update does not know before all others, so that it is known what belongs to them.

    Parameters
    ----------
    look
        How files are described.
    """

    def __init__(self, look: collect.Look):
        self._look = look
        self._seen: dict[int, opening.OpenedSource | Skipped | OmioError | OSError] = {}

    def __call__(self, candidate: Candidate) -> opening.OpenedSource | Skipped:
        """Describe a file, once; raises what describing it raises."""
        if (seen := self._seen.get(id(candidate))) is None:
            return self._look(candidate)
        if isinstance(seen, OmioError | OSError):
            raise seen
        return seen

    def names(self, standing: Standing, candidates: Iterable[Candidate]) -> Names:
        """Return the names of the files that belong to sources: by the records of what stands, or by a look.

        A new file to which a file belongs that is recorded elsewhere is left out: it may change what that one is.
        """
        names = recorded_names(standing, candidates)
        for candidate in candidates:
            if candidate.location.name in names.get(candidate.location.parent, ()) or candidate.path in standing.found:
                continue
            try:
                seen = self._seen[id(candidate)] = self._look(candidate)
            except (OmioError, OSError) as error:
                self._seen[id(candidate)] = error
                continue
            if isinstance(seen, Skipped):
                continue
            members = collect.SourceFile(candidate=candidate, opened=seen).members
            if not any(member.name in names.get(member.parent, ()) for member in members):
                for member in members:
                    names.setdefault(member.parent, set()).add(member.name)
        return names


def recorded_names(standing: Standing, candidates: Iterable[Candidate]) -> dict[Location, set[str]]:
    """Return the names of the files that belonged to the sources of what stands."""
    names: dict[Location, set[str]] = {}
    for candidate in candidates:
        for found in standing.by_source.get(path_of(candidate), ()):
            members = (str(member.get("name")) for members in found.members for member in members)
            names.setdefault(candidate.location.parent, set()).update((candidate.location.name, *members))
    return names


def described_names(collection: collect.Collection, quick: Quick | None) -> Names:
    """Return the names of the files that belong to the sources of a plan, described or settled."""
    names: dict[Location, set[str]] = {}
    for outputs in () if quick is None else quick.outputs.values():
        for member in (member for source in outputs[0].inputs for member in source.members):
            names.setdefault(member.location.parent, set()).add(member.location.name)
    for location in (location for file in collection.files for location in file.members):
        names.setdefault(location.parent, set()).add(location.name)
    return names


@dataclass(frozen=True, slots=True, kw_only=True)
class Quick:
    """What is known of sources before they are opened.

    Parameters
    ----------
    standing
        What stands where the outputs go.
    candidates, look
        All files of the source, and how they are described.
    settings
        What this call would record as its settings.
    reader
        The name of the reader that the caller chose, if any.
    layout
        As in `omio.planning.values.WriteOptions`.
    settles
        Whether a source may be settled without a look at it; else only outputs among the sources are recognised.
    """

    standing: Standing
    candidates: Sequence[Candidate]
    look: Glance
    settings: Mapping[str, Any]
    reader: str | None
    layout: str
    settles: bool
    outputs: dict[int, list[Output]] = field(default_factory=dict)
    _neighbours: list[Neighbours] = field(default_factory=list)

    def known(self, candidate: Candidate) -> Skipped | tuple[Location, ...] | None:
        """Say what is known of a file: an output of an earlier run; or unchanged, then the files that belong to it."""
        mine = self.standing.found.get(candidate.path)
        if mine is not None and not candidate.named and mine.root == root_of(candidate).name:
            return Skipped(path=candidate.path, why=f"written by OMIO from {mine.source}", used=True)
        if not self.settles:
            return None
        stands = sorted(self.standing.by_source.get(path_of(candidate), ()), key=lambda one: str(one.key[2]))
        if not stands or not self._are_whole(stands, candidate):
            return None
        members = self._members(stands, candidate)
        if members is None:
            return None
        self.outputs[id(candidate)] = [_output(one, candidate, members) for one in stands]
        return tuple(member.location for member in members)

    def _are_whole(self, stands: list[Found], candidate: Candidate) -> bool:
        """Whether files are all that this call makes of a source, made as it would, and untouched."""
        first = stands[0].records[0]
        images = [one.get("image") for found in stands for one in found.records]
        if not self._neighbours:  # not before: what the look warns of belongs to the description of the source
            self._neighbours.append(Neighbours(self.standing, self.look.names(self.standing, self.candidates)))
        names = self._neighbours[0].digest(candidate)
        readers = {reader.name: reader.revision for reader in catalogue().readers}
        writers = {writer.name: writer.revision for writer in catalogue().writers}
        if images != list(range(first.get("images", 0))) or (self.layout == "one-file" and len(stands) > 1):
            return False
        if self.layout == "files" and len(stands) != len(images):
            return False
        for found in stands:
            one, conversion = found.records[0], found.conversion
            written = nanoseconds(conversion.get("written"))
            if (
                found.flaw
                or any("absent" in record for record in found.records)  # what was absent may be there now
                or not names
                or conversion.get("names") != names
                or conversion.get("settings") != self.settings
                or found.root != root_of(candidate).name
                or self.reader not in (None, one.get("reader"))
                or readers.get(one.get("reader", "")) != one.get("reader_revision")
                or writers.get(one.get("writer", "")) != one.get("writer_revision")
                or written is None
                or not is_untouched(found.path, written)
            ):
                return False
        return True

    def _members(self, stands: list[Found], candidate: Candidate) -> tuple[Fingerprint, ...] | None:
        """Return the files of a source if they are as the records say; else None."""
        recorded = stands[0].members[0] if stands[0].members else ()
        if any(members != recorded for found in stands for members in found.members):
            return None
        found = []
        try:
            for one in recorded:
                member = Fingerprint.of(candidate.location.parent.child(str(one.get("name"))))
                if record.member(member) != one:
                    return None
                found.append(member)
        except (OmioError, OSError):
            return None
        return tuple(found) if any(member.location == candidate.location for member in found) else None


def _output(found: Found, candidate: Candidate, members: tuple[Fingerprint, ...]) -> Output:
    return Output(
        inputs=tuple(_inputs(found, candidate, members)),
        path=found.path,
        wanted=found.path,
        action="current",
        older=older(found.records[0].get("omio")),
    )


def _inputs(found: Found, candidate: Candidate, members: tuple[Fingerprint, ...]) -> Iterator[Input]:
    """Yield what is known of the images of a source that is not opened: no shape and no axes."""
    for one in found.records:
        yield Input(
            location=candidate.location,
            image=int(one.get("image", 0)),
            images=int(one.get("images", 1)),
            name=None,
            reader=str(one.get("reader")),
            because="it read the file when it was converted, and nothing has changed",
            members=members,
            native_axes="",
            native_shape=(),
            rule="",
            shape=(),
            dtype="",
        )


def in_order(
    collection: collect.Collection, outputs: Sequence[PreparedOutput], settled: Mapping[int, Sequence[Output]]
) -> tuple[Output, ...]:
    """Return the outputs in the order of their sources, with those of the sources that need no look."""
    if not settled:
        return tuple(prepared.output for prepared in outputs)
    order = {id(candidate): number for number, candidate in enumerate(collection.listing.candidates)}
    placed = [(order[id(prepared.files[0].candidate)], prepared.output) for prepared in outputs]
    placed += [(order[candidate], output) for candidate, several in settled.items() for output in several]
    return tuple(output for _, output in sorted(placed, key=lambda pair: pair[0]))
