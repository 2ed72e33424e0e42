"""The zarr store of a cache entry: read-only, and what is missing or damaged is an error, never zeros."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import zarr
from zarr.abc.store import ByteRequest
from zarr.core.buffer import Buffer, BufferPrototype
from zarr.storage import LocalStore

from omio_core.errors import CacheError, WriteError
from omio_core.pixels.zarrfiles import DOCUMENT, is_sound
from omio_core.wording import advise


class CacheStore(LocalStore):
    """A zarr store over the folder of an entry; picklable.

    zarr takes a chunk that is not there for one of zeros. In an entry every chunk was written, so that it is a loss:
    it is a `CacheError` here, and so is a chunk whose checksum is wrong.
    """

    def __init__(self, root: Path | str, *, read_only: bool = True):
        if not read_only:
            raise WriteError(
                "a cache is not written to",
                evidence="who opens it next takes it for what is in the file",
                remedy=advise(
                    "read with {zarr_store}, which can be written in memory, or copy the array", zarr_store="memory"
                ),
                path=str(root),
            )
        super().__init__(root, read_only=True)

    async def get(
        self, key: str, prototype: BufferPrototype | None = None, byte_range: ByteRequest | None = None
    ) -> Buffer | None:
        """Return what a key names, checked."""
        return self._checked(key, await super().get(key, prototype, byte_range), byte_range)

    def get_sync(
        self, key: str, *, prototype: BufferPrototype | None = None, byte_range: ByteRequest | None = None
    ) -> Buffer | None:
        """Return what a key names, checked, in the calling thread."""
        return self._checked(key, super().get_sync(key, prototype=prototype, byte_range=byte_range), byte_range)

    def _checked(self, key: str, found: Buffer | None, byte_range: ByteRequest | None) -> Buffer | None:
        if not key.startswith("c."):
            return found
        if found is None:
            raise _lost(self.root, key if (self.root / DOCUMENT).exists() else "")
        if byte_range is None and not is_sound(found.to_bytes()):
            raise CacheError(
                f"the chunk {self.root / key} is damaged",
                evidence="its checksum is wrong",
                remedy=advise("read again with {reuse_disk_cache}, which makes the entry anew", reuse_disk_cache=False),
                path=str(self.root),
            )
        return found


def _lost(root: Path, key: str) -> CacheError:
    return CacheError(
        f"the cache entry {root} {f'has lost its chunk {key}' if key else 'was removed'}",
        evidence="it was there when the entry was made",
        remedy="read the source again, which makes the entry anew",
        path=str(root),
    )


def open_entry(path: Path) -> zarr.Array[Any]:
    """Return the array of an entry, read-only.

    Raises
    ------
    CacheError
        It was removed meanwhile.
    """
    try:
        return zarr.open_array(CacheStore(path), mode="r")
    except FileNotFoundError as error:
        raise _lost(path, "") from error
