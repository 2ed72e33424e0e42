"""Which writer a call means by ``to=``, ``writer=`` and the name of the output; it opens nothing and writes nothing."""

from __future__ import annotations

import os
from pathlib import Path

from omio_core.errors import NoWriterError, OmioError, WriteError
from omio_core.plugins.catalogue import catalogue
from omio_core.plugins.descriptions import Writer
from omio_core.plugins.dispatch import writer_named
from omio_core.wording import Aside, advise, either, worded

from . import filenames

FILES, MEMORY = "files", "memory"
"""What a plan is for besides a format: whatever files the names mean, or images in memory."""


def choose(to: str | None, writer: str | None, out: str | os.PathLike[str] | None) -> str | None:
    """Return the name of the writer that the keywords of a call mean; None where the name of each file decides.

    Parameters
    ----------
    to
        A format, by the name of its writer. Names of files must end in a suffix of that writer.
    writer
        The name of a writer, whatever the name of the file is.
    out
        A file, a folder, or None.

    Raises
    ------
    NoWriterError
        There is no such writer.
    WriteError
        The keywords contradict each other.
    """
    named = None if writer is None else writer_named(writer)
    if to is None:
        return None if named is None else named.name
    wanted = writer_named(to)
    if named is not None and named.name != wanted.name:
        raise WriteError(
            worded("{to} and {writer} contradict each other", to=to, writer=writer),
            evidence=f"they are two writers, {wanted.name} and {named.name}",
            remedy=either(advise("leave out {to}", to=None), advise("leave out {writer}", writer=None)),
        )
    if out is not None and named is None:
        _refuse_name(Path(out), wanted, to)
    return wanted.name


def choose_for_plan(
    to: str | None, writer: str | None, out: str | os.PathLike[str] | None
) -> tuple[str | None, str | None]:
    """Return what a plan is for, `FILES` or `MEMORY`, and the writer as `choose` does.

    Raises
    ------
    NoWriterError, WriteError
        As for `choose`.
    OmioError
        There is no such plan; or a writer is named for images in memory.
    """
    if to == MEMORY and writer is not None:
        raise OmioError(
            worded("{to} and {writer} contradict each other", to=to, writer=writer),
            evidence="what is read into memory is not written",
            remedy=either(advise("leave out {writer}", writer=None), advise("plan files: {to}", to=FILES)),
        )
    if to in (None, FILES, MEMORY):
        return to or FILES, choose(None, writer, out)
    try:
        return FILES, choose(to, writer, out)
    except NoWriterError as error:
        if error.facts.get("writer") != to:
            raise
        names = [f'"{name}"' for name in (FILES, MEMORY, *(known.name for known in catalogue().writers))]
        raise OmioError(
            f"there is no plan to {to!r}", evidence=error.evidence, remedy=f"choose one of {', '.join(names)}"
        ) from error


def _refuse_name(out: Path, wanted: Writer, to: str) -> None:
    """Refuse the name of a file that says another format than the caller does.

    Raises
    ------
    WriteError
        The name has the suffix of another format.
    """
    if not filenames.is_file(out, wanted.name) or out.name.lower().endswith(wanted.suffixes):
        return
    others = [known.name for known in catalogue().writers if out.name.lower().endswith(known.suffixes)]
    raise WriteError(
        worded("{} and {to} contradict each other", out, to=to),
        evidence=f"what the writer {wanted.name} writes is named {' or '.join(f'*{s}' for s in wanted.suffixes)}",
        remedy=either(
            *(f"end the name in {suffix}" for suffix in wanted.suffixes[:1]),
            *(advise("leave out {to}", to=None) for _ in others[:1]),
            advise("write it under that name: {writer}{}", Aside(f" instead of to={to!r}"), writer=wanted.name),
        ),
        path=os.fspath(out),
    )
