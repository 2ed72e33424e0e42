"""Which plane each of several files holds, by the positions stated."""

from __future__ import annotations

from omio_core.ome import positions
from tests.core.ome.documents import of_planes


def test_where_planes_are() -> None:
    text = of_planes('<Plane TheT="2" TheZ="1" TheC="0"/><Plane TheT="2" TheZ="1"/><Plane TheT="x" TheZ="0" TheC="0"/>')
    assert positions.plane_positions(text, 0, (3, 2, 2)) == ((2, 1, 0), None, None)
    assert positions.plane_positions(text, 0, (3, 2, 1)) == ((2, 1, 0), (2, 1, 0), None)
