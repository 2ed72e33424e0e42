"""From a .tiles folder to pixels."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from omio_core.contract import (
    AbsentDataError,
    Box,
    CorruptFileError,
    Facts,
    ImageDescription,
    Level,
    LimitExceededError,
    Listing,
    Location,
    Opened,
)

from . import DOCUMENT
from .document import MOST_BYTES, Document, load


def open_tiles(location: Location) -> Tiles:
    """Open a .tiles folder.

    Raises
    ------
    ReadError
        The folder cannot be listed, or its document is damaged.
    """
    return Tiles(location)


class Tiles(Opened):
    """An open .tiles folder. It keeps no file open: each tile is opened, checked and closed again."""

    def __init__(self, location: Location):
        self._listing = Listing.of(location)
        with self._listing.open(DOCUMENT) as file:
            if file.size > MOST_BYTES:
                raise LimitExceededError(f"{file.path} is {file.size:,} bytes long", path=file.path)
            self._text = file.read(0, file.size)
        self._path = str(location.child(DOCUMENT))
        self._document = load(self._text, self._path)
        self._images = (_describe(self._document, self._listing, partial(_facts, self._text, self._path)),)

    @property
    def images(self) -> Sequence[ImageDescription]:
        """The only image."""
        return self._images

    @property
    def members(self) -> Sequence[Location]:
        """The document; OMIO looks at it before every read."""
        return (self._listing.location.child(DOCUMENT),)

    @property
    def stamp(self) -> str:
        """A digest of all files in the folder; OMIO compares it when it opens the folder again."""
        return self._listing.digest

    def read_into(self, out: NDArray[Any], image: int, box: Box, level: int) -> None:
        """Fill `out` with the pixels of `box`; called from many threads."""
        absent = []
        for name, tile in self._document.boxes(box):
            part = tile & box
            if part is None:
                continue
            try:
                out[part.within(box)] = self._read_tile(name, tile)[part.within(tile)]
            except FileNotFoundError:  # only where the folder cannot be listed, so that nobody knew before
                absent.append(part)
        if absent:
            raise AbsentDataError(f"{len(absent)} tiles of {self._path} do not exist", boxes=tuple(absent))

    def _read_tile(self, name: str, tile: Box) -> NDArray[Any]:
        dtype = np.dtype(self._document.dtype)
        with self._listing.open(name) as file:  # an error if the file is not the one that was listed
            if file.size != tile.size * dtype.itemsize:
                evidence = f"it is {file.size} bytes long, and a tile of {tile.shape[3:]} {dtype} has another length"
                raise CorruptFileError(f"{file.path} is damaged", evidence=evidence, path=file.path)
            data = file.read(0, file.size)
            if zlib.crc32(data) != self._document.sums.get(name):
                evidence = f"its checksum is {zlib.crc32(data)}, {DOCUMENT} states {self._document.sums.get(name)}"
                raise CorruptFileError(f"{file.path} is damaged", evidence=evidence, path=file.path)
        return np.frombuffer(data, dtype).reshape(tile.shape)

    def close(self) -> None:
        """Do nothing: no file is open."""


def _describe(document: Document, listing: Listing, facts: partial[Facts]) -> ImageDescription:
    level = Level(shape=document.shape, blocks=(1, 1, 1, *document.tile), present=_Present(document, listing))
    return ImageDescription(
        axes="TZCYX",
        dtype=np.dtype(document.dtype).newbyteorder("="),
        levels=(level,),
        facts=facts,
        name=document.name,
        kind="folder of raw tiles",
    )


@dataclass(frozen=True)
class _Present:
    """The function that says which tiles exist: a value that can be pickled, as everything in a description."""

    document: Document
    listing: Listing

    def __call__(self) -> tuple[Box, ...] | None:
        found = [(box, self.listing.has(name)) for name, box in self.document.boxes()]
        if all(exists is not False for _, exists in found):  # None: the place cannot be listed
            return None
        return tuple(box for box, exists in found if exists)


def _facts(text: bytes, path: str) -> Facts:
    return load(text, path).facts()
