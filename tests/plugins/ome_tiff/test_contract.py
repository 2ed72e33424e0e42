"""The OME-TIFF writer keeps the contract that every writer keeps."""

from __future__ import annotations

from types import MappingProxyType

from omio_core.testing import WriterContract
from omio_plugins.ome_tiff import WRITER


class TestOmeTiff(WriterContract):
    """Read back by the installed reader."""

    writer = WRITER
    reproducible = False  # each file has a UUID of its own, by which the files of a set find each other


class TestFast(WriterContract):
    """Uncompressed: the pixels go straight to the file."""

    writer = WRITER
    reproducible = False
    options = MappingProxyType({"compression": "none"})
