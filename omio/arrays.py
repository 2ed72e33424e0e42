"""From a source to OME-TIFF files, and what an array in memory is; it knows no format."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from omio_core.errors import AmbiguousAxesError, MetadataError, WriteError
from omio_core.geometry.axes import CANONICAL
from omio_core.geometry.letters import check
from omio_core.images.image import Image
from omio_core.images.overrides import Overrides
from omio_core.metadata.checks import shape as lengths_of
from omio_core.metadata.checks import shown
from omio_core.metadata.from_dict import axes_of, from_dict
from omio_core.metadata.model import Metadata
from omio_core.metadata.namespaces import omio_version
from omio_core.metadata.plain import checked
from omio_core.wording import advise


def image_of(array: Any, metadata: Mapping[str, Any] | Metadata | None, stated: Overrides) -> Image:
    """An image over an array and what is said of it.

    Raises
    ------
    AmbiguousAxesError
        The axes are unknown, or do not fit the array.
    MetadataError
        The metadata describe another array, or hold what cannot be written.
    WriteError
        Values are masked, or a length of the array is unknown.
    """
    if metadata is not None and not isinstance(metadata, Mapping | Metadata):
        raise MetadataError(
            "metadata must be a dict", evidence=f"it is {shown(metadata)}", remedy="give a dict, or none"
        )
    if isinstance(metadata, Metadata):  # nobody has looked at what it holds; a dict is looked at as it is taken
        for name, content in metadata.facts.annotations.items():
            checked(f"Annotations[{name!r}]", content)
    if isinstance(array, Image):
        image = array
        metadata = array.metadata if metadata is None else metadata
        said = stated.axes if stated.axes is not None or isinstance(metadata, Metadata) else metadata.get("axes")
        if said is not None and check(said) != CANONICAL:
            raise AmbiguousAxesError(
                "the axes of an Image are TZCYX",
                evidence=f"axes={said!r}",
                remedy=advise("leave {axes} and the key axes out", axes=None),
            )
    else:
        public = metadata if isinstance(metadata, Mapping) else None
        array = _unmasked(array if hasattr(array, "dtype") else _asarray(array))
        _refuse_unknown_lengths(array)
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


def _unmasked(array: Any) -> Any:
    """The array without its mask, if it has one that masks nothing; of lazy pixels nobody knows.

    Raises
    ------
    WriteError
    """
    kind = getattr(array, "_meta", array)  # dask has an empty array of the kind that its blocks are
    if not hasattr(kind, "mask") or not hasattr(kind, "filled"):
        return array
    import numpy as np

    lazy = kind is not array
    masked = None if lazy else int(np.count_nonzero(np.ma.getmaskarray(array)))
    if masked == 0:
        return np.ma.getdata(array)
    raise WriteError(
        "a file has no place for a mask",
        evidence="the blocks of the array are masked arrays" if lazy else f"{masked} of {array.size} values are masked",
        remedy="fill it: " + ("dask.array.ma.filled(array, value)" if lazy else "array.filled(value)"),
    )


def _refuse_unknown_lengths(array: Any) -> None:
    """Dask gives NaN where it does not know how long a block is.

    Raises
    ------
    WriteError
    """
    if any(length != length for length in array.shape):
        raise WriteError(
            "the shape of the array is unknown",
            evidence=f"it is {tuple(array.shape)}",
            remedy="array.compute_chunk_sizes() finds the lengths",
        )


def _without_shape(public: Mapping[str, Any], shape: tuple[int, ...]) -> dict[str, Any]:
    """A dict without axes and shape, which are the array's own; the lengths Size* stay and are compared later."""
    stated = lengths_of(public.get("shape"))
    if stated is not None and stated != shape:
        raise MetadataError(
            "the metadata describe another array",
            evidence=f"shape is {list(stated)}, the array has {list(shape)}",
            remedy="correct axes, shape and Size* in the dict, or leave them out",
        )
    return {key: value for key, value in public.items() if key not in ("axes", "shape")}
