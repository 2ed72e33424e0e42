"""The record of a merge: every input, where it lies, what it states that the whole does not; plain values only."""

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

_OF_THE_RUN = ("omio", "policies")  # what provenance says of the run that read the file, not of the file


def entries(merge: Merge, inputs: Sequence[Metadata], whole: Metadata) -> list[dict[str, Any]]:
    """One entry an input, in order; inputs of a merge along another axis stand for it.

    Each has its ``name``, what its provenance says (``reader``, ``source`` with name, size and sample digest, ...),
    ``start`` and ``stop`` along the axis, its ``region`` in the whole, ``present`` if parts of that are absent,
    ``dtype`` if it is another, and ``stated``: its facts that are not those of the whole.
    """
    said = dict(_stated(merge, whole))
    found: list[dict[str, Any]] = []
    for image, metadata, place in zip(merge.inputs, inputs, merge.places, strict=True):
        own = _else(merge, metadata, whole, said)
        times = _unplaced(merge, metadata, place, whole)
        for entry in _of_input(image, metadata, place):
            spans = entry["region"]
            entry |= {"start": spans[merge.axis][0], "stop": spans[merge.axis][1]}
            if str(metadata.dtype) != merge.dtype:
                entry.setdefault("dtype", str(metadata.dtype))
            before = entry.pop("stated", {})  # of an input of an input
            stated = {**own, **before}
            if "Annotations" in own and "Annotations" in before:
                stated["Annotations"] = _both(before["Annotations"], own["Annotations"])
            if times is not None and "DeltaT" not in stated:
                t, z, c = (
                    slice(spans[a][0] - n, spans[a][1] - n) for a, (n, _) in zip("TZC", place.spans, strict=False)
                )
                stated["DeltaT"] = _listed(times[t, z, c.start // merge.samples : c.stop // merge.samples])
            if stated:
                entry["stated"] = stated
            found.append(entry)
    return found


def _of_input(image: Image, metadata: Metadata, place: Box) -> Iterator[dict[str, Any]]:
    by = [start for start, _ in place.spans]
    record = metadata.facts.annotations.get(MERGE)
    if record is not None and isinstance(image.merged, Merge):
        for inner in record["inputs"]:
            moved = {**inner, "region": _moved(inner["region"], by)}
            if "present" in inner:
                moved["present"] = [_moved(box, by) for box in inner["present"]]
            yield moved
        return
    entry: dict[str, Any] = {"name": image.picture.label(folder=False)}
    entry |= {k: v for k, v in metadata.provenance.items() if k not in _OF_THE_RUN and v not in ({}, [])}
    entry["region"] = region(place)
    if image.picture.present is not None:
        entry["present"] = [region(box.shift(by)) for box in image.picture.present]
    if record is not None:  # it was a merge before it was written
        entry["merge"] = dict(record)
    yield entry


def region(box: Box) -> dict[str, list[int]]:
    """A box as plain values, axes spelled."""
    return {axis: list(span) for axis, span in zip(CANONICAL, box.spans, strict=True)}


def _moved(spans: Mapping[str, Sequence[int]], by: Sequence[int]) -> dict[str, list[int]]:
    return {axis: [n + k for n in spans[axis]] for axis, k in zip(CANONICAL, by, strict=True)}


def _stated(merge: Merge, metadata: Metadata) -> Iterator[tuple[str, Any]]:
    """The known facts by their public names; along C an input's channels are others than the first of the whole."""
    for name, fact in metadata.stated():
        if fact is not None and not (merge.axis == "C" and name.startswith("Channels[")):
            yield name, as_dict(fact.value)


def _else(merge: Merge, metadata: Metadata, whole: Metadata, said: Mapping[str, Any]) -> dict[str, Any]:
    """What an input states that the whole does not."""
    found: dict[str, Any] = {
        name: value for name, value in _stated(merge, metadata) if name not in said or said[name] != value
    }
    kept = whole.facts.annotations
    annotations = {
        namespace: other
        for namespace, content in metadata.facts.annotations.items()
        if namespace != MERGE
        and (other := {k: v for k, v in content.items() if k not in kept.get(namespace, {}) or kept[namespace][k] != v})
    }
    return {**found, "Annotations": annotations} if annotations else found


def _both(first: Mapping[str, Any], second: Mapping[str, Any]) -> dict[str, Any]:
    """Annotations of both, key by key; the first is nearer to the file."""
    names = dict.fromkeys([*first, *second])
    return {name: {**second.get(name, {}), **first.get(name, {})} for name in names}


def _unplaced(merge: Merge, metadata: Metadata, place: Box, whole: Metadata) -> NDArray[np.float64] | None:
    """The DeltaT of an input that cannot be placed in time, and so is unknown in the whole."""
    times = metadata.facts.planes.columns.get("DeltaT") if metadata.facts.planes is not None else None
    if times is None or not np.isfinite(times).any():
        return None
    joined = whole.facts.planes.columns.get("DeltaT") if whole.facts.planes is not None else None
    t, z, (start, stop) = place.spans[:3]
    channels = slice(start // merge.samples, stop // merge.samples)
    known = joined is not None and np.isfinite(joined[slice(*t), slice(*z), channels]).any()
    return None if known else times


def _listed(table: NDArray[np.float64]) -> list[Any]:
    """A table as JSON has it."""
    return [[[v if math.isfinite(v) else None for v in row] for row in rows] for rows in table.tolist()]
