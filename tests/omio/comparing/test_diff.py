"""Two files compared: conversions lose nothing, statements are of both, several images one by one."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

import omio
from omio_core.errors import ManyImagesError, OmioError
from tests.omio.comparing.examples import names


def test_a_conversion_loses_nothing(stated: Path, tmp_path: Path) -> None:
    """The reason to have it: what was converted equals its source, annotations and all."""
    (written,) = omio.convert_to_ometiff(stated, tmp_path / "out")
    found = omio.diff(stated, written)
    assert found.equal, str(found)
    assert (found.a, found.b) == (str(stated), str(written))


def test_what_the_caller_states_is_of_both(bare: Path, tmp_path: Path) -> None:
    """Statements and policies go to both paths; an Image is taken as it is."""
    (written,) = omio.convert_to_ometiff(bare, tmp_path / "out", axes="ZYX", pixel_size=0.5)
    found = omio.diff(bare, written, axes="ZYX")
    assert names(found.added) == ["PhysicalSizeX", "PhysicalSizeY"]
    assert found.added[0].where_b.startswith("file: OME-XML")
    assert omio.diff(bare, written, axes="ZYX", pixel_size=0.5).equal
    with omio.imopen(bare, axes="ZYX", pixel_size=0.5) as opened:
        assert omio.diff(opened, written, missing="unknown").equal
    with pytest.raises(OmioError, match="no policy missing='rase'"):
        omio.diff(bare, written, missing="rase")


def test_several_images_one_by_one(several: Callable[..., Path]) -> None:
    """In file order where both have as many; image= chooses one in each file that holds several."""
    a, b = several("left", "right", path="a.ome.tif"), several("left", "wrong", path="b.ome.tif")
    found = omio.diff(a, b)
    assert [one.name for one in found.images] == ["image 0", "image 1"]
    assert [one.equal for one in found.images] == [True, False]
    assert names(found.changed) == ["Name"]
    assert omio.diff(a, b, image=0).equal
    assert omio.diff(a, b, image="left").equal
    with pytest.raises(ManyImagesError):
        omio.diff(a, b, image="right")
    third = several("left", path="c.ome.tif")
    told = omio.diff(a, third)
    assert (told.equal, told.images, told.pixels) == (False, (), "not compared")
    assert "A holds 2 images, B 1" in str(told)
    assert told.to_dict()["uncompared"] == told.uncompared
    assert omio.diff(a, third, image="left").equal
    assert omio.diff(third, a, image=0).equal
    assert omio.diff(a, third, image=1).pixels == "different"


def test_real_files_lose_nothing(real: str, data: Path, tmp_path: Path) -> None:
    """Every given file of ours, converted: the same facts, the same pixels."""
    source = data / real
    if source.stat().st_size > 30_000_000:
        pytest.skip("large; other tests convert it")
    (written,) = omio.convert_to_ometiff(source, tmp_path / "out", compression_level=0, layout="one-file",
                                         axes="warn")  # fmt: skip
    found = omio.diff(source, written)
    assert found.equal, str(found)
