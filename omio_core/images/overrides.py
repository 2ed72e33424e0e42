"""What the caller states of a source, and how it is to be opened; it opens nothing."""

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


@dataclass(frozen=True, slots=True, kw_only=True)
class Overrides:
    """What the caller states; each becomes a fact of the origin "caller".

    Parameters
    ----------
    axes
        One letter for every native axis, or for every one longer than 1.
    pixel_size
        Micrometres: one number for X and Y, (x, y), (x, y, z), or a mapping with some of X, Y, Z.
    time_increment
        Seconds.
    channel_names
        One a channel.
    """

    axes: str | None = None
    pixel_size: float | Sequence[float] | Mapping[str, float] | None = None
    time_increment: float | None = None
    channel_names: Sequence[str] | None = None

    def stated(self) -> dict[str, Any]:
        """What was said at all, as plain values."""
        said = {f.name: getattr(self, f.name) for f in fields(self) if getattr(self, f.name) is not None}
        if self.axes is not None:
            text(self.axes)
        if "pixel_size" in said:
            said["pixel_size"] = self.sizes()
        if self.time_increment is not None:
            said["time_increment"] = _measure("time_increment", self.time_increment)
        if self.channel_names is not None:
            said["channel_names"] = list(self.channel_names)
        return said

    def sizes(self) -> dict[str, float]:
        """The pixel sizes by axis.

        Raises
        ------
        MetadataError
            They are no sizes, or their axes cannot be told.
        """
        given: Any = self.pixel_size
        if given is None:
            return {}
        if isinstance(given, Mapping):
            sizes = {str(axis).upper(): size for axis, size in given.items()}
        elif isinstance(given, Real):
            sizes = {"X": given, "Y": given}
        else:
            several = tuple(given) if isinstance(given, Iterable) and not isinstance(given, str) else ()
            sizes = dict(zip("XYZ", several, strict=False)) if len(several) in (2, 3) else {}
        if not sizes or set(sizes) - set("XYZ"):
            raise MetadataError(
                worded("{pixel_size!r} does not say which size is whose", pixel_size=given),
                remedy="give one number for X and Y, (x, y), (x, y, z), or {'X': .., 'Y': .., 'Z': ..}; micrometres",
            )
        return {axis: _measure(f"pixel_size of {axis}", size, SMALLEST_SIZE) for axis, size in sizes.items()}

    def facts(self, known: Facts, channel_count: int) -> Facts:
        """The caller's facts laid over what is known.

        Raises
        ------
        MetadataError
        """
        for axis, size in self.sizes().items():
            stated: dict[str, Any] = {f"physical_size_{axis.lower()}": Fact(size, "caller", "pixel_size=")}
            known = replace(known, **stated)
        if self.time_increment is not None:
            seconds = _measure("time_increment", self.time_increment)
            known = replace(known, time_increment=Fact(seconds, "caller", "time_increment="))
        if self.channel_names is not None:
            names = list(self.channel_names)
            texts = all(isinstance(one, str) for one in names) and not isinstance(self.channel_names, str)
            if not texts or len(names) != channel_count:
                raise MetadataError(
                    worded("{channel_names!r} does not fit", channel_names=self.channel_names),
                    evidence=f"the image has {channel_count} channel(s)",
                    remedy="give a list with one name, a text, a channel",
                )
            channels = known.channels or (Channel(),) * channel_count
            named = (replace(c, name=Fact(n, "caller", "channel_names=")) for c, n in zip(channels, names, strict=True))
            known = replace(known, channels=tuple(named))
        return known


def _measure(what: str, value: Any, above: float = 0.0) -> float:
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
    """How a source is to be opened: everything the caller may say."""

    reader: str | None = None
    options: Mapping[str, Any] = field(default_factory=dict)
    policies: Policies = field(default_factory=Policies)
    overrides: Overrides = field(default_factory=Overrides)
