"""Which images of source files are chosen; a file without such an image is one failure."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from omio.sources.choice import choose_images
from omio.sources.collect import collect
from omio.sources.failures import Failure
from omio_core.errors import ManyImagesError
from omio_core.images.overrides import Request


def test_of_each_file(several: Callable[..., Path]) -> None:
    paths = [several("left", "right", path="a.ome.tif"), several("left", path="b.ome.tif")]
    found = collect(paths, Request())
    assert [len(images) for _, images in choose_images(found, None, along=None)] == [2, 1]
    assert [[one.name for one in images] for _, images in choose_images(found, "left", along=None)] == [["left"]] * 2
    with pytest.raises(ManyImagesError, match="which of them to merge is not said"):
        choose_images(found, None, along="T")
    failures: list[Failure] = []
    assert [len(images) for _, images in choose_images(found, 1, along=None, failures=failures)] == [1]
    assert [failure.path for failure in failures] == [str(paths[1])]
