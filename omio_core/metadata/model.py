"""Metadata: the facts of one TZCYX picture together with its shape; frozen, and it knows no format.

A reader states `Facts`. The core adds the shape, the facts that the caller stated, and the assumptions. `to_dict` makes
the public dict, `omio_core.metadata.from_dict` reads it; `omio_core.ome.write` makes OME-XML.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any

from omio_core.errors import MetadataError, MissingMetadataError
from omio_core.geometry.axes import CANONICAL
from omio_core.geometry.box import Box
from omio_core.wording import advise, worded

from .facts import Annotations, Channel, Fact, Facts, Planes
from .namespaces import ASSUMPTIONS, ORIGINS, PROVENANCE
from .units import MICROMETRE, SECOND

CHANNEL_KEYS = {
    "Name": "name",
    "Color": "color",
    "ExcitationWavelength": "excitation",
    "EmissionWavelength": "emission",
    "Fluor": "fluor",
}
"""From each key of a channel in the public dict to the field of `Channel`."""

_NOTHING: Mapping[str, Any] = MappingProxyType({})


@dataclass(frozen=True, slots=True, kw_only=True)
class Metadata:
    """Everything that is known of one picture.

    Parameters
    ----------
    shape
        TZCYX.
    dtype
        Name of the numpy dtype, such as ``"uint16"``.
    samples
        Samples per pixel; C index c*samples + s is sample s of channel c.
    facts
        The known values, each with its origin. ``facts.channels`` is empty or has one entry per channel.
    assumptions
        The assumptions that were made, in sentences.
    provenance
        The source, reader, policies, ... of the picture, as plain values.
    """

    shape: tuple[int, ...]
    dtype: str
    samples: int = 1
    facts: Facts = field(default_factory=Facts)
    assumptions: tuple[str, ...] = ()
    provenance: Mapping[str, Any] = field(default_factory=lambda: dict(_NOTHING))

    def __post_init__(self) -> None:
        if len(self.shape) != 5 or self.samples < 1 or self.shape[2] % self.samples:
            raise MetadataError(
                f"a picture cannot have the shape {self.shape} with {self.samples} samples a pixel",
                remedy="give five lengths, TZCYX, and a C that is a multiple of the samples",
            )
        channels = self.facts.channels
        if channels and len(channels) != self.channel_count:
            raise MetadataError(
                f"{len(channels)} channels are described, and the picture has {self.channel_count}",
                evidence=f"TZCYX {self.shape}, {self.samples} samples a pixel",
                remedy="describe every channel, or none",
            )

    @property
    def channel_count(self) -> int:
        """The number of channels; an RGB picture of C = 3 has one."""
        return self.shape[2] // self.samples

    @property
    def channels(self) -> tuple[Channel, ...]:
        """One entry per channel; an entry is empty if nothing is known."""
        known = self.facts.channels or (Channel(),) * self.channel_count
        return tuple(replace(channel, samples=self.samples) for channel in known)

    def stated(self) -> Iterator[tuple[str, Fact[Any] | None]]:
        """Every fact that is a single value, with its public name; None if unknown."""
        facts = self.facts
        yield "Name", facts.name
        yield "PhysicalSizeX", facts.physical_size_x
        yield "PhysicalSizeY", facts.physical_size_y
        yield "PhysicalSizeZ", facts.physical_size_z
        yield "TimeIncrement", facts.time_increment
        yield "AcquisitionDate", facts.acquisition_date
        yield "Objective", facts.objective
        for index, channel in enumerate(self.channels):
            yield f"Channels[{index}].Name", channel.name
            for public, fact in (
                ("Color", channel.color),
                ("ExcitationWavelength", channel.excitation),
                ("EmissionWavelength", channel.emission),
                ("Fluor", channel.fluor),
            ):
                if fact is not None:
                    yield f"Channels[{index}].{public}", fact

    def needed(self) -> tuple[str, ...]:
        """Public names of the unknown facts that an analysis of this shape needs."""
        facts, (t, z, *_) = self.facts, self.shape
        candidates = (
            ("PhysicalSizeX", facts.physical_size_x, True),
            ("PhysicalSizeY", facts.physical_size_y, True),
            ("PhysicalSizeZ", facts.physical_size_z, z > 1),
            ("TimeIncrement", facts.time_increment, t > 1),
        )
        return tuple(name for name, fact, is_needed in candidates if is_needed and fact is None)

    def refuse_missing(self, source: str) -> None:
        """Apply the policy ``missing="raise"``.

        Raises
        ------
        MissingMetadataError
            A fact that an analysis of this shape needs is unknown.
        """
        if unknown := self.needed():
            raise MissingMetadataError(
                f"{', '.join(unknown)} of {source} {'is' if len(unknown) == 1 else 'are'} unknown",
                evidence=worded("the policy {missing} needs them for this shape", missing="raise"),
                remedy=advise(
                    "state them: {pixel_size}, {time_increment}",
                    pixel_size=dict.fromkeys("XYZ", ...),
                    time_increment=...,
                ),
                path=source,
                missing=unknown,
            )

    def crop(self, box: Box) -> Metadata:
        """The metadata of a TZCYX region, with the channels and the facts per plane of that region.

        A region that takes only some samples of a pixel has one sample per pixel, and one channel for each of them.
        """
        (start, stop), s = box.spans[2], self.samples
        whole_pixels = start % s == 0 and stop % s == 0
        channel_of_index = [c // s for c in range(start, stop)]  # the channel of each C index of the region
        channels_kept = channel_of_index[::s] if whole_pixels else channel_of_index
        channels = tuple(self.facts.channels[c] for c in channels_kept) if self.facts.channels else ()
        planes = self.facts.planes
        if planes is not None:
            (t0, t1), (z0, z1) = box.spans[:2]
            columns = {name: table[t0:t1, z0:z1][:, :, channels_kept] for name, table in planes.columns.items()}
            planes = Planes(columns=columns, origin=planes.origin, where=planes.where)
        return replace(
            self,
            shape=box.shape,
            samples=s if whole_pixels else 1,
            facts=replace(self.facts, channels=channels, planes=planes),
        )

    def scaled(self, shape: tuple[int, ...]) -> Metadata:
        """The metadata of another resolution of the picture, with its lengths and pixel sizes.

        The facts per plane are kept if the planes are the same.
        """

        def size(fact: Fact[float] | None, axis: int) -> Fact[float] | None:
            if fact is None or shape[axis] == self.shape[axis]:
                return fact
            ratio = self.shape[axis] / shape[axis]
            return Fact(fact.value * ratio, "derived", f"{fact.where_text} times {ratio:g} at this resolution")

        planes = self.facts.planes if shape[:2] == self.shape[:2] else None  # the table is over T and Z
        facts = replace(
            self.facts,
            planes=planes,
            physical_size_x=size(self.facts.physical_size_x, 4),
            physical_size_y=size(self.facts.physical_size_y, 3),
            physical_size_z=size(self.facts.physical_size_z, 1),
        )
        return replace(self, shape=shape, facts=facts)

    def with_record(self) -> Metadata:
        """Move OMIO's own annotations out of the facts into `assumptions` and `provenance`.

        The record of an earlier run in the file stays valid: its assumptions are added to these, and its provenance
        becomes an entry of the history.
        """
        annotations = dict(self.facts.annotations)
        ours = {
            name: content
            for name in (PROVENANCE, ASSUMPTIONS, ORIGINS)
            if isinstance(content := annotations.get(name), Mapping)
        }
        if not ours:  # an annotation of another form is not OMIO's, whatever its name
            return self
        annotations = {name: content for name, content in annotations.items() if name not in ours}
        earlier_provenance, origins = ours.get(PROVENANCE), ours.get(ORIGINS)
        recorded = ours.get(ASSUMPTIONS, {}).get("assumption", ())
        sentences = [recorded] if isinstance(recorded, str) else recorded if isinstance(recorded, list | tuple) else ()
        earlier_assumptions = tuple(sentence for sentence in sentences if isinstance(sentence, str))
        provenance = dict(self.provenance)
        if earlier_provenance is not None:
            earlier = dict(earlier_provenance)
            history = earlier.pop("history", [])
            entry = earlier | ({"origins": dict(origins)} if origins else {})
            provenance["history"] = [entry, *(history if isinstance(history, list) else [history])]
        return replace(
            self,
            facts=replace(self.facts, annotations=annotations),
            assumptions=tuple(dict.fromkeys((*earlier_assumptions, *self.assumptions))),
            provenance=provenance,
        )

    def to_dict(self) -> dict[str, Any]:
        """The public dict; see `omio_core.metadata.from_dict`."""
        return to_dict(self)


def to_dict(metadata: Metadata) -> dict[str, Any]:
    """The public dict of a picture's metadata; see `omio_core.metadata.from_dict` for its keys."""
    facts = metadata.facts
    lengths = dict(zip(CANONICAL, metadata.shape, strict=True))
    public: dict[str, Any] = {"axes": CANONICAL, "shape": list(metadata.shape)}
    public |= {f"Size{axis}": length for axis, length in lengths.items()}
    public["SamplesPerPixel"] = metadata.samples
    public["Name"] = _value(facts.name)
    for axis in "XYZ":
        size = getattr(facts, f"physical_size_{axis.lower()}")
        public[f"PhysicalSize{axis}"] = _value(size)
        public[f"PhysicalSize{axis}Unit"] = MICROMETRE if size else None
    public["TimeIncrement"] = _value(facts.time_increment)
    public["TimeIncrementUnit"] = SECOND if facts.time_increment else None
    public["AcquisitionDate"] = _value(facts.acquisition_date)
    public["Objective"] = dict(facts.objective.value) if facts.objective else None
    public["Channels"] = [
        {key: _value(getattr(channel, slot)) for key, slot in CHANNEL_KEYS.items()}
        | {"SamplesPerPixel": channel.samples}
        for channel in metadata.channels
    ]
    public["Planes"] = _tables(facts.planes)
    public["Annotations"] = {name: dict(values) for name, values in annotated(metadata).items()}
    return public


def annotated(metadata: Metadata) -> Annotations:
    """All annotations of a picture: those of its facts, and OMIO's record of provenance, assumptions and origins."""
    annotations: dict[str, Mapping[str, Any]] = dict(metadata.facts.annotations)
    if metadata.provenance:
        annotations[PROVENANCE] = metadata.provenance
    if metadata.assumptions:
        annotations[ASSUMPTIONS] = {"assumption": list(metadata.assumptions)}
    origins = {name: fact.origin_text for name, fact in metadata.stated() if fact is not None}
    if planes := metadata.facts.planes:
        origins["Planes"] = planes.origin_text
    if origins:
        annotations[ORIGINS] = origins
    return annotations


def _value(fact: Fact[Any] | None) -> Any:
    return None if fact is None else fact.value


def _tables(planes: Planes | None) -> dict[str, Any] | None:
    if planes is None:
        return None

    def known(value: Any) -> Any:
        if isinstance(value, list):
            return [known(v) for v in value]
        return value if math.isfinite(value) else None

    return {name: known(table.tolist()) for name, table in planes.columns.items()}
