"""Channel names that a caller states of a merge along C: whose they are; it knows no format and reads no pixel."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial

from omio_core.errors import MetadataError, first_few
from omio_core.images.image import Image
from omio_core.images.overrides import Overrides, Request
from omio_core.metadata.model import Metadata


def of_inputs(said: Request, along: str | None) -> Request:
    """How the inputs are opened: channel names of a merge along C are not theirs until they are dealt out."""
    if along != "C" or said.overrides.channel_names is None:
        return said
    return replace(said, overrides=replace(said.overrides, channel_names=None))


def deal_names(images: Sequence[Image], along: str | None, said: Request) -> tuple[Image, ...]:
    """The images to be merged, each with its part of the channel names stated.

    Parameters
    ----------
    images
        As opened under `of_inputs`.
    along
        The axis they are merged along.
    said
        What the caller says. As many names as the result has channels are those of the result; as many as each
        input has are those of each.

    Raises
    ------
    MetadataError
        There are as many names as neither has channels.
    """
    names = said.overrides.channel_names
    if along != "C" or names is None:
        return tuple(images)
    counts = [image.shape[2] // image.samples for image in images]
    if isinstance(names, str) or set(counts) == {len(names)}:
        return tuple(_named(image, names) for image in images)
    if len(names) != sum(counts):
        each = [f"{image.picture.label()} {count}" for image, count in zip(images, counts, strict=True)]
        raise MetadataError(
            f"channel_names has {len(names)} name(s), and the images merged along C have {sum(counts)} channel(s)",
            evidence=f"names: {', '.join(map(str, names))}; channels: {first_few(each, 5)}",
            remedy="give a name for each channel of the result, or as many as each of the images has",
        )
    starts = [sum(counts[:i]) for i in range(len(counts))]
    return tuple(
        _named(image, names[start : start + count]) for image, start, count in zip(images, starts, counts, strict=True)
    )


def _named(image: Image, names: Sequence[str]) -> Image:
    return Image(image.picture, partial(_metadata, image, names), vendor=partial(getattr, image, "vendor"))


def _metadata(image: Image, names: Sequence[str]) -> Metadata:
    known, stated = image.metadata, Overrides(channel_names=names)
    caller = {**dict(known.provenance.get("caller") or {}), **stated.stated()}
    return replace(
        known, facts=stated.facts(known.facts, known.channel_count), provenance={**known.provenance, "caller": caller}
    )
