"""The verb that compares two files: what it takes and prints; the work is done elsewhere."""

from __future__ import annotations

from typing import Any

import click

from omio_core.errors import OmioError

from . import options, show


@click.command()
@click.argument("a", metavar="A")
@click.argument("b", metavar="B")
@click.option("--image", help="Index or name of the one image wanted. Default: all, one by one.")
@click.option("--no-pixels", is_flag=True, help="Compare metadata only; no pixel is read.")
@click.option("--all-planes", is_flag=True, help="Count all planes that differ, instead of stopping at the tenth.")
@click.option("--json", "as_json", is_flag=True, help="Print the whole comparison as JSON.")
@options.statements
def diff(a: str, b: str, image: str | None, no_pixels: bool, all_planes: bool, as_json: bool, said: Any) -> None:
    """Say what B lost, changed or added against A, and whether the pixels are equal.

    Exit codes, as of diff(1): 0 equal, 1 different, 2 a file could not be read or the command was not understood.
    """
    import omio

    if no_pixels and all_planes:
        raise click.UsageError("--no-pixels and --all-planes contradict each other")
    chosen = int(image) if image is not None and image.isdecimal() else image
    try:
        with show.warnings_as_lines():
            found = omio.diff(a, b, image=chosen, pixels="all" if all_planes else not no_pixels, **said)
    except BrokenPipeError:
        raise  # nobody reads our output any more: no fault of a file
    except (OmioError, OSError) as error:
        show.error("", error)
        raise click.exceptions.Exit(2) from error
    if as_json:
        show.json(found.to_dict())
    else:
        show.line(str(found))
    if not found.equal:
        raise click.exceptions.Exit(1)
