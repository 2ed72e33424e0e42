"""Copies any picture into a zarr store of the caller, as an OME-Zarr 0.5; knows no format and no place.

The document of the group comes last: what an interrupted copy leaves is no group, and is not taken for a picture.
"""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import zarr
from numpy.typing import NDArray
from zarr.abc.store import Store
from zarr.core.buffer import default_buffer_prototype
from zarr.core.sync import sync

from omio_core.errors import WriteError
from omio_core.geometry.box import Box, grid
from omio_core.ome.ngff import ngff_order

from .stream import pull
from .zarrlevels import ORDER, LevelArray
from .zarrstore import DOCUMENT, OME_XML, PictureStore


def copy_into(source: PictureStore, store: Store) -> zarr.Group:
    """Copy all levels and facts of a picture into an empty store, and return the group.

    Parameters
    ----------
    source
        The picture as a store.
    store
        A writable store of zarr without any key.

    Raises
    ------
    WriteError
        The store is no zarr store, read-only, or not empty.
    """
    _check(store)
    arrays = {path: array.document() | {"codecs": _codecs(array)} for path, array in source.arrays.items()}
    for path, array in source.arrays.items():
        _put(store, f"{path}/{DOCUMENT}", json.dumps(arrays[path], indent=1).encode())
        _copy_level(array, zarr.open_array(store, path=path, mode="r+"))
    for key in (f"OME/{DOCUMENT}", f"OME/{OME_XML}"):
        _put(store, key, source.document(key) or b"")
    _put(store, DOCUMENT, json.dumps(source.group(arrays), indent=1).encode())
    return zarr.open_group(store, mode="r+")


def _check(store: Any) -> None:
    remedy = "give an empty, writable store, such as zarr.storage.MemoryStore()"
    if not isinstance(store, Store):
        raise WriteError(
            "an image is copied into a zarr store", evidence=f"{store!r} is a {type(store).__name__}", remedy=remedy
        )
    if store.read_only:
        raise WriteError(f"the store {store} is read-only", remedy=remedy)
    if not sync(store.is_empty("")):
        raise WriteError(
            f"the store {store} is not empty", evidence="what is in it would be mixed with the image", remedy=remedy
        )


def _put(store: Store, key: str, content: bytes) -> None:
    sync(store.set(key, default_buffer_prototype().buffer.from_bytes(content)))


def _copy_level(array: LevelArray, target: zarr.Array[Any]) -> None:
    # a chunk that is missing is then a loss, and not zeros
    target = target.with_config({"write_empty_chunks": True})

    def write(box: Box, pixels: NDArray[Any]) -> None:
        # a box is one chunk, so that no two threads write the same
        target[tuple(slice(*box.spans[axis]) for axis in ORDER)] = np.ascontiguousarray(pixels.transpose(ORDER))

    for _ in pull(array.picture, grid(Box.whole(array.picture.shape), ngff_order(array.chunks)), write):
        pass


def _codecs(array: LevelArray) -> list[dict[str, Any]]:
    """A compression that costs little, and a checksum: without one, a flipped bit is a wrong picture in silence."""
    itemsize = array.picture.dtype.itemsize
    blosc = {"typesize": itemsize, "cname": "zstd", "clevel": 1, "shuffle": "bitshuffle", "blocksize": 0}
    compression = (
        {"name": "zstd", "configuration": {"level": 1, "checksum": False}}
        if itemsize == 1
        else {"name": "blosc", "configuration": blosc}
    )
    return [*array.document()["codecs"], compression, {"name": "crc32c"}]
