"""Letters of axes: what is no text or no letter is refused, with an example that fits."""

from __future__ import annotations

import pytest

from omio_core.errors import AmbiguousAxesError
from omio_core.geometry.axes import layout
from omio_core.geometry.letters import check, labelled


def test_axes_of_nobody_knows_what():
    assert check("tyx") == "TYX"
    for axes in ("", "ABC", "YX1", "YYX", "QYX", 7):
        with pytest.raises(AmbiguousAxesError):
            check(axes)


def test_an_example_is_one_whatever_the_file_has():
    assert [labelled(axes) for axes in ("QYX", "QQYX", "TQYX", "QYXS")] == ["ZYX", "TZYX", "TZYX", "ZYXS"]
    assert labelled("Q" * 30 + "YX").endswith("QYX")
    with pytest.raises(AmbiguousAxesError, match="does not say") as caught:
        layout("QQQYX", (2, 3, 4, 5, 6))
    assert 'axes="TZCYX"' in caught.value.remedy
