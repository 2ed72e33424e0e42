"""Groups of options that several verbs share; a verb receives each group as one mapping."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import wraps
from inspect import signature
from typing import TYPE_CHECKING, Any

import click
from click.shell_completion import CompletionItem

from omio import api
from omio.compat.keywords import EARLIER_NAMES
from omio_core.errors import OmioError
from omio_core.images.overrides import FROM_FILE
from omio_core.parsing.yaml import parse_scalar
from omio_core.policies import KINDS, Policies
from omio_core.settings import parse_bytes

if TYPE_CHECKING:
    from omio_core.images.overrides import Request

Verb = Callable[..., None]


class _PolicyName(click.ParamType):  # type: ignore[type-arg, unused-ignore]  # generic since click 8.4 only
    """The name of an installed policy of a kind; the plugins are asked when a value is given, and not for the help."""

    name = "NAME"

    def __init__(self, kind: str):
        self.kind = kind

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Return the name; refuse one that no installed policy has."""
        from omio_core.plugins.rules import find

        try:
            return find(self.kind, value).name
        except OmioError as error:
            self.fail(f"{error.what}; {error.evidence}", param, ctx)

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
        """Return the installed names that begin so, for shells that complete words."""
        from omio_core.plugins.catalogue import catalogue

        return [
            CompletionItem(policy.name, help=policy.summary)
            for policy in catalogue().policies
            if policy.kind == self.kind and policy.name.startswith(incomplete)
        ]


def policy(kind: str, what: str, default: str | None = None) -> Callable[[Verb], Verb]:
    """Return the option that chooses a policy of a kind: any installed one, by its name."""
    default = default or getattr(Policies(), kind)
    flag = f"--{kind.replace('_', '-')}"
    return click.option(flag, type=_PolicyName(kind), help=f"{what} Default: {default}. See omio policies.")


def group(into: str, names: Sequence[str], options: Sequence[Callable[[Verb], Verb]]) -> Callable[[Verb], Verb]:
    """Return a decorator that adds options to a verb and passes those that the user set as one mapping."""

    def decorate(verb: Verb) -> Verb:
        @wraps(verb)
        def with_mapping(**keywords: Any) -> None:
            values = {name: keywords.pop(name) for name in names}
            given = {name: value for name, value in values.items() if value is not None}
            given |= given.pop("reader_options", {})  # in Python each option is a keyword of its own
            if given.pop("update", None) and given.setdefault("collision", "update") != "update":
                raise click.UsageError(f"--update and --collision {given['collision']} contradict each other")
            verb(**{into: given}, **keywords)

        decorated: Verb = with_mapping
        for option in reversed(options):
            decorated = option(decorated)
        return decorated

    return decorate


def _parse_sizes(
    ctx: click.Context, param: click.Parameter, value: str | None
) -> float | tuple[float, ...] | str | None:
    """Parse one, two or three numbers separated by commas, or the word file."""
    if value is None or value == FROM_FILE:
        return value
    try:
        numbers = tuple(float(part) for part in value.split(","))
    except ValueError:
        raise click.BadParameter(
            f"{value!r} is no list of numbers such as 0.25,0.25,1.5, and not the word file", ctx, param
        ) from None
    return numbers[0] if len(numbers) == 1 else numbers


def none_if_empty(ctx: click.Context, param: click.Parameter, value: tuple[str, ...]) -> tuple[str, ...] | None:
    """Return the values of an option that can be repeated; None where it is not given."""
    return value or None


def _parse_bytes(ctx: click.Context, param: click.Parameter, value: str | None) -> int | None:
    try:
        return parse_bytes(value)
    except OmioError as error:
        raise click.BadParameter(f"{error.what}; {error.remedy}", ctx, param) from None


def image_choice(image: str | None) -> int | str | None:
    """Return which image of a file: an index where the text is a number, else a name."""
    return int(image) if image is not None and image.isdecimal() else image


def _parse_names(ctx: click.Context, param: click.Parameter, value: str | None) -> list[str] | None:
    return None if value is None else [name.strip() for name in value.split(",")]


def _parse_reader_options(ctx: click.Context, param: click.Parameter, values: tuple[str, ...]) -> dict[str, Any] | None:
    """Parse options of a reader or a writer, each a NAME=VALUE; they become keywords of the library."""
    options: dict[str, Any] = {}
    for text in values:
        name, _, value = text.partition("=")
        if not name or not value:
            raise click.BadParameter(f"{text!r} is not of the form NAME=VALUE; null stands for no value", ctx, param)
        if name in options:
            raise click.BadParameter(f"{name} is given twice", ctx, param)
        _refuse_keyword(name, ctx, param)
        try:
            options[name] = parse_scalar(value)
        except OmioError as error:
            raise click.BadParameter(f"{text!r}: {error.evidence}", ctx, param) from None
    return options or None


def _refuse_keyword(name: str, ctx: click.Context, param: click.Parameter) -> None:
    """Refuse a name that has a flag, or that is a keyword of the library and so cannot be an option of a reader."""
    for other in ctx.command.params:
        if isinstance(other, click.Option) and other.name == name:
            raise click.BadParameter(f"{name} is no option of a reader; use {other.opts[0]}", ctx, param)
    calls = (api.imread, api.imwrite, api.convert, api.plan)
    keywords = {keyword for call in calls for keyword in signature(call).parameters}
    if name in keywords | {*KINDS, *EARLIER_NAMES, "policies"}:
        raise click.BadParameter(f"{name} is no option of a reader, but a keyword of OMIO", ctx, param)


STATEMENTS = ("reader", "axes", "pixel_size", "time_increment", "channel_names")
"""The keywords by which a caller states what a file does not."""

statements = group(
    "stated",
    (*STATEMENTS, "reader_options", "policies"),
    (
        click.option("--reader", help="Use this reader, whatever the file looks like."),
        click.option("--axes", metavar="LETTERS", help="Your names for the file's axes, such as ZYX."),
        click.option(
            "--pixel-size", callback=_parse_sizes, metavar="X[,Y[,Z]]|file",
            help="In micrometres; one number: X and Y; file: as the file states it, be it a default.",
        ),
        click.option("--time-increment", type=float, metavar="SECONDS", help="Time between time points."),
        click.option("--channel-names", callback=_parse_names, metavar="A,B", help="Names of the channels."),
        click.option(
            "--option", "reader_options", multiple=True, callback=_parse_reader_options, metavar="NAME=VALUE",
            help="An option of the reader, or of the writer. See omio plugins. Can be repeated.",
        ),
        click.option("--policies", metavar="FILE", help="A YAML file of policies, such as missing: raise."),
    ),
)  # fmt: skip
"""Options that state what the file does not."""


def request(stated: Mapping[str, Any]) -> Request:
    """Return the request to the reader for what the user stated with `statements`."""
    from omio.request import make_request

    keywords = {name: value for name, value in stated.items() if name in STATEMENTS}
    return make_request(**keywords, others={name: value for name, value in stated.items() if name not in keywords})


selection = group(
    "selection",
    ("recursive", "patterns", "stack", "tag"),
    (
        click.option("--recursive", is_flag=True, default=None, help="Look into the folders in a folder, too."),
        click.option(
            "--pattern", "patterns", multiple=True, callback=none_if_empty, metavar="PATTERN",
            help="Of a folder only files named so, such as '*_ch1*', or not so: '!*_old*'. Can be repeated.",
        ),
        click.option("--stack", is_flag=True, default=None, help="PATH stands for its family of numbered folders."),
        click.option("--tag", metavar="TEXT", help="What their names have before the number."),
    ),
)  # fmt: skip
"""Options that select files in a folder."""

merging = group(
    "merging",
    ("shapes", "dtypes", "conflict"),
    (
        policy("shapes", "Sizes that differ."),
        policy("dtypes", "Types that differ."),
        policy("conflict", "Facts that differ."),
    ),
)
"""Options that decide what becomes of images that differ."""


stop = click.option("--stop", is_flag=True, help="Stop at the first file that fails. Default: the others are done.")
"""The option that ends a command at its first failure."""


class _Word(click.ParamType):  # type: ignore[type-arg, unused-ignore]  # generic since click 8.4 only
    """A whole number, or one particular word."""

    def __init__(self, word: str, value: Any, least: int, most: int | None = None):
        self.name, self.word, self.value, self.range = f"N|{word}", word, value, click.IntRange(least, most)
        self.expected = f"a number from {least}{f' to {most}' if most is not None else ' up'}, or {word}"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Return the word's value, or the number."""
        if value in (self.word, self.value):
            return self.value
        try:
            return self.range.convert(value, param, ctx)
        except click.BadParameter:
            self.fail(f"{value!r} is not {self.expected}", param, ctx)

    def spelled(self, value: Any) -> str:
        """Return a value of the library as the user types it here."""
        return self.word if value is self.value else str(value)


output = group(
    "output",
    (
        "to", "writer", "compression_level", "compression", "predictor", "tile", "pyramid", "pyramid_method", "order",
        "profile", "bigtiff", "verify", "workers", "max_memory", "missing", "absent_planes", "absent_files",
        "collision", "update", "remake",
    ),
    (
        click.option("--to", metavar="FORMAT", help="ome-tiff, ome-zarr, ... Default: as the name says, or ome-tiff."),
        click.option("--writer", metavar="NAME", help="Use this writer, whatever the suffix. See omio plugins."),
        click.option(
            "--compression-level", type=_Word("auto", "auto", 0, 9), default=3, show_default=True,
            help="Compression, 0 (none) to 9; auto takes the fastest that is nearly as good as 3.",
        ),
        click.option("--compression", metavar="NAME", help="zlib, zstd, lzw, none, ... Default: zlib."),
        click.option("--predictor", is_flag=True, default=None, help="Differences along the rows, then compression."),
        click.option(
            "--tile", type=click.IntRange(0),
            help="Edge of square tiles in pixels, a multiple of 16; 0: strips. Default: 512 for large planes.",
        ),
        click.option("--pyramid", type=_Word("auto", True, 0), help="How many smaller levels, or auto."),
        click.option("--pyramid-method", type=click.Choice(("mean", "nearest")), help="How a level is made."),
        click.option("--order", metavar="XYZCT", help="One of the six dimension orders of OME."),
        click.option("--profile", type=click.Choice(("fiji",)), help="fiji: ImageJ shows axes and sizes, too."),
        click.option("--bigtiff/--no-bigtiff", default=None, help="BigTIFF or not, whatever the size."),
        click.option(
            "--verify", type=click.Choice(("structure", "pixels", "none")), default="structure", show_default=True,
            help="What is checked before a file gets its name.",
        ),
        click.option("--workers", type=click.IntRange(1), help="Threads. Default: all cores."),
        click.option(
            "--max-memory", callback=_parse_bytes, metavar="BYTES",
            help="About how much memory pixels may take, such as 512M or 2G. Default: 256M.",
        ),
        policy("missing", "Needed sizes that are unknown."),
        policy("absent_planes", "Planes that are not in the file."),
        policy("absent_files", "Member files that are missing."),
        policy("collision", "A name that is taken."),
        click.option(
            "--update", is_flag=True, default=None,
            help="Write what is new, and remake what has changed since: the same as --collision update.",
        ),
        click.option("--remake", is_flag=True, default=None, help="Update, and remake what is up to date, too."),
    ),
)  # fmt: skip
"""Options that decide how files are written."""
