"""Any picture as a zarr array TZCYX that can be written in memory; the files of the picture never change.

What is written is kept in the store, chunk by chunk. Every other chunk is read from the picture when it is asked for.
"""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator
from typing import Any

import zarr
from zarr.abc.store import ByteRequest
from zarr.core.buffer import Buffer, BufferPrototype, default_buffer_prototype

from .protocol import Picture
from .zarrlevels import STRAIGHT, LevelArray, identity
from .zarrreads import ReadStore, span

DOCUMENT = "zarr.json"
_CHUNK = re.compile("c" + "/(0|[1-9][0-9]{0,17})" * 5)

Changes = dict[str, bytes | None]
"""From a key to what was written under it; None where it was deleted."""


class OverlayStore(ReadStore):
    """A zarr store of one array, the picture, with what was written over it in memory.

    Parameters
    ----------
    picture
        The picture. Its resolutions below the first are left out.
    changes
        What was written so far; stores that share it show the same.
    read_only
        Whether this store refuses to be written.

    Notes
    -----
    It can be pickled as the picture can, with everything that was written; the copy is independent of the original.
    """

    def __init__(self, picture: Picture, changes: Changes | None = None, *, read_only: bool = False):
        super().__init__(read_only=read_only)
        self._picture, self._changes = picture, {} if changes is None else changes
        self._array = LevelArray(picture, STRAIGHT)
        self._document = json.dumps(self._array.document(), indent=1).encode()

    def __reduce__(self) -> tuple[Any, ...]:
        return _store, (self._picture, dict(self._changes), self.read_only)

    def __eq__(self, other: object) -> bool:
        if self is other:
            return True
        if not isinstance(other, OverlayStore) or self._changes != other._changes:
            return False
        return identity(self._picture) == identity(other._picture)

    def __hash__(self) -> int:
        return hash(identity(self._picture))

    def __repr__(self) -> str:
        return f"<zarr store in memory of {self._picture.label()}>"

    __str__ = __repr__

    def with_read_only(self, read_only: bool = False) -> OverlayStore:
        """Return a store that shows the same, and what is written later."""
        return OverlayStore(self._picture, self._changes, read_only=read_only)

    # -- reading -----------------------------------------------------------------------------------------------------

    def _index(self, key: str) -> tuple[int, ...] | None:
        """The index of the chunk of the picture that a key names."""
        if not (named := _CHUNK.fullmatch(key)):
            return None
        index = tuple(map(int, named.groups()))
        return index if all(i < count for i, count in zip(index, self._array.counts, strict=True)) else None

    def is_ready(self, key: str) -> bool:
        """Whether no pixel of the picture is read for a key."""
        return key in self._changes or self._index(key) is None

    def get_sync(
        self, key: str, *, prototype: BufferPrototype | None = None, byte_range: ByteRequest | None = None
    ) -> Buffer | None:
        """Return what a key names, read in the calling thread; None if it names nothing."""
        content: Any
        if key in self._changes:
            content = self._changes[key]
        elif key == DOCUMENT:
            content = self._document
        else:
            index = self._index(key)
            content = None if index is None else self._array.pixels(index)
        if content is None:
            return None
        start, stop = span(byte_range, len(content))
        return (prototype or default_buffer_prototype()).buffer.from_bytes(content[start:stop])

    def _size(self, key: str) -> int | None:
        """The bytes that a key names; None if it names nothing."""
        if key in self._changes:
            content = self._changes[key]
            return None if content is None else len(content)
        if key == DOCUMENT:
            return len(self._document)
        return None if self._index(key) is None else self._array.nbytes

    async def exists(self, key: str) -> bool:
        """Whether a key names something; nothing is read."""
        return self._size(key) is not None

    async def getsize(self, key: str) -> int:
        """The bytes that a key names; no pixel is read for it.

        Raises FileNotFoundError if it names nothing.
        """
        if (size := self._size(key)) is None:
            raise FileNotFoundError(key)
        return size

    @property
    def supports_listing(self) -> bool:
        """True: what there is follows from the shape, and from what was written."""
        return True

    async def list(self) -> AsyncIterator[str]:
        """Yield all keys."""
        async for key in self.list_prefix(""):
            yield key

    async def list_prefix(self, prefix: str) -> AsyncIterator[str]:
        """Yield all keys that start with a text."""
        changes = dict(self._changes)
        if DOCUMENT.startswith(prefix) and DOCUMENT not in changes:
            yield DOCUMENT
        for key in self._array.keys("", prefix):
            if key not in changes:
                yield key
        for key, content in changes.items():
            if content is not None and key.startswith(prefix):
                yield key

    async def list_dir(self, prefix: str) -> AsyncIterator[str]:
        """Yield the names directly below a path."""
        start = f"{prefix.strip('/')}/" if prefix.strip("/") else ""
        names = {key[len(start) :].partition("/")[0]: None async for key in self.list_prefix(start)}
        for name in names:
            yield name

    # -- writing -------------------------------------------------------------------------------------------------------

    @property
    def supports_writes(self) -> bool:
        """True: into memory."""
        return True

    @property
    def supports_deletes(self) -> bool:
        """True: a deleted chunk of pixels reads as the fill value of the array, 0."""
        return True

    async def set(self, key: str, value: Buffer) -> None:
        """Keep a copy of a content under a key."""
        self._check_writable()
        self._changes[key] = value.to_bytes()

    async def delete(self, key: str) -> None:
        """Remove what a key names."""
        self._check_writable()
        self._changes[key] = None


def _store(picture: Picture, changes: Changes, read_only: bool) -> OverlayStore:
    return OverlayStore(picture, changes, read_only=read_only)


def overlay_array(picture: Picture) -> zarr.Array[Any]:
    """Return a picture as a zarr array, TZCYX, that can be written in memory.

    Raises
    ------
    UnsupportedFeatureError
        zarr has no such type of pixels.
    """
    return zarr.open_array(OverlayStore(picture), mode="r+")
