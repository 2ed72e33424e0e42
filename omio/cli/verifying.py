"""The verb that verifies files: what it takes and prints; other modules do the work."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import click

from omio_core.files.local import locate

from . import log, options, show
from .paths import display_path, for_each

if TYPE_CHECKING:
    from omio.comparing.verification import FileVerification
    from omio.sources.walk import Skipped


@click.command()
@click.argument("paths", nargs=-1, required=True, metavar="PATH...")
@click.option("--against", metavar="SOURCE", help="A source file, or a folder of them: read again, and compared.")
@click.option("--recursive/--no-recursive", default=True, help="Look into the folders in a folder. Default: yes.")
@click.option("--json", "as_json", is_flag=True, help="Print the whole result as JSON.")
@click.option("--quiet", "-q", is_flag=True, help="Print only files that are not proved, and errors.")
@options.statements
@log.option
def verify(
    paths: tuple[str, ...], against: str | None, recursive: bool, as_json: bool, quiet: bool, stated: dict[str, Any]
) -> None:
    """Read every plane of every level, and hold it against the digests that the file states.

    A file without digests can be read, and is UNPROVED. Exit codes: 0 every file is proved, 1 at least one is not, 2
    the command was not understood.
    """
    from omio.comparing.verification import Verification
    from omio.comparing.verify import verify_path
    from omio.records.origins import Sources

    request = options.request(stated)
    sources: list[Sources] = []
    for_each([] if against is None else [against], lambda path: sources.append(Sources.open(path, request)))
    files: list[FileVerification] = []
    skipped: list[Skipped] = []

    def do(path: str) -> None:
        if not locate(path).exists:
            raise FileNotFoundError("there is no such file or folder")
        with show.progress(os.path.basename(path), quiet=quiet or as_json) as bar:
            held = sources[0] if sources else None
            for file in verify_path(path, request, held, recursive=recursive, skipped=skipped, progress=bar):
                files.append(file)
                if not as_json and not (quiet and file.verdict == "ok"):
                    show.line(file.text(display_path(path, file.path)))

    failed = False
    try:
        for_each(paths, do, quiet=quiet or as_json)
    except click.exceptions.Exit:
        failed = True
    verification = Verification(files=tuple(files), skipped=tuple(skipped))
    if as_json:
        show.json(verification.to_dict())
    elif not quiet:
        show.line(verification.summary())
    if failed or not verification.ok:
        raise click.exceptions.Exit(1)
