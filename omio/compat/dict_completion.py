"""Complete the public dict: every key, canonical lengths, annotations grouped by namespace."""

from __future__ import annotations

import operator
import os
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from omio_core.errors import MetadataError, WriteError
from omio_core.geometry.axes import of_array
from omio_core.geometry.letters import check, text
from omio_core.metadata.from_dict import CACHE_KEYS, axes_of, from_dict
from omio_core.metadata.model import Metadata
from omio_core.metadata.plain import plain
from omio_core.wording import advise

LENGTHS = ("SizeT", "SizeZ", "SizeC", "SizeY", "SizeX")


def public_keys() -> tuple[str, ...]:
    """Return the keys of the public dict."""
    return tuple(Metadata(shape=(1, 1, 1, 1, 1), dtype="uint8").to_dict())


def canonical_lengths(shape: Sequence[int], axes: str | None) -> tuple[tuple[int, ...], int]:
    """Return the TZCYX lengths of a shape, and the samples per pixel.

    Raises
    ------
    MetadataError
        A length is no whole number above 0, or the axes do not fit the shape.
    """
    try:
        lengths = tuple(operator.index(length) for length in shape)
    except TypeError:
        lengths = ()
    if not lengths or min(lengths) < 1:
        raise MetadataError(f"{shape!r} is no shape", remedy="give whole numbers above 0, such as (1, 5, 2, 64, 64)")
    canonical_axes = of_array(axes_of(None, lengths, axes), lengths)
    return canonical_axes.shape, canonical_axes.samples


def lengths(shape: Sequence[int]) -> dict[str, Any]:
    """Return the keys of the dict that state the lengths of a canonical picture."""
    return {"axes": "TZCYX", "shape": list(shape), **dict(zip(LENGTHS, shape, strict=True))}


def unfit_keys(public: Mapping[str, Any], lengths: Sequence[int]) -> Iterator[tuple[str, str]]:
    """Yield the keys of facts that belong to a picture of other lengths, and why."""
    for key in ("Channels", "Planes"):
        try:
            from_dict({"SamplesPerPixel": public.get("SamplesPerPixel"), key: public.get(key)}, lengths, "uint8")
        except MetadataError as error:
            yield key, error.what


def complete(public: Mapping[str, Any]) -> dict[str, Any]:
    """Return every key of the dict, by way of the core's metadata; lengths that are unknown stay None.

    Annotations stay as they are: the writer decides what becomes of their records.

    Raises
    ------
    MetadataError
        A stated value cannot be true.
    """
    facts = {key: value for key, value in public.items() if key not in ("axes", "shape", "Annotations")}
    axes, shape = "TZCYX" if public.get("axes") is None else text(public["axes"]).upper(), public.get("shape")
    known = tuple(facts.get(key) for key in LENGTHS)
    if shape is None:
        check(axes)
    else:
        known, samples = canonical_lengths(shape, axes)
        if samples > 1:
            facts["SamplesPerPixel"] = samples
    assumed = list(canonical_lengths([1 if n is None else n for n in known], "TZCYX")[0])
    channels = facts.get("Channels") or ()
    if known[2] is None:  # as many channels as are described
        assumed[2] = (len(channels) or 1) * (facts.get("SamplesPerPixel") or 1)
    result = from_dict(facts, assumed, "uint8").to_dict()
    if None in known:
        result |= dict(zip(LENGTHS, known, strict=True)) | {"shape": None}
    elif axes != "TZCYX" and shape is not None:
        result |= {"axes": axes, "shape": list(shape)}
    if known[2] is None and not channels:
        result["Channels"] = []
    return {**result, "Annotations": dict(public.get("Annotations") or {})}


def group_by_namespace(annotations: Any, namespace: str) -> dict[str, dict[str, Any]]:
    """Group annotations by namespace; plain ones may name theirs with the key ``Namespace``.

    Raises
    ------
    MetadataError
        The annotations are no dict.
    """
    if not isinstance(annotations or {}, Mapping):
        raise MetadataError(
            "Annotations must be a dict", evidence=repr(annotations)[:200], remedy="{'namespace': {..}}"
        )
    result = {str(name): dict(content) for name, content in (annotations or {}).items() if isinstance(content, Mapping)}
    loose = {str(key): plain(value) for key, value in (annotations or {}).items() if not isinstance(value, Mapping)}
    own_namespace = loose.pop("Namespace", None)
    if loose:
        own_namespace = own_namespace if isinstance(own_namespace, str) and own_namespace else namespace
        result[own_namespace] = {**loose, **result.get(own_namespace, {})}
    return result


def zarr_array(lengths: tuple[int, ...], value: Any, store: str, path: Any, name: str | None) -> Any:
    """Return a zarr array of a single value, which takes no space for it.

    Raises
    ------
    MetadataError
        There is no such kind of store, or the store on disk has no folder.
    WriteError
        The array on disk exists already.
    """
    import zarr
    from zarr.storage import MemoryStore

    where: Any = MemoryStore()
    if store == "disk" and path is not None:
        where = os.path.join(os.fspath(path), (name or "empty_image").removesuffix(".zarr") + ".zarr")
        if os.path.lexists(where):
            raise WriteError(
                f"{where} exists", remedy=advise("choose another {zarr_store_name}", zarr_store_name=None), path=where
            )
    elif store != "memory":
        raise MetadataError(
            f"zarr_store={store!r} cannot be made",
            remedy=advise(
                'choose "memory", or "disk" with the folder {zarr_store_path}, or None for a numpy array',
                zarr_store_path=None,
            ),
        )
    return zarr.create_array(
        where,
        shape=lengths,
        dtype=value.dtype,
        chunks=(1, 1, 1, *(min(n, 1024) for n in lengths[3:])),
        fill_value=value.item(),
    )


def place(array: Any) -> dict[str, Any]:
    """Return the keys of the first OMIO that say where a zarr array on disk is."""
    path = os.path.abspath(array.store.root)
    return dict(zip(CACHE_KEYS, (os.path.dirname(path), path, os.path.basename(path), "disk"), strict=True))
