"""The verb `plugins check`: what a plugin does against the contract, one line a finding; it checks nothing itself."""

from __future__ import annotations

import io
import sys
from contextlib import redirect_stdout

import click

from . import show


@click.command()
@click.argument("name")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object with all that was checked and found.")
def check(name: str, as_json: bool) -> None:
    """Check a plugin against the contract, without sample files.

    NAME is that of an entry point, as `omio plugins` lists it, or of a module that can be imported here. What is
    checked: its import, its hooks, names and texts, what its readers say of foreign files, its policies, and its
    writers with pictures that OMIO makes. The exit code is 1 if anything is found.
    """
    from omio_core import testing

    sys.path.insert(0, "")  # a module in the current folder, as with python -m
    try:
        # what the plugin prints is a finding, and must not stand between the lines or in the JSON
        with show.warnings_as_lines(silent=True), redirect_stdout(io.StringIO()):
            report = testing.check(name)
    finally:
        sys.path.remove("")
    if as_json:
        show.json(report.to_dict())
    else:
        for finding in report.findings:
            show.line(str(finding))
        count = len(report.findings)
        found = "nothing found" if not count else f"{count} finding" + ("s" if count > 1 else "")
        show.line(f"{report.plugin.name}: {found}; checked: {', '.join(report.checked)}")
    if report.findings:
        raise click.exceptions.Exit(1)
