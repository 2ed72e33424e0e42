"""Deal out the channel names that a caller states for a merge along C; knows no format and reads no pixel."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial

from omio_core.errors import MetadataError, first_few
from omio_core.images.image import Image
from omio_core.images.overrides import Overrides, Request
from omio_core.metadata.model import Metadata


def without_merged_names(request: Request, along: str | None) -> Request:
    """Return the request for opening the inputs: without channel names if the merge along C deals them out later."""
    if along != "C" or request.overrides.channel_names is None:
        return request
    return replace(request, overrides=replace(request.overrides, channel_names=None))


def deal_names(images: Sequence[Image], along: str | None, request: Request) -> tuple[Image, ...]:
    """Return the images to be merged, each with its part of the channel names that the caller states.

    Parameters
    ----------
    images
        As opened under `without_merged_names`.
    along
        The axis of the merge.
    request
        The caller's request. As many names as the result has channels are the names of the result; as many as each
        input has are the names of each input.

    Raises
    ------
    MetadataError
        The number of names fits neither the result nor each input.
    """
    names = request.overrides.channel_names
    if along != "C" or names is None:
        return tuple(images)
    counts = [image.shape[2] // image.samples for image in images]
    if isinstance(names, str) or set(counts) == {len(names)}:
        return tuple(_with_names(image, names) for image in images)
    if len(names) != sum(counts):
        channel_counts = [f"{image.picture.label()} {count}" for image, count in zip(images, counts, strict=True)]
        raise MetadataError(
            f"channel_names has {len(names)} name(s), and the images merged along C have {sum(counts)} channel(s)",
            evidence=f"names: {', '.join(map(str, names))}; channels: {first_few(channel_counts, 5)}",
            remedy="give a name for each channel of the result, or as many as each of the images has",
        )
    starts = [sum(counts[:i]) for i in range(len(counts))]
    return tuple(
        _with_names(image, names[start : start + count])
        for image, start, count in zip(images, starts, counts, strict=True)
    )


def _with_names(image: Image, names: Sequence[str]) -> Image:
    return Image(image.picture, partial(_metadata, image, names), vendor=partial(getattr, image, "vendor"))


def _metadata(image: Image, names: Sequence[str]) -> Metadata:
    known, stated = image.metadata, Overrides(channel_names=names)
    caller = {**dict(known.provenance.get("caller") or {}), **stated.stated()}
    return replace(
        known, facts=stated.facts(known.facts, known.channel_count), provenance={**known.provenance, "caller": caller}
    )
