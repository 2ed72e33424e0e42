"""The verbs that plan, merge, and run a plan: what each takes and prints; other modules do the work."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from omio_core.errors import first_few

from . import log, options, show
from .flags import spoken
from .paths import Tally, as_typed, combined_source, for_each

if TYPE_CHECKING:
    from omio.planning.report import Report


class Axis(click.Choice[str]):
    """T, Z or C, also in small letters; help and errors say the capital ones, which click itself makes small."""

    def __init__(self) -> None:
        super().__init__(("T", "Z", "C"))

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Return the axis as a capital letter."""
        return super().convert(value.upper(), param, ctx)


AXES = Axis()


MOST = 5
"""How many outputs of many, and inputs of an output, are printed, unless the user wants all."""


def print_plan(plan: Any, paths: Sequence[str | None], *, as_json: bool = False, every: bool | None = None) -> None:
    """Print a plan, its paths as in `paths`; a plan with problems ends the command with exit code 1.

    `every`: whether the user wants all outputs; None where the command has no option for that.
    """
    if as_json:
        show.json(_report(plan))
    else:
        from omio.planning.text import text

        outputs = (replace(output, problem=output.problem and spoken(output.problem)) for output in plan.outputs)
        failed = (replace(one, problem=spoken(one.problem)) for one in plan.failed)
        shown = replace(plan, outputs=tuple(outputs), failed=tuple(failed))
        named = as_typed([path for path in paths if path])
        more = "omio plan --all shows them" if every is None else "--all shows them"
        show.line(text(shown, most=None if every else MOST, named=named, more=more))
    if plan.problems:
        raise click.exceptions.Exit(1)


def _report(plan: Any) -> dict[str, Any]:
    """Return a plan with the keys of every report, which `omio run` reads as it reads a plan."""
    from omio.reports import head

    failed = [_failure(one.path, one.problem) | {"problem": one.problem} for one in plan.failed]
    failed += [_failure(one.inputs[0].path, one.problem) for one in plan.outputs if one.problem is not None]
    counts = {"outputs": len(plan.outputs), "failed": len(failed), "left out": len(plan.skipped)}
    common = head("plan", ok=not plan.problems, counts=counts, failed=failed, left_out=plan.skipped)
    return {**common, **plan.to_dict(), "failed": common["failed"]}


def _failure(path: str, problem: str) -> dict[str, Any]:
    return {"path": path, "error": None, "what": str(problem), "evidence": None, "remedy": None}


@click.command()
@click.argument("paths", nargs=-1, required=True, metavar="PATH...")
@click.option("--along", "merge", type=AXES, help="Plan to merge all images along this axis. Default: a file an image.")
@click.option("-o", "--out", type=click.Path(), help="A folder, or a file whose suffix a writer has.")
@click.option("--name", metavar="TEMPLATE", help="Names of the files, such as {stem}_{image}.")
@click.option("--layout", type=click.Choice(("files", "one-file")), help="A file an image, or one. Default: files.")
@click.option("--image", help="Index or name of the one image wanted of each file, or all.")
@click.option("--all", "every", is_flag=True, help=f"Print every output and input, not {MOST} of many.")
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
    every: bool,
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
        print_plan(plan, (*paths, out), as_json=as_json, every=every)

    for_each([paths[0] if len(paths) == 1 else ""], do)


@click.command()
@click.argument("paths", nargs=-1, required=True, metavar="PATH...")
@click.option("--along", "merge", type=AXES, required=True, help="The axis.")
@click.option("-o", "--out", type=click.Path(), help="A file whose suffix a writer has, or a folder. Default: beside.")
@click.option("--name", metavar="TEMPLATE", help="Name of the file, such as {stem}_{SizeT}.")
@click.option("--image", help="Index or name of the one image wanted of each file, or all.")
@click.option("--dry-run", is_flag=True, help="Print the plan, and write nothing.")
@click.option("--quiet", "-q", is_flag=True, help="Print nothing but errors.")
@click.option("--json", "as_json", is_flag=True, help="Print a report as JSON, and nothing else.")
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
    as_json: bool,
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
            print_plan(omio.plan(source, out, **keywords), (*paths, out), as_json=as_json)
            return

        def landed(_: str, target: Path) -> None:
            tally.landed(first_few(paths, 1, last=" "), target)

        with show.progress(paths[0], quiet=tally.quiet) as bar:
            omio.convert(source, out, progress=bar, landed=landed, reported=reports.append, **keywords)
        for report in reports:
            tally.add(report, paths[0])

    reports: list[Report] = []
    tally = Tally("merge", quiet=quiet, as_json=as_json)
    for_each([paths[0] if len(paths) == 1 else ""], do, quiet=tally.quiet, tally=None if dry_run else tally)


@click.command()
@click.argument("path", metavar="PLAN")
@click.option("--quiet", "-q", is_flag=True, help="Print nothing but errors.")
@click.option("--json", "as_json", is_flag=True, help="Print a report as JSON, and nothing else.")
@options.stop
@log.option
def run(path: str, quiet: bool, as_json: bool, stop: bool) -> None:
    """Do exactly what a plan of omio plan --json says, or say what has changed since; then nothing is written."""
    from omio.planning.plan import Plan

    def do(path: str) -> None:
        saved = Plan.from_json(Path(path))
        with show.progress(path, quiet=tally.quiet) as bar:
            saved.run(
                progress=bar, landed=lambda _, target: tally.landed(path, target), reported=reports.append, stop=stop
            )

    def do_and_report(path: str) -> None:
        try:
            do(path)
        finally:
            for report in reports:
                tally.add(report, path)

    reports: list[Report] = []
    tally = Tally("run", quiet=quiet, as_json=as_json)
    for_each([path], do_and_report, quiet=tally.quiet, tally=tally, stop=stop)
