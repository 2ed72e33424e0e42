"""What the command line prints, and how: plain lines, and a bar on terminals only; it knows no verb."""

from __future__ import annotations

import json as json_module
import logging
import sys
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TextIO

import click

from omio_core import wording
from omio_core.errors import first_few
from omio_core.images.explain import printable

from . import log
from .flags import spoken

if TYPE_CHECKING:
    from rich.console import Console

    from omio_core.images.explanation import Explanation
    from omio_core.images.image import Image
    from omio_core.plugins.catalogue import Catalogue, Plugin
    from omio_core.plugins.descriptions import Reader, Writer


_FEW = 6
"""How many parts of a file that are not kept are named; --explain names all."""


_bars: list[Console] = []
"""The console of the progress bar that is on the screen, if there is one: lines go above it."""


def line(text: str, *, quiet: bool = False) -> None:
    """Print one line on standard output, unless `quiet`, and write it to the log."""
    log.write(text)
    if quiet:
        return
    if _bars and sys.stdout.isatty():
        _bars[-1].print(showable(text, sys.stdout), soft_wrap=True, highlight=False, markup=False, emoji=False)
    else:
        click.echo(showable(text, sys.stdout))


def showable(text: str, stream: TextIO) -> str:
    r"""Return a text with what a stream cannot encode escaped: a file may have any name.

    Examples
    --------
    >>> showable("a\udcff.tif", sys.stdout)
    'a\\udcff.tif'
    """
    encoding = getattr(stream, "encoding", None) or "utf-8"
    return text.encode(encoding, "backslashreplace").decode(encoding)


def json(value: Any) -> None:
    """Print a value as JSON on standard output."""
    click.echo(json_module.dumps(value, indent=2, allow_nan=False))


def error(path: str, problem: Exception) -> None:
    """Print an error on standard error: red on a terminal that wants colour."""
    text = wording.message(problem)
    _mark("error: ", "red", spoken(text if path in text else wording.worded("{}: {}", path, text)))


def warning(text: str, *, quiet: bool = False) -> None:
    """Print a warning on standard error, unless `quiet`: yellow on a terminal that wants colour."""
    _mark("warning: ", "yellow", spoken(text), quiet=quiet)


def _mark(word: str, colour: str, text: str, *, quiet: bool = False) -> None:
    log.write(word + text)
    if quiet:
        return
    from rich.console import Console
    from rich.text import Text

    # rich respects NO_COLOR and terminals; soft_wrap does not break lines, so that they can be searched
    console = _bars[-1] if _bars else Console(stderr=True)
    how: dict[str, Any] = {"soft_wrap": True, "highlight": False, "markup": False, "emoji": False}
    marked = Text.assemble((word, colour), showable(text, sys.stderr))
    console.print(marked, **how)


class _Notes(logging.Handler):
    """The library's log messages as lines on standard error."""

    def __init__(self, *, quiet: bool):
        super().__init__()
        self._quiet = quiet

    def emit(self, record: logging.LogRecord) -> None:
        """Print one line."""
        _mark("note: ", "cyan", record.getMessage(), quiet=self._quiet)


@contextmanager
def warnings_as_lines(
    *, silent: bool = False, quiet: bool = False, collect: type[Warning] | tuple[type[Warning], ...] | None = None
) -> Iterator[list[str]]:
    """Print warnings and notes as lines on standard error, without file names and code; no warning twice.

    Warnings of the class `collect` go into the list instead, for callers whose other output says the same. With `quiet`
    they are only in the log, with `silent` not even there.
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
            warning(text, quiet=quiet)

    logger, notes, level = logging.getLogger("omio"), _Notes(quiet=quiet), logging.getLogger("omio").level
    if not silent:
        logger.addHandler(notes)
        logger.setLevel(logging.INFO)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("always")
            warnings.showwarning = show_warning
            yield messages
    finally:
        logger.removeHandler(notes)
        logger.setLevel(level)


_NAME = 24
"""Columns for a name beside a bar, so that all of it is one line of 80 columns."""


@contextmanager
def progress(name: str, *, quiet: bool) -> Iterator[Callable[[int, int], None] | None]:
    """Show a bar on standard error, on terminals only; what is printed meanwhile goes above it."""
    if quiet or not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn

    console = Console(stderr=True)
    if console.is_dumb_terminal:  # it cannot take a line back
        yield None
        return
    columns = (TextColumn("{task.description}"), BarColumn(bar_width=20), DownloadColumn(), TimeRemainingColumn())
    plain = sys.stdout.isatty()  # what others print goes above the bar where both are on the terminal
    with Progress(*columns, console=console, transient=True, redirect_stdout=plain) as bar:
        task = bar.add_task(_short(name).replace("[", "\\["), total=None)
        _bars.append(console)
        try:
            yield lambda done, total: bar.update(task, completed=done, total=total)
        finally:
            _bars.remove(console)


def _short(name: str) -> str:
    """Return the end of a name that is too long for its column."""
    name = printable(name)
    return name if len(name) <= _NAME else f"…{name[1 - _NAME :]}"


def summary(explanation: Explanation, path: str) -> None:
    """Print a few lines on each image of a source, which is named as `path`."""
    from omio.planning.text import size
    from omio_core.images.explain import image_dict, not_kept, smaller
    from omio_core.pixels.absence import absence

    source = explanation.source
    decision = source.decision
    kinds = dict.fromkeys(image_dict(image)["kind"] for image in source.images)
    kind = ", ".join(k for k in kinds if k) or decision.verdicts[decision.reader.name].why
    bytes_on_disk = explanation.bytes_on_disk
    line(f"{printable(path)}: {kind}" + ("" if bytes_on_disk is None else f", {size(bytes_on_disk)} on disk"))
    for index, image in enumerate(source.images):
        sizes = " ".join(f"{axis}={n}" for axis, n in zip(image.axes, image.shape, strict=True))
        rgb = " RGB" if image.metadata.samples == 3 else ""
        name = f" {printable(image.name)}," if image.name else ""
        line(f"  image {index}:{name} {sizes} {image.dtype}{rgb}")
        line(f"    {_sizes(image)}")
        if words := _storage(image):
            line(f"    {words}")
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
        if missing := absence(image.picture):
            line(f"    absent: {missing}")
        if parts := not_kept(image.metadata.provenance):
            line(f"    not kept: {printable(first_few(parts, _FEW, joint='; '))}")


def _storage(image: Image) -> str:
    """Return how the pixels are stored, when they were acquired and with which objective, as far as it is known."""
    facts, stored = image.metadata.facts, image.picture.stored
    compression = "" if stored is None else stored.description.compression
    parts = ["not compressed" if compression == "none" else f"compressed: {compression}"] if compression else []
    parts += [f"acquired {facts.acquisition_date.value}"] if facts.acquisition_date else []
    if facts.objective and (words := _objective(facts.objective.value)):
        parts.append(f"objective {words}")
    return printable("; ".join(parts))


def _objective(lens: Mapping[str, Any]) -> str:
    """Return what identifies an objective: its name, magnification, aperture and immersion."""
    shapes = {"Model": "{}", "NominalMagnification": "{:g}x", "LensNA": "NA {:g}", "Immersion": "{}"}
    known = {key: lens[key] for key in shapes if lens.get(key) not in (None, "")}
    return ", ".join(
        shapes[key].format(value) if isinstance(value, float | int) or shapes[key] == "{}" else f"{key} {value}"
        for key, value in known.items()
    )


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
