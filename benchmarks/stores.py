"""Images as zarr stores: all pixels through zarr and dask against `to_numpy`, and opening alone."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from . import reading
from .case import Case


def prepare(folder: Path, mib: int) -> None:
    """Write the files of the cases that read TIFF, if those did not."""
    if not (folder / "zlib.tif").exists():
        reading.prepare(folder, mib)


def _numpy(name: str) -> Any:
    def to_numpy(folder: Path) -> Any:
        import omio

        return omio.imopen(folder / name).to_numpy()

    return to_numpy


def _zarr(name: str) -> Any:
    def through_zarr(folder: Path) -> Any:
        import zarr

        import omio

        return zarr.open_array(omio.imopen(folder / name).aszarr(), path="0", mode="r")[:]

    return through_zarr


def _dask(name: str) -> Any:
    def through_dask(folder: Path) -> Any:
        import dask.array

        import omio

        return dask.array.from_zarr(omio.imopen(folder / name).aszarr(), component="0").compute(scheduler="threads")

    return through_dask


def omio_opened(folder: Path) -> None:
    """OMIO: to the described image."""
    import omio

    assert omio.imopen(folder / "zlib.tif").shape[0] == 1


def store_opened(folder: Path) -> None:
    """To the group of the store, with its attributes and its array."""
    import zarr

    import omio

    group = zarr.open_group(omio.imopen(folder / "zlib.tif").aszarr(), mode="r")
    assert group["0"].shape[0] == 1
    assert "multiscales" in group.attrs["ome"]


CASES: Mapping[str, Case] = {
    "aszarr raw": Case(
        title="read, uncompressed: to_numpy",
        contenders={"omio": _numpy("raw.tif"), "aszarr, zarr": _zarr("raw.tif"), "aszarr, dask": _dask("raw.tif")},
        checked="picture.npy",
    ),
    "aszarr zlib": Case(
        title="read, zlib: to_numpy",
        contenders={"omio": _numpy("zlib.tif"), "aszarr, zarr": _zarr("zlib.tif"), "aszarr, dask": _dask("zlib.tif")},
        checked="picture.npy",
    ),
    "aszarr open": Case(title="open: the image", contenders={"omio": omio_opened, "aszarr, the group": store_opened}),
}
