"""The reader passes OMIO's conformance kit; the writer's folders read back as they were."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from omio_tiles import READER, WRITER

import omio
from omio_core.contract import AbsentPlanesWarning, CorruptFileError, OmioError
from omio_core.testing import ReaderContract, Sample

RAMP = np.arange(2 * 3 * 2 * 5 * 7, dtype=np.uint16).reshape(2, 3, 2, 5, 7)


def make(path: Path, pixels: np.ndarray = RAMP, **stated: Any) -> Path:
    """Write a folder with small tiles, so that a small picture has many."""
    omio.imwrite(path, pixels, axes="TZCYX", tile=4, **stated)
    return path


class TestReader(ReaderContract):
    """OMIO's checks of a reader, on folders of this format."""

    reader = READER

    def samples(self, folder: Path) -> dict[str, Path | Sample]:
        """A folder that states nothing, one that states sizes, and one that lacks a tile."""
        sparse = make(folder / "sparse.tiles")
        (sparse / "tiles" / "1" / "2" / "0" / "1" / "0.raw").unlink()
        absent = RAMP.copy()
        absent[1, 2, 0, 4:, :4] = 0
        sizes = {"PhysicalSizeX": 0.25, "PhysicalSizeY": 0.5, "PhysicalSizeZ": 2.0, "TimeIncrement": 3.0}
        sized = make(folder / "sized.tiles", pixel_size=(0.25, 0.5, 2.0), time_increment=3.0)
        return {
            "plain": Sample(path=make(folder / "plain.tiles"), arrays={0: RAMP}),
            "sized": Sample(path=sized, arrays={0: RAMP}, sizes={0: sizes}),
            "sparse": Sample(path=sparse, arrays={0: absent}),
        }


@pytest.mark.parametrize("dtype", ["u1", "i2", "u4", "f4", "f8", "?"])
def test_pixels_and_facts_come_back(tmp_path: Path, dtype: str) -> None:
    """Every type of pixel, sizes, and names in any alphabet."""
    pixels = (RAMP % 2 if dtype == "?" else RAMP).astype(dtype)
    path = make(
        tmp_path / "a.tiles", pixels, pixel_size=(0.25, 0.5, 2.0), channel_names=["DAPI", "Grün"], verify="pixels"
    )
    array, metadata = omio.imread(path)
    np.testing.assert_array_equal(array, pixels)
    assert array.dtype == pixels.dtype
    assert metadata["PhysicalSizeX"] == 0.25
    assert metadata["TimeIncrement"] is None
    assert [channel["Name"] for channel in metadata["Channels"]] == ["DAPI", "Grün"]


def test_a_damaged_tile_is_an_error_and_an_absent_one_a_warning(tmp_path: Path) -> None:
    """A checksum finds every flipped bit."""
    path = make(tmp_path / "a.tiles")
    tile = path / "tiles" / "0" / "0" / "0" / "0" / "0.raw"
    data = bytearray(tile.read_bytes())
    data[3] ^= 1
    tile.write_bytes(data)
    with pytest.raises(CorruptFileError, match="damaged"):
        omio.imread(path)
    tile.unlink()
    with pytest.warns(AbsentPlanesWarning):
        array, _ = omio.imread(path)
    assert not array[0, 0, 0, :4, :4].any()


@pytest.mark.parametrize("change", [{"shape": [1, 1, 1, 0, 5]}, {"dtype": "O"}, {"tile": [0, 4]}, {"version": 2}])
def test_a_document_that_cannot_be_true_is_refused(tmp_path: Path, change: dict[str, object]) -> None:
    """Before memory is allocated."""
    path = make(tmp_path / "a.tiles") / "picture.json"
    path.write_text(json.dumps(json.loads(path.read_text("utf-8")) | change), "utf-8")
    with pytest.raises(CorruptFileError, match="no document"):
        omio.imread(path.parent)


def test_the_writer_says_what_it_cannot_hold(tmp_path: Path) -> None:
    """In its verdict, before anything is written."""
    with pytest.raises(OmioError, match="complex64"):
        make(tmp_path / "a.tiles", RAMP.astype(np.complex64))
    assert WRITER.makes == "folder"
    assert list(tmp_path.iterdir()) == []
