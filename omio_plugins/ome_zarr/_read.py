"""The open OME-Zarr: reads boxes of its images chunk by chunk, and starts no thread; it knows no metadata."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from omio_core.contract import DIGEST_METHOD, AbsentDataError, Box, ImageDescription, Location, OmioError, Opened

from ._chunks import Chunks
from ._describe import Picture, describe
from ._groups import Groups
from ._store import open_store
from ._tree import read_tree

_DIGEST = re.compile("[0-9a-f]{16}")


def open_ome_zarr(location: Location, *, label: str | None = None) -> OmeZarrImages:
    """Open an OME-Zarr; with `label`, the label images of that name in place of the images.

    Raises
    ------
    CorruptFileError
        The metadata is damaged, is not valid, or describes no image.
    UnsupportedFeatureError
        It is of a version, or uses a codec, a type of pixel or a transformation, that is not read.
    LimitExceededError
        It declares more than the settings allow.
    AbsentDataError
        It names images, and none of them is there.
    ReadError
        It cannot be read or listed.
    FileNotFoundError
        There is nothing.
    """
    return OmeZarrImages(location, None if label is None else str(label))


class OmeZarrImages(Opened):
    """The images of an open OME-Zarr."""

    def __init__(self, location: Location, label: str | None):
        self._store = open_store(location)
        try:
            groups = Groups(self._store)
            self._pictures: tuple[Picture, ...] = describe(groups, read_tree(groups), label)
            self._documents = tuple(groups.documents)
        except OmioError as error:
            self._store.close()
            if "path" in error.facts:
                raise
            facts = {**error.facts, "path": str(location)}
            raise type(error)(error.what, evidence=error.evidence, remedy=error.remedy, **facts) from error
        except BaseException:
            self._store.close()
            raise
        self._chunks = Chunks(self._store)

    @property
    def images(self) -> tuple[ImageDescription, ...]:
        """The images in the order of the metadata."""
        return tuple(picture.description for picture in self._pictures)

    @property
    def members(self) -> tuple[Location, ...]:
        """The metadata documents; of a zip file the file."""
        return self._store.members(self._documents)

    @property
    def stamp(self) -> str:
        """A digest of all files in the folder."""
        return self._store.digest

    def digests(self, image: int) -> Sequence[str] | None:
        """The digests of the planes that OMIO has put into the OME-XML of the store; None if it has none."""
        description = self._pictures[image].description
        record = description.facts().annotations.get("omio/provenance", {}).get("digests")
        if not isinstance(record, dict) or record.get("method") != DIGEST_METHOD:
            return None
        digests = str(record.get("planes", "")).split()
        lengths = zip(description.axes, description.levels[0].shape, strict=True)
        count = math.prod(n for axis, n in lengths if axis not in "YX")
        return digests if len(digests) == count and all(_DIGEST.fullmatch(one) for one in digests) else None

    def close(self) -> None:
        """Close the zip file; of a folder, no file is open between two reads."""
        self._store.close()

    def read_into(self, out: NDArray[Any], image: int, box: Box, level: int) -> None:
        """Fill `out` with `box`; see `omio_core.contract.Opened`.

        Raises
        ------
        AbsentDataError
            Chunks are missing inside a shard, or in a place that cannot be listed.
        CorruptFileError
            A chunk or the index of a shard is damaged.
        LimitExceededError
            A chunk declares far more pixels than its file can hold.
        """
        picture = self._pictures[image]
        array = picture.arrays[level]
        if picture.split is None:
            absent = self._chunks.read_into(out, array, box)
        else:
            axis, samples = picture.split
            (start, stop), spans = box.spans[axis], box.spans
            joined = Box((*spans[:axis], (start * samples, stop * samples), *spans[axis + 2 :]))
            scratch = np.empty(joined.shape, array.dtype)
            absent = [_split(found, axis, samples) for found in self._chunks.read_into(scratch, array, joined)]
            out[...] = scratch.reshape(box.shape)
        if absent:
            raise AbsentDataError(
                f"{self._store.location} lacks {len(absent)} chunks of {array.keys.path}",
                path=str(self._store.location),
                boxes=tuple(dict.fromkeys(absent)),
            )


def _split(box: Box, axis: int, samples: int) -> Box:
    """The box of whole pixels around a box of the array, whose axis C the image has as C and S."""
    start, stop = box.spans[axis]
    return Box((*box.spans[:axis], (start // samples, -(-stop // samples)), (0, samples), *box.spans[axis + 1 :]))
