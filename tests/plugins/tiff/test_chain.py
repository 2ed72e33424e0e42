"""Tables of tags: which are taken for like ones, and which share what was understood of them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import tifffile

from omio_core.files.local import locate
from omio_plugins.tiff._chain import read_chain
from omio_plugins.tiff._ifd import Chain

PAGES = 70  # more than are compared at once


def _chain(path: Path) -> Chain:
    location = locate(path)
    file = location.open()
    try:
        return read_chain(file, location)
    finally:
        file.close()


def _written(path: Path, lengths: list[int]) -> Path:
    with tifffile.TiffWriter(path) as tif:
        for value, length in enumerate(lengths):
            tif.write(np.full((length, 5), value, np.uint16), metadata=None, contiguous=False)
    return path


@pytest.mark.parametrize("odd", [0, 1, 2, 3, 15, 16, 17, 33, 64, 68, PAGES - 1])
def test_the_one_page_of_another_size_is_found_wherever_it_stands(tmp_path: Path, odd: int) -> None:
    chain = _chain(_written(tmp_path / "a.tif", [4 if k == odd else 6 for k in range(PAGES)]))
    assert [page.structure.length for page in chain.pages] == [4 if k == odd else 6 for k in range(PAGES)]


def test_pages_that_differ_in_texts_alone_share_a_structure(tmp_path: Path) -> None:
    with tifffile.TiffWriter(tmp_path / "a.tif") as tif:
        tif.write(np.zeros((4, 5), np.uint16), metadata=None, description="the first")
        tif.write(np.zeros((4, 5), np.uint16), metadata=None)
        tif.write(np.zeros((4, 5), np.int16), metadata=None)
    first, second, other = _chain(tmp_path / "a.tif").pages
    assert first.layout is not second.layout
    assert first.structure is second.structure
    assert other.structure.dtype == np.int16


def test_values_beside_the_table_count_for_a_structure(tmp_path: Path) -> None:
    with tifffile.TiffWriter(tmp_path / "a.tif") as tif:
        tif.write(np.zeros((4, 5, 3), np.uint8), photometric="rgb", metadata=None, description="the first")
        tif.write(np.zeros((4, 5, 3), np.uint8), photometric="rgb", metadata=None)
        tif.write(np.zeros((4, 5, 3), np.uint16), photometric="rgb", metadata=None)
    eight, again, sixteen = (page.structure for page in _chain(tmp_path / "a.tif").pages)
    assert eight is again
    assert (eight.bits, sixteen.bits) == (8, 16)
