"""The public dict: metadata as plain, JSON-able values, and back; it knows no format.

========================================  ===========================================================================
key                                       value
========================================  ===========================================================================
``axes``                                  ``"TZCYX"``
``shape``                                 five lengths
``SizeT`` ... ``SizeX``                   the same lengths
``SamplesPerPixel``                       3 for RGB (C index c*3 + s is sample s of channel c), else 1
``Name``                                  the image's name, or None
``PhysicalSizeX``, ``Y``, ``Z``           micrometres, or None
``PhysicalSizeXUnit``, ...                ``"µm"``, or None where the size is unknown
``TimeIncrement``, ``TimeIncrementUnit``  seconds and ``"s"``, or None
``AcquisitionDate``                       ISO 8601, or None
``Objective``                             OME's attributes of the objective, or None
``Channels``                              a list of one dict a channel: ``Name``, ``Color`` (signed 32-bit RGBA),
                                          ``ExcitationWavelength`` and ``EmissionWavelength`` (nanometres), ``Fluor``,
                                          ``SamplesPerPixel``; None where unknown
``Planes``                                tables over (T, Z, channel) as nested lists, None where unknown: ``DeltaT``,
                                          ``ExposureTime`` (seconds), ``PositionX``, ``Y``, ``Z`` (micrometres)
``Annotations``                           from a namespace to a flat dict: provenance, assumptions, origins, and all
                                          that has no place above
========================================  ===========================================================================
"""

from __future__ import annotations

import difflib
import math
from collections.abc import Mapping, Sequence
from numbers import Real
from typing import Any

from .axes import CANONICAL, layout
from .errors import AmbiguousAxesError, MetadataError
from .facts import PLANE_COLUMNS, SMALLEST_SIZE, Annotations, Channel, Fact, Facts, Planes
from .metadata import Metadata
from .provenance import ASSUMPTIONS, ORIGINS, PROVENANCE
from .units import MICROMETRE, SECOND

_CHANNEL_KEYS = {
    "Name": "name",
    "Color": "color",
    "ExcitationWavelength": "excitation",
    "EmissionWavelength": "emission",
    "Fluor": "fluor",
}
_CHANNEL_KINDS: Mapping[str, tuple[type[Any], ...]] = {
    "Name": (str,), "Color": (int,), "ExcitationWavelength": (int, float), "EmissionWavelength": (int, float),
    "Fluor": (str,), "SamplesPerPixel": (int,),
}  # fmt: skip
_KEYS = (
    "axes", "shape", *(f"Size{a}" for a in CANONICAL), "SamplesPerPixel", "Name", "PhysicalSizeX", "PhysicalSizeXUnit",
    "PhysicalSizeY", "PhysicalSizeYUnit", "PhysicalSizeZ", "PhysicalSizeZUnit", "TimeIncrement", "TimeIncrementUnit",
    "AcquisitionDate", "Objective", "Channels", "Planes", "Annotations",
)  # fmt: skip


def to_dict(metadata: Metadata) -> dict[str, Any]:
    """The public dict of a picture's metadata; see the module for its keys."""
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
        {key: _value(getattr(channel, slot)) for key, slot in _CHANNEL_KEYS.items()}
        | {"SamplesPerPixel": channel.samples}
        for channel in metadata.channels
    ]
    public["Planes"] = _planes_out(facts.planes)
    public["Annotations"] = {name: dict(values) for name, values in annotated(metadata).items()}
    return public


def annotated(metadata: Metadata) -> Annotations:
    """All annotations of a picture: its own, and OMIO's record of provenance, assumptions and origins."""
    found: dict[str, Mapping[str, Any]] = dict(metadata.facts.annotations)
    if metadata.provenance:
        found[PROVENANCE] = metadata.provenance
    if metadata.assumptions:
        found[ASSUMPTIONS] = {"assumption": list(metadata.assumptions)}
    origins = {name: _words(fact) for name, fact in metadata.stated() if fact is not None}
    if planes := metadata.facts.planes:
        origins["Planes"] = _words(planes)
    if origins:
        found[ORIGINS] = origins
    return found


def _words(fact: Fact[Any] | Planes) -> str:
    return f"{fact.origin}: {fact.where}" if fact.where else fact.origin


def _value(fact: Fact[Any] | None) -> Any:
    return None if fact is None else fact.value


def _planes_out(planes: Planes | None) -> dict[str, Any] | None:
    if planes is None:
        return None

    def plain(value: Any) -> Any:
        if isinstance(value, list):
            return [plain(v) for v in value]
        return value if math.isfinite(value) else None

    return {name: plain(table.tolist()) for name, table in planes.columns.items()}


def from_dict(public: Mapping[str, Any], shape: Sequence[int], dtype: str) -> Metadata:
    """Metadata of a canonical picture from a public dict; every value gets the origin "caller".

    Parameters
    ----------
    public
        A dict as `to_dict` makes it, or any part of one.
    shape, dtype
        TZCYX shape and dtype of the pixels it is to describe.

    Raises
    ------
    MetadataError
        A key is unknown, a value is of the wrong kind, or lengths disagree with `shape`.
    """
    if unknown := [key for key in public if key not in _KEYS]:
        near = difflib.get_close_matches(str(unknown[0]), _KEYS, n=1)
        raise MetadataError(
            f"metadata have no key {unknown[0]!r}",
            evidence=f"the keys are {', '.join(_KEYS)}",
            remedy=f"did you mean {near[0]!r}?" if near else "put what is your own under Annotations, in a namespace",
        )
    _refuse_other_lengths(public, shape)
    samples = _samples(public.get("SamplesPerPixel"))
    facts = Facts(
        name=_stated(public, "Name", str),
        physical_size_x=_measured(public, "PhysicalSizeX", MICROMETRE),
        physical_size_y=_measured(public, "PhysicalSizeY", MICROMETRE),
        physical_size_z=_measured(public, "PhysicalSizeZ", MICROMETRE),
        time_increment=_measured(public, "TimeIncrement", SECOND),
        channels=_channels_in(public),
        acquisition_date=_stated(public, "AcquisitionDate", str),
        objective=_stated(public, "Objective", dict),
        planes=_planes_in(public, tuple(shape), samples),
        annotations=_annotations_in(public),
    )
    return Metadata(shape=tuple(shape), dtype=dtype, samples=samples, facts=facts).settled()


def axes_of(public: Mapping[str, Any] | None, shape: Sequence[int], axes: str | None = None) -> str:
    """What the axes of an array are: the caller's word, the dict's, or TZCYX and YX, which nobody can mistake.

    Raises
    ------
    AmbiguousAxesError
        Nobody said it, or what was said does not fit the number of axes.
    """
    said = axes or (public or {}).get("axes")
    if said is not None and not isinstance(said, str):
        raise MetadataError("axes must be a text", evidence=f"they are {said!r}", remedy='such as axes="ZYX"')
    if said is None and len(shape) in (2, 5):
        said = "YX" if len(shape) == 2 else CANONICAL
    if said is None or len(said) != len(shape):
        raise AmbiguousAxesError(
            f"the axes of an array of shape {tuple(shape)} are {'unknown' if said is None else f'not {said!r}'}",
            evidence=f"{len(shape)} axes in the array"
            + (f", {len(said)} letters in {said!r}" if said else ", and nobody named them"),
            remedy='name them: axes="ZYX", one letter an axis of the array',
            shape=tuple(shape),
            axes=said,
        )
    layout(said, shape, caller=said)
    return str(said)


def _refuse_other_lengths(public: Mapping[str, Any], shape: Sequence[int]) -> None:
    said = {f"Size{axis}": public.get(f"Size{axis}") for axis in CANONICAL}
    wrong = [
        f"{key} is {said[key]}, the array has {length}"
        for key, length in zip(said, shape, strict=True)
        if said[key] is not None and said[key] != length
    ]
    stated = public.get("shape")
    if stated is not None and not isinstance(stated, Sequence):
        wrong.append(f"shape is {stated!r}, no list of lengths")
    elif stated is not None and public.get("axes", CANONICAL) == CANONICAL and list(stated) != list(shape):
        wrong.append(f"shape is {list(stated)}, the array has {list(shape)}")
    if wrong:
        raise MetadataError(
            "the metadata describe another array",
            evidence="; ".join(wrong),
            remedy="correct axes, shape and Size* in the dict, or leave them out",
        )


def _stated(public: Mapping[str, Any], key: str, kind: type[Any]) -> Fact[Any] | None:
    value = public.get(key)
    if value is None:
        return None
    if not isinstance(value, kind):
        raise MetadataError(f"{key} must be a {kind.__name__}", evidence=f"it is {value!r}", key=key)
    return Fact(value, "caller", f"metadata[{key!r}]")


def _measured(public: Mapping[str, Any], key: str, unit: str) -> Fact[float] | None:
    from .units import micrometres, seconds

    value = public.get(key)
    if value is None:
        return None
    spelled = public.get(f"{key}Unit") or unit
    if isinstance(value, bool) or not isinstance(value, Real):
        raise MetadataError(f"{key} must be a number or None", evidence=f"it is {value!r}", key=key)
    converted = (micrometres if unit == MICROMETRE else seconds)(float(value), str(spelled))
    least = SMALLEST_SIZE if unit == MICROMETRE else 0.0
    if converted is None or not converted > least:
        raise MetadataError(
            f"{key} = {value!r} {spelled} is no size",
            evidence=f"sizes are finite, above {least:g} {unit}, and in a unit of length or time",
            remedy="use None where it is unknown",
            key=key,
        )
    return Fact(converted, "caller", f"metadata[{key!r}]")


def _channels_in(public: Mapping[str, Any]) -> tuple[Channel, ...]:
    channels = []
    entries = public.get("Channels") or ()
    if not isinstance(entries, Sequence) or isinstance(entries, str):
        raise MetadataError("Channels must be a list", evidence=f"it is {entries!r}", key="Channels")
    for index, entry in enumerate(entries):
        if not isinstance(entry, Mapping) or not all(_is_of_channel(key, value) for key, value in entry.items()):
            raise MetadataError(
                f"Channels[{index}] is no channel",
                evidence=f"it is {entry!r}",
                remedy=f"give a dict with some of {', '.join(_CHANNEL_KINDS)}: texts, finite numbers, or None",
            )
        facts = {
            slot: Fact(entry[key], "caller", f"metadata['Channels'][{index}]")
            for key, slot in _CHANNEL_KEYS.items()
            if entry.get(key) is not None
        }
        channels.append(Channel(**facts, samples=entry.get("SamplesPerPixel") or 1))
    return tuple(channels) if any(c != Channel(samples=c.samples) for c in channels) else ()


def _is_of_channel(key: Any, value: Any) -> bool:
    kinds = _CHANNEL_KINDS.get(key)
    if kinds is None or isinstance(value, bool):
        return False
    return value is None or (isinstance(value, kinds) and (isinstance(value, str) or math.isfinite(value)))


def _samples(value: Any) -> int:
    if value is not None and (not isinstance(value, int) or value < 1):
        raise MetadataError("SamplesPerPixel must be a whole number above 0", evidence=f"it is {value!r}")
    return value or 1


def _annotations_in(public: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    found = public.get("Annotations") or {}
    if not isinstance(found, Mapping) or not all(isinstance(v, Mapping) for v in found.values()):
        raise MetadataError(
            "Annotations must be a dict of dicts", evidence=f"they are {found!r}", remedy="{'namespace': {'key': ..}}"
        )
    return dict(found)


def _planes_in(public: Mapping[str, Any], shape: tuple[int, ...], samples: int) -> Planes | None:
    tables = public.get("Planes")
    if not tables:
        return None
    import numpy as np

    wanted = (shape[0], shape[1], shape[2] // samples)
    columns = {}
    if not isinstance(tables, Mapping):
        raise MetadataError("Planes must be a dict of tables", evidence=f"it is {tables!r}", key="Planes")
    for name, table in tables.items():
        try:
            column = np.array(table, dtype=np.float64)  # None becomes NaN
        except (TypeError, ValueError):
            column = np.empty(0)
        if name not in PLANE_COLUMNS or column.shape != wanted:
            raise MetadataError(
                f"Planes[{name!r}] is no table of this picture",
                evidence=f"its shape is {column.shape}, the picture has (T, Z, channels) = {wanted}",
                remedy=f"the tables are {', '.join(PLANE_COLUMNS)}, nested lists over T, Z and channel",
            )
        columns[name] = column
    return Planes(columns=columns, origin="caller", where="metadata['Planes']")
