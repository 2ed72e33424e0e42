"""The keywords of a layer by its type, and the names that a caller gives; imports no viewer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from omio_core.errors import MetadataError
from omio_core.metadata.display import LABELS
from omio_core.wording import advise

if TYPE_CHECKING:
    from .layers import LayerData

_ONLY_IMAGES = ("rgb", "colormap", "contrast_limits")


def options(kind: str, **keywords: Any) -> dict[str, Any]:
    """Return the keywords for a type of layer: labels have colours of their own, and no contrast."""
    if kind == LABELS:
        keywords = {name: value for name, value in keywords.items() if name not in _ONLY_IMAGES}
        keywords["blending"] = "translucent"
    return keywords


def renamed(layers: Sequence[LayerData], names: Sequence[str]) -> list[LayerData]:
    """Return layers with the names that the caller gives.

    Raises
    ------
    MetadataError
        There is not one name for each layer.
    """
    if len(names) != len(layers):
        raise MetadataError(
            f"{len(names)} names are given, and the image has {len(layers)} layers",
            evidence=f"names: {list(names)!r}"[:200],
            remedy=advise("give one for each, or leave out {layer_names}", layer_names=None),
        )
    return [
        replace(layer, options={**layer.options, "name": str(name)}) for layer, name in zip(layers, names, strict=True)
    ]
