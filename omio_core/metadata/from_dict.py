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
``Channels``                              a list of one dict a channel: ``Name``, ``Color`` (signed 32-bit RGBA;
                                          given to `from_dict` also unsigned, such as 0xFF0000FF),
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
    AmbiguousAxesError
        The axes are none that an image has.
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
    if public.get("axes") is not None:
        check(public["axes"])
    _refuse_other_lengths(public, shape)
    samples = checks.count(public, "SamplesPerPixel")
    facts = Facts(
        name=_stated(public, "Name", str),
        physical_size_x=_measured(public, "PhysicalSizeX", MICROMETRE),
        physical_size_y=_measured(public, "PhysicalSizeY", MICROMETRE),
        physical_size_z=_measured(public, "PhysicalSizeZ", MICROMETRE),
        time_increment=_measured(public, "TimeIncrement", SECOND),
        channels=_channels_in(public),
        acquisition_date=_stated(public, "AcquisitionDate", str),
        objective=_objective_in(public),
        planes=_planes_in(public, tuple(shape), samples),
        annotations=_annotations_in(public),
    )
    return Metadata(shape=tuple(shape), dtype=dtype, samples=samples, facts=facts).with_record()


def axes_of(public: Mapping[str, Any] | None, shape: Sequence[int], axes: str | None = None) -> str:
    """What the axes of an array are: the caller's word, the dict's, or TZCYX and YX, which nobody can mistake.

    Raises
    ------
    AmbiguousAxesError
        Nobody said it, or what was said does not fit the number of axes.
    """
    said = axes if axes is not None else (public or {}).get("axes")
    if said is None and len(shape) in (2, 5):
        said = "YX" if len(shape) == 2 else CANONICAL
    if said is None or len(text(said)) != len(shape):
        remedy = advise("name them: {axes}, one letter an axis of the array", axes=example(len(shape)))
        if len(shape) < 2:
            remedy = advise("an image has the axes Y and X: array.reshape(1, -1), and {axes}", axes="YX")
        raise AmbiguousAxesError(
            f"the axes of an array of shape {tuple(shape)} are {'unknown' if said is None else f'not {said!r}'}",
            evidence=f"{len(shape)} axes in the array"
            + (", and nobody named them" if said is None else f", {len(said)} letters in {said!r}"),
            remedy=remedy,
            shape=tuple(shape),
            axes=said,
        )
    of_array(said, shape)
    return str(said)


def _refuse_other_lengths(public: Mapping[str, Any], shape: Sequence[int]) -> None:
    said = {f"Size{axis}": public.get(f"Size{axis}") for axis in CANONICAL}
    wrong = [
        f"{key} is {shown(value)}, the array has {length}"
        for (key, value), length in zip(said.items(), shape, strict=True)
        if value is not None and (isinstance(value, bool) or not isinstance(value, Real) or value != length)
    ]
    stated = checks.shape(public.get("shape"))
    if stated is not None and public.get("axes", CANONICAL) == CANONICAL and stated != tuple(shape):
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
        raise MetadataError(f"{key} must be a {kind.__name__}", evidence=f"it is {shown(value)}", key=key)
    return Fact(value, "caller", f"metadata[{key!r}]")


def _measured(public: Mapping[str, Any], key: str, unit: str) -> Fact[float] | None:
    from .units import micrometres, seconds

    value = public.get(key)
    if value is None:
        return None
    spelled = _stated(public, f"{key}Unit", str)
    if isinstance(value, bool) or not isinstance(value, Real):
        raise MetadataError(f"{key} must be a number or None", evidence=f"it is {shown(value)}", key=key)
    spelling, given = spelled.value if spelled and spelled.value else unit, checks.real(value)
    converted = (micrometres if unit == MICROMETRE else seconds)(given, spelling)
    least = SMALLEST_SIZE if unit == MICROMETRE else 0.0
    if converted is None or not converted > least or checks.positive(converted) is None:
        raise MetadataError(
            f"{key} = {shown(value)} {spelling} is no size",
            evidence=f"sizes are finite 32-bit numbers, above {least:g} {unit}, and in a unit of length or time",
            remedy="use None where it is unknown",
            key=key,
        )
    return Fact(converted, "caller", f"metadata[{key!r}]")


def _objective_in(public: Mapping[str, Any]) -> Fact[Any] | None:
    if (stated := _stated(public, "Objective", dict)) is None:
        return None
    return replace(stated, value=checked("Objective", stated.value))


def _channels_in(public: Mapping[str, Any]) -> tuple[Channel, ...]:
    entries = public.get("Channels")
    if entries is None:
        return ()
    if not isinstance(entries, Sequence) or isinstance(entries, str):
        raise MetadataError("Channels must be a list", evidence=f"it is {shown(entries)}", key="Channels")
    channels = [_channel_in(index, entry) for index, entry in enumerate(entries)]
    return tuple(channels) if any(c != Channel(samples=c.samples) for c in channels) else ()


_CHANNEL_VALUES: Mapping[str, tuple[Callable[[Any], Any], str]] = {
    "Name": (checks.text, "a text"),
    "Color": (checks.color, "a whole number, RGBA in 32 bits"),
    "ExcitationWavelength": (checks.positive, "a 32-bit number of nanometres above 0"),
    "EmissionWavelength": (checks.positive, "a 32-bit number of nanometres above 0"),
    "Fluor": (checks.text, "a text"),
}
"""Of each key what makes the value that is kept, None where it is none, and what it must be."""


def _channel_in(index: int, entry: Any) -> Channel:
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
        make, what = _CHANNEL_VALUES[key]
        if (kept := make(value)) is None:
            raise MetadataError(
                f"Channels[{index}] is no channel: {key} must be {what}",
                evidence=f"it is {shown(value)}",
                remedy="use None where it is unknown",
                key=key,
            )
        facts[slot] = Fact(kept, "caller", where)
    return Channel(**facts, samples=checks.count(entry, "SamplesPerPixel"))


def _annotations_in(public: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    found = public.get("Annotations")
    if found is None:
        return {}
    if not isinstance(found, Mapping) or not all(
        isinstance(name, str) and isinstance(content, Mapping) for name, content in found.items()
    ):
        raise MetadataError(
            "Annotations must be a dict of dicts by namespace, a text",
            evidence=f"they are {shown(found)}",
            remedy="{'namespace': {'key': ..}}",
        )
    plain: dict[str, Mapping[str, Any]] = {
        name: checked(f"Annotations[{name!r}]", content) for name, content in found.items()
    }
    assumed = plain.get(ASSUMPTIONS, {}).get("assumption", [])
    if not isinstance(assumed, str) and not (isinstance(assumed, list) and all(isinstance(a, str) for a in assumed)):
        raise MetadataError(
            f"Annotations[{ASSUMPTIONS!r}]['assumption'] must be a list of sentences",
            evidence=f"it is {shown(assumed)}",
            remedy="leave it out, or take a namespace of your own",
        )
    return plain


def _planes_in(public: Mapping[str, Any], shape: tuple[int, ...], samples: int) -> Planes | None:
    tables = public.get("Planes")
    if tables is None:
        return None
    import numpy as np

    wanted = (shape[0], shape[1], shape[2] // samples)
    columns = {}
    if not isinstance(tables, Mapping):
        raise MetadataError("Planes must be a dict of tables", evidence=f"it is {shown(tables)}", key="Planes")
    for name, table in tables.items():
        try:
            column = np.array(table, dtype=np.float64)  # None becomes NaN
        except (TypeError, ValueError, OverflowError):
            column = np.empty(0)
        if name not in PLANE_COLUMNS or column.shape != wanted:
            raise MetadataError(
                f"Planes[{name!r}] is no table of this picture",
                evidence=f"its shape is {column.shape}, the picture has (T, Z, channels) = {wanted}",
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
