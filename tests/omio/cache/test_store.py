"""The store of an entry: what is asked of it is checked, and it opens only what is there."""

from __future__ import annotations

import asyncio
import pickle
import shutil
from pathlib import Path

import numpy as np
import pytest
from zarr.abc.store import RangeByteRequest
from zarr.core.buffer import default_buffer_prototype

import omio
from omio.cache.store import CacheStore, open_entry
from omio_core.errors import CacheError, WriteError

from .conftest import PIXELS


@pytest.fixture
def entry(source: Path) -> Path:
    """The entry of `source`."""
    return Path(omio.imread(source, zarr_store="disk")[1]["omio_zarr_store_path"])


def test_both_ways_of_reading_are_checked(entry: Path) -> None:
    """zarr asks in the event loop, or in the calling thread."""
    store = CacheStore(entry)
    prototype = default_buffer_prototype()
    key = "c.0.1.0.1.0"
    data = (entry / key).read_bytes()
    assert asyncio.run(store.get(key, prototype)).to_bytes() == store.get_sync(key).to_bytes() == data
    assert store.get_sync(key, byte_range=RangeByteRequest(1, 5)).to_bytes() == data[1:5]
    assert store.get_sync("mine") is None
    (entry / key).write_bytes(data[:-2] + b"00")
    for ask in (lambda: asyncio.run(store.get(key, prototype)), lambda: store.get_sync(key)):
        with pytest.raises(CacheError, match="is damaged"):
            ask()
    (entry / key).unlink()
    for ask in (lambda: asyncio.run(store.get(key, prototype)), lambda: store.get_sync(key)):
        with pytest.raises(CacheError, match="has lost its chunk") as told:
            ask()
        assert told.value.path == str(entry)


def test_it_is_never_written(entry: Path) -> None:
    store = pickle.loads(pickle.dumps(CacheStore(entry)))
    assert store == CacheStore(entry)
    assert store.read_only
    with pytest.raises(ValueError, match="read-only"):
        asyncio.run(store.delete("zarr.json"))
    with pytest.raises(WriteError, match='zarr_store="memory"'):
        CacheStore(entry, read_only=False)


def test_an_entry_that_is_gone_is_an_error(entry: Path) -> None:
    array = open_entry(entry)
    assert np.array_equal(array[2, 3], PIXELS[2, 3])
    shutil.rmtree(entry)
    with pytest.raises(CacheError, match="was removed"):
        array[0]
    with pytest.raises(CacheError, match="was removed") as told:
        open_entry(entry)
    assert "read the source again" in told.value.remedy
