"""The OME-Zarr writer keeps the contract that every writer keeps."""

from __future__ import annotations

from types import MappingProxyType

from omio_core.testing import WriterContract
from omio_plugins.ome_zarr import READER, WRITER


class TestNew(WriterContract):
    """OME-Zarr 0.5, with shards."""

    writer = WRITER
    reader = READER


class TestOld(WriterContract):
    """OME-Zarr 0.4, a file a chunk."""

    writer = WRITER
    reader = READER
    options = MappingProxyType({"version": "0.4"})
