"""The verb that writes the paragraph on methods: what it takes and prints; other modules do the work."""

from __future__ import annotations

import click

from omio.sources.walk import Skipped
from omio_core.errors import OmioError

from . import log, show
from .paths import for_each


@click.command()
@click.argument("paths", nargs=-1, required=True, metavar="OUT...")
@click.option("--recursive/--no-recursive", default=True, help="Look into the folders in a folder. Default: yes.")
@click.option("--all", "every", is_flag=True, help="Name all files, not the first few of many.")
@click.option("--json", "as_json", is_flag=True, help="Print all that the records state as JSON.")
@log.option
def methods(paths: tuple[str, ...], recursive: bool, every: bool, as_json: bool) -> None:
    """Write the paragraph on methods for a paper, from the records in written files alone.

    It names files, readers, versions, merges, policies, what was stated and assumed, and what is unknown. Exit codes: 0
    all went well, 1 a file has no record of OMIO or cannot be read, 2 the command was not understood.
    """
    from omio.records.methods import Methods
    from omio.records.methods import methods as methods_of

    found: list[Methods] = []
    failed: dict[str, Exception] = {}

    def look(path: str) -> None:
        try:
            one = methods_of(path, recursive=recursive)
        except (OmioError, OSError) as error:
            failed[path] = error
            raise
        found.append(one)
        for file, problem in one.failed.items():
            failed[file] = problem
            show.error(file, problem)
        for file in one.without:
            show.warning(f"{file} carries no record of OMIO, and is left out")

    ok = True
    try:
        for_each(paths, look)
    except click.exceptions.Exit:
        ok = False
    skipped: list[Skipped] = [skip for one in found for skip in one.skipped]
    result = Methods(
        images=tuple(image for one in found for image in one.images),
        without=tuple(path for one in found for path in one.without),
        failed=failed,
        skipped=tuple(skipped),
    )
    if as_json:
        show.json(result.to_dict())
    elif result.images:
        show.line(result.text(every=every))
    if not (ok and result.ok):
        raise click.exceptions.Exit(1)
