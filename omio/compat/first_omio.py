"""Functions of earlier scripts that make and tidy metadata and empty pictures; thin layers over the core's public dict.

They take the keywords that such scripts use; `verbose` among them has no effect any more, and an unknown keyword is a
TypeError. Unknown values stay None: no size and no increment becomes 1.
"""

from __future__ import annotations

import difflib
import os
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from omio_core.errors import MetadataError, MetadataWarning, warn
from omio_core.metadata.from_dict import CACHE_KEYS, from_dict
from omio_core.metadata.plain import plain

from . import dict_completion

__all__ = ["OME_metadata_checkup", "create_empty_image", "create_empty_metadata", "update_metadata_from_image"]

NAMESPACE = "omio:metadata"
"""Namespace for annotations of scripts that name none."""

_QUIET = ("verbose",)  # keywords of scripts that have no effect
_MEASURED = ("PhysicalSizeX", "PhysicalSizeY", "PhysicalSizeZ", "TimeIncrement")


def create_empty_image(
    shape: Sequence[int] = (1, 1, 1, 1, 1),
    dtype: Any = "uint16",
    fill_value: Any = 0,
    zarr_store: str | None = None,
    zarr_store_path: str | os.PathLike[str] | None = None,
    zarr_store_name: str | None = None,
    return_metadata: bool = False,
    input_metadata: Mapping[str, Any] | None = None,
    *,
    axes: str | None = None,
    **others: Any,
) -> Any:
    """Return a picture with the same value everywhere, TZCYX.

    Parameters
    ----------
    shape
        Five lengths, TZCYX, or one length per letter of `axes`.
    dtype
        Type of the pixels.
    fill_value
        Value of every pixel.
    zarr_store
        None: a numpy array; ``"memory"``: a zarr array in memory; ``"disk"``: a zarr array on disk.
    zarr_store_path, zarr_store_name
        The folder of the zarr array on disk, and its name there without ``.zarr`` (``empty_image`` where None).
    return_metadata
        Return a pair of the picture and its metadata, see `create_empty_metadata`.
    input_metadata
        What is known of the picture.
    axes
        The axes of `shape`, such as ``"ZYX"``.

    Returns
    -------
    numpy.ndarray or zarr.Array, or a pair of an array and a dict
        Five axes, TZCYX. For a zarr array on disk the dict also has ``omio_cache_folder`` and ``omio_zarr_store_path``.

    Raises
    ------
    MetadataError
        The shape is not valid, its axes are unknown, or the value is none of the type.
    WriteError
        The zarr array on disk exists already.

    Examples
    --------
    >>> create_empty_image((2, 3, 1, 8, 9)).shape
    (2, 3, 1, 8, 9)
    """
    import numpy as np

    refuse_others("create_empty_image", others)
    lengths = dict_completion.canonical_lengths(shape, axes)[0]
    pixel_type = np.dtype(dtype)
    try:
        value = np.array(fill_value, pixel_type)
        fits = value.ndim == 0 and bool(value == fill_value or fill_value != fill_value)
    except (OverflowError, TypeError, ValueError):
        fits = False
    if not fits:
        raise MetadataError(
            f"fill_value={fill_value!r} is no value of {pixel_type}", remedy="give another value or type"
        )
    if zarr_store is None:
        image: Any = np.zeros(lengths, pixel_type) if not value else np.full(lengths, value, pixel_type)
    else:
        image = dict_completion.zarr_array(lengths, value, zarr_store, zarr_store_path, zarr_store_name)
    if not return_metadata:
        return image
    facts = {
        key: fact
        for key, fact in (input_metadata or {}).items()
        if key not in ("axes", "shape", *dict_completion.LENGTHS)
    }
    metadata = create_empty_metadata(shape=lengths, input_metadata=facts)
    return image, metadata | (dict_completion.place(image) if zarr_store == "disk" else {})


def create_empty_metadata(
    physicalsize_xyz: Sequence[float | None] | None = None,
    pixelunit: str = "micron",
    time_increment: float | None = None,
    time_increment_unit: str | None = None,
    shape: Sequence[int] | None = None,
    annotations: Mapping[str, Any] | None = None,
    input_metadata: Mapping[str, Any] | None = None,
    *,
    axes: str | None = None,
    **facts: Any,
) -> dict[str, Any]:
    """Return a dict of metadata with every key; what you do not state is None.

    Parameters
    ----------
    physicalsize_xyz
        Sizes of X, Y, Z in `pixelunit`; None for a size that is unknown.
    pixelunit
        Unit of the sizes in this call: any unit of length.
    time_increment, time_increment_unit
        Time between time points; seconds where no unit is named.
    shape
        Lengths of the picture, TZCYX or in the order of `axes`.
    annotations
        Further annotations: by namespace, or plain keys, which go to the namespace ``omio:metadata``.
    input_metadata
        A dict to start from, see `OME_metadata_checkup`. What this call states takes precedence; channels and facts per
        plane that do not fit `shape` are left out.
    axes
        The axes of `shape`.
    **facts
        Any key of the dict, also in lower case and with underscores: ``size_t=3``, ``physicalsize_x=0.5``.

    Raises
    ------
    MetadataError
        A stated value cannot be true.

    Examples
    --------
    >>> create_empty_metadata(physicalsize_x=250, pixelunit="nm")["PhysicalSizeX"]
    0.25
    >>> create_empty_metadata()["PhysicalSizeX"] is None
    True
    """
    known = {key.lower(): key for key in dict_completion.public_keys()}
    spelled = {key: known.get(key.replace("_", "").lower()) for key in facts}
    refuse_others("create_empty_metadata", {k: v for k, v in facts.items() if spelled[k] is None}, known.values())
    stated = {spelled[key] or "": value for key, value in facts.items() if spelled[key] and value is not None}
    if physicalsize_xyz is not None:
        if len(physicalsize_xyz) != 3:
            raise MetadataError(f"physicalsize_xyz={physicalsize_xyz!r} is not three sizes", remedy="give X, Y and Z")
        stated |= {f"PhysicalSize{axis}": size for axis, size in zip("XYZ", physicalsize_xyz, strict=True)}
    for key in _MEASURED[:3]:
        if stated.get(key) is not None:
            stated.setdefault(f"{key}Unit", pixelunit)
    if time_increment is not None:
        stated["TimeIncrement"] = time_increment
    if "TimeIncrement" in stated:
        stated.setdefault("TimeIncrementUnit", time_increment_unit or "s")
    if shape is not None:
        stated |= dict_completion.lengths(dict_completion.canonical_lengths(shape, axes)[0])
    start = OME_metadata_checkup(input_metadata or {})
    if shape is not None:
        start["shape"] = None
        for key, why in dict_completion.unfit_keys(start, stated["shape"]):
            start[key] = None
            warn(f"{key} are left out: {why}", MetadataWarning)
    if annotations is not None:
        stated["Annotations"] = {**start["Annotations"], **dict_completion.group_by_namespace(annotations, NAMESPACE)}
    return dict_completion.complete({**start, **stated})


def update_metadata_from_image(
    metadata: Mapping[str, Any], image: Any, run_checkup: bool = True, *, axes: str | None = None, **others: Any
) -> dict[str, Any]:
    """Return the metadata with the lengths of a picture; channels and facts per plane that do not fit it are left out.

    Parameters
    ----------
    metadata
        A dict as `imread` or `create_empty_metadata` returns it; it is not changed.
    image
        An array with shape and dtype, or an `Image`.
    run_checkup
        Also tidy the dict up, see `OME_metadata_checkup`.
    axes
        The axes of the array; by default those of the dict, or TZCYX.

    Raises
    ------
    AmbiguousAxesError
        The axes do not fit the array.
    MetadataError
        A stated value cannot be true.
    """
    refuse_others("update_metadata_from_image", others)
    stated_axes = metadata.get("axes") if axes is None else axes
    lengths, samples = dict_completion.canonical_lengths(tuple(image.shape), stated_axes)
    samples = getattr(image, "samples", samples)  # an Image knows how many samples are folded into C
    public: dict[str, Any] = {**metadata, **dict_completion.lengths(lengths)}
    if stated_axes is not None and len(stated_axes) != 5:
        public |= {"axes": stated_axes, "shape": list(image.shape)}
    if samples > 1 or not public.get("SamplesPerPixel") or lengths[2] % public["SamplesPerPixel"]:
        public["SamplesPerPixel"] = samples
    for key, why in dict_completion.unfit_keys(public, lengths):
        public[key] = None
        warn(f"{key} are left out: {why}", MetadataWarning)
    return OME_metadata_checkup(public) if run_checkup else public


def OME_metadata_checkup(metadata: Mapping[str, Any], namespace: str = NAMESPACE, **others: Any) -> dict[str, Any]:  # noqa: N802 - the name that scripts use
    """Return a dict that `imwrite` takes: in micrometres and seconds, invalid sizes None, other keys as annotations.

    Parameters
    ----------
    metadata
        Any dict of such keys; it is not changed. A key ``unit`` is the unit of sizes that have no unit of their own.
    namespace
        Namespace for keys that the metadata do not have, which become annotations, and for annotations without one.

    Returns
    -------
    dict
        Every key of `imread`'s dict; None where unknown. Checking it again does not change it.

    Raises
    ------
    MetadataError
        A stated value cannot be true: a size that is a text, lengths that contradict each other.

    Examples
    --------
    >>> OME_metadata_checkup({"PhysicalSizeX": 250, "PhysicalSizeXUnit": "nm", "gain": 3})["PhysicalSizeX"]
    0.25
    """
    refuse_others("OME_metadata_checkup", others)
    if not isinstance(metadata, Mapping):
        raise MetadataError("metadata must be a dict", evidence=f"it is {metadata!r}"[:200])
    keys = dict_completion.public_keys()
    public = {key: value for key, value in metadata.items() if key in keys}
    rest = {
        str(key): value
        for key, value in metadata.items()
        if key not in keys and key not in CACHE_KEYS and value is not None
    }
    unit = rest.pop("unit", None)
    for key in _MEASURED:
        if public.get(key) is None:
            continue
        if key != "TimeIncrement" and not public.get(f"{key}Unit") and unit is not None:
            public[f"{key}Unit"] = str(unit)
        try:
            from_dict({name: public.get(name) for name in (key, f"{key}Unit")}, (1, 1, 1, 1, 1), "uint8")
        except MetadataError as error:
            if isinstance(public[key], str | bool):
                raise
            public[key] = None
            warn(f"{error.what}: it is unknown now", MetadataWarning)
    annotations = dict_completion.group_by_namespace(public.get("Annotations"), namespace)
    if rest:
        before = annotations.get(namespace, {})
        originals = {key: value for key, value in before.items() if key.startswith("original_")}
        annotations[namespace] = {**before, **{key: plain(value) for key, value in rest.items()}, **originals}
    return dict_completion.complete({**public, "Annotations": annotations})


def refuse_others(called: str, others: Mapping[str, Any], known: Iterable[str] = ()) -> None:
    """Raise a TypeError for keywords that are unknown; those without an effect are none."""
    unknown = next((key for key in others if key not in _QUIET), None)
    if unknown is not None:
        near = difflib.get_close_matches(unknown, [*known, *_QUIET], n=1)
        raise TypeError(f"{called}() has no keyword {unknown!r}" + (f"; did you mean {near[0]!r}?" if near else ""))
