"""The record of how a viewer showed the channels of a picture; it knows no viewer and reads no pixel.

OME's model has a place for the name and the colour of a channel, and none for the range of values that is shown, nor
for pixels that number objects. Both stand in an annotation, which every writer keeps.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from .model import Metadata
from .namespaces import DISPLAY

IMAGE = "image"
LABELS = "labels"

_LIMITS = "ContrastLimits"
_LAYERS = "Layers"


def display_record(limits: Sequence[Sequence[float] | None], layers: Sequence[str]) -> dict[str, dict[str, Any]]:
    """Return the annotation: for each channel what is shown black and at full brightness, and the type of its layer.

    Parameters
    ----------
    limits
        A pair for each channel, None where nothing is known, as of labels.
    layers
        `IMAGE` or `LABELS` for each channel.
    """
    pairs = [None if pair is None else [float(value) for value in pair] for pair in limits]
    return {DISPLAY: {_LIMITS: pairs, _LAYERS: list(layers)}}


def saved_limits(metadata: Metadata, channel: int) -> tuple[float, float] | None:
    """Return the range of values that a viewer showed a channel with; None if none is recorded, or none that can be."""
    pair = _of_channel(metadata, _LIMITS, channel)
    if not isinstance(pair, Sequence) or isinstance(pair, str) or len(pair) != 2:
        return None
    if any(isinstance(value, bool) or not isinstance(value, int | float) for value in pair):
        return None
    low, high = (float(value) for value in pair)
    return (low, high) if math.isfinite(low) and math.isfinite(high) and low < high else None


def saved_layer(metadata: Metadata, channel: int) -> str:
    """Return the type of layer that a channel was saved from: `LABELS` only if its pixels can number objects."""
    integers = metadata.dtype.startswith(("int", "uint", "bool")) and metadata.samples == 1
    return LABELS if integers and _of_channel(metadata, _LAYERS, channel) == LABELS else IMAGE


def _of_channel(metadata: Metadata, key: str, channel: int) -> Any:
    """An entry of a list of the annotation; None if the list is not of these channels, as after a crop."""
    content = metadata.facts.annotations.get(DISPLAY)
    listed = content.get(key) if isinstance(content, Mapping) else None
    if not isinstance(listed, Sequence) or isinstance(listed, str) or len(listed) != metadata.channel_count:
        return None
    return listed[channel]


__all__ = ["IMAGE", "LABELS", "display_record", "saved_layer", "saved_limits"]
