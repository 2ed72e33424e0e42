"""Any picture as a read-only zarr store: an OME-Zarr 0.5 whose chunks are read when asked for; knows no format.

A group holds one array per level (`omio_core.pixels.zarrlevels`). Nothing is copied.

How it is read from zarr's event loop is in `omio_core.pixels.zarrreads`.
"""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator, Callable, Hashable, Iterable, Mapping
from functools import cached_property, partial
from typing import Any

from zarr.abc.store import ByteRequest
from zarr.core.buffer import Buffer, BufferPrototype, default_buffer_prototype

from omio_core.errors import WriteError
from omio_core.metadata.model import Metadata
from omio_core.metadata.namespaces import omio_version
from omio_core.ome.ngff import ngff_attributes
from omio_core.ome.write import PIXEL_TYPES, build_ome

from .protocol import Picture
from .zarrlevels import LevelArray, identity, levels
from .zarrreads import ReadStore, span

DOCUMENT = "zarr.json"

OME_XML = "METADATA.ome.xml"
"""All facts, in the group "OME", as bioformats2raw has it (https://ngff.openmicroscopy.org/0.5)."""

OTHER_TYPES = {"bool": "bit", "float16": "float", "int64": "int32", "uint64": "uint32"}
"""What the OME-XML states of types that OME does not have; the arrays have the type of the pixels."""

_NUMBER = "(0|[1-9][0-9]{0,17})"
_CHUNK = re.compile(f"{_NUMBER}/c" + f"/{_NUMBER}" * 5)


class PictureStore(ReadStore):
    """A read-only zarr store of a picture; picklable as the picture is.

    Parameters
    ----------
    picture
        The picture. Its own level is the array "0", and smaller levels follow.
    metadata
        The metadata, or a picklable function that returns them when the group is opened.

    Attributes
    ----------
    arrays
        The levels, by the paths of their arrays.

    Notes
    -----
    What a read of the picture raises (FileChangedError, or AbsentDataError of the policy ``absent_planes``) is raised
    to who reads the zarr array. Chunks of absent pixels exist, and hold the fill value of the picture.
    """

    def __init__(self, picture: Picture, metadata: Metadata | Callable[[], Metadata]):
        super().__init__(read_only=True)
        self._picture, self._metadata = picture, metadata
        self.arrays = {str(number): LevelArray(level) for number, level in enumerate(levels(picture))}
        self._documents: dict[str, bytes] = {}

    def __reduce__(self) -> tuple[Any, ...]:
        return PictureStore, (self._picture, self._metadata)

    def __eq__(self, other: object) -> bool:
        if self is other:
            return True
        if not isinstance(other, PictureStore) or self._identity != other._identity:
            return False
        return self.document(DOCUMENT) == other.document(DOCUMENT)

    def __hash__(self) -> int:
        return hash(self._identity)

    def __repr__(self) -> str:
        return f"<zarr store of {self._picture.label()}>"

    __str__ = __repr__

    @cached_property
    def _identity(self) -> Hashable:
        return identity(self._picture)

    # -- documents and chunks ----------------------------------------------------------------------------------------

    @cached_property
    def _makers(self) -> dict[str, Callable[[], str]]:
        """From the key of each document to what makes it: those of the group and of what is in it, and the OME-XML."""
        arrays = {f"{path}/{DOCUMENT}": partial(self._array, path) for path in self.arrays}
        # zarr warns of a folder that is no group
        beside = {f"OME/{DOCUMENT}": lambda: json.dumps(_group({}), indent=1), f"OME/{OME_XML}": self._xml}
        return {DOCUMENT: self._root, **arrays, **beside}

    def _chunk(self, key: str) -> tuple[LevelArray, tuple[int, ...]] | None:
        """The array and the index of the chunk that a key names."""
        if not (named := _CHUNK.fullmatch(key)):
            return None
        path, *index = named.groups()
        if (array := self.arrays.get(path)) is None:
            return None
        at = tuple(map(int, index))
        return (array, at) if all(i < count for i, count in zip(at, array.counts, strict=True)) else None

    def _facts(self) -> Metadata:
        return self._metadata if isinstance(self._metadata, Metadata) else self._metadata()

    def _array(self, path: str) -> str:
        return json.dumps(self.arrays[path].document(), indent=1)

    def _root(self) -> str:
        return json.dumps(self.group({path: array.document() for path, array in self.arrays.items()}), indent=1)

    def group(self, arrays: Mapping[str, dict[str, Any]]) -> dict[str, Any]:
        """The document of the group: the attributes of OME-Zarr 0.5, and all documents below it.

        Parameters
        ----------
        arrays
            The document of each array, by its path.
        """
        attributes = ngff_attributes(self._facts(), [array.picture.shape for array in self.arrays.values()])
        # as zarr-python writes it; without it, xarray warns that opening is slow
        below = {"kind": "inline", "must_understand": False, "metadata": {**arrays, "OME": _group({})}}
        return {**_group(attributes), "consolidated_metadata": below}

    def is_ready(self, key: str) -> bool:
        """Whether a key names nothing, or a document that is made already."""
        return key in self._documents or not self._names(key)

    def _names(self, key: str) -> bool:
        """Whether a key names a document or a chunk."""
        return key in self._makers or self._chunk(key) is not None

    def document(self, key: str) -> bytes | None:
        """The document of a key; None if it names none."""
        if key not in self._documents:
            if key not in self._makers:
                return None
            self._documents[key] = self._makers[key]().encode()
        return self._documents[key]

    def _xml(self) -> str:
        dtype = self._picture.dtype.name
        pixel_type = PIXEL_TYPES.get(dtype) or OTHER_TYPES[dtype]
        return build_ome([self._facts()], pixel_types=[pixel_type], creator=f"omio-core {omio_version()}")

    def get_sync(
        self, key: str, *, prototype: BufferPrototype | None = None, byte_range: ByteRequest | None = None
    ) -> Buffer | None:
        """Return what a key names, read in the calling thread; None if it names nothing."""
        chunk = self._chunk(key)
        content: Any = self.document(key) if chunk is None else chunk[0].pixels(chunk[1])
        if content is None:
            return None
        start, stop = span(byte_range, len(content))
        return (prototype or default_buffer_prototype()).buffer.from_bytes(content[start:stop])

    def _below(self, parts: list[str]) -> Iterable[str]:
        """The names below a path."""
        match parts:
            case []:
                return [DOCUMENT, *self.arrays, "OME"]
            case ["OME"]:
                return [DOCUMENT, OME_XML]
            case [path] if path in self.arrays:
                return [DOCUMENT, "c"]
            case [path, "c", *index] if path in self.arrays and len(index) < 5:
                first = "/".join([*parts, *"0" * (5 - len(index))])
                return map(str, range(self.arrays[path].counts[len(index)])) if self._chunk(first) else []
        return []

    # -- what there is -----------------------------------------------------------------------------------------------

    async def exists(self, key: str) -> bool:
        """Whether a key names a document or a chunk; nothing is read."""
        return self._names(key)

    async def getsize(self, key: str) -> int:
        """The bytes that a key names; no pixel is read for it.

        Raises FileNotFoundError if it names nothing.
        """
        if chunk := self._chunk(key):
            return chunk[0].nbytes
        if (document := await self.get(key)) is None:
            raise FileNotFoundError(key)
        return len(document)

    @property
    def supports_listing(self) -> bool:
        """True: what there is follows from the shapes."""
        return True

    async def list(self) -> AsyncIterator[str]:
        """Yield all keys."""
        async for key in self.list_prefix(""):
            yield key

    async def list_prefix(self, prefix: str) -> AsyncIterator[str]:
        """Yield all keys that start with a text."""
        for key in self._makers:
            if key.startswith(prefix):
                yield key
        for path, array in self.arrays.items():
            for key in array.keys(path, prefix):
                yield key

    async def list_dir(self, prefix: str) -> AsyncIterator[str]:
        """Yield the names directly below a path."""
        parts = prefix.strip("/").split("/") if prefix.strip("/") else []
        for name in self._below(parts):
            yield name

    # -- nothing can be written ----------------------------------------------------------------------------------------

    @property
    def supports_writes(self) -> bool:
        """False: the store shows what is in the files."""
        return False

    @property
    def supports_deletes(self) -> bool:
        """False."""
        return False

    async def set(self, key: str, value: Buffer) -> None:
        """Raise ValueError, as every read-only store of zarr does."""
        self._check_writable()

    async def delete(self, key: str) -> None:
        """Raise ValueError, as every read-only store of zarr does."""
        self._check_writable()

    def with_read_only(self, read_only: bool = False) -> PictureStore:
        """Return a store of the same picture.

        Raises WriteError for a store that can be written.
        """
        if not read_only:
            raise WriteError(
                "a picture cannot be written through its zarr store",
                evidence=self._picture.label(),
                remedy="open the store with mode='r', and write into a store of your own",
            )
        return PictureStore(self._picture, self._metadata)


def _group(attributes: dict[str, Any]) -> dict[str, Any]:
    return {"zarr_format": 3, "node_type": "group", "attributes": attributes}
