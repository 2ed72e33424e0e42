"""Images and their zarr stores in other processes: pickled, sent to workers, and read there; nothing is read first."""

from __future__ import annotations

import multiprocessing
import pickle
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import zarr

import omio

pytestmark = pytest.mark.slow


def pixels(image: Any) -> np.ndarray:
    """All pixels of an image; at the top of a module, so that another process finds it."""
    return image.to_numpy()


def stored(store: Any) -> np.ndarray:
    """All pixels of a zarr store of an image, as TZCYX."""
    return zarr.open_array(store, path="0", mode="r")[:].transpose(0, 2, 1, 3, 4)


@pytest.fixture(params=["tif", "ome.zarr", "merge", "region"])
def image(request: pytest.FixtureRequest, stated: Path) -> Iterator[Any]:
    """An image of one file, of a folder of chunks, of several files, and a part of one."""
    opened = omio.imopen(stated)
    if request.param == "ome.zarr":
        opened = omio.imopen(omio.imwrite(stated.parent / "a.ome.zarr", opened))
    elif request.param == "merge":
        shutil.copy(stated, stated.with_name("other.tif"))
        opened = omio.imopen(stated.parent, merge="T")
    elif request.param == "region":
        opened = opened.at(T=slice(1, 3), Y=slice(7, 90))
    with opened:
        yield opened


@pytest.fixture(scope="module")
def pool() -> Iterator[Any]:
    """Two processes that are started anew, as on Windows and macOS."""
    with multiprocessing.get_context("spawn").Pool(2) as processes:
        yield processes
        processes.close()
        processes.join()


@pytest.fixture(scope="module")
def client() -> Iterator[Any]:
    """Two workers of dask.distributed, each a process."""
    distributed = pytest.importorskip("distributed", reason="the extra distributed is not installed")
    with (
        distributed.LocalCluster(
            n_workers=2, threads_per_worker=2, processes=True, dashboard_address=None, host="127.0.0.1"
        ) as cluster,
        distributed.Client(cluster) as connected,
    ):
        yield connected


def test_processes_read_pickled_images_and_stores(image: Any, pool: Any) -> None:
    expected = image.to_numpy()
    assert len(pickle.dumps(image)) + len(pickle.dumps(image.aszarr())) < expected.nbytes  # no pixel goes with them
    for found in (*pool.map(pixels, [image] * 2), *pool.map(stored, [image.aszarr()] * 2)):
        np.testing.assert_array_equal(found, expected)


def test_workers_of_distributed_read_images_and_stores(image: Any, client: Any) -> None:
    """As they are given, and as the dask arrays that are made of them."""
    import dask.array

    expected = image.to_numpy()
    for future in (client.submit(pixels, image), client.submit(stored, image.aszarr())):
        np.testing.assert_array_equal(future.result(timeout=60), expected)
    lazy = dask.array.from_zarr(image.aszarr(), component="0").transpose(0, 2, 1, 3, 4)
    for one in (image.to_dask(), lazy):
        (found,) = client.compute([one], sync=True)
        np.testing.assert_array_equal(found, expected)
