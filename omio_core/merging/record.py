"""The record of a merge: every input, its place, and its facts that the whole does not have; only plain values."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from omio_core.geometry.axes import CANONICAL
from omio_core.geometry.box import Box
from omio_core.images.image import Image
from omio_core.metadata.model import Metadata
from omio_core.metadata.namespaces import MERGE
from omio_core.metadata.plain import as_dict

from .recipe import Merge

_RUN_KEYS = ("omio", "policies")  # provenance of the run that read the file, not of the file itself


def entries(merge: Merge, inputs: Sequence[Metadata], merged: Metadata) -> list[dict[str, Any]]:
    """Return one entry per input, in order; a merge along another axis is replaced by its inputs.

    Each entry has the ``name``, the provenance (``reader``, ``source`` with name, size and sample digest, ...),
    ``start`` and ``stop`` along the axis, the ``region`` in the whole, ``present`` if part of the region is absent,
    ``dtype`` if it differs, and ``stated``: the facts that differ from those of the whole.
    """
    merged_facts = dict(_stated(merge, merged))
    records: list[dict[str, Any]] = []
    for image, metadata, place in zip(merge.inputs, inputs, merge.places, strict=True):
        differing = _differing_facts(merge, metadata, merged, merged_facts)
        delta_t = _unplaced_delta_t(merge, metadata, place, merged)
        for entry in _input_entries(image, metadata, place):
            spans = entry["region"]
            entry |= {"start": spans[merge.axis][0], "stop": spans[merge.axis][1]}
            if str(metadata.dtype) != merge.dtype:
                entry.setdefault("dtype", str(metadata.dtype))
            inner_facts = entry.pop("stated", {})  # the facts of an input of this input
            stated = {**differing, **inner_facts}
            if "Annotations" in differing and "Annotations" in inner_facts:
                stated["Annotations"] = _merge_annotations(inner_facts["Annotations"], differing["Annotations"])
            if delta_t is not None and "DeltaT" not in stated:
                t, z, c = (
                    slice(spans[a][0] - start, spans[a][1] - start)
                    for a, (start, _) in zip("TZC", place.spans, strict=False)
                )
                stated["DeltaT"] = _as_lists(delta_t[t, z, c.start // merge.samples : c.stop // merge.samples])
            if stated:
                entry["stated"] = stated
            records.append(entry)
    return records


def _input_entries(image: Image, metadata: Metadata, place: Box) -> Iterator[dict[str, Any]]:
    offset = [start for start, _ in place.spans]
    record = metadata.facts.annotations.get(MERGE)
    if record is not None and isinstance(image.merged, Merge):
        for inner in record["inputs"]:
            shifted = {**inner, "region": _shift(inner["region"], offset)}
            if "present" in inner:
                shifted["present"] = [_shift(box, offset) for box in inner["present"]]
            yield shifted
        return
    entry: dict[str, Any] = {"name": image.picture.label(folder=False)}
    entry |= {
        key: value for key, value in metadata.provenance.items() if key not in _RUN_KEYS and value not in ({}, [])
    }
    entry["region"] = region(place)
    if image.picture.present is not None:
        entry["present"] = [region(box.shift(offset)) for box in image.picture.present]
    if record is not None:  # the file contains an earlier merge
        entry["merge"] = dict(record)
    yield entry


def region(box: Box) -> dict[str, list[int]]:
    """Return a box as plain values, by axis."""
    return {axis: list(span) for axis, span in zip(CANONICAL, box.spans, strict=True)}


def _shift(spans: Mapping[str, Sequence[int]], offset: Sequence[int]) -> dict[str, list[int]]:
    return {axis: [index + distance for index in spans[axis]] for axis, distance in zip(CANONICAL, offset, strict=True)}


def _stated(merge: Merge, metadata: Metadata) -> Iterator[tuple[str, Any]]:
    """Yield the known facts by public name; along C without channels, as an input's first is not the whole's first."""
    for name, fact in metadata.stated():
        if fact is not None and not (merge.axis == "C" and name.startswith("Channels[")):
            yield name, as_dict(fact.value)


def _differing_facts(
    merge: Merge, metadata: Metadata, merged: Metadata, merged_facts: Mapping[str, Any]
) -> dict[str, Any]:
    """Return the facts and annotations of an input that differ from those of the whole."""
    facts: dict[str, Any] = {
        name: value
        for name, value in _stated(merge, metadata)
        if name not in merged_facts or merged_facts[name] != value
    }
    merged_annotations = merged.facts.annotations
    annotations = {
        namespace: differing
        for namespace, content in metadata.facts.annotations.items()
        if namespace != MERGE
        and (
            differing := {
                key: value
                for key, value in content.items()
                if key not in merged_annotations.get(namespace, {}) or merged_annotations[namespace][key] != value
            }
        )
    }
    return {**facts, "Annotations": annotations} if annotations else facts


def _merge_annotations(first: Mapping[str, Any], second: Mapping[str, Any]) -> dict[str, Any]:
    """Merge two sets of annotations, key by key; the first, which is closer to the file, takes precedence."""
    names = dict.fromkeys([*first, *second])
    return {name: {**second.get(name, {}), **first.get(name, {})} for name in names}


def _unplaced_delta_t(merge: Merge, metadata: Metadata, place: Box, merged: Metadata) -> NDArray[np.float64] | None:
    """Return the DeltaT of an input if it is unknown in the whole because the start of the input is unknown."""
    times = metadata.facts.planes.columns.get("DeltaT") if metadata.facts.planes is not None else None
    if times is None or not np.isfinite(times).any():
        return None
    joined = merged.facts.planes.columns.get("DeltaT") if merged.facts.planes is not None else None
    t, z, (start, stop) = place.spans[:3]
    channels = slice(start // merge.samples, stop // merge.samples)
    known = joined is not None and np.isfinite(joined[slice(*t), slice(*z), channels]).any()
    return None if known else times


def _as_lists(table: NDArray[np.float64]) -> list[Any]:
    """Return a table as nested lists for JSON; NaN becomes None."""
    return [[[value if math.isfinite(value) else None for value in row] for row in rows] for rows in table.tolist()]
