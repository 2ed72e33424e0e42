"""Decide which file each output of a plan becomes: its name, and what happens if the name is taken; writes nothing."""

from __future__ import annotations

import itertools
import os
from collections.abc import Iterator, Sequence
from pathlib import Path

from omio.sources.collect import Collection
from omio.sources.walk import Candidate, is_picture
from omio_core.errors import ManyImagesError, ReadError, WriteError, first_few
from omio_core.files.location import Location
from omio_core.plugins import dispatch, rules
from omio_core.wording import Aside, Blank, advise, either

from . import filenames
from .settling import Settling
from .standing import Found
from .values import PreparedOutput, WriteOptions


def name(
    collection: Collection,
    outputs: Sequence[PreparedOutput],
    out: str | os.PathLike[str] | None,
    settling: Settling,
) -> list[PreparedOutput]:
    """Return the outputs with their files.

    The names are a function of the names of the sources, also of those that cannot be read, and of nothing else; but
    what an update finds keeps its name.

    Parameters
    ----------
    collection
        The images that the outputs are made of.
    outputs
        The outputs; those of a source file follow one another.
    out
        A file, a folder, or None for beside the source.
    settling
        How the files are written, and what is done about a name that is taken.

    Raises
    ------
    OmioError
        `out` is not possible, a template cannot be filled, or there is no such policy, writer or option. A name that
        is taken and must stay is no error here: it is a problem of the output.
    """
    write_options = settling.writing
    rules.find(
        "collision", settling.collision
    )  # report an unknown policy now, not only when a name happens to be taken
    if write_options.writer is not None:
        dispatch.writer_named(write_options.writer)  # the same
    if out is not None and len(outputs) > 1 and filenames.is_file(Path(out), write_options.writer):
        raise _too_many_images_error(outputs, out)
    fresh: dict[str, int] = {}
    raw = list(_wanted_paths(collection, outputs, out, write_options))
    pure = [filenames.unique(path, fresh) for _, path in raw]
    keys = {settling.key(prepared) for prepared in outputs}
    found = [
        None if number is None else settling.find(outputs[number], path, keys)
        for (number, _), path in zip(raw, pure, strict=True)
    ]
    used_names = {filenames.key(Path(path)): 1 for path in settling.used(collection, filter(None, found))}
    wanted: dict[int, tuple[Path, Found | None]] = {}
    for (number, path), one in zip(raw, found, strict=True):
        chosen = Path(one.path) if one is not None else settling.free(path, used_names)
        if number is not None:
            wanted[number] = chosen, one
    settling.planned.update(used_names)
    settled = [settling.settle(prepared, *wanted[number]) for number, prepared in enumerate(outputs)]
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
) -> Iterator[tuple[int | None, Path]]:
    """Yield the index and the name of each output, whatever exists there; also names of what cannot be read: None."""
    if outputs and outputs[0].output.along is not None:
        yield 0, _merged_path(collection, outputs[0], out, write_options)
        return
    groups = {
        id(siblings[0][1].files[0].candidate): siblings
        for _, group in itertools.groupby(enumerate(outputs), key=lambda pair: id(pair[1].files[0]))
        if (siblings := list(group))
    }
    unreadable = {failure.path for failure in collection.failures}
    for candidate in collection.listing.candidates:
        if siblings := groups.pop(id(candidate), []):
            paths = _paths(candidate, [prepared for _, prepared in siblings], out, write_options)
            yield from zip((number for number, _ in siblings), paths, strict=True)
        elif candidate.path in unreadable and write_options.name is None:
            folder = folder_for(candidate, out, write_options.writer)
            if folder is not None:
                base = filenames.stem(candidate.location.name, ())
                yield None, folder / f"{base}{filenames.suffix_for(write_options.writer)}"


def _paths(
    candidate: Candidate,
    siblings: Sequence[PreparedOutput],
    out: str | os.PathLike[str] | None,
    write_options: WriteOptions,
) -> Iterator[Path]:
    """Yield the name of each output of a source file, whatever exists there."""
    opened = siblings[0].files[0].opened
    folder = out
    if out is not None and candidate.below and not filenames.is_file(Path(out), write_options.writer):
        folder = Path(out, candidate.below)
    yield from filenames.targets(
        _home(candidate.location.parent, out) / candidate.location.name,
        folder,
        [prepared.images[0] for prepared in siblings],
        opened.decision.reader.suffixes,
        several=len(opened.images) > 1 and write_options.layout == "files",
        template=write_options.name,
        writer=write_options.writer,
    )


def _merged_path(
    collection: Collection,
    prepared: PreparedOutput,
    out: str | os.PathLike[str] | None,
    write_options: WriteOptions,
) -> Path:
    """Return the name of a merge, whatever exists there."""
    listing, suffixes = collection.listing, prepared.files[0].opened.decision.reader.suffixes
    return filenames.merged_target(
        filenames.stem(listing.title, suffixes) if listing.candidates[0].named else listing.title,
        _home(listing.home, out),
        out,
        str(prepared.output.along),
        prepared.images[0],
        write_options.name,
        write_options.writer,
    )


def folder_for(candidate: Candidate, out: str | os.PathLike[str] | None, writer: str | None) -> Path | None:
    """Return the folder that the outputs of a source file go into; None where `out` names a file."""
    if out is None:
        return _home(candidate.location.parent, out)
    return None if filenames.is_file(Path(out), writer) else Path(out, candidate.below)


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
