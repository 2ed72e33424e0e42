"""The verb that draws contact sheets: what it takes and prints; other modules do the work."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, Literal

import click

from omio.sources.kinds import Folder, source_of
from omio_core.errors import OmioError

from . import options, show
from .paths import for_each, for_each_file

if TYPE_CHECKING:
    from pathlib import Path

    from omio.viewing.preview import Sheet
    from omio_core.images.opening import OpenedSource


@click.command()
@click.argument("paths", nargs=-1, required=True, metavar="PATH...")
@click.option(
    "-o",
    "--out",
    type=click.Path(),
    default="preview.png",
    show_default=True,
    help="The sheet: .png, .jpg, .webp, .pdf, ...",
)
@click.option(
    "--z", type=click.Choice(("middle", "max")), default="middle", show_default=True, help="Plane, or maximum."
)
@click.option(
    "--size", type=click.IntRange(64, 2048), default=256, show_default=True, help="Edge of a panel in pixels."
)
@click.option("--image", help="Index or name of the one image wanted of each file. Default: all.")
@click.option("--quiet", "-q", is_flag=True, help="Print nothing but errors.")
@options.policy("absent_planes", "Planes that are not in the file.")
@options.policy("collision", "A name that is taken.", "raise")
@options.statements
def preview(
    paths: tuple[str, ...],
    out: str,
    z: Literal["middle", "max"],
    size: int,
    image: str | None,
    quiet: bool,
    absent_planes: str | None,
    collision: str | None,
    stated: dict[str, Any],
) -> None:
    """Draw files, and the images in folders, on one sheet: channels in their colours, times, a scale bar.

    Few pixels are read, however large the files are.
    """  # fmt: skip
    from omio.viewing.preview import Sheet, save

    if absent_planes is not None:
        stated = {**stated, "absent_planes": absent_planes}
    sheet = Sheet(z=z, size=size)
    chosen = options.image_choice(image)
    failed: list[click.exceptions.Exit] = []

    def fill() -> Sheet:
        try:
            for_each(paths, lambda path: _add(sheet, path, stated, "all" if chosen is None else chosen), quiet=quiet)
        except click.exceptions.Exit as code:
            failed.append(code)  # the errors are printed; the sheet shows the others
            if not sheet.count:
                raise
        return sheet

    try:
        written = save(out, fill, collision=collision or "raise")
    except (OmioError, OSError) as error:  # of the sheet
        show.error(out, error)
        raise click.exceptions.Exit(1) from error
    if not quiet:
        show.line(f"{out}: its name is taken, nothing written" if written is None else _summary(sheet, written))
    if failed:
        raise failed[0]


def _add(sheet: Sheet, path: str, stated: dict[str, Any], chosen: int | str) -> None:
    import omio

    if isinstance(source_of(path), Folder):
        for_each_file(path, stated, lambda opened: _draw(sheet, opened, chosen))
    else:
        _draw(sheet, omio.explain(path, **stated).source, chosen)


def _draw(sheet: Sheet, opened: OpenedSource, chosen: int | str) -> None:
    """Draw the chosen images of a file under its name, and under theirs if there are several."""
    file = os.path.basename(opened.path.rstrip("/\\")) or opened.path
    several = len(opened.images) > 1
    try:
        for image in opened.pick(chosen):
            name = image.name or str(opened.images.index(image))
            sheet.add(image, f"{file}: {name}" if several else file)
    finally:
        opened.images[0].close()  # all images share one file


def _summary(sheet: Sheet, written: Path) -> str:
    images = f"{sheet.count} image{'s' if sheet.count != 1 else ''}"
    return f"{written}: {images}" + (f", no room for {sheet.dropped} more" if sheet.dropped else "")
