"""The verb that converts whole projects: what it takes and prints; other modules do the work."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from typing import TYPE_CHECKING, Any

import click

from omio_core.wording import message

from . import log, options, show
from .flags import spoken
from .merging import AXES
from .paths import display_path, for_each

if TYPE_CHECKING:
    from omio.batching.run import Batch
    from omio.batching.values import BatchReport, JobReport

_WORDS = {"written": "written", "current": "up to date", "waiting": "to do", "failed": "FAILED"}

_rules = options.group(
    "rules",
    ("subjects", "experiments", "levels", "tags", "subject_ids", "patterns", "exclude"),
    (
        click.option("--sub", "subjects", metavar="RULE", help="Folders that are subjects. Default: prefix:sub-."),
        click.option("--exp", "experiments", metavar="RULE", help="Folders in them that are experiments."),
        click.option(
            "--level", "levels", multiple=True, callback=options.none_if_empty, metavar="RULE",
            help="A further level of folders below the experiments. Can be repeated, from the top.",
        ),
        click.option("--tagfolder", "tags", metavar="RULE", help="Folders in an experiment that hold parts of it."),
        click.option(
            "--subject", "subject_ids", multiple=True, callback=options.none_if_empty, metavar="NAME",
            help="Only this subject. Can be repeated.",
        ),
        click.option(
            "--pattern", "patterns", multiple=True, callback=options.none_if_empty, metavar="PATTERN",
            help="Only files named so, such as 'image*'. Can be repeated.",
        ),
        click.option(
            "--exclude", multiple=True, callback=options.none_if_empty, metavar="RULE",
            help="Leave out folders and files. Can be repeated.",
        ),
    ),
)  # fmt: skip


@click.command()
@click.argument("roots", nargs=-1, required=True, metavar="ROOT...")
@_rules
@click.option("--merge-tagfolders", is_flag=True, help="Merge the tag folders of an experiment into one image.")
@click.option("--merge-files", is_flag=True, help="Merge the files of a folder into one image.")
@click.option("--along", type=AXES, default="T", show_default=True, help="The axis to merge along.")
@click.option("-o", "--out", type=click.Path(), help="A folder for the outputs. Default: omio_converted in ROOT.")
@click.option("--name", metavar="TEMPLATE", help="Names of the files, such as {stem}_{image}.")
@click.option("--layout", type=click.Choice(("files", "one-file")), help="A file an image, or one. Default: files.")
@click.option("--image", help="Index or name of the one image wanted of each file. Default: all.")
@click.option("--dry-run", is_flag=True, help="Say what would be done; nothing is written.")
@click.option("--status", is_flag=True, help="Say how far the batch is; no image is opened.")
@click.option("--retry", is_flag=True, help="Do only what failed in the run before.")
@click.option("--processes", type=click.IntRange(1), help="Processes that work at once. Default: this one.")
@click.option("--timeout", type=float, metavar="SECONDS", help="End a job after so long; with --processes.")
@click.option("--json", "as_json", is_flag=True, help="Print a report as JSON.")
@click.option("--quiet", "-q", is_flag=True, help="Print nothing but errors.")
@options.merging
@options.output
@options.statements
@log.option
def batch(
    roots: tuple[str, ...],
    rules: dict[str, Any],
    merge_tagfolders: bool,
    merge_files: bool,
    along: str,
    out: str | None,
    name: str | None,
    layout: str | None,
    image: str | None,
    dry_run: bool,
    status: bool,
    retry: bool,
    processes: int | None,
    timeout: float | None,
    as_json: bool,
    quiet: bool,
    merging: dict[str, Any],
    output: dict[str, Any],
    stated: dict[str, Any],
) -> None:
    """Convert whole projects of subjects and experiments; go on where an earlier run ended.

    A RULE is a text, or prefix:TEXT, contains:TEXT, exact:TEXT, glob:PATTERN or re:EXPRESSION. A text alone is the
    start of the name of a subject or a tag folder, and is contained in the name of any other folder.
    """
    from omio.batching.run import Batch

    if sum((dry_run, status, retry)) > 1:
        raise click.UsageError("choose one of --dry-run, --status and --retry")
    if out is not None and len(roots) > 1:
        raise click.UsageError(f"{len(roots)} projects cannot go into the one folder {out}; leave out --out")
    merges = [what for what, chosen in (("tags", merge_tagfolders), ("files", merge_files)) if chosen]
    chosen = {**rules, "merges": merges, "along": along}
    keywords = {"image": options.image_choice(image), "name": name, "layout": layout or "files", **output}
    keywords |= {**merging, **stated}
    if keywords.pop("update", None):
        keywords["collision"] = "update"  # which it always does
    reports: list[BatchReport] = []

    def do(root: str) -> None:
        def told(job: JobReport) -> None:
            if not as_json and job.status == "written":
                show.line(f"{display_path(root, job.source)} -> {', '.join(map(str, job.outputs))}", quiet=quiet)
            if job.status == "failed":
                show.error(display_path(root, job.source), job.exception)

        found = Batch.of(
            root, chosen, out=out, keywords=keywords, only_failed=retry, executor=processes, timeout=timeout, told=told
        )
        report = _carry_out(found, dry_run=dry_run, status=status)
        reports.append(report)
        if not as_json:
            _print(report, root, listed=dry_run or status, quiet=quiet)

    try:
        for_each(roots, do, quiet=quiet)
    finally:
        if as_json:
            documents = [report.to_dict() for report in reports]
            show.json(documents[0] if len(roots) == 1 and documents else documents)
    if not all(report.ok for report in reports):
        raise click.exceptions.Exit(1)


def _carry_out(batch: Batch, *, dry_run: bool, status: bool) -> BatchReport:
    if status:
        return batch.status()
    return batch.plan() if dry_run else batch.run()


def _print(report: BatchReport, root: str, *, listed: bool, quiet: bool) -> None:
    """Print the tree of jobs where nothing was done, what is left out, and the line that counts."""
    if listed:
        for folder, jobs in groupby(report.jobs, key=lambda job: job.leaf):
            show.line(folder, quiet=quiet)
            _print_jobs(list(jobs), root, quiet=quiet)
    for skip in report.left_out:
        show.line(f"left out: {display_path(root, skip.path)}: {skip.why}", quiet=quiet)
    for note in report.notes:
        show.line(f"note: {note}", quiet=quiet)
    show.line(report.summary(), quiet=quiet)


def _print_jobs(jobs: Sequence[JobReport], root: str, *, quiet: bool) -> None:
    for job in jobs:
        outputs = f" -> {', '.join(map(str, job.outputs))}" if job.outputs else ""
        show.line(f"  {_WORDS[job.status]}: {display_path(root, job.source)}{outputs}", quiet=quiet)
        if job.status == "failed":
            show.line(f"    {spoken(message(job.exception)).replace(chr(10), chr(10) + '    ')}", quiet=quiet)
