"""The record of how a viewer showed channels: written, read back, and not believed where it cannot be true."""

from __future__ import annotations

from typing import Any

import pytest

from omio_core.metadata.display import IMAGE, LABELS, display_record, saved_layer, saved_limits
from omio_core.metadata.facts import Facts
from omio_core.metadata.model import Metadata
from omio_core.metadata.namespaces import DISPLAY


def _metadata(annotations: Any, *, channels: int = 2, dtype: str = "uint16") -> Metadata:
    return Metadata(shape=(1, 1, channels, 4, 4), dtype=dtype, facts=Facts(annotations=annotations))


def test_what_is_recorded_is_read() -> None:
    """A range and a type for each channel; labels have no range."""
    known = _metadata(display_record([(1, 250.5), None], [IMAGE, LABELS]))
    assert [saved_limits(known, channel) for channel in (0, 1)] == [(1, 250.5), None]
    assert [saved_layer(known, channel) for channel in (0, 1)] == [IMAGE, LABELS]


@pytest.mark.parametrize(
    "content",
    [
        {},
        {"ContrastLimits": "12", "Layers": "ab"},
        {"ContrastLimits": [[1, 2]], "Layers": ["labels"]},  # of another number of channels
        {"ContrastLimits": [[2, 2], [1]], "Layers": [1, None]},
        {"ContrastLimits": [["a", "b"], [True, False]]},
        {"ContrastLimits": [[0, float("inf")], [float("nan"), 1]]},
        "a text",
    ],
)
def test_what_cannot_be_true_is_nothing(content: Any) -> None:
    """An annotation is a text in somebody's file."""
    known = _metadata({DISPLAY: content})
    assert [saved_limits(known, channel) for channel in (0, 1)] == [None, None]
    assert [saved_layer(known, channel) for channel in (0, 1)] == [IMAGE, IMAGE]


def test_only_integers_number_objects() -> None:
    """Pixels of a float cannot be labels, whatever the record says."""
    assert saved_layer(_metadata(display_record([None], [LABELS]), channels=1, dtype="float32"), 0) == IMAGE
