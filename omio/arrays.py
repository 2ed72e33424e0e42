"""Turn an array in memory and its metadata into an image; it knows no format."""

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
    """Return an image over an array, with the metadata that the caller gives and states.

    Raises
    ------
    AmbiguousAxesError
        The axes are unknown, or do not fit the array.
    MetadataError
        The metadata describe another array, or hold a value that cannot be written.
    WriteError
        Values are masked, or a length of the array is unknown.
    """
    if metadata is not None and not isinstance(metadata, Mapping | Metadata):
        raise MetadataError(
            "metadata must be a dict", evidence=f"it is {shown(metadata)}", remedy="give a dict, or none"
        )
    if isinstance(metadata, Metadata):  # its values are unchecked; those of a dict are checked by `from_dict`
        for name, content in metadata.facts.annotations.items():
            checked(f"Annotations[{name!r}]", content)
    if isinstance(array, Image):
        image = array
        metadata = array.metadata if metadata is None else metadata
        axes = stated.axes if stated.axes is not None or isinstance(metadata, Metadata) else metadata.get("axes")
        if axes is not None and check(axes) != CANONICAL:
            raise AmbiguousAxesError(
                "the axes of an Image are TZCYX",
                evidence=f"axes={axes!r}",
                remedy=advise("leave {axes} and the key axes out", axes=None),
            )
    else:
        public = metadata if isinstance(metadata, Mapping) else None
        array = _remove_mask(array if hasattr(array, "dtype") else _asarray(array))
        _refuse_unknown_lengths(array)
        image = Image.of_array(array, axes=axes_of(public, array.shape, stated.axes))
    if not isinstance(metadata, Metadata):
        facts = _without_shape(metadata or {}, tuple(array.shape))
        if image.metadata.samples > 1:
            facts.setdefault("SamplesPerPixel", image.metadata.samples)
        metadata = from_dict(facts, image.shape, str(image.dtype))
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


def _remove_mask(array: Any) -> Any:
    """Return the array without its mask if the mask masks nothing.

    Of lazy pixels nobody knows whether a value is masked: they are refused.

    Raises
    ------
    WriteError
        Values are masked, or the blocks of a lazy array are masked arrays.
    """
    sample = getattr(array, "_meta", array)  # dask keeps an empty array of the class of its blocks
    if not hasattr(sample, "mask") or not hasattr(sample, "filled"):
        return array
    import numpy as np

    lazy = sample is not array
    masked = None if lazy else int(np.count_nonzero(np.ma.getmaskarray(array)))
    if masked == 0:
        return np.ma.getdata(array)
    raise WriteError(
        "a file has no place for a mask",
        evidence="the blocks of the array are masked arrays" if lazy else f"{masked} of {array.size} values are masked",
        remedy="fill it: " + ("dask.array.ma.filled(array, value)" if lazy else "array.filled(value)"),
    )


def _refuse_unknown_lengths(array: Any) -> None:
    """Refuse an array of unknown shape: dask gives NaN for the length of a block that it does not know.

    Raises
    ------
    WriteError
        A length is NaN.
    """
    if any(length != length for length in array.shape):
        raise WriteError(
            "the shape of the array is unknown",
            evidence=f"it is {tuple(array.shape)}",
            remedy="array.compute_chunk_sizes() finds the lengths",
        )


def _without_shape(public: Mapping[str, Any], shape: tuple[int, ...]) -> dict[str, Any]:
    """Return a dict without axes and shape, which the array states; the lengths Size* stay and are compared later."""
    stated = lengths_of(public.get("shape"))
    if stated is not None and stated != shape:
        raise MetadataError(
            "the metadata describe another array",
            evidence=f"shape is {list(stated)}, the array has {list(shape)}",
            remedy="correct axes, shape and Size* in the dict, or leave them out",
        )
    return {key: value for key, value in public.items() if key not in ("axes", "shape")}
