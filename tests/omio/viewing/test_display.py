"""Keywords by the type of a layer, and names that a caller gives."""

from __future__ import annotations

import pytest

from omio.viewing.display import options, renamed
from omio.viewing.layers import LayerData
from omio_core.errors import MetadataError


def test_labels_take_no_contrast() -> None:
    """An image takes all keywords, labels those that napari's labels have."""
    keywords = {"name": "a", "rgb": False, "colormap": "gray", "contrast_limits": (0, 1), "blending": "additive"}
    assert options("image", **keywords) == keywords
    assert options("labels", **keywords) == {"name": "a", "blending": "translucent"}


def test_one_name_for_each_layer() -> None:
    """In order; nothing else of the layer changes."""
    layers = [LayerData(data=None, axes="YX", options={"name": "a", "scale": (1, 1)}) for _ in range(2)]
    assert [layer.options for layer in renamed(layers, ["x", "y"])] == [
        {"name": "x", "scale": (1, 1)},
        {"name": "y", "scale": (1, 1)},
    ]
    with pytest.raises(MetadataError, match="leave out layer_names="):
        renamed(layers, ["x"])
