"""An image on its way to a writer: its metadata record the writer, and what was absent in the source; knows no format.

A writer that takes the metadata after the pixels gets the planes in which reading found absent pixels, too.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

from omio_core.errors import first_few
from omio_core.metadata.model import Metadata
from omio_core.pixels.absence import planes_in_words
from omio_core.plugins.descriptions import Writer

from .conversion import CONVERSION, Conversion
from .explain import not_kept
from .image import Image

_FEW = 6


class OutgoingImage(Image):
    """An image whose `metadata` also have the record of its writer; everything else is that of the image.

    Parameters
    ----------
    image
        The image to write.
    writer
        The writer that gets it.
    conversion, written
        The record of the conversion, if a plan makes the file, and the time that the file gets, in nanoseconds.
    """

    def __init__(self, image: Image, writer: Writer, conversion: Conversion | None = None, written: int = 0):
        super().__init__(
            image.picture,
            partial(getattr, image, "metadata"),
            vendor=partial(getattr, image, "vendor"),
            merged=image.merged,
        )
        self._image = image
        self._writer = {
            "writer": writer.name,
            "writer_version": writer.version,
            "writer_revision": writer.revision,
        }
        self._conversion, self._written = conversion, written
        self._conversion_record: dict[str, Any] | None = None

    @property
    def metadata(self) -> Metadata:
        """The metadata with the record of the writer, and with the planes that were found absent so far."""
        metadata = self._image.metadata
        record = {**metadata.provenance, **self._writer}
        if self._conversion is not None:
            if self._conversion_record is None:
                self._conversion_record = self._conversion.to_dict(self._written, metadata)
            record[CONVERSION] = self._conversion_record
        if found := found_absent(self._image):
            record["absent"] = "; ".join(dict.fromkeys((*filter(None, (record.get("absent"),)), found)))
        return replace(metadata, provenance=record)

    @property
    def name(self) -> str | None:
        """The name of the image."""
        return self._image.name

    @property
    def samples(self) -> int:
        """The samples per pixel of the image."""
        return self._image.samples


def losses(images: Sequence[Image]) -> str:
    """Say what the sources of images state and the images do not hold, each part once; "" if there is nothing."""
    words = tuple(dict.fromkeys(part for image in images for part in not_kept(_record_of_source(image))))
    return f"not kept: {first_few(words, _FEW, joint='; ')}" if words else ""


def _record_of_source(image: Image) -> Mapping[str, Any]:
    """Return the record of what an image comes from; of an array with the dict of an earlier image, that image's."""
    record = image.metadata.provenance
    if any(leaf.stored is not None for leaf in image.picture.leaves):
        return record
    history = record.get("history")
    return history[0] if isinstance(history, list) and history and isinstance(history[0], Mapping) else record


def found_absent(image: Image) -> str:
    """Say in which planes reading found absent pixels so far, in this process; "" if in none."""
    planes = image.picture.found_absent()
    return f"pixels were found absent in the planes {planes_in_words(planes)}" if planes else ""
