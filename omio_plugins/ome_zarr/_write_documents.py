"""The metadata of a store as OMIO writes it: groups, arrays, multiscales, channels; it reads no pixel.

0.5: https://ngff.openmicroscopy.org/0.5; 0.4: https://ngff.openmicroscopy.org/0.4.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from omio_core.contract import NGFF_AXES, Metadata, ngff_attributes, ngff_order

from ._write_plan import ArrayPlan, Plan

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


def _write_group(folder: Path, version: str, attributes: Mapping[str, Any]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    if version == "0.4":
        _write(folder / ".zgroup", {"zarr_format": 2})
        _write(folder / ".zattrs", attributes)
    else:
        _write(folder / "zarr.json", {"zarr_format": 3, "node_type": "group", "attributes": dict(attributes)})


def write_image(folder: Path, plan: Plan, metadata: Metadata, extremes: Extremes) -> None:
    """Write the metadata of the group of an image, once its pixels are known."""
    known = [extremes[index] for index in sorted(extremes)]
    attributes = ngff_attributes(
        metadata,
        [ngff_order(level.shape) for level in plan.levels],
        factors=[(1, 1, 1, *level.scale) for level in plan.levels],
        windows=known if len(known) == plan.image.shape[2] else None,
        method=plan.method if len(plan.levels) > 1 else "",
        version=plan.version,
    )
    _write_group(folder / plan.path, plan.version, attributes)


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
        "fill_value": fill, "codecs": codecs, "attributes": {}, "dimension_names": list(NGFF_AXES),
    }  # fmt: skip


def write_series(folder: Path, version: str, names: Sequence[str]) -> None:
    """Write the metadata of a store of several images ("bioformats2raw.layout")."""
    for place, attributes in ((folder, {"bioformats2raw.layout": 3}), (folder / "OME", {"series": list(names)})):
        inner: dict[str, Any] = {"ome": {"version": version, **attributes}} if version != "0.4" else attributes
        _write_group(place, version, inner)


def _write(path: Path, document: Mapping[str, Any]) -> None:
    path.write_bytes(json.dumps(document, indent=1, ensure_ascii=False, allow_nan=False).encode("utf-8"))
