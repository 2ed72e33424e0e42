"""From a location to the store that is there: a folder or a zip file; it knows no array and no metadata."""

from __future__ import annotations

from omio_core.contract import Location

from ._store import FolderStore, Store
from ._zipstore import ZipStore


def open_store(location: Location) -> Store:
    """Open the store at a location: a folder, or a zip file.

    Raises
    ------
    ReadError
        The folder cannot be listed, or the zip file is damaged.
    FileNotFoundError
        Nothing is there.
    """
    return FolderStore(location) if location.is_folder else ZipStore(location)
