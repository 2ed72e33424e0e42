"""Names of earlier scripts that make and tidy metadata and empty pictures; thin faces of the core's public dict.

They take the keywords such scripts give, `verbose` among them, which says nothing any more; what they do not know is a
TypeError. Unknown stays None: no size and no increment becomes 1.
"""

from __future__ import annotations

import difflib
import os
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from omio_core.errors import warn

from . import public_dict

__all__ = ["OME_metadata_checkup", "create_empty_image", "create_empty_metadata", "update_metadata_from_image"]

NAMESPACE = "omio:metadata"
"""Where the annotations of scripts go that name no namespace."""

_QUIET = ("verbose",)  # keywords that scripts give and that nothing depends on
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
    """A picture of one value everywhere, TZCYX.

    Parameters
    ----------
    shape
        Five lengths, TZCYX, or one a letter of `axes`.
    dtype
        Of the pixels.
    fill_value
        Of every pixel.
    zarr_store
        None: a numpy array; ``"memory"``: a zarr array in memory; ``"disk"``: one on disk.
    zarr_store_path, zarr_store_name
        The folder of the zarr array on disk, and its name there without ``.zarr`` (``empty_image`` where None).
    return_metadata
        Give the pair of the picture and its metadata, see `create_empty_metadata`.
    input_metadata
        What is known of it.
    axes
        What the axes of `shape` are, such as ``"ZYX"``.

    Returns
    -------
    numpy.ndarray or zarr.Array, or a pair of one and a dict
        Five axes, TZCYX.

    Raises
    ------
    MetadataError
        The shape is none, its axes are unknown, or the value is none of the type.
    WriteError
        The zarr array on disk exists already.

    Examples
    --------
    >>> create_empty_image((2, 3, 1, 8, 9)).shape
    (2, 3, 1, 8, 9)
    """
    import numpy as np

    from omio_core.errors import MetadataError

    _refuse_others("create_empty_image", others)
    lengths = public_dict.canonical(shape, axes)[0]
    kind = np.dtype(dtype)
    try:
        value = np.array(fill_value, kind)
        fits = value.ndim == 0 and bool(value == fill_value or fill_value != fill_value)
    except (OverflowError, TypeError, ValueError):
        fits = False
    if not fits:
        raise MetadataError(f"fill_value={fill_value!r} is no value of {kind}", remedy="give another value or type")
    if zarr_store is None:
        image: Any = np.zeros(lengths, kind) if not value else np.full(lengths, value, kind)
    else:
        image = public_dict.zarr_array(lengths, value, zarr_store, zarr_store_path, zarr_store_name)
    if not return_metadata:
        return image
    known = {
        key: one for key, one in (input_metadata or {}).items() if key not in ("axes", "shape", *public_dict.LENGTHS)
    }
    return image, create_empty_metadata(shape=lengths, input_metadata=known)


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
    """A dict of metadata with every key; what is not stated is None.

    Parameters
    ----------
    physicalsize_xyz
        Sizes of X, Y, Z in `pixelunit`; None for one that is unknown.
    pixelunit
        Of the sizes given to this call: any unit of length.
    time_increment, time_increment_unit
        Time between time points; seconds where no unit is named.
    shape
        Lengths of the picture, TZCYX or as `axes` says.
    annotations
        Further ones: by namespace, or plain keys, which go to the namespace ``omio:metadata``.
    input_metadata
        A dict to begin with, see `OME_metadata_checkup`; what is stated here wins, and channels and facts a plane that
        do not fit `shape` are left out.
    axes
        What the axes of `shape` are.
    **facts
        Any key of the dict, also in lower case and with underscores: ``size_t=3``, ``physicalsize_x=0.5``.

    Raises
    ------
    MetadataError
        What is stated cannot be true.

    Examples
    --------
    >>> create_empty_metadata(physicalsize_x=250, pixelunit="nm")["PhysicalSizeX"]
    0.25
    >>> create_empty_metadata()["PhysicalSizeX"] is None
    True
    """
    from omio_core.errors import MetadataError, MetadataWarning

    known = {key.lower(): key for key in public_dict.public_keys()}
    spelled = {key: known.get(key.replace("_", "").lower()) for key in facts}
    _refuse_others("create_empty_metadata", {k: v for k, v in facts.items() if spelled[k] is None}, known.values())
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
        stated |= public_dict.lengths(public_dict.canonical(shape, axes)[0])
    begun = OME_metadata_checkup(input_metadata or {})
    if shape is not None:
        begun["shape"] = None
        for key, why in public_dict.unfit(begun, stated["shape"]):
            begun[key] = None
            warn(f"{key} are left out: {why}", MetadataWarning)
    if annotations is not None:
        stated["Annotations"] = {**begun["Annotations"], **public_dict.by_namespace(annotations, NAMESPACE)}
    return public_dict.whole({**begun, **stated})


def update_metadata_from_image(
    metadata: Mapping[str, Any], image: Any, run_checkup: bool = True, *, axes: str | None = None, **others: Any
) -> dict[str, Any]:
    """The metadata with the lengths of a picture; channels and facts a plane that do not fit it are left out.

    Parameters
    ----------
    metadata
        A dict as `imread` or `create_empty_metadata` gives it; it is not changed.
    image
        An array with shape and dtype, or an `Image`.
    run_checkup
        Tidy the dict up, too, see `OME_metadata_checkup`.
    axes
        What the axes of the array are; by default the dict's, or TZCYX.

    Raises
    ------
    AmbiguousAxesError
        The axes do not fit the array.
    MetadataError
        What is stated cannot be true.
    """
    from omio_core.errors import MetadataWarning

    _refuse_others("update_metadata_from_image", others)
    said = metadata.get("axes") if axes is None else axes
    lengths, samples = public_dict.canonical(tuple(image.shape), said)
    samples = getattr(image, "samples", samples)  # an Image knows how many are folded into C
    found: dict[str, Any] = {**metadata, **public_dict.lengths(lengths)}
    if said is not None and len(said) != 5:
        found |= {"axes": said, "shape": list(image.shape)}
    if samples > 1 or not found.get("SamplesPerPixel") or lengths[2] % found["SamplesPerPixel"]:
        found["SamplesPerPixel"] = samples
    for key, why in public_dict.unfit(found, lengths):
        found[key] = None
        warn(f"{key} are left out: {why}", MetadataWarning)
    return OME_metadata_checkup(found) if run_checkup else found


def OME_metadata_checkup(metadata: Mapping[str, Any], namespace: str = NAMESPACE, **others: Any) -> dict[str, Any]:  # noqa: N802 - the name that scripts use
    """A dict that `imwrite` takes: units are micrometres and seconds, what is no size is None, the rest is annotated.

    Parameters
    ----------
    metadata
        Any dict of such keys; it is not changed. A key ``unit`` is the unit of sizes that have none of their own.
    namespace
        Of the annotations that keys become which metadata do not have; annotations without a namespace go there, too.

    Returns
    -------
    dict
        Every key of `imread`'s dict; None where unknown. Checked again, it stays as it is.

    Raises
    ------
    MetadataError
        What is stated cannot be true: a size that is a text, lengths that contradict each other.

    Examples
    --------
    >>> OME_metadata_checkup({"PhysicalSizeX": 250, "PhysicalSizeXUnit": "nm", "gain": 3})["PhysicalSizeX"]
    0.25
    """
    from omio_core.errors import MetadataError, MetadataWarning
    from omio_core.metadata.from_dict import from_dict
    from omio_core.metadata.plain import plain

    _refuse_others("OME_metadata_checkup", others)
    if not isinstance(metadata, Mapping):
        raise MetadataError("metadata must be a dict", evidence=f"it is {metadata!r}"[:200])
    keys = public_dict.public_keys()
    found = {key: value for key, value in metadata.items() if key in keys}
    rest = {str(key): value for key, value in metadata.items() if key not in keys and value is not None}
    unit = rest.pop("unit", None)
    for key in _MEASURED:
        if found.get(key) is None:
            continue
        if key != "TimeIncrement" and not found.get(f"{key}Unit") and unit is not None:
            found[f"{key}Unit"] = str(unit)
        try:
            from_dict({one: found.get(one) for one in (key, f"{key}Unit")}, (1, 1, 1, 1, 1), "uint8")
        except MetadataError as error:
            if isinstance(found[key], str | bool):
                raise
            found[key] = None
            warn(f"{error.what}: it is unknown now", MetadataWarning)
    annotations = public_dict.by_namespace(found.get("Annotations"), namespace)
    if rest:
        before = annotations.get(namespace, {})
        kept = {key: value for key, value in before.items() if key.startswith("original_")}
        annotations[namespace] = {**before, **{key: plain(value) for key, value in rest.items()}, **kept}
    return public_dict.whole({**found, "Annotations": annotations})


def _refuse_others(called: str, others: Mapping[str, Any], known: Iterable[str] = ()) -> None:
    unknown = next((key for key in others if key not in _QUIET), None)
    if unknown is not None:
        near = difflib.get_close_matches(unknown, [*known, *_QUIET], n=1)
        raise TypeError(f"{called}() has no keyword {unknown!r}" + (f"; did you mean {near[0]!r}?" if near else ""))
