"""From a source to OME-TIFF files, and what an array in memory is; it knows no format."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from omio_core.axes import CANONICAL
from omio_core.errors import AmbiguousAxesError, MetadataError
from omio_core.image import Image
from omio_core.metadata import Metadata
from omio_core.provenance import omio_version
from omio_core.reading import Overrides
from omio_core.schema import axes_of, from_dict


def image_of(array: Any, metadata: Mapping[str, Any] | Metadata | None, stated: Overrides) -> Image:
    """An image over an array and what is said of it.

    Raises
    ------
    AmbiguousAxesError
        The axes are unknown, or do not fit the array.
    MetadataError
        The metadata describe another array.
    """
    if isinstance(array, Image):
        image = array
        metadata = array.metadata if metadata is None else metadata
        if stated.axes not in (None, CANONICAL):
            raise AmbiguousAxesError(
                "the axes of an Image are TZCYX", evidence=f"axes={stated.axes!r}", remedy="leave axes= out"
            )
    else:
        public = metadata if isinstance(metadata, Mapping) else None
        array = array if hasattr(array, "dtype") else _asarray(array)
        image = Image.of_array(array, axes=axes_of(public, array.shape, stated.axes))
    if not isinstance(metadata, Metadata):
        said = _without_shape(metadata or {}, tuple(array.shape))
        if image.metadata.samples > 1:
            said.setdefault("SamplesPerPixel", image.metadata.samples)
        metadata = from_dict(said, image.shape, str(image.dtype))
    known = replace(
        metadata,
        shape=image.shape,
        dtype=str(image.dtype),
        facts=stated.facts(metadata.facts, metadata.channel_count),
        provenance={"omio": omio_version(), "source": "array in memory", **metadata.provenance},
    )
    return Image(image.picture, known)


def _asarray(array: Any) -> Any:
    import numpy as np

    return np.asarray(array)


def _without_shape(public: Mapping[str, Any], shape: tuple[int, ...]) -> dict[str, Any]:
    """A dict without axes and shape, which are the array's own; the lengths Size* stay and are compared later."""
    stated = public.get("shape")
    if stated is not None and tuple(stated) != shape:
        raise MetadataError(
            "the metadata describe another array",
            evidence=f"shape is {list(stated)}, the array has {list(shape)}",
            remedy="correct axes, shape and Size* in the dict, or leave them out",
        )
    return {key: value for key, value in public.items() if key not in ("axes", "shape")}
