"""The caller's request for opening a source, and the facts that the caller states; opens nothing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from numbers import Real
from typing import Any

from omio_core.errors import MetadataError
from omio_core.geometry.letters import text
from omio_core.metadata.checks import positive
from omio_core.metadata.facts import SMALLEST_SIZE, Channel, Fact, Facts
from omio_core.policies import Policies
from omio_core.wording import worded

FROM_FILE = "file"
"""The `pixel_size` that takes what the file states, be it a default of the program that wrote it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Overrides:
    """Facts that the caller states; each becomes a fact with the origin "caller".

    Parameters
    ----------
    axes
        One letter per native axis, or per native axis longer than 1.
    pixel_size
        In micrometres: one number for X and Y, (x, y), (x, y, z), or a mapping with some of X, Y, Z. "file" takes what
        the file states, even where it is a default of the program that wrote it.
    time_increment
        In seconds.
    channel_names
        One name per channel.
    """

    axes: str | None = None
    pixel_size: float | Sequence[float] | Mapping[str, float] | str | None = None
    time_increment: float | None = None
    channel_names: Sequence[str] | None = None

    @property
    def takes_defaults(self) -> bool:
        """Whether sizes that are defaults of a program are wanted: ``pixel_size="file"``."""
        return isinstance(self.pixel_size, str) and self.pixel_size == FROM_FILE

    def stated(self) -> dict[str, Any]:
        """Return the stated values, as plain values; unstated ones are left out.

        Raises
        ------
        MetadataError
            A value is not a size.
        AmbiguousAxesError
            The axes are not valid letters.
        """
        values = {f.name: getattr(self, f.name) for f in fields(self) if getattr(self, f.name) is not None}
        if self.axes is not None:
            text(self.axes)
        if "pixel_size" in values:
            values["pixel_size"] = FROM_FILE if self.takes_defaults else self.sizes()
        if self.time_increment is not None:
            values["time_increment"] = _check_size("time_increment", self.time_increment)
        if self.channel_names is not None:
            values["channel_names"] = list(self.channel_names)
        return values

    def sizes(self) -> dict[str, float]:
        """Return the pixel sizes by axis.

        Raises
        ------
        MetadataError
            A value is not a size, or its axis is unclear.
        """
        value: Any = self.pixel_size
        if value is None or self.takes_defaults:
            return {}
        if isinstance(value, Mapping):
            sizes = {str(axis).upper(): size for axis, size in value.items()}
        elif isinstance(value, Real):
            sizes = {"X": value, "Y": value}
        else:
            numbers = tuple(value) if isinstance(value, Iterable) and not isinstance(value, str) else ()
            sizes = dict(zip("XYZ", numbers, strict=False)) if len(numbers) in (2, 3) else {}
        if not sizes or set(sizes) - set("XYZ"):
            raise MetadataError(
                worded("{pixel_size!r} does not say which size is whose", pixel_size=value),
                remedy="give one number for X and Y, (x, y), (x, y, z), or {'X': .., 'Y': .., 'Z': ..} in µm; "
                'or "file", for what the file states',
            )
        return {axis: _check_size(f"pixel_size of {axis}", size, SMALLEST_SIZE) for axis, size in sizes.items()}

    def facts(self, known: Facts, channel_count: int) -> Facts:
        """Return the known facts, with those that the caller states in their place.

        Raises
        ------
        MetadataError
            A value is not a size, or there is not one channel name per channel.
        """
        known = self._judge_defaults(known)
        for axis, size in self.sizes().items():
            stated: dict[str, Any] = {f"physical_size_{axis.lower()}": Fact(size, "caller", "pixel_size=")}
            known = replace(known, **stated)
        if self.time_increment is not None:
            seconds = _check_size("time_increment", self.time_increment)
            known = replace(known, time_increment=Fact(seconds, "caller", "time_increment="))
        if self.channel_names is not None:
            names = list(self.channel_names)
            all_texts = all(isinstance(name, str) for name in names) and not isinstance(self.channel_names, str)
            if not all_texts or len(names) != channel_count:
                raise MetadataError(
                    worded("{channel_names!r} does not fit", channel_names=self.channel_names),
                    evidence=f"the image has {channel_count} channel(s)",
                    remedy="give a list with one name, a text, a channel",
                )
            channels = known.channels or (Channel(),) * channel_count
            named = (
                replace(channel, name=Fact(name, "caller", "channel_names="))
                for channel, name in zip(channels, names, strict=True)
            )
            known = replace(known, channels=tuple(named))
        return known

    def _judge_defaults(self, known: Facts) -> Facts:
        """Take sizes that are defaults if the caller wants them; `default_sizes` is empty then."""
        sizes = default_sizes(known) if self.takes_defaults else {}
        taken: dict[str, Any] = {f"physical_size_{axis.lower()}": fact for axis, fact in sizes.items()}
        return replace(known, default_sizes={}, **taken)


def default_sizes(known: Facts) -> dict[str, Fact[float]]:
    """Return by axis the sizes that are defaults of a program, of axes of which nothing else is known."""
    return {
        axis: fact
        for axis, fact in known.default_sizes.items()
        if getattr(known, f"physical_size_{axis.lower()}") is None
    }


def default_notes(known: Facts) -> tuple[str, ...]:
    """Return a sentence on sizes that are not taken because they are defaults; empty if there are none."""
    by_words: dict[str, list[str]] = {}
    for axis, fact in default_sizes(known).items():
        words = fact.where.replace(f"{axis}Resolution", "Resolution")
        by_words.setdefault(f"{fact.value:.6g} µm ({words})", []).append(axis)
    return tuple(
        f"the pixel size along {' and '.join(axes)} is unknown: {words} is no measurement; "
        'pixel_size="file" takes it all the same'
        for words, axes in by_words.items()
    )


def _check_size(what: str, value: Any, above: float = 0.0) -> float:
    size = positive(value)
    if size is None or size <= above:
        raise MetadataError(
            f"{what} = {value!r} is no size",
            evidence=f"sizes are finite numbers above {above:g} that OME-XML can hold",
            remedy="leave it out where it is unknown",
        )
    return size


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """A request to open a source: the reader, its options, the policies and the overrides."""

    reader: str | None = None
    options: Mapping[str, Any] = field(default_factory=dict)
    policies: Policies = field(default_factory=Policies)
    overrides: Overrides = field(default_factory=Overrides)
