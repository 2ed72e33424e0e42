"""What the command line prints, and how: plain lines, and a bar on terminals only; it knows no verb."""

from __future__ import annotations

import json as json_module
import logging
import sys
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import click

from omio_core import wording
from omio_core.errors import first_few

from .flags import spoken

if TYPE_CHECKING:
    from omio_core.images.explanation import Explanation
    from omio_core.images.image import Image
    from omio_core.plugins.catalogue import Catalogue, Plugin
    from omio_core.plugins.descriptions import Reader, Writer


_FEW = 6
"""How many parts of a file that are not kept are named; --explain names all."""


def line(text: str) -> None:
    """Print one line on standard output."""
    click.echo(text)


def json(value: Any) -> None:
    """Print a value as JSON on standard output."""
    click.echo(json_module.dumps(value, indent=2, allow_nan=False))


def error(path: str, problem: Exception) -> None:
    """Print an error on standard error: red on a terminal that wants colour."""
    text = wording.message(problem)
    _mark("error: ", "red", spoken(text if path in text else wording.worded("{}: {}", path, text)))


def warning(text: str) -> None:
    """Print a warning on standard error: yellow on a terminal that wants colour."""
    _mark("warning: ", "yellow", spoken(text))


def _mark(word: str, colour: str, text: str) -> None:
    from rich.console import Console

    # rich respects NO_COLOR and terminals; soft_wrap does not break lines, so that they can be searched
    console = Console(stderr=True, soft_wrap=True, highlight=False, markup=False)
    console.print(word, style=colour, end="")
    console.print(text)


class _Notes(logging.Handler):
    """The library's log messages as lines on standard error."""

    def emit(self, record: logging.LogRecord) -> None:
        """Print one line."""
        _mark("note: ", "cyan", record.getMessage())


@contextmanager
def warnings_as_lines(
    *, silent: bool = False, quiet: bool = False, collect: type[Warning] | None = None
) -> Iterator[list[str]]:
    """Print warnings and notes as lines on standard error, without file names and code; no warning twice.

    Warnings of the class `collect` go into the list instead, for callers whose other output says the same. `quiet`
    leaves out the notes, `silent` also the warnings.
    """
    seen: set[str] = set()
    messages: list[str] = []

    def show_warning(message: Warning | str, category: type[Warning], *_: Any, **__: Any) -> None:
        text = wording.message(message) if isinstance(message, Warning) else message
        if silent or text in seen:
            return
        seen.add(text)
        if collect is not None and issubclass(category, collect):
            messages.append(text)
        else:
            warning(text)

    log, notes, log_level = logging.getLogger("omio"), _Notes(), logging.getLogger("omio").level
    if not (silent or quiet):
        log.addHandler(notes)
        log.setLevel(logging.INFO)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("always")
            warnings.showwarning = show_warning
            yield messages
    finally:
        log.removeHandler(notes)
        log.setLevel(log_level)


@contextmanager
def progress(name: str, *, quiet: bool) -> Iterator[Callable[[int, int], None] | None]:
    """Show a bar on standard error, on terminals only."""
    if quiet or not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TimeRemainingColumn())
    plain = sys.stdout.isatty()  # lines go above the bar where both are on the terminal, else to standard output
    with Progress(*columns, console=Console(stderr=True), transient=True, redirect_stdout=plain) as bar:
        task = bar.add_task(name.replace("[", "\\["), total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)


def summary(explanation: Explanation) -> None:
    """Print a few lines on each image of a source."""
    from omio_core.images.explain import image_dict, not_kept, printable, smaller

    source = explanation.source
    decision = source.decision
    kinds = dict.fromkeys(image_dict(image)["kind"] for image in source.images)
    line(f"{source.path}: {', '.join(k for k in kinds if k) or decision.verdicts[decision.reader.name].why}")
    for index, image in enumerate(source.images):
        sizes = " ".join(f"{axis}={n}" for axis, n in zip(image.axes, image.shape, strict=True))
        rgb = " RGB" if image.metadata.samples == 3 else ""
        name = f" {printable(image.name)}," if image.name else ""
        line(f"  image {index}:{name} {sizes} {image.dtype}{rgb}")
        line(f"    {_sizes(image)}")
        channels = [channel.name.value if channel.name else "unknown" for channel in image.metadata.channels]
        if set(channels) != {"unknown"}:
            more = f", … ({len(channels)})" if len(channels) > 8 else ""
            line(f"    channels: {printable(', '.join(channels[: 6 if more else 8]))}{more}")
        if len(image.levels) > 1:
            line(f"    smaller levels: {smaller(image)}")
        own_assumptions = image.picture.stored.layout.assumptions if image.picture.stored is not None else ()
        for sentence in image.metadata.assumptions:
            line(
                f"    assumed: {printable(spoken(sentence))}"
                + ("; settle it with --axes" if sentence in own_assumptions else "")
            )
        if words := not_kept(image.metadata.provenance):
            line(f"    not kept: {printable(first_few(words, _FEW, joint='; '))}")


def _sizes(image: Image) -> str:
    """Return the sizes that this shape needs, and others that are known."""
    facts, (t, z, *_) = image.metadata.facts, image.shape
    wanted = [
        ("pixel X", facts.physical_size_x, "µm", True),
        ("Y", facts.physical_size_y, "µm", True),
        ("Z", facts.physical_size_z, "µm", z > 1),
        ("time step", facts.time_increment, "s", t > 1),
    ]
    return ", ".join(
        f"{label} unknown" if fact is None else f"{label} {fact.value:.6g} {unit}"
        for label, fact, unit, needed in wanted
        if needed or fact is not None
    )


def plugins(known: Catalogue) -> None:
    """Print one line per plugin, and below it one line per option of its readers and writers."""
    rows = []
    for plugin in known.plugins:
        offers = _offers(plugin) if plugin.error is None else f"LEFT OUT: {_flat(plugin.error)}"
        rows.append((plugin.name, f"{plugin.distribution} {plugin.version}".strip(), offers, _options(plugin)))
    widths = [max((len(row[i]) for row in rows), default=0) for i in (0, 1)]
    for name, distribution, text, options in rows:
        line(f"{name:<{widths[0]}}  {distribution:<{widths[1]}}  {text}")
        for option in options:
            line(f"    {option}")


def _options(plugin: Plugin) -> list[str]:
    """Return one line per option of the readers and writers of a plugin."""
    owners = [("reader", reader) for reader in plugin.readers] + [("writer", writer) for writer in plugin.writers]
    return [
        f"option {name} of the {kind} {owner.name}: {sentence}"
        for kind, owner in owners
        for name, sentence in owner.options.items()
    ]


def _offers(plugin: Plugin) -> str:
    """Return what a plugin offers; the policies of a kind together."""
    offers = [f"reader {reader.name}{_revision(reader)}: {reader.title}" for reader in plugin.readers]
    offers += [
        f"writer {writer.name}{_revision(writer)}: {writer.title} ({', '.join(writer.suffixes)})"
        for writer in plugin.writers
    ]
    offers += ["annotations"] * plugin.annotators
    kinds: dict[str, list[str]] = {}
    for policy in plugin.policies:
        kinds.setdefault(policy.kind, []).append(policy.name)
    policies = ", ".join(f"{kind}={'|'.join(names)}" for kind, names in kinds.items())
    offers += [f"policies {policies}"] if policies else []
    return "; ".join(offers) or "nothing"


def policies(listed: Mapping[str, Any]) -> None:
    """Print one line per policy, the kinds in order; `listed` is `omio_core.plugins.inventory.policies_dict`."""
    rows = []
    for kind in listed["kinds"]:
        for policy in kind["policies"]:
            marks = ["default"] * (policy["name"] == kind["default"])
            marks += ["OMIO_POLICIES"] * (policy["name"] == kind["in_force"] != kind["default"])
            rows.append((kind["kind"], policy["name"], ", ".join(marks), policy["summary"]))
    widths = [max((len(row[i]) for row in rows), default=0) for i in range(3)]
    for row in rows:
        columns = (f"{text:<{width}}" for text, width in zip(row, widths, strict=False))
        line(f"{'  '.join(columns)}  {row[3]}".rstrip())


def _revision(owner: Reader | Writer) -> str:
    """Return the revision in words if it is not the first."""
    return f" (revision {owner.revision})" if owner.revision != 1 else ""


def _flat(problem: Exception) -> str:
    return "; ".join(part.strip() for part in str(problem).splitlines())
