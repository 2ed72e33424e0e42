"""The first OMIO's function that empties the cache, with its keywords."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import omio


def test_the_keywords_of_scripts_are_taken(tmp_path: Path) -> None:
    path = omio.imwrite(tmp_path / "a.ome.tif", np.ones((4, 5), "u1"))
    _, metadata = omio.imread(path, zarr_store="disk", zarr_store_path=tmp_path / "scratch")
    assert omio.cleanup_omio_cache(path, full_cleanup=False, verbose=False) == []
    removed = omio.cleanup_omio_cache(metadata["omio_cache_folder"], full_cleanup=True, verbose=True)
    assert removed == [Path(metadata["omio_zarr_store_path"]), Path(metadata["omio_cache_folder"])]
    assert path.exists()


def test_other_keywords_and_paths_that_are_nothing_are_refused(tmp_path: Path) -> None:
    with pytest.raises(TypeError, match="did you mean 'verbose'"):
        omio.cleanup_omio_cache(tmp_path, verbos=True)
    with pytest.raises(FileNotFoundError):
        omio.cleanup_omio_cache(tmp_path / "nothing.tif")
