"""The verbs: what each takes and prints; the work is done elsewhere."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import wraps
from pathlib import Path
from typing import Any

import click

from omio_core.errors import OmioError
from omio_core.provenance import omio_version

from . import show

_STATED = ("reader", "axes", "pixel_size", "time_increment", "channel_names")
_CHOICES = {
    "missing": ("unknown", "raise"),
    "absent_planes": ("warn", "raise"),
    "collision": ("number", "raise", "overwrite", "skip"),
}


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(omio_version(), prog_name="omio")
def app() -> None:
    """Open Microscopy Image I/O: TZCYX pixels and honest metadata from any microscopy file.

    Exit codes: 0 all went well, 1 a path failed (the others were done), 2 the command was not understood.
    """


def _each(paths: Iterable[str], do: Callable[[str], None]) -> None:
    """Do something for every path; say what fails, go on, and end with 1 if anything did."""
    failed = 0
    for path in paths:
        try:
            with show.warnings_as_lines():
                do(path)
        except BrokenPipeError:
            raise  # nobody reads our output any more: no fault of the file
        except (OmioError, OSError) as error:
            failed += 1
            show.error(path, error)
    if failed:
        raise click.exceptions.Exit(1)


def _numbers(ctx: click.Context, param: click.Parameter, value: str | None) -> float | tuple[float, ...] | None:
    """Numbers with commas between: one, two or three."""
    if value is None:
        return None
    try:
        numbers = tuple(float(part) for part in value.split(","))
    except ValueError:
        raise click.BadParameter(f"{value!r} is no list of numbers such as 0.25,0.25,1.5", ctx, param) from None
    return numbers[0] if len(numbers) == 1 else numbers


def _names(ctx: click.Context, param: click.Parameter, value: str | None) -> list[str] | None:
    return None if value is None else [name.strip() for name in value.split(",")]


def _statements(verb: Callable[..., None]) -> Callable[..., None]:
    """The options by which a caller says what the file does not; they reach the verb as one mapping `said`."""

    @wraps(verb)
    def gathered(**given: Any) -> None:
        verb(said={name: given.pop(name) for name in _STATED}, **given)

    for option in (
        click.option("--channel-names", callback=_names, metavar="A,B", help="Names of the channels."),
        click.option("--time-increment", type=float, metavar="SECONDS", help="Time between time points."),
        click.option(
            "--pixel-size", callback=_numbers, metavar="X[,Y[,Z]]", help="In micrometres; one number: X and Y."
        ),
        click.option("--axes", metavar="LETTERS", help="Your names for the file's axes, such as ZYX."),
        click.option("--reader", help="Use this reader, whatever the file looks like."),
    ):
        gathered = option(gathered)
    return gathered


@app.command()
@click.argument("paths", nargs=-1, required=True, metavar="PATH...")
@click.option("--explain", is_flag=True, help="Print every reader's verdict, and where every value comes from.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON array with the whole explanation of each path.")
@_statements
def info(paths: tuple[str, ...], explain: bool, as_json: bool, said: dict[str, Any]) -> None:
    """Say what files hold. No pixel is read."""
    import omio

    found = []

    def look(path: str) -> None:
        explanation = omio.explain(path, **said)
        if as_json:
            found.append(explanation.to_dict())
        elif explain:
            show.line(str(explanation) + "\n")
        else:
            show.summary(explanation)

    try:
        _each(paths, look)
    finally:
        if as_json:
            show.json(found)


@app.command()
@click.argument("paths", nargs=-1, required=True, metavar="PATH...")
@click.option(
    "-o", "--out", type=click.Path(), help="A folder, or a file ending in .ome.tif. Default: beside the source."
)
@click.option("--level", type=click.IntRange(0, 9), default=3, show_default=True, help="Compression; 0 is none.")
@click.option(
    "--tile", type=click.IntRange(16), help="Edge of square tiles in pixels, a multiple of 16. Default: strips."
)
@click.option("--image", help="Index or name of the one image wanted. Default: all.")
@click.option("--workers", type=click.IntRange(1), help="Threads. Default: all cores.")
@click.option("--missing", type=click.Choice(_CHOICES["missing"]), default="unknown", show_default=True)
@click.option("--absent-planes", type=click.Choice(_CHOICES["absent_planes"]), default="warn", show_default=True)
@click.option("--collision", type=click.Choice(_CHOICES["collision"]), default="number", show_default=True)
@click.option("--quiet", "-q", is_flag=True, help="Print nothing but errors.")
@_statements
def convert(
    paths: tuple[str, ...],
    out: str | None,
    level: int,
    tile: int | None,
    image: str | None,
    workers: int | None,
    missing: str,
    absent_planes: str,
    collision: str,
    quiet: bool,
    said: dict[str, Any],
) -> None:
    """Convert files to OME-TIFF, one file an image, whole or not at all."""
    import omio

    if out is not None and len(paths) > 1 and out.lower().endswith((".ome.tif", ".ome.tiff", ".ome.btf")):
        raise click.UsageError(f"{len(paths)} files cannot go into the one file {out}; give a folder")
    chosen: int | str = "all" if image is None else int(image) if image.isdecimal() else image

    def do(path: str) -> None:
        with show.progress(Path(path).name, quiet=quiet) as bar:
            written = omio.convert_to_ometiff(
                path,
                out,
                image=chosen,
                compression_level=level,
                tile=tile,
                workers=workers,
                progress=bar,
                missing=missing,
                absent_planes=absent_planes,
                collision=collision,
                **said,
            )
        if not quiet:
            for one in written:
                show.line(f"{path} -> {one}")
            if not written:
                show.line(f"{path}: its name is taken, nothing written")

    _each(paths, do)


@app.command()
def plugins() -> None:
    """List the plugins: what each offers, or why it is left out."""
    from omio_core.plugins import catalogue

    with show.warnings_as_lines(silent=True):  # the table says it
        known = catalogue()
    show.plugins(known)


@app.command()
@click.argument("folder", default="omio-demo", type=click.Path())
def demo(folder: str) -> None:
    """Write a small sample experiment, read it, say what was found and why, and convert it."""
    from . import sample

    with show.warnings_as_lines():
        sample.run(Path(folder), show.line)
