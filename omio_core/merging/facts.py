"""The metadata of a merge: facts that agree, facts that differ, and the record of every input; it reads no pixel.

What differs is decided by the policy `conflict`; whatever is decided, each input's own word stays in the record, the
annotation ``"omio/merge"``.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from omio_core.errors import MetadataWarning, first_few, warn
from omio_core.geometry.axes import CANONICAL
from omio_core.metadata.facts import PLANE_COLUMNS, Channel, Fact, Facts, Planes
from omio_core.metadata.model import Metadata
from omio_core.metadata.namespaces import MERGE, omio_version
from omio_core.wording import worded

from .conflicts import Conflicts
from .recipe import Merge
from .record import entries
from .times import Clock, Step, clock, delta_t, even, steps, z_steps

_FEW = 8  # names in a message


def join(merge: Merge) -> Metadata:
    """The metadata of a merge.

    Raises
    ------
    MetadataConflictError
        Inputs state different values, and the policy forbids that.
    """
    inputs = [image.metadata for image in merge.inputs]
    labels = _labels(merge)
    conflicts = Conflicts(labels, merge.conflict)
    sizes = {
        axis: conflicts.resolve(
            f"PhysicalSize{axis}",
            "size",
            [getattr(one.facts, f"physical_size_{axis.lower()}") for one in inputs],
            [axis in ("X", "Y", merge.axis) or one.shape[1] > 1 for one in inputs],
        )
        for axis in "XYZ"
    }
    began = clock(inputs)
    times = delta_t(inputs, began)
    increment, found = _increment(merge, inputs, conflicts, began, times)
    if merge.axis == "Z":
        found = z_steps(inputs, sizes["Z"].value if sizes["Z"] else None)
    facts = Facts(
        name=_name(inputs),
        physical_size_x=sizes["X"],
        physical_size_y=sizes["Y"],
        physical_size_z=sizes["Z"],
        time_increment=increment,
        channels=_channels(merge, inputs, conflicts),
        acquisition_date=_date(merge, inputs, conflicts),
        objective=conflicts.resolve("Objective", "fact", [one.facts.objective for one in inputs]),
        planes=_planes(merge, inputs, conflicts, began, times),
        annotations=_annotations(inputs, conflicts),
    )
    breaks = list(_breaks(merge, found, labels))
    _warn(merge, conflicts, breaks)
    whole = Metadata(
        shape=merge.shape,
        dtype=merge.dtype,
        samples=merge.samples,
        facts=facts,
        assumptions=_assumptions(inputs, labels, conflicts),
        provenance={
            "omio": omio_version(),
            "merged": {"axis": merge.axis, "inputs": len(inputs)},
            "policies": {"shapes": merge.shapes, "dtypes": merge.dtypes, "conflict": merge.conflict},
        },
    )
    record: dict[str, Any] = {"axis": merge.axis, "inputs": entries(merge, inputs, whole)}
    told = {"conflicts": conflicts.entries, "gaps": breaks, "notes": conflicts.notes}
    record |= {key: value for key, value in told.items() if value}
    return replace(whole, facts=replace(facts, annotations={**facts.annotations, MERGE: record}))


def _labels(merge: Merge) -> list[tuple[str, str]]:
    """What each input is called, with its folder and without; by number too where that does not tell it apart."""
    found = [(image.picture.label(), image.picture.label(folder=False)) for image in merge.inputs]
    times = Counter(short for _, short in found)
    return [
        (full, short) if times[short] == 1 else (f"input {i} ({full})", f"input {i} ({short})")
        for i, (full, short) in enumerate(found)
    ]


def _name(inputs: Sequence[Metadata]) -> Fact[str] | None:
    first = inputs[0].facts.name
    same = first is not None and all(one.facts.name and one.facts.name.value == first.value for one in inputs)
    return first if same else None


# --- time


def _increment(
    merge: Merge,
    inputs: Sequence[Metadata],
    conflicts: Conflicts,
    began: Clock,
    times: Sequence[NDArray[np.float64] | None],
) -> tuple[Fact[float] | None, list[Step]]:
    """TimeIncrement if it is true of the whole, and the steps between inputs that follow each other in time."""
    stated = [one.facts.time_increment for one in inputs]
    if merge.axis != "T":
        return conflicts.resolve("TimeIncrement", "time", stated, [one.shape[0] > 1 for one in inputs]), []
    differs = conflicts.differs("TimeIncrement", "time", [fact.value if fact else None for fact in stated])
    known = next((fact for fact in stated if fact is not None), None)
    found = steps(inputs, began, times, known.value if known and not differs else None)
    if known is None:
        return None, found
    if differs:
        # whatever the policy: no one increment is true of the whole
        conflicts.entries[-1] |= {"action": "null", "value": None, "from": None}
        return None, found
    true, why = even(inputs, found)
    if not true:
        conflicts.notes.append(f"TimeIncrement, {known.value:g} s in the inputs, is unknown of the whole: {why}")
        return None, found
    if why:
        conflicts.assumptions.append(f"TimeIncrement {known.value:g} s: {why}")
    return known, found


def _date(merge: Merge, inputs: Sequence[Metadata], conflicts: Conflicts) -> Fact[str] | None:
    """When the first input began: DeltaT counts from there, so that another's date never stands in for it."""
    dates = [one.facts.acquisition_date for one in inputs]
    if merge.axis != "T":
        action = conflicts.differs("AcquisitionDate", "fact", [fact.value if fact else None for fact in dates])
        if action == "null":
            return None
    return dates[0]


def _breaks(merge: Merge, found: Sequence[Step], labels: Sequence[tuple[str, str]]) -> Iterator[dict[str, Any]]:
    """Gaps and overlaps, as they are recorded."""
    unit = "s" if merge.axis == "T" else "µm"
    along = CANONICAL.index(merge.axis)
    for step in found:
        if step.kind is not None:
            yield {
                "kind": step.kind,
                "after": labels[step.after][1],
                "before": labels[step.after + 1][1],
                "at": merge.places[step.after + 1].spans[along][0],
                "step": step.length,
                "usual": None if math.isnan(step.usual) else step.usual,
                "unit": unit,
            }


# --- planes, channels, annotations


def _planes(
    merge: Merge,
    inputs: Sequence[Metadata],
    conflicts: Conflicts,
    began: Clock,
    times: Sequence[NDArray[np.float64] | None],
) -> Planes | None:
    """The tables of all inputs at their places; NaN where nothing is known, and where there is only padding."""
    columns: dict[str, NDArray[np.float64]] = {}
    shape = (merge.shape[0], merge.shape[1], merge.shape[2] // merge.samples)
    for one, place, time in zip(inputs, merge.places, times, strict=True):
        t, z, c = (slice(*span) for span in place.spans[:3])
        at = (t, z, slice(c.start // merge.samples, c.stop // merge.samples))
        tables = dict(one.facts.planes.columns) if one.facts.planes is not None else {}
        tables.pop("DeltaT", None)
        if time is not None:
            tables["DeltaT"] = time
        for name, table in tables.items():
            if name not in columns:
                columns[name] = np.full(shape, np.nan)
            columns[name][at] = table
    lost = sum(
        one.facts.planes is not None and "DeltaT" in one.facts.planes.columns and begin is None
        for one, begin in zip(inputs, began.begins, strict=True)
    )
    if lost:
        conflicts.notes.append(
            f"DeltaT of {lost} of {len(inputs)} inputs is unknown: it counts from when they began, "
            "and no AcquisitionDates say how long after the first that was"
        )
    if not columns:
        return None
    columns = {name: columns[name] for name in PLANE_COLUMNS if name in columns}
    sources = {(one.facts.planes.origin, one.facts.planes.where) for one in inputs if one.facts.planes is not None}
    counted = "DeltaT" in columns and any(began.begins)  # from another moment than in the inputs
    if len(sources) == 1 and not counted and not lost:
        origin, where = sources.pop()
        return Planes(columns=columns, origin=origin, where=where)
    where = "the planes of the inputs" + ("; DeltaT from the AcquisitionDate of the first" if counted else "")
    return Planes(columns=columns, origin="derived", where=where)


_CHANNEL_FACTS = {
    "name": "Name", "color": "Color", "excitation": "ExcitationWavelength", "emission": "EmissionWavelength",
    "fluor": "Fluor",
}  # fmt: skip


def _channels(merge: Merge, inputs: Sequence[Metadata], conflicts: Conflicts) -> tuple[Channel, ...]:
    """Along C the channels of all inputs one after another; else one of each, settled fact by fact."""
    if not any(one.facts.channels for one in inputs):
        return ()
    if merge.axis == "C":
        return tuple(channel for one in inputs for channel in one.channels)
    found = []
    described = [one.channels for one in inputs]
    for k in range(merge.shape[2] // merge.samples):
        # an input that padding has given the channel says nothing of it
        kept = [channels[k] if k < len(channels) else None for channels in described]
        asked = [one is not None for one in kept]
        facts = {
            slot: conflicts.resolve(
                f"Channels[{k}].{name}", "fact", [None if one is None else getattr(one, slot) for one in kept], asked
            )
            for slot, name in _CHANNEL_FACTS.items()
        }
        found.append(Channel(**facts, samples=merge.samples))
    return tuple(found)


def _annotations(inputs: Sequence[Metadata], conflicts: Conflicts) -> dict[str, Mapping[str, Any]]:
    """Annotations of all inputs, key by key; what of an input is not kept here stays in its entry of the record."""
    found: dict[str, dict[str, Any]] = {}
    names = dict.fromkeys(name for one in inputs for name in one.facts.annotations if name != MERGE)
    for namespace in names:
        contents = [one.facts.annotations.get(namespace, {}) for one in inputs]
        found[namespace] = {}
        for key in dict.fromkeys(key for content in contents for key in content):
            values = [content.get(key) for content in contents]
            action = conflicts.differs(f"Annotations[{namespace}][{key}]", "annotation", values)
            if action != "null":
                found[namespace][key] = next((value for value in values if value is not None), None)
    return {name: content for name, content in found.items() if content}


# --- what is told


def _assumptions(
    inputs: Sequence[Metadata], labels: Sequence[tuple[str, str]], conflicts: Conflicts
) -> tuple[str, ...]:
    """What the inputs assumed, each sentence once with whose it is; then what merging assumed."""
    whose: dict[str, list[str]] = {}
    for one, (_, short) in zip(inputs, labels, strict=True):
        for sentence in dict.fromkeys(one.assumptions):
            whose.setdefault(sentence, []).append(short)
    told = []
    for sentence, names in whose.items():
        if len(names) == len(inputs):
            told.append(f"all inputs: {sentence}")
        else:
            told.append(f"{_listed(names)}: {sentence}")
    return (*told, *conflicts.assumptions)


def _listed(names: Sequence[str]) -> str:
    return first_few(names, _FEW, last=" ")


def _warn(merge: Merge, conflicts: Conflicts, breaks: Sequence[Mapping[str, Any]]) -> None:
    """One warning on facts that differ, one on gaps; annotations differ as a rule, and are only recorded."""
    facts = [one for one in conflicts.entries if not one["fact"].startswith("Annotations[")]
    if facts:
        told = _listed([
            f"{one['fact']} (that of {one['from']})" if one["action"] == "first" else f"{one['fact']} (now unknown)"
            for one in facts
        ])  # fmt: skip
        warn(
            worded(
                "the images merged along {} state different values, decided by the policy {conflict!r}: {}; "
                "each input's own are in the annotation {}",
                merge.axis,
                told,
                repr(MERGE),
                conflict=merge.conflict,
            ),
            MetadataWarning,
        )
    if breaks:
        told = _listed([
            f"{one['kind']} between {one['after']} and {one['before']} (a step of {one['step']:g} {one['unit']}"
            + (f", {one['usual']:g} {one['unit']} is usual)" if one["usual"] is not None else ")")
            for one in breaks
        ])  # fmt: skip
        warn(f"the images merged along {merge.axis} do not follow each other evenly: {told}", MetadataWarning)
