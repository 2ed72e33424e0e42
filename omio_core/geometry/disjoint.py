"""Checks that boxes are inside a shape and do not overlap, fast for a hundred thousand; pure, and it knows no file."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain
from typing import TYPE_CHECKING, Any

from .box import Box, Present

if TYPE_CHECKING:
    import numpy as np

MOST_COMPARED = 20_000
"""Number of boxes of an irregular arrangement that are compared with each other; about 0.1 s."""


def box_fault(boxes: Sequence[Any], shape: Sequence[int], *, whole_axis: int = -1) -> str | None:
    """Return what is wrong with boxes that should be disjoint regions of `shape`, in words; None if nothing is.

    Parameters
    ----------
    boxes
        Anything; a `Box` is expected at each place.
    shape
        Length along each axis.
    whole_axis
        The axis that each box must contain completely; -1 if there is none.

    Notes
    -----
    Boxes on a grid, such as planes or chunks, are checked for overlaps completely, however many there are. Of others,
    `MOST_COMPARED` are compared with all, and the sum of all sizes with the size of the shape.

    Examples
    --------
    >>> box_fault((Box(((0, 2),)), Box(((1, 3),))), (4,))
    'holds boxes that overlap: ((0, 2),) and another in ((1, 2),)'
    """
    for number, box in enumerate(boxes):
        if not isinstance(box, Box):
            return f"holds {box!r} at {number}, no Box"
    if not boxes:
        return None
    spans = _as_array([box.spans for box in boxes], len(shape))
    if spans is None:
        wrong = next(box for box in boxes if _as_array([box.spans], len(shape)) is None)
        return f"holds {wrong!r}, which has not one (start, stop) of two integers for each of {len(shape)} axes"
    starts, stops = spans[:, :, 0], spans[:, :, 1]
    if (at := _first((starts < 0) | (starts >= stops) | (stops > shape))) is not None:
        return f"holds {boxes[at].spans}, which is empty or not inside the shape {tuple(shape)}"
    if whole_axis >= 0:
        only = (starts[:, whole_axis] > 0) | (stops[:, whole_axis] < shape[whole_axis])
        if (at := _first(only[:, None])) is not None:
            return f"holds {boxes[at].spans}, which has only a part of the samples of a pixel"
    return _overlap(boxes, spans, shape) if len(boxes) > 1 else None


def _as_array(spans: Sequence[Any], axes: int) -> np.ndarray[Any, Any] | None:
    """Return an array (box, axis, start and stop); None if the spans are not pairs of integers for each axis."""
    import numpy as np

    try:
        pairs = list(chain.from_iterable(spans))
        if set(map(len, spans)) != {axes} or set(map(type, pairs)) - {tuple} or (pairs and set(map(len, pairs)) != {2}):
            return None
        numbers = list(chain.from_iterable(pairs))
        array = np.array(numbers, np.int64).reshape(len(spans), axes, 2)
    except (TypeError, OverflowError):
        return None
    return array if set(map(type, numbers)) <= {int} else None


def _first(wrong: np.ndarray[Any, Any]) -> int | None:
    rows = wrong.any(1)
    return int(rows.argmax()) if rows.any() else None


def _overlap(boxes: Sequence[Box], spans: np.ndarray[Any, Any], shape: Sequence[int]) -> str | None:
    import numpy as np

    if _on_a_grid(spans):
        corners = spans[:, :, 0]
        order = np.lexsort(corners.T)
        same = np.flatnonzero((corners[order[1:]] == corners[order[:-1]]).all(1))
        return _twice(boxes[order[same[0]]], boxes[order[same[0] + 1]]) if len(same) else None
    if sum(box.size for box in boxes) > Box.whole(shape).size:
        return f"holds boxes that overlap: together they are larger than the shape {tuple(shape)}"
    present = Present(boxes)
    for box in boxes[:MOST_COMPARED]:
        if len(hits := present.hits(box)) > 1:
            return _twice(box, next((hit for hit in hits if hit != box), box))
    return None


def _on_a_grid(spans: np.ndarray[Any, Any]) -> bool:
    """Whether along each axis any two boxes have the same span, or spans that do not overlap."""
    import numpy as np

    for axis in range(spans.shape[1]):
        starts, stops = spans[:, axis, 0], spans[:, axis, 1]
        first, at = np.unique(starts, return_index=True)
        last = stops[at]
        if (stops != last[np.searchsorted(first, starts)]).any() or (first[1:] < last[:-1]).any():
            return False
    return True


def _twice(first: Box, second: Box) -> str:
    return f"holds boxes that overlap: {first.spans} and another in {second.spans}"
