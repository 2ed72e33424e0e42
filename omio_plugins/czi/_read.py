"""The open CZI: find the tiles that a box touches and draw them in order; it decodes nothing and starts no thread."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from omio_core.contract import Box, ImageDescription, Location, OmioError, Opened

from ._decode import Decoder
from ._describe import describe
from ._directory import read_directory
from ._options import READ, ignores_description
from ._scenes import images
from ._tiles import Tiles

_FEW = 64  # tiles; among more, hidden tiles are not searched for


def open_czi(location: Location, *, tiles: bool = False, description: str = READ) -> CziImages:
    """Open a CZI; with `tiles`, each tile of a mosaic is an image of its own.

    With the `description` "ignore", no text of the file is read: neither its XML nor those of its sub-blocks.

    Raises
    ------
    CorruptFileError
        The file is no CZI, is damaged, or ends too soon.
    LimitExceededError
        The file declares more planes, channels or pixels than the settings allow.
    UnsupportedFeatureError
        The file is of a kind, or has pixels of a type, that is not read.
    UnknownOptionError
        `description` is neither "read" nor "ignore".
    ReadError
        The file cannot be read.
    FileNotFoundError
        There is no such file.
    """
    return CziImages(location, separate=bool(tiles), texts=not ignores_description(description))


class CziImages(Opened):
    """The images of an open CZI."""

    def __init__(self, location: Location, *, separate: bool = False, texts: bool = True):
        self._location, self._file = location, location.open()
        try:
            directory = read_directory(self._file, location, texts=texts)
            self._images = tuple(images(directory, separate=separate))
            self._descriptions = describe(self._file, directory, self._images)
        except OmioError as error:
            self._file.close()
            if "path" in error.facts:
                raise
            raise _with_path(error, str(location)) from error
        except BaseException:
            self._file.close()
            raise
        self._decoder = Decoder(self._file, directory.entries)

    @property
    def images(self) -> tuple[ImageDescription, ...]:
        """The images, by scene (and tile)."""
        return self._descriptions

    @property
    def members(self) -> tuple[Location, ...]:
        """The file; a CZI has no other members."""
        return (self._location,)

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def read_into(self, out: NDArray[Any], image: int, box: Box, level: int) -> None:
        """Fill `out` with `box`; see `omio_core.contract.Opened`.

        Raises
        ------
        CorruptFileError
            A sub-block is not where the directory says, or cannot be decoded.
        UnsupportedFeatureError
            The compression of a sub-block is not supported.
        MissingDependencyError
            The package that decodes the compression is not installed.
        """
        image_of_file = self._images[image]
        tiles, rank = image_of_file.levels[level], len(image_of_file.lead)
        spans = box.spans
        (top, bottom), (left, right) = spans[rank : rank + 2]
        deep = out if image_of_file.scene.samples > 1 else out[..., None]
        for index, plane in _planes(image_of_file.lead, spans[:rank]):
            for tile, rectangle in _visible_tiles(tiles, plane, (top, left, bottom, right)):
                self._draw(deep[index], tiles, tile, rectangle, (top, left))

    def _draw(
        self,
        out: NDArray[Any],
        tiles: Tiles,
        tile: int,
        rectangle: tuple[int, int, int, int],
        origin: tuple[int, int],
    ) -> None:
        """Draw the part `rectangle` of a tile into the plane's memory, which begins at `origin`."""
        top, left, bottom, right = rectangle
        y, x = (int(n) for n in tiles.begins[tile])
        index = int(tiles.entries[tile])
        part = out[top - origin[0] : bottom - origin[0], left - origin[1] : right - origin[1]]
        try:
            self._decoder.fill(part, index, (top - y, left - x, bottom - y, right - x))
        except OmioError as error:
            raise _with_subblock(error, self._file.path, index) from error


def _planes(lead: tuple[int, ...], spans: tuple[tuple[int, int], ...]) -> Iterator[tuple[tuple[int, ...], int]]:
    """Yield the index in the caller's memory and the flat index in the image of each plane of a box."""
    for index in itertools.product(*(range(b - a) for a, b in spans)):
        flat = 0
        for k, (start, _), length in zip(index, spans, lead, strict=True):
            flat = flat * length + start + k
        yield index, flat


def _visible_tiles(
    tiles: Tiles, plane: int, box: tuple[int, int, int, int]
) -> list[tuple[int, tuple[int, int, int, int]]]:
    """The visible tiles that a box touches, lowest first, with the rectangle of each."""
    of_plane = tiles.of(plane)
    spots = tiles.spots[of_plane]
    begins = np.maximum(spots[:, :2], box[:2])
    ends = np.minimum(spots[:, 2:], box[2:])
    hits = np.flatnonzero((begins < ends).all(axis=1))
    touched = [
        (of_plane.start + k, (*begin, *end))
        for k, begin, end in zip(hits.tolist(), begins[hits].tolist(), ends[hits].tolist(), strict=True)
    ]
    if 1 < len(touched) <= _FEW:
        visible: list[tuple[int, tuple[int, int, int, int]]] = []
        for tile, area in reversed(touched):
            if not any(
                above[0] <= area[0] and above[1] <= area[1] and above[2] >= area[2] and above[3] >= area[3]
                for _, above in visible
            ):
                visible.append((tile, area))
        touched = visible[::-1]
    return touched


def _with_path(error: OmioError, path: str) -> OmioError:
    """The same error with the path of the file."""
    what = error.what if path in error.what else f"{path}: {error.what}"
    return type(error)(what, evidence=error.evidence, remedy=error.remedy, **{**error.facts, "path": path})


def _with_subblock(error: OmioError, path: str, index: int) -> OmioError:
    """The same error with the path of the file and the number of the sub-block."""
    return type(error)(
        f"sub-block {index} of {path} cannot be read: {error.what}",
        evidence=error.evidence,
        remedy=error.remedy,
        **{**error.facts, "path": path, "subblock": index},
    )
