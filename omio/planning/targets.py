"""Decide which file each output of a plan becomes: its name, and what happens if the name is taken; writes nothing."""

from __future__ import annotations

import itertools
import os
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from omio.sources.collect import Collection
from omio.sources.walk import is_picture
from omio_core.errors import FileChangedError, ManyImagesError, OmioError, ReadError, WriteError, first_few
from omio_core.files.listing import whole_fingerprint
from omio_core.files.local import locate
from omio_core.files.location import Location
from omio_core.files.names import numbered
from omio_core.images import writing
from omio_core.images.target import Sources, refuse_target
from omio_core.plugins import dispatch, rules
from omio_core.plugins.cases import CollisionCase
from omio_core.plugins.catalogue import catalogue
from omio_core.wording import Aside, Blank, OneOf, advise, either, worded

from . import filenames
from .values import WriteOptions

if TYPE_CHECKING:
    from .values import PreparedOutput


def name(
    collection: Collection,
    outputs: Sequence[PreparedOutput],
    out: str | os.PathLike[str] | None,
    collision: str,
    write_options: WriteOptions,
) -> list[PreparedOutput]:
    """Return the outputs with their files.

    Parameters
    ----------
    collection
        The images that the outputs are made of.
    outputs
        The outputs; those of a source file follow one another.
    out
        A file, a folder, or None for beside the source.
    collision
        Policy for a name that is taken.
    write_options
        How the files are written.

    Raises
    ------
    OmioError
        `out` is not possible, a template cannot be filled, or there is no such policy, writer or option. A name that
        is taken and must stay is no error here: it is a problem of the output.
    """
    rules.find("collision", collision)  # report an unknown policy now, not only when a name happens to be taken
    if write_options.writer is not None:
        dispatch.writer_named(write_options.writer)  # the same
    if out is not None and len(outputs) > 1 and filenames.is_file(Path(out), write_options.writer):
        raise _too_many_images_error(outputs, out)
    sources = Sources.of(image for prepared in outputs for image in prepared.images)
    used_names: dict[str, int] = {}
    wanted = [filenames.unique(path, used_names) for path in _wanted_paths(collection, outputs, out, write_options)]
    planned = set(used_names)
    settled = [
        _settle(prepared, path, collision, planned, sources, write_options)
        for prepared, path in zip(outputs, wanted, strict=True)
    ]
    if out is not None and os.path.isdir(out) and not filenames.is_file(Path(out)) and is_picture(out):
        return [prepared.failed(_picture_error(out)) for prepared in settled]
    return settled


def _picture_error(out: str | os.PathLike[str]) -> WriteError:
    """Return the error for a folder that is one picture, among whose files the outputs would lie."""
    return WriteError(
        f"{os.fspath(out)} is one picture, and no folder to put files in",
        remedy="give another folder",
        path=os.fspath(out),
    )


def _too_many_images_error(outputs: Sequence[PreparedOutput], out: str | os.PathLike[str]) -> ManyImagesError:
    """Return the error for several images and one file: advise one file for all, or a merge of several sources."""
    inputs = [prepared.output.inputs[0] for prepared in outputs]
    if len({source.path for source in inputs}) == 1:
        listed = [f"image {source.image}" + (f" {source.name!r}" if source.name else "") for source in inputs[:8]]
        evidence = f"{inputs[0].path} holds {first_few(listed, 8, total=len(inputs))}"
        remedy = either(
            advise("put all into it with {layout}{}", Aside(" (--layout one-file)"), layout="one-file"),
            advise("choose one with {image}{}", Aside(" (--image)"), image=Blank("index or name")),
            "give a folder",
        )
    else:
        paths = list(dict.fromkeys(source.path for source in inputs[:8]))
        evidence = first_few(paths, 8, joint="; ", total=len(inputs))
        remedy = either("give a folder", advise("merge them with {merge}{}", Aside(" (--along T)"), merge="T"))
    return ManyImagesError(
        f"{len(outputs)} images cannot go into the one file {out}",
        evidence=evidence,
        remedy=remedy,
        path=os.fspath(out),
    )


def _wanted_paths(
    collection: Collection,
    outputs: Sequence[PreparedOutput],
    out: str | os.PathLike[str] | None,
    write_options: WriteOptions,
) -> Iterator[Path]:
    """Yield the name of each output, whatever exists there."""
    for _, group in itertools.groupby(outputs, key=lambda prepared: id(prepared.files[0])):
        siblings = list(group)
        file = siblings[0].files[0]
        suffixes = file.opened.decision.reader.suffixes
        along = siblings[0].output.along
        if along is not None:
            listing = collection.listing
            title = filenames.stem(listing.title, suffixes) if listing.candidates[0].named else listing.title
            yield filenames.merged_target(
                title,
                _home(listing.home, out),
                out,
                along,
                siblings[0].images[0],
                write_options.name,
                write_options.writer,
            )
            continue
        folder = out
        if out is not None and file.candidate.below and not filenames.is_file(Path(out), write_options.writer):
            folder = Path(out, file.candidate.below)
        yield from filenames.targets(
            _home(file.candidate.location.parent, out) / file.candidate.location.name,
            folder,
            [prepared.images[0] for prepared in siblings],
            suffixes,
            several=len(file.opened.images) > 1 and write_options.layout == "files",
            template=write_options.name,
            writer=write_options.writer,
        )


def _home(folder: Location, out: str | os.PathLike[str] | None) -> Path:
    """Return the folder to write into where the caller names none; where one is named, any.

    Raises
    ------
    WriteError
        The source is in no folder of this machine.
    """
    if out is not None:
        return Path()
    try:
        return Path(folder.local_path())
    except ReadError as error:
        raise WriteError(
            f"there is no folder on this machine beside what is read from {folder}",
            evidence=str(error.what),
            remedy=advise("name a file or a folder with {out}{}", Aside(" (--out)"), out=None),
            path=str(folder),
        ) from error


def _settle(
    prepared: PreparedOutput,
    wanted: Path,
    collision: str,
    planned: set[str],
    sources: Sources,
    write_options: WriteOptions,
) -> PreparedOutput:
    """Return an output with its file, after looking at what exists under its name."""
    suffixes = [suffix for writer in catalogue().writers for suffix in writer.suffixes]
    for path in numbered(wanted, suffixes):
        if path != wanted and filenames.key(path) in planned:
            continue
        action = "write"
        if os.path.lexists(path):
            action = rules.decide("collision", collision, CollisionCase(path=str(path)))
            if action == "number":
                continue
        planned.add(filenames.key(path))
        break
    output = replace(prepared.output, path=os.path.abspath(path), wanted=os.path.abspath(wanted))
    prepared = replace(prepared, goal=path)
    if action == "raise":
        error = WriteError(
            f"{path} exists already", evidence=worded("and is to be kept: {collision}", collision="raise"),
            remedy=either(
                "choose another name",
                advise("another policy: {collision}", collision=OneOf(("number", "overwrite", "skip"))),
            ),
            path=str(path),
        )  # fmt: skip
        return replace(prepared, output=replace(output, action="write")).failed(error)
    prepared = _check_writer(replace(prepared, output=replace(output, action=action)), write_options, sources)
    if action == "overwrite" and prepared.error is None and os.path.exists(path):
        try:
            stands = whole_fingerprint(locate(path))
        except FileChangedError as error:
            return prepared.failed(error)
        return replace(prepared, output=replace(prepared.output, stands=stands))
    if action == "overwrite" and prepared.error is not None:
        return replace(prepared, output=replace(prepared.output, action="write"))
    return prepared


def _check_writer(prepared: PreparedOutput, write_options: WriteOptions, sources: Sources) -> PreparedOutput:
    """Return the output, with an error if no writer takes it: otherwise it would fail after other files are written."""
    path = prepared.output.path or ""
    try:
        request = writing.write_request(path, **write_options.keywords)
        writer = writing.choose_writer(path, prepared.images, request, write_options.writer)
        if prepared.output.action in ("write", "overwrite"):
            refuse_target(Path(path), sources, writer, replace=prepared.output.action == "overwrite")
    except OmioError as error:
        return prepared.failed(error)
    return prepared
