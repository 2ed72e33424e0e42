"""Small OME-Zarr stores made in code: their metadata by hand, their chunks by zarr-python."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import zarr
from zarr.codecs import BloscCodec, BytesCodec, Crc32cCodec, GzipCodec, ShardingCodec, TransposeCodec, ZstdCodec
from zarr.storage import LocalStore

TYPES = {"t": "time", "c": "channel", "z": "space", "y": "space", "x": "space"}
MICROMETRES = {"z": "micrometer", "y": "micrometer", "x": "micrometer", "t": "second"}


def ramp(*shape: int, dtype: str = "u2") -> np.ndarray:
    """Pixels that are all unlike their neighbours, none of them 0."""
    size = int(np.prod(shape))
    return (np.arange(size) * 7 % 251 + 1).astype(dtype).reshape(shape)


def axes(names: str = "yx", units: Mapping[str, str] = MICROMETRES) -> list[dict[str, str]]:
    """Axes with the usual types."""
    return [{"name": n, "type": TYPES[n], **({"unit": units[n]} if n in units else {})} for n in names]


def scale(*numbers: float) -> dict[str, Any]:
    """A transformation."""
    return {"type": "scale", "scale": list(numbers)}


def translation(*numbers: float) -> dict[str, Any]:
    """A transformation."""
    return {"type": "translation", "translation": list(numbers)}


def multiscale(
    names: str, scales: Sequence[Sequence[float]], units: Mapping[str, str] = MICROMETRES, **more: Any
) -> dict[str, Any]:
    """One multiscale with the levels 0, 1, 2 and so on."""
    datasets = [{"path": str(k), "coordinateTransformations": [scale(*one)]} for k, one in enumerate(scales)]
    return {"axes": axes(names, units), "datasets": datasets, **more}


def group(path: Path, attributes: Mapping[str, Any], version: str = "0.5") -> Path:
    """Write the metadata of a group; `attributes` are those of OME-Zarr."""
    path.mkdir(parents=True, exist_ok=True)
    if version == "0.4":
        if "multiscales" in attributes:
            stated = [{"version": "0.4", **one} for one in attributes["multiscales"]]
            attributes = {**attributes, "multiscales": stated}
        (path / ".zgroup").write_text('{"zarr_format": 2}')
        (path / ".zattrs").write_text(json.dumps(attributes))
    else:
        inner = {"version": version, **attributes}
        document = {"zarr_format": 3, "node_type": "group", "attributes": {"ome": inner}}
        (path / "zarr.json").write_text(json.dumps(document))
    return path


def array(
    path: Path, pixels: np.ndarray, chunks: Sequence[int] | None = None, *, zarr_format: int = 3, **more: Any
) -> None:
    """Write an array with zarr-python, chunks of one value too."""
    made = zarr.create_array(
        LocalStore(path),
        shape=pixels.shape,
        dtype=pixels.dtype,
        chunks=tuple(chunks or pixels.shape),
        zarr_format=zarr_format,
        config={"write_empty_chunks": True},
        **more,
    )
    made[...] = pixels


def codecs(path: Path, pixels: np.ndarray, chunks: Sequence[int], chain: Sequence[Any], **more: Any) -> None:
    """Write an array of Zarr 3 with exactly these codecs; `more` replaces fields of its metadata."""
    document = {
        "zarr_format": 3,
        "node_type": "array",
        "shape": list(pixels.shape),
        "data_type": str(pixels.dtype),
        "chunk_grid": {"name": "regular", "configuration": {"chunk_shape": list(chunks)}},
        "chunk_key_encoding": {"name": "default", "configuration": {"separator": "/"}},
        "fill_value": 0,
        "codecs": [codec if isinstance(codec, dict) else codec.to_dict() for codec in chain],
        "attributes": {},
        **more,
    }
    path.mkdir(parents=True, exist_ok=True)
    (path / "zarr.json").write_text(json.dumps(document, default=_plain))
    zarr.open_array(LocalStore(path), mode="r+", config={"write_empty_chunks": True})[...] = pixels


def _plain(value: Any) -> Any:
    return value.value if hasattr(value, "value") else value.item()


def image(
    path: Path,
    pixels: np.ndarray,
    names: str,
    scales: Sequence[float] | None = None,
    *,
    version: str = "0.5",
    chunks: Sequence[int] | None = None,
    units: Mapping[str, str] = MICROMETRES,
    attributes: Mapping[str, Any] | None = None,
    **more: Any,
) -> Path:
    """Write an image of one level."""
    one = multiscale(names, [scales or [1.0] * len(names)], units if scales else {})
    group(path, {"multiscales": [one], **(attributes or {})}, version)
    array(path / "0", pixels, chunks, zarr_format=2 if version == "0.4" else 3, **more)
    return path


def zipped(folder: Path, path: Path, *, method: int = zipfile.ZIP_STORED, inside: str = "") -> Path:
    """Pack a store into a zip file, its metadata first."""
    files = sorted(
        (f for f in folder.rglob("*") if f.is_file()),
        key=lambda f: (len(f.relative_to(folder).parts), f.name != "zarr.json", str(f)),
    )
    with zipfile.ZipFile(path, "w", method) as archive:
        for file in files:
            archive.write(file, inside + file.relative_to(folder).as_posix())
    return path


def sharded(inner: Sequence[int], *, at_start: bool = False, inner_codecs: Sequence[Any] = ()) -> ShardingCodec:
    """Shards of chunks of a shape, whose index stands at the end or at the start."""
    return ShardingCodec(
        chunk_shape=tuple(inner),
        codecs=tuple(inner_codecs) or (BytesCodec(), ZstdCodec(level=1, checksum=True)),
        index_codecs=(BytesCodec(), Crc32cCodec()),
        index_location="start" if at_start else "end",
    )


CHAINS: Mapping[str, Sequence[Any]] = {
    "raw": [BytesCodec(endian="little")],
    "big-endian": [BytesCodec(endian="big")],
    "zstd": [BytesCodec(), ZstdCodec(level=1)],
    "zstd-checksum": [BytesCodec(), ZstdCodec(level=1, checksum=True)],
    "gzip": [BytesCodec(), GzipCodec(level=1)],
    "blosc": [BytesCodec(), BloscCodec(cname="zstd", clevel=1, shuffle="bitshuffle", typesize=2)],
    "blosc-lz4-crc32c": [BytesCodec(), BloscCodec(cname="lz4", clevel=1, shuffle="shuffle", typesize=2), Crc32cCodec()],
    "transpose": [TransposeCodec(order=(2, 0, 1)), BytesCodec(), ZstdCodec(level=1)],
    "shards": [sharded((1, 4, 5))],
    "shards-index-first": [sharded((1, 4, 5), at_start=True)],
    "shards-transposed": [sharded((2, 4, 5), inner_codecs=[TransposeCodec(order=(1, 2, 0)), BytesCodec(endian="big")])],
    "shards-in-shards": [
        ShardingCodec(
            chunk_shape=(2, 8, 10),
            codecs=(sharded((1, 4, 5)),),
            index_codecs=(BytesCodec(), Crc32cCodec()),
        )
    ],
}
"""Chains of codecs for pixels of three axes and chunks of (2, 8, 10)."""
