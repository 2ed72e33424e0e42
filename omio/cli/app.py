"""The verbs: what each takes and prints; other modules do the work."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from omio.sources.kinds import Folder, source_of
from omio_core.errors import AbsentPlanesWarning, AssumedAxesWarning
from omio_core.metadata.namespaces import omio_version
from omio_core.policies import KINDS

from . import batching, caching, checking, comparing, log, merging, methods, napari, options, show, verifying, viewing
from .paths import Tally, display_path, for_each, for_each_file, source

if TYPE_CHECKING:
    from omio.planning.report import Report
    from omio.sources.walk import Skipped
    from omio_core.images.explanation import Explanation


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(omio_version(), prog_name="omio")
def app() -> None:
    """Open Microscopy Image I/O: TZCYX pixels and honest metadata from any microscopy file.

    Exit codes: 0 all went well, 1 a path failed (the others were done), 2 the command was not understood.
    """


VERBS = (
    merging.plan, merging.merge, merging.run, comparing.diff, verifying.verify, methods.methods, caching.cache,
    viewing.preview, napari.view, batching.batch,
)  # fmt: skip

for verb in VERBS:
    app.add_command(verb)


@app.command()
@click.argument("paths", nargs=-1, required=True, metavar="PATH...")
@click.option("--explain", is_flag=True, help="Print every reader's verdict, and where every value comes from.")
@click.option("--recursive", is_flag=True, help="Look into the folders in a folder, too.")
@click.option("--json", "as_json", is_flag=True, help="Print a report with the whole explanation of each file as JSON.")
@options.statements
@log.option
def info(paths: tuple[str, ...], explain: bool, recursive: bool, as_json: bool, stated: dict[str, Any]) -> None:
    """Say what files hold, and the images in folders. No pixel is read."""
    import omio
    from omio.reports import head
    from omio_core.images.explanation import Explanation

    explanations: list[Explanation] = []
    failed: dict[str, Exception] = {}
    left_out: list[Skipped] = []

    def look(path: str) -> None:
        if isinstance(source_of(path), Folder):
            for_each_file(
                path, stated, lambda opened: report(Explanation(source=opened), path),
                recursive=recursive, left_out=left_out.append,
            )  # fmt: skip
        else:
            report(omio.explain(path, **stated), path)

    def report(explanation: Explanation, path: str) -> None:
        if as_json:
            explanations.append(explanation)
        elif explain:
            show.line(str(explanation) + "\n")
        else:
            show.summary(explanation, display_path(path, explanation.source.path))

    shown = (AbsentPlanesWarning,) if as_json else (AbsentPlanesWarning, AssumedAxesWarning)  # by what is printed
    try:
        for_each(paths, look, collect=shown, failed=failed.__setitem__)
    finally:
        if as_json:
            counts = {"files": len(explanations), "failed": len(failed), "left out": len(left_out)}
            common = head("info", ok=not failed, counts=counts, failed=failed, left_out=left_out)
            show.json({**common, "files": [explanation.to_dict() for explanation in explanations]})


@app.command()
@click.argument("paths", nargs=-1, required=True, metavar="PATH...")
@click.option(
    "-o", "--out", type=click.Path(), help="A folder, or a name whose suffix a writer has. Default: beside the source."
)
@click.option("--name", metavar="TEMPLATE", help="Names of the files, such as {stem}_{image}.")
@click.option("--layout", type=click.Choice(("files", "one-file")), help="A file an image, or one. Default: files.")
@click.option("--image", help="Index or name of the one image wanted. Default: all.")
@click.option("--dry-run", is_flag=True, help="Print the plan, and write nothing.")
@click.option("--quiet", "-q", is_flag=True, help="Print nothing but errors.")
@click.option("--json", "as_json", is_flag=True, help="Print a report as JSON, and nothing else.")
@options.stop
@options.selection
@options.output
@options.statements
@log.option
def convert(
    paths: tuple[str, ...],
    out: str | None,
    name: str | None,
    layout: str | None,
    image: str | None,
    dry_run: bool,
    quiet: bool,
    as_json: bool,
    stop: bool,
    selection: dict[str, Any],
    output: dict[str, Any],
    stated: dict[str, Any],
) -> None:
    """Convert files, and folders of files, to OME-TIFF or OME-Zarr, one an image, whole or not at all."""
    import omio
    from omio.planning.filenames import is_file
    from omio.planning.report import Report, sets_of
    from omio.sources.walk import Skipped

    if out is not None and len(paths) > 1 and is_file(Path(out), output.get("writer") or output.get("to")):
        raise click.UsageError(f"{len(paths)} files cannot go into the one file {out}; give a folder")
    keywords = {"image": options.image_choice(image), "name": name, "layout": layout or "files", **output, **stated}

    def do(path: str) -> None:
        if dry_run:
            plan = omio.plan(source(path, selection), out, **keywords)
            sets.update(sets_of(plan.outputs))
            merging.print_plan(plan, (path, out), as_json=as_json)
            return
        with show.progress(Path(path).name, quiet=tally.quiet) as bar:
            omio.convert(
                source(path, selection),
                out,
                progress=bar,
                landed=lambda file, target: tally.landed(display_path(path, file), target),
                reported=lambda report: reports.append((report, path)),
                stop=stop,
                **keywords,
            )

    def do_and_report(path: str) -> None:
        if (whole := sets.get(os.path.realpath(path))) is not None:
            tally.add(Report(left_out=(Skipped(path=path, why=f"of the set of {Path(whole).name}", used=True),)), path)
            return
        try:
            do(path)
        finally:
            while reports:
                report, typed = reports.pop()
                sets.update(report.sets)
                tally.add(report, typed)

    sets: dict[str, str] = {}  # a shell names every file of a set, and one is the whole set

    reports: list[tuple[Report, str]] = []
    tally = Tally("convert", quiet=quiet, as_json=as_json)
    for_each(paths, do_and_report, quiet=tally.quiet, tally=None if dry_run else tally, stop=stop)


@app.command()
@click.argument("path", metavar="FILE")
@click.option("-o", "--out", type=click.Path(), help="A file, or a folder. Default: FILE with the suffix .yaml.")
@click.option("--reader", help="Whose sidecar, where several readers have one for files of that name.")
@options.policy("collision", "A name that is taken.", "raise")
def sidecar(path: str, out: str | None, reader: str | None, collision: str | None) -> None:
    """Write a sidecar to fill in, for a file that does not say what it holds."""
    from omio_core.images.sidecar import write

    def do(path: str) -> None:
        written = write(path, out, reader=reader, collision=collision or "raise")
        show.line(f"{path}: its name is taken, nothing written" if written is None else f"{path} -> {written}")

    for_each([path], do)


@app.group(invoke_without_command=True)
@click.option("--json", "as_json", is_flag=True, help="Print the whole list as JSON.")
@click.pass_context
def plugins(context: click.Context, as_json: bool) -> None:
    """List the plugins: what each offers, or why it is left out."""
    if context.invoked_subcommand is not None:
        return
    from omio_core.plugins.catalogue import catalogue
    from omio_core.plugins.inventory import plugins_dict

    with show.warnings_as_lines(silent=True):  # the table shows what the warnings say
        known = catalogue()
    if as_json:
        show.json(plugins_dict(known))
    else:
        show.plugins(known)


plugins.add_command(checking.check)


@app.command()
@click.argument("kind", required=False, type=click.Choice(KINDS))
@click.option("--json", "as_json", is_flag=True, help="Print the list as JSON.")
def policies(kind: str | None, as_json: bool) -> None:
    """List the policies by kind: names, what each does, the default, and the choice in OMIO_POLICIES."""
    from omio_core.plugins.catalogue import catalogue
    from omio_core.plugins.inventory import policies_dict
    from omio_core.plugins.rules import choose

    with show.warnings_as_lines():
        listed = policies_dict(catalogue(), choose(None, {}))
    listed["kinds"] = [entry for entry in listed["kinds"] if kind in (None, entry["kind"])]
    if as_json:
        show.json(listed)
    else:
        show.policies(listed)


@app.command()
@click.argument("folder", default="omio-demo", type=click.Path())
def demo(folder: str) -> None:
    """Write a small sample experiment, read it, say what was found and why, and convert it."""
    from . import sample

    with show.warnings_as_lines(collect=AssumedAxesWarning):  # the explanation shows what the warnings say
        sample.run(Path(folder), show.line)
