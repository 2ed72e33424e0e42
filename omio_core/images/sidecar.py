"""Templates of sidecars: which reader has one for a file, and how it comes to lie beside it; it knows no format.

A reader whose files do not say what they hold brings a ``template``: the text of a commented file to fill in.
"""

from __future__ import annotations

import os
from pathlib import Path

from omio_core.errors import (
    AmbiguousReaderError,
    NoReaderError,
    OmioError,
    PluginContractError,
    WriteError,
    border,
    missing_package,
)
from omio_core.files import atomic
from omio_core.files.probe import Probe
from omio_core.images import writing
from omio_core.lazy import load
from omio_core.plugins.catalogue import catalogue
from omio_core.plugins.descriptions import Reader
from omio_core.settings import current
from omio_core.wording import advise, either

__all__ = ["template", "write"]

SUFFIX = ".yaml"


def template(path: str | os.PathLike[str], *, reader: str | None = None) -> str:
    """The text of a sidecar to fill in.

    Parameters
    ----------
    path
        What it is to describe.
    reader
        Whose sidecar; needed only where several readers have one for files of that name.

    Raises
    ------
    FileNotFoundError
        There is nothing of that name.
    NoReaderError, AmbiguousReaderError
        No reader has a template for files of that name, or several have.
    OmioError
        The reader refuses the file.
    """
    probe = Probe(path)
    chosen = _reader(probe, reader)
    with border(f"the reader {chosen.name} cannot write a template for {probe.path}", remedy="tell its author"):
        try:
            text = load(chosen.template or "")(probe.path)
        except ImportError as error:
            if isinstance(error, OmioError):
                raise
            raise missing_package(error, f"reader {chosen.name}", chosen.extra) from error
    if not isinstance(text, str):
        raise PluginContractError(
            f"the reader {chosen.name} gave no text as a template", evidence=f"it gave {type(text).__name__}"
        )
    return text


def _reader(probe: Probe, name: str | None) -> Reader:
    known = catalogue()
    able = [one for one in known.readers if one.template]
    if name is not None:
        fitting = [one for one in able if one.name == name]
    else:
        fitting = [one for one in able if not probe.is_dir and probe.name.lower().endswith(one.suffixes)]
    if not fitting:
        has = "; ".join(f"{one.name}: {', '.join(one.suffixes)}" for one in able)
        raise NoReaderError(
            f"no reader has a sidecar for {probe.path}" if name is None else f"the reader {name} has no sidecar",
            evidence=f"readers with sidecars: {has or 'none'}",
            remedy="a file of another format says itself what it holds: `omio info` shows it",
            path=probe.path,
        )
    preferred = [one for wanted in current().prefer for one in fitting if one.name == wanted]
    if len(fitting) > 1 and not preferred:
        raise AmbiguousReaderError(
            f"{len(fitting)} readers have a sidecar for {probe.path}",
            evidence=", ".join(one.name for one in fitting),
            remedy=either(
                advise("choose with {reader!r}", reader=fitting[0].name), f"set OMIO_PREFER={fitting[0].name}"
            ),
            path=probe.path,
            readers=tuple(one.name for one in fitting),
        )
    return (preferred or fitting)[0]


def write(
    path: str | os.PathLike[str],
    out: str | os.PathLike[str] | None = None,
    *,
    reader: str | None = None,
    collision: str = "raise",
) -> Path | None:
    """Write the template of a sidecar, whole or not at all.

    Parameters
    ----------
    path, reader
        See `template`.
    out
        A file, or a folder that exists; ``<stem>.yaml`` beside `path` where None.
    collision
        Policy for a name that is taken.

    Returns
    -------
    pathlib.Path or None
        The file written; None where the policy skips a name that is taken.

    Raises
    ------
    WriteError
        The name is taken, or the file cannot be written.
    """
    text = template(path, reader=reader)
    source = Path(path)
    target = source.with_suffix(SUFFIX) if out is None else Path(out)
    if target.is_dir():
        target /= source.with_suffix(SUFFIX).name

    def put(candidate: Path, replace: bool) -> None:
        if replace and candidate.samefile(source):
            raise WriteError(f"{candidate} is the file that the sidecar describes", remedy="write under another name")
        atomic.land(candidate, lambda temporary: _put(temporary, text), replace=replace)

    return writing.under(target, collision, put)


def _put(path: str, text: str) -> None:
    with open(path, "w", encoding="utf-8", errors="backslashreplace", newline="\n") as file:
        file.write(text)
