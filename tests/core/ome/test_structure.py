"""The structure of OME-XML where it is incomplete; the whole of it is in test_read.py."""

from __future__ import annotations

import pytest

from omio_core.errors import CorruptFileError
from omio_core.ome.structure import DIMENSION_ORDERS, parse_ome
from tests.core.ome.documents import document


def test_an_order_that_is_none_is_as_it_is_spelled() -> None:
    for order in ("XYCZ", "", "words"):
        assert parse_ome(document().replace("XYZCT", order)).images[0].order == order
        assert order not in DIMENSION_ORDERS


@pytest.mark.parametrize(("size", "value"), [("X", "0"), ("Y", "-1"), ("X", "words"), ("Y", "")])
def test_the_pages_have_the_sizes_along_y_and_x_too(size: str, value: str) -> None:
    sizes = {**dict.fromkeys("XYZCT", "3"), size: value}
    image = parse_ome(document(sizes=" ".join(f'Size{axis}="{n}"' for axis, n in sizes.items()))).images[0]
    assert {"X": image.size_x, "Y": image.size_y}[size] == 0
    assert image.size_z == 3


def test_a_size_that_is_missing_is_1_and_one_that_is_wrong_is_an_error() -> None:
    assert parse_ome(document(sizes='SizeX="4" SizeY="3" SizeC="1"')).images[0].size_t == 1
    with pytest.raises(CorruptFileError, match="SizeT"):
        parse_ome(document(sizes='SizeX="4" SizeY="3" SizeC="1" SizeT=""'))
