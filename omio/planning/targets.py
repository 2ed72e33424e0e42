"""Which file each output of a plan becomes: its name, and what a name that is taken means; nothing is written."""

from __future__ import annotations

import itertools
import os
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from omio.sources.collect import Collection
from omio_core.errors import ManyImagesError, OmioError, WriteError, first_few
from omio_core.files import atomic
from omio_core.files.stamps import Fingerprint
from omio_core.images import writing
from omio_core.plugins import rules
from omio_core.wording import Aside, Blank, OneOf, advise, either, worded

from . import filenames
from .values import WriteOptions

if TYPE_CHECKING:
    from .values import PreparedOutput


def name(
    collection: Collection,
    made: Sequence[PreparedOutput],
    out: str | os.PathLike[str] | None,
    collision: str,
    how: WriteOptions,
) -> list[PreparedOutput]:
    """The outputs with their files.

    Parameters
    ----------
    collection
        What they are made of.
    made
        The outputs, those of a source file one after another.
    out
        A file, a folder, or None for beside the source.
    collision
        Policy for a name that is taken.
    how
        How they are written.

    Raises
    ------
    OmioError
        `out` cannot be what is asked for, a template cannot be filled, there is no such policy or option. A name that
        is taken and must not be is a problem of the output.
    """
    rules.find("collision", collision)  # a name that is none is told now, not when a name happens to be taken
    if out is not None and len(made) > 1 and filenames.is_file(Path(out)):
        raise _too_many(made, out)
    read = {os.path.realpath(member.path) for one in made for each in one.output.inputs for member in each.members}
    taken: dict[str, int] = {}
    wanted = [filenames.unique(path, taken) for path in _wanted(collection, made, out, how)]
    planned = set(taken)
    return [_settled(one, path, collision, planned, read, how) for one, path in zip(made, wanted, strict=True)]


def _too_many(made: Sequence[PreparedOutput], out: str | os.PathLike[str]) -> ManyImagesError:
    """The error for several images and one file: those of one source may share it, those of several may be merged."""
    inputs = [one.output.inputs[0] for one in made]
    if len({one.path for one in inputs}) == 1:
        listed = [f"image {one.image}" + (f" {one.name!r}" if one.name else "") for one in inputs[:8]]
        evidence = f"{inputs[0].path} holds {first_few(listed, 8, total=len(inputs))}"
        remedy = either(
            advise("put all into it with {layout}{}", Aside(" (--layout one-file)"), layout="one-file"),
            advise("choose one with {image}{}", Aside(" (--image)"), image=Blank("index or name")),
            "give a folder",
        )
    else:
        paths = list(dict.fromkeys(one.path for one in inputs[:8]))
        evidence = first_few(paths, 8, joint="; ", total=len(inputs))
        remedy = either("give a folder", advise("merge them with {merge}{}", Aside(" (--along T)"), merge="T"))
    return ManyImagesError(
        f"{len(made)} images cannot go into the one file {out}",
        evidence=evidence,
        remedy=remedy,
        path=os.fspath(out),
    )


def _wanted(
    collection: Collection, made: Sequence[PreparedOutput], out: str | os.PathLike[str] | None, how: WriteOptions
) -> Iterator[Path]:
    """The name of each output, whatever stands there."""
    for _, group in itertools.groupby(made, key=lambda one: id(one.files[0])):
        ones = list(group)
        taken = ones[0].files[0]
        suffixes = taken.opened.decision.reader.suffixes
        along = ones[0].output.along
        if along is not None:
            found = collection.listing
            title = filenames.stem(found.title, suffixes) if found.candidates[0].named else found.title
            yield filenames.merged(title, Path(found.home), out, along, ones[0].images[0], how.name)
            continue
        folder = out
        if out is not None and taken.candidate.below and not filenames.is_file(Path(out)):
            folder = Path(out, taken.candidate.below)
        yield from filenames.targets(
            Path(taken.opened.path),
            folder,
            [one.images[0] for one in ones],
            suffixes,
            several=len(taken.opened.images) > 1 and how.layout == "files",
            template=how.name,
        )


def _settled(
    one: PreparedOutput, wanted: Path, collision: str, planned: set[str], read: set[str], how: WriteOptions
) -> PreparedOutput:
    """One output with its file, after looking at what stands there."""
    for path in atomic.numbered(wanted):
        if path != wanted and filenames.key(path) in planned:
            continue
        action, stands = "write", None
        if os.path.lexists(path):
            action = rules.decide("collision", collision, path=str(path))
            if action == "number":
                continue
        planned.add(filenames.key(path))
        break
    named = replace(one.output, path=os.path.abspath(path), wanted=os.path.abspath(wanted))
    one = replace(one, goal=path)
    if action == "raise":
        taken = WriteError(
            f"{path} exists already", evidence=worded("and is to be kept: {collision}", collision="raise"),
            remedy=either(
                "choose another name",
                advise("another policy: {collision}", collision=OneOf(("number", "overwrite", "skip"))),
            ),
            path=str(path),
        )  # fmt: skip
        return replace(one, output=replace(named, action="write")).failed(taken)
    if action == "overwrite":
        if os.path.realpath(path) in read:
            own = WriteError(
                f"{path} is being read and cannot be overwritten", evidence="it is one of the inputs",
                remedy="write under another name", path=str(path),
            )  # fmt: skip
            return replace(one, output=replace(named, action="write")).failed(own)
        stands = Fingerprint.of(str(path)) if os.path.exists(path) else None
    settled = replace(one, output=replace(named, action=action, stands=stands))
    return settled if settled.error is not None else _writable(settled, how)


def _writable(one: PreparedOutput, how: WriteOptions) -> PreparedOutput:
    """Tell now what a writer would refuse only after it has written the files before."""
    path = one.output.path or ""
    try:
        request = writing.write_request(path, **how.keywords)
        writing.choose_writer(path, one.images, request)
    except OmioError as error:
        return one.failed(error)
    return one
