"""The log of a command in a file: all that it prints, and what it keeps quiet about, with the time; it decides nothing.

Lines are appended, so that the runs of many nights are in one file.
"""

from __future__ import annotations

import os
import shlex
import sys
from datetime import UTC, datetime
from typing import TextIO

import click

from omio_core.metadata.namespaces import omio_version

_open: list[TextIO] = []


def write(text: str) -> None:
    """Append a text to the log, if there is one; further lines of the text are indented."""
    for file in _open:
        first, *rest = text.splitlines() or [""]
        time = datetime.now(UTC).isoformat(timespec="seconds")
        file.write("".join(f"{line}\n" for line in (f"{time} {first}", *(f"    {line}" for line in rest))))
        file.flush()


def start(context: click.Context, param: click.Parameter, path: str | None) -> None:
    """Open the log that the user names, and write which command runs; it is closed with the command."""
    if path is None:
        return
    try:
        file = open(os.path.expanduser(path), "a", encoding="utf-8", errors="backslashreplace")  # noqa: SIM115
    except OSError as error:
        raise click.BadParameter(f"{path} cannot be written: {error.strerror or error}", context, param) from error
    _open.append(file)
    context.call_on_close(lambda: _close(file))
    write(f"omio {omio_version()}: omio {shlex.join(sys.argv[1:])}")


def _close(file: TextIO) -> None:
    if file in _open:
        write("end")
        _open.remove(file)
        file.close()


option = click.option(
    "--log", type=click.Path(dir_okay=False), metavar="FILE", expose_value=False, callback=start,
    help="Append all messages to a file, with the time, also those that -q does not print.",
)  # fmt: skip
"""The option of the verbs that read or write files."""
