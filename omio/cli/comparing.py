"""The verb that compares two files: what it takes and prints; the work is done elsewhere."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Literal

import click

from omio_core.errors import AssumedAxesWarning, OmioError

from . import options, show
from .flags import spoken

if TYPE_CHECKING:
    from omio.comparing.values import Difference

MOST = 20
"""Differences of a kind that are printed of an image, unless all are asked for."""


@click.command()
@click.argument("a", metavar="A")
@click.argument("b", metavar="B")
@click.option("--image", help="Index or name of the one image wanted. Default: all, one by one.")
@click.option("--no-pixels", is_flag=True, help="Compare metadata only; no pixel is read.")
@click.option("--all-planes", is_flag=True, help="Count all planes that differ, instead of stopping at the tenth.")
@click.option("--all", "every", is_flag=True, help=f"Print every difference, not {MOST} of a kind.")
@click.option("--json", "as_json", is_flag=True, help="Print the whole comparison as JSON.")
@options.statements
def diff(
    a: str, b: str, image: str | None, no_pixels: bool, all_planes: bool, every: bool, as_json: bool, said: Any
) -> None:
    """Say what B lost, changed or added against A, and whether the pixels are equal.

    Exit codes, as of diff(1): 0 equal, 1 different, 2 a file could not be read or the command was not understood.
    """
    import omio

    if no_pixels and all_planes:
        raise click.UsageError("--no-pixels and --all-planes contradict each other")
    compared: bool | Literal["all"] = "all" if all_planes else not no_pixels
    try:
        with show.warnings_as_lines(hold=None if as_json else AssumedAxesWarning) as held:
            found = omio.diff(a, b, image=options.chosen(image), pixels=compared, **said)
    except BrokenPipeError:
        raise  # nobody reads our output any more: no fault of a file
    except (OmioError, OSError) as error:
        show.error("", error)
        raise click.exceptions.Exit(2) from error
    if as_json:
        show.json(found.to_dict())
    else:
        _told(found, held, None if every else MOST)
    if not found.equal:
        raise click.exceptions.Exit(1)


def _told(found: Difference, held: list[str], most: int | None) -> None:
    """Print what differs; first what was assumed of the axes, where that is not among it."""
    told = [sentence for image in found.images for sentence in image.assumptions]
    for text in held:
        if not any(sentence and sentence in text for sentence in told):
            show.warning(text)
    show.line(replace(found, uncompared=spoken(found.uncompared)).text(most, more="--all shows them"))
