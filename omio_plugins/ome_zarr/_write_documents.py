"""The metadata of a store as OMIO writes it: groups, arrays, multiscales, channels; it reads no pixel.

0.5: https://ngff.openmicroscopy.org/0.5; 0.4: https://ngff.openmicroscopy.org/0.4.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from omio_core.contract import Metadata

from ._write_plan import ArrayPlan, Plan

AXES = ("t", "c", "z", "y", "x")
_TYPES = {"t": "time", "c": "channel", "z": "space", "y": "space", "x": "space"}
_USUAL = ("00FF00", "FF0000", "0000FF", "FF00FF", "00FFFF", "FFFF00")
_RGB = (("red", "FF0000"), ("green", "00FF00"), ("blue", "0000FF"), ("alpha", "FFFFFF"))

Extremes = Mapping[int, tuple[float, float]]
"""From the index of a channel to its smallest and its largest value."""


def write_arrays(folder: Path, plan: Plan) -> None:
    """Write the metadata of the levels of an image."""
    for k, level in enumerate(plan.levels):
        path = folder / plan.path / str(k)
        path.mkdir(parents=True, exist_ok=True)
        if plan.zarr == 2:
            _write(path / ".zarray", _array_v2(plan, level))
        else:
            _write(path / "zarr.json", _array_v3(plan, level))


def write_group(folder: Path, plan_version: str, attributes: Mapping[str, Any]) -> None:
    """Write the metadata of a group; `attributes` are those of OME-Zarr."""
    folder.mkdir(parents=True, exist_ok=True)
    if plan_version == "0.4":
        _write(folder / ".zgroup", {"zarr_format": 2})
        _write(folder / ".zattrs", dict(attributes))
        return
    inner = {"version": plan_version, **attributes}
    _write(folder / "zarr.json", {"zarr_format": 3, "node_type": "group", "attributes": {"ome": inner}})


def image_attributes(plan: Plan, metadata: Metadata, extremes: Extremes) -> dict[str, Any]:
    """The attributes of the group of an image."""
    facts = metadata.facts
    sizes = {
        "t": facts.time_increment, "z": facts.physical_size_z, "y": facts.physical_size_y, "x": facts.physical_size_x,
    }  # fmt: skip
    known = {axis: fact.value for axis, fact in sizes.items() if fact is not None}
    axes = [{"name": axis, "type": _TYPES[axis], **({"unit": _unit(axis)} if axis in known else {})} for axis in AXES]
    multiscale: dict[str, Any] = {"axes": axes, "datasets": [_dataset(plan, k, known) for k in range(len(plan.levels))]}
    if facts.name is not None:  # any other name would be read as that of the picture
        multiscale["name"] = _text(facts.name.value)
    if len(plan.levels) > 1:
        multiscale["type"] = plan.method
    if plan.version == "0.4":
        multiscale = {"version": "0.4", **multiscale}
    channels = _channels(metadata, extremes, plan)
    return {"multiscales": [multiscale], **({"omero": {"channels": channels}} if channels else {})}


def _unit(axis: str) -> str:
    return "second" if axis == "t" else "micrometer"


def _dataset(plan: Plan, k: int, known: Mapping[str, float]) -> dict[str, Any]:
    """A level: its scale, and where the centre of its first pixel is if that is not where the one of level 0 is."""
    factors = dict(zip("yx", plan.levels[k].scale, strict=True))
    scale = [float(known.get(axis, 1.0)) * factors.get(axis, 1) for axis in AXES]
    steps: list[dict[str, Any]] = [{"type": "scale", "scale": scale}]
    if k and plan.method == "mean":  # the mean of pixels 0 to n - 1 is in their middle
        shift = [float(known.get(axis, 1.0)) * (factors.get(axis, 1) - 1) / 2 for axis in AXES]
        steps.append({"type": "translation", "translation": shift})
    return {"path": str(k), "coordinateTransformations": steps}


def _channels(metadata: Metadata, extremes: Extremes, plan: Plan) -> list[dict[str, Any]]:
    """The channels for viewers, or none unless the range of values of each is known.

    The colour is obligatory: where it is unknown, a usual one stands here, and none in the OME-XML, which OMIO reads.
    """
    if len(extremes) < plan.image.shape[2]:
        return []
    channels: list[dict[str, Any]] = []
    samples = metadata.samples
    for index, (least, most) in sorted(extremes.items()):
        channel = metadata.channels[index // samples]
        name = "" if channel.name is None else _text(channel.name.value)
        color = _USUAL[index % len(_USUAL)] if len(extremes) > 1 else "FFFFFF"
        if samples > 1:
            sample, color = _RGB[index % samples] if samples in (3, 4) else (str(index % samples), "FFFFFF")
            name = f"{name} {sample}".strip()
        elif channel.color is not None:
            color = f"{channel.color.value >> 8 & 0xFFFFFF:06X}"
        low, high = _range(plan, least, most)
        window = {"min": low, "max": high, "start": least, "end": most}
        channels.append({**({"label": name} if name else {}), "color": color, "window": window, "active": True})
    return channels


def _range(plan: Plan, least: float, most: float) -> tuple[float, float]:
    """The range of values that the type of the pixels has; of floating point, that of the image."""
    kind, bits = plan.dtype.kind, plan.dtype.itemsize * 8
    if kind == "u":
        return 0, (1 << bits) - 1
    if kind == "i":
        return -(1 << bits - 1), (1 << bits - 1) - 1
    return (0, 1) if kind == "b" else (least, most)


def _array_v2(plan: Plan, level: ArrayPlan) -> dict[str, Any]:
    kind = plan.dtype.kind
    return {
        "zarr_format": 2, "shape": level.shape, "chunks": level.shard, "dtype": plan.dtype.str,
        "compressor": plan.codec.document(), "fill_value": {"f": 0.0, "c": None, "b": False}.get(kind, 0), "order": "C",
        "filters": None, "dimension_separator": "/",
    }  # fmt: skip


def _array_v3(plan: Plan, level: ArrayPlan) -> dict[str, Any]:
    codecs = plan.codec.document()
    if plan.sharded:
        end = [{"name": "bytes", "configuration": {"endian": "little"}}, {"name": "crc32c"}]
        configuration = {
            "chunk_shape": (1, 1, 1, *level.chunk), "codecs": codecs, "index_codecs": end, "index_location": "end",
        }  # fmt: skip
        codecs = [{"name": "sharding_indexed", "configuration": configuration}]
    fill: Any = {"f": 0.0, "c": [0.0, 0.0], "b": False}.get(plan.dtype.kind, 0)
    return {
        "zarr_format": 3, "node_type": "array", "shape": level.shape, "data_type": plan.dtype.name,
        "chunk_grid": {"name": "regular", "configuration": {"chunk_shape": level.shard}},
        "chunk_key_encoding": {"name": "default", "configuration": {"separator": "/"}},
        "fill_value": fill, "codecs": codecs, "attributes": {}, "dimension_names": AXES,
    }  # fmt: skip


def write_series(folder: Path, version: str, names: Sequence[str]) -> None:
    """Write the metadata of a store of several images ("bioformats2raw.layout")."""
    write_group(folder, version, {"bioformats2raw.layout": 3})
    write_group(folder / "OME", version, {"series": list(names)})


def _text(value: Any) -> str:
    return str(value).encode("utf-8", "replace").decode("utf-8")


def _write(path: Path, document: Mapping[str, Any]) -> None:
    path.write_bytes(json.dumps(document, indent=1, ensure_ascii=False, allow_nan=False).encode("utf-8"))
