"""The metadata of one array of a Zarr: shape, chunks, type, codecs; it reads no chunk and knows no group."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from omio_core.contract import CorruptFileError, LimitExceededError, UnsupportedFeatureError, current_settings

from ._codecs import Chain, chain_of_v2, chain_of_v3, name_of
from ._fills import fill_value
from ._json import items, mapping, parse_json, text, whole_numbers
from ._keys import Keys
from ._store import Store

_TYPES = {
    "bool": "?", "int8": "i1", "int16": "i2", "int32": "i4", "int64": "i8", "uint8": "u1", "uint16": "u2",
    "uint32": "u4", "uint64": "u8", "float16": "f2", "float32": "f4", "float64": "f8", "complex64": "c8",
    "complex128": "c16",
}  # fmt: skip
_V2_TYPE = re.compile(r"[<>|=]?(b1|[iu][1248]|f[248]|c8|c16)")
_MOST_AXES = 16  # 5 are allowed; more are named in the error


@dataclass(frozen=True, slots=True, kw_only=True)
class Shards:
    """How the inner chunks of a shard are stored (Zarr 3, codec sharding_indexed).

    Parameters
    ----------
    shape
        Of an inner chunk.
    chain
        The codecs of an inner chunk.
    inner
        How the inner chunks are shards again; None if they are not.
    index
        The byte order of the index.
    index_summed
        Whether a CRC-32C follows the index.
    at_start
        Whether the index stands before the chunks.
    """

    shape: tuple[int, ...]
    chain: Chain | None
    inner: Shards | None
    index: np.dtype[Any]
    index_summed: bool
    at_start: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Array:
    """An array, as its metadata describes it.

    Parameters
    ----------
    keys
        Its shape, the shape of what one file holds, and the names of the files.
    document
        The name of its metadata in the store.
    dtype
        The type of a pixel, in the machine's byte order.
    fill
        The value of what is not stored.
    chain, shards
        One of them is None.
    names
        The names of its dimensions (Zarr 3); empty if they are not stated.
    note
        An assumption about the metadata, in a sentence; "" if there is none.
    """

    keys: Keys
    document: str
    dtype: np.dtype[Any]
    fill: float
    chain: Chain | None
    shards: Shards | None = None
    names: tuple[str, ...] = ()
    note: str = ""

    @property
    def shape(self) -> tuple[int, ...]:
        """Lengths of its axes."""
        return self.keys.shape

    @property
    def compression(self) -> str:
        """The codecs that compress a chunk, or an inner chunk of a shard, for people."""
        shards, chain = self.shards, self.chain
        while shards is not None:
            chain, shards = shards.chain, shards.inner
        return "" if chain is None else chain.name

    @property
    def block(self) -> tuple[int, ...]:
        """The shape of what is decoded at once: a chunk, or an inner chunk of a shard."""
        shards, block = self.shards, self.keys.chunks
        while shards is not None:
            block, shards = shards.shape, shards.inner
        return block


def read_array(store: Store, path: str, consolidated: Mapping[str, Any]) -> Array | None:
    """Read the metadata of the array at `path`; None if there is none.

    Parameters
    ----------
    store
        The store.
    path
        The path of the array in it.
    consolidated
        Copies of documents in the metadata of the root, by their names; used where a document is missing.

    Raises
    ------
    CorruptFileError
        The metadata is not valid.
    UnsupportedFeatureError
        It is valid, but uses what is not read.
    LimitExceededError
        A chunk is larger than the limits allow.
    """
    start = f"{path}/" if path else ""
    for name, build in ((f"{start}zarr.json", _v3), (f"{start}.zarray", _v2)):
        data, note = store.read(name), ""
        document = None if data is None else parse_json(data, store.where(name))
        if data is None and name in consolidated:
            document, note = consolidated[name], f"{name} is missing; its copy in the metadata of the root is used"
        if document is None:
            continue
        if not isinstance(document, dict):
            raise CorruptFileError(f"{store.where(name)} is no valid metadata", evidence="it is no object")
        array = build(store, path, name, document, note)
        _check_sizes(array, store.where(name))
        return array
    return None


def _v2(store: Store, path: str, name: str, document: Mapping[str, Any], note: str) -> Array:
    where = store.where(name)
    if document.get("zarr_format") != 2:
        raise _invalid(where, f"zarr_format is {document.get('zarr_format')!r}, not 2")
    shape = whole_numbers(document.get("shape"), 1, where, "shape")
    chunks = whole_numbers(document.get("chunks"), 1, where, "chunks")
    stated = document.get("dtype")
    if not isinstance(stated, str) or _V2_TYPE.fullmatch(stated) is None:
        raise _foreign_type(where, stated)
    dtype = np.dtype(stated)
    _check_rank(shape, chunks, where)
    separator = document.get("dimension_separator", "")
    if not separator:
        listed = store.below(path)
        nested = listed is not None and any(n[:1].isdigit() and "/" in n for n in listed[:1000])
        separator = "/" if nested else "."
    if separator not in (".", "/"):
        raise _invalid(where, f"dimension_separator is {separator!r}")
    size = math.prod(chunks) * dtype.itemsize
    native = dtype.newbyteorder("=")
    keys = Keys(path=path, shape=shape, chunks=chunks, prefix="", separator=separator)
    return Array(
        keys=keys, document=name, dtype=native, note=note,
        fill=fill_value(document.get("fill_value"), native, where), chain=chain_of_v2(document, dtype, size, where),
    )  # fmt: skip


def _v3(store: Store, path: str, name: str, document: Mapping[str, Any], note: str) -> Array:
    where = store.where(name)
    if document.get("zarr_format") != 3 or document.get("node_type") != "array":
        kind = f"zarr_format {document.get('zarr_format')!r} and node_type {document.get('node_type')!r}"
        raise _invalid(where, f"it states {kind[:100]}; an array of Zarr 3 is expected")
    shape = whole_numbers(document.get("shape"), 1, where, "shape")
    grid, naming = mapping(document.get("chunk_grid")), document.get("chunk_key_encoding")
    if text(grid.get("name")) != "regular":
        raise _unsupported(where, f"the chunk grid {str(grid.get('name'))[:80]!r}")
    chunks = whole_numbers(mapping(grid.get("configuration")).get("chunk_shape"), 1, where, "chunk_shape")
    _check_rank(shape, chunks, where)
    stated = document.get("data_type")
    if not isinstance(stated, str) or stated not in _TYPES:
        raise _foreign_type(where, stated)
    if transformers := items(document.get("storage_transformers")):
        raise _unsupported(where, f"the storage transformer {name_of(transformers[0])[:80]!r}")
    encoding = name_of(naming)
    if encoding not in ("default", "v2"):
        raise _unsupported(where, f"the encoding of chunk keys {encoding[:80]!r}")
    separator = mapping(mapping(naming).get("configuration")).get("separator", "/" if encoding == "default" else ".")
    if separator not in (".", "/"):
        raise _invalid(where, f"the separator of chunk keys is {separator!r}")
    dtype = np.dtype(_TYPES[stated])
    chain, shards = _v3_codecs(document.get("codecs"), chunks, dtype, where)
    prefix = "c" if encoding == "default" else ""
    return Array(
        keys=Keys(path=path, shape=shape, chunks=chunks, prefix=prefix, separator=separator),
        document=name, dtype=dtype, chain=chain, shards=shards, note=note,
        names=tuple(map(text, items(document.get("dimension_names")))),
        fill=fill_value(document.get("fill_value"), dtype, where),
    )  # fmt: skip


def _v3_codecs(
    codecs: Any, shape: tuple[int, ...], dtype: np.dtype[Any], where: str, depth: int = 0
) -> tuple[Chain | None, Shards | None]:
    codecs = items(codecs)
    names = [name_of(codec) for codec in codecs]
    if "sharding_indexed" not in names:
        return chain_of_v3(codecs, dtype, len(shape), math.prod(shape) * dtype.itemsize, where), None
    if len(codecs) > 1 or depth > 3:
        raise _unsupported(where, f"the codecs {', '.join(names)}, of which shards stand alone"[:200])
    configuration = mapping(mapping(codecs[0]).get("configuration"))
    inner = whole_numbers(configuration.get("chunk_shape"), 1, where, "chunk_shape of the shards")
    if len(inner) != len(shape) or any(n % k for n, k in zip(shape, inner, strict=True)):
        raise _invalid(where, f"shards of {shape} cannot be divided into chunks of {inner}")
    index_codecs = items(configuration.get("index_codecs"))
    index_names = [name_of(codec) for codec in index_codecs]
    if index_names not in (["bytes"], ["bytes", "crc32c"]):
        raise _unsupported(where, f"the codecs {', '.join(index_names)[:100]} of the index of a shard")
    endian = mapping(mapping(index_codecs[0]).get("configuration")).get("endian", "little")
    location = configuration.get("index_location", "end")
    if location not in ("start", "end") or endian not in ("little", "big"):
        raise _invalid(where, f"index_location is {location!r}, endian {endian!r}")
    if (slots := math.prod(n // k for n, k in zip(shape, inner, strict=True))) > current_settings().max_pages:
        raise LimitExceededError(f"{where} has too many chunks in a shard", evidence=f"{slots:,}", path=where)
    chain, deeper = _v3_codecs(configuration.get("codecs"), inner, dtype, where, depth + 1)
    shards = Shards(
        shape=inner, chain=chain, inner=deeper, index=np.dtype("<u8" if endian == "little" else ">u8"),
        index_summed=len(index_names) == 2, at_start=location == "start",
    )  # fmt: skip
    return None, shards


def _check_rank(shape: tuple[int, ...], chunks: tuple[int, ...], where: str) -> None:
    if len(shape) != len(chunks) or not 1 <= len(shape) <= _MOST_AXES:
        raise _invalid(where, f"its shape {shape[:20]} and its chunks {chunks[:20]} do not fit each other")


def _check_sizes(array: Array, where: str) -> None:
    """Refuse a chunk that no memory holds; whether its file can hold so much is checked when it is read."""
    block = array.block
    if (size := math.prod(block) * array.dtype.itemsize) > current_settings().max_memory:
        raise LimitExceededError(
            f"{where} declares chunks that are too large",
            evidence=f"{block} pixels, {size:,} bytes; at most {current_settings().max_memory:,}",
            remedy="raise OMIO_MAX_MEMORY, if you trust the file",
            path=where,
        )


def _invalid(where: str, evidence: str) -> CorruptFileError:
    return CorruptFileError(f"{where} is no valid metadata", evidence=evidence, path=where)


def _unsupported(where: str, what: str) -> UnsupportedFeatureError:
    return UnsupportedFeatureError(f"{where} uses {what}, which is not read", path=where)


def _foreign_type(where: str, stated: Any) -> UnsupportedFeatureError:
    return _unsupported(where, f"the type of pixels {str(stated)[:80]!r}")
