"""The facts of an image from its multiscales, its channels and the OME-XML of the store; it reads no array.

"omero" metadata: https://ngff.openmicroscopy.org/0.5. Where the OME-XML states a fact too, the OME-XML is taken: it has
units and channels in full, and whoever wrote both wrote the scale from it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from omio_core.contract import Channel, Fact, Facts, ome_facts

from . import _units
from ._axes import Axis
from ._json import items, mapping, text
from ._multiscales import Multiscale

_SLOTS = {"X": "physical_size_x", "Y": "physical_size_y", "Z": "physical_size_z", "T": "time_increment"}
_ATTRIBUTES = {"X": "PhysicalSizeX", "Y": "PhysicalSizeY", "Z": "PhysicalSizeZ", "T": "TimeIncrement"}
_OURS = "omio/provenance"
_SAME = 1e-6  # two numbers for one size differ by rounding only


@dataclass(frozen=True, slots=True, kw_only=True)
class Sizes:
    """The sizes that a multiscale states.

    Parameters
    ----------
    facts
        From the letter of an axis to its size.
    assumed
        From the letters of those that have no unit to the assumption about it.
    not_kept
        Those with a unit that is none.
    """

    facts: Mapping[str, Fact[float]]
    assumed: Mapping[str, str]
    not_kept: tuple[str, ...]


def read_sizes(image: Multiscale) -> Sizes:
    """The sizes of the first level. A scale of 1 without a unit is what writers state for an unknown size."""
    facts: dict[str, Fact[float]] = {}
    assumed: dict[str, str] = {}
    not_kept = []
    for axis, scale in zip(image.axes, image.scaling.scale if image.scaling else (), strict=False):
        if axis.letter not in _SLOTS or (not axis.unit and scale == 1):
            continue
        unit = axis.unit or _unit_beside(axis, image.axes)
        size = (_units.time if axis.letter == "T" else _units.length)(scale, unit)
        if size is None:
            not_kept.append(f"the scale of axis {axis.name}, {scale:g} {unit[:40]}")
            continue
        facts[axis.letter] = Fact(size, "file", f"multiscales: scale of {axis.name}", unit=axis.unit)
        if not axis.unit:
            assumed[axis.letter] = f"the scale of axis {axis.name}, {scale:g}, has no unit: {unit} is assumed"
    return Sizes(facts=facts, assumed=assumed, not_kept=tuple(not_kept))


def _unit_beside(axis: Axis, axes: Sequence[Axis]) -> str:
    """The unit of the other axes of space, if they agree on one; else the usual one."""
    if axis.letter == "T":
        return "second"
    beside = {other.unit for other in axes if other.letter in "XYZ" and other.unit}
    unit = beside.pop() if len(beside) == 1 else ""
    return unit if unit and _units.length(1, unit) is not None else "micrometer"


def compare_sizes(sizes: Sizes, stated: Mapping[str, float]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The assumptions that are needed beside the sizes in OME-XML, and warnings about other numbers there.

    Parameters
    ----------
    sizes
        Those of the multiscale.
    stated
        From the letter of an axis to its size in the OME-XML, in micrometres and seconds.
    """
    assumptions = tuple(sentence for letter, sentence in sizes.assumed.items() if letter not in stated)
    warnings = tuple(
        f"{_ATTRIBUTES[letter]} is {stated[letter]:g} in the OME-XML and {fact.value:g} in the multiscales: "
        "that of the OME-XML is taken"
        for letter, fact in sizes.facts.items()
        if letter in stated
        and letter not in sizes.assumed
        and abs(stated[letter] - fact.value) > _SAME * max(abs(stated[letter]), abs(fact.value))
    )
    return assumptions, warnings


def own_facts(image: Multiscale, sizes: Sizes, omero: Any, channels: int, plate: Mapping[str, Any]) -> Facts:
    """The facts in the metadata of the group; `channels` is the number of channels of the pixels."""
    described = [mapping(one) for one in items(mapping(omero).get("channels"))]
    annotations: dict[str, dict[str, Any]] = {}
    if plate:
        annotations["ome/plate"] = dict(plate)
    fits = len(described) == channels
    if display := _display(mapping(omero), described, ("label", "color") if fits else ()):
        annotations["ome-zarr/omero"] = display
    if image.scaling is not None and any(image.scaling.shift):
        shifts = {axis.name: n for axis, n in zip(image.axes, image.scaling.shift, strict=True) if n}
        units = {f"{axis.name} unit": axis.unit for axis in image.axes if axis.name in shifts and axis.unit}
        annotations["ome-zarr/translation"] = {**shifts, **units}
    name = image.name.strip()
    return Facts(
        name=Fact(image.name, "file", "multiscales: name") if name and name != "/" else None,
        channels=tuple(map(_channel, described)) if fits else (),
        annotations=annotations,
        **{_SLOTS[letter]: fact for letter, fact in sizes.facts.items()},  # type: ignore[arg-type]
    )


def _channel(stated: Mapping[str, Any]) -> Channel:
    label, color = text(stated.get("label")), text(stated.get("color"))
    rgb = re.fullmatch(r"#?([0-9A-Fa-f]{6})", color)
    value = None
    if rgb:
        value = int(rgb[1], 16) << 8 | 0xFF  # RGBA, as a signed number: ome.xsd, Color
        value -= 1 << 32 if value >= 1 << 31 else 0
    return Channel(
        name=Fact(label, "file", "omero: channel label") if label.strip() else None,
        color=None if value is None else Fact(value, "file", "omero: channel color"),
    )


def channel_warning(omero: Any, channels: int, samples: int = 1) -> tuple[str, ...]:
    """A warning if the metadata describes another number of channels, or of samples, than the pixels have."""
    count = len(items(mapping(omero).get("channels")))
    if count in (0, channels, channels * samples):
        return ()
    return (f"omero describes {count} channels, the image has {channels}: their names are left out",)


def _display(
    omero: Mapping[str, Any], channels: Sequence[Mapping[str, Any]], modelled: Sequence[str]
) -> dict[str, Any]:
    """How the image is to be shown: what OME's model has no place for."""
    values: dict[str, Any] = {}
    for index, channel in enumerate(channels):
        if rest := {key: value for key, value in channel.items() if key not in modelled}:
            values[f"Channel {index}"] = json.dumps(rest)
    for key, value in omero.items():
        if key != "channels":
            values[key] = value if isinstance(value, (str, int, float, bool)) else json.dumps(value)
    return values


def combined(xml: str, index: int, channels: int, own: Facts) -> Facts:
    """The facts in the OME-XML, and those of the group where it states none."""
    stated = ome_facts(xml, index, channels=channels)
    if _OURS in stated.annotations:  # OMIO wrote both: what the OME-XML does not state is unknown
        return stated.over(replace(own, name=None, channels=(), annotations={}))
    if len(stated.channels) == len(own.channels):
        pairs = zip(stated.channels, own.channels, strict=True)
        merged = tuple(replace(one, name=one.name or o.name, color=one.color or o.color) for one, o in pairs)
        stated = replace(stated, channels=merged)
    return stated.over(own)
