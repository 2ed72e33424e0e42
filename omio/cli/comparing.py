"""The verb that compares two files: what it takes and prints; other modules do the work."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Literal

import click

from omio_core.errors import AssumedAxesWarning, OmioError

from . import log, options, show
from .flags import spoken

if TYPE_CHECKING:
    from omio.comparing.values import Difference

MOST = 20
"""Number of differences of a kind that are printed per image, unless the user wants all."""


@click.command()
@click.argument("a", metavar="A")
@click.argument("b", metavar="B")
@click.option("--image", help="Index or name of the one image wanted. Default: all, one by one.")
@click.option("--no-pixels", is_flag=True, help="Compare metadata only; no pixel is read.")
@click.option("--all-planes", is_flag=True, help="Count all planes that differ, instead of stopping at the tenth.")
@click.option("--all", "every", is_flag=True, help=f"Print every difference, not {MOST} of a kind.")
@click.option("--json", "as_json", is_flag=True, help="Print the whole comparison as JSON.")
@options.statements
@log.option
def diff(
    a: str, b: str, image: str | None, no_pixels: bool, all_planes: bool, every: bool, as_json: bool, stated: Any
) -> None:
    """Say what B lost, changed or added against A, and whether the pixels are equal.

    Exit codes, as of diff(1): 0 equal, 1 different, 2 a file could not be read or the command was not understood.
    """
    import omio

    if no_pixels and all_planes:
        raise click.UsageError("--no-pixels and --all-planes contradict each other")
    compared: bool | Literal["all"] = "all" if all_planes else not no_pixels
    try:
        with show.warnings_as_lines(collect=None if as_json else AssumedAxesWarning) as messages:
            difference = omio.diff(a, b, image=options.image_choice(image), pixels=compared, **stated)
    except BrokenPipeError:
        raise  # nobody reads our output any more; no file is to blame
    except (OmioError, OSError) as error:
        show.error("", error)
        raise click.exceptions.Exit(2) from error
    if as_json:
        show.json(difference.to_dict())
    else:
        _print_difference(difference, messages, None if every else MOST)
    if not difference.equal:
        raise click.exceptions.Exit(1)


def _print_difference(difference: Difference, messages: list[str], most: int | None) -> None:
    """Print the differences; first the warnings about assumed axes that are not among them."""
    assumptions = [sentence for image in difference.images for sentence in image.assumptions]
    for text in messages:
        if not any(sentence and sentence in text for sentence in assumptions):
            show.warning(text)
    show.line(replace(difference, uncompared=spoken(difference.uncompared)).text(most, more="--all shows them"))
