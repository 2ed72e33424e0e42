"""The metadata of a merge: facts that agree, facts that differ, and the record of every input; reads no pixel.

The policy `conflict` decides on facts that differ. Whatever it decides, the record (the annotation ``"omio/merge"``)
keeps the values that each input states.
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
from omio_core.images.explain import not_kept
from omio_core.metadata.facts import PLANE_COLUMNS, Channel, Fact, Facts, Planes
from omio_core.metadata.model import Metadata
from omio_core.metadata.namespaces import MERGE, omio_version
from omio_core.wording import worded

from .conflicts import Conflicts
from .recipe import Merge
from .record import entries
from .times import Clock, Step, clock, delta_t, even, steps, z_steps

_MOST_NAMES = 8  # names listed in a message


def join(merge: Merge) -> Metadata:
    """Return the metadata of a merge.

    Raises
    ------
    MetadataConflictError
        Inputs state different values for a fact, and the policy forbids that.
    """
    inputs = [image.metadata for image in merge.inputs]
    labels = _labels(merge)
    conflicts = Conflicts(labels, merge.conflict)
    sizes = {
        axis: conflicts.resolve(
            f"PhysicalSize{axis}",
            "size",
            [getattr(metadata.facts, f"physical_size_{axis.lower()}") for metadata in inputs],
            [axis in ("X", "Y", merge.axis) or metadata.shape[1] > 1 for metadata in inputs],
        )
        for axis in "XYZ"
    }
    starts = clock(inputs)
    times = delta_t(inputs, starts)
    increment, input_steps = _increment(merge, inputs, conflicts, starts, times)
    if merge.axis == "Z":
        input_steps = z_steps(inputs, sizes["Z"].value if sizes["Z"] else None)
    facts = Facts(
        name=_name(inputs),
        physical_size_x=sizes["X"],
        physical_size_y=sizes["Y"],
        physical_size_z=sizes["Z"],
        time_increment=increment,
        channels=_channels(merge, inputs, conflicts),
        acquisition_date=_date(merge, inputs, conflicts),
        objective=conflicts.resolve("Objective", "fact", [metadata.facts.objective for metadata in inputs]),
        planes=_planes(merge, inputs, conflicts, starts, times),
        annotations=_annotations(inputs, conflicts),
    )
    breaks = list(_breaks(merge, input_steps, labels))
    _warn(merge, conflicts, breaks)
    result = Metadata(
        shape=merge.shape,
        dtype=merge.dtype,
        samples=merge.samples,
        facts=facts,
        assumptions=_assumptions(inputs, labels, conflicts),
        provenance={
            "omio": omio_version(),
            "merged": {"axis": merge.axis, "inputs": len(inputs)},
            "policies": {"shapes": merge.shapes, "dtypes": merge.dtypes, "conflict": merge.conflict},
            **_not_kept(inputs),
        },
    )
    record: dict[str, Any] = {"axis": merge.axis, "inputs": entries(merge, inputs, result)}
    notices = {"conflicts": conflicts.entries, "gaps": breaks, "notes": conflicts.notes}
    record |= {key: value for key, value in notices.items() if value}
    return replace(result, facts=replace(facts, annotations={**facts.annotations, MERGE: record}))


def _not_kept(inputs: Sequence[Metadata]) -> dict[str, list[str]]:
    """Return what the files state and the images do not hold, each text once; empty if nothing is."""
    texts = dict.fromkeys(text for metadata in inputs for text in not_kept(metadata.provenance))
    return {"not_kept": list(texts)} if texts else {}


def _labels(merge: Merge) -> list[tuple[str, str]]:
    """Return the label of each input, with its folder and without; numbered if the label is not unique."""
    labels = [(image.picture.label(), image.picture.label(folder=False)) for image in merge.inputs]
    counts = Counter(short for _, short in labels)
    return [
        (with_folder, short) if counts[short] == 1 else (f"input {number} ({with_folder})", f"input {number} ({short})")
        for number, (with_folder, short) in enumerate(labels)
    ]


def _name(inputs: Sequence[Metadata]) -> Fact[str] | None:
    first = inputs[0].facts.name
    equal = first is not None and all(
        metadata.facts.name and metadata.facts.name.value == first.value for metadata in inputs
    )
    return first if equal else None


# --- time


def _increment(
    merge: Merge,
    inputs: Sequence[Metadata],
    conflicts: Conflicts,
    starts: Clock,
    times: Sequence[NDArray[np.float64] | None],
) -> tuple[Fact[float] | None, list[Step]]:
    """Return TimeIncrement, if it is valid for the whole merge, and the time steps between consecutive inputs."""
    stated = [metadata.facts.time_increment for metadata in inputs]
    if merge.axis != "T":
        return conflicts.resolve("TimeIncrement", "time", stated, [metadata.shape[0] > 1 for metadata in inputs]), []
    differs = conflicts.differs("TimeIncrement", "time", [fact.value if fact else None for fact in stated])
    known = next((fact for fact in stated if fact is not None), None)
    input_steps = steps(inputs, starts, times, known.value if known and not differs else None)
    if known is None:
        return None, input_steps
    if differs:
        # whatever the policy, no single increment is valid for the whole merge
        conflicts.entries[-1] |= {"action": "null", "value": None, "from": None}
        return None, input_steps
    valid, why = even(inputs, input_steps)
    if not valid:
        conflicts.notes.append(f"TimeIncrement, {known.value:g} s in the inputs, is unknown of the whole: {why}")
        return None, input_steps
    if why:
        conflicts.assumptions.append(f"TimeIncrement {known.value:g} s: {why}")
    return known, input_steps


def _date(merge: Merge, inputs: Sequence[Metadata], conflicts: Conflicts) -> Fact[str] | None:
    """Return when the first input began: DeltaT counts from there, so no other input's date may replace it."""
    dates = [metadata.facts.acquisition_date for metadata in inputs]
    if merge.axis != "T":
        action = conflicts.differs("AcquisitionDate", "fact", [fact.value if fact else None for fact in dates])
        if action == "null":
            return None
    return dates[0]


def _breaks(merge: Merge, input_steps: Sequence[Step], labels: Sequence[tuple[str, str]]) -> Iterator[dict[str, Any]]:
    """Yield the records of gaps and overlaps."""
    unit = "s" if merge.axis == "T" else "µm"
    axis_index = CANONICAL.index(merge.axis)
    for step in input_steps:
        if step.kind is not None:
            yield {
                "kind": step.kind,
                "after": labels[step.after][1],
                "before": labels[step.after + 1][1],
                "at": merge.places[step.after + 1].spans[axis_index][0],
                "step": step.length,
                "usual": None if math.isnan(step.usual) else step.usual,
                "unit": unit,
            }


# --- planes, channels, annotations


def _planes(
    merge: Merge,
    inputs: Sequence[Metadata],
    conflicts: Conflicts,
    starts: Clock,
    times: Sequence[NDArray[np.float64] | None],
) -> Planes | None:
    """Combine the plane tables of all inputs at their places; unknown values and padding are NaN."""
    columns: dict[str, NDArray[np.float64]] = {}
    shape = (merge.shape[0], merge.shape[1], merge.shape[2] // merge.samples)
    for metadata, place, time in zip(inputs, merge.places, times, strict=True):
        t, z, c = (slice(*span) for span in place.spans[:3])
        region = (t, z, slice(c.start // merge.samples, c.stop // merge.samples))
        tables = dict(metadata.facts.planes.columns) if metadata.facts.planes is not None else {}
        tables.pop("DeltaT", None)
        if time is not None:
            tables["DeltaT"] = time
        for name, table in tables.items():
            if name not in columns:
                columns[name] = np.full(shape, np.nan)
            columns[name][region] = table
    unknown_count = sum(
        metadata.facts.planes is not None and "DeltaT" in metadata.facts.planes.columns and begin is None
        for metadata, begin in zip(inputs, starts.begins, strict=True)
    )
    if unknown_count:
        conflicts.notes.append(
            f"DeltaT of {unknown_count} of {len(inputs)} inputs is unknown: it counts from when they began, "
            "and no AcquisitionDates say how long after the first that was"
        )
    if not columns:
        return None
    columns = {name: columns[name] for name in PLANE_COLUMNS if name in columns}
    sources = {
        (metadata.facts.planes.origin, metadata.facts.planes.where)
        for metadata in inputs
        if metadata.facts.planes is not None
    }
    shifted = "DeltaT" in columns and any(starts.begins)  # DeltaT counts from another moment than in the inputs
    if len(sources) == 1 and not shifted and not unknown_count:
        origin, where = sources.pop()
        return Planes(columns=columns, origin=origin, where=where)
    where = "the planes of the inputs" + ("; DeltaT from the AcquisitionDate of the first" if shifted else "")
    return Planes(columns=columns, origin="derived", where=where)


_CHANNEL_FACTS = {
    "name": "Name", "color": "Color", "excitation": "ExcitationWavelength", "emission": "EmissionWavelength",
    "fluor": "Fluor",
}  # fmt: skip


def _channels(merge: Merge, inputs: Sequence[Metadata], conflicts: Conflicts) -> tuple[Channel, ...]:
    """Return the channels: along C those of all inputs in order; else one per index, resolved fact by fact."""
    if not any(metadata.facts.channels for metadata in inputs):
        return ()
    if merge.axis == "C":
        return tuple(channel for metadata in inputs for channel in metadata.channels)
    merged = []
    described = [metadata.channels for metadata in inputs]
    for index in range(merge.shape[2] // merge.samples):
        # an input to which padding added this channel states nothing about it
        same_index = [channels[index] if index < len(channels) else None for channels in described]
        expected = [channel is not None for channel in same_index]
        facts = {
            slot: conflicts.resolve(
                f"Channels[{index}].{name}",
                "fact",
                [None if channel is None else getattr(channel, slot) for channel in same_index],
                expected,
            )
            for slot, name in _CHANNEL_FACTS.items()
        }
        merged.append(Channel(**facts, samples=merge.samples))
    return tuple(merged)


def _annotations(inputs: Sequence[Metadata], conflicts: Conflicts) -> dict[str, Mapping[str, Any]]:
    """Merge the annotations of all inputs, key by key; values left out here stay in the input's entry of the record."""
    merged: dict[str, dict[str, Any]] = {}
    names = dict.fromkeys(name for metadata in inputs for name in metadata.facts.annotations if name != MERGE)
    for namespace in names:
        contents = [metadata.facts.annotations.get(namespace, {}) for metadata in inputs]
        merged[namespace] = {}
        for key in dict.fromkeys(key for content in contents for key in content):
            values = [content.get(key) for content in contents]
            action = conflicts.differs(f"Annotations[{namespace}][{key}]", "annotation", values)
            if action != "null":
                merged[namespace][key] = next((value for value in values if value is not None), None)
    return {name: content for name, content in merged.items() if content}


# --- assumptions and warnings


def _assumptions(
    inputs: Sequence[Metadata], labels: Sequence[tuple[str, str]], conflicts: Conflicts
) -> tuple[str, ...]:
    """Return the assumptions of the inputs, each sentence once with its inputs; then those of the merge."""
    inputs_by_sentence: dict[str, list[str]] = {}
    for metadata, (_, short) in zip(inputs, labels, strict=True):
        for sentence in dict.fromkeys(metadata.assumptions):
            inputs_by_sentence.setdefault(sentence, []).append(short)
    sentences = []
    for sentence, names in inputs_by_sentence.items():
        if len(names) == len(inputs):
            sentences.append(f"all inputs: {sentence}")
        else:
            sentences.append(f"{_listed(names)}: {sentence}")
    return (*sentences, *conflicts.assumptions)


def _listed(names: Sequence[str]) -> str:
    return first_few(names, _MOST_NAMES, last=" ")


def _warn(merge: Merge, conflicts: Conflicts, breaks: Sequence[Mapping[str, Any]]) -> None:
    """Issue one warning on facts that differ and one on gaps; annotations usually differ and are only recorded."""
    facts = [item for item in conflicts.entries if not item["fact"].startswith("Annotations[")]
    if facts:
        listing = _listed([
            f"{item['fact']} (that of {item['from']})" if item["action"] == "first" else f"{item['fact']} (now unknown)"
            for item in facts
        ])  # fmt: skip
        warn(
            worded(
                "the images merged along {} state different values, decided by the policy {conflict!r}: {}; "
                "each input's own are in the annotation {}",
                merge.axis,
                listing,
                repr(MERGE),
                conflict=merge.conflict,
            ),
            MetadataWarning,
        )
    if breaks:
        listing = _listed([
            f"{item['kind']} between {item['after']} and {item['before']} (a step of {item['step']:g} {item['unit']}"
            + (f", {item['usual']:g} {item['unit']} is usual)" if item["usual"] is not None else ")")
            for item in breaks
        ])  # fmt: skip
        warn(f"the images merged along {merge.axis} do not follow each other evenly: {listing}", MetadataWarning)
