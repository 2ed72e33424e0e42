"""The name that is written: refuses one under which something would be lost; writes nothing and knows no format."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

from omio_core.errors import WriteError, first_few
from omio_core.files.probe import Probe
from omio_core.plugins import dispatch
from omio_core.plugins.descriptions import Match, Writer

from .image import Image

Identity = tuple[int, int] | str
"""What is equal for two paths of one file: device and number of the file, else its path without links."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sources:
    """The files and folders that images are read from, by their identity.

    Parameters
    ----------
    files
        All files, and the folders that are one picture.
    folders
        The folders that are one picture.
    above
        All folders that contain one of the files.
    """

    files: frozenset[Identity] = frozenset()
    folders: Mapping[Identity, str] = field(default_factory=dict)
    above: frozenset[Identity] = frozenset()

    @classmethod
    def of(cls, images: Iterable[Image]) -> Sources:
        """Look at the sources of images; what no longer exists is left out."""
        files: set[Identity] = set()
        folders: dict[Identity, str] = {}
        paths: set[str] = set()
        for image in images:
            paths.update(image.picture.files)
            paths.update(leaf.stored.key.path for leaf in image.picture.leaves if leaf.stored is not None)
        parents: set[str] = set()
        real_folder = lru_cache(None)(os.path.realpath)  # thousands of files lie in a few folders
        for path in paths:
            identity = _identity(path)
            if identity is None:
                continue
            files.add(identity)
            is_link = os.path.islink(path)
            parents.add(os.path.dirname(os.path.realpath(path)) if is_link else real_folder(os.path.dirname(path)))
            if os.path.isdir(path):
                folders[identity] = path
        every = {str(folder) for parent in parents for folder in (Path(parent), *Path(parent).parents)}
        above = frozenset(identity for folder in every if (identity := _identity(folder)) is not None)
        return cls(files=frozenset(files), folders=folders, above=above)


def refuse_target(target: Path, sources: Sources, writer: Writer, *, replace: bool) -> None:
    """Refuse to write over what is being read, or over a folder that is not one picture.

    Parameters
    ----------
    target
        The path to write; for a symbolic link, what it points to.
    sources
        What is being read.
    writer
        The writer.
    replace
        Whether what exists under the name is to be replaced.

    Raises
    ------
    WriteError
        The target is a source, is in a folder that is read as one picture, or contains a source; or it is to be
        replaced by a folder and is a file, or a folder that no reader recognises as one picture.
    """
    if not replace and not sources.folders:
        return  # a new name, and no folder that it could lie in
    real = Path(os.path.realpath(target))
    for folder in real.parents:
        if (inside := sources.folders.get(_identity(folder) or "")) is not None:
            raise WriteError(
                f"{target} cannot be written",
                evidence=f"it would lie in {inside}, which is being read as one picture",
                remedy="write it outside of that folder",
                path=str(target),
            )
    if not replace:
        return
    identity = _identity(real)
    if identity in sources.files:
        raise _source_error(target, "it is one of the inputs")
    if os.path.isdir(real) and identity in sources.above:
        raise _source_error(target, "it is a folder that contains one of the inputs")
    if writer.makes == "folder" and os.path.lexists(real):
        _refuse_foreign(target, real)


def _identity(path: str | os.PathLike[str]) -> Identity | None:
    try:
        status = os.stat(path)
    except (OSError, ValueError):
        return None
    return (status.st_dev, status.st_ino) if status.st_ino else os.path.normcase(os.path.realpath(path))


def _source_error(target: Path, evidence: str) -> WriteError:
    return WriteError(
        f"{target} is being read and cannot be overwritten",
        evidence=evidence,
        remedy="write under another name",
        path=str(target),
    )


def _refuse_foreign(target: Path, real: Path) -> None:
    """Refuse to replace a file by a folder, or a folder that holds something else than one picture."""
    if not real.is_dir():
        evidence = "it is a file, and a folder is to be written"
    else:
        try:
            names = sorted(os.listdir(real))
        except OSError as error:
            raise WriteError(
                f"{target} is kept: it cannot be looked into", evidence=str(error), path=str(target)
            ) from error
        # its name alone is no evidence: anything may lie in a folder of that name
        if not names or any(verdict.match > Match.SUFFIX for verdict in dispatch.verdicts(Probe(real)).values()):
            return
        evidence = f"no reader recognises the folder as one picture; it holds {first_few(names, 5)}"
    raise WriteError(
        f"{target} is kept: only a picture is replaced by a picture",
        evidence=evidence,
        remedy="write under another name, or remove it yourself first",
        path=str(target),
    )
