"""From the public dict, metadata as plain, JSON-able values, to the model; it knows no format.

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
``Channels``                              a list, one dict per channel: ``Name``, ``Color`` (signed 32-bit RGBA;
                                          `from_dict` also takes unsigned ones, such as 0xFF0000FF),
                                          ``ExcitationWavelength`` and ``EmissionWavelength`` (nanometres), ``Fluor``,
                                          ``SamplesPerPixel``; None where unknown
``Planes``                                tables over (T, Z, channel) as nested lists, None where unknown: ``DeltaT``,
                                          ``ExposureTime`` (seconds), ``PositionX``, ``Y``, ``Z`` (micrometres)
``Annotations``                           from a namespace to a flat dict: provenance, assumptions, origins, and
                                          everything that has no place above
========================================  ===========================================================================
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from numbers import Real
from typing import Any

from omio_core.errors import AmbiguousAxesError, MetadataError
from omio_core.geometry.axes import CANONICAL, of_array
from omio_core.geometry.letters import check, example, text
from omio_core.wording import advise

from . import checks
from .checks import shown
from .facts import PLANE_COLUMNS, SMALLEST_SIZE, Channel, Fact, Facts, Planes
from .model import CHANNEL_KEYS, Metadata
from .namespaces import ASSUMPTIONS
from .plain import checked
from .units import MICROMETRE, SECOND

_KEYS = (
    "axes", "shape", *(f"Size{a}" for a in CANONICAL), "SamplesPerPixel", "Name", "PhysicalSizeX", "PhysicalSizeXUnit",
    "PhysicalSizeY", "PhysicalSizeYUnit", "PhysicalSizeZ", "PhysicalSizeZUnit", "TimeIncrement", "TimeIncrementUnit",
    "AcquisitionDate", "Objective", "Channels", "Planes", "Annotations",
)  # fmt: skip

CACHE_KEYS = ("omio_cache_folder", "omio_zarr_store_path", "omio_zarr_store_name", "omio_zarr_store_type")
"""Folder, path, name and kind of a zarr array: they say where the pixels are, not what they are, and are left out."""


def from_dict(public: Mapping[str, Any], shape: Sequence[int], dtype: str) -> Metadata:
    """Make the metadata of a TZCYX picture from a public dict; every value gets the origin "caller".

    Parameters
    ----------
    public
        A dict as `to_dict` returns it, or any part of one.
    shape, dtype
        TZCYX shape and dtype of the pixels that the metadata describe.

    Raises
    ------
    AmbiguousAxesError
        The axes are not those of an image.
    MetadataError
        A key is unknown, a value has a wrong type, or lengths contradict `shape`.
    """
    if unknown := [key for key in public if key not in _KEYS and key not in CACHE_KEYS]:
        near = difflib.get_close_matches(str(unknown[0]), _KEYS, n=1)
        raise MetadataError(
            f"metadata have no key {unknown[0]!r}",
            evidence=f"the keys are {', '.join(_KEYS)}",
            remedy=f"did you mean {near[0]!r}?" if near else "put what is your own under Annotations, in a namespace",
        )
    if public.get("axes") is not None:
        check(public["axes"])
    _refuse_other_lengths(public, shape)
    samples = checks.count(public, "SamplesPerPixel")
    facts = Facts(
        name=_fact(public, "Name", str),
        physical_size_x=_size(public, "PhysicalSizeX", MICROMETRE),
        physical_size_y=_size(public, "PhysicalSizeY", MICROMETRE),
        physical_size_z=_size(public, "PhysicalSizeZ", MICROMETRE),
        time_increment=_size(public, "TimeIncrement", SECOND),
        channels=_channels(public),
        acquisition_date=_fact(public, "AcquisitionDate", str),
        objective=_objective(public),
        planes=_planes(public, tuple(shape), samples),
        annotations=_annotations(public),
    )
    return Metadata(shape=tuple(shape), dtype=dtype, samples=samples, facts=facts).with_record()


def axes_of(public: Mapping[str, Any] | None, shape: Sequence[int], axes: str | None = None) -> str:
    """The axes of an array: the caller's, else the dict's, else TZCYX for five axes and YX for two.

    Two and five axes are unambiguous: the caller need not name them.

    Raises
    ------
    AmbiguousAxesError
        The axes are not stated, or do not fit the number of axes of the array.
    """
    stated = axes if axes is not None else (public or {}).get("axes")
    if stated is None and len(shape) in (2, 5):
        stated = "YX" if len(shape) == 2 else CANONICAL
    if stated is None or len(text(stated)) != len(shape):
        remedy = advise("name them: {axes}, one letter an axis of the array", axes=example(len(shape)))
        if len(shape) < 2:
            remedy = advise("an image has the axes Y and X: array.reshape(1, -1), and {axes}", axes="YX")
        raise AmbiguousAxesError(
            f"the axes of an array of shape {tuple(shape)} are {'unknown' if stated is None else f'not {stated!r}'}",
            evidence=f"{len(shape)} axes in the array"
            + (", and nobody named them" if stated is None else f", {len(stated)} letters in {stated!r}"),
            remedy=remedy,
            shape=tuple(shape),
            axes=stated,
        )
    of_array(stated, shape)
    return str(stated)


def _refuse_other_lengths(public: Mapping[str, Any], shape: Sequence[int]) -> None:
    stated = {f"Size{axis}": public.get(f"Size{axis}") for axis in CANONICAL}
    contradictions = [
        f"{key} is {shown(value)}, the array has {length}"
        for (key, value), length in zip(stated.items(), shape, strict=True)
        if value is not None and (isinstance(value, bool) or not isinstance(value, Real) or value != length)
    ]
    stated_shape = checks.shape(public.get("shape"))
    if stated_shape is not None and public.get("axes", CANONICAL) == CANONICAL and stated_shape != tuple(shape):
        contradictions.append(f"shape is {list(stated_shape)}, the array has {list(shape)}")
    if contradictions:
        raise MetadataError(
            "the metadata describe another array",
            evidence="; ".join(contradictions),
            remedy="correct axes, shape and Size* in the dict, or leave them out",
        )


def _fact(public: Mapping[str, Any], key: str, kind: type[Any]) -> Fact[Any] | None:
    value = public.get(key)
    if value is None:
        return None
    if not isinstance(value, kind):
        raise MetadataError(f"{key} must be a {kind.__name__}", evidence=f"it is {shown(value)}", key=key)
    return Fact(value, "caller", f"metadata[{key!r}]")


def _size(public: Mapping[str, Any], key: str, unit: str) -> Fact[float] | None:
    from .units import micrometres, seconds

    value = public.get(key)
    if value is None:
        return None
    unit_fact = _fact(public, f"{key}Unit", str)
    if isinstance(value, bool) or not isinstance(value, Real):
        raise MetadataError(f"{key} must be a number or None", evidence=f"it is {shown(value)}", key=key)
    spelling, stated = unit_fact.value if unit_fact and unit_fact.value else unit, checks.real(value)
    converted = (micrometres if unit == MICROMETRE else seconds)(stated, spelling)
    smallest = SMALLEST_SIZE if unit == MICROMETRE else 0.0
    if converted is None or not converted > smallest or checks.positive(converted) is None:
        raise MetadataError(
            f"{key} = {shown(value)} {spelling} is no size",
            evidence=f"sizes are finite 32-bit numbers, above {smallest:g} {unit}, and in a unit of length or time",
            remedy="use None where it is unknown",
            key=key,
        )
    return Fact(converted, "caller", f"metadata[{key!r}]")


def _objective(public: Mapping[str, Any]) -> Fact[Any] | None:
    if (fact := _fact(public, "Objective", dict)) is None:
        return None
    return replace(fact, value=checked("Objective", fact.value))


def _channels(public: Mapping[str, Any]) -> tuple[Channel, ...]:
    entries = public.get("Channels")
    if entries is None:
        return ()
    if not isinstance(entries, Sequence) or isinstance(entries, str):
        raise MetadataError("Channels must be a list", evidence=f"it is {shown(entries)}", key="Channels")
    channels = [_channel(index, entry) for index, entry in enumerate(entries)]
    return tuple(channels) if any(c != Channel(samples=c.samples) for c in channels) else ()


_CHANNEL_VALUES: Mapping[str, tuple[Callable[[Any], Any], str]] = {
    "Name": (checks.text, "a text"),
    "Color": (checks.color, "a whole number, RGBA in 32 bits"),
    "ExcitationWavelength": (checks.positive, "a 32-bit number of nanometres above 0"),
    "EmissionWavelength": (checks.positive, "a 32-bit number of nanometres above 0"),
    "Fluor": (checks.text, "a text"),
}
"""For each key: the function that converts a value, or returns None if it is not valid; and what is valid."""


def _channel(index: int, entry: Any) -> Channel:
    where = f"metadata['Channels'][{index}]"
    if not isinstance(entry, Mapping) or any(key not in (*CHANNEL_KEYS, "SamplesPerPixel") for key in entry):
        raise MetadataError(
            f"Channels[{index}] is no channel",
            evidence=f"it is {shown(entry)}",
            remedy=f"give a dict with some of {', '.join(CHANNEL_KEYS)}, SamplesPerPixel",
        )
    facts: dict[str, Fact[Any]] = {}
    for key, slot in CHANNEL_KEYS.items():
        if (value := entry.get(key)) is None:
            continue
        convert, valid = _CHANNEL_VALUES[key]
        if (converted := convert(value)) is None:
            raise MetadataError(
                f"Channels[{index}] is no channel: {key} must be {valid}",
                evidence=f"it is {shown(value)}",
                remedy="use None where it is unknown",
                key=key,
            )
        facts[slot] = Fact(converted, "caller", where)
    return Channel(**facts, samples=checks.count(entry, "SamplesPerPixel"))


def _annotations(public: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    annotations = public.get("Annotations")
    if annotations is None:
        return {}
    if not isinstance(annotations, Mapping) or not all(
        isinstance(name, str) and isinstance(content, Mapping) for name, content in annotations.items()
    ):
        raise MetadataError(
            "Annotations must be a dict of dicts by namespace, a text",
            evidence=f"they are {shown(annotations)}",
            remedy="{'namespace': {'key': ..}}",
        )
    contents: dict[str, Mapping[str, Any]] = {
        name: checked(f"Annotations[{name!r}]", content) for name, content in annotations.items()
    }
    assumptions = contents.get(ASSUMPTIONS, {}).get("assumption", [])
    if not isinstance(assumptions, str) and not (
        isinstance(assumptions, list) and all(isinstance(a, str) for a in assumptions)
    ):
        raise MetadataError(
            f"Annotations[{ASSUMPTIONS!r}]['assumption'] must be a list of sentences",
            evidence=f"it is {shown(assumptions)}",
            remedy="leave it out, or take a namespace of your own",
        )
    return contents


def _planes(public: Mapping[str, Any], shape: tuple[int, ...], samples: int) -> Planes | None:
    tables = public.get("Planes")
    if tables is None:
        return None
    import numpy as np

    expected = (shape[0], shape[1], shape[2] // samples)
    columns = {}
    if not isinstance(tables, Mapping):
        raise MetadataError("Planes must be a dict of tables", evidence=f"it is {shown(tables)}", key="Planes")
    for name, table in tables.items():
        try:
            column = np.array(table, dtype=np.float64)  # None becomes NaN
        except (TypeError, ValueError, OverflowError):
            column = np.empty(0)
        if name not in PLANE_COLUMNS or column.shape != expected:
            raise MetadataError(
                f"Planes[{name!r}] is no table of this picture",
                evidence=f"its shape is {column.shape}, the picture has (T, Z, channels) = {expected}",
                remedy=f"the tables are {', '.join(PLANE_COLUMNS)}, nested lists over T, Z and channel",
            )
        if (beyond := np.argwhere(np.abs(column) > checks.MOST_FLOAT)).size:
            t, z, c = beyond[0].tolist()
            raise MetadataError(
                f"Planes[{name!r}] cannot be written",
                evidence=f"{column[t, z, c]} at T{t} Z{z} C{c}; OME's numbers are finite and have 32 bits",
                remedy="use None where it is unknown",
            )
        columns[name] = column
    return Planes(columns=columns, origin="caller", where="metadata['Planes']") if columns else None
