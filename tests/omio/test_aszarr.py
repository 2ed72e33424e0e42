"""`image.aszarr()` of real files of every format, of regions, merges and pyramids: the pixels that `to_numpy` gives."""

from __future__ import annotations

import asyncio
import os
import pickle
import shutil
import subprocess
import sys
import warnings
from pathlib import Path
from typing import Any

import dask.array as da
import numpy as np
import pytest
import tifffile
import zarr
from zarr.core.buffer import default_buffer_prototype
from zarr.storage import LocalStore

import omio
from omio_core.images.opening import open_source

ROOT = Path(__file__).resolve().parents[2]
DATA = Path(os.environ.get("OMIO_TEST_DATA", ROOT.parent / "shared" / "data"))
FILES = [
    "czi/CellDivision_T3_Z5_CH2_X240_Y170.czi",
    "czi/CellDivision_T3_Z5_CH2_X240_Y170_comp1.czi",
    "czi/Fluorescence_RGB.czi",
    "czi/S3_1Pos_2Mosaic_T2_Z3_CH2_sm.czi",
    "czi/WellD6-7_S2.czi",
    "czi/LSM880_AiryScan.czi",
    "czi-generated/gray8_jpegxr_lossless_patched.czi",
    "czi-generated/sparse_missing_planes.czi",
    "czi-generated/gray32float_tzc.czi",
    "lsm/032113-18.lsm",
    "lsm-generated/lsm_gen_tzc_u1.lsm",
    "thorlabs/utils2p_mouse_kidney_raw/Untitled_001/Image_0001_0001.raw",
    "imagej/xyzc_8bit_spheres.tif",
    "imagej/xyc_16bit__nuclei_golgi.tif",
    "ome-tiff/multi-channel-time-series.ome.tif",
]


def _tczyx(pixels: np.ndarray) -> np.ndarray:
    return pixels.transpose(0, 2, 1, 3, 4)


@pytest.mark.parametrize("name", FILES)
@pytest.mark.filterwarnings("ignore::omio_core.errors.OmioWarning")
def test_a_real_file_is_an_ome_zarr_with_its_pixels(name: str) -> None:
    """All images, all levels, and all facts that the group has a place for; by zarr and by dask."""
    if not (DATA / name).exists():
        pytest.skip("the real files are not here")
    for image in open_source(DATA / name).images:
        store = image.aszarr()
        group = zarr.open_group(store, mode="r")
        (multiscale,) = group.attrs["ome"]["multiscales"]
        assert [dataset["path"] for dataset in multiscale["datasets"]] == [str(n) for n in range(len(image.levels))]
        for number in range(len(image.levels)):
            wanted = _tczyx(image.level(number).to_numpy())
            array = group[str(number)]
            assert array.dtype == wanted.dtype
            np.testing.assert_array_equal(array[:], wanted)
        np.testing.assert_array_equal(da.from_zarr(store, component="0").compute(), _tczyx(image.to_numpy()))
        sizes = [image.metadata.to_dict()[f"PhysicalSize{axis}"] for axis in "ZYX"]
        scale = multiscale["datasets"][0]["coordinateTransformations"][0]["scale"]
        assert scale[2:] == [1.0 if size is None else size for size in sizes]
        units = [axis.get("unit") for axis in multiscale["axes"]]
        assert units[2:] == [None if size is None else "micrometer" for size in sizes]
        image.close()


def test_a_region_and_a_merge_of_files(stated: Path) -> None:
    """A part of a file, a file with another, and a part of that."""
    image = omio.imopen(stated)
    shutil.copy(stated, stated.with_name("other.tif"))
    region = image.at(T=slice(1, 3), Z=2, Y=slice(7, 90), X=slice(3, 50))
    merged = omio.imopen(stated.parent, merge="T")
    for one in (region, merged, merged.at(T=slice(0, 1))):
        array = zarr.open_array(one.aszarr(), path="0", mode="r")
        np.testing.assert_array_equal(array[:], _tczyx(one.to_numpy()))
        np.testing.assert_array_equal(array[..., 1:9:3, -1], _tczyx(one.to_numpy())[..., 1:9:3, -1])


def test_a_pyramid_of_tiles(tmp_path: Path) -> None:
    """Every level; a chunk is made of whole tiles."""
    pixels = np.random.default_rng(1).integers(0, 255, (2, 700, 900), np.uint8)
    path = tmp_path / "pyramid.ome.tif"
    with tifffile.TiffWriter(path, bigtiff=True) as writer:
        how: dict[str, Any] = {"tile": (64, 64), "compression": "zlib"}
        writer.write(
            pixels, subifds=2, metadata={"axes": "CYX", "PhysicalSizeX": 0.5, "PhysicalSizeXUnit": "µm"}, **how
        )
        for step in (2, 4):
            writer.write(pixels[:, ::step, ::step], subfiletype=1, **how)
    image = omio.imopen(path)
    group = zarr.open_group(image.aszarr(), mode="r")
    for number, step in enumerate((1, 2, 4)):
        array = group[str(number)]
        np.testing.assert_array_equal(array[0, :, 0], pixels[:, ::step, ::step])
        assert all(chunk % 64 == 0 or chunk == n for chunk, n in zip(array.chunks[3:], array.shape[3:], strict=True))
    datasets = group.attrs["ome"]["multiscales"][0]["datasets"]
    assert [dataset["coordinateTransformations"][0]["scale"][4] for dataset in datasets] == [0.5, 1.0, 2.0]


def test_what_the_caller_states_is_in_the_group(bare: Path) -> None:
    """And what nobody states is 1.0 without a unit."""
    image = omio.imopen(bare, axes="ZYX", pixel_size={"X": 0.25, "Y": 0.25}, channel_names=["GFP"])
    ome = zarr.open_group(image.aszarr(), mode="r").attrs["ome"]
    assert ome["multiscales"][0]["datasets"][0]["coordinateTransformations"][0]["scale"] == [1, 1, 1, 0.25, 0.25]
    assert [axis.get("unit") for axis in ome["multiscales"][0]["axes"]] == [None] * 3 + ["micrometer"] * 2
    assert ome["omero"]["channels"][0]["label"] == "GFP"


def test_another_process_reads_a_pickled_store(stated: Path, tmp_path: Path) -> None:
    """The store and an array of it; it has the file's path, no pixels."""
    image = omio.imopen(stated)
    array = zarr.open_array(image.aszarr(), path="0", mode="r")
    (tmp_path / "array.pickle").write_bytes(pickle.dumps(array))
    code = "import pickle, sys, numpy as np; np.save(sys.argv[2], pickle.load(open(sys.argv[1], 'rb'))[:])"
    subprocess.run(
        [sys.executable, "-c", code, tmp_path / "array.pickle", tmp_path / "seen.npy"], check=True, capture_output=True
    )
    np.testing.assert_array_equal(np.load(tmp_path / "seen.npy"), _tczyx(image.to_numpy()))


def test_zarr_copies_the_store_into_a_folder_that_opens_alike(stated: Path, tmp_path: Path) -> None:
    """Every key that it lists can be copied, and nothing is missing."""
    store, copy = omio.imopen(stated).aszarr(), LocalStore(tmp_path / "copy.ome.zarr")

    async def copied() -> None:
        async for key in store.list():
            await copy.set(key, await store.get(key, default_buffer_prototype()))

    asyncio.run(copied())
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        there, here = zarr.open_group(copy, mode="r"), zarr.open_group(store, mode="r")
        assert dict(there.attrs) == dict(here.attrs)
        assert sorted(dict(there.members())) == sorted(dict(here.members())) == ["0", "OME"]
        np.testing.assert_array_equal(there["0"][:], here["0"][:])
    assert (tmp_path / "copy.ome.zarr" / "OME" / "METADATA.ome.xml").read_bytes().startswith(b"<?xml")


def test_xarray_opens_it_with_the_names_of_the_axes(stated: Path) -> None:
    """Where xarray is installed."""
    xarray = pytest.importorskip("xarray")
    image = omio.imopen(stated)
    dataset = xarray.open_zarr(image.aszarr())
    assert dataset["0"].dims == ("t", "c", "z", "y", "x")
    np.testing.assert_array_equal(dataset["0"].isel(c=1, z=2), image.at(C=1, Z=2).to_numpy()[:, 0, 0])
