"""Sidecar templates: finds the reader that has one for a file, and writes it beside the file; knows no format.

A reader of files that do not describe their own content has a ``template``: the text of a commented file to fill in.
"""

from __future__ import annotations

import os
from pathlib import Path

from omio_core.errors import (
    AmbiguousReaderError,
    NoReaderError,
    OmioError,
    PluginContractError,
    ReadError,
    WriteError,
    missing_package,
)
from omio_core.files import atomic
from omio_core.files.local import locate
from omio_core.files.location import Location
from omio_core.files.probe import Probe
from omio_core.images import collisions
from omio_core.lazy import load
from omio_core.plugins.border import Border
from omio_core.plugins.catalogue import catalogue
from omio_core.plugins.descriptions import Reader
from omio_core.settings import current_settings
from omio_core.wording import advise, either

__all__ = ["template", "write"]

SUFFIX = ".yaml"


def template(path: str | os.PathLike[str] | Location, *, reader: str | None = None) -> str:
    """Return the text of a sidecar template to fill in.

    Parameters
    ----------
    path
        The file that the sidecar describes.
    reader
        The reader to ask; needed only if several readers have a template for such a file.

    Raises
    ------
    FileNotFoundError
        Nothing exists at the path.
    NoReaderError
        No reader has a template for files of that name.
    AmbiguousReaderError
        Several readers have a template for files of that name, and none is chosen.
    OmioError
        The reader refuses the file.
    """
    probe = Probe(path)
    chosen = _reader(probe, reader)
    with Border(f"the reader {chosen.name} cannot write a template for {probe.path}", remedy="tell its author"):
        try:
            text = load(chosen.template or "")(probe.location)
        except ImportError as error:
            if isinstance(error, OmioError):
                raise
            raise missing_package(error, f"reader {chosen.name}", chosen.extra, install=chosen.install) from error
    if not isinstance(text, str):
        raise PluginContractError(
            f"the reader {chosen.name} gave no text as a template", evidence=f"it gave {type(text).__name__}"
        )
    return text


def _reader(probe: Probe, name: str | None) -> Reader:
    known = catalogue()
    with_template = [reader for reader in known.readers if reader.template]
    if name is not None:
        candidates = [reader for reader in with_template if reader.name == name]
    else:
        candidates = [
            reader for reader in with_template if not probe.is_folder and probe.name.lower().endswith(reader.suffixes)
        ]
    if not candidates:
        suffixes = "; ".join(f"{reader.name}: {', '.join(reader.suffixes)}" for reader in with_template)
        raise NoReaderError(
            f"no reader has a sidecar for {probe.path}" if name is None else f"the reader {name} has no sidecar",
            evidence=f"readers with sidecars: {suffixes or 'none'}",
            remedy="a file of another format says itself what it holds: `omio info` shows it",
            path=probe.path,
        )
    preferred = [
        reader for preferred_name in current_settings().prefer for reader in candidates if reader.name == preferred_name
    ]
    if len(candidates) > 1 and not preferred:
        raise AmbiguousReaderError(
            f"{len(candidates)} readers have a sidecar for {probe.path}",
            evidence=", ".join(reader.name for reader in candidates),
            remedy=either(
                advise("choose with {reader!r}", reader=candidates[0].name), f"set OMIO_PREFER={candidates[0].name}"
            ),
            path=probe.path,
            readers=tuple(reader.name for reader in candidates),
        )
    return (preferred or candidates)[0]


def write(
    path: str | os.PathLike[str] | Location,
    out: str | os.PathLike[str] | None = None,
    *,
    reader: str | None = None,
    collision: str = "raise",
) -> Path | None:
    """Write a sidecar template, completely or not at all.

    Parameters
    ----------
    path, reader
        See `template`.
    out
        A file to write, or an existing folder; if None, ``<stem>.yaml`` beside `path`, which is then a local file.
    collision
        Name of the policy for a target that exists already.

    Returns
    -------
    pathlib.Path or None
        The written file; None if the target exists and the policy skips it.

    Raises
    ------
    WriteError
        The target exists already, or the file cannot be written.
    """
    text = template(path, reader=reader)
    source = locate(path)
    name = os.path.splitext(source.name)[0] + SUFFIX
    target = Path(path).with_name(name) if out is None else Path(out)
    if target.is_dir():
        target /= name

    def put(candidate: Path, replace: bool) -> None:
        if replace and _is_same(candidate, source):
            raise WriteError(f"{candidate} is the file that the sidecar describes", remedy="write under another name")
        atomic.land(candidate, lambda temporary: _write_text(temporary, text), replace=replace)

    return collisions.under(target, collision, put)


def _is_same(candidate: Path, source: Location) -> bool:
    """Whether a file to be written is the file that it describes, also where a system ignores case."""
    try:
        return candidate.samefile(source.local_path())
    except ReadError:  # it is not a local file
        return False


def _write_text(path: str, text: str) -> None:
    with open(path, "w", encoding="utf-8", errors="backslashreplace", newline="\n") as file:
        file.write(text)
