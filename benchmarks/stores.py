"""Images as zarr stores against `to_numpy`; and reading OME-Zarr: all of it, and one plane of a closed one."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from . import reading
from .case import Case, keep

STORE = "picture.ome.zarr"


def prepare(folder: Path, mib: int) -> None:
    """Write the files of the cases that read TIFF, if those did not, and the same picture as OME-Zarr."""
    import omio

    if not (folder / "zlib.tif").exists():
        reading.prepare(folder, mib)
    omio.imwrite(folder / STORE, keep(folder, mib), axes="ZYX")


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


def zarr_python(folder: Path) -> Any:
    """zarr-python with its defaults."""
    import zarr

    return zarr.open_array(folder / STORE / "0", mode="r")[:]


def tensorstore_read(folder: Path) -> Any:
    """tensorstore with its defaults."""
    import tensorstore

    kind = {"driver": "zarr3", "kvstore": {"driver": "file", "path": str(folder / STORE / "0")}}
    return tensorstore.open(kind).result().read().result()


def _plane(name: str) -> Any:
    def plane(folder: Path) -> Any:
        import omio

        with omio.imopen(folder / name) as image:
            return image[0, image.shape[1] // 2, 0]

    return plane


def zarr_python_plane(folder: Path) -> Any:
    """zarr-python: the group, the first array, one plane."""
    import zarr

    array: Any = zarr.open_group(folder / STORE, mode="r")["0"]
    return array[0, 0, array.shape[2] // 2]


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
    "zarr read": Case(
        title="read OME-Zarr",
        contenders={"omio": _numpy(STORE), "zarr-python": zarr_python, "tensorstore": tensorstore_read},
        checked="picture.npy",
    ),
    "zarr plane": Case(
        title="open an OME-Zarr, read one plane of 8 MiB",
        contenders={
            "omio": _plane(STORE), "omio, TIFF": _plane("raw.tif"), "omio, zlib TIFF": _plane("zlib.tif"),
            "zarr-python": zarr_python_plane,
        },
    ),
    "aszarr open": Case(title="open: the image", contenders={"omio": omio_opened, "aszarr, the group": store_opened}),
}  # fmt: skip
