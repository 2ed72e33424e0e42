"""The paths of a command: what they stand for, and each in its turn; it prints nothing but errors."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import click

from omio.sources.kinds import Folder, FolderStack, SourceLike
from omio_core.errors import OmioError

from . import show


def each(paths: Iterable[str], do: Callable[[str], None], *, hold: type[Warning] | None = None) -> None:
    """Do something for every path; say what fails, go on, and end with 1 if anything did.

    Warnings of the class `hold` are not printed: what they say is in what `do` prints.
    """
    failed = 0
    for path in paths:
        try:
            with show.warnings_as_lines(hold=hold):
                do(path)
        except BrokenPipeError:
            raise  # nobody reads our output any more: no fault of the file
        except (OmioError, OSError) as error:
            failed += 1
            for each_path, each_error in getattr(error, "failed", {path: error}).items():
                show.error(each_path, each_error)
    if failed:
        raise click.exceptions.Exit(1)


def spelled(path: str, file: str) -> str:
    """A file found under a path of the command, as that path is spelled: relative where it is."""
    if os.path.abspath(path) == file:
        return path
    return file if os.path.isabs(path) else os.path.relpath(file)


def source(path: str, looking: Mapping[str, Any]) -> SourceLike:
    """What one path stands for: a file, a folder, or with ``--stack`` its family of folders."""
    more = {name: looking[name] for name in ("recursive", "patterns") if name in looking}
    if looking.get("stack") or "tag" in looking:
        return FolderStack(path, tag=looking.get("tag"), **more)
    return Folder(path, **more) if more and os.path.isdir(path) else path


def together(paths: Sequence[str], looking: Mapping[str, Any]) -> SourceLike:
    """What several paths stand for together, in the order given."""
    return source(paths[0], looking) if len(paths) == 1 else [source(path, looking) for path in paths]
