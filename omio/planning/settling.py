"""Settle what happens to the file of each output: what stands under its name, and what a policy or an update says.

It writes nothing.
"""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from omio.sources import collect
from omio.sources.kinds import Listing
from omio.sources.walk import Skipped
from omio_core.errors import FileChangedError, OmioError, WriteError
from omio_core.files.listing import whole_fingerprint
from omio_core.files.local import locate
from omio_core.files.names import numbered
from omio_core.images import writing
from omio_core.images.conversion import Conversion
from omio_core.images.overrides import Request
from omio_core.images.target import Sources, refuse_target
from omio_core.plugins import rules
from omio_core.plugins.cases import CollisionCase
from omio_core.plugins.catalogue import catalogue
from omio_core.wording import OneOf, advise, either, worded

from . import filenames, update
from .quick import Glance, Names, Neighbours, Quick
from .standing import Found, Key, Standing, path_of, root_of
from .values import PreparedOutput, WriteOptions


@dataclass(frozen=True, slots=True, kw_only=True)
class Settling:
    """How the outputs of a plan meet what stands where they go.

    Parameters
    ----------
    collision
        Policy for a name that is taken.
    writing
        How files are written.
    standing
        What stands where outputs go.
    sources
        What is read.
    settings
        What a file records of the settings of this call.
    neighbours
        The names beside each source.
    title
        The name of the source as a unit, for a merge.
    updates
        Whether the policy is an update.
    remake
        Whether an update replaces what is up to date, too.
    planned
        The keys of the names of this plan.
    """

    collision: str
    writing: WriteOptions
    standing: Standing
    sources: Sources
    settings: Mapping[str, Any]
    neighbours: Neighbours
    title: str
    updates: bool = False
    remake: bool = False
    planned: dict[str, int] = field(default_factory=dict)

    def find(self, prepared: PreparedOutput, pure: Path, others: Collection[Key]) -> Found | None:
        """Return the file that stands for an output, by its record.

        Of several, the one in whose record the folder has the same name; then the oldest; then the one that has the
        name `pure`.

        Parameters
        ----------
        prepared
            The output.
        pure
            The name of the output in an empty folder.
        others
            What the outputs of the plan are of.
        """
        if not self.updates:
            return None
        root, wanted = root_of(prepared.files[0].candidate).name, os.path.abspath(pure)
        candidates = list(self.standing.by_key.get(self.key(prepared), ()))
        if prepared.output.along is not None:  # several merges of one folder have one name
            inputs = list(prepared.paths)
            candidates = [one for one in candidates if one.path == wanted or one.conversion.get("inputs") == inputs]
        candidates.sort(
            key=lambda one: (
                one.root != root, str(one.conversion.get("written")), one.path != wanted, bool(one.flaw),
            )  # a copy has the time of the original, one that was made again has not
        )  # fmt: skip
        for one in candidates:
            if one.root == root or one.path == wanted or update.is_of(one, prepared):
                return one
        there = self.standing.found.get(wanted)  # of the same source, and of other images of it
        fits = there is not None and there.key not in others and (there.root, there.source) == (root, prepared.paths[0])
        return there if fits else None

    def key(self, prepared: PreparedOutput) -> Key:
        """Return what an output is of."""
        if prepared.output.along is not None:
            return "merge", self.title, prepared.output.along
        if len(prepared.images) > 1:
            return "file", prepared.paths[0], ""
        return "image", prepared.paths[0], prepared.output.inputs[0].image

    def used(self, collection: collect.Collection, found: Iterable[Found]) -> Iterator[str]:
        """Yield the paths that no new output may have: what an update keeps, and the sources themselves."""
        if not self.updates:
            return
        yield from (one.path for one in found)
        yield from (one.path for one, _ in stale(self.standing, collection))
        settled = {path_of(candidate) for candidate in collection.settled}
        yield from (one.path for path in settled for one in self.standing.by_source.get(path, ()))
        yield from (candidate.path for candidate in collection.listing.candidates)

    def free(self, path: Path, used_names: dict[str, int]) -> Path:
        """Return the name of a new output; where it has to be counted on, the next one that is free."""
        chosen = filenames.unique(path, used_names)
        while self.updates and chosen != path and self.standing.taken(chosen):
            chosen = filenames.unique(path, used_names)
        return chosen

    def settle(self, prepared: PreparedOutput, wanted: Path, found: Found | None) -> PreparedOutput:
        """Return an output with its file, after looking at what stands under its name."""
        prepared = replace(prepared, output=replace(prepared.output, conversion=self._conversion(prepared)))
        return self._update(prepared, wanted, found) if self.updates else self._by_policy(prepared, wanted)

    def _conversion(self, prepared: PreparedOutput) -> Conversion:
        candidate = prepared.files[0].candidate
        merged = prepared.output.along is not None
        return Conversion(
            root=root_of(candidate).name,
            path=self.title if merged else path_of(candidate),
            inputs=prepared.paths if merged else (),
            names="" if merged else self.neighbours.digest(candidate),
            settings=self.settings,
        )

    def knowing(self, collection: collect.Collection, outputs: Sequence[PreparedOutput], names: Names) -> Settling:
        """Return the same for a source that is described; `names` are those of the files that belong to it."""
        return replace(
            self,
            sources=Sources.of(image for prepared in outputs for image in prepared.images),
            neighbours=Neighbours(self.standing, names),
            title=collection.listing.title,
        )

    def stale(self, collection: collect.Collection) -> tuple[Skipped, ...]:
        """Return the files that an update finds and whose source is gone."""
        found = stale(self.standing, collection) if self.updates else ()
        return tuple(Skipped(path=one.path, why=why) for one, why in found)

    # --- an update

    def _update(self, prepared: PreparedOutput, path: Path, found: Found | None) -> PreparedOutput:
        output = replace(prepared.output, path=os.path.abspath(path), wanted=os.path.abspath(path), action="write")
        prepared = replace(prepared, goal=path, output=output)
        if found is None:
            stands = self.standing.taken(path)
            if stands is None:
                return self._check_writer(prepared)
            return _leave(prepared, _foreign(stands, self.standing))
        if prepared.error is not None:
            return replace(prepared, output=replace(prepared.output, action="leave"))
        try:
            request = writing.write_request(path, **self.writing.keywords)
            writer = writing.choose_writer(path, prepared.images, request, self.writing.writer)
            root = root_of(prepared.files[0].candidate).name
            decision = update.decide(found, prepared, root, self.settings, writer, remake=self.remake)
        except OmioError as error:
            return replace(prepared, output=replace(prepared.output, action="leave")).failed(error)
        if decision.action == "leave":
            return _leave(prepared, decision.why)
        older = found.records[0].get("omio")
        output = replace(prepared.output, action=decision.action, why=decision.why, older=update.older(older))
        prepared = replace(prepared, output=output)
        return prepared if decision.action == "current" else self._stands(self._check_writer(prepared))

    # --- a policy

    def _by_policy(self, prepared: PreparedOutput, wanted: Path) -> PreparedOutput:
        suffixes = [suffix for writer in catalogue().writers for suffix in writer.suffixes]
        for path in numbered(wanted, suffixes):
            if path != wanted and filenames.key(path) in self.planned:
                continue
            action = "write"
            stands = self.standing.taken(path)  # also under a name that other systems take for the same
            if stands is not None:
                action = rules.decide("collision", self.collision, CollisionCase(path=str(path)))
                if action == "number":
                    continue
                if action == "overwrite" and not os.path.lexists(path):
                    action = "raise"
            self.planned[filenames.key(path)] = 1
            break
        output = replace(prepared.output, path=os.path.abspath(path), wanted=os.path.abspath(wanted))
        if action == "skip" and (made := self.standing.at(stands or "")) is not None:
            output = replace(output, why=f"made from {made.source}")
        prepared = replace(prepared, goal=path)
        if action == "raise":
            return replace(prepared, output=replace(output, action="write")).failed(_taken_error(path, stands))
        prepared = self._check_writer(replace(prepared, output=replace(output, action=action)))
        if action == "overwrite" and prepared.error is None and os.path.exists(path):
            return self._stands(prepared)
        if action == "overwrite" and prepared.error is not None:
            return replace(prepared, output=replace(prepared.output, action="write"))
        return prepared

    # --- both

    def _stands(self, prepared: PreparedOutput) -> PreparedOutput:
        """Return an output with the fingerprint of the file that it replaces: no other one is replaced."""
        try:
            stands = whole_fingerprint(locate(prepared.output.path or ""))
        except FileChangedError as error:
            return prepared.failed(error)
        return replace(prepared, output=replace(prepared.output, stands=stands))

    def _check_writer(self, prepared: PreparedOutput) -> PreparedOutput:
        """Return the output, with an error if no writer takes it: else it would fail after other files are written."""
        path = prepared.output.path or ""
        try:
            request = writing.write_request(path, **self.writing.keywords)
            writer = writing.choose_writer(path, prepared.images, request, self.writing.writer)
            if prepared.output.action in ("write", "overwrite", "remake"):
                replaced = prepared.output.action != "write"
                refuse_target(Path(path), self.sources, writer, replace=replaced)
        except OmioError as error:
            return prepared.failed(error)
        return prepared


def _taken_error(path: Path, stands: str | None) -> WriteError:
    if stands is not None and not os.path.lexists(path):
        return WriteError(
            f"{path} cannot be written beside {stands}",
            evidence="other systems take the two names for one",
            remedy="give one of them another name",
            path=str(path),
        )
    return WriteError(
        f"{path} exists already", evidence=worded("and is to be kept: {collision}", collision="raise"),
        remedy=either(
            "choose another name",
            advise("another policy: {collision}", collision=OneOf(("number", "overwrite", "skip"))),
        ),
        path=str(path),
    )  # fmt: skip


def _leave(prepared: PreparedOutput, why: str) -> PreparedOutput:
    """Return an output whose file stands and is not OMIO's to replace: its source is not converted."""
    path, source = prepared.output.path or "", prepared.output.inputs[0].path
    error = WriteError(
        f"{path} is left as it is, and {source} is not converted",
        evidence=why,
        remedy="move it away or give it another name, and run this again",
        path=path,
    )
    return replace(prepared, output=replace(prepared.output, action="leave", why=why)).failed(error)


def _foreign(stands: str, standing: Standing) -> str:
    """Say what stands under a name that an update wants, and that is none of its own outputs."""
    other = standing.found.get(stands)
    if other is None:
        return "it has no record of a conversion: another program wrote it, or OMIO did for another purpose"
    return f"it was made from another source: {other.source} of a folder {other.root!r}"


def stale(standing: Standing, collection: collect.Collection) -> Iterator[tuple[Found, str]]:
    """Yield the files that were made from these folders and whose source is gone, and why."""
    roots = {root.name: root for root in map(root_of, collection.listing.candidates)}
    roots.setdefault(collection.listing.root.name, collection.listing.root)
    counts = {path_of(file.candidate): len(file.opened.images) for file in collection.files}
    for one in standing.found.values():
        root = roots.get(one.root)
        if root is None or one.key[0] == "merge":
            continue
        try:
            exists = root.child(one.source).exists
        except OmioError:
            exists = False  # a record may state anything
        if not exists:
            yield one, f"its source {one.source} is gone"
        elif one.key[0] == "image" and isinstance(one.key[2], int) and one.key[2] >= counts.get(one.source, 1 << 30):
            yield one, f"{one.source} has no image {one.key[2]} any more"


def settling_for(
    listing: Listing,
    request: Request,
    along: str | None,
    out: str | os.PathLike[str] | None,
    writing: WriteOptions,
    *,
    remake: bool,
) -> Settling:
    """Return how the outputs of a plan meet what stands where they go; nothing is looked at yet."""
    collision = request.policies.collision
    updates = rules.decide("collision", collision, CollisionCase(path=os.fspath(out or ""))) == "update"
    file = out is not None and filenames.is_file(Path(out), writing.writer)
    folders: dict[Path, None] = {}
    if updates and out is not None:
        folders = {Path(out).parent if file else Path(out): None}
    elif updates and along is not None:
        folders = {Path(listing.home.local_path()): None}
    elif updates:
        folders = dict.fromkeys(Path(candidate.location.parent.local_path()) for candidate in listing.candidates)
    deep = not file and out is not None and any(candidate.below for candidate in listing.candidates)
    standing = Standing(
        folders, deep=deep or (bool(out) and not file and listing.deep), only=Path(out or "") if file else None
    )
    return Settling(
        collision=collision,
        writing=writing,
        standing=standing,
        sources=Sources(),
        settings=update.settings_of(request, writing),
        neighbours=Neighbours(standing, {}),
        title=listing.title,
        updates=updates,
        remake=remake,
    )


def quick_for(settling: Settling, listing: Listing, look: Glance, reader: str | None, *, settles: bool) -> Quick:
    """Return what an update knows of its sources before they are opened; the parameters are those of `Quick`."""
    return Quick(
        standing=settling.standing,
        candidates=listing.candidates,
        look=look,
        settings=settling.settings,
        reader=reader,
        layout=settling.writing.layout,
        settles=settles,
    )
