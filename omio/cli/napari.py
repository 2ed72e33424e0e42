"""The verb that shows images in napari: what it takes; other modules do the work."""

from __future__ import annotations

from typing import Any

import click

from . import options
from .merging import AXES
from .paths import combined_source, for_each


@click.command()
@click.argument("paths", nargs=-1, required=True, metavar="PATH...")
@click.option("--along", "merge", type=AXES, help="Show all images as one, merged along this axis.")
@click.option("--image", help="Index or name of the one image wanted of each file. Default: all.")
@options.selection
@options.merging
@options.statements
def view(
    paths: tuple[str, ...],
    merge: str | None,
    image: str | None,
    selection: dict[str, Any],
    merging: dict[str, Any],
    stated: dict[str, Any],
) -> None:
    """Show files, and the images in folders, in napari, until its window is closed.

    Needs the extra napari: pip install 'omio-core[napari]'.
    """
    import omio
    from omio.viewing.napari import run

    chosen = options.image_choice(image) if image is not None else None if merge else "all"

    def do(_: str) -> None:
        omio.open_in_napari(combined_source(paths, selection), image=chosen, merge=merge, **merging, **stated)

    for_each([" ".join(paths)], do)
    run()
