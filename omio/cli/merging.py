"""The verbs that plan, merge, and run a plan: what each takes and prints; other modules do the work."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from omio_core.errors import first_few

from . import log, options, show
from .flags import spoken
from .paths import Tally, combined_source, for_each

if TYPE_CHECKING:
    from omio.planning.report import Report

AXES = click.Choice(("T", "Z", "C"), case_sensitive=False)


def print_plan(plan: Any, *, as_json: bool = False) -> None:
    """Print a plan; a plan with problems ends the command with exit code 1."""
    if as_json:
        show.line(plan.to_json())
    else:
        outputs = (replace(output, problem=output.problem and spoken(output.problem)) for output in plan.outputs)
        show.line(str(replace(plan, outputs=tuple(outputs))))
    if plan.problems:
        raise click.exceptions.Exit(1)


@click.command()
@click.argument("paths", nargs=-1, required=True, metavar="PATH...")
@click.option("--along", "merge", type=AXES, help="Plan to merge all images along this axis. Default: a file an image.")
@click.option("-o", "--out", type=click.Path(), help="A folder, or a file whose suffix a writer has.")
@click.option("--name", metavar="TEMPLATE", help="Names of the files, such as {stem}_{image}.")
@click.option("--layout", type=click.Choice(("files", "one-file")), help="A file an image, or one. Default: files.")
@click.option("--image", help="Index or name of the one image wanted of each file, or all.")
@click.option("--json", "as_json", is_flag=True, help="Print the plan as JSON, for omio run.")
@options.selection
@options.merging
@options.output
@options.statements
@log.option
def plan(
    paths: tuple[str, ...],
    merge: str | None,
    out: str | None,
    name: str | None,
    layout: str | None,
    image: str | None,
    as_json: bool,
    selection: dict[str, Any],
    merging: dict[str, Any],
    output: dict[str, Any],
    stated: dict[str, Any],
) -> None:
    """Say what would be written, from what, by whom and why. No pixel is read, nothing is written."""
    import omio

    def do(_: str) -> None:
        plan = omio.plan(
            combined_source(paths, selection), out, merge=merge, image=options.image_choice(image), name=name,
            layout=layout or "files", **output, **merging, **stated,
        )  # fmt: skip
        print_plan(plan, as_json=as_json)

    for_each([paths[0] if len(paths) == 1 else ""], do)


@click.command()
@click.argument("paths", nargs=-1, required=True, metavar="PATH...")
@click.option("--along", "merge", type=AXES, required=True, help="The axis.")
@click.option("-o", "--out", type=click.Path(), help="A file whose suffix a writer has, or a folder. Default: beside.")
@click.option("--name", metavar="TEMPLATE", help="Name of the file, such as {stem}_{SizeT}.")
@click.option("--image", help="Index or name of the one image wanted of each file, or all.")
@click.option("--dry-run", is_flag=True, help="Print the plan, and write nothing.")
@click.option("--quiet", "-q", is_flag=True, help="Print nothing but errors.")
@options.selection
@options.merging
@options.output
@options.statements
@log.option
def merge(
    paths: tuple[str, ...],
    merge: str,
    out: str | None,
    name: str | None,
    image: str | None,
    dry_run: bool,
    quiet: bool,
    selection: dict[str, Any],
    merging: dict[str, Any],
    output: dict[str, Any],
    stated: dict[str, Any],
) -> None:
    """Merge files and folders along T, Z or C into one OME-TIFF or OME-Zarr, whole or not at all."""
    import omio

    source = combined_source(paths, selection)
    keywords = {"merge": merge, "image": options.image_choice(image), "name": name, **output, **merging, **stated}

    def do(_: str) -> None:
        if dry_run:
            print_plan(omio.plan(source, out, **keywords))
            return

        def landed(_: str, target: Path) -> None:
            if not quiet:
                show.line(f"{first_few(paths, 1, last=' ')} -> {target}")

        with show.progress(paths[0], quiet=quiet) as bar:
            omio.convert(source, out, progress=bar, landed=landed, reported=reports.append, **keywords)
        for report in reports:
            tally.add(report, paths[0], quiet=quiet)

    reports: list[Report] = []
    tally = Tally()
    for_each([paths[0] if len(paths) == 1 else ""], do, quiet=quiet, tally=None if dry_run else tally)


@click.command()
@click.argument("path", metavar="PLAN")
@click.option("--quiet", "-q", is_flag=True, help="Print nothing but errors.")
@options.stop
@log.option
def run(path: str, quiet: bool, stop: bool) -> None:
    """Do exactly what a plan of omio plan --json says, or say what has changed since; then nothing is written."""
    from omio.planning.plan import Plan

    def do(path: str) -> None:
        saved = Plan.from_json(Path(path))

        def landed(_: str, target: Path) -> None:
            if not quiet:
                show.line(f"{path} -> {target}")

        with show.progress(path, quiet=quiet) as bar:
            saved.run(progress=bar, landed=landed, reported=reports.append, stop=stop)

    def do_and_report(path: str) -> None:
        try:
            do(path)
        finally:
            for report in reports:
                tally.add(report, path, quiet=quiet)

    reports: list[Report] = []
    tally = Tally()
    for_each([path], do_and_report, quiet=quiet, tally=tally, stop=stop)
